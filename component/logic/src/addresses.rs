//! Every address that documents list for resetPasscode. One is ordinary; the others are here
//! because documents list them, and pass only where an operator's grant says so.

use crate::contract::{Address, Citation, Problem};
use crate::graph::plain_segment;
use crate::prelude::*;
use crate::problem::usage;

/// The ordinary one.
pub const ORDINARY: &str = "managed-devices";

/// Id, path, versions with the preferred one first, whether the documents page (`true`) or only
/// the permissions file and the v1.0 page list it.
type Known = (&'static str, &'static str, &'static [&'static str], bool);

const BOTH: &[&str] = &["v1.0", "beta"];
const BETA: &[&str] = &["beta"];
const V1: &[&str] = &["v1.0"];

// The ids are the names of the routes in component/skin/manifest.toml.
const KNOWN: [Known; 10] = [
    (
        ORDINARY,
        "/{version}/deviceManagement/managedDevices/{device}/resetPasscode",
        BOTH,
        true,
    ),
    (
        "user-managed-devices",
        "/{version}/users/{user}/managedDevices/{device}/resetPasscode",
        BOTH,
        false,
    ),
    (
        "comanaged-devices",
        "/beta/deviceManagement/comanagedDevices/{device}/resetPasscode",
        BETA,
        true,
    ),
    (
        "detected-app-managed-devices",
        "/{version}/deviceManagement/detectedApps/{app}/managedDevices/{device}/resetPasscode",
        BOTH,
        false,
    ),
    (
        "detected-app-user-managed-devices",
        "/v1.0/deviceManagement/detectedApps/{app}/managedDevices/{via-device}/users/{user}/managedDevices/{device}/resetPasscode",
        V1,
        false,
    ),
    (
        "health-script",
        "/beta/deviceManagement/deviceHealthScripts/{script}/deviceRunStates/{state}/managedDevice/resetPasscode",
        BETA,
        true,
    ),
    (
        "management-script",
        "/beta/deviceManagement/deviceManagementScripts/{script}/deviceRunStates/{state}/managedDevice/resetPasscode",
        BETA,
        true,
    ),
    (
        "compliance-script",
        "/beta/deviceManagement/deviceComplianceScripts/{script}/deviceRunStates/{state}/managedDevice/resetPasscode",
        BETA,
        true,
    ),
    (
        "management-script-user",
        "/beta/deviceManagement/deviceManagementScripts/{script}/deviceRunStates/{state}/managedDevice/users/{user}/managedDevices/{device}/resetPasscode",
        BETA,
        true,
    ),
    (
        "management-script-detected-app",
        "/beta/deviceManagement/deviceManagementScripts/{script}/deviceRunStates/{state}/managedDevice/detectedApps/{app}/managedDevices/{device}/resetPasscode",
        BETA,
        true,
    ),
];

/// Every address it knows for its action.
pub fn addresses() -> Vec<Address> {
    KNOWN.iter().map(address).collect()
}

fn address((id, path, versions, beta_page): &Known) -> Address {
    let (document, uri, date) = if *beta_page {
        (
            "resetPasscode action (beta)",
            "https://learn.microsoft.com/graph/api/intune-devices-manageddevice-resetpasscode",
            "2024-08-01",
        )
    } else if *id == "user-managed-devices" {
        (
            "resetPasscode action (v1.0)",
            "microsoftgraph/microsoft-graph-docs api-reference/v1.0/api/intune-devices-manageddevice-resetpasscode.md",
            "2021-07-16",
        )
    } else {
        (
            "resetPasscode action (v1.0)",
            "microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/intune-devices-manageddevice-resetpasscode.md",
            "2024-08-01",
        )
    };
    Address {
        id: (*id).to_owned(),
        path: (*path).to_owned(),
        versions: versions
            .iter()
            .map(|version| (*version).to_owned())
            .collect(),
        names_device: crate::text::find(path, "{device}").is_some(),
        ordinary: *id == ORDINARY,
        citation: Citation {
            document: document.to_owned(),
            uri: uri.to_owned(),
            date: date.to_owned(),
            section: "HTTP Request".to_owned(),
            statement: "Lists this address for the action.".to_owned(),
        },
    }
}

/// An address with every segment filled in.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    pub(crate) address: Address,
    pub(crate) path: String,
}

/// Fill in an address for one device. The version is v1.0 where the address exists there.
pub(crate) fn fill(
    id: Option<&str>,
    device: &str,
    values: &[(String, String)],
) -> Result<Filled, Problem> {
    let id = id.unwrap_or(ORDINARY);
    let Some(known) = KNOWN.iter().find(|known| known.0 == id) else {
        return Err(usage(
            "address-unknown",
            format!("there is no address `{}`", id),
            "list the addresses with `passcode matrix --addresses`",
        ));
    };
    let mut segments = Vec::new();
    let mut used = 0;
    for segment in known.1.split('/').skip(1) {
        let variable = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let value = match variable {
            None => segment,
            Some("version") => known.2.first().copied().unwrap_or("v1.0"),
            Some("device") => device,
            Some(name) => {
                used += 1;
                let value = values
                    .iter()
                    .find(|(own, _)| own == name)
                    .map(|(_, value)| value.as_str());
                value.filter(|value| plain_segment(value)).ok_or_else(|| {
                    usage(
                        "address-value-missing",
                        format!("the address `{id}` needs a plain value for `{name}`"),
                        "give every value that the address names, as an id or a sign-in name",
                    )
                })?
            }
        };
        segments.push(value);
    }
    if used != values.len() {
        return Err(usage(
            "address-value-unknown",
            format!("the address `{id}` does not take all of the values that were given"),
            "give exactly the values that the address names",
        ));
    }
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        path.push_str(segment);
    }
    Ok(Filled {
        address: address(known),
        path,
    })
}
