//! What went wrong, and whether the device can have been touched.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::evidence::Check;

/// Whether the device can have been touched. The first question about any failure.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize,
)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Touched {
    /// No.
    #[component(name = "no")]
    No,
    /// Yes.
    #[component(name = "yes")]
    Yes,
    /// Nobody knows.
    #[component(name = "unknown")]
    Unknown,
}

/// What kind of failure it is.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The request for a plan makes no sense.
    #[component(name = "usage")]
    Usage,
    /// The credential was not accepted.
    #[component(name = "not-signed-in")]
    NotSignedIn,
    /// The credential was accepted and does not allow this.
    #[component(name = "forbidden")]
    Forbidden,
    /// No such device.
    #[component(name = "not-found")]
    NotFound,
    /// Refused by a rule, before anything was sent; the string is the check's id.
    #[component(name = "refused")]
    Refused(String),
    /// The device or its results changed since the plan.
    #[component(name = "changed")]
    Changed,
    /// Another passcode action is pending, or began since the plan.
    #[component(name = "busy")]
    Busy,
    /// Someone else must approve at the service first.
    #[component(name = "approval-required")]
    ApprovalRequired,
    /// Too many requests.
    #[component(name = "throttled")]
    Throttled,
    /// The service could not be reached or is out of order.
    #[component(name = "unavailable")]
    Unavailable,
    /// The service refused the request as such.
    #[component(name = "rejected")]
    Rejected,
    /// The service's answer makes no sense.
    #[component(name = "malformed")]
    Malformed,
    /// The request may have been carried out and nobody knows.
    #[component(name = "outcome-unknown")]
    OutcomeUnknown,
    /// A fault in our software.
    #[component(name = "internal")]
    Internal,
    /// A kind this version has no case for.
    #[component(name = "other")]
    Other(String),
}

/// A failure, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Problem {
    /// Whether the device can have been touched.
    pub touched: Touched,
    /// What kind of failure it is.
    pub kind: ProblemKind,
    /// A stable code for machines: `intune-role-missing`, …
    pub code: String,
    /// One sentence for a person: what happened, to what.
    pub message: String,
    /// What to do now.
    pub remedy: Option<String>,
    /// The service's HTTP status.
    pub status: Option<u16>,
    /// The service's own code.
    #[component(name = "service-code")]
    pub service_code: Option<String>,
    /// The ids that the service's support asks for: name and value.
    #[component(name = "support-ids")]
    pub support_ids: Vec<(String, String)>,
    /// How long the service asked to wait.
    #[component(name = "retry-after-seconds")]
    pub retry_after_seconds: Option<u32>,
    /// The checks or citations behind a refusal.
    pub checks: Vec<Check>,
}
