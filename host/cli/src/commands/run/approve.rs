//! Approvals and denials, of runs and of single plans.

use std::path::{Path, PathBuf};

use passcode_approval::{
    Admission, Assurance, Decision, Document, Judgement, minisign_command, ssh_keygen_command,
};
use passcode_host::ledger::{PlanId, StoredPlan};
use passcode_host::plain;
use passcode_ledger::Store;
use passcode_ledger::run::{KeptApproval, Run, RunState};
use passcode_runfile::RunFile;
use passcode_runner::Ended;
use passcode_runner::fleet::plan_set;
use serde_json::json;
use time::OffsetDateTime;

use super::begin::Kept;
use super::demands::said;
use super::subject::{Judged, Subject};
use super::{named, short, sign};
use crate::app::App;
use crate::args::ApproveArgs;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::Reply;
use crate::wiring::{in_practice, records};

/// What is said wherever nobody else has signed.
const CHECKSUM: &str = "this is a checksum and not four eyes: it shows that what is carried out is what was planned, and not that another person saw it";

/// What approvals amount to, in words.
pub(super) struct Assured {
    pub(super) notes: Vec<String>,
    /// Whether another person approved, and nobody who carries it out could have forged that.
    pub(super) four_eyes: bool,
}

/// Whether a run may be carried out. `yes` names the set as it is now.
pub(super) async fn assured(
    app: &App,
    store: &dyn Store,
    run: &Run,
    file: &RunFile,
    plans: u64,
    now: OffsetDateTime,
    yes: bool,
) -> Result<Assured, Failure> {
    if plans == 0 {
        // Every row was set aside: there is nothing to send, and so nothing to approve.
        return Ok(Assured {
            notes: Vec::new(),
            four_eyes: false,
        });
    }
    let subject = Subject::of_run(app, store, run, file, plans).await?;
    if passcode_runner::fleet::is_denied(store, &subject.hash).await? {
        return Err(denied(run));
    }
    let Judged {
        admission,
        judgement,
        checksum,
    } = subject.judged(app, store, now).await?;
    let name = short(&run.new.id);
    let ways = format!(
        "let another person approve it: `passcode run approve {name} --statement FILE` writes what they sign; see docs/approval.md"
    );
    match admission {
        Admission::Approved => Ok(Assured {
            notes: notes(&judgement),
            four_eyes: true,
        }),
        Admission::Free if checksum || yes => {
            if !checksum {
                keep(store, &subject.hash, subject.text(Decision::Approve)?, now).await?;
            }
            Ok(Assured {
                notes: notes(&judgement),
                four_eyes: false,
            })
        }
        Admission::Free => Err(waits(
            format!("nobody approved the {plans} plans of run {name}; nothing was sent"),
            format!(
                "look at them with `passcode run show {name}`, then `passcode run approve {name} --set {}`; or {ways}",
                subject.hash
            ),
            &judgement,
            &subject,
        )),
        Admission::Denied => Err(denied(run)),
        Admission::Waits => Err(waits(
            format!(
                "run {name} has {plans} plans, and {}; nothing was sent",
                judgement.assurance
            ),
            ways,
            &judgement,
            &subject,
        )),
    }
}

/// Nothing is sent yet, because somebody has to approve.
pub(super) fn waits(
    message: String,
    remedy: String,
    judgement: &Judgement,
    subject: &Subject,
) -> Failure {
    let mut failure = Failure::new(Ended::AwaitingApproval, "not-approved", message).remedy(remedy);
    failure.lines.extend(said(&subject.demands));
    let more = [
        (
            "demandedBy",
            json!(subject.demands.keys().collect::<Vec<_>>()),
        ),
        ("assurance", json!(judgement.assurance)),
        ("refusedSignatures", json!(judgement.refused)),
    ];
    for (name, value) in more {
        failure.more.insert(name.to_owned(), value);
    }
    failure
}

