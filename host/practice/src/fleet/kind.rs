//! The kinds of device a fleet can have: what Graph says of each, and what a reset does to it.
//!
//! The pairing of `deviceType`, agent and owner with the Android enrolment types is inferred from
//! Microsoft's enumeration texts and unconfirmed on a live tenant.

use crate::action::{ActionState, Delays};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a device is, as its `kind` in a fleet file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Android Enterprise dedicated device.
    Cosu,
    /// Android Enterprise fully managed.
    Cobo,
    /// Android Enterprise corporate-owned with a work profile.
    Cope,
    /// Android Enterprise personally-owned with a work profile.
    WorkProfile,
    /// AOSP, user-associated.
    AospUser,
    /// AOSP, userless.
    AospUserless,
    /// Android device administrator.
    DeviceAdministrator,
    /// iPhone by automated device enrolment.
    IphoneCorporate,
    /// iPad by automated device enrolment.
    IpadCorporate,
    /// iPhone enrolled by its owner with the Company Portal.
    IphonePersonal,
    /// iPhone with Apple User Enrollment.
    AppleUserEnrollment,
    /// iPad shared between several people.
    SharedIpad,
    /// Apple Vision Pro.
    VisionPro,
    /// Mac.
    Macos,
    /// Windows.
    Windows,
    /// Linux.
    Linux,
    /// ChromeOS.
    Chromeos,
    /// Something that Intune cannot name.
    Unknown,
}

/// What the service and the device make of `resetPasscode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResetEffect {
    /// A new passcode is generated and reported.
    NewPasscode,
    /// The passcode is removed; nothing is reported.
    Removal,
    /// The service takes the action, the device answers that it cannot.
    NotSupported,
    /// The service refuses the action with 400.
    DoesNotFit,
}

impl ResetEffect {
    pub(crate) fn outcome(self) -> ActionState {
        match self {
            Self::NewPasscode | Self::Removal => ActionState::Done,
            Self::NotSupported | Self::DoesNotFit => ActionState::NotSupported,
        }
    }
}

impl Kind {
    pub(crate) fn reset(self, os_version: &str) -> ResetEffect {
        let major: u32 = os_version
            .split('.')
            .next()
            .and_then(|major| major.parse().ok())
            .unwrap_or(u32::MAX);
        match self {
            Self::Cosu | Self::Cobo | Self::Cope | Self::AospUser | Self::AospUserless => {
                ResetEffect::NewPasscode
            }
            Self::WorkProfile if major >= 8 => ResetEffect::NewPasscode,
            Self::DeviceAdministrator if major <= 6 => ResetEffect::NewPasscode,
            Self::IphoneCorporate
            | Self::IpadCorporate
            | Self::IphonePersonal
            | Self::VisionPro => ResetEffect::Removal,
            Self::WorkProfile
            | Self::DeviceAdministrator
            | Self::AppleUserEnrollment
            | Self::SharedIpad => ResetEffect::NotSupported,
            Self::Macos | Self::Windows | Self::Linux | Self::Chromeos | Self::Unknown => {
                ResetEffect::DoesNotFit
            }
        }
    }

    /// With a push service a device acts in seconds; AOSP waits for its next check-in.
    pub(crate) fn delays(self) -> Delays {
        match self {
            Self::AospUser => Delays::seconds(12 * 60, 20),
            Self::AospUserless => Delays::seconds(3 * 3600, 60),
            Self::DeviceAdministrator => Delays::seconds(6, 8),
            Self::IphoneCorporate | Self::IpadCorporate | Self::IphonePersonal => {
                Delays::seconds(2, 2)
            }
            _ => Delays::seconds(3, 4),
        }
    }

    /// Whether the device belongs to nobody in particular.
    pub(crate) fn userless(self) -> bool {
        matches!(self, Self::Cosu | Self::AospUserless | Self::SharedIpad)
    }

    #[rustfmt::skip]
    fn row(self) -> [&'static str; 7] {
        // os, type, enrolment, agent, owner, maker, model
        const GOOGLE: &str = "googleCloudDevicePolicyController";
        match self {
            Self::Cosu => ["Android", "androidEnterprise", "androidEnterpriseDedicatedDevice", GOOGLE, "company", "Zebra", "TC58"],
            Self::Cobo => ["Android", "androidEnterprise", "androidEnterpriseFullyManaged", GOOGLE, "company", "Google", "Pixel 9"],
            Self::Cope => ["Android", "androidEnterprise", "androidEnterpriseCorporateWorkProfile", GOOGLE, "company", "samsung", "SM-S931B"],
            Self::WorkProfile => ["Android", "androidForWork", "userEnrollment", "mdm", "personal", "Google", "Pixel 8a"],
            Self::AospUser => ["Android", "androidnGMS", "androidAOSPUserOwnedDeviceEnrollment", "intuneAosp", "company", "RealWear", "Navigator 520"],
            Self::AospUserless => ["Android", "androidnGMS", "androidAOSPUserlessDeviceEnrollment", "intuneAosp", "company", "PICO", "PICO 4 Enterprise"],
            Self::DeviceAdministrator => ["Android", "android", "userEnrollment", "mdm", "company", "samsung", "SM-G930F"],
            Self::IphoneCorporate => ["iOS", "iPhone", "appleBulkWithUser", "mdm", "company", "Apple", "iPhone 16"],
            Self::IpadCorporate => ["iOS", "iPad", "appleBulkWithUser", "mdm", "company", "Apple", "iPad Air"],
            Self::IphonePersonal => ["iOS", "iPhone", "userEnrollment", "mdm", "personal", "Apple", "iPhone 15"],
            Self::AppleUserEnrollment => ["iOS", "iPhone", "appleUserEnrollment", "mdm", "personal", "Apple", "iPhone 14"],
            Self::SharedIpad => ["iOS", "iPad", "appleBulkWithoutUser", "mdm", "company", "Apple", "iPad (10th generation)"],
            Self::VisionPro => ["visionOS", "visionOS", "appleBulkWithUser", "mdm", "company", "Apple", "Apple Vision Pro"],
            Self::Macos => ["macOS", "macMDM", "appleBulkWithUser", "mdm", "company", "Apple", "MacBook Air"],
            Self::Windows => ["Windows", "windowsRT", "windowsAzureADJoin", "mdm", "company", "Contoso Hardware", "Laptop 14"],
            Self::Linux => ["Linux", "linux", "userEnrollment", "intuneClient", "company", "Contoso Hardware", "Workstation 3"],
            Self::Chromeos => ["ChromeOS", "chromeOS", "unknown", "google", "company", "Contoso Hardware", "Chromebook 11"],
            Self::Unknown => ["Unknown", "unknown", "unknown", "unknown", "unknown", "", ""],
        }
    }

