//! In which way something ended: one word for everything that can become of a request.
//!
//! What the host recorded about the sending outranks everything a component says, and a
//! component's word outranks a guess from a status.

use passcode_host::contract::types::{Opinion, ProblemKind, ProgressState, Verdict};
use passcode_host::ledger::{Attempt, Ending, LedgerFault, Sending, Settlement};
use passcode_host::{Committed, HostError, PlanDocument, Refusal, Sent};

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// Done; or nothing stands in the way of a plan that was only to be looked at.
    Done,
    /// The service took it, and nobody waited for the device.
    Accepted,
    /// The service took it, and the device had not ended it when the waiting did.
    Pending,
    /// The service or the device reports failure.
    Failed,
    /// It may have been carried out. Also where several new results cannot be told apart.
    Unknown,
    /// Another person must approve first. Nothing was done.
    AwaitingApproval,
    /// Refused before anything was sent.
    Refused,
    /// No such device, or more than one.
    NotFound,
    /// The credential was accepted and does not allow it. Nothing was done.
    Forbidden,
    /// There is no credential, or it was not accepted. Nothing was done.
    NotSignedIn,
    /// Throttled, unreachable or out of order. Nothing was sent, or nothing was executed.
    Unavailable,
    /// What was asked makes no sense.
    Usage,
    /// A fault in this software. Nothing was sent.
    Fault,
    /// A person interrupted it.
    Interrupted,
    /// Of many, some failed or were refused.
    Partly,
}

impl Ended {
    /// Of a failure before anything was sent, or while only reading.
    #[must_use]
    pub fn of_error(error: &HostError) -> Self {
        match error {
            HostError::Problem(problem) => Self::of_problem(&problem.kind),
            HostError::Refused {
                refusal: Refusal::ApprovalDemanded,
                ..
            } => Self::AwaitingApproval,
            HostError::Refused { .. } => Self::Refused,
            HostError::Load { .. } | HostError::Setup { .. } => Self::Usage,
            HostError::NotSignedIn {
                transient: true, ..
            } => Self::Unavailable,
            HostError::NotSignedIn { .. } => Self::NotSignedIn,
            HostError::Throttled { .. } | HostError::Stopping => Self::Unavailable,
            HostError::Ledger(error) if error.fault == LedgerFault::Busy => Self::Unavailable,
            // Without a record nothing is sent: we refuse, the service does not.
            HostError::Ledger(_) => Self::Refused,
            _ => Self::Fault,
        }
    }

    fn of_problem(kind: &ProblemKind) -> Self {
        match kind {
            ProblemKind::Usage => Self::Usage,
            ProblemKind::NotSignedIn => Self::NotSignedIn,
            ProblemKind::Forbidden => Self::Forbidden,
            ProblemKind::NotFound => Self::NotFound,
            ProblemKind::Refused(_) | ProblemKind::Changed | ProblemKind::Busy => Self::Refused,
            ProblemKind::ApprovalRequired => Self::AwaitingApproval,
            // Of a read; of the one request the host's own record speaks. Nothing was sent.
            ProblemKind::Throttled
            | ProblemKind::Unavailable
            | ProblemKind::Malformed
            | ProblemKind::Rejected => Self::Unavailable,
            ProblemKind::OutcomeUnknown => Self::Unknown,
            ProblemKind::Internal | ProblemKind::Other(_) => Self::Fault,
        }
    }

    /// Of the one request, by what the host recorded of it. What the component says only
    /// tells refusals apart.
    #[must_use]
    pub fn of_sent(sent: &Sent, said: Option<&HostError>) -> Self {
        let kind = said.and_then(HostError::problem_kind);
        Self::of_sending(sent.sending, &sent.settlement, kind)
    }