pub(super) fn notes(judgement: &Judgement) -> Vec<String> {
    let mut notes = match judgement.assurance {
        Assurance::ChecksumOnly { .. } => vec![format!("note: {CHECKSUM}")],
        _ => vec![judgement.assurance.to_string()],
    };
    for refused in &judgement.refused {
        notes.push(format!("note: a signature does not count: {}", refused.why));
    }
    notes
}

/// What is said of a run that somebody denied.
pub(crate) fn denied(run: &Run) -> Failure {
    Failure::new(
        Ended::Refused,
        "denied",
        format!(
            "run {} was denied; nothing of it will be sent",
            short(&run.new.id)
        ),
    )
    .remedy("a denial stays; begin another run if it was a mistake")
}

/// `run approve`.
pub(super) async fn run(
    app: &App,
    interrupt: &Interrupt,
    name: &str,
    how: &ApproveArgs,
) -> Result<Reply, Failure> {
    let (store, _) = records(app).await?;
    let run = named(&*store, name).await?;
    if run.state == RunState::Denied {
        return Err(denied(&run));
    }
    let file = Kept::of(&run)?.file()?;
    let (_, plans) = plan_set(&*store, &run).await?;
    let subject = Subject::of_run(app, &*store, &run, &file, plans).await?;
    approve(app, interrupt, &*store, &subject, how).await
}

/// `run deny`.
pub(super) async fn run_denied(app: &App, name: &str) -> Result<Reply, Failure> {
    let (store, _) = records(app).await?;
    let run = named(&*store, name).await?;
    let from = [
        RunState::Planning,
        RunState::Planned,
        RunState::Running,
        RunState::Stopped,
    ];
    if !store
        .move_run(&run.new.id, &from, RunState::Denied, Some("denied"), None)
        .await?
        && run.state != RunState::Denied
    {
        return Err(Failure::new(
            Ended::Refused,
            "run-ended",
            format!("run {} has {}", short(&run.new.id), run.state),
        ));
    }
    let body = json!({"run": run.new.id, "state": RunState::Denied});
    let human = format!(
        "run {} is denied; nothing more of it will be sent\n",
        short(&run.new.id)
    );
    Ok(Reply::new(Ended::Done, "denial", in_practice(app), body).human(human))
}

/// `approve`.
pub(crate) async fn plan(
    app: &App,
    interrupt: &Interrupt,
    name: &str,
    how: &ApproveArgs,
) -> Result<Reply, Failure> {
    let (store, _) = records(app).await?;
    let stored = stored(&*store, name).await?;
    let subject = Subject::of_plan(app, &stored)?;
    approve(app, interrupt, &*store, &subject, how).await
}

/// `deny`.
pub(crate) async fn plan_denied(app: &App, name: &str) -> Result<Reply, Failure> {
    let (store, _) = records(app).await?;
    let subject = Subject::of_plan(app, &stored(&*store, name).await?)?;
    let text = subject.text(Decision::Deny)?;
    keep(&*store, &subject.hash, text, OffsetDateTime::now_utc()).await?;
    let body = json!({"plan": subject.hash, "decision": "deny"});
    let human = format!(
        "plan {} is denied; it will not be carried out\n",
        subject.hash
    );
    Ok(Reply::new(Ended::Done, "denial", in_practice(app), body).human(human))
}

/// A plan by its id or first digits.
async fn stored(store: &dyn Store, name: &str) -> Result<StoredPlan, Failure> {
    let unknown = || {
        Failure::new(
            Ended::NotFound,
            "plan-unknown",
            format!("no plan, or more than one, begins with {name}"),
        )
        .remedy("`passcode plans` lists them; write all of the 64 digits")
    };
    if let Ok(id) = name.parse::<PlanId>() {
        return store.plan(&id).await?.ok_or_else(unknown);
    }
    let digits = name.to_ascii_lowercase();
    let recent = store.plans(500).await?;
    let mut of_name = recent
        .into_iter()
        .map(|(plan, _)| plan)
        .filter(|plan| digits.len() >= 8 && plan.id.to_string().starts_with(&digits));
    match (of_name.next(), of_name.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(unknown()),
    }
}

