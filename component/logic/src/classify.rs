//! Which kind a device is, from what the service says of it. Pure.
//!
//! v1.0 of Graph has no member for Android's ways of enrolment and no `deviceType`, so with it
//! alone an Android device stays unknown; nothing here guesses.

use crate::kind::Kind;
use crate::prelude::*;

/// The properties that decide.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traits<'a> {
    /// `operatingSystem`.
    pub operating_system: Option<&'a str>,
    /// `deviceType`, beta only.
    pub device_type: Option<&'a str>,
    /// `deviceEnrollmentType`.
    pub enrollment: Option<&'a str>,
    /// `managedDeviceOwnerType`.
    pub owner: Option<&'a str>,
    /// `hardwareInformation.isSharedDevice`, beta only.
    pub shared: Option<bool>,
    /// Whether the answer came from beta.
    pub beta: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Platform {
    Android,
    Ios,
    Vision,
    Mac,
    Windows,
    Linux,
    Chrome,
}

/// The kind, and why, naming the properties that decided.
pub fn classify(traits: &Traits<'_>) -> (Kind, String) {
    let by_system = traits.operating_system.and_then(platform_of_system);
    let by_type = traits.device_type.and_then(platform_of_type);
    let platform = match (by_system, by_type) {
        (Some(system), Some(device)) if system != device => {
            return (
                Kind::Unknown,
                format!(
                    "{} and {} contradict each other",
                    traits.system(),
                    traits.kind_of_device()
                ),
            );
        }
        (Some(platform), _) | (None, Some(platform)) => platform,
        (None, None) => {
            return (
                Kind::Unknown,
                format!(
                    "neither {} nor {} names a platform this tool knows",
                    traits.system(),
                    traits.kind_of_device()
                ),
            );
        }
    };
    let plain = |kind: Kind| {
        let reason = if by_system.is_some() {
            traits.system()
        } else {
            traits.kind_of_device()
        };
        (kind, reason)
    };
    match platform {
        Platform::Mac => plain(Kind::MacOs),
        Platform::Windows => plain(Kind::Windows),
        Platform::Linux => plain(Kind::Linux),
        Platform::Chrome => plain(Kind::ChromeOs),
        Platform::Android => android(traits),
        Platform::Ios | Platform::Vision => apple(traits, platform == Platform::Vision),
    }
}

impl Traits<'_> {
    fn system(&self) -> String {
        format!(
            "operatingSystem `{}`",
            self.operating_system.unwrap_or("absent")
        )
    }

    fn kind_of_device(&self) -> String {
        format!("deviceType `{}`", self.device_type.unwrap_or("absent"))
    }

    fn enrolment(&self) -> String {
        format!(
            "deviceEnrollmentType `{}`",
            self.enrollment.unwrap_or("absent")
        )
    }

    fn enrolled_as(&self, types: &[&str]) -> bool {
        self.enrollment
            .is_some_and(|own| types.iter().any(|other| own.eq_ignore_ascii_case(other)))
    }

    fn device_is(&self, device_type: &str) -> bool {
        self.device_type
            .is_some_and(|own| own.eq_ignore_ascii_case(device_type))
    }

    fn owned_by(&self, owner: &str) -> bool {
        self.owner
            .is_some_and(|own| own.eq_ignore_ascii_case(owner))
    }
}

fn platform_of_system(text: &str) -> Option<Platform> {
    const PREFIXES: [(&str, Platform); 10] = [
        ("android", Platform::Android),
        ("ios", Platform::Ios),
        ("ipados", Platform::Ios),
        ("visionos", Platform::Vision),
        ("macos", Platform::Mac),
        ("mac os", Platform::Mac),
        ("windows", Platform::Windows),
        ("linux", Platform::Linux),
        ("chromeos", Platform::Chrome),
        ("chrome os", Platform::Chrome),
    ];
    let text = text.trim();
    PREFIXES
        .iter()
        .find(|(prefix, _)| {
            text.get(..prefix.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        })
        .map(|(_, platform)| *platform)
}

fn platform_of_type(text: &str) -> Option<Platform> {
    const TYPES: [(&str, Platform); 26] = [
        ("android", Platform::Android),
        ("androidForWork", Platform::Android),
        ("androidEnterprise", Platform::Android),
        ("androidnGMS", Platform::Android),
        ("iPhone", Platform::Ios),
        ("iPad", Platform::Ios),
        ("iPod", Platform::Ios),
        ("iSocConsumer", Platform::Ios),
        ("visionOS", Platform::Vision),
        ("mac", Platform::Mac),
        ("macMDM", Platform::Mac),
        ("desktop", Platform::Windows),
        ("windowsRT", Platform::Windows),
        ("winMO6", Platform::Windows),
        ("windowsPhone", Platform::Windows),
        ("winCE", Platform::Windows),
        ("winEmbedded", Platform::Windows),
        ("holoLens", Platform::Windows),
        ("surfaceHub", Platform::Windows),
        ("windows10x", Platform::Windows),
        ("cloudPC", Platform::Windows),
        ("nokia", Platform::Windows),
        ("unix", Platform::Linux),
        ("linux", Platform::Linux),
        ("chromeOS", Platform::Chrome),
        ("chromeOs", Platform::Chrome),
    ];
    TYPES
        .iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name))
        .map(|(_, platform)| *platform)
}

