//! What Graph writes for a property of which nothing is known.
//!
//! Null, except where Microsoft's schema says `Nullable="false"` or has a list: there an answer holds the
//! type's nothing. `false`, 0 and the empty list are documented defaults; the two dates are unconfirmed,
//! they are what published answers show. Tests compare with the schema.

use serde_json::{Value, json};

const FALSE: &[&str] = &[
    "bootstrapTokenEscrowed",
    "deviceFirmwareConfigurationInterfaceManaged",
    "easActivated",
];

/// What never happened is dated with the first instant there is.
const NEVER: &[&str] = &[
    "easActivationDateTime",
    "exchangeLastSuccessfulSyncDateTime",
    "preferMdmOverGroupPolicyAppliedDateTime",
    "retireAfterDateTime",
];

/// A compliant device has no grace period that ends: the last instant there is.
const WITHOUT_END: &[&str] = &["complianceGracePeriodExpirationDateTime"];

const ZERO: &[&str] = &[
    "freeStorageSpaceInBytes",
    "physicalMemoryInBytes",
    "skuNumber",
    "totalStorageSpaceInBytes",
    "windowsActiveMalwareCount",
    "windowsRemediatedMalwareCount",
];

const UNKNOWN: &[&str] = &["processorArchitecture"];

const EMPTY: &[&str] = &[
    "chromeOSDeviceInfo",
    "cloudPcRemoteActionResults",
    "usersLoggedOn",
];

pub(crate) fn unset(property: &str) -> Value {
    let nothing = [
        (FALSE, json!(false)),
        (NEVER, json!("0001-01-01T00:00:00Z")),
        (WITHOUT_END, json!("9999-12-31T23:59:59Z")),
        (ZERO, json!(0)),
        (UNKNOWN, json!("unknown")),
        (EMPTY, json!([])),
    ];
    nothing
        .into_iter()
        .find(|(names, _)| names.contains(&property))
        .map_or(Value::Null, |(_, written)| written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::property::{self, Version};

    #[test]
    fn nothing_is_written_by_type() {
        for (property, written) in [
            ("easActivated", json!(false)),
            ("easActivationDateTime", json!("0001-01-01T00:00:00Z")),
            (
                "complianceGracePeriodExpirationDateTime",
                json!("9999-12-31T23:59:59Z"),
            ),
            ("physicalMemoryInBytes", json!(0)),
            ("processorArchitecture", json!("unknown")),
            ("usersLoggedOn", json!([])),
            ("notes", Value::Null),
            ("deviceHealthAttestationState", Value::Null),
        ] {
            assert_eq!(unset(property), written, "{property}");
        }
    }

    /// A misspelt name would never count.
    #[test]
    fn every_name_is_a_property() {
        for name in [FALSE, NEVER, WITHOUT_END, ZERO, UNKNOWN, EMPTY].concat() {
            assert_eq!(property::find(name, Version::Beta), Some(name));
        }
    }
}
