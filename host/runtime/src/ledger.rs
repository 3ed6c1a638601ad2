//! What the host must have written down before it may send, and what it writes down after.
//!
//! The host decides nothing from memory: whether a plan is known, whether it was used, whether
//! a device has an undecided sending, all come from here. An implementation that cannot write
//! must say so, and then nothing is sent.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::budget::Budget;
use crate::contract::types::{ActionResult, Operator};

/// A plan's name: SHA-256 over the canonical JSON (RFC 8785) of its document. Written as 64
/// lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlanId(pub [u8; 32]);

impl PlanId {
    /// The first eight digits: enough for a person to tell plans apart, not to name one.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(8).collect()
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written whole: a name is written several times for each device, and digit by digit that
        // takes longer than to look up what it names.
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

/// The hexadecimal digit of a number below 16.
const fn digit(number: u8) -> u8 {
    match number {
        0..=9 => b'0' + number,
        _ => b'a' + number - 10,
    }
}

impl fmt::Debug for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanId({self})")
    }
}

/// A string that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a plan id is 64 hexadecimal digits")]
pub struct NotAPlanId;

impl FromStr for PlanId {
    type Err = NotAPlanId;

    fn from_str(text: &str) -> Result<Self, NotAPlanId> {
        let bytes = text.as_bytes();
        let mut id = [0; 32];
        if bytes.len() != 64 || !bytes.iter().all(u8::is_ascii_hexdigit) {
            return Err(NotAPlanId);
        }
        let value = |digit: u8| (digit as char).to_digit(16).unwrap_or_default();
        for (place, pair) in id.iter_mut().zip(bytes.chunks_exact(2)) {
            let &[high, low] = pair else { continue };
            *place = u8::try_from(value(high) << 4 | value(low)).map_err(|_| NotAPlanId)?;
        }
        Ok(Self(id))
    }
}

impl Serialize for PlanId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PlanId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A plan as the ledger keeps it: the document's canonical bytes, and what it is looked up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPlan {
    /// The hash of `document`.
    pub id: PlanId,
    /// The tenant it is for.
    pub tenant: String,
    /// The device it is for.
    pub device: String,
    /// When it was made.
    pub created: OffsetDateTime,
    /// When it stops being valid.
    pub expires: OffsetDateTime,
    /// Canonical JSON.
    pub document: String,
}

/// One attempt to send a plan's request, written before the request leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The plan it carries out.
    pub plan: PlanId,
    /// The tenant.
    pub tenant: String,
    /// The device.
    pub device: String,
    /// The `client-request-id` it will be sent with. Unique to the attempt, and its name.
    pub client_request_id: String,
    /// Method and path, for a person who reads the ledger.
    pub request: String,
    /// When it was written, by the host's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The service's clock at the last answer before it.
    pub service_date: Option<String>,
    /// The passcode actions that the device listed just before.
    pub snapshot: Vec<ActionResult>,
    /// The plan with an unknown outcome that a person decided to follow up with this one.
    pub after_unknown: Option<PlanId>,
    /// Whether a person decided to go ahead beside another action (`--again`).
    pub again: bool,
}

/// What is known of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sending {
    /// Written down and perhaps sent. Found after a crash it means the same as `Unknown`.
    Intended,
    /// Refused before the service executed anything; the plan may be tried again.
    NotExecuted,
    /// The service refused it for good; the plan is used up.
    Rejected,
    /// The service took it.
    Accepted,
    /// Nobody knows whether the service took it.
    Unknown,
}

impl Sending {
    /// Whether the device can have been touched by it.
    #[must_use]
    pub fn may_have_touched(self) -> bool {
        matches!(self, Self::Intended | Self::Accepted | Self::Unknown)
    }

    /// Whether nobody knows what became of it.
    #[must_use]
    pub fn is_undecided(self) -> bool {
        matches!(self, Self::Intended | Self::Unknown)
    }
}

/// What [`Settlement::settled_by`] says if a new result on the device settled it: that shows
/// that there was an action, not whose.
pub const SETTLED_BY_NEW_RESULT: &str = "new-result";

/// What the `to` of a delivery begins with that a courier was only charged with: the passcode was
/// disclosed to it, and whether it arrived is not written down yet.
pub const BEGUN: &str = "begun: ";

/// What came back, or did not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// The service's `request-id`.
    pub request_id: Option<String>,
    /// The service's clock at the answer (its `Date` header).
    pub service_date: Option<String>,
    /// The code the service gave for an approval, if it demands one; empty if it gave none.
    pub approval_code: Option<String>,
    /// What settled an unknown sending later: `new-result` or `audit-entry ID`.
    pub settled_by: Option<String>,
}

/// How an accepted action ended on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// Withdrawn.
    Canceled,
    /// The device cannot.
    NotSupported,
    /// Several new results; none can be called ours.
    Ambiguous,
}

/// An attempt and all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What was written before.
    pub intent: Intent,
    /// What is known of the sending.
    pub sending: Sending,
    /// What came back.
    pub settlement: Settlement,
    /// How it ended on the device, once known.
    pub ending: Option<Ending>,
    /// When the passcode was last disclosed, and to what (`terminal`, `json`, a courier). Whether
    /// it was delivered, [`Attempt::delivery`] says.
    pub delivered: Option<(OffsetDateTime, String)>,
}

