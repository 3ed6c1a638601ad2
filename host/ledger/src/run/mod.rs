//! Runs: many devices under one approval, one row for each.
//!
//! A row says how far a device has come and who works on it. Whether something was sent to it, and
//! what became of that, is never written here a second time: the row names its plan, and the plan's
//! attempts are the truth. So no mistake in scheduling, no lease that ran out too early and no
//! worker that was believed dead can send anything twice: [`SendLedger::intend`] refuses it.
//!
//! Leases keep workers out of each other's way. They are counted by the store's own clock, so that
//! machines whose clocks differ can share a run.
//!
//! [`SendLedger::intend`]: passcode_host::ledger::SendLedger::intend

mod state;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use passcode_host::ledger::{Attempt, LedgerError, PlanId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use state::{RowState, RunState, Stage};

/// A run as it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Its name: a UUID.
    pub id: String,
    /// What a job system calls it. One tenant has one run of a key.
    pub key: Option<String>,
    /// The tenant.
    pub tenant: String,
    /// What people call it.
    pub title: String,
    /// SHA-256 of what was asked for (run file and list of devices), in hexadecimal.
    pub digest: String,
    /// What was asked for, as JSON: everything but the devices.
    pub document: String,
    /// Who planned it, as JSON (`Operator` of the contract).
    pub planner: String,
    /// When.
    pub created: OffsetDateTime,
}

/// A run as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// As it began.
    pub new: NewRun,
    /// How far it is.
    pub state: RunState,
    /// Why it stopped, if it did not stop by itself: `failure-share`, `interrupted`, ….
    pub why: Option<String>,
    /// The hash of the set of plans, in hexadecimal, once all rows are planned.
    pub set: Option<String>,
    /// When its state last changed, by the store's clock.
    pub changed: OffsetDateTime,
    /// When it was first carried out, by the store's clock. A run that an earlier version carried
    /// out has none.
    pub started: Option<OffsetDateTime>,
}

/// What became of beginning a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is new.
    New(Run),
    /// A run of that key exists, and asks for the same: go on with it.
    Known(Run),
    /// A run of that key exists, and asks for something else.
    Other(Run),
}

/// A row as it begins. Rows have numbers, from 1, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// Its number.
    pub number: u64,
    /// Where it was asked for: `devices.csv:12`, `who.serial[3]`.
    pub source: String,
    /// How the device is named there, as JSON (a selector of the contract).
    pub selector: String,
}

/// A row as it stands, and what its plan's newest attempt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// As it began.
    pub new: NewRow,
    /// How far it is.
    pub stage: Stage,
    /// Counts the claims. What is written about a row names the claim it is written under.
    pub epoch: u64,
    /// The device's identifier, once found.
    pub device: Option<String>,
    /// What a person knows the device by, once found: name, serial number, user, as JSON.
    pub label: Option<String>,
    /// Its plan, once made and kept.
    pub plan: Option<PlanId>,
    /// When that plan was made, as the plan says.
    pub planned: Option<OffsetDateTime>,
    /// How it ended, as the word of an exit code (`done`, `refused`, `not-found`, …).
    pub outcome: Option<String>,
    /// The stable code of what was wrong.
    pub code: Option<String>,
    /// That in words.
    pub message: Option<String>,
    /// When its stage last changed, by the store's clock.
    pub changed: OffsetDateTime,
    /// The plan's attempt that counts: the newest that may have touched the device, else the newest.
    pub attempt: Option<Attempt>,
}

/// Which rows a worker wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The run.
    pub run: String,
    /// The worker: a name that no other process ever has.
    pub owner: String,
    /// Rows of this stage whose time has come and which nobody has: those that nothing told to
    /// wait first, by number, and then the others as their time came. So an index answers it,
    /// and not a look at all rows that are not due yet.
    pub stage: Stage,
    /// At most so many.
    pub limit: u32,
    /// For so long, unless renewed.
    pub lease: Duration,
}

/// What a worker writes about a row that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The row.
    pub number: u64,
    /// The claim under which it was done. A claim that was lost writes nothing.
    pub epoch: u64,
    /// Where the row is now.
    pub to: Stage,
    /// Not before so much time has passed; zero: it need not wait. The lease ends with the step.
    pub after: Duration,
    /// The device, if it was found in this step; else it stays as it was. So do the others.
    pub device: Option<String>,
    /// See [`Row::label`].
    pub label: Option<String>,
    /// See [`Row::plan`]. It must be kept already. A plan that a row has never changes to another:
    /// that is an error, and nothing of the call is written.
    pub plan: Option<PlanId>,
    /// See [`Row::outcome`].
    pub outcome: Option<String>,
    /// See [`Row::code`].
    pub code: Option<String>,
    /// See [`Row::message`].
    pub message: Option<String>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// Written.
    Written,
    /// The claim was lost: another worker has the row, or had it since.
    Lost,
    /// Another row of the run has this device already (case is ignored); its number. The row was
    /// set aside: stage [`Stage::Ended`], outcome and code `duplicate`, [`duplicate_of`] as its
    /// message, the label of the step, and neither device nor plan.
    Duplicate(u64),
}

