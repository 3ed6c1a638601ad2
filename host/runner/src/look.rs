//! What stands about a plan or a device, and what may be shown of it.

use passcode_host::contract::types::ActionResult;
use passcode_host::ledger::Attempt;
use passcode_host::{Observed, PlanDocument};

use crate::ended::Ended;

/// What is known of a plan.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The plan.
    pub document: PlanDocument,
    /// Its newest attempt; absent if it was never tried.
    pub attempt: Option<Attempt>,
    /// The last look at it, if it may have been taken.
    pub observed: Option<Observed>,
    /// In one word.
    pub ended: Ended,
}

/// A passcode action that a device lists.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The result.
    pub result: ActionResult,
    /// Its passcode, if it has one that can still be read.
    pub passcode: Option<passcode_host::Passcode>,
    /// The attempt of ours that it is the result of; absent if it was made elsewhere, or if
    /// nobody can tell.
    pub ours: Option<Attempt>,
}
