//! From a plan to the end: show, ask, send, wait, deliver.

use std::time::Duration;

use passcode_host::contract::types::{Check, Effect, Proposal};
use passcode_host::ledger::{Attempt, Sending};
use passcode_host::{Observed, PlanDocument, plain};
use passcode_runner::{Carried, Ended};

use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{self, Reply};
use crate::report::{Report, opens, reveal_command, watch_command};
use crate::terminal::{self, Answer, Showing, Spinner};
use crate::wiring::Connected;

/// How a plan is to be carried out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrying {
    pub(super) yes: bool,
    /// How long to wait; `None` for not at all.
    pub(super) wait: Option<Duration>,
    /// Whether the passcode may be printed.
    pub(super) print: bool,
}

/// Where the passcode goes, as plans and the ledger name it.
pub(super) fn delivery(app: &App, print: bool) -> &'static str {
    match (print, app.has_screen()) {
        (true, _) => "json",
        (false, true) => "terminal",
        (false, false) => "none",
    }
}

/// Refuse early where nobody can be asked.
pub(super) fn confirmable(app: &App, answered: bool) -> Result<(), Failure> {
    if answered || app.can_ask() {
        return Ok(());
    }
    Err(Failure::new(
        Ended::Refused,
        "not-confirmed",
        "nobody can be asked: there is no terminal, and no `--yes`; nothing was sent",
    )
    .remedy("look at it with `--what-if` first, then add `--yes`"))
}

/// Carry out a plan that was made or handed in.
pub(super) async fn carry(
    app: &App,
    interrupt: &Interrupt,
    connected: &Connected,
    document: &PlanDocument,
    carrying: Carrying,
) -> Result<Reply, Failure> {
    let open = not_accepted(document);
    if app.terminals.stderr && !app.global.quiet {
        introduce(app, document);
    }
    if !open.is_empty() {
        let ids: Vec<&str> = open.iter().map(|check| check.id.as_str()).collect();
        let mut failure = Failure::new(
            Ended::Refused,
            "check-not-accepted",
            format!("not accepted: {}; nothing was sent", ids.join(", ")),
        )
        .remedy(format!(
            "read the documents it cites; if that is all right in this case, say it again with `{}`",
            flags(&open)
        ))
        .plan(document.id);
        failure.checks = open;
        return Err(failure);
    }
    if !carrying.yes {
        confirm(interrupt, document).await?;
    }
    let mut spinner = Spinner::start(app);
    spinner.say("sending");
    // Half a request is worse than a late one: only the second Ctrl-C leaves it alone.
    let carried = interrupt
        .until(2, connected.runner.carry_out(document))
        .await
        .ok_or_else(|| abandoned(document))??;
    if !carried.may_have_touched() {
        return Err(not_sent(document, carried));
    }
    let sending = carried
        .sent
        .as_ref()
        .map_or(Sending::Unknown, |sent| sent.sending);
    if let Some(progress) = &carried.progress {
        spinner.say(&progress.summary);
    } else if sending.is_undecided() {
        spinner.say("nobody knows whether Intune took it; looking");
    }
    let watched = match carrying.wait {
        Some(limit) => {
            let watching = connected
                .runner
                .watch(&document.id, sending, limit, |seen| {
                    spinner.say(&seen.progress.summary);
                });
            interrupt.until(1, watching).await
        }
        None if sending == Sending::Accepted => None,
        // Whether it was taken is worth one look, even if nobody waits.
        None => {
            let once = connected
                .runner
                .watch(&document.id, sending, Duration::ZERO, |_| {});
            interrupt.until(1, once).await
        }
    };
    drop(spinner);
    let (observed, ended) = match &watched {
        Some(watched) => (watched.last.as_ref(), watched.ended),
        None if interrupt.count() > 0 => (None, Ended::Interrupted),
        None => (None, carried.ended),
    };
    // Without waiting, accepted is all that was asked for.
    let ended = match (carrying.wait, ended) {
        (None, Ended::Pending) => Ended::Accepted,
        (_, ended) => ended,
    };
    if let Some(error) = watched
        .as_ref()
        .and_then(|watched| watched.trouble.as_ref())
    {
        app.tell(&format!(
            "note: the last look did not work: {}",
            plain(&error.to_string())
        ));
    }
    let attempt = attempt(connected, document, observed).await;
    deliver(
        app,
        interrupt,
        connected,
        Delivering {
            document,
            attempt: attempt.as_ref(),
            observed,
            ended,
            print: carrying.print,
            error: carried
                .error
                .as_ref()
                .map(|error| Failure::from(error.clone())),
        },
    )
    .await
}

async fn attempt(
    connected: &Connected,
    document: &PlanDocument,
    observed: Option<&Observed>,
) -> Option<Attempt> {
    match observed {
        Some(observed) => Some(observed.attempt.clone()),
        None => {
            let attempts = connected.runner.ledger().attempts(&document.id).await;
            attempts.ok()?.pop()
        }
    }
}

/// What is to be handed over.
pub(super) struct Delivering<'a> {
    pub(super) document: &'a PlanDocument,
    pub(super) attempt: Option<&'a Attempt>,
    pub(super) observed: Option<&'a Observed>,
    pub(super) ended: Ended,
    pub(super) print: bool,
    /// What went wrong when it was sent.
    pub(super) error: Option<Failure>,
}

