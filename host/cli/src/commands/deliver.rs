//! The end of an action: the passcode to a person, or the document to a program.

use passcode_host::contract::types::Touched;
use passcode_host::ledger::Attempt;
use passcode_host::{Extension, Observed, PlanDocument};
use passcode_runner::Ended;

use super::carry::delivery;
use super::courier;
use super::words::showing;
use crate::app::App;
use crate::console;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::Reply;
use crate::report::{Report, command, watch_command};
use crate::terminal;
use crate::wiring::Connected;

/// What is to be handed over.
pub(super) struct Delivering<'a> {
    pub(super) document: &'a PlanDocument,
    pub(super) attempt: Option<&'a Attempt>,
    pub(super) observed: Option<&'a Observed>,
    pub(super) ended: Ended,
    pub(super) print: bool,
    /// Who takes the passcode somewhere; then nobody is shown it.
    pub(super) courier: Option<&'a Extension>,
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
        courier,
        error,
    } = delivering;
    if let (Some(courier), Some(observed), true) = (courier, observed, ended.is_success()) {
        courier::hand_over(app, connected, document, observed, courier).await?;
    }
    // What became of it stands in the ledger now.
    let written = match (courier, attempt) {
        (Some(_), Some(attempt)) => {
            let attempts = connected.runner.ledger().attempts(&attempt.intent.plan);
            let attempts = attempts.await.unwrap_or_default();
            let own =
                |one: &Attempt| one.intent.client_request_id == attempt.intent.client_request_id;
            attempts.into_iter().find(own)
        }
        _ => None,
    };
    let attempt = written.as_ref().or(attempt);
    let mut report = Report {
        app,
        document,
        attempt,
        observed,
        ended,
        passcode: None,
    };
    let passcode = match observed {
        Some(observed)
            if courier.is_none() && ended.is_success() && (print || app.shows_passcodes()) =>
        {
            // Written down first. If that fails, nobody sees it.
            let to = delivery(print, app.shows_passcodes());
            connected.runner.disclose(observed, to).await.map_err(|error| {
                let mut failure = Failure::from(error).plan(document.id);
                failure.touched = Touched::Yes;
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
            let shown =
                terminal::show(interrupt, &showing(app, document, observed), passcode).await;
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
                console::note(&format!(
                    "still pending; go on watching with `{}`",
                    watch_command(report.app, report.document)
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
    let (code, touched) = match ended {
        Ended::Unknown
            if report
                .observed
                .is_some_and(|seen| !seen.attempt.sending.is_undecided()) =>
        {
            ("result-ambiguous", Touched::Yes)
        }
        Ended::Unknown => ("outcome-unknown", Touched::Unknown),
        Ended::Interrupted => {
            let accepted = report
                .attempt
                .is_some_and(|attempt| !attempt.sending.is_undecided());
            let touched = if accepted {
                Touched::Yes
            } else {
                Touched::Unknown
            };
            ("interrupted", touched)
        }
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
        let watch = watch_command(report.app, report.document);
        match ended {
            Ended::Interrupted => format!("go on watching with `{watch}`"),
            Ended::Unknown if code == "result-ambiguous" => format!(
                "see who else acted with `passcode status`; every passcode that the device lists is shown by `{}`",
                command(report.app, report.document, "reveal", " --any")
            ),
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
