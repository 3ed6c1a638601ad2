//! `passcode reveal`: read Graph again and show the passcode. Nothing of it was stored.

use std::fs::OpenOptions;
use std::io::Write as _;

use passcode_host::contract::types::{Device, Effect};
use passcode_host::ledger::{Attempt, PlanId};
use passcode_host::{Extension, Passcode, rfc3339};
use passcode_runner::{Ended, Shown};
use serde_json::{Value, json};

use super::carry::delivery;
use super::choose::{Subject, subject, to_look_at};
use super::courier;
use super::deliver::{Delivering, deliver};
use super::execute::by_digits;
use crate::app::App;
use crate::args::{DeviceFlags, GrantArgs, NarrowArgs};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{Reply, Rows};
use crate::report::listed;
use crate::terminal::{self, Showing};
use crate::wiring::{Connected, connect_to_look};

/// How long Intune shows a passcode.
const SHOWN_FOR: time::Duration = time::Duration::days(7);

pub(super) struct Wanted {
    pub(super) subject: Option<String>,
    pub(super) device: DeviceFlags,
    pub(super) narrow: NarrowArgs,
    pub(super) any: bool,
    pub(super) print: bool,
    /// The extension that takes the passcode somewhere.
    pub(super) courier: Option<String>,
    pub(super) grant: GrantArgs,
}

pub(super) async fn reveal(
    app: &App,
    interrupt: &Interrupt,
    wanted: Wanted,
) -> Result<Reply, Failure> {
    let subject = subject(wanted.subject.as_deref(), &wanted.device)?;
    if wanted.any && wanted.courier.is_some() {
        return Err(Failure::usage(
            "a courier delivers passcodes of our own actions, and `--any` shows those of others",
            "leave out `--any`, or `--deliver`",
        ));
    }
    let connected = connect_to_look(app, wanted.grant.grant.as_deref()).await?;
    let plan = match subject {
        Subject::Plan(digits) => by_digits(&connected, &digits).await?,
        Subject::Device(selector) => {
            let device = to_look_at(&connected, selector, &wanted.narrow).await?;
            if wanted.any {
                return any(app, interrupt, &connected, &device, wanted.print).await;
            }
            newest_on(&connected, &device).await?
        }
        Subject::Nothing => only_one(&connected).await?,
    };
    if wanted.any {
        let document = connected.runner.action().plan(&plan).await?;
        let device = document.plan.proposal.device;
        return any(app, interrupt, &connected, &device, wanted.print).await;
    }
    let courier = courier::named(app, &connected, wanted.courier.as_deref()).await?;
    own(app, interrupt, &connected, plan, (wanted.print, courier)).await
}

/// The result of an action of ours.
async fn own(
    app: &App,
    interrupt: &Interrupt,
    connected: &Connected,
    plan: PlanId,
    (print, courier): (bool, Option<Extension>),
) -> Result<Reply, Failure> {
    let looking = connected.runner.standing(&plan);
    let standing = interrupt
        .until(1, looking)
        .await
        .ok_or_else(Failure::interrupted)?
        .map_err(|error| Failure::from(error).plan(plan))?;
    let has_one = standing
        .observed
        .as_ref()
        .is_some_and(|seen| seen.passcode.is_some());
    if standing.ended == Ended::Done && !has_one {
        return Err(nothing_to_show(&standing.document.plan.proposal.effect).plan(plan));
    }
    deliver(
        app,
        interrupt,
        connected,
        Delivering {
            document: &standing.document,
            attempt: standing.attempt.as_ref(),
            observed: standing.observed.as_ref(),
            ended: standing.ended,
            print,
            courier: courier.as_ref(),
            error: None,
        },
    )
    .await
}

fn nothing_to_show(effect: &Effect) -> Failure {
    match effect {
        Effect::RemovePasscode => Failure::new(
            Ended::Refused,
            "no-passcode",
            "the passcode was removed, so there is none to show",
        )
        .remedy("the user sets a new one in Settings"),
        _ => Failure::new(
            Ended::Failed,
            "no-passcode",
            "Intune says that it is done, but shows no passcode",
        )
        .remedy("it is shown for seven days, and to those who may read it; reset it again with a new plan"),
    }
}

async fn newest_on(connected: &Connected, device: &Device) -> Result<PlanId, Failure> {
    let attempts = connected.runner.attempts_on(&device.id).await?;
    let newest = attempts
        .iter()
        .find(|attempt| attempt.sending.may_have_touched());
    newest.map(|attempt| attempt.intent.plan).ok_or_else(|| {
        Failure::new(
            Ended::NotFound,
            "nothing-of-ours",
            format!("nothing of ours was done to {}", terminal::called(device)),
        )
        .remedy("a passcode that somebody else made is shown with `--any`")
    })
}

/// Without a name, only if there is no doubt.
async fn only_one(connected: &Connected) -> Result<PlanId, Failure> {
    let since = connected.runner.host().now() - SHOWN_FOR;
    let mut attempts = connected.runner.recent(100).await?;
    attempts.retain(|attempt| attempt.sending.may_have_touched() && attempt.intent.at > since);
    match attempts.as_slice() {
        [one] => Ok(one.intent.plan),
        [] => Err(Failure::new(
            Ended::NotFound,
            "nothing-of-ours",
            "nothing of ours was done in the last seven days",
        )
        .remedy("name a device, and add `--any` for a passcode that somebody else made")),
        several => {
            let mut failure = Failure::new(
                Ended::NotFound,
                "several-actions",
                format!(
                    "{} actions of ours are younger than seven days",
                    several.len()
                ),
            )
            .remedy("name a plan or a device; `passcode status` lists them");
            failure
                .more
                .insert("plans".to_owned(), several.iter().map(line).collect());
            Err(failure)
        }
    }
}

