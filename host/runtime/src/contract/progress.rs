//! What became of it.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::caller::Caller;
use super::device::{Device, Seal, Timestamp};
use super::effect::{Effect, Level};
use super::evidence::Expectation;

/// The result of an earlier or current action, as the service lists it on the device.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActionResult {
    /// `resetPasscode`, `remoteLock`, …
    pub name: String,
    /// The service's type name, without a leading `#`.
    #[component(name = "type-name")]
    pub type_name: String,
    /// `none`, `pending`, `canceled`, `active`, `done`, `failed` or `notSupported`.
    pub state: String,
    /// When the service took it on.
    pub started: Option<Timestamp>,
    /// When the service last heard of it.
    pub updated: Option<Timestamp>,
    /// The service's error code; absent where the service gives none.
    #[component(name = "error-code")]
    pub error_code: Option<i64>,
    /// The new passcode, sealed.
    pub passcode: Option<Seal>,
}

/// What became of the one request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize,
)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// The service took it.
    #[component(name = "accepted")]
    Accepted,
    /// Nobody knows whether the service took it.
    #[component(name = "unknown")]
    Unknown,
}

/// The host's own record of the one request: what it saw before, and what came back.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// The `client-request-id` it was sent with.
    #[component(name = "client-request-id")]
    pub client_request_id: String,
    /// The service's `request-id`, where it answered.
    #[component(name = "request-id")]
    pub request_id: Option<String>,
    /// What became of it.
    pub disposition: Disposition,
    /// The service's clock (its `Date` header) at the answer, or else at the last answer before the request.
    #[component(name = "service-date")]
    pub service_date: Option<Timestamp>,
    /// The passcode actions that the device listed just before, as the host saw them.
    pub snapshot: Vec<ActionResult>,
}

/// How far an action has come.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum ProgressState {
    /// Queued; the device has not taken it.
    #[component(name = "pending")]
    Pending,
    /// The device is working on it.
    #[component(name = "active")]
    Active,
    /// Finished.
    #[component(name = "done")]
    Done,
    /// The device or the service says it failed.
    #[component(name = "failed")]
    Failed,
    /// Withdrawn before it ran.
    #[component(name = "canceled")]
    Canceled,
    /// The device says it cannot do this.
    #[component(name = "not-supported")]
    NotSupported,
    /// Accepted, but not listed on the device yet.
    #[component(name = "not-listed")]
    NotListed,
    /// Several new results appeared; none can be called ours.
    #[component(name = "ambiguous")]
    Ambiguous,
    /// A state this version has no case for, in the service's word.
    #[component(name = "other")]
    Other(String),
}

/// How an unknown sending was settled.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// A new result on the device.
    #[component(name = "new-result")]
    NewResult,
    /// An entry in the service's own audit, by its id.
    #[component(name = "audit-entry")]
    AuditEntry(String),
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outcome {
    /// What was done.
    pub effect: Effect,
    /// Which lock it reached.
    pub level: Level,
    /// The temporary passcode, sealed; absent for a removal.
    pub passcode: Option<Seal>,
    /// What comes next, for whom.
    pub expectations: Vec<Expectation>,
    /// What can be done if it failed.
    pub remedy: Option<String>,
}

/// An action under way or ended.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Progress {
    /// How far it has come.
    pub state: ProgressState,
    /// One sentence for a person.
    pub summary: String,
    /// Our result on the device, once there is exactly one.
    #[component(name = "action-result")]
    pub action_result: Option<ActionResult>,
    /// Results that are new but not ours to show.
    pub others: Vec<ActionResult>,
    /// What settled a sending that was unknown.
    #[component(name = "settled-by")]
    pub settled_by: Option<Evidence>,
    /// The end; absent while it goes on.
    pub outcome: Option<Outcome>,
    /// How long to wait before looking again; absent at the end.
    #[component(name = "look-again-seconds")]
    pub look_again_seconds: Option<u32>,
}

/// Which of the service's own records of actions to list.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryQuery {
    /// Only this device.
    #[component(name = "device-id")]
    pub device_id: Option<String>,
    /// Only actions requested since then.
    pub since: Option<Timestamp>,
    /// At most so many, newest first.
    pub limit: u32,
}

/// One line of the service's own record of actions (Intune: Device actions).
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryEntry {
    /// The entry's id.
    pub id: String,
    /// The action's name in the service's words.
    pub action: String,
    /// Its state, as in `action-result.state`.
    pub state: String,
    /// When it was requested.
    pub requested: Option<Timestamp>,
    /// Who requested it.
    #[component(name = "initiated-by")]
    pub initiated_by: Option<String>,
    /// On which device.
    #[component(name = "device-id")]
    pub device_id: Option<String>,
    /// That device's name.
    #[component(name = "device-name")]
    pub device_name: Option<String>,
    /// That device's user.
    #[component(name = "user-principal-name")]
    pub user_principal_name: Option<String>,
}

/// Something that happened, for those who watch.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// `planned`, `refused`, `sent`, `accepted`, `rejected`, `unknown`, `progressed`, `ended`,
    /// `delivered`.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// The plan's hash, once there is a plan.
    #[component(name = "plan-id")]
    pub plan_id: Option<String>,
    /// The device.
    #[component(name = "device-id")]
    pub device_id: Option<String>,
    /// The effect.
    pub effect: Option<Effect>,
    /// One sentence. Never a passcode.
    pub summary: String,
}

/// A passcode on its way to somebody.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delivery {
    /// The plan's hash.
    #[component(name = "plan-id")]
    pub plan_id: String,
    /// The device.
    pub device: Device,
    /// What was done.
    pub effect: Effect,
    /// On whose behalf and why.
    pub caller: Caller,
    /// The temporary passcode. It can be placed, whole, at a granted place of a request to a
    /// granted destination, once.
    pub passcode: Seal,
}
