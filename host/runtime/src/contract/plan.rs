//! What would be done, for whom, and on whose word.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::device::{Device, Timestamp};
use super::evidence::{Check, Expectation};
use super::progress::ActionResult;

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

/// A request for a plan.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// The device, by the service's identifier.
    #[component(name = "device-id")]
    pub device_id: String,
    /// What was asked for.
    pub verb: Verb,
    /// The address to use, by its id (see `action.addresses`); absent for the ordinary one.
    pub address: Option<String>,
    /// Values for the address's further path segments: name and value.
    #[component(name = "address-values")]
    pub address_values: Vec<(String, String)>,
    /// On whose behalf and why.
    pub caller: Caller,
}

/// An HTTP method.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize,
)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// GET
    #[component(name = "get")]
    Get,
    /// POST
    #[component(name = "post")]
    Post,
    /// PUT
    #[component(name = "put")]
    Put,
    /// PATCH
    #[component(name = "patch")]
    Patch,
    /// DELETE
    #[component(name = "delete")]
    Delete,
}

/// The one request that carrying out a plan would send.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedRequest {
    /// The destination's name.
    pub destination: String,
    /// The method.
    pub method: Method,
    /// The path, relative to the destination's root.
    pub path: String,
    /// Query pairs.
    pub query: Vec<(String, String)>,
    /// The body; absent for none.
    pub body: Option<String>,
}

/// What a component proposes to do. Made by a component that only read; worth nothing until
/// a host has wrapped it in a `plan`.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
    /// The device, as it was read.
    pub device: Device,
    /// What would happen to it.
    pub effect: Effect,
    /// Which lock that reaches.
    pub level: Level,
    /// The address used, by its id.
    pub address: String,
    /// The one request that would be sent.
    pub request: PlannedRequest,
    /// The evidence, in the order a person should read it.
    pub checks: Vec<Check>,
    /// What comes next if it is carried out.
    pub expectations: Vec<Expectation>,
    /// Passcode actions that the device already listed. Never with a passcode.
    #[component(name = "earlier-results")]
    pub earlier_results: Vec<ActionResult>,
    /// What could not be known, and why, one sentence each.
    pub limits: Vec<String>,
    /// Seconds until the usual result, where documents say.
    #[component(name = "usual-seconds")]
    pub usual_seconds: Option<u32>,
    /// Seconds until even a slow result, where documents say.
    #[component(name = "longest-seconds")]
    pub longest_seconds: Option<u32>,
}

/// What a reviewer said.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Opinion {
    /// Nothing to say.
    #[component(name = "abstain")]
    Abstain,
    /// Another person must approve first; why.
    #[component(name = "require-approval")]
    RequireApproval(String),
    /// No; why.
    #[component(name = "deny")]
    Deny(String),
}

/// A reviewer's opinion, as the host recorded it.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewRecord {
    /// The reviewer's name, given by the operator's grant.
    pub reviewer: String,
    /// The digest of the reviewer's bytes.
    pub digest: String,
    /// What it said. A reviewer that trapped or ran out of a limit denied.
    pub opinion: Opinion,
}

/// A proposal in the host's envelope. Its SHA-256 over canonical JSON (RFC 8785) is its
/// name; a plan with any other content is another plan.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// What would be done.
    pub proposal: Proposal,
    /// On whose behalf and why.
    pub caller: Caller,
    /// The tenant it is for.
    pub tenant: String,
    /// The cloud it is for.
    pub cloud: String,
    /// Whether nothing real can happen.
    pub practice: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it stops being valid.
    pub expires: Timestamp,
    /// What reviewers said.
    pub reviews: Vec<ReviewRecord>,
    /// Where the passcode goes: `terminal`, `json`, `none`, or a courier's name.
    pub delivery: String,
    /// SHA-256 of the component that proposed it.
    #[component(name = "component-digest")]
    pub component_digest: String,
    /// SHA-256 of the authority it ran under.
    #[component(name = "grant-digest")]
    pub grant_digest: String,
    /// Go ahead although another passcode action is pending, or began since the plan.
    pub again: bool,
    /// The plan whose unknown outcome a person decided to follow up with this one.
    #[component(name = "after-unknown")]
    pub after_unknown: Option<String>,
}
