//! What can be done with a row, and what comes next.

use std::time::Duration;

use passcode_host::ledger::{PlanId, Sending};
use passcode_ledger::run::{Row, Stage};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::Ended;

/// What a row needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wants {
    /// Find the device and make a plan.
    Plan,
    /// Carry out the plan.
    Send,
    /// Look at what became of it.
    Look,
    /// Nothing but a word for it: what the ledger knows of the attempt is the end.
    End(Ended),
    /// Nothing.
    Nothing,
}

/// What a row needs next. What was sent goes before the stage that was written: a process may have
/// died between the two.
#[must_use]
pub fn next(row: &Row) -> Wants {
    let attempt = row.attempt.as_ref();
    match (row.stage, attempt.map(|attempt| attempt.sending)) {
        (Stage::Ended, _) => Wants::Nothing,
        (_, Some(Sending::Intended | Sending::Unknown)) => Wants::Look,
        (_, Some(Sending::Accepted)) if attempt.is_none_or(|one| one.ending.is_none()) => {
            Wants::Look
        }
        (_, Some(Sending::Accepted | Sending::Rejected)) => {
            Wants::End(attempt.map_or(Ended::Fault, Ended::of_attempt))
        }
        (Stage::Listed, _) => Wants::Plan,
        (Stage::Planned | Stage::Sent, _) => Wants::Send,
    }
}

/// What a person knows a device by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// Its primary user.
    pub user: Option<String>,
    /// Its kind.
    pub kind: String,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// There is a plan.
    Planned {
        /// For this device.
        device: String,
        /// Known as this.
        label: Label,
        /// The plan.
        plan: PlanId,
    },
    /// The request may have been sent, and there is something to look at after this time.
    Sent {
        /// When to look.
        look_in: Duration,
    },
    /// Nothing was executed. The same step again, after this time.
    Later {
        /// When.
        after: Duration,
        /// Why, as a stable code.
        code: String,
        /// That in words.
        message: String,
    },
    /// The row has ended.
    Ended {
        /// How.
        ended: Ended,
        /// The device, if this step found it.
        device: Option<(String, Label)>,
        /// What was wrong, as a stable code and in words.
        why: Option<(String, String)>,
    },
    /// Nothing can be done with any row: the run stops, and the row stays as it was.
    Halt {
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

impl Did {
    /// A row that ended, and why.
    #[must_use]
    pub fn ended(ended: Ended, code: &str, message: impl Into<String>) -> Self {
        Self::Ended {
            ended,
            device: None,
            why: Some((code.to_owned(), message.into())),
        }
    }
}

/// Does things to devices. A future that is dropped is a crash: whatever matters was written down
/// before.
pub trait Hands: Send + Sync + 'static {
    /// Find the device and make a plan. Only reads.
    fn plan(&self, row: &Row) -> impl Future<Output = Did> + Send;

    /// Carry out the row's plan.
    fn send(&self, row: &Row) -> impl Future<Output = Did> + Send;

    /// Look at what became of the row's plan.
    fn look(&self, row: &Row) -> impl Future<Output = Did> + Send;

    /// Nothing is to be sent any more. What is on its way is not hindered; what is not ends as
    /// [`Did::Later`].
    fn send_no_more(&self) {}

    /// The time, as far as the service let us know.
    fn now(&self) -> OffsetDateTime;
}

#[cfg(test)]
mod tests {
    use passcode_host::ledger::Ending;
    use passcode_ledger::run::NewRow;

    use super::*;
    use crate::settle::tests::attempt;

    #[test]
    fn what_was_sent_goes_before_what_was_written() {
        use Sending::{Accepted, Intended, NotExecuted, Rejected, Unknown};
        let cases = [
            (Stage::Listed, None, None, Wants::Plan),
            (Stage::Planned, None, None, Wants::Send),
            // The process died between sending and writing that it had.
            (Stage::Planned, Some(Intended), None, Wants::Look),
            (Stage::Planned, Some(Unknown), None, Wants::Look),
            (Stage::Planned, Some(Accepted), None, Wants::Look),
            (
                Stage::Planned,
                Some(Rejected),
                None,
                Wants::End(Ended::Failed),
            ),
            (Stage::Planned, Some(NotExecuted), None, Wants::Send),
            (Stage::Sent, Some(Intended), None, Wants::Look),
            (Stage::Sent, Some(Accepted), None, Wants::Look),
            // Another process looked, and died before it wrote that.
            (
                Stage::Sent,
                Some(Accepted),
                Some(Ending::Done),
                Wants::End(Ended::Done),
            ),
            (
                Stage::Sent,
                Some(Accepted),
                Some(Ending::Failed),
                Wants::End(Ended::Failed),
            ),
            (
                Stage::Sent,
                Some(Accepted),
                Some(Ending::Ambiguous),
                Wants::End(Ended::Unknown),
            ),
            // It was on its way, and was refused before anything was carried out.
            (Stage::Sent, Some(NotExecuted), None, Wants::Send),
            (Stage::Ended, Some(Accepted), None, Wants::Nothing),
            (Stage::Ended, None, None, Wants::Nothing),
        ];
        for (stage, sending, ending, expected) in cases {
            let row = Row {
                new: NewRow {
                    number: 1,
                    source: String::new(),
                    selector: String::new(),
                },
                stage,
                epoch: 1,
                device: None,
                label: None,
                plan: None,
                planned: None,
                outcome: None,
                code: None,
                message: None,
                changed: OffsetDateTime::UNIX_EPOCH,
                attempt: sending.map(|sending| {
                    let mut attempt = attempt(sending, Vec::new());
                    attempt.ending = ending;
                    attempt
                }),
            };
            assert_eq!(next(&row), expected, "{stage} {sending:?} {ending:?}");
        }
    }
}
