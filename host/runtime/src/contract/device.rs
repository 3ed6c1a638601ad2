//! Devices and how they are named.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

/// An instant: RFC 3339, in UTC, as the service or the host wrote it.
pub type Timestamp = String;

/// A handle to a secret that the host keeps. It can be named, never read: only the host
/// opens it, and only for delivery.
pub type Seal = u32;

/// How an operator names a device. Matching is exact; letter case is ignored only where the
/// field itself ignores it (user principal names, GUIDs, serial numbers).
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Selector {
    /// The device management service's own identifier (Intune: the managed device id).
    #[component(name = "id")]
    Id(String),
    /// The manufacturer's serial number.
    #[component(name = "serial-number")]
    SerialNumber(String),
    /// The primary user's sign-in name.
    #[component(name = "user-principal-name")]
    UserPrincipalName(String),
    /// The device's name, whole. Names are chosen by people and need not be unique.
    #[component(name = "device-name")]
    DeviceName(String),
    /// The IMEI of a cellular modem.
    #[component(name = "imei")]
    Imei(String),
    /// The identifier of the device object in the directory (Microsoft Entra: deviceId).
    #[component(name = "entra-device-id")]
    EntraDeviceId(String),
    /// A property this version has no case for: its name, then its value.
    #[component(name = "other")]
    Other((String, String)),
}

/// A device as the service describes it, and the kind it was classified as. Absent values
/// were absent, or could not be read; `unreadable` tells the two apart.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    /// The service's identifier. The only thing requests are addressed with.
    pub id: String,
    /// The device's name, chosen by its user or by a naming template.
    pub name: String,
    /// The directory's identifier of the primary user.
    #[component(name = "user-id")]
    pub user_id: Option<String>,
    /// The primary user's sign-in name.
    #[component(name = "user-principal-name")]
    pub user_principal_name: Option<String>,
    /// The primary user's display name.
    #[component(name = "user-display-name")]
    pub user_display_name: Option<String>,
    /// The manufacturer's serial number.
    #[component(name = "serial-number")]
    pub serial_number: Option<String>,
    /// The IMEI of the cellular modem.
    pub imei: Option<String>,
    /// The directory's identifier of the device.
    #[component(name = "entra-device-id")]
    pub entra_device_id: Option<String>,
    /// Manufacturer, as reported.
    pub manufacturer: Option<String>,
    /// Model, as reported.
    pub model: Option<String>,
    /// Operating system, as reported: `Android`, `iOS`, `iPadOS`, `Windows`, `macOS`, …
    #[component(name = "operating-system")]
    pub operating_system: Option<String>,
    /// Operating system version, as reported.
    #[component(name = "os-version")]
    pub os_version: Option<String>,
    /// The service's device type: `iPhone`, `androidForWork`, …
    #[component(name = "device-type")]
    pub device_type: Option<String>,
    /// How the device was enrolled, in the service's words.
    #[component(name = "enrollment-type")]
    pub enrollment_type: Option<String>,
    /// What manages the device, in the service's words.
    #[component(name = "management-agent")]
    pub management_agent: Option<String>,
    /// `company`, `personal` or `unknown`.
    pub ownership: Option<String>,
    /// `managed`, `wipePending`, …
    #[component(name = "management-state")]
    pub management_state: Option<String>,
    /// `disabled` or `enabled`, where the service says it.
    #[component(name = "lost-mode-state")]
    pub lost_mode_state: Option<String>,
    /// Whether the device is supervised (Apple).
    pub supervised: Option<bool>,
    /// Whether several people share the device (Shared iPad).
    pub shared: Option<bool>,
    /// `compliant`, `noncompliant`, …
    #[component(name = "compliance-state")]
    pub compliance_state: Option<String>,
    /// What the service says of a jailbreak or root, a word and not a boolean.
    #[component(name = "jail-broken")]
    pub jail_broken: Option<String>,
    /// When the device enrolled.
    pub enrolled: Option<Timestamp>,
    /// When the device last checked in.
    #[component(name = "last-check-in")]
    pub last_check_in: Option<Timestamp>,
    /// When the management certificate runs out.
    #[component(name = "certificate-expires")]
    pub certificate_expires: Option<Timestamp>,
    /// The kind it was classified as. For Intune: `android-dedicated`,
    /// `android-fully-managed`, `android-corporate-work-profile`,
    /// `android-personal-work-profile`, `aosp-user-associated`, `aosp-userless`,
    /// `android-device-administrator`, `ios-corporate`, `ios-personal`,
    /// `ios-user-enrollment`, `shared-ipad`, `visionos`, `macos`, `windows`, `linux`,
    /// `chromeos`, `unknown`.
    pub kind: String,
    /// Why it was classified so, naming the properties that decided.
    #[component(name = "kind-reason")]
    pub kind_reason: String,
    /// The interface version that answered: `beta` or `v1.0` for Microsoft Graph.
    #[component(name = "read-from")]
    pub read_from: String,
    /// Properties that the version that answered cannot tell.
    pub unreadable: Vec<String>,
    /// Further properties, name and value.
    pub attributes: Vec<(String, String)>,
}

/// What a search brought.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Findings {
    /// Devices that match exactly and that this action is about.
    pub matched: Vec<Device>,
    /// Devices that match exactly but that this action never touches, such as computers.
    #[component(name = "set-aside")]
    pub set_aside: Vec<Device>,
    /// Devices that the service returned although they do not match.
    pub mismatched: u32,
    /// What could not be known, one sentence each.
    pub limits: Vec<String>,
}
