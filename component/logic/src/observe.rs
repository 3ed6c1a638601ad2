//! Looking how an action that was sent is getting on.
//!
//! Results have no id and do not say who asked, so what counts as ours is decided narrowly:
//! new since the snapshot, begun after the sending, and the only one of that sort.

use crate::commit::doing;
use crate::contract::{
    ActionResult, Context, Disposition, Effect, Evidence, HistoryEntry, Outcome, Plan, Problem,
    Progress, ProgressState, Receipt,
};
use crate::device::{called, kind_of};
use crate::expectations::{after, duration, possible};
use crate::history::passcode_entries;
use crate::prelude::*;
use crate::results::{is_passcode_action, read_results, same, without_passcode};
use crate::service::Service;
use crate::time::Instant;

/// How far a result's start may lie before the service's `Date` of our answer: the answer comes
/// after the start, its date has whole seconds, and two machines of one service may differ.
/// Both clocks are the service's; the local one is never asked.
pub const SKEW_SECONDS: i64 = 120;

const ONLY_V1: &str =
    "; only v1.0 of Microsoft Graph answered, and nobody has confirmed that it shows the passcode";
const NOT_PROVEN: &str = "; here nothing proves that this action is ours, `passcode reveal --any` shows whatever is listed";

/// Look how an action that was sent is getting on.
pub fn observe(
    service: &mut dyn Service,
    plan: &Plan,
    receipt: &Receipt,
    _context: &Context,
) -> Result<Progress, Problem> {
    let (results, limit) = read_results(service, &plan.proposal.device.id)?;
    let new = sort(&results, receipt);
    let unknown = receipt.disposition == Disposition::Unknown;
    let ended = matches!(new.candidates.as_slice(), [one] if has_ended(one));
    let entries = if unknown || ended {
        entries_since(service, plan, receipt)
    } else {
        Vec::new()
    };
    let mut progress = match new.candidates.as_slice() {
        [] => not_listed(plan, unknown),
        // An unknown sending may have come to nothing, and the one new result may be somebody
        // else's. If the record names only others, it is.
        [_] if unknown && only_others(&entries, plan) => not_listed(plan, true),
        // A device may list only the newest result. If the record knows of a second action, the
        // one that is listed may be the other.
        [_] if entries.len() > 1 || only_others(&entries, plan) => ambiguous(plan),
        // Nobody saw the service take our request: a result proves an action, not whose.
        [one] if unknown && !entries.iter().any(|entry| by_us(entry, plan)) => {
            told(plan, &without_passcode(one.clone()), Some(NOT_PROVEN))
        }
        [ours] => told(plan, ours, limit.as_deref().map(|_| ONLY_V1)),
        _ => ambiguous(plan),
    };
    progress.others = results
        .iter()
        .filter(|result| {
            new.shown(result)
                && !progress
                    .action_result
                    .as_ref()
                    .is_some_and(|ours| same(ours, result))
        })
        .cloned()
        .map(without_passcode)
        .collect();
    if unknown {
        settle(&mut progress, &entries, plan);
    }
    Ok(progress)
}

/// New results, those that can be ours apart from those that cannot.
struct New {
    candidates: Vec<ActionResult>,
    too_old: Vec<ActionResult>,
}

impl New {
    fn shown(&self, result: &ActionResult) -> bool {
        self.candidates.contains(result) || self.too_old.contains(result)
    }
}

fn sort(results: &[ActionResult], receipt: &Receipt) -> New {
    let since = earliest(receipt);
    let (candidates, too_old) = results
        .iter()
        .filter(|result| is_passcode_action(result))
        .filter(|result| !receipt.snapshot.iter().any(|known| same(known, result)))
        .cloned()
        .partition(
            |result| match (since, result.started.as_deref().and_then(Instant::parse)) {
                (Some(since), Some(started)) => started >= since,
                // Without times, being new is all there is.
                _ => true,
            },
        );
    New {
        candidates,
        too_old,
    }
}

fn earliest(receipt: &Receipt) -> Option<Instant> {
    let date = receipt.service_date.as_deref().and_then(Instant::parse)?;
    Some(date.minus_seconds(SKEW_SECONDS))
}

