//! How far a run and its rows are.

use std::fmt;

use passcode_host::ledger::Attempt;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::Reported;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Its rows are being listed, and plans made. Nothing may be sent.
    Planning,
    /// Every row is planned or set aside, and the set has its hash. Nothing may be sent.
    Planned,
    /// It may be carried out, and is.
    Running,
    /// It was stopped, and can be resumed.
    Stopped,
    /// Every row has ended.
    Finished,
    /// Somebody denied it. Nothing will be sent.
    Denied,
}

/// How far a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Asked for. Neither found nor planned.
    Listed,
    /// There is a plan.
    Planned,
    /// Its request may have been sent; to be looked at until it ends.
    Sent,
    /// Nothing more will be done.
    Ended,
}

macro_rules! words {
    ($kind:ty { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $kind {
            /// All of them, in their order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word it is written as.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// What a word means.
            #[must_use]
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words!(RunState {
    Planning => "planning",
    Planned => "planned",
    Running => "running",
    Stopped => "stopped",
    Finished => "finished",
    Denied => "denied",
});

words!(Stage {
    Listed => "listed",
    Planned => "planned",
    Sent => "sent",
    Ended => "ended",
});

/// The one state in which a row is shown to a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowState {
    /// Asked for; nothing else is known yet.
    Listed,
    /// Nothing was sent and nothing will be: the row's outcome (`not-found`, `refused`, …).
    SetAside(String),
    /// There is a plan, and nothing was sent.
    Planned,
    /// What the plan's attempt says. An intent nobody settled is unknown.
    Attempted(Reported),
    /// It ended well, and the passcode was delivered.
    Delivered,
}

impl RowState {
    /// The state of a row. What was sent goes before what a worker wrote about it.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        let touched = |attempt: &&Attempt| {
            attempt.sending.may_have_touched() || Reported::of(attempt) == Reported::Rejected
        };
        match (row.attempt.as_ref().filter(touched), row.stage) {
            (Some(attempt), _) => match (Reported::of(attempt), attempt.delivery()) {
                (Reported::Done, Some(_)) => Self::Delivered,
                (reported, _) => Self::Attempted(reported),
            },
            (None, Stage::Ended) => {
                Self::SetAside(row.outcome.clone().unwrap_or_else(|| "ended".to_owned()))
            }
            (None, Stage::Listed) => Self::Listed,
            (None, Stage::Planned | Stage::Sent) => Self::Planned,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Listed => "listed",
            Self::SetAside(outcome) => outcome,
            Self::Planned => "planned",
            Self::Attempted(reported) => reported.as_str(),
            Self::Delivered => "delivered",
        }
    }
}

impl fmt::Display for RowState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
