//! From a plan to the end: show, ask, send, wait, deliver.

use std::time::Duration;

use passcode_host::contract::types::Touched;
use passcode_host::ledger::{Attempt, Sending};
use passcode_host::{Extension, Observed, PlanDocument, Sent, plain};
use passcode_runner::{Carried, Ended};

use super::deliver::{Delivering, deliver};
use super::run;
use super::words::{denial, effect, flags, not_accepted, question, reviews};
use crate::app::App;
use crate::console;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::Reply;
use crate::report::{APPROVE, approval_code, resume_command, watch_command};
use crate::terminal::{self, Answer, Spinner};
use crate::wiring::Connected;

/// How a plan is to be carried out.
#[derive(Clone, Debug)]
pub(super) struct Carrying {
    pub(super) yes: bool,
    /// How long to wait; `None` for not at all.
    pub(super) wait: Option<Duration>,
    /// Whether the passcode may be printed.
    pub(super) print: bool,
    /// Who takes the passcode somewhere; then nobody is shown it.
    pub(super) courier: Option<Extension>,
}

/// Where the passcode goes, as plans and the ledger name it.
pub(super) fn delivery(print: bool, screen: bool) -> &'static str {
    match (print, screen) {
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
    if let Some(mut failure) = denial(document) {
        failure.message.push_str("; nothing was sent");
        return Err(failure);
    }
    not_denied(connected, document).await?;
    let now = connected.runner.host().now();
    let passed = run::approved(app, &*connected.store, document, now).await?;
    for note in &passed.notes {
        app.tell(note);
    }
    if !carrying.yes {
        confirm(interrupt, document).await?;
    }
    let mut spinner = Spinner::start(app);
    spinner.say("sending");
    // Half a request is worse than a late one: only the second Ctrl-C leaves it alone.
    let carrying_out = async {
        match passed.four_eyes {
            true => connected.runner.carry_out_approved(document).await,
            false => connected.runner.carry_out(document).await,
        }
    };
    let carried = interrupt
        .until(2, carrying_out)
        .await
        .ok_or_else(|| abandoned(app, document))??;
    if !carried.may_have_touched() {
        return Err(not_sent(app, document, carried));
    }
    let sending = carried
        .sent
        .as_ref()
        .map_or(Sending::Unknown, |sent| sent.sending);
    if let Some(progress) = &carried.progress {
        spinner.progress(progress);
    } else if sending.is_undecided() {
        spinner.say("nobody knows whether Intune took it; looking");
    }
    let watched = match carrying.wait {
        Some(limit) => {
            let watching = connected
                .runner
                .watch(&document.id, sending, limit, |seen| {
                    spinner.progress(&seen.progress);
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
            courier: carrying.courier.as_ref(),
            error: carried
                .error
                .as_ref()
                .map(|error| Failure::from(error.clone())),
        },
    )
    .await
}

/// What somebody denied is not carried out, whoever asks for it.
async fn not_denied(connected: &Connected, document: &PlanDocument) -> Result<(), Failure> {
    let id = document.id.to_string();
    if !passcode_runner::fleet::is_denied(&*connected.store, &id).await? {
        return Ok(());
    }
    Err(run::denied(document))
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

fn abandoned(app: &App, document: &PlanDocument) -> Failure {
    let mut failure = Failure::new(
        Ended::Interrupted,
        "interrupted",
        "interrupted while the request was on its way; it may have been carried out",
    )
    .remedy(format!(
        "see what became of it with `{}`",
        watch_command(app, document)
    ))
    .plan(document.id);
    failure.touched = Touched::Unknown;
    failure
}

/// The request was refused, or never left.
fn not_sent(app: &App, document: &PlanDocument, carried: Carried) -> Failure {
    let mut failure = match carried.error {
        Some(error) => Failure::from(error),
        None => Failure::fault("nothing was sent, and the component does not say why"),
    };
    failure.ended = carried.ended;
    failure.touched = Touched::No;
    if let Some(sent) = &carried.sent {
        failure.status = failure.status.or(sent.settlement.status);
        if carried.ended == Ended::AwaitingApproval {
            approval(app, document, &mut failure, sent);
        }
    }
    failure.plan(document.id)
}

/// What to do, as a command that can be pasted, and the code for whoever looks the request up.
fn approval(app: &App, document: &PlanDocument, failure: &mut Failure, sent: &Sent) {
    failure.remedy = Some(format!(
        "{APPROVE}; then go on with `{}`",
        resume_command(app, document)
    ));
    let code = approval_code(&sent.settlement);
    failure
        .more
        .insert("approvalCode".to_owned(), serde_json::json!(code));
}

fn introduce(app: &App, document: &PlanDocument) {
    let width = usize::from(terminal::width());
    let plan = &document.plan;
    console::note(&format!("\n{}", terminal::card(app.paint, document, width)));
    let accepted = &plan.caller.accepted_checks;
    console::note(&terminal::checks(
        app.paint,
        &plan.proposal.checks,
        accepted,
        width,
    ));
    for line in reviews(document) {
        console::note(&line);
    }
    console::note(&app.paint.bold(&effect(&plan.proposal)));
    console::note(&terminal::expectations(
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