/// Why an attempt may not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntentRefused {
    /// The plan was used: this attempt of it was made, and was not refused before execution.
    #[error("the plan was already carried out or tried ({})", .0.sending_word())]
    PlanUsed(Box<Attempt>),
    /// The device has another attempt whose outcome nobody knows.
    #[error("the device has an earlier attempt whose outcome is unknown (plan {})", .0.intent.plan.short())]
    Undecided(Box<Attempt>),
    /// The device has another attempt that was accepted and has not ended.
    #[error("the device has an earlier attempt that has not ended (plan {})", .0.intent.plan.short())]
    Open(Box<Attempt>),
    /// The plan is not in this ledger.
    #[error("the plan is not in this ledger")]
    UnknownPlan,
    /// It could not be written down.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Attempt {
    /// Of all attempts of a plan, oldest first, the one that says how the plan stands: the newest
    /// that may have touched the device, else the newest that was refused for good, else the newest
    /// that waits for an approval (it goes on waiting if a later one was throttled), else the newest.
    #[must_use]
    pub fn that_counts(of_plan: &[Self]) -> Option<&Self> {
        let newest = |counts: fn(&Self) -> bool| of_plan.iter().rfind(|one| counts(one));
        newest(|one| one.sending.may_have_touched())
            .or_else(|| newest(|one| one.sending == Sending::Rejected))
            .or_else(|| newest(|one| one.settlement.approval_code.is_some()))
            .or_else(|| of_plan.last())
    }

    /// When its passcode was delivered, and to what. Not if a courier was charged with it and it
    /// is not known to have arrived.
    #[must_use]
    pub fn delivery(&self) -> Option<&(OffsetDateTime, String)> {
        self.delivered
            .as_ref()
            .filter(|(_, to)| !to.starts_with(BEGUN))
    }

    fn sending_word(&self) -> &'static str {
        match self.sending {
            Sending::Intended | Sending::Unknown => "outcome unknown",
            Sending::NotExecuted => "refused before execution",
            Sending::Rejected => "rejected",
            Sending::Accepted => "accepted",
        }
    }
}

/// What is wrong with a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LedgerFault {
    /// It is not what this software wrote, or is damaged.
    Corrupt,
    /// There is no room left.
    Full,
    /// It may not be written.
    ReadOnly,
    /// Another process holds it.
    Busy,
    /// A newer version of this software wrote it.
    Newer,
    /// It is a practice ledger for a real tenant, or the reverse.
    WrongKind,
    /// Anything else.
    Other,
}

/// A ledger that cannot be read or written. Nothing is sent then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LedgerError {
    /// What is wrong.
    pub fault: LedgerFault,
    /// What happened, to what.
    pub message: String,
    /// What to do now.
    pub remedy: String,
}

/// Where plans, intents and outcomes are kept. See the module's documentation.
///
/// Every method is atomic, and durable when it returns: a power failure afterwards loses
/// nothing of it.
#[async_trait]
pub trait SendLedger: Send + Sync + fmt::Debug {
    /// Whether this ledger is for a practice tenant. A host refuses one of the other kind.
    fn practice(&self) -> bool;

    /// From now on this is who acts through this handle: whatever is written down says so, until
    /// somebody else is named. A host tells it when it has signed in, and before it writes;
    /// whoever writes without a host tells it when the ledger is opened.
    fn acting(&self, operator: &Operator);

    /// Who counts the requests of all that use this ledger, if it can. Default: it cannot, and
    /// each host counts its own.
    fn budget(self: Arc<Self>) -> Option<Arc<dyn Budget>> {
        None
    }

    /// Keep a plan. Keeping the same plan twice is no error.
    async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), LedgerError>;

    /// The plan of that name: a document with this very hash, or an error. What is read here is
    /// carried out, and nobody looks at its hash again.
    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError>;

    /// Write down that a request is about to be sent, or say why it may not be. Refuses if
    ///
    /// - the plan is not kept here;
    /// - the plan has an attempt that is anything but `NotExecuted`;
    /// - another plan for the same tenant and device has an undecided attempt, unless
    ///   `after_unknown` names that plan, or a plan that itself followed it up. Following up an
    ///   attempt that is still `Intended` makes it `Unknown`: nobody will settle it any more;
    /// - another plan for the same tenant and device has an accepted attempt without an ending,
    ///   unless `again` is set.
    ///
    /// Check and write are one transaction, also against other processes.
    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused>;

    /// Record what became of an attempt, by its `client_request_id`. Knowledge only grows: what
    /// is unknown becomes accepted by evidence (`settled_by`), or refused by a late answer
    /// (`status`); better evidence replaces a new result; what evidence showed stays.
    async fn settle(
        &self,
        client_request_id: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError>;

    /// Record how an accepted attempt ended on the device. A later look may correct it.
    async fn end(&self, client_request_id: &str, ending: Ending) -> Result<(), LedgerError>;

    /// Record that the passcode of an attempt was delivered, before it is.
    async fn deliver(
        &self,
        client_request_id: &str,
        at: OffsetDateTime,
        to: &str,
    ) -> Result<(), LedgerError>;

    /// Every attempt of a plan, oldest first.
    async fn attempts(&self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError>;

    /// Every attempt on a device that is undecided, or accepted without an ending, oldest first.
    async fn open_attempts(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, LedgerError>;

    /// The newest attempts, newest first.
    async fn recent(&self, limit: u32) -> Result<Vec<Attempt>, LedgerError>;
}
