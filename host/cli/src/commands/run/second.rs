//! A single plan that takes another person.

use passcode_approval::{Admission, Cause};
use passcode_host::PlanDocument;
use passcode_host::ledger::PlanId;
use passcode_ledger::Store;
use passcode_runner::Ended;
use serde_json::json;
use time::OffsetDateTime;

use super::approve::{notes, waits};
use super::subject::{Judged, Subject};
use crate::app::App;
use crate::commands::words::reviews;
use crate::config::Key;
use crate::failure::Failure;
use crate::report::command;

/// The command with which another person approves a plan.
fn approve_command(app: &App, document: &PlanDocument) -> String {
    command(app, document, "approve", " --key KEY")
}

/// What approvals amount to for a plan that may be sent.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// What there is to tell about it.
    pub(crate) notes: Vec<String>,
    /// Whether another person approved what takes one: a reviewer's demand is met then.
    pub(crate) four_eyes: bool,
}

/// What is said of a plan that is only looked at, if it takes another person.
pub(crate) async fn foretold(
    app: &App,
    store: &dyn Store,
    document: &PlanDocument,
) -> Result<Option<String>, Failure> {
    let subject = subject(app, store, &document.id).await?;
    let told = format!(
        "it takes another person's approval first ({}): {}",
        reasons(&subject),
        approve_command(app, document)
    );
    Ok((!subject.causes.is_empty()).then_some(told))
}

/// Refuse to send a plan that takes another person, unless one approved it. Judged anew each time,
/// right before it is sent: approvals expire.
pub(crate) async fn approved(
    app: &App,
    store: &dyn Store,
    document: &PlanDocument,
    now: OffsetDateTime,
) -> Result<Passed, Failure> {
    let subject = subject(app, store, &document.id).await?;
    if subject.causes.is_empty() {
        return Ok(Passed::default());
    }
    if now >= subject.expires {
        // It is of no use to have that approved.
        return Err(Failure::new(
            Ended::Refused,
            "plan-expired",
            format!("the plan expired at {}", document.plan.expires),
        )
        .remedy("make a new one with `--what-if`")
        .plan(document.id));
    }
    let Judged {
        admission,
        judgement,
        ..
    } = subject.judged(app, store, now).await?;
    match admission {
        Admission::Approved | Admission::Free => Ok(Passed {
            notes: notes(&judgement),
            four_eyes: admission == Admission::Approved,
        }),
        Admission::Denied => Err(denied(document)),
        Admission::Waits => {
            let (approve, execute) = (
                approve_command(app, document),
                command(app, document, "execute", ""),
            );
            let message = format!(
                "this plan needs another person's approval ({}), and there is: {}; nothing was sent",
                reasons(&subject),
                judgement.assurance
            );
            let first = match app.config.settings.get(Key::Approvers) {
                Some(_) => String::new(),
                None => "name an approvers file with the setting `approvers`; ".to_owned(),
            };
            let remedy = format!(
                "{first}let another person look at it and approve it with `{approve}`, until {}; then go on with `{execute}`; see docs/approval.md",
                document.plan.expires
            );
            let mut failure = waits(message, remedy, &judgement, &subject).plan(document.id);
            let by_reviewer = |cause: &Cause| matches!(cause, Cause::Reviewer { .. });
            if subject.causes.iter().any(by_reviewer) {
                failure.code = "reviewer-asks-approval".to_owned();
                failure.lines.splice(0..0, reviews(document));
            }
            for refused in &judgement.refused {
                failure.lines.push(refused.to_string());
            }
            for (name, value) in [
                ("causes", json!(subject.causes)),
                ("approveCommand", json!(approve)),
                ("resumeCommand", json!(execute)),
            ] {
                failure.more.insert(name.to_owned(), value);
            }
            Err(failure)
        }
    }
}

/// What is said of a plan that somebody denied.
pub(crate) fn denied(document: &PlanDocument) -> Failure {
    Failure::new(
        Ended::Refused,
        "denied",
        format!(
            "somebody denied plan {}; nothing was sent",
            document.id.short()
        ),
    )
    .remedy("a denial stays; make another plan if it was a mistake")
    .plan(document.id)
}

/// From the ledger: what is carried out is what it keeps.
async fn subject(app: &App, store: &dyn Store, id: &PlanId) -> Result<Subject, Failure> {
    let stored = store.plan(id).await?;
    let stored = stored.ok_or_else(|| {
        Failure::fault("the plan that was just made or read is not in the ledger")
    })?;
    Subject::of_plan(app, &stored)
}

fn reasons(subject: &Subject) -> String {
    let causes = subject.causes.iter().map(ToString::to_string);
    causes.collect::<Vec<_>>().join("; ")
}
