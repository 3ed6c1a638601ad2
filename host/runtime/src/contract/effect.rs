//! What is asked for, and what it does to a device.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

/// What the operator asked for. The two verbs leave a device in opposite states, so neither
/// is ever swapped for the other.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize,
)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Take the passcode away (Apple).
    #[component(name = "remove")]
    Remove,
    /// Replace the passcode with a temporary one (Android).
    #[component(name = "reset")]
    Reset,
    /// Whichever of the two fits the device. For questions, and for fleets of both kinds.
    #[component(name = "either")]
    Either,
}

/// What would happen to the device.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The passcode is removed; the device is open until its user sets another.
    #[component(name = "remove-passcode")]
    RemovePasscode,
    /// The device's screen lock is replaced by a temporary passcode.
    #[component(name = "reset-device-passcode")]
    ResetDevicePasscode,
    /// The work profile's lock is replaced by a temporary passcode. The device's own screen
    /// lock stays as it is.
    #[component(name = "reset-work-profile-passcode")]
    ResetWorkProfilePasscode,
    /// An effect this version has no case for.
    #[component(name = "other")]
    Other(String),
}

/// Which lock an effect reaches.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The whole device.
    #[component(name = "device")]
    Device,
    /// The work profile only.
    #[component(name = "work-profile")]
    WorkProfile,
    /// The documents disagree; nobody promises the level before the result.
    #[component(name = "disputed")]
    Disputed,
    /// A level this version has no case for.
    #[component(name = "other")]
    Other(String),
}
