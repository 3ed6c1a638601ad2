//! The rules of the ledger, apart from where it is kept. Every implementation asks these
//! functions, inside its own transaction.

use std::collections::HashSet;

use passcode_host::ledger::{
    Attempt, Intent, IntentRefused, PlanId, SETTLED_BY_NEW_RESULT, Sending, Settlement,
};

/// Whether an attempt may be made.
///
/// `of_plan` is every attempt of the intent's plan; `open` every attempt on its device that is
/// undecided, or accepted without an ending (those of the same plan are ignored there).
///
/// An undecided attempt that a person followed up with another (`after_unknown`) is covered by
/// naming that other one, as long as it is undecided itself: otherwise two unknown outcomes in a
/// row could never be followed by a third plan, which can name only one.
///
/// # Errors
///
/// The reason for the refusal, with the attempt that stands in the way.
pub fn may_intend(
    intent: &Intent,
    of_plan: &[Attempt],
    open: &[Attempt],
) -> Result<(), IntentRefused> {
    if let Some(used) = of_plan
        .iter()
        .find(|attempt| attempt.sending != Sending::NotExecuted)
    {
        return Err(IntentRefused::PlanUsed(Box::new(used.clone())));
    }
    let others = || open.iter().filter(|other| other.intent.plan != intent.plan);
    let covered = followed_up(intent.after_unknown, open);
    if let Some(undecided) =
        others().find(|other| other.sending.is_undecided() && !covered.contains(&other.intent.plan))
    {
        return Err(IntentRefused::Undecided(Box::new(undecided.clone())));
    }
    if let Some(running) = others().find(|other| other.sending == Sending::Accepted)
        && !intent.again
    {
        return Err(IntentRefused::Open(Box::new(running.clone())));
    }
    Ok(())
}

/// The plan that is followed up, and those that its own undecided attempts followed up.
fn followed_up(first: Option<PlanId>, open: &[Attempt]) -> HashSet<PlanId> {
    let mut covered: HashSet<PlanId> = HashSet::new();
    let mut next: Vec<PlanId> = first.into_iter().collect();
    while let Some(plan) = next.pop() {
        if covered.insert(plan) {
            next.extend(
                open.iter()
                    .filter(|attempt| attempt.intent.plan == plan && attempt.sending.is_undecided())
                    .filter_map(|attempt| attempt.intent.after_unknown),
            );
        }
    }
    covered
}

/// What is to be recorded of an attempt that stands at `now`, of which `known` was recorded
/// before, when `next` and `new` are reported; `None` if that is refused.
///
/// - `Intended` may become anything else.
/// - `Unknown` may become `Accepted` if something settled it (`settled_by`), and `Rejected` or
///   `NotExecuted` only by an answer (`status`) that comes late, where none was recorded yet:
///   the absence of a result settles nothing.
/// - What evidence settled as `Accepted` stays so if whoever sent it then reports that nothing
///   is known: two processes can look at one attempt.
/// - Any state may be recorded again, to add what was not known.
/// - Everything else is refused.
#[must_use]
pub fn settled(
    now: Sending,
    known: &Settlement,
    next: Sending,
    new: &Settlement,
) -> Option<(Sending, Settlement)> {
    let state = match (now, next) {
        (_, Sending::Intended) => None,
        (Sending::Intended, next) => Some(next),
        (Sending::Unknown, Sending::Accepted) => new.settled_by.is_some().then_some(next),
        (Sending::Unknown, Sending::Rejected | Sending::NotExecuted) => {
            (new.status.is_some() && known.status.is_none()).then_some(next)
        }
        (Sending::Accepted, Sending::Unknown) => known.settled_by.is_some().then_some(now),
        (now, next) => (now == next).then_some(now),
    };
    state.map(|state| (state, add(known, new)))
}

/// The first word on each point stands; but a new result shows only that there was an action,
/// so better evidence replaces it.
fn add(known: &Settlement, new: &Settlement) -> Settlement {
    fn first<T: Clone>(known: &Option<T>, new: &Option<T>) -> Option<T> {
        known.as_ref().or(new.as_ref()).cloned()
    }
    let is_weak = known.settled_by.as_deref() == Some(SETTLED_BY_NEW_RESULT);
    Settlement {
        status: first(&known.status, &new.status),
        request_id: first(&known.request_id, &new.request_id),
        service_date: first(&known.service_date, &new.service_date),
        approval_code: first(&known.approval_code, &new.approval_code),
        settled_by: if is_weak {
            first(&new.settled_by, &known.settled_by)
        } else {
            first(&known.settled_by, &new.settled_by)
        },
    }
}