fn progress(state: ProgressState, summary: String, plan: &Plan) -> Progress {
    Progress {
        state,
        summary,
        action_result: None,
        others: Vec::new(),
        settled_by: None,
        outcome: None,
        look_again_seconds: Some(duration(kind_of(&plan.proposal.device)).look_again_seconds),
    }
}

fn not_listed(plan: &Plan, unknown: bool) -> Progress {
    let device = called(&plan.proposal.device);
    let summary = if unknown {
        format!(
            "nothing shows yet that Intune took on {} of {device}; that it is not listed proves nothing",
            doing(&plan.proposal.effect)
        )
    } else {
        format!(
            "Intune took on {} of {device}; it is not listed on the device yet",
            doing(&plan.proposal.effect)
        )
    };
    progress(ProgressState::NotListed, summary, plan)
}

fn ambiguous(plan: &Plan) -> Progress {
    let mut ambiguous = progress(
        ProgressState::Ambiguous,
        format!(
            "more than one new passcode action appeared on {}, so none can be called ours; see who else acted under Device actions, then plan again",
            called(&plan.proposal.device)
        ),
        plan,
    );
    ambiguous.look_again_seconds = None;
    ambiguous
}

/// One result that is ours.
fn told(plan: &Plan, ours: &ActionResult, limit: Option<&str>) -> Progress {
    let device = called(&plan.proposal.device);
    let doing = doing(&plan.proposal.effect);
    let removes = plan.proposal.effect == Effect::RemovePasscode;
    let state = state(&ours.state);
    let error = ours.error_code.filter(|code| *code != 0);
    let error = error.map_or_else(String::new, |code| format!(" (error code {code})"));
    let summary = match &state {
        ProgressState::Pending => format!("{doing} of {device} waits for the device"),
        ProgressState::Active => format!("the device is at it: {doing} of {device}"),
        ProgressState::Done if removes => {
            format!("the passcode of {device} is removed; the device is open")
        }
        ProgressState::Done if ours.passcode.is_some() => {
            format!("{device} has a temporary passcode")
        }
        ProgressState::Done => {
            format!("Intune says {doing} of {device} is done, but shows no passcode")
        }
        ProgressState::Failed => format!("{doing} of {device} failed{error}"),
        ProgressState::Canceled => format!("{doing} of {device} was cancelled before it ran"),
        ProgressState::NotSupported => {
            format!("{device} says that it does not support this: {doing}{error}")
        }
        _ => format!(
            "{doing} of {device} is in a state that no document mentions: {}",
            ours.state
        ),
    };
    let mut told = progress(state.clone(), summary, plan);
    let mut shown = ours.clone();
    if removes || state != ProgressState::Done {
        shown.passcode = None;
    }
    if let Some(remedy) = ended(&state, plan, &shown, limit) {
        told.look_again_seconds = None;
        told.outcome = Some(Outcome {
            effect: plan.proposal.effect.clone(),
            level: plan.proposal.level.clone(),
            passcode: shown.passcode,
            expectations: next_steps(&state, plan),
            remedy,
        });
    }
    told.action_result = Some(shown);
    told
}

fn next_steps(state: &ProgressState, plan: &Plan) -> Vec<crate::contract::Expectation> {
    if *state != ProgressState::Done {
        return Vec::new();
    }
    let disputed = plan.proposal.level == crate::contract::Level::Disputed;
    after(possible(&plan.proposal.effect), disputed)
}

/// The state in the contract's words. `none` is listed before anything happened.
pub fn state(word: &str) -> ProgressState {
    const STATES: [(&str, ProgressState); 7] = [
        ("none", ProgressState::Pending),
        ("pending", ProgressState::Pending),
        ("active", ProgressState::Active),
        ("done", ProgressState::Done),
        ("failed", ProgressState::Failed),
        ("canceled", ProgressState::Canceled),
        ("notSupported", ProgressState::NotSupported),
    ];
    STATES
        .into_iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
        .map_or_else(|| ProgressState::Other(word.to_owned()), |(_, state)| state)
}

