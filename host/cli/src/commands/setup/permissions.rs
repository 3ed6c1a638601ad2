//! The permissions of Graph that are asked for, and what each is for.
//!
//! Names: Graph's permissions file. Ids: the service principal of Microsoft Graph, the same in every
//! tenant; `az ad sp show --id 00000003-0000-0000-c000-000000000000` lists them.

use serde_json::{Value, json};

/// Microsoft Graph's application id.
pub(super) const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// One permission, in its two forms.
pub(super) struct Permission {
    pub(super) name: &'static str,
    /// Its id where a person signs in (delegated).
    pub(super) scope: &'static str,
    /// Its id where an app signs in as itself (application).
    pub(super) role: &'static str,
    pub(super) purpose: &'static str,
    /// What stays unknown without it; empty for what nothing works without.
    pub(super) without: &'static str,
}

/// What it takes to act.
pub(super) const LEAST: [Permission; 2] = [
    Permission {
        name: "DeviceManagementManagedDevices.PrivilegedOperations.All",
        scope: "3404d2bf-2b13-457e-a330-c24615765193",
        role: "5b07b0dd-2377-4e44-a38d-703f09a0dc3c",
        purpose: "to reset and remove passcodes; it covers wipe, too, which this program cannot send",
        without: "",
    },
    Permission {
        name: "DeviceManagementManagedDevices.Read.All",
        scope: "314874da-47d6-4978-88dc-cf0d37f0bb82",
        role: "2f51be20-0bb4-4fed-bf7b-db946066c75e",
        purpose: "to see devices, and what became of an action; the first gives no right to read",
        without: "",
    },
];

/// What tells more beforehand, and what only some run files take.
pub(super) const OPTIONAL: [Permission; 3] = [
    Permission {
        name: "DeviceManagementConfiguration.Read.All",
        scope: "f1493658-876a-4c87-8fa7-edb559b3476a",
        role: "dc377aa6-52d8-4e23-b271-2a7ae04cedf3",
        purpose: "to read who did what (Device actions), and the policies that demand a passcode",
        without: "who began an action that is in the way; whether a request whose answer was lost was taken, where only that record tells; which policy demands a passcode of the device",
    },
    Permission {
        name: "DeviceManagementRBAC.Read.All",
        scope: "49f0cc30-024c-4dfd-ab3e-82e137ee5431",
        role: "58ca0d9a-1575-47e1-a3cb-007ef2e4583b",
        purpose: "to read which Intune permissions whoever signed in has",
        without: "whether an Intune role allows Reset passcode, before it is tried",
    },
    Permission {
        name: "GroupMember.Read.All",
        scope: "bc024368-1153-4739-b217-4326f2e966d0",
        role: "98830695-27a2-44f7-8c18-0c3ebc9698f6",
        purpose: "to read who is in a group that a run file names (who.group)",
        without: "who is in a group: a run file that names one is refused, and nothing else is",
    },
];

/// What a person's sign-in itself asks for: name and id. Nobody needs to be an administrator for it.
pub(super) const SIGN_IN: [(&str, &str); 3] = [
    ("openid", "37f7f235-527c-4136-accd-4a02d197296e"),
    ("profile", "14dad69e-099b-42c9-810b-d002981feec1"),
    ("offline_access", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182"),
];

/// Those that are asked for.
pub(super) fn wanted(optional: bool) -> impl Iterator<Item = &'static Permission> {
    LEAST
        .iter()
        .chain(OPTIONAL.iter().filter(move |_| optional))
}

impl Permission {
    pub(super) fn document(&self) -> Value {
        json!({
            "name": self.name,
            "delegatedId": self.scope,
            "applicationId": self.role,
            "optional": !self.without.is_empty(),
            "purpose": self.purpose,
            "unknownWithout": self.without,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against Graph's own permissions file.
    #[test]
    fn names_forms_and_reach_are_as_graph_lists_them() {
        let Some(data) = std::env::var_os("PASSCODE_VENDOR_DATA") else {
            assert!(std::env::var_os("PASSCODE_REQUIRE_DATA").is_none());
            eprintln!("skipped: PASSCODE_VENDOR_DATA is not set");
            return;
        };
        let file =
            std::path::Path::new(&data).join("graph/schema/graph-permissions-intune-actions.json");
        let text = std::fs::read_to_string(file).unwrap();
        let listed: Value = serde_json::from_str(&text).unwrap();
        let least = |name: &str, method: &str, path: &str| {
            let sets = listed["permissions"][name]["pathSets"].as_array().unwrap();
            sets.iter().any(|set| {
                let methods = set["methods"].as_array().unwrap();
                let least = set["paths"][path].as_str().unwrap_or_default();
                methods.contains(&json!(method)) && least == "least=DelegatedWork,Application"
            })
        };
        // The file has Intune's, and not the directory's.
        for permission in LEAST.iter().chain(&OPTIONAL[..2]) {
            let schemes = &listed["permissions"][permission.name]["schemes"];
            for form in ["DelegatedWork", "Application"] {
                assert_eq!(
                    schemes[form]["requiresAdminConsent"], true,
                    "{} {form}",
                    permission.name
                );
            }
        }
        let base = "/devicemanagement";
        for (permission, method, path) in [
            (&LEAST[0], "POST", "/manageddevices/{id}/resetpasscode"),
            (&LEAST[1], "GET", "/manageddevices"),
            (&OPTIONAL[0], "GET", "/remoteactionaudits"),
            (&OPTIONAL[0], "GET", "/deviceconfigurations"),
            (&OPTIONAL[1], "GET", "/geteffectivepermissions"),
        ] {
            assert!(
                least(permission.name, method, &format!("{base}{path}")),
                "{} is not the least for {method} {path}",
                permission.name
            );
        }
    }

    #[test]
    fn no_id_is_used_twice() {
        let both = wanted(true).flat_map(|one| [one.scope, one.role]);
        let ids: Vec<&str> = both.chain(SIGN_IN.map(|(_, id)| id)).collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len());
        assert!(ids.iter().all(|id| crate::args::is_guid(id)));
    }
}
