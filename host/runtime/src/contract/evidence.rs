//! Rules, checks and the documents behind them.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::effect::Verb;

/// Where a rule or a sentence comes from.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Citation {
    /// The document's title.
    pub document: String,
    /// Its address, or the name it is known by.
    pub uri: String,
    /// The date the document bears: `2025-10-27`, or less precise.
    pub date: String,
    /// The section or table within it.
    pub section: String,
    /// What it says, in our words.
    pub statement: String,
}

/// What a check found.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize,
)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The evidence is there.
    #[component(name = "pass")]
    Pass,
    /// Something the operator should know first.
    #[component(name = "warn")]
    Warn,
    /// A document forbids it. Nothing lifts a block.
    #[component(name = "block")]
    Block,
    /// It cannot be known, or may not be read. Never a pass, and needs no acceptance.
    #[component(name = "unknown")]
    Unknown,
}

/// One line of evidence for or against a plan.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// Stable identifier: `eligibility`, `reset-token-active`, …
    pub id: String,
    /// What was found.
    pub verdict: Verdict,
    /// One sentence for a person.
    pub summary: String,
    /// What to do about it, where something can be done.
    pub remedy: Option<String>,
    /// What was looked at: property and value, or the request that was not allowed.
    pub evidence: Option<String>,
    /// The documents behind it, the one that decided first.
    pub citations: Vec<Citation>,
    /// Whether the operator must accept this check by its id before the plan may be carried
    /// out. Only a warning where one document forbids what another allows.
    #[component(name = "needs-acceptance")]
    pub needs_acceptance: bool,
}

/// Somebody's next step, in the order they come.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expectation {
    /// Stable identifier: `user-enters-temporary-passcode`, …
    pub id: String,
    /// `operator`, `user`, `device` or `service`.
    pub who: String,
    /// One sentence.
    pub text: String,
    /// The documents behind it.
    pub citations: Vec<Citation>,
}

/// What a rule says of the devices it speaks of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize,
)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    /// It works.
    #[component(name = "supported")]
    Supported,
    /// It does not.
    #[component(name = "unsupported")]
    Unsupported,
    /// It works only if the condition in the statement is met.
    #[component(name = "conditional")]
    Conditional,
    /// It says what happens, not whether.
    #[component(name = "note")]
    Note,
}

/// One rule, as one document has it.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Stable identifier.
    pub id: String,
    /// The kinds it speaks of.
    pub kinds: Vec<String>,
    /// What else must hold for it to speak: `os-version < 7`, …; absent for always.
    pub condition: Option<String>,
    /// What it is about: `removal`, `device-level`, `work-profile`, `any`.
    pub about: String,
    /// What it says.
    pub ruling: Ruling,
    /// The document and what it says.
    pub citation: Citation,
}

/// One address that the service documents for the action.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// Stable identifier, for `order.address`.
    pub id: String,
    /// The path with `{…}` for its variable segments; `{device}` names the device.
    pub path: String,
    /// The interface versions that document it.
    pub versions: Vec<String>,
    /// Whether the path names the device.
    #[component(name = "names-device")]
    pub names_device: bool,
    /// Whether it is the ordinary one.
    pub ordinary: bool,
    /// Where it is documented.
    pub citation: Citation,
}

/// What a component is.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Description {
    /// Its name: `intune-passcode`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One sentence for a person.
    pub summary: String,
    /// The device management service it speaks to: `intune`.
    pub service: String,
    /// The verbs it understands.
    pub verbs: Vec<Verb>,
    /// The date of the newest document its rules were read from.
    #[component(name = "rules-as-of")]
    pub rules_as_of: String,
}
