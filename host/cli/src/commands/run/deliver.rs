//! Passcodes of a run that ended, to where the run file says. A seal lives in the process that
//! read it, so each device is read again.

use std::path::{Path, PathBuf};

use passcode_delivery::{AgeFile, Delivered, Recipients};
use passcode_host::ledger::PlanId;
use passcode_host::{Extension, HostError, plain};
use passcode_ledger::Reported;
use passcode_ledger::run::{Row, RowState, Run};
use passcode_runfile::{Delivery, RunFile};
use passcode_runner::fleet::Label;
use passcode_runner::{Ended, Handover};

use super::{hand_out, short};
use crate::app::App;
use crate::commands::courier::named;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::wiring::Connected;

const PAGE: u32 = 200;

/// So many that were not delivered are named.
const SAID: usize = 5;

/// What is to be delivered, and by whom.
pub(super) struct Delivering<'a> {
    pub(super) app: &'a App,
    pub(super) interrupt: &'a Interrupt,
    pub(super) connected: &'a Connected,
    pub(super) run: &'a Run,
    pub(super) file: &'a RunFile,
    /// Where the files are that the run file names.
    pub(super) folder: &'a Path,
}

/// Whom passcodes are encrypted to, if they are, and into which file.
pub(super) fn recipients(
    file: &RunFile,
    folder: &Path,
) -> Option<Result<(Recipients, PathBuf), Failure>> {
    let Delivery::Age { recipients, file } = &file.delivery else {
        return None;
    };
    let parsed = Recipients::parse(recipients).map_err(|error| {
        Failure::usage(
            format!("`delivery.recipients`: {error}"),
            "a recipient is what `age-keygen` prints as the public key: age1…",
        )
    });
    Some(parsed.map(|recipients| (recipients, folder.join(file))))
}

/// Whether passcodes can go where the run file says. Asked before anything is sent, and not after.
pub(super) fn deliverable(app: &App, file: &RunFile, sends: bool) -> Result<(), Failure> {
    if let Some(recipients) = recipients(file, Path::new("")) {
        recipients?;
    }
    let shown = matches!(file.delivery, Delivery::Terminal) && sends;
    if !shown || app.shows_passcodes() {
        return Ok(());
    }
    let why = if app.has_screen() {
        "the setting `delivery` here is `none`"
    } else {
        "there is none that shows a table"
    };
    Err(Failure::new(
        Ended::Refused,
        "no-terminal",
        format!("the run file delivers passcodes to the terminal, and {why}; nothing was sent"),
    )
    .remedy(
        "carry it out on a terminal (input, output and messages, `-o table`), or write another `delivery`; see docs/run-files.md",
    ))
}

/// The extension that takes passcodes somewhere, if the run file names one. One that cannot be
/// used is found out before anything is sent.
pub(super) async fn courier(
    app: &App,
    connected: &Connected,
    file: &RunFile,
) -> Result<Option<Extension>, Failure> {
    match &file.delivery {
        Delivery::Courier { courier } => named(app, connected, Some(courier)).await,
        _ => Ok(None),
    }
}

/// Deliver what is done and not delivered. What became of it, in words; nothing if the run
/// delivers nothing.
pub(super) async fn deliver(what: &Delivering<'_>) -> Result<Option<String>, Failure> {
    if let Some(courier) = courier(what.app, what.connected, what.file).await? {
        return by_courier(what.connected, what.run, &courier)
            .await
            .map(Some);
    }
    match (&what.file.delivery, recipients(what.file, what.folder)) {
        (_, Some(to)) => {
            let (recipients, path) = to?;
            to_file(what.connected, what.run, &recipients, &path)
                .await
                .map(Some)
        }
        (Delivery::Terminal, None) if what.app.shows_passcodes() => {
            hand_out::hand_out(what).await.map(Some)
        }
        (Delivery::Terminal, None) => Ok(Some(format!(
            "passcodes that were not shown yet are shown on a terminal: `passcode run resume {}{}`",
            short(&what.run.new.id),
            what.app.same_place()
        ))),
        _ => Ok(None),
    }
}

