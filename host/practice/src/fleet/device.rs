//! One practice device, and how it is written as JSON in either version.

use crate::action::ActionState;
use crate::fleet::kind::Kind;
use crate::fleet::property::{self, Version};
use crate::fleet::unset::unset;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a reset ends on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetOutcome {
    /// As the kind of device allows.
    #[default]
    Works,
    /// Apple: Intune holds a wrong unlock token; the removal fails.
    WrongUnlockToken,
    /// Android: no policy demands a passcode; the reset fails.
    NoPasscodePolicy,
    /// Android: the user never confirmed the notification; the reset fails.
    ResetTokenInactive,
    /// The device answers that it cannot.
    NotSupported,
    /// The command is taken back before the device gets it.
    Canceled,
}

impl ResetOutcome {
    /// Sample numbers: no source gives the meaning of `errorCode` for passcodes.
    pub(crate) fn failure(self) -> Option<(ActionState, i32)> {
        match self {
            Self::Works => None,
            Self::WrongUnlockToken => Some((ActionState::Failed, 1001)),
            Self::NoPasscodePolicy => Some((ActionState::Failed, 1002)),
            Self::ResetTokenInactive => Some((ActionState::Failed, 1003)),
            Self::NotSupported => Some((ActionState::NotSupported, 0)),
            Self::Canceled => Some((ActionState::Canceled, 0)),
        }
    }
}

/// What Intune records of the sample policies for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PolicyRecord {
    /// One that demands a passcode reached it, and a compliance policy.
    Demands,
    /// Only others.
    None,
    /// Only the compliance policy.
    ComplianceOnly,
    /// The one that demands a passcode is in conflict with another.
    Conflict,
}

/// A device: Graph's properties as beta has them, and its habits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) online: bool,
    pub(crate) reset: ResetOutcome,
    /// Absent: as the reset's outcome suggests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<PolicyRecord>,
    pub(crate) properties: Map<String, Value>,
}

impl Device {
    pub(crate) fn text(&self, property: &str) -> &str {
        self.properties
            .get(property)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Tests and faults may name a device by id, serial number or name.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name)
            || self.text("serialNumber") == name
            || self.text("deviceName") == name
    }

    /// Whether an action can still reach it: a pending wipe, retire or delete comes before everything else.
    pub(crate) fn reachable(&self) -> bool {
        self.online && self.text("managementState") == "managed"
    }

    /// All properties that `version` has, with the given action results.
    ///
    /// `selected` are the names asked for; empty means all. `single`: one device is read, not a list.
    pub(crate) fn write(
        &self,
        version: Version,
        selected: &[&'static str],
        single: bool,
        results: Vec<Value>,
    ) -> Map<String, Value> {
        let mut out = Map::new();
        let names: Vec<&'static str> = if selected.is_empty() {
            let beta = property::BETA_ONLY
                .iter()
                .filter(|_| version == Version::Beta);
            property::BOTH.iter().chain(beta).copied().collect()
        } else {
            selected.to_vec()
        };
        let asked = !selected.is_empty();
        for name in names {
            let hidden = property::DETAIL_ONLY.contains(&name) && !(single && asked);
            let value = match name {
                "id" => Value::from(self.id.clone()),
                "deviceActionResults" if single || asked => Value::from(results.clone()),
                "deviceActionResults" => Value::Array(Vec::new()),
                _ if hidden => unset(name),
                _ => self
                    .properties
                    .get(name)
                    .cloned()
                    .unwrap_or_else(|| unset(name)),
            };
            out.insert(name.to_owned(), value);
        }
        if version == Version::V1 {
            lower(&mut out, "deviceEnrollmentType", Kind::v1_enrolment);
            lower(&mut out, "managementAgent", Kind::v1_agent);
        }
        out
    }
}

fn lower(out: &mut Map<String, Value>, name: &str, to_v1: fn(&str) -> &str) {
    if let Some(Value::String(text)) = out.get_mut(name) {
        *text = to_v1(text).to_owned();
    }
}
