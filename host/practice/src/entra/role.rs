//! Intune roles: what a signed-in person may do in Intune, whatever their token says.

use serde::{Deserialize, Serialize};

/// A person's Intune role.
///
/// The built-in ones hold what Microsoft's page of 2026-02-04 on built-in roles gives them, as far as it is
/// about devices, policies, roles and audits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntuneRole {
    /// The help desk's own. It may wipe, too.
    HelpDeskOperator,
    /// Acts on the devices of a school. It may not read compliance policies or roles.
    SchoolAdministrator,
    /// Sees everything and changes nothing.
    ReadOnlyOperator,
    /// Assigns roles to others, and sees no device.
    RoleAdministrator,
    /// A role of the tenant's own: the resource actions it allows. None at all is possible, too.
    Custom(Vec<String>),
    /// No role is assigned: Intune answers nothing.
    None,
}

/// People with another role than that of the help desk.
const PEOPLE: &[(&str, IntuneRole)] = &[
    ("school@contoso.example", IntuneRole::SchoolAdministrator),
    ("reader@contoso.example", IntuneRole::ReadOnlyOperator),
    ("roles@contoso.example", IntuneRole::RoleAdministrator),
    ("nobody@contoso.example", IntuneRole::None),
];

const READ: &[&str] = &[
    "Organization_Read",
    "ManagedDevices_Read",
    "DeviceConfigurations_Read",
    "Audit_Read",
];
/// The second word is misspelt, and Microsoft's.
const READ_MORE: &[&str] = &["DeviceCompliancePolices_Read", "Roles_Read"];
const ACT: &[&str] = &[
    "ManagedDevices_Update",
    "RemoteTasks_ResetPasscode",
    "RemoteTasks_RemoteLock",
    "RemoteTasks_Retire",
    "RemoteTasks_SyncDevice",
    "RemoteTasks_Wipe",
];
const ASSIGN: &[&str] = &[
    "Organization_Read",
    "Roles_Assign",
    "Roles_Create",
    "Roles_Delete",
    "Roles_Read",
    "Roles_Update",
];

impl IntuneRole {
    /// The role of one of the practice people; everybody who is not named has the help desk's.
    pub(crate) fn of(upn: &str) -> Self {
        let found = PEOPLE
            .iter()
            .find(|(person, _)| person.eq_ignore_ascii_case(upn));
        found.map_or(Self::HelpDeskOperator, |(_, role)| role.clone())
    }

    /// The resource actions it allows: `Microsoft.Intune_RemoteTasks_ResetPasscode`, …
    #[must_use]
    pub fn actions(&self) -> Vec<String> {
        let parts: &[&[&str]] = match self {
            Self::HelpDeskOperator => &[READ, READ_MORE, ACT],
            Self::SchoolAdministrator => &[READ, ACT],
            Self::ReadOnlyOperator => &[READ, READ_MORE],
            Self::RoleAdministrator => &[ASSIGN],
            Self::Custom(own) => return own.clone(),
            Self::None => &[],
        };
        let names = parts.iter().flat_map(|part| part.iter());
        names
            .map(|name| format!("Microsoft.Intune_{name}"))
            .collect()
    }

    /// Whether it allows an action, given without its prefix. Upper and lower case are the same.
    pub(crate) fn allows(&self, action: &str) -> bool {
        let wanted = format!("Microsoft.Intune_{action}");
        let actions = self.actions();
        actions.iter().any(|own| own.eq_ignore_ascii_case(&wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_practice_people_have_the_roles_they_are_named_for() {
        for (upn, acts, sees) in [
            ("helpdesk@contoso.example", true, true),
            ("School@contoso.example", true, true),
            ("reader@contoso.example", false, true),
            ("roles@contoso.example", false, false),
            ("nobody@contoso.example", false, false),
        ] {
            let role = IntuneRole::of(upn);
            assert_eq!(role.allows("RemoteTasks_ResetPasscode"), acts, "{upn}");
            assert_eq!(role.allows("ManagedDevices_Read"), sees, "{upn}");
        }
        let own = IntuneRole::Custom(vec!["microsoft.intune_remotetasks_resetpasscode".into()]);
        assert!(own.allows("RemoteTasks_ResetPasscode") && !own.allows("RemoteTasks_Wipe"));
    }
}
