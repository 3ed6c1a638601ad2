//! What the steps bring back.

use crate::contract::types::{
    ActionResult, Disposition, Problem, ProblemKind, Progress, Receipt, Touched,
};
use crate::door::{AGAIN, ApprovalSent, Door, Sent, Stopped, unread};
use crate::error::HostError;
use crate::ledger::{Attempt, PlanId, SETTLED_BY_NEW_RESULT, Sending};
use crate::secret::Passcode;

/// What carrying out a plan brought. What was sent is the host's own word, whatever the
/// component answered.
#[derive(Clone, Debug)]
pub struct Committed {
    /// What became of the plan's request; absent if none was sent.
    pub sent: Option<Sent>,
    /// What the component says, or why it says nothing.
    pub progress: Result<Progress, HostError>,
}

/// A look at an action that was sent.
#[derive(Clone, Debug)]
pub struct Observed {
    /// What the component says.
    pub progress: Progress,
    /// The passcode, if there is one and it is this action's.
    pub passcode: Option<Passcode>,
    /// The attempt it belongs to.
    pub attempt: Attempt,
}

/// An action result that a device lists, with its passcode if it has one.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The result.
    pub result: ActionResult,
    /// Its passcode. Not necessarily ours.
    pub passcode: Option<Passcode>,
}

/// What a component is told of the one request when it looks how it is getting on.
pub(crate) fn receipt(attempt: &Attempt) -> Receipt {
    let settled_by = attempt.settlement.settled_by.as_deref();
    let disposition = match attempt.sending {
        // A new result proved that there was an action, not that it was ours.
        Sending::Accepted if settled_by != Some(SETTLED_BY_NEW_RESULT) => Disposition::Accepted,
        _ => Disposition::Unknown,
    };
    Receipt {
        client_request_id: attempt.intent.client_request_id.clone(),
        request_id: attempt.settlement.request_id.clone(),
        disposition,
        service_date: attempt
            .settlement
            .service_date
            .clone()
            .or_else(|| attempt.intent.service_date.clone()),
        snapshot: attempt.intent.snapshot.clone(),
    }
}

/// The component sees neither the approval's header nor what was sent for it, and judges by the
/// status, about which documents disagree. The host saw both.
pub(crate) fn approval_decides(sent: Option<&Sent>, plan: &PlanId, error: HostError) -> HostError {
    let (Some(sent), HostError::Problem(mut problem)) = (sent, error.clone()) else {
        return error;
    };
    let (kind, code, message, remedy) = match (sent.sending, &sent.settlement.approval_code) {
        (Sending::NotExecuted, Some(code)) => (
            ProblemKind::ApprovalRequired,
            "approval-required",
            match code.as_str() {
                "" => "another administrator must approve this in Intune first; nothing was done"
                    .to_owned(),
                code => format!(
                    "another administrator must approve this in Intune first (request {code}); nothing was done"
                ),
            },
            format!(
                "have it approved in Intune (Tenant administration > Multi Admin Approval), then go on with `passcode execute {plan}`"
            ),
        ),
        (Sending::Rejected, _)
            if sent.approval.is_some()
                && matches!(sent.settlement.status, Some(400 | 403 | 409 | 412)) =>
        {
            (
                ProblemKind::Rejected,
                "approval-refused",
                format!(
                    "Intune did not take the request with its {}, and nothing was done: {}",
                    match sent.approval {
                        Some(ApprovalSent::Code) => "approval",
                        _ => "justification",
                    },
                    problem.message
                ),
                "see under Tenant administration > Multi Admin Approval > My requests whether it was rejected, expired or cancelled; then make a new plan, which asks anew".to_owned(),
            )
        }
        _ => return error,
    };
    problem.kind = kind;
    code.clone_into(&mut problem.code);
    problem.message = message;
    problem.remedy = Some(remedy);
    problem.touched = Touched::No;
    problem.retry_after_seconds = None;
    HostError::Problem(problem)
}

/// The device could not be read just before acting. Nothing was sent; why, decides what to do.
pub(crate) fn not_seen_again(why: &Stopped) -> HostError {
    let problem = match why {
        Stopped::NoCredential(error) => return HostError::not_signed_in(error),
        Stopped::Refused(broken) => {
            return HostError::Component(format!("the device cannot be looked at again: {broken}"));
        }
        Stopped::Answered(refused) => refused.problem(),
        _ => unread(ProblemKind::Unavailable, "device-unreadable", AGAIN),
    };
    HostError::Problem(Box::new(problem))
}

/// A component's problem, with what the host alone knows: why there was no token, that more was
/// demanded of the sign-in, and when it was by the service's clock, which support asks for.
pub(crate) fn host_knows(door: &Door, mut problem: Problem) -> HostError {
    if problem.kind == ProblemKind::NotSignedIn {
        if let Some(error) = door.take_no_credential() {
            return HostError::not_signed_in(&error);
        }
        if door.is_challenged() {
            "conditional-access".clone_into(&mut problem.code);
            problem.message = format!(
                "Microsoft Graph demands more of the sign-in than it brought, by Conditional Access or because something about it changed: {}",
                problem.message
            );
            problem.remedy = Some(
                "sign in again and answer the additional request, or use an account that meets the policy".to_owned(),
            );
        }
    }
    let at = door.service_date().filter(|_| problem.status.is_some());
    let at = at.map(|at| ("date".to_owned(), at));
    problem.support_ids.extend(at);
    HostError::Problem(Box::new(problem))
}
