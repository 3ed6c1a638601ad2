//! Carrying out a plan: look, refuse if something is under way, send the one request.

use crate::checks;
use crate::contract::{
    ActionResult, Context, Effect, Plan, Problem, ProblemKind, Progress, ProgressState,
};
use crate::device::{called, kind_of};
use crate::errors::{Asked, of_failure, of_response};
use crate::expectations::duration;
use crate::history::passcode_entries;
use crate::prelude::*;
use crate::problem::{refused, remedied, untouched};
use crate::results::{is_passcode_action, read_results, same, under_way};
use crate::service::{GRAPH, Request, Service};

/// Carry out a plan.
pub fn commit(
    service: &mut dyn Service,
    plan: &Plan,
    _context: &Context,
) -> Result<Progress, Problem> {
    accepted(plan)?;
    let device = &plan.proposal.device;
    let (results, _) = read_results(service, &device.id)?;
    if !plan.again
        && let Some(other) = in_the_way(&results, &plan.proposal.earlier_results)
    {
        return Err(busy(service, plan, other));
    }
    let planned = &plan.proposal.request;
    let request = Request {
        method: planned.method,
        path: planned.path.clone(),
        query: planned.query.clone(),
        body: planned.body.clone(),
    };
    let doing = doing(&plan.proposal.effect);
    let asked = Asked::Send(doing);
    let destination = if planned.destination.is_empty() {
        GRAPH
    } else {
        &planned.destination
    };
    let response = service
        .send(destination, request)
        .map_err(|failure| of_failure(&failure, asked))?;
    if !response.ok() {
        return Err(of_response(&response, asked));
    }
    Ok(Progress {
        state: ProgressState::NotListed,
        summary: format!(
            "Intune took on {doing} of {}; the device has not answered yet",
            called(device)
        ),
        action_result: None,
        others: Vec::new(),
        settled_by: None,
        outcome: None,
        look_again_seconds: Some(duration(kind_of(device)).look_again_seconds),
    })
}

/// What a plan does, in words that fit into a sentence.
pub(crate) fn doing(effect: &Effect) -> &'static str {
    match effect {
        Effect::RemovePasscode => "removing the passcode",
        Effect::ResetWorkProfilePasscode => "resetting the work profile passcode",
        Effect::ResetDevicePasscode | Effect::Other(_) => "resetting the passcode",
    }
}

/// The host has judged this already; a plan that slipped through it ends here.
fn accepted(plan: &Plan) -> Result<(), Problem> {
    let checks = &plan.proposal.checks;
    if let Some(block) = checks::blocking(checks) {
        return Err(refused(
            &block.id,
            &block.id,
            block.summary.clone(),
            block.remedy.as_deref().unwrap_or_default(),
            checks.clone(),
        ));
    }
    let open = checks
        .iter()
        .find(|check| check.needs_acceptance && !plan.caller.accepted_checks.contains(&check.id));
    open.map_or(Ok(()), |open| {
        Err(refused(
            &open.id,
            "check-not-accepted",
            format!("nobody accepted the check `{}`: {}", open.id, open.summary),
            "plan again and accept the check by its id, if that is all right in this case",
            checks.clone(),
        ))
    })
}

/// A passcode action that is under way, or that was not there when the plan was made. What the
/// plan listed is the measure, so that no clock has to be trusted.
pub fn in_the_way<'a>(
    now: &'a [ActionResult],
    planned: &[ActionResult],
) -> Option<&'a ActionResult> {
    let ours = |result: &&ActionResult| is_passcode_action(result);
    now.iter()
        .filter(ours)
        .find(|result| under_way(result))
        .or_else(|| {
            now.iter()
                .filter(ours)
                .find(|result| !planned.iter().any(|known| same(known, result)))
        })
}

fn busy(service: &mut dyn Service, plan: &Plan, other: &ActionResult) -> Problem {
    let device = &plan.proposal.device;
    let when = other
        .started
        .as_deref()
        .map_or_else(String::new, |started| format!(", started {started}"));
    let running = under_way(other);
    // Newest first; only who asked for an action that is not older than this one says who it was.
    let entry = passcode_entries(service, &device.id, 20).into_iter().next();
    let who = entry.map_or_else(String::new, |entry| {
        let by = entry
            .initiated_by
            .as_deref()
            .unwrap_or("somebody the record does not name");
        let at = entry.requested.as_deref().unwrap_or("an unknown time");
        format!("; by Intune's record of device actions the latest was requested by {by} at {at}")
    });
    let what = if running {
        format!(
            "a passcode action is {} on {}{when}",
            other.state,
            called(device)
        )
    } else {
        format!(
            "a passcode action began on {} since this plan was made{when}",
            called(device)
        )
    };
    let problem = untouched(
        ProblemKind::Busy,
        "passcode-action-in-the-way",
        format!("{what}{who}; nothing was sent"),
    );
    remedied(
        problem,
        "wait for it and ask the colleague; then plan again, or add `--again` to go ahead in spite of it",
    )
}
