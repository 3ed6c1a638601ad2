//! The fleet file: TOML in which every field is known, and an unknown one is refused with its line.

use crate::action::{ActionState, RemoteAction};
use crate::error::PracticeError;
use crate::fleet::device::{PolicyRecord, ResetOutcome};
use crate::fleet::kind::Kind;
use crate::fleet::property::{self, Version};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The devices a practice tenant begins with, and whom they belong to.
///
/// The README of this crate documents the file format and the shipped fleet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    #[serde(default)]
    pub(crate) tenant: TenantEntry,
    #[serde(default, rename = "user")]
    pub(crate) users: Vec<UserEntry>,
    #[serde(default, rename = "device")]
    pub(crate) devices: Vec<DeviceEntry>,
    #[serde(default, rename = "app")]
    pub(crate) apps: Vec<AppEntry>,
    #[serde(default, rename = "script")]
    pub(crate) scripts: Vec<ScriptEntry>,
    #[serde(default, rename = "group")]
    pub(crate) groups: Vec<GroupEntry>,
}

/// The directory's own id and name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TenantEntry {
    pub(crate) id: String,
    pub(crate) domain: String,
}

impl Default for TenantEntry {
    fn default() -> Self {
        Self {
            id: crate::PRACTICE_TENANT_ID.to_owned(),
            domain: "contoso.example".to_owned(),
        }
    }
}

/// Somebody whose id or display name matters; others are made up from their user principal name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserEntry {
    pub(crate) upn: String,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// One device.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DeviceEntry {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) serial: String,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) imei: Option<String>,
    #[serde(default)]
    pub(crate) os_version: Option<String>,
    #[serde(default = "an_hour")]
    pub(crate) last_sync: Ago,
    #[serde(default = "half_a_year")]
    pub(crate) enrolled: Ago,
    /// Negative: that long ago.
    #[serde(default)]
    pub(crate) certificate_expired: Option<Ago>,
    #[serde(default = "yes")]
    pub(crate) online: bool,
    #[serde(default)]
    pub(crate) reset: ResetOutcome,
    #[serde(default)]
    pub(crate) policy: Option<PolicyRecord>,
    #[serde(default)]
    pub(crate) properties: BTreeMap<PropertyName, Value>,
    #[serde(default)]
    pub(crate) earlier: Vec<EarlierEntry>,
}

/// An action that was asked for before the tenant was started.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EarlierEntry {
    pub(crate) action: RemoteAction,
    pub(crate) state: ActionState,
    pub(crate) ago: Ago,
    #[serde(default = "somebody")]
    pub(crate) by: String,
    #[serde(default)]
    pub(crate) passcode: Option<String>,
    #[serde(default)]
    pub(crate) error_code: i32,
}

/// A detected app and the devices it was found on, for the `detectedApps` addresses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppEntry {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Ids, serial numbers or names.
    pub(crate) devices: Vec<String>,
}

/// The three families of scripts whose run states lead to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
pub(crate) enum ScriptFamily {
    #[serde(rename = "deviceHealthScripts")]
    Health,
    #[serde(rename = "deviceManagementScripts")]
    Management,
    #[serde(rename = "deviceComplianceScripts")]
    Compliance,
}

/// One run of a script on a device.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ScriptEntry {
    pub(crate) family: ScriptFamily,
    pub(crate) id: String,
    pub(crate) run_state: String,
    pub(crate) device: String,
}

/// A group of the directory, and who is in it directly.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupEntry {
    #[serde(default)]
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    /// User principal names.
    #[serde(default)]
    pub(crate) users: Vec<String>,
    /// Names or ids of groups, which may stand further below.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    /// Ids, serial numbers or names.
    #[serde(default)]
    pub(crate) devices: Vec<String>,
}

/// A span of time before the start: `90s`, `15m`, `2h`, `45d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ago(pub(crate) time::Duration);

impl<'de> Deserialize<'de> for Ago {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_ago(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "{text:?} is not a span of time; write 90s, 15m, 2h or 45d"
            ))
        })
    }
}

fn parse_ago(text: &str) -> Option<Ago> {
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let total = count.checked_mul(seconds)?;
    (0..=86_400 * 36_500)
        .contains(&total)
        .then(|| Ago(time::Duration::seconds(total)))
}

/// A property of Graph's managedDevice; anything else is refused where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PropertyName(pub(crate) &'static str);

impl<'de> Deserialize<'de> for PropertyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        property::find(&text, Version::Beta)
            .filter(|known| *known == text && !["id", "deviceActionResults"].contains(known))
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "a managed device has no settable property {text:?}"
                ))
            })
    }
}

fn yes() -> bool {
    true
}
fn an_hour() -> Ago {
    Ago(time::Duration::HOUR)
}
fn half_a_year() -> Ago {
    Ago(time::Duration::days(180))
}
fn somebody() -> String {
    "colleague@contoso.example".to_owned()
}

impl Fleet {
    /// The fleet that comes with the crate: every kind of device, and the awkward cases.
    ///
    /// # Errors
    /// Never in practice: a test reads it.
    pub fn shipped() -> Result<Self, PracticeError> {
        Self::parse(include_str!("shipped.toml"))
    }

    /// Reads a fleet from TOML text.
    ///
    /// # Errors
    /// [`PracticeError::Fleet`] with the line, for anything that is not a fleet.
    pub fn parse(text: &str) -> Result<Self, PracticeError> {
        let fleet: Self =
            toml::from_str(text).map_err(|error| PracticeError::Fleet(error.to_string()))?;
        fleet.check()?;
        Ok(fleet)
    }

