//! On whose behalf, why, and in what surroundings.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::device::{Selector, Timestamp};

/// Somebody's statement about a case: a ticket is open, it names this user.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fact {
    /// What it is about: `ticket.open`, `ticket.user`, …
    pub name: String,
    /// What it says.
    pub value: String,
    /// Who says so: the digest of the finder that added it, or `operator`.
    pub source: String,
    /// When it was observed.
    pub observed: Timestamp,
}

/// What a finder found.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lead {
    /// Devices it may be about.
    pub selectors: Vec<Selector>,
    /// What reviewers should know.
    pub facts: Vec<Fact>,
    /// What to be called with again, if there is more.
    pub more: Option<String>,
}

/// How sure we are who the operator is.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// A sign-in proved it; the string names the kind of credential.
    #[component(name = "signed-in")]
    SignedIn(String),
    /// Somebody said so.
    #[component(name = "claimed")]
    Claimed,
}

/// Who is acting.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operator {
    /// A sign-in name, an application's name, or what was claimed.
    pub name: String,
    /// The directory's identifier, where there is one.
    pub id: Option<String>,
    /// Proven or claimed.
    pub proof: Proof,
}

/// On whose behalf and why.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Caller {
    /// Who is acting.
    pub operator: Operator,
    /// Why, in a person's words.
    pub reason: Option<String>,
    /// The case this belongs to.
    pub ticket: Option<String>,
    /// How the help desk made sure who is asking: `callback`, `in-person`, `manager`, …
    #[component(name = "verified-by")]
    pub verified_by: Option<String>,
    /// Ids of the checks that the operator accepted, sorted.
    #[component(name = "accepted-checks")]
    pub accepted_checks: Vec<String>,
    /// What finders found.
    pub facts: Vec<Fact>,
}

/// What every call is told about its surroundings. The only clock there is.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Context {
    /// The host's clock, set by the service's where that is known.
    pub now: Timestamp,
    /// The operator's time zone, IANA name, for judging working hours.
    #[component(name = "time-zone")]
    pub time_zone: Option<String>,
    /// `global`, `usgov`, `dod`, `china` or `custom`.
    pub cloud: String,
    /// Whether this is a practice tenant where nothing real happens.
    pub practice: bool,
}