async fn keep(
    store: &dyn Store,
    subject: &str,
    document: String,
    at: OffsetDateTime,
) -> Result<(), Failure> {
    let kept = KeptApproval {
        subject: subject.to_owned(),
        document,
        at,
    };
    Ok(store.keep_approval(&kept).await?)
}

async fn approve(
    app: &App,
    interrupt: &Interrupt,
    store: &dyn Store,
    subject: &Subject,
    how: &ApproveArgs,
) -> Result<Reply, Failure> {
    let now = OffsetDateTime::now_utc();
    if let Some(path) = &how.statement {
        return statement(app, subject, path);
    }
    let document = match (&how.set, &how.key, &how.signed) {
        (Some(hash), _, _) if *hash == subject.hash => subject.text(Decision::Approve)?,
        (Some(hash), _, _) => {
            return Err(Failure::new(
                Ended::Refused,
                "other-set",
                format!(
                    "{hash} is not what is there; that has the hash {}",
                    subject.hash
                ),
            )
            .remedy("look at it again before you approve it"));
        }
        (_, Some(key), _) => {
            sign::here(app, interrupt, &subject.statement(Decision::Approve), key).await?
        }
        (_, _, Some(path)) => {
            std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?
        }
        _ => return Err(no_way(subject)),
    };
    if how.set.is_none() {
        about(subject, &document)?;
    }
    keep(store, &subject.hash, document, now).await?;
    let Judged {
        admission,
        judgement,
        ..
    } = subject.judged(app, store, now).await?;
    let mut human = String::new();
    for note in notes(&judgement).into_iter().chain(said(&subject.demands)) {
        human.push_str(&note);
        human.push('\n');
    }
    let body = json!({
        "subject": subject.hash,
        "devices": subject.devices,
        "assurance": judgement.assurance,
        "refusedSignatures": judgement.refused,
        "demandedBy": subject.demands.keys().collect::<Vec<_>>(),
    });
    let ended = match admission {
        Admission::Approved | Admission::Free => Ended::Done,
        Admission::Denied => Ended::Refused,
        Admission::Waits => Ended::AwaitingApproval,
    };
    Ok(Reply::new(ended, "approved", in_practice(app), body).human(human))
}

fn no_way(subject: &Subject) -> Failure {
    Failure::usage(
        format!(
            "nothing says how: {} devices, hash {}",
            subject.devices, subject.hash
        ),
        "use `--statement FILE`, `--key FILE`, `--signed FILE`, or `--set HASH` without a signature",
    )
}

/// A document that is about something else is not kept.
fn about(subject: &Subject, document: &str) -> Result<(), Failure> {
    let refused = |message: String| {
        Failure::new(Ended::Refused, "not-an-approval", message)
            .remedy("sign the file that `--statement` writes, as it is")
    };
    let document = Document::parse(document).map_err(|error| refused(error.to_string()))?;
    if document.statement().subject != subject.hash {
        return Err(refused(format!(
            "it is about {}, and this is {}",
            plain(&document.statement().subject),
            subject.hash
        )));
    }
    Ok(())
}

fn statement(app: &App, subject: &Subject, path: &PathBuf) -> Result<Reply, Failure> {
    use std::io::Write as _;
    let text = subject.text(Decision::Approve)?;
    std::fs::File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::file(path, &error))?;
    let key = Path::new("KEY");
    let ssh = ssh_keygen_command(key, path);
    let minisign = minisign_command(key, path);
    let at = path.display();
    let human = format!(
        "written to {at}; whoever approves signs it with one of\n  {ssh} && cat {at} {at}.sig > {at}.signed\n  {minisign} && cat {at} {at}.minisig > {at}.signed\nand hands it in with `--signed {at}.signed`\n"
    );
    let body = json!({
        "statement": text,
        "file": at.to_string(),
        "commands": [ssh, minisign],
    });
    Ok(Reply::new(Ended::Done, "approval-statement", in_practice(app), body).human(human))
}
