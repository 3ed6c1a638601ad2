//! What a look at the device proves about the sending. Evidence settles; absence never does.

use passcode_host::contract::types::{ActionResult, Evidence, Progress, ProgressState};
use passcode_host::ledger::{Attempt, Ending, Settlement};

/// What is to be written down after a look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// The sending was unknown, and this shows that the service took it.
    pub accepted: Option<Settlement>,
    /// How it ended on the device.
    pub ending: Option<Ending>,
}

/// What follows from a look. Pure.
#[must_use]
pub fn consequences(attempt: &Attempt, progress: &Progress) -> Consequences {
    let evidence = progress
        .settled_by
        .as_ref()
        .filter(|_| attempt.sending.is_undecided())
        .and_then(|evidence| word(evidence, attempt, progress));
    let accepted = evidence.map(|settled_by| Settlement {
        settled_by: Some(settled_by),
        ..attempt.settlement.clone()
    });
    // Whether something ended that perhaps never began cannot be said.
    let taken = accepted.is_some() || !attempt.sending.is_undecided();
    let ending = ending(&progress.state).filter(|_| taken && attempt.ending.is_none());
    Consequences { accepted, ending }
}

fn word(evidence: &Evidence, attempt: &Attempt, progress: &Progress) -> Option<String> {
    match evidence {
        Evidence::AuditEntry(id) => Some(format!("audit-entry {id}")),
        // What the device listed before the request cannot be its result.
        Evidence::NewResult => progress
            .action_result
            .as_ref()
            .filter(|result| !listed_before(attempt, result))
            .map(|_| "new-result".to_owned()),
    }
}

fn listed_before(attempt: &Attempt, result: &ActionResult) -> bool {
    attempt.intent.snapshot.iter().any(|known| {
        known.name == result.name
            && known.type_name == result.type_name
            && known.started == result.started
    })
}

fn ending(state: &ProgressState) -> Option<Ending> {
    match state {
        ProgressState::Done => Some(Ending::Done),
        ProgressState::Failed => Some(Ending::Failed),
        ProgressState::Canceled => Some(Ending::Canceled),
        ProgressState::NotSupported => Some(Ending::NotSupported),
        ProgressState::Ambiguous => Some(Ending::Ambiguous),
        ProgressState::Pending
        | ProgressState::Active
        | ProgressState::NotListed
        | ProgressState::Other(_) => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use passcode_host::ledger::{Intent, PlanId, Sending};
    use time::OffsetDateTime;

    pub(crate) fn attempt(sending: Sending, snapshot: Vec<ActionResult>) -> Attempt {
        Attempt {
            intent: Intent {
                plan: PlanId([7; 32]),
                tenant: "t".to_owned(),
                device: "d".to_owned(),
                client_request_id: "c".to_owned(),
                request: "POST /x".to_owned(),
                at: OffsetDateTime::UNIX_EPOCH,
                service_date: None,
                snapshot,
                after_unknown: None,
                again: false,
            },
            sending,
            settlement: Settlement::default(),
            ending: None,
            delivered: None,
        }
    }

    pub(crate) fn progress(
        state: ProgressState,
        settled_by: Option<Evidence>,
        result: Option<ActionResult>,
    ) -> Progress {
        Progress {
            state,
            summary: String::new(),
            action_result: result,
            others: Vec::new(),
            settled_by,
            outcome: None,
            look_again_seconds: None,
        }
    }

    fn result(started: &str) -> ActionResult {
        ActionResult {
            name: "resetPasscode".to_owned(),
            type_name: "microsoft.graph.resetPasscodeActionResult".to_owned(),
            state: "done".to_owned(),
            started: Some(started.to_owned()),
            updated: None,
            error_code: None,
            passcode: None,
        }
    }

    #[test]
    fn evidence_settles_and_absence_never_does() {
        let new = || Some(result("2026-01-02T00:00:00Z"));
        let old = result("2026-01-01T00:00:00Z");
        let audit = || Some(Evidence::AuditEntry("e1".to_owned()));
        let by_result = || Some(Evidence::NewResult);
        let cases = [
            (
                Sending::Unknown,
                ProgressState::NotListed,
                None,
                None,
                None,
                None,
            ),
            (
                Sending::Unknown,
                ProgressState::Done,
                None,
                new(),
                None,
                None,
            ),
            (
                Sending::Unknown,
                ProgressState::Done,
                by_result(),
                new(),
                Some("new-result"),
                Some(Ending::Done),
            ),
            (
                Sending::Intended,
                ProgressState::Active,
                by_result(),
                new(),
                Some("new-result"),
                None,
            ),
            (
                Sending::Unknown,
                ProgressState::Done,
                by_result(),
                Some(old.clone()),
                None,
                None,
            ),
            (
                Sending::Unknown,
                ProgressState::Done,
                by_result(),
                None,
                None,
                None,
            ),
            (
                Sending::Unknown,
                ProgressState::NotListed,
                audit(),
                None,
                Some("audit-entry e1"),
                None,
            ),
            (
                Sending::Unknown,
                ProgressState::Ambiguous,
                None,
                None,
                None,
                None,
            ),
            (
                Sending::Accepted,
                ProgressState::Ambiguous,
                None,
                None,
                None,
                Some(Ending::Ambiguous),
            ),
            (
                Sending::Accepted,
                ProgressState::Failed,
                None,
                new(),
                None,
                Some(Ending::Failed),
            ),
            (
                Sending::Accepted,
                ProgressState::Pending,
                by_result(),
                new(),
                None,
                None,
            ),
        ];
        for (sending, state, evidence, result, accepted, ending) in cases {
            let attempt = attempt(sending, vec![old.clone()]);
            let progress = progress(state, evidence, result);
            let found = consequences(&attempt, &progress);
            let by = found
                .accepted
                .as_ref()
                .and_then(|s| s.settled_by.as_deref());
            assert_eq!(
                (by, found.ending),
                (accepted, ending),
                "{sending:?} {progress:?}"
            );
        }
    }
}
