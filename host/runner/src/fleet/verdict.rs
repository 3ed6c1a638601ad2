//! What an answer means for a row. Pure.

use std::time::Duration;

use passcode_host::contract::types::{Check, Opinion, ProgressState, Verdict};
use passcode_host::{HostError, Observed, PlanDocument, Refusal};

use super::hands::{Did, Label};
use crate::schedule::{FIRST, LONGEST};
use crate::{Carried, Ended};

/// How long a row waits where the service does not say.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether an outcome counts as a failure, for the share at which a run stops. What a person or a
/// rule set aside on purpose is none.
#[must_use]
pub fn is_failure(outcome: &str) -> bool {
    let fine = [
        Ended::Done,
        Ended::Accepted,
        Ended::Pending,
        Ended::AwaitingApproval,
    ];
    outcome != "duplicate" && fine.iter().all(|ended| ended.word() != outcome)
}

/// Whether an outcome counts at all for the share at which a run stops. A row that named no device,
/// or that a rule refused, says nothing about how the sending goes.
#[must_use]
pub(super) fn is_tried(outcome: &str) -> bool {
    let untried = [Ended::NotFound, Ended::Refused];
    outcome != "duplicate" && untried.iter().all(|ended| ended.word() != outcome)
}

/// What a plan that was made, or not, means.
#[must_use]
pub fn after_plan(made: Result<&PlanDocument, HostError>) -> Did {
    let document = match made {
        Ok(document) => document,
        Err(error) => return nothing_sent(error),
    };
    let device = &document.plan.proposal.device;
    let label = Label {
        name: device.name.clone(),
        serial_number: device.serial_number.clone(),
        user: device.user_principal_name.clone(),
        kind: device.kind.clone(),
    };
    let ended = Ended::of_plan(document);
    // A reviewer that demands another person's approval gets it for the whole set, before
    // anything is sent.
    if matches!(ended, Ended::Done | Ended::AwaitingApproval) {
        return Did::Planned {
            device: device.id.clone(),
            label,
            plan: document.id,
        };
    }
    let (code, message) = stopped_by(document);
    Did::Ended {
        ended,
        device: Some((device.id.clone(), label)),
        why: Some((code.to_owned(), message)),
    }
}

/// Why a plan would not be carried out, in the order in which the host would say it.
fn stopped_by(document: &PlanDocument) -> (&'static str, String) {
    let plan = &document.plan;
    let ids = |stops: &dyn Fn(&Check) -> bool| {
        let checks = plan.proposal.checks.iter().filter(|check| stops(check));
        let ids: Vec<&str> = checks.map(|check| check.id.as_str()).collect();
        ids.join(", ")
    };
    let accepted = &plan.caller.accepted_checks;
    let blocked = ids(&|check| check.verdict == Verdict::Block);
    let open = ids(&|check| check.needs_acceptance && !accepted.contains(&check.id));
    let denial = plan
        .reviews
        .iter()
        .find_map(|review| match &review.opinion {
            Opinion::Deny(why) => Some(format!("reviewer `{}` denies it: {why}", review.reviewer)),
            Opinion::RequireApproval(_) | Opinion::Abstain => None,
        });
    match denial {
        _ if !blocked.is_empty() => ("check-blocks", format!("blocked by {blocked}")),
        _ if !open.is_empty() => ("check-not-accepted", format!("not accepted: {open}")),
        Some(why) => ("reviewer-denied", why),
        None => ("refused", String::new()),
    }
}

/// What carrying out a plan brought.
#[must_use]
pub fn after_send(carried: Result<Carried, HostError>) -> Did {
    let carried = match carried {
        Ok(carried) => carried,
        Err(error) => return nothing_sent(error),
    };
    if carried.may_have_touched() {
        // A ledger that could not settle it will not take the next one either.
        if let Some(HostError::Ledger(error)) = carried.error {
            return halt(HostError::Ledger(error), Ended::Unknown);
        }
        let hint = carried
            .progress
            .and_then(|progress| progress.look_again_seconds);
        return Did::Sent {
            look_in: look_in(hint, Duration::ZERO),
        };
    }
    let Some(error) = carried.error else {
        return Did::ended(
            Ended::Fault,
            "fault",
            "nothing was sent, and the component does not say why",
        );
    };
    match carried.ended {
        Ended::Unavailable => later(&error),
        Ended::NotSignedIn => halt(error, Ended::NotSignedIn),
        ended => ended_by(&error, ended),
    }
}