    fn of_sending(sending: Sending, came_back: &Settlement, kind: Option<&ProblemKind>) -> Self {
        let approval =
            came_back.approval_code.is_some() || kind == Some(&ProblemKind::ApprovalRequired);
        match (sending, came_back.status) {
            (Sending::Accepted, _) => Self::Accepted,
            (Sending::Intended | Sending::Unknown, _) => Self::Unknown,
            (Sending::NotExecuted, _) if approval => Self::AwaitingApproval,
            (Sending::NotExecuted, Some(401)) => Self::NotSignedIn,
            (Sending::NotExecuted, _) => Self::Unavailable,
            // Intune's answer to a person without a role is a 401, too.
            (Sending::Rejected, Some(401)) if kind == Some(&ProblemKind::Forbidden) => {
                Self::Forbidden
            }
            (Sending::Rejected, Some(401)) => Self::NotSignedIn,
            // Refused with its approval: that is no missing right.
            (Sending::Rejected, Some(403)) if kind == Some(&ProblemKind::Rejected) => Self::Failed,
            (Sending::Rejected, Some(403)) => Self::Forbidden,
            (Sending::Rejected, Some(404 | 410)) => Self::NotFound,
            (Sending::Rejected, _) => Self::Failed,
        }
    }

    /// Of carrying out a plan, before anybody waits.
    #[must_use]
    pub fn of_committed(committed: &Committed) -> Self {
        let said = committed.progress.as_ref().err();
        match (&committed.sent, said) {
            // A further attempt was not allowed: another process may have gone on meanwhile.
            (Some(sent), Some(error @ HostError::Refused { .. }))
                if sent.sending == Sending::NotExecuted =>
            {
                Self::of_error(error)
            }
            (Some(sent), said) => Self::of_sent(sent, said),
            (None, Some(error)) => match Self::of_error(error) {
                // The host knows that nothing was sent, whatever a component fears.
                Self::Unknown => Self::Fault,
                ended => ended,
            },
            (None, None) => Self::Fault,
        }
    }

    /// Of an action that the service took, by its state; `Pending` while it goes on.
    #[must_use]
    pub fn of_state(state: &ProgressState) -> Self {
        match state {
            ProgressState::Done => Self::Done,
            ProgressState::Failed | ProgressState::Canceled | ProgressState::NotSupported => {
                Self::Failed
            }
            ProgressState::Ambiguous => Self::Unknown,
            ProgressState::Pending
            | ProgressState::Active
            | ProgressState::NotListed
            | ProgressState::Other(_) => Self::Pending,
        }
    }

    /// Of an attempt, as far as the ledger knows.
    #[must_use]
    pub fn of_attempt(attempt: &Attempt) -> Self {
        match (attempt.sending, attempt.ending) {
            (Sending::Accepted, None) => Self::Pending,
            (Sending::Accepted, Some(Ending::Done)) => Self::Done,
            (Sending::Accepted, Some(Ending::Ambiguous)) => Self::Unknown,
            (Sending::Accepted, Some(_)) => Self::Failed,
            (sending, _) => Self::of_sending(sending, &attempt.settlement, None),
        }
    }

    /// Of a plan that is only looked at: what would become of carrying it out right now, as
    /// far as can be told without doing it.
    #[must_use]
    pub fn of_plan(document: &PlanDocument) -> Self {
        let plan = &document.plan;
        let stopped = plan.proposal.checks.iter().any(|check| {
            check.verdict == Verdict::Block
                || (check.needs_acceptance && !plan.caller.accepted_checks.contains(&check.id))
        });
        let opinions = || plan.reviews.iter().map(|review| &review.opinion);
        if stopped || opinions().any(|opinion| matches!(opinion, Opinion::Deny(_))) {
            Self::Refused
        } else if opinions().any(|opinion| matches!(opinion, Opinion::RequireApproval(_))) {
            Self::AwaitingApproval
        } else {
            Self::Done
        }
    }

