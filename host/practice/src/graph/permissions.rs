//! Which permission each route needs.

use crate::action::RemoteAction;
use crate::entra::caller::{PRIVILEGED, READ_CONFIGURATION, READ_DEVICES, READ_RBAC};
use crate::graph::route::{Route, Tail};
use crate::graph::service::Request;
use crate::http::reply::Reply;
use serde_json::json;

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
        _ => READ,
    }
}

pub(crate) fn check(request: &Request<'_>) -> Result<(), Reply> {
    let needed = needed(request.route, &request.call.method);
    if request.identity.has_any(needed) {
        Ok(())
    } else {
        Err(request.place.missing_scope(needed))
    }
}

/// `getEffectivePermissions`: a help desk role, whoever asks.
///
/// Unconfirmed: which values of `scope` Intune takes, and what it tells an application.
pub(crate) fn effective(request: &Request<'_>) -> Reply {
    let origin = &request.call.origin;
    Reply::json(
        200,
        json!({
            "@odata.context": format!("{origin}/{}/$metadata#Collection(microsoft.graph.rolePermission)", request.version),
            "value": [{
                "resourceActions": [{
                    "allowedResourceActions": [
                        "Microsoft.Intune_Organization_Read",
                        "Microsoft.Intune_ManagedDevices_Read",
                        "Microsoft.Intune_ManagedDevices_Update",
                        "Microsoft.Intune_DeviceConfigurations_Read",
                        "Microsoft.Intune_RemoteTasks_ResetPasscode",
                        "Microsoft.Intune_RemoteTasks_RemoteLock",
                    ],
                    "notAllowedResourceActions": [],
                }],
            }],
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
