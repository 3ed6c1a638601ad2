//! What a person is told about a plan.

use passcode_host::contract::types::{Check, Effect, Level, Opinion, Proposal, ReviewRecord};
use passcode_host::{Observed, PlanDocument, plain};

use passcode_runner::Ended;
use serde_json::json;

use crate::app::App;
use crate::failure::Failure;
use crate::report::{opens, reveal_command};
use crate::terminal::Showing;

/// The question: the device, its user, and the effect.
pub(super) fn question(document: &PlanDocument) -> String {
    let card = |name: &str| document.identity.text(name).filter(|text| !text.is_empty());
    let name = card("deviceName").unwrap_or_else(|| "(no name)".to_owned());
    let serial = card("serialNumber").unwrap_or_else(|| "none".to_owned());
    let user = card("userPrincipalName").unwrap_or_else(|| "nobody".to_owned());
    let proposal = &document.plan.proposal;
    let what = match &proposal.effect {
        Effect::ResetDevicePasscode | Effect::ResetWorkProfilePasscode
            if proposal.level == Level::Disputed =>
        {
            "Reset to a temporary one, on a level that the documents dispute, the passcode of"
        }
        Effect::RemovePasscode => "Remove the passcode of",
        Effect::ResetDevicePasscode => "Reset to a temporary one the passcode of",
        Effect::ResetWorkProfilePasscode => "Reset to a temporary one the work profile passcode of",
        Effect::Other(_) => "Act on",
    };
    plain(&format!(
        "{what} \"{name}\" (serial {serial}, user {user})?"
    ))
}

/// What would happen, in a sentence.
pub(super) fn effect(proposal: &Proposal) -> String {
    match &proposal.effect {
        Effect::ResetDevicePasscode | Effect::ResetWorkProfilePasscode
            if proposal.level == Level::Disputed =>
        {
            "Resets a passcode to a temporary one; the documents disagree whether that of the device or of a work profile.".to_owned()
        }
        Effect::RemovePasscode => "Removes the passcode: the device is open afterwards.".to_owned(),
        Effect::ResetDevicePasscode => {
            "Resets the passcode of the device to a temporary one.".to_owned()
        }
        Effect::ResetWorkProfilePasscode => {
            "Resets the passcode of the work profile to a temporary one; the phone's own lock stays as it is.".to_owned()
        }
        Effect::Other(name) => plain(&format!("Does something this version has no words for: {name}.")),
    }
}

pub(super) fn not_accepted(document: &PlanDocument) -> Vec<Check> {
    let plan = &document.plan;
    let open =
        |check: &&Check| check.needs_acceptance && !plan.caller.accepted_checks.contains(&check.id);
    plan.proposal.checks.iter().filter(open).cloned().collect()
}

/// What each reviewer says of a plan, a line each.
pub(super) fn reviews(document: &PlanDocument) -> Vec<String> {
    let said = document.plan.reviews.iter().map(|review| {
        let (verb, why) = match &review.opinion {
            Opinion::Abstain => ("has nothing to say", None),
            Opinion::RequireApproval(why) => ("demands another person's approval", Some(why)),
            Opinion::Deny(why) => ("denies it", Some(why)),
        };
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        plain(&format!("reviewer `{}` {verb}{why}", review.reviewer))
    });
    said.collect()
}

/// The failure of carrying out a plan that a reviewer denies.
pub(super) fn denial(document: &PlanDocument) -> Option<Failure> {
    let denies = |review: &&ReviewRecord| matches!(review.opinion, Opinion::Deny(_));
    let review = document.plan.reviews.iter().find(denies)?;
    let Opinion::Deny(why) = &review.opinion else {
        return None;
    };
    let message = format!("reviewer `{}` denies it: {why}", review.reviewer);
    let mut failure = Failure::new(Ended::Refused, "reviewer-denied", message)
        .remedy("make a plan that the reviewer accepts")
        .plan(document.id);
    failure
        .more
        .insert("reviews".to_owned(), json!(document.plan.reviews));
    Some(failure)
}

/// The flags that accept what needs acceptance.
pub(super) fn flags(checks: &[Check]) -> String {
    let flags: Vec<String> = checks
        .iter()
        .filter(|check| check.needs_acceptance)
        .map(|check| format!("--accept {}", check.id))
        .collect();
    flags.join(" ")
}

/// What stands beside the passcode.
pub(super) fn showing(app: &App, document: &PlanDocument, observed: Option<&Observed>) -> Showing {
    let card = |name: &str| document.identity.text(name).filter(|text| !text.is_empty());
    let outcome = observed.and_then(|seen| seen.progress.outcome.as_ref());
    let proposal = &document.plan.proposal;
    let level = outcome.map_or(&proposal.level, |outcome| &outcome.level);
    let steps = outcome.map_or(&proposal.expectations, |outcome| &outcome.expectations);
    let mut notes: Vec<String> = steps
        .iter()
        .filter(|step| step.who == "user")
        .map(|step| format!("The user {}.", step.text))
        .collect();
    notes.push("Intune shows it for seven days after it was made.".to_owned());
    notes.push(format!("Again: {}", reveal_command(app, document)));
    Showing {
        title: format!(
            "Temporary passcode of \"{}\" (serial {}, user {})",
            card("deviceName").unwrap_or_default(),
            card("serialNumber").unwrap_or_else(|| "none".to_owned()),
            card("userPrincipalName").unwrap_or_else(|| "nobody".to_owned()),
        ),
        level: opens(&proposal.effect, level),
        notes,
    }
}