    fn os_version(self) -> &'static str {
        match self {
            Self::Cosu | Self::AospUserless => "13",
            Self::Cobo | Self::Cope | Self::WorkProfile => "16",
            Self::AospUser => "12",
            Self::DeviceAdministrator => "7.0",
            Self::IphoneCorporate
            | Self::IpadCorporate
            | Self::IphonePersonal
            | Self::AppleUserEnrollment
            | Self::SharedIpad => "18.5",
            Self::VisionPro => "2.5",
            Self::Macos => "15.5",
            Self::Windows => "10.0.26100.4061",
            Self::Linux => "24.04",
            Self::Chromeos => "137.0.7151.68",
            Self::Unknown => "",
        }
    }

    /// Graph's properties of this kind, as beta shows them.
    pub(crate) fn properties(self) -> Value {
        let [system, device_type, enrolment, agent, owner, maker, model] = self.row();
        let desktop = matches!(self.reset(""), ResetEffect::DoesNotFit);
        let supervised = maker == "Apple" && owner == "company";
        json!({
            "operatingSystem": system,
            "osVersion": self.os_version(),
            "deviceType": device_type,
            "deviceEnrollmentType": enrolment,
            "managementAgent": agent,
            "managedDeviceOwnerType": owner,
            "ownerType": owner,
            "manufacturer": maker,
            "model": model,
            "isSupervised": supervised,
            "isEncrypted": true,
            "totalStorageSpaceInBytes": 64_u64 << 30,
            "freeStorageSpaceInBytes": 32_u64 << 30,
            "lostModeState": "disabled",
            "managementState": "managed",
            "deviceRegistrationState": "registered",
            "complianceState": "compliant",
            "jailBroken": if desktop { "Unknown" } else { "False" },
            "azureADRegistered": true,
            "aadRegistered": true,
            "joinType": if self == Self::Windows { "azureADJoined" } else { "azureADRegistered" },
            "chassisType": "unknown",
            "partnerReportedThreatState": "unknown",
            "exchangeAccessState": "none",
            "exchangeAccessStateReason": "none",
            "deviceCategoryDisplayName": "Unknown",
            "requireUserEnrollmentApproval": false,
            "roleScopeTagIds": ["0"],
            "managementFeatures": "none",
            "autopilotEnrolled": false,
            "hardwareInformation": {
                "isSharedDevice": self == Self::SharedIpad,
                "isSupervised": supervised,
                "isEncrypted": true,
                "manufacturer": maker,
                "model": model,
                "sharedDeviceCachedUsers": [],
            },
        })
    }

    /// What v1.0 writes instead of an enrolment type that only beta has.
    ///
    /// Unconfirmed: no source shows it; `unknownFutureValue` or a number are just as possible.
    pub(crate) fn v1_enrolment(beta: &str) -> &str {
        if beta.starts_with("android")
            || beta == "appleAccountDrivenUserEnrollment"
            || beta == "azureAdJoinUsingAzureVmExtension"
        {
            "unknown"
        } else {
            beta
        }
    }

    /// What v1.0 writes instead of an agent that only beta has. Unconfirmed, as above.
    pub(crate) fn v1_agent(beta: &str) -> &str {
        match beta {
            "intuneAosp" | "google" => "unknown",
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_meets_a_reset_in_its_own_way() {
        use ResetEffect::{DoesNotFit, NewPasscode, NotSupported, Removal};
        let cases = [
            (Kind::Cosu, "13", NewPasscode),
            (Kind::WorkProfile, "8.0", NewPasscode),
            (Kind::WorkProfile, "7.1", NotSupported),
            (Kind::DeviceAdministrator, "6.0.1", NewPasscode),
            (Kind::DeviceAdministrator, "7.0", NotSupported),
            (Kind::IphonePersonal, "18.5", Removal),
            (Kind::VisionPro, "2.5", Removal),
            (Kind::SharedIpad, "18.5", NotSupported),
            (Kind::Windows, "10.0.26100", DoesNotFit),
            (Kind::Unknown, "", DoesNotFit),
        ];
        for (kind, version, expected) in cases {
            assert_eq!(kind.reset(version), expected, "{kind:?} {version}");
        }
    }

    #[test]
    fn v1_cannot_tell_the_android_modes_apart() {
        assert_eq!(
            Kind::v1_enrolment("androidEnterpriseDedicatedDevice"),
            "unknown"
        );
        assert_eq!(Kind::v1_enrolment("userEnrollment"), "userEnrollment");
        assert_eq!(Kind::v1_agent("intuneAosp"), "unknown");
    }
}