fn android(traits: &Traits<'_>) -> (Kind, String) {
    // These five say it by themselves. v1.0 has none of them; if it ever shows one, it holds.
    const DEFINITE: [(&str, Kind); 5] = [
        ("androidEnterpriseDedicatedDevice", Kind::AndroidDedicated),
        ("androidEnterpriseFullyManaged", Kind::AndroidFullyManaged),
        (
            "androidEnterpriseCorporateWorkProfile",
            Kind::AndroidCorporateWorkProfile,
        ),
        (
            "androidAOSPUserOwnedDeviceEnrollment",
            Kind::AospUserAssociated,
        ),
        ("androidAOSPUserlessDeviceEnrollment", Kind::AospUserless),
    ];
    if let Some((_, kind)) = DEFINITE
        .iter()
        .find(|(name, _)| traits.enrolled_as(&[name]))
    {
        return (*kind, traits.enrolment());
    }
    if !traits.beta {
        return (
            Kind::Unknown,
            "only v1.0 of Microsoft Graph answered, and it cannot tell Android's ways of enrolment apart".to_owned(),
        );
    }
    // By a user: then the device type tells a work profile from device administrator. The
    // agent does not (a profile can be moved to the Android Management API), nor does the
    // owner (a work profile device can be marked corporate by its IMEI).
    let both = || format!("{} with {}", traits.enrolment(), traits.kind_of_device());
    if traits.enrolled_as(&["userEnrollment", "deviceEnrollmentManager"]) {
        if traits.device_is("androidForWork") {
            return (Kind::AndroidPersonalWorkProfile, both());
        }
        if traits.device_is("android") {
            return (Kind::AndroidDeviceAdministrator, both());
        }
    }
    (
        Kind::Unknown,
        format!("{}: no document tells what that is", both()),
    )
}

fn apple(traits: &Traits<'_>, vision: bool) -> (Kind, String) {
    const USER: [&str; 3] = [
        "appleUserEnrollment",
        "appleUserEnrollmentWithServiceAccount",
        "appleAccountDrivenUserEnrollment",
    ];
    const BULK: [&str; 2] = ["appleBulkWithUser", "appleBulkWithoutUser"];
    if traits.enrolled_as(&USER) {
        return (Kind::IosUserEnrollment, traits.enrolment());
    }
    if traits.shared == Some(true) {
        return (
            Kind::SharedIpad,
            "hardwareInformation.isSharedDevice `true`".to_owned(),
        );
    }
    if vision {
        return (
            Kind::VisionOs,
            format!("{}, {}", traits.system(), traits.kind_of_device()),
        );
    }
    let bulk = traits.enrolled_as(&BULK);
    if !bulk && !traits.enrolled_as(&["userEnrollment", "deviceEnrollmentManager"]) {
        return (
            Kind::Unknown,
            format!(
                "{} does not say whether this is Apple's User Enrollment",
                traits.enrolment()
            ),
        );
    }
    let owner = |words: &str| {
        format!(
            "{} with managedDeviceOwnerType `{words}`",
            traits.enrolment()
        )
    };
    if traits.owned_by("company") {
        (Kind::IosCorporate, owner("company"))
    } else if traits.owned_by("personal") {
        (Kind::IosPersonal, owner("personal"))
    } else if bulk {
        (
            Kind::IosCorporate,
            format!(
                "{}, which organisations use for their own devices; no owner is stated",
                traits.enrolment()
            ),
        )
    } else {
        // The stricter of the two readings: it only adds warnings.
        (
            Kind::IosPersonal,
            format!(
                "{}; no owner is stated, so it is treated as personal",
                traits.enrolment()
            ),
        )
    }
}

#[cfg(test)]
mod tests;