fn line(attempt: &Attempt) -> Value {
    json!({
        "plan": attempt.intent.plan,
        "deviceId": attempt.intent.device,
        "sentAt": rfc3339(attempt.intent.at),
    })
}

/// Every passcode that the device lists, foreign ones marked.
async fn any(
    app: &App,
    interrupt: &Interrupt,
    connected: &Connected,
    device: &Device,
    print: bool,
) -> Result<Reply, Failure> {
    let shown = interrupt
        .until(1, connected.runner.results(&device.id))
        .await
        .ok_or_else(Failure::interrupted)??;
    let newest = shown.iter().find(|one| one.passcode.is_some());
    let to = delivery(print, app.has_screen());
    if let (Some(newest), true) = (newest, print || app.has_screen()) {
        // Printed are all of them, on the screen the newest.
        for one in &shown {
            if one.passcode.is_some() && (print || std::ptr::eq(one, newest)) {
                write_down(connected, device, one, to).await?;
            }
        }
        if let (false, Some(passcode)) = (print, &newest.passcode) {
            show(app, interrupt, device, newest, passcode).await;
        }
    }
    let ended = if newest.is_some() {
        Ended::Done
    } else {
        Ended::NotFound
    };
    if newest.is_none() {
        app.tell("the device lists no passcode");
    }
    let items: Vec<Value> = shown.iter().map(|one| item(one, print)).collect();
    let mut rows = Rows::list(&[
        "started",
        "state",
        "passcodeAvailable",
        "ours",
        "plan",
        "passcode",
    ]);
    for one in &shown {
        rows.push(row(one, print));
    }
    let body = json!({
        "device": { "id": device.id, "name": device.name, "serialNumber": device.serial_number, "userPrincipalName": device.user_principal_name, "kind": device.kind },
        "results": items,
        "exitCode": crate::exit::number(ended),
    });
    Ok(Reply::new(ended, "passcodes", connected.practice, body)
        .items("passcode", connected.practice, items)
        .rows(rows))
}

fn item(one: &Shown, print: bool) -> Value {
    let mut item = listed(&one.result);
    if let Some(object) = item.as_object_mut() {
        object.insert("ours".to_owned(), json!(one.ours.is_some()));
        object.insert(
            "plan".to_owned(),
            json!(one.ours.as_ref().map(|own| own.intent.plan)),
        );
        object.insert(
            "passcodeAvailable".to_owned(),
            json!(one.passcode.is_some()),
        );
        if let (true, Some(passcode)) = (print, &one.passcode) {
            object.insert("passcode".to_owned(), json!(passcode.reveal()));
        }
    }
    item
}

fn row(one: &Shown, print: bool) -> Vec<String> {
    let passcode = one.passcode.as_ref().filter(|_| print);
    vec![
        one.result.started.clone().unwrap_or_default(),
        one.result.state.clone(),
        one.passcode.is_some().to_string(),
        if one.ours.is_some() {
            "ours"
        } else {
            "made elsewhere"
        }
        .to_owned(),
        one.ours
            .as_ref()
            .map(|own| own.intent.plan.short())
            .unwrap_or_default(),
        passcode
            .map(|passcode| passcode.reveal().to_owned())
            .unwrap_or_default(),
    ]
}

async fn show(app: &App, interrupt: &Interrupt, device: &Device, one: &Shown, passcode: &Passcode) {
    let when = one
        .result
        .started
        .clone()
        .unwrap_or_else(|| "an unknown time".to_owned());
    let whose = match &one.ours {
        Some(own) => format!("Made by plan {} at {when}.", own.intent.plan.short()),
        None => format!("MADE ELSEWHERE, not by this tool or not provably so, at {when}."),
    };
    let showing = Showing {
        title: format!("Temporary passcode of {}", terminal::called(device)),
        level: whose,
        notes: vec![
            "Which lock it opens is not on record here; `passcode explain` says what the documents say.".to_owned(),
            "Intune shows it for seven days after it was made.".to_owned(),
        ],
    };
    if !terminal::show(interrupt, &showing, passcode).await {
        app.tell("the terminal could not show it; print it with `--reveal`");
    }
}

/// Before it is shown. Our own go into the ledger; a foreign one has no attempt there, so it
/// is written beside it, on the disk before anybody sees it.
async fn write_down(
    connected: &Connected,
    device: &Device,
    one: &Shown,
    to: &str,
) -> Result<(), Failure> {
    let now = connected.runner.host().now();
    if let Some(own) = &one.ours {
        let written = connected
            .runner
            .ledger()
            .deliver(&own.intent.client_request_id, now, to)
            .await;
        return written.map_err(|error| passcode_host::HostError::Ledger(error).into());
    }
    let identity = connected.runner.host().whoami("graph").await?;
    let entry = json!({
        "at": rfc3339(now),
        "tenant": connected.runner.tenant().await?,
        "device": device.id,
        "started": one.result.started,
        "to": to,
        "operator": identity.name,
        "practice": connected.practice,
    });
    let path = connected.folder.join("disclosures.jsonl");
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| {
            file.write_all(format!("{entry}\n").as_bytes())?;
            file.sync_all()
        });
    written.map_err(|error| {
        let mut failure = Failure::file(&path, &error);
        failure.ended = Ended::Refused;
        failure.message = format!(
            "the passcode is not shown, because that could not be written down: {}",
            failure.message
        );
        failure
    })
}
