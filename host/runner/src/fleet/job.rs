//! What a worker is told, and what it tells.

use std::collections::BTreeMap;
use std::time::Duration;

use passcode_ledger::run::{Row, RunState, Tally};
use passcode_runfile::{StopWhen, Window};

use super::hands::Did;
use crate::Ended;

/// What a worker is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To make plans. Nothing is sent.
    Plan,
    /// To carry them out.
    Send,
}

/// What a worker is told.
#[derive(Clone, Debug)]
pub struct Job {
    /// The run.
    pub run: String,
    /// The worker's name. No other worker ever has it.
    pub owner: String,
    /// What it is there for.
    pub purpose: Purpose,
    /// How many rows at once.
    pub concurrency: u32,
    /// How long a row is held without a sign of life.
    pub lease: Duration,
    /// When so many fail that the run stops.
    pub stop_when: Option<StopWhen>,
    /// What ended before somebody decided to go on all the same, by outcome: it no longer counts.
    pub forgiven: BTreeMap<String, u64>,
    /// When it may send.
    pub window: Option<Window>,
}

/// Something that happened, for whoever watches.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// How many rows are where, from time to time.
    Tally(Tally),
    /// A row's step was written down.
    Row {
        /// The row, as it was taken.
        row: Box<Row>,
        /// What came of it.
        did: Did,
    },
    /// Another row has the same device.
    Duplicate {
        /// The row that was set aside.
        number: u64,
        /// The one that stays.
        of: u64,
    },
    /// Nothing can be sent for so long: the window is closed.
    Closed(Duration),
    /// No more is sent; what is in flight is waited for.
    Leaving {
        /// How many rows that are.
        in_flight: usize,
    },
}

/// Why a worker left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// There is nothing more to do.
    Finished,
    /// It was asked to.
    Interrupted,
    /// The run was stopped, finished or denied by somebody else.
    Moved(Option<RunState>),
    /// Too many failed.
    Failing {
        /// Of so many that ended.
        finished: u64,
        /// So many failed.
        failed: u64,
    },
    /// Nothing can go on.
    Halted {
        /// How.
        ended: Ended,
        /// What is wrong, as a stable code.
        code: String,
        /// That in words.
        message: String,
        /// What to do.
        remedy: Option<String>,
    },
}