/// Hand over what there is: the passcode to a person, or the document to a program.
pub(super) async fn deliver(
    app: &App,
    interrupt: &Interrupt,
    connected: &Connected,
    delivering: Delivering<'_>,
) -> Result<Reply, Failure> {
    let Delivering {
        document,
        attempt,
        observed,
        ended,
        print,
        error,
    } = delivering;
    let mut report = Report {
        document,
        attempt,
        observed,
        ended,
        passcode: None,
    };
    let passcode = match observed {
        Some(observed) if ended.is_success() && (print || app.has_screen()) => {
            // Written down first. If that fails, nobody sees it.
            let to = delivery(app, print);
            connected.runner.disclose(observed, to).await.map_err(|error| {
                let mut failure = Failure::from(error).plan(document.id);
                failure.touched = passcode_host::contract::types::Touched::Yes;
                failure.message = format!("the passcode is there, but is not shown, because that could not be written down: {}", failure.message);
                failure
            })?
        }
        _ => None,
    };
    if let Some(passcode) = passcode {
        if print {
            report.passcode = Some(passcode.reveal());
        } else {
            let shown = terminal::show(interrupt, &showing(document, observed), passcode).await;
            if !shown {
                app.tell("the terminal could not show it; print it with `--reveal`");
            }
        }
    }
    finished(connected, &report, error)
}

fn finished(
    connected: &Connected,
    report: &Report<'_>,
    error: Option<Failure>,
) -> Result<Reply, Failure> {
    match report.ended {
        Ended::Done | Ended::Accepted | Ended::Pending => {
            if report.ended == Ended::Pending {
                output::note(&format!(
                    "still pending; go on watching with `{}`",
                    watch_command(report.document)
                ));
            }
            Ok(
                Reply::new(report.ended, "result", connected.practice, report.body())
                    .rows(report.rows())
                    .human(report.human()),
            )
        }
        ended => Err(ended_badly(report, ended, error)),
    }
}

/// A failure that carries everything a result has.
fn ended_badly(report: &Report<'_>, ended: Ended, error: Option<Failure>) -> Failure {
    use passcode_host::contract::types::Touched;
    let (code, touched) = match ended {
        Ended::Unknown
            if report
                .observed
                .is_some_and(|seen| !seen.attempt.sending.is_undecided()) =>
        {
            ("result-ambiguous", Touched::Yes)
        }
        Ended::Unknown => ("outcome-unknown", Touched::Unknown),
        Ended::Interrupted => ("interrupted", Touched::Unknown),
        _ => ("device-reports-failure", Touched::Yes),
    };
    let mut failure = error
        .filter(|_| ended == Ended::Unknown)
        .unwrap_or_else(|| Failure::new(ended, code, report.summary()));
    failure.ended = ended;
    failure.touched = touched;
    code.clone_into(&mut failure.code);
    let remedy = report
        .observed
        .and_then(|seen| seen.progress.outcome.as_ref()?.remedy.clone());
    failure.remedy = Some(remedy.unwrap_or_else(|| {
        let watch = watch_command(report.document);
        match ended {
            Ended::Interrupted => format!("go on watching with `{watch}`"),
            _ => format!("do not send it again; go on looking with `{watch}`"),
        }
    }));
    if ended == Ended::Interrupted {
        failure.message = "interrupted while waiting; the request was sent".to_owned();
    }
    failure.plan = Some(report.plan());
    if let serde_json::Value::Object(body) = report.body() {
        let own = ["plan", "ended", "exitCode", "remedy", "status"];
        failure.more = body
            .into_iter()
            .filter(|(key, _)| !own.contains(&key.as_str()))
            .collect();
    }
    failure
}

fn abandoned(document: &PlanDocument) -> Failure {
    let mut failure = Failure::new(
        Ended::Interrupted,
        "interrupted",
        "interrupted while the request was on its way; it may have been carried out",
    )
    .remedy(format!(
        "see what became of it with `{}`",
        watch_command(document)
    ))
    .plan(document.id);
    failure.touched = passcode_host::contract::types::Touched::Unknown;
    failure
}

/// The request was refused, or never left.
fn not_sent(document: &PlanDocument, carried: Carried) -> Failure {
    let mut failure = match carried.error {
        Some(error) => Failure::from(error),
        None => Failure::fault("nothing was sent, and the component does not say why"),
    };
    failure.ended = carried.ended;
    failure.touched = passcode_host::contract::types::Touched::No;
    if let Some(sent) = &carried.sent {
        failure.status = failure.status.or(sent.settlement.status);
    }
    failure.plan(document.id)
}

fn introduce(app: &App, document: &PlanDocument) {
    let width = usize::from(terminal::width());
    let plan = &document.plan;
    output::note(&format!("\n{}", terminal::card(app.paint, document, width)));
    let accepted = &plan.caller.accepted_checks;
    output::note(&terminal::checks(
        app.paint,
        &plan.proposal.checks,
        accepted,
        width,
    ));
    output::note(&app.paint.bold(&effect(&plan.proposal)));
    output::note(&terminal::expectations(
        app.paint,
        &plan.proposal.expectations,
        width,
    ));
}

async fn confirm(interrupt: &Interrupt, document: &PlanDocument) -> Result<(), Failure> {
    match terminal::ask(interrupt, &question(document)).await {
        Answer::Yes => Ok(()),
        Answer::Interrupted => Err(Failure::interrupted().plan(document.id)),
        Answer::No => Err(Failure::new(
            Ended::Refused,
            "not-confirmed",
            "not confirmed; nothing was sent",
        )
        .plan(document.id)),
    }
}

fn question(document: &PlanDocument) -> String {
    let card = |name: &str| document.identity.text(name).filter(|text| !text.is_empty());
    let name = card("deviceName").unwrap_or_else(|| "(no name)".to_owned());
    let serial = card("serialNumber").unwrap_or_else(|| "none".to_owned());
    let user = card("userPrincipalName").unwrap_or_else(|| "nobody".to_owned());
    let what = match &document.plan.proposal.effect {
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
pub(super) fn showing(document: &PlanDocument, observed: Option<&Observed>) -> Showing {
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
    notes.push(format!("Again: {}", reveal_command(document)));
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