async fn to_file(
    connected: &Connected,
    run: &Run,
    recipients: &Recipients,
    path: &Path,
) -> Result<String, Failure> {
    let failed = |error: passcode_delivery::DeliveryError| {
        Failure::new(Ended::Usage, "delivery", error.to_string()).remedy(
            "nothing is lost: the passcodes stay with Intune for a while; `passcode run resume` delivers what was not delivered, and `passcode reveal` shows one",
        )
    };
    let mut begun: Option<AgeFile> = None;
    let mut written: Vec<String> = Vec::new();
    let (mut after, mut unread) = (0, 0_u64);
    loop {
        let page = connected.store.rows(&run.new.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.new.number;
        for row in page.iter().filter(|row| is_due(row)) {
            let Some(plan) = row.plan else { continue };
            let observed = match connected.runner.look(&plan).await {
                Ok(observed) => observed,
                Err(_) => {
                    unread += 1;
                    continue;
                }
            };
            let Some(passcode) = &observed.passcode else {
                continue;
            };
            let out = match &mut begun {
                Some(out) => out,
                None => begun.insert(AgeFile::begin(path, recipients).map_err(failed)?),
            };
            let label: Label = row
                .label
                .as_deref()
                .and_then(|label| serde_json::from_str(label).ok())
                .unwrap_or_default();
            out.write(&Delivered {
                run: &run.new.id,
                practice: connected.practice,
                number: row.new.number,
                device_id: row.device.as_deref().unwrap_or_default(),
                device_name: Some(&label.name),
                serial: label.serial_number.as_deref(),
                user: label.user.as_deref(),
                plan: &plan.to_string(),
                passcode: passcode.reveal(),
            })
            .map_err(failed)?;
            written.push(observed.attempt.intent.client_request_id);
        }
    }
    let Some(out) = begun else {
        return Ok("no passcodes to deliver".to_owned());
    };
    // Written down first: until it is finished, nobody can read the file.
    let to = format!("age file {}", path.display());
    for name in &written {
        let now = connected.runner.host().now();
        connected.store.deliver(name, now, &to).await?;
    }
    let count = out.finish().map_err(failed)?;
    let more = if unread > 0 {
        format!("; {unread} could not be read and are not in it")
    } else {
        String::new()
    };
    Ok(format!(
        "{count} passcodes are in {}, encrypted{more}",
        plain(&path.display().to_string())
    ))
}

/// One by one, so that each is delivered or not by itself.
async fn by_courier(
    connected: &Connected,
    run: &Run,
    courier: &Extension,
) -> Result<String, Failure> {
    let name = plain(courier.name());
    let (mut after, mut delivered) = (0, 0_u64);
    let mut left: Vec<String> = Vec::new();
    loop {
        let page = connected.store.rows(&run.new.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.new.number;
        for row in page.iter().filter(|row| is_due(row)) {
            let Some(plan) = row.plan else { continue };
            match by_courier_of(connected, &plan, courier).await {
                Ok(None) => {}
                Ok(Some(Handover::Delivered)) => delivered += 1,
                Ok(Some(Handover::NotSent(why) | Handover::NotDelivered(why))) => {
                    left.push(format!("row {}: {why}", row.new.number));
                }
                // What cannot be written down is not gone on with.
                Err(HostError::Ledger(error)) => return Err(HostError::Ledger(error).into()),
                Err(error) => left.push(format!(
                    "row {}: it could not be read: {}",
                    row.new.number,
                    plain(&error.to_string())
                )),
            }
        }
    }
    match (delivered, left.len()) {
        (0, 0) => Ok("no passcodes to deliver".to_owned()),
        (_, 0) => Ok(format!("{delivered} passcodes were delivered by {name}")),
        (_, count) => {
            let first: Vec<&str> = left.iter().take(SAID).map(String::as_str).collect();
            let message = format!(
                "{delivered} passcodes were delivered by {name}, and {count} were not: {}",
                first.join("; ")
            );
            Err(Failure::new(Ended::Partly, "not-delivered", message).remedy(format!(
                "nothing is lost: Intune shows them for a while. `passcode run resume {}` delivers what was not delivered, and `passcode reveal` shows one",
                short(&run.new.id)
            )))
        }
    }
}

async fn by_courier_of(
    connected: &Connected,
    plan: &PlanId,
    courier: &Extension,
) -> Result<Option<Handover>, HostError> {
    let runner = &connected.runner;
    let observed = runner.look(plan).await?;
    let document = runner.action().plan(plan).await?;
    runner.hand_over(&document, &observed, courier).await
}

/// Whether a row is done and nothing of it was delivered.
pub(super) fn is_due(row: &Row) -> bool {
    matches!(RowState::of(row), RowState::Attempted(Reported::Done))
}
