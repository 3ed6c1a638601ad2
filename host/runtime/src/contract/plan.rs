//! What would be done, for whom, and on whose word.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::caller::Caller;
use super::device::{Device, Timestamp};
use super::effect::{Effect, Level, Verb};
use super::evidence::{Check, Expectation};
use super::progress::ActionResult;

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
    /// Whether to read evidence that no document demands: policies, the caller's rights.
    pub preflight: bool,
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
