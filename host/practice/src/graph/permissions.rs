//! Which permission each route needs.

use crate::action::RemoteAction;
use crate::entra::caller::{PRIVILEGED, READ_CONFIGURATION, READ_DEVICES, READ_GROUPS, READ_RBAC};
use crate::fleet::property::Version;
use crate::graph::route::{Route, Tail};
use crate::graph::service::Request;
use crate::http::reply::Reply;
use serde_json::{Value, json};

const WRITE_DEVICES: &str = "DeviceManagementManagedDevices.ReadWrite.All";
const WRITE_CONFIGURATION: &str = "DeviceManagementConfiguration.ReadWrite.All";
const READ: &[&str] = &[
    READ_DEVICES,
    WRITE_DEVICES,
    READ_CONFIGURATION,
    WRITE_CONFIGURATION,
];

fn needed(route: &Route, method: &str) -> &'static [&'static str] {
    match route {
        Route::Device(_, _, Tail::Action(RemoteAction::Wipe)) => {
            &[PRIVILEGED, WRITE_DEVICES, WRITE_CONFIGURATION]
        }
        Route::Device(_, _, Tail::Action(_)) => &[PRIVILEGED],
        Route::Device(_, _, Tail::Device) if method == "DELETE" => &[WRITE_DEVICES],
        Route::Audits => &[
            READ_CONFIGURATION,
            WRITE_CONFIGURATION,
            READ_DEVICES,
            WRITE_DEVICES,
        ],
        Route::Policies(_) => &[READ_CONFIGURATION, WRITE_CONFIGURATION],
        Route::Permissions => &[READ_RBAC, "DeviceManagementRBAC.ReadWrite.All"],
        Route::ApprovalPolicies => &[
            READ_CONFIGURATION,
            WRITE_CONFIGURATION,
            READ_RBAC,
            "DeviceManagementRBAC.ReadWrite.All",
        ],
        Route::Management => &[
            READ_DEVICES,
            WRITE_DEVICES,
            READ_CONFIGURATION,
            WRITE_CONFIGURATION,
            READ_RBAC,
        ],
        Route::Groups | Route::Members(_) => &[
            READ_GROUPS,
            "GroupMember.ReadWrite.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "Directory.Read.All",
        ],
        _ => READ,
    }
}

/// What a person's Intune role has to allow. Reads of oneself and of the tenant need none; a
/// DELETE is not judged.
fn needed_of_role(route: &Route, method: &str) -> Option<&'static str> {
    match route {
        Route::Device(_, _, Tail::Action(action)) => Some(match action {
            RemoteAction::ResetPasscode => "RemoteTasks_ResetPasscode",
            RemoteAction::RemoteLock => "RemoteTasks_RemoteLock",
            RemoteAction::Wipe => "RemoteTasks_Wipe",
            RemoteAction::Retire => "RemoteTasks_Retire",
            RemoteAction::SyncDevice => "RemoteTasks_SyncDevice",
            RemoteAction::Delete => "ManagedDevices_Delete",
        }),
        Route::List(_) | Route::Device(..) if method == "GET" => Some("ManagedDevices_Read"),
        _ => None,
    }
}

pub(crate) fn check(request: &Request<'_>) -> Result<(), Reply> {
    let method = &request.call.method;
    let needed = needed(request.route, method);
    if !request.identity.has_any(needed) {
        if request.route.is_directory() {
            return Err(request.place.privileges_too_small());
        }
        return Err(request.place.missing_scope(needed));
    }
    match needed_of_role(request.route, method) {
        Some(action) if !request.identity.may(action) => Err(request.place.role_too_small()),
        _ => Ok(()),
    }
}

/// `getEffectivePermissions`: what the person's Intune role allows, in more than one piece.
///
/// Unconfirmed: which values of `scope` Intune takes (any, here), whether it answers in several
/// pieces, and what it tells an application, which has no role (nothing, here).
pub(crate) fn effective(request: &Request<'_>) -> Reply {
    let origin = &request.call.origin;
    let actions = request.identity.role().actions();
    let pieces: Vec<Value> = actions
        .chunks(5)
        .map(|some| json!({"allowedResourceActions": some, "notAllowedResourceActions": []}))
        .collect();
    let mut permission = json!({ "resourceActions": pieces });
    if request.version == Version::Beta {
        // Deprecated, and still there.
        permission["actions"] = json!(actions);
    }
    let value = if actions.is_empty() {
        json!([])
    } else {
        json!([permission])
    };
    Reply::json(
        200,
        json!({
            "@odata.context": format!("{origin}/{}/$metadata#Collection(microsoft.graph.rolePermission)", request.version),
            "value": value,
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::route::Scope;

    #[test]
    fn reading_never_suffices_to_act() {
        let act = Route::Device(
            Scope::All,
            Some("d".into()),
            Tail::Action(RemoteAction::ResetPasscode),
        );
        assert_eq!(needed(&act, "POST"), [PRIVILEGED]);
        let read = Route::Device(Scope::All, Some("d".into()), Tail::Device);
        assert!(!needed(&read, "GET").contains(&PRIVILEGED));
        assert!(!needed(&read, "DELETE").contains(&READ_DEVICES));
        let policies = Route::Policies(crate::graph::route::Sort::Configurations);
        assert!(!needed(&policies, "GET").contains(&READ_DEVICES));
    }
}