    /// Reads a fleet file.
    ///
    /// # Errors
    /// [`PracticeError::File`] if it cannot be read, [`PracticeError::Fleet`] if it is not a fleet.
    pub fn read(path: &Path) -> Result<Self, PracticeError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| PracticeError::file(path, &error))?;
        Self::parse(&text).map_err(|error| match error {
            PracticeError::Fleet(why) => PracticeError::Fleet(format!("{}: {why}", path.display())),
            other => other,
        })
    }

    /// `count` dedicated Android devices named `SCALE-00001` and so on, for large runs.
    #[must_use]
    pub fn many(count: usize) -> Self {
        let device = |number: usize| DeviceEntry {
            kind: Kind::Cosu,
            name: format!("SCALE-{number:05}"),
            serial: format!("SAMPLE-SCALE-{number:05}"),
            id: Some(format!("5ca1e000-0000-4000-8000-{number:012}")),
            user: None,
            imei: None,
            os_version: None,
            last_sync: an_hour(),
            enrolled: half_a_year(),
            certificate_expired: None,
            online: true,
            reset: ResetOutcome::Works,
            policy: None,
            properties: BTreeMap::new(),
            earlier: Vec::new(),
        };
        Self {
            tenant: TenantEntry::default(),
            users: Vec::new(),
            devices: (1..=count).map(device).collect(),
            apps: Vec::new(),
            scripts: Vec::new(),
            groups: Vec::new(),
        }
    }

    fn check(&self) -> Result<(), PracticeError> {
        let mut ids = std::collections::BTreeSet::new();
        for device in &self.devices {
            for (property, value) in &device.properties {
                if holds_a_date(value) {
                    return Err(PracticeError::Fleet(format!(
                        "device {:?} has a date of TOML as {:?}; write it as a text, in quotes",
                        device.name, property.0
                    )));
                }
            }
            let Some(id) = &device.id else { continue };
            // A GUID without hyphens, or in braces, is the same GUID; Graph writes none so.
            let read = uuid::Uuid::parse_str(id);
            if !read.is_ok_and(|read| read.to_string() == id.to_lowercase()) {
                return Err(PracticeError::Fleet(format!(
                    "device {:?} has the id {id:?}, which is not a GUID with hyphens",
                    device.name
                )));
            }
            if !ids.insert(id.to_lowercase()) {
                return Err(PracticeError::Fleet(format!(
                    "two devices have the id {id}"
                )));
            }
        }
        Ok(())
    }
}

/// Graph writes dates as texts. The TOML reader hands its own kind of date on as an object with
/// this key.
fn holds_a_date(value: &Value) -> bool {
    match value {
        Value::Object(object) => object
            .iter()
            .any(|(key, value)| key == "$__toml_private_datetime" || holds_a_date(value)),
        Value::Array(items) => items.iter().any(holds_a_date),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Fleet::parse(text).expect_err("must be refused").to_string()
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_line() {
        let text = "[[device]]\nkind = \"cosu\"\nname = \"A\"\nserial = \"S\"\ncolour = \"red\"\n";
        let message = refusal(text);
        assert!(
            message.contains("line 5") && message.contains("colour"),
            "{message}"
        );
    }

    #[test]
    fn an_unknown_kind_property_or_span_is_refused_with_its_line() {
        let head = "[[device]]\nname = \"A\"\nserial = \"S\"\n";
        for (tail, word) in [
            ("kind = \"toaster\"\n", "toaster"),
            ("kind = \"cosu\"\nlast-sync = \"soon\"\n", "soon"),
            (
                "kind = \"cosu\"\n[device.properties]\ncolour = 1\n",
                "colour",
            ),
            (
                "kind = \"cosu\"\n[[device.earlier]]\nago = \"1h\"\nstate = \"done\"\naction = \"dance\"\n",
                "dance",
            ),
        ] {
            let message = refusal(&format!("{head}{tail}"));
            assert!(
                message.contains("line ") && message.contains(word),
                "{message}"
            );
        }
    }

    #[test]
    fn ids_are_guids_and_unique() {
        let one = "[[device]]\nkind = \"cosu\"\nname = \"A\"\nserial = \"S\"\n";
        for other in [
            "7",
            "d0000001000040008000000000000001",
            "{d0000001-0000-4000-8000-000000000001}",
        ] {
            assert!(refusal(&format!("{one}id = \"{other}\"\n")).contains("not a GUID"));
        }
        let id = "id = \"d0000001-0000-4000-8000-000000000001\"\n";
        assert!(refusal(&format!("{one}{id}{one}{id}")).contains("two devices"));
    }

    #[test]
    fn a_date_is_written_as_a_text() {
        let head =
            "[[device]]\nkind = \"cosu\"\nname = \"A\"\nserial = \"S\"\n[device.properties]\n";
        let date = "enrolledDateTime = 2026-01-01T00:00:00Z\n";
        assert!(refusal(&format!("{head}{date}")).contains("in quotes"));
        assert!(
            Fleet::parse(&format!(
                "{head}enrolledDateTime = \"2026-01-01T00:00:00Z\"\n"
            ))
            .is_ok()
        );
    }

    #[test]
    fn the_shipped_fleet_is_one() {
        assert!(Fleet::shipped().expect("fleet").devices.len() > 20);
    }
}
