//! What the audit chain says of what is written: pure, and the same wherever a ledger is kept.

use passcode_audit::{Record, What, Who};
use passcode_host::ledger::{Attempt, Ending, Intent, Sending, Settlement, StoredPlan};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::run::{KeptApproval, NewRun, Run, RunState};
use crate::within::value_at;

/// A plan was kept. Who made it and why is in its document.
#[must_use]
pub fn planned(plan: &StoredPlan) -> Record {
    let caller = value_at(&plan.document, &["plan", "caller"]);
    Record {
        tenant: Some(plan.tenant.clone()),
        who: who(&caller["operator"]),
        device: Some(plan.device.clone()),
        plan: Some(plan.id.to_string()),
        reason: text(&caller["reason"]),
        ticket: text(&caller["ticket"]),
        ..Record::new(What::Planned, plan.created)
    }
}

/// A request is about to be sent.
#[must_use]
pub fn intended(intent: &Intent) -> Record {
    let mut detail = intent.request.clone();
    if let Some(followed) = intent.after_unknown {
        detail += &format!("; after the unknown outcome of plan {followed}");
    }
    if intent.again {
        detail += "; beside another action";
    }
    of_intent(What::Intended, intent, intent.at, detail)
}

/// An attempt that was followed up: nobody will settle it any more.
#[must_use]
pub fn followed_up(attempt: &Attempt, by: &Intent) -> Record {
    let detail = format!(
        "{}; plan {} follows it up",
        sending(Sending::Unknown),
        by.plan
    );
    of_intent(What::Settled, &attempt.intent, by.at, detail)
}

/// What became of a request is known, or known better.
#[must_use]
pub fn settled(attempt: &Attempt, to: Sending, known: &Settlement, at: OffsetDateTime) -> Record {
    let mut detail = sending(to).to_owned();
    if let Some(status) = known.status {
        detail += &format!("; status {status}");
    }
    if let Some(id) = &known.request_id {
        detail += &format!("; request-id {id}");
    }
    if let Some(by) = &known.settled_by {
        detail += &format!("; settled by {by}");
    }
    of_intent(What::Settled, &attempt.intent, at, detail)
}

/// An accepted action ended on the device.
#[must_use]
pub fn ended(attempt: &Attempt, ending: Ending, at: OffsetDateTime) -> Record {
    let detail = match ending {
        Ending::Done => "done",
        Ending::Failed => "failed",
        Ending::Canceled => "canceled",
        Ending::NotSupported => "not-supported",
        Ending::Ambiguous => "ambiguous",
    };
    of_intent(What::Ended, &attempt.intent, at, detail.to_owned())
}

/// A passcode is about to be delivered.
#[must_use]
pub fn disclosed(attempt: &Attempt, at: OffsetDateTime, to: &str) -> Record {
    of_intent(What::Disclosed, &attempt.intent, at, to.to_owned())
}

/// A run began.
#[must_use]
pub fn run_begun(run: &NewRun) -> Record {
    let planner = serde_json::from_str(&run.planner).unwrap_or_default();
    Record {
        tenant: Some(run.tenant.clone()),
        who: who(&planner),
        run: Some(run.id.clone()),
        detail: Some(format!("{}; asks for {}", run.title, run.digest)),
        ..Record::new(What::RunBegun, run.created)
    }
}

/// A run came from one state to another. `run` is as it was before.
#[must_use]
pub fn run_moved(
    run: &Run,
    to: RunState,
    why: Option<&str>,
    set: Option<&str>,
    at: OffsetDateTime,
) -> Record {
    let what = match (run.state, to) {
        (_, RunState::Planned) => What::RunPlanned,
        (RunState::Stopped | RunState::Running | RunState::Finished, RunState::Running) => {
            What::RunResumed
        }
        (_, RunState::Running) => What::RunStarted,
        (_, RunState::Stopped) => What::RunStopped,
        (_, RunState::Finished) => What::RunFinished,
        (_, RunState::Denied) => What::Denied,
        (_, RunState::Planning) => What::RunResumed,
    };
    let mut detail = format!("from {} to {to}", run.state);
    if let Some(why) = why {
        detail += &format!("; {why}");
    }
    Record {
        tenant: Some(run.new.tenant.clone()),
        plan: set.map(str::to_owned).or_else(|| run.set.clone()),
        run: Some(run.new.id.clone()),
        detail: Some(detail),
        ..Record::new(what, at)
    }
}

/// An approval or a denial was handed in. Whose it is, and whether it counts, is judged by
/// whoever reads it: here stands only what was handed in.
#[must_use]
pub fn handed_in(approval: &KeptApproval) -> Record {
    let first = approval.document.lines().next().unwrap_or_default();
    let statement: Value = serde_json::from_str(first).unwrap_or_default();
    let (what, how) = match statement["decision"].as_str() {
        Some("approve") => (What::Approved, "handed in"),
        Some("deny") => (What::Denied, "handed in"),
        _ => (What::Refused, "handed in, and no approval that can be read"),
    };
    let digest: String = Sha256::digest(&approval.document)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Record {
        tenant: text(&statement["tenant"]),
        plan: Some(approval.subject.clone()),
        detail: Some(format!("{how}; sha256 {digest}")),
        ..Record::new(what, approval.at)
    }
}

fn of_intent(what: What, intent: &Intent, at: OffsetDateTime, detail: String) -> Record {
    Record {
        tenant: Some(intent.tenant.clone()),
        device: Some(intent.device.clone()),
        plan: Some(intent.plan.to_string()),
        client_request_id: Some(intent.client_request_id.clone()),
        detail: Some(detail),
        ..Record::new(what, at)
    }
}

fn sending(sending: Sending) -> &'static str {
    match sending {
        Sending::Intended => "intended",
        Sending::NotExecuted => "not-executed",
        Sending::Rejected => "rejected",
        Sending::Accepted => "accepted",
        Sending::Unknown => "unknown",
    }
}

fn who(operator: &Value) -> Option<Who> {
    serde_json::from_value(operator.clone()).ok()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