/// Whether it has ended, and if so what can be done about it.
#[expect(
    clippy::option_option,
    reason = "an end, and an end that needs nothing, are two things"
)]
fn ended(
    state: &ProgressState,
    plan: &Plan,
    ours: &ActionResult,
    limit: Option<&str>,
) -> Option<Option<String>> {
    let remedy = match state {
        ProgressState::Done if plan.proposal.effect == Effect::RemovePasscode => return Some(None),
        ProgressState::Done if ours.passcode.is_some() => return Some(None),
        ProgressState::Done => no_passcode(limit),
        ProgressState::Failed => failed(&plan.proposal.effect),
        ProgressState::Canceled => "somebody withdrew it, or a retire, wipe or delete took its place; look at the device's Device actions in Intune, then plan again".to_owned(),
        ProgressState::NotSupported => "the device does not offer this action; `passcode explain` shows what the documents say of it".to_owned(),
        _ => return None,
    };
    Some(Some(remedy))
}

fn no_passcode(limit: Option<&str>) -> String {
    let why = limit.unwrap_or_default();
    format!(
        "a temporary passcode is shown for seven days, and to those who may read it{why}. Look at the device in Intune, or reset it again with a new plan"
    )
}

/// The ways back after a failure. This tool has none of its own: it cannot wipe or retire.
fn failed(effect: &Effect) -> String {
    match effect {
        Effect::RemovePasscode => "Intune may hold the wrong unlock token. Then only a Wipe in Intune, by someone allowed to, gives access again, and it erases the device's data; this tool cannot do it",
        Effect::ResetWorkProfilePasscode => "check that a policy requires a work profile passcode, and that the user once confirmed the notification about resetting it. The last resort is Retire in Intune, which removes the work profile and its data; this tool cannot do it",
        Effect::ResetDevicePasscode | Effect::Other(_) => "check that a device configuration policy requires a passcode and that one was set on the device, then plan again",
    }
    .to_owned()
}

/// How far the record's time of an action may lie from the start that the device lists.
const AUDIT_SECONDS: i64 = 30;

/// Entries of the service's record that are new: not before our sending, and not those of
/// results that the device listed already then.
fn entries_since(service: &mut dyn Service, plan: &Plan, receipt: &Receipt) -> Vec<HistoryEntry> {
    // Without the service's clock an older entry could pass for ours.
    let Some(since) = earliest(receipt) else {
        return Vec::new();
    };
    let mut entries = passcode_entries(service, &plan.proposal.device.id, 20);
    let known = |at: Instant| {
        let starts = receipt
            .snapshot
            .iter()
            .filter_map(|old| Instant::parse(old.started.as_deref()?));
        let mut near = starts.filter(|start| {
            at >= start.minus_seconds(AUDIT_SECONDS) && *start >= at.minus_seconds(AUDIT_SECONDS)
        });
        near.next().is_some()
    };
    entries.retain(|entry| {
        let at = entry.requested.as_deref().and_then(Instant::parse);
        at.is_some_and(|at| at >= since && !known(at))
    });
    entries
}

fn has_ended(result: &ActionResult) -> bool {
    !matches!(
        state(&result.state),
        ProgressState::Pending | ProgressState::Active | ProgressState::Other(_)
    )
}

fn by_us(entry: &HistoryEntry, plan: &Plan) -> bool {
    let us = &plan.caller.operator.name;
    us.contains('@')
        && entry
            .initiated_by
            .as_deref()
            .is_some_and(|by| by.eq_ignore_ascii_case(us))
}

/// Whether the record names people, and none of them is us.
fn only_others(entries: &[HistoryEntry], plan: &Plan) -> bool {
    // An application has no sign-in name to compare with.
    plan.caller.operator.name.contains('@')
        && !entries.is_empty()
        && entries
            .iter()
            .all(|entry| entry.initiated_by.is_some() && !by_us(entry, plan))
}

/// A new result or an entry of ours shows that the service took the request. Nothing ever
/// shows that it did not.
fn settle(progress: &mut Progress, entries: &[HistoryEntry], plan: &Plan) {
    if let Some(entry) = entries.iter().find(|entry| by_us(entry, plan)) {
        progress.settled_by = Some(Evidence::AuditEntry(entry.id.clone()));
        if progress.state == ProgressState::NotListed {
            progress.summary = format!(
                "Intune's record of device actions shows that it took on {} of {}; it is not listed on the device yet",
                doing(&plan.proposal.effect),
                called(&plan.proposal.device)
            );
        }
    } else if progress.action_result.is_some() {
        progress.settled_by = Some(Evidence::NewResult);
    }
}
