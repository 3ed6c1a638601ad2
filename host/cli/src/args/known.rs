//! Values that are known beforehand, for completion only. What the service, another component or
//! a newer document brings is not known here, so nothing is refused for not being in a list.

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::Error;

/// Any text; some of them are known.
#[derive(Clone, Debug)]
pub(crate) struct Known(Vec<&'static str>);

impl Known {
    pub(crate) fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        Self(names.into_iter().collect())
    }
}

impl TypedValueParser for Known {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(
            self.0.iter().map(|name| PossibleValue::new(*name)),
        ))
    }
}

/// The practice tenant's faults.
pub(super) fn faults() -> Known {
    Known::new(passcode_practice::faults().iter().map(|fault| fault.name))
}

const KINDS: [&str; 17] = [
    "android-dedicated",
    "android-fully-managed",
    "android-corporate-work-profile",
    "android-personal-work-profile",
    "aosp-user-associated",
    "aosp-userless",
    "android-device-administrator",
    "ios-corporate",
    "ios-personal",
    "ios-user-enrollment",
    "shared-ipad",
    "visionos",
    "macos",
    "windows",
    "linux",
    "chromeos",
    "unknown",
];

/// Kinds of device. A test compares them with the component's.
pub(super) fn kinds() -> Known {
    Known::new(KINDS)
}

/// Checks that can need acceptance. A test compares them with the component's.
pub(super) fn checks() -> Known {
    Known::new(CHECKS)
}

/// Kinds of device and checks that a run file may name.
pub(crate) fn known_words() -> (Vec<&'static str>, Vec<&'static str>) {
    (KINDS.to_vec(), CHECKS.to_vec())
}

const CHECKS: [&str; 1] = ["documents-disagree"];

/// Addresses of the action. A test compares them with the component's.
pub(super) fn addresses() -> Known {
    Known::new([
        "managed-devices",
        "user-managed-devices",
        "comanaged-devices",
        "detected-app-managed-devices",
        "detected-app-user-managed-devices",
        "health-script",
        "management-script",
        "compliance-script",
        "management-script-user",
        "management-script-detected-app",
    ])
}

/// How a person on the phone can have been verified.
pub(super) fn verifications() -> Known {
    Known::new(["callback", "in-person", "manager"])
}