/// What is said of a row that was set aside because another has its device.
#[must_use]
pub fn duplicate_of(number: u64) -> String {
    format!("row {number} has the same device")
}

/// How many rows are where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// All of them.
    pub rows: u64,
    /// Neither planned nor set aside.
    pub listed: u64,
    /// Planned, nothing sent that is known of.
    pub planned: u64,
    /// Sent, and to be looked at.
    pub sent: u64,
    /// Ended, by outcome; `ended` if none was written.
    pub ended: std::collections::BTreeMap<String, u64>,
    /// Rows with a plan, whatever became of it.
    pub plans: u64,
    /// Rows that somebody has at this moment.
    pub claimed: u64,
    /// When the next row is due that nobody has and that has not ended: in so many milliseconds.
    pub due_in: Option<u64>,
}

/// An approval or a denial, as it was handed in. Whoever reads it judges it anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptApproval {
    /// What it is about: a plan's id or the hash of a set, in hexadecimal.
    pub subject: String,
    /// The statement and its signature, as they were handed in.
    pub document: String,
    /// When.
    pub at: OffsetDateTime,
}

/// Where runs are kept. Every method is atomic, and durable when it returns.
#[async_trait]
pub trait RunLedger: Send + Sync + fmt::Debug {
    /// Begin a run, or find the one that its key names (or, by another key or none, its id).
    /// Whether it asks for the same is told by tenant and digest. Check and write are one
    /// transaction.
    async fn begin_run(&self, run: &NewRun) -> Result<Begun, LedgerError>;

    /// The run of that name; a beginning of at least eight digits will do if it is the only one.
    async fn run(&self, id: &str) -> Result<Option<Run>, LedgerError>;

    /// The run that a key names in a tenant, if it has begun.
    async fn run_of_key(&self, tenant: &str, key: &str) -> Result<Option<Run>, LedgerError>;

    /// The newest runs, newest first.
    async fn runs(&self, limit: u32) -> Result<Vec<Run>, LedgerError>;

    /// Bring a run from one of some states to another, and say why, or that there is no reason.
    /// False if it is in none of them, or not there. `set` is written if there is one; a set that
    /// was written never changes to another: that is an error.
    async fn move_run(
        &self,
        id: &str,
        from: &[RunState],
        to: RunState,
        why: Option<&str>,
        set: Option<&str>,
    ) -> Result<bool, LedgerError>;

    /// Add rows to a run that is there. A row whose number is there already is left as it is.
    async fn add_rows(&self, run: &str, rows: &[NewRow]) -> Result<(), LedgerError>;

    /// Take rows. Two claims never hold the same row at the same time.
    async fn claim(&self, claim: &Claim) -> Result<Vec<Row>, LedgerError>;

    /// Go on holding what `owner` holds of a run, for so long from now. How many rows that are.
    /// What nobody else took since is still held, even if its lease ran out.
    async fn renew(&self, run: &str, owner: &str, lease: Duration) -> Result<u64, LedgerError>;

    /// Give back what `owner` holds of a run.
    async fn release(&self, run: &str, owner: &str) -> Result<(), LedgerError>;

    /// Take up rows again that ended with one of these outcomes and have a plan: they are planned
    /// again, and what their attempts say is what comes next. How many rows that are.
    async fn reopen(&self, run: &str, outcomes: &[&str]) -> Result<u64, LedgerError>;

    /// Write what was done with rows that `owner` holds, in this order, all in one transaction.
    /// One that is lost or a duplicate does not keep the others from being written.
    async fn step(
        &self,
        run: &str,
        owner: &str,
        steps: &[Step],
    ) -> Result<Vec<Stepped>, LedgerError>;

    /// The rows after a number, in order.
    async fn rows(&self, run: &str, after: u64, limit: u32) -> Result<Vec<Row>, LedgerError>;

    /// The plans of the rows after a number, each with its row's number, in order. Rows that have
    /// none are left out. Much less to read than the rows.
    async fn plans_of(
        &self,
        run: &str,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, PlanId)>, LedgerError>;

    /// How many rows are where. Looks at every row of the run: about 0.2 s for 100,000.
    async fn tally(&self, run: &str) -> Result<Tally, LedgerError>;

    /// When a device was last sent to, by any plan: the newest attempt that may have touched it.
    async fn last_sent(
        &self,
        tenant: &str,
        device: &str,
    ) -> Result<Option<OffsetDateTime>, LedgerError>;

    /// Keep an approval or a denial. Keeping the same one twice is no error.
    async fn keep_approval(&self, approval: &KeptApproval) -> Result<(), LedgerError>;

    /// Everything that was handed in about a plan or a set, oldest first.
    async fn approvals(&self, subject: &str) -> Result<Vec<KeptApproval>, LedgerError>;

    /// The newest plans, newest first, with the attempt that counts.
    async fn plans(
        &self,
        limit: u32,
    ) -> Result<Vec<(passcode_host::ledger::StoredPlan, Option<Attempt>)>, LedgerError>;
}