    /// The word for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Accepted => "accepted",
            Self::Fault => "fault",
            Self::Usage => "usage",
            Self::NotSignedIn => "not-signed-in",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::AwaitingApproval => "awaiting-approval",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
            Self::Interrupted => "interrupted",
            Self::Partly => "partly",
        }
    }

    /// Whether nothing went wrong.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Done | Self::Accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(sending: Sending, status: Option<u16>, approval: Option<&str>) -> Sent {
        Sent {
            client_request_id: "c".to_owned(),
            sending,
            settlement: Settlement {
                status,
                approval_code: approval.map(str::to_owned),
                ..Settlement::default()
            },
            approval: None,
        }
    }

    fn problem(kind: ProblemKind) -> HostError {
        HostError::Problem(Box::new(passcode_host::contract::types::Problem {
            touched: passcode_host::contract::types::Touched::No,
            kind,
            code: "code".to_owned(),
            message: "message".to_owned(),
            remedy: None,
            status: None,
            service_code: None,
            support_ids: Vec::new(),
            retry_after_seconds: None,
            checks: Vec::new(),
        }))
    }

    #[test]
    fn what_the_host_recorded_outranks_what_the_component_says() {
        use Sending::{Accepted, Intended, NotExecuted, Rejected, Unknown};
        let cases = [
            (
                Accepted,
                Some(204),
                None,
                Some(ProblemKind::Internal),
                Ended::Accepted,
            ),
            (Accepted, Some(204), None, None, Ended::Accepted),
            (
                Intended,
                None,
                None,
                Some(ProblemKind::Throttled),
                Ended::Unknown,
            ),
            (
                Unknown,
                Some(503),
                None,
                Some(ProblemKind::Unavailable),
                Ended::Unknown,
            ),
            (Unknown, None, None, None, Ended::Unknown),
            (NotExecuted, Some(429), None, None, Ended::Unavailable),
            (
                NotExecuted,
                None,
                None,
                Some(ProblemKind::OutcomeUnknown),
                Ended::Unavailable,
            ),
            (
                NotExecuted,
                Some(412),
                Some("MAA"),
                None,
                Ended::AwaitingApproval,
            ),
            (
                NotExecuted,
                Some(403),
                None,
                Some(ProblemKind::ApprovalRequired),
                Ended::AwaitingApproval,
            ),
            (
                NotExecuted,
                Some(401),
                None,
                Some(ProblemKind::NotSignedIn),
                Ended::NotSignedIn,
            ),
            (
                Rejected,
                Some(401),
                None,
                Some(ProblemKind::NotSignedIn),
                Ended::NotSignedIn,
            ),
            (
                Rejected,
                Some(401),
                None,
                Some(ProblemKind::Forbidden),
                Ended::Forbidden,
            ),
            (Rejected, Some(403), None, None, Ended::Forbidden),
            (Rejected, Some(404), None, None, Ended::NotFound),
            (
                Rejected,
                Some(400),
                None,
                Some(ProblemKind::Rejected),
                Ended::Failed,
            ),
            (
                Rejected,
                Some(409),
                None,
                Some(ProblemKind::OutcomeUnknown),
                Ended::Failed,
            ),
        ];
        for (sending, status, approval, kind, expected) in cases {
            let said = kind.map(problem);
            let ended = Ended::of_sent(&sent(sending, status, approval), said.as_ref());
            assert_eq!(ended, expected, "{sending:?} {status:?} {said:?}");
        }
    }

    #[test]
    fn a_component_that_fears_the_worst_is_overruled_where_nothing_was_sent() {
        let committed = Committed {
            sent: None,
            progress: Err(problem(ProblemKind::OutcomeUnknown)),
        };
        assert_eq!(Ended::of_committed(&committed), Ended::Fault);
        let committed = Committed {
            sent: None,
            progress: Err(problem(ProblemKind::Busy)),
        };
        assert_eq!(Ended::of_committed(&committed), Ended::Refused);
    }

    #[test]
    fn a_demanded_approval_is_waited_for_and_other_refusals_are_not() {
        for (refusal, expected) in [
            (Refusal::ApprovalDemanded, Ended::AwaitingApproval),
            (Refusal::Reviewed, Ended::Refused),
            (Refusal::NotReviewed(Vec::new()), Ended::Refused),
            (Refusal::Expired, Ended::Refused),
        ] {
            let error = HostError::Refused {
                refusal,
                message: String::new(),
                remedy: String::new(),
            };
            assert_eq!(Ended::of_error(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn each_state_ends_in_its_own_way() {
        let cases = [
            (ProgressState::Done, Ended::Done),
            (ProgressState::Failed, Ended::Failed),
            (ProgressState::Canceled, Ended::Failed),
            (ProgressState::NotSupported, Ended::Failed),
            (ProgressState::Ambiguous, Ended::Unknown),
            (ProgressState::Pending, Ended::Pending),
            (ProgressState::Active, Ended::Pending),
            (ProgressState::NotListed, Ended::Pending),
            (ProgressState::Other("x".to_owned()), Ended::Pending),
        ];
        for (state, expected) in cases {
            assert_eq!(Ended::of_state(&state), expected, "{state:?}");
        }
    }
}