/// What a look brought, `waited` after the sending; `wait` is how long anybody waits for a device.
#[must_use]
pub fn after_look(
    looked: Result<&Observed, HostError>,
    waited: Duration,
    wait: Duration,
    sent_for_sure: bool,
) -> Did {
    let unseen = |undecided| {
        if undecided {
            Ended::Unknown
        } else {
            Ended::Pending
        }
    };
    let over = waited >= wait;
    match looked {
        Ok(seen) => {
            let undecided = seen.attempt.sending.is_undecided();
            let state = &seen.progress.state;
            let ended = match Ended::of_state(state) {
                // As long as nothing shows that the service took it, it stays unknown.
                Ended::Pending if over => unseen(undecided),
                Ended::Pending => {
                    return Did::Sent {
                        look_in: look_in(seen.progress.look_again_seconds, waited),
                    };
                }
                ended => ended,
            };
            Did::Ended {
                ended,
                device: None,
                why: (!ended.is_success()).then(|| {
                    let code = match ended {
                        Ended::Unknown if *state == ProgressState::Ambiguous => "ambiguous",
                        Ended::Unknown => "outcome-unknown",
                        Ended::Pending => "still-pending",
                        _ => "device-reported",
                    };
                    (code.to_owned(), seen.progress.summary.clone())
                }),
            }
        }
        Err(error) => match Ended::of_error(&error) {
            Ended::NotSignedIn => halt(error, Ended::NotSignedIn),
            Ended::Refused if matches!(error, HostError::Ledger(_)) => halt(error, Ended::Refused),
            // Our own record was not to be had: that says nothing about the device.
            Ended::Unavailable if !over || matches!(error, HostError::Ledger(_)) => Did::Sent {
                look_in: told_to_wait(&error).unwrap_or_else(|| look_in(None, waited)),
            },
            _ => ended_by(&error, unseen(!sent_for_sure)),
        },
    }
}

/// Twice as late each time, as one that is watched alone.
fn look_in(hint: Option<u32>, waited: Duration) -> Duration {
    let hint = Duration::from_secs(hint.unwrap_or_default().into());
    waited.max(FIRST).max(hint).min(LONGEST)
}

fn nothing_sent(error: HostError) -> Did {
    match Ended::of_error(&error) {
        Ended::Unavailable => later(&error),
        ended @ (Ended::NotSignedIn | Ended::Usage) if whole_run(&error) => halt(error, ended),
        ended @ Ended::Refused if matches!(error, HostError::Ledger(_)) => halt(error, ended),
        // Somebody else was faster, or we were and died: what became of it can be seen.
        Ended::Refused
            if matches!(
                error,
                HostError::Refused {
                    refusal: Refusal::Used,
                    ..
                }
            ) =>
        {
            Did::Sent {
                look_in: Duration::ZERO,
            }
        }
        ended => ended_by(&error, ended),
    }
}

/// Whether an error is about us and not about the row.
fn whole_run(error: &HostError) -> bool {
    matches!(
        error,
        HostError::NotSignedIn { .. } | HostError::Load { .. } | HostError::Setup { .. }
    ) || Ended::of_error(error) == Ended::NotSignedIn
}

fn told_to_wait(error: &HostError) -> Option<Duration> {
    let seconds = match error {
        HostError::Problem(problem) => problem.retry_after_seconds?,
        HostError::Throttled { seconds } => *seconds,
        // Whoever goes on with the run need not wait.
        HostError::Stopping => 0,
        _ => return None,
    };
    Some(Duration::from_secs(seconds.into()))
}

fn later(error: &HostError) -> Did {
    Did::Later {
        after: told_to_wait(error).unwrap_or(PATIENCE),
        code: error.code(),
        message: error.to_string(),
    }
}

fn ended_by(error: &HostError, ended: Ended) -> Did {
    Did::ended(ended, &error.code(), error.to_string())
}

fn halt(error: HostError, ended: Ended) -> Did {
    Did::Halt {
        ended,
        code: error.code(),
        message: error.to_string(),
        remedy: error.remedy(),
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
