//! Which right is missing. The service's 403 does not say whether it is the permission of the token
//! or Intune's own roles and scopes; the token says the first half.

use passcode_host::contract::types::Problem;
use passcode_host::{Acting, HostError, Identity};

const ACT: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
/// Each of them lets managed devices be read; the first is the least.
const READ: [&str; 4] = [
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
];

/// Whether the token's permissions can tell more about an error.
pub(crate) fn concerns(error: &HostError) -> bool {
    error.code() == "graph-permission-missing"
}

/// The same error, with what the token's own permissions tell about it. An opaque token tells
/// nothing.
pub(crate) fn told(error: HostError, identity: Option<&Identity>, acting: bool) -> HostError {
    let Some(identity) = identity.filter(|identity| identity.acting != Acting::Opaque) else {
        return error;
    };
    match error {
        HostError::Problem(problem) if problem.code == "graph-permission-missing" => {
            HostError::Problem(Box::new(right(*problem, identity, acting)))
        }
        other => other,
    }
}

fn right(mut problem: Problem, identity: &Identity, acting: bool) -> Problem {
    let wanted: &[&str] = if acting { &[ACT] } else { &READ };
    let carried = identity.permissions.iter();
    let carried = carried.map(String::as_str).find(|own| wanted.contains(own));
    let least = if acting { ACT } else { READ[0] };
    let Some(carried) = carried else {
        problem.message = format!("{}; the token does not carry {least}", problem.message);
        problem.remedy = Some(match identity.acting {
            Acting::Application => format!(
                "add the application permission {least} to the app registration, have an administrator consent to it, and sign in again"
            ),
            _ => format!(
                "add the delegated permission {least} to the app registration, have an administrator consent to it, and sign in again"
            ),
        });
        return problem;
    };
    "intune-scope-missing".clone_into(&mut problem.code);
    problem.message = format!(
        "{}, although the token carries {carried}; most likely Intune's own roles, scope groups or scope tags do not allow it",
        problem.message
    );
    problem.remedy = Some(
        "have someone compare the account's Intune role assignments with the device: the role's permissions (Remote tasks / Reset passcode, Managed devices / Read), the assignment's scope groups, and the scope tags of both".to_owned(),
    );
    problem
}

#[cfg(test)]
mod tests {
    use passcode_host::contract::types::{ProblemKind, Touched};

    use super::*;

    fn code(acting_as: Acting, permissions: &[&str], acting: bool) -> (String, String) {
        let problem = Problem {
            touched: Touched::No,
            kind: ProblemKind::Forbidden,
            code: "graph-permission-missing".to_owned(),
            message: "no".to_owned(),
            remedy: Some("both".to_owned()),
            status: Some(403),
            service_code: None,
            support_ids: Vec::new(),
            retry_after_seconds: None,
            checks: Vec::new(),
        };
        let identity = Identity {
            tenant: String::new(),
            acting: acting_as,
            name: None,
            id: None,
            permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        };
        let told = told(
            HostError::Problem(Box::new(problem)),
            Some(&identity),
            acting,
        );
        (told.code(), told.remedy().unwrap_or_default())
    }

    #[test]
    fn the_token_tells_which_half_of_the_rights_is_missing() {
        let (missing, scope) = ("graph-permission-missing", "intune-scope-missing");
        for (acting_as, permissions, acting, expected, remedy) in [
            (
                Acting::Application,
                &[][..],
                true,
                missing,
                "application permission",
            ),
            (
                Acting::Delegated,
                &[READ[0]],
                true,
                missing,
                "delegated permission",
            ),
            (Acting::Delegated, &[ACT], true, scope, "scope tags"),
            (Acting::Delegated, &[ACT], false, missing, READ[0]),
            (
                Acting::Application,
                &[READ[2]],
                false,
                scope,
                "scope groups",
            ),
            (Acting::Opaque, &[], true, missing, "both"),
        ] {
            let (code, said) = code(acting_as, permissions, acting);
            assert_eq!(code, expected, "{acting_as:?} {permissions:?} {acting}");
            assert!(said.contains(remedy), "{said}");
        }
    }
}
