//! The one state in which an attempt, or a device, is shown to a person.

use std::fmt;

use passcode_host::ledger::{Attempt, Ending, Sending};

/// What is known, in one word. Every attempt has exactly one, and so has every device that was
/// ever attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reported {
    /// Nobody knows whether the service took it. Also what a crash leaves behind.
    Unknown,
    /// Refused before anything was executed; the plan may be tried again.
    NotExecuted,
    /// Refused for good.
    Rejected,
    /// Accepted, and not ended as far as this ledger knows.
    Pending,
    /// Done.
    Done,
    /// Failed on the device.
    Failed,
    /// Withdrawn.
    Canceled,
    /// The device cannot.
    NotSupported,
    /// Accepted, but several new results appeared and none can be called ours.
    Ambiguous,
}

impl Reported {
    /// The state of one attempt.
    #[must_use]
    pub fn of(attempt: &Attempt) -> Self {
        match (attempt.sending, attempt.ending) {
            (Sending::Intended | Sending::Unknown, _) => Self::Unknown,
            (Sending::NotExecuted, _) => Self::NotExecuted,
            (Sending::Rejected, _) => Self::Rejected,
            (Sending::Accepted, None) => Self::Pending,
            (Sending::Accepted, Some(Ending::Done)) => Self::Done,
            (Sending::Accepted, Some(Ending::Failed)) => Self::Failed,
            (Sending::Accepted, Some(Ending::Canceled)) => Self::Canceled,
            (Sending::Accepted, Some(Ending::NotSupported)) => Self::NotSupported,
            (Sending::Accepted, Some(Ending::Ambiguous)) => Self::Ambiguous,
        }
    }

    /// The state of a device, from all its attempts, oldest first: unknown if any of them is,
    /// else pending if any of them is, else that of the newest that may have touched it, else
    /// that of the newest. `None` if there was no attempt.
    #[must_use]
    pub fn of_device(attempts: &[Attempt]) -> Option<Self> {
        let states = || attempts.iter().rev().map(Self::of);
        let any = |wanted: Self| states().find(|state| *state == wanted);
        any(Self::Unknown)
            .or_else(|| any(Self::Pending))
            .or_else(|| {
                attempts
                    .iter()
                    .rev()
                    .find(|attempt| attempt.sending.may_have_touched())
                    .map(Self::of)
            })
            .or_else(|| states().next())
    }

    /// The word for machines: `unknown`, `not-executed`, …
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotExecuted => "not-executed",
            Self::Rejected => "rejected",
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::NotSupported => "not-supported",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
