//! Which properties a managed device has, in which version of Graph, and where they are filled.
//!
//! Names from Microsoft's published type mappings of August 2026; a test compares them with that file.

use std::fmt;

/// The two versions of Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    V1,
    Beta,
}

impl Version {
    pub(crate) fn from_segment(segment: &str) -> Option<Self> {
        match segment {
            "v1.0" => Some(Self::V1),
            "beta" => Some(Self::Beta),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        })
    }
}

/// In v1.0 and beta.
pub(crate) const BOTH: &[&str] = &[
    "activationLockBypassCode",
    "androidSecurityPatchLevel",
    "azureADDeviceId",
    "azureADRegistered",
    "complianceGracePeriodExpirationDateTime",
    "complianceState",
    "configurationManagerClientEnabledFeatures",
    "deviceActionResults",
    "deviceCategoryDisplayName",
    "deviceEnrollmentType",
    "deviceHealthAttestationState",
    "deviceName",
    "deviceRegistrationState",
    "easActivated",
    "easActivationDateTime",
    "easDeviceId",
    "emailAddress",
    "enrolledDateTime",
    "enrollmentProfileName",
    "ethernetMacAddress",
    "exchangeAccessState",
    "exchangeAccessStateReason",
    "exchangeLastSuccessfulSyncDateTime",
    "freeStorageSpaceInBytes",
    "iccid",
    "id",
    "imei",
    "isEncrypted",
    "isSupervised",
    "jailBroken",
    "lastSyncDateTime",
    "managedDeviceName",
    "managedDeviceOwnerType",
    "managementAgent",
    "managementCertificateExpirationDate",
    "managementState",
    "manufacturer",
    "meid",
    "model",
    "notes",
    "operatingSystem",
    "osVersion",
    "partnerReportedThreatState",
    "phoneNumber",
    "physicalMemoryInBytes",
    "remoteAssistanceSessionErrorDetails",
    "remoteAssistanceSessionUrl",
    "requireUserEnrollmentApproval",
    "serialNumber",
    "subscriberCarrier",
    "totalStorageSpaceInBytes",
    "udid",
    "userDisplayName",
    "userId",
    "userPrincipalName",
    "wiFiMacAddress",
];

/// In beta only.
pub(crate) const BETA_ONLY: &[&str] = &[
    "aadRegistered",
    "autopilotEnrolled",
    "azureActiveDirectoryDeviceId",
    "bootstrapTokenEscrowed",
    "chassisType",
    "chromeOSDeviceInfo",
    "cloudPcRemoteActionResults",
    "configurationManagerClientHealthState",
    "configurationManagerClientInformation",
    "deviceFirmwareConfigurationInterfaceManaged",
    "deviceType",
    "enrolledByUserPrincipalName",
    "hardwareInformation",
    "joinType",
    "lostModeState",
    "managementFeatures",
    "ownerType",
    "preferMdmOverGroupPolicyAppliedDateTime",
    "processorArchitecture",
    "retireAfterDateTime",
    "roleScopeTagIds",
    "securityPatchLevel",
    "skuFamily",
    "skuNumber",
    "specificationVersion",
    "usersLoggedOn",
    "windowsActiveMalwareCount",
    "windowsRemediatedMalwareCount",
];

/// Filled only when one device is read and the property is selected; unset otherwise.
pub(crate) const DETAIL_ONLY: &[&str] = &[
    "activationLockBypassCode",
    "chromeOSDeviceInfo",
    "ethernetMacAddress",
    "hardwareInformation",
    "iccid",
    "notes",
    "physicalMemoryInBytes",
    "remoteAssistanceSessionUrl",
    "udid",
];

/// The navigations that `$expand` may name. They are tolerated and not expanded.
pub(crate) const NAVIGATIONS: &[&str] = &[
    "assignmentFilterEvaluationStatusDetails",
    "detectedApps",
    "deviceCategory",
    "deviceCompliancePolicyStates",
    "deviceConfigurationStates",
    "deviceHealthScriptStates",
    "logCollectionRequests",
    "managedDeviceMobileAppConfigurationStates",
    "securityBaselineStates",
    "users",
    "windowsProtectionState",
];

/// The property's own spelling, if `version` has it. Graph does not mind the case.
pub(crate) fn find(name: &str, version: Version) -> Option<&'static str> {
    let beta = BETA_ONLY.iter().filter(|_| version == Version::Beta);
    BOTH.iter()
        .chain(beta)
        .copied()
        .find(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v1_does_not_know_what_only_beta_has() {
        assert_eq!(find("deviceType", Version::V1), None);
        assert_eq!(find("deviceType", Version::Beta), Some("deviceType"));
        assert_eq!(find("DEVICENAME", Version::V1), Some("deviceName"));
        assert_eq!(find("managementMode", Version::Beta), None);
    }
}
