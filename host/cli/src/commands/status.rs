//! `passcode status`: what became of an action, and what was done lately.

use std::collections::HashSet;
use std::time::Duration;

use passcode_host::contract::types::HistoryEntry;
use passcode_host::ledger::{Attempt, PlanId, Sending};
use passcode_host::{parse_rfc3339, rfc3339};
use passcode_ledger::Reported;
use passcode_runner::Ended;
use serde_json::{Value, json};

use super::choose::{Subject, subject, to_look_at};
use super::execute::by_digits;
use crate::app::App;
use crate::args::{DeviceFlags, GrantArgs, NarrowArgs};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{Reply, Rows};
use crate::report::{Report, approval_code};
use crate::terminal::Spinner;
use crate::wiring::{Connected, connect_to_look};

pub(super) struct Wanted {
    pub(super) subject: Option<String>,
    pub(super) device: DeviceFlags,
    pub(super) narrow: NarrowArgs,
    pub(super) wait: Option<Duration>,
    pub(super) limit: u32,
    pub(super) grant: GrantArgs,
}

pub(super) async fn status(
    app: &App,
    interrupt: &Interrupt,
    wanted: Wanted,
) -> Result<Reply, Failure> {
    let subject = subject(wanted.subject.as_deref(), &wanted.device)?;
    let looking = async {
        let connected = connect_to_look(app, wanted.grant.grant.as_deref()).await?;
        match subject {
            Subject::Plan(digits) => {
                let id = by_digits(&connected, &digits).await?;
                of_plan(app, &connected, &id, wanted.wait).await
            }
            Subject::Device(selector) => {
                let device = to_look_at(&connected, selector, &wanted.narrow).await?;
                let newest = connected
                    .runner
                    .attempts_on(&device.id)
                    .await?
                    .into_iter()
                    .next();
                match newest {
                    Some(attempt) => {
                        of_plan(app, &connected, &attempt.intent.plan, wanted.wait).await
                    }
                    None => {
                        app.tell(
                            "nothing of ours was done to this device; Intune's own record says:",
                        );
                        lately(app, &connected, Some(&device.id), wanted.limit).await
                    }
                }
            }
            Subject::Nothing => lately(app, &connected, None, wanted.limit).await,
        }
    };
    interrupt.until(1, looking).await.unwrap_or_else(|| {
        Err(Failure::new(
            Ended::Interrupted,
            "interrupted",
            "interrupted; nothing was sent, and looking changes nothing",
        ))
    })
}

async fn of_plan(
    app: &App,
    connected: &Connected,
    id: &PlanId,
    wait: Option<Duration>,
) -> Result<Reply, Failure> {
    let with_plan = |error| Failure::from(error).plan(*id);
    let standing = connected.runner.standing(id).await.map_err(with_plan)?;
    let (mut observed, mut attempt, mut ended) =
        (standing.observed, standing.attempt, standing.ended);
    let watchable = matches!(ended, Ended::Pending | Ended::Unknown) && observed.is_some();
    if let (Some(limit), Some(tried), true) = (wait, &attempt, watchable) {
        let mut spinner = Spinner::start(app);
        let watched = connected
            .runner
            .watch(id, tried.sending, limit, |seen| {
                spinner.progress(&seen.progress)
            })
            .await;
        ended = watched.ended;
        if let Some(last) = watched.last {
            attempt = Some(last.attempt.clone());
            observed = Some(last);
        }
    }
    let report = Report {
        app,
        document: &standing.document,
        attempt: attempt.as_ref(),
        observed: observed.as_ref(),
        ended,
        passcode: None,
    };
    Ok(
        Reply::new(ended, "result", connected.practice, report.body())
            .rows(report.rows())
            .human(report.human()),
    )
}

/// Intune's record, ours marked, and ours that it does not list.
async fn lately(
    app: &App,
    connected: &Connected,
    device: Option<&str>,
    limit: u32,
) -> Result<Reply, Failure> {
    let entries = connected.runner.history(device, limit).await?;
    let mut ours = connected.runner.recent(limit).await?;
    let waiting = awaiting_approval(&ours);
    ours.retain(|attempt| device.is_none_or(|device| attempt.intent.device == device));
    let mut lines: Vec<Line> = Vec::new();
    for entry in entries {
        let own = likeliest(&ours, &entry);
        let own = own.map(|at| ours.remove(at));
        lines.push(Line {
            entry: Some(entry),
            own,
            waits: false,
        });
    }
    lines.extend(ours.into_iter().map(|own| Line {
        entry: None,
        own: Some(own),
        waits: false,
    }));
    lines.sort_by_key(|line| std::cmp::Reverse(line.at()));
    let mut rows = Rows::list(&[
        "requested",
        "action",
        "state",
        "by",
        "device",
        "user",
        "ours",
        "plan",
    ])
    .sparing(&["user", "plan"]);
    for line in &mut lines {
        line.waits = line.own.as_ref().is_some_and(|own| {
            own.settlement.approval_code.is_some() && waiting.contains(&own.intent.plan)
        });
    }
    for line in &lines {
        rows.push(line.row());
    }
    let items: Vec<Value> = lines.iter().map(Line::json).collect();
    if lines.is_empty() {
        app.tell("no action is on record");
    }
    let body = json!({ "actions": items, "exitCode": 0 });
    Ok(Reply::new(Ended::Done, "actions", connected.practice, body)
        .items("action", connected.practice, items)
        .rows(rows))
}

/// The attempt of ours that an entry of the service most likely is: one that the service took
/// rather than one that nobody knows of, and of those the nearest in time.
fn likeliest(ours: &[Attempt], entry: &HistoryEntry) -> Option<usize> {
    let attempts = ours.iter().enumerate();
    let close = attempts.filter_map(|(at, attempt)| {
        let apart = apart(attempt, entry)?;
        Some((attempt.sending.is_undecided(), apart, at))
    });
    close.min().map(|(_, _, at)| at)
}

/// How far apart in time an entry and an attempt of ours are, if they can be the same: the same
/// device, and within two minutes by the service's clock.
fn apart(attempt: &Attempt, entry: &HistoryEntry) -> Option<time::Duration> {
    let sent = attempt
        .settlement
        .service_date
        .as_deref()
        .and_then(parse_rfc3339)
        .unwrap_or(attempt.intent.at);
    let requested = entry.requested.as_deref().and_then(parse_rfc3339)?;
    let apart = (requested - sent).abs();
    let same = apart < time::Duration::minutes(2)
        && attempt.sending.may_have_touched()
        && entry.device_id.as_deref() == Some(&attempt.intent.device)
        && ["resetPasscode", "removePasscode"]
            .iter()
            .any(|action| entry.action.eq_ignore_ascii_case(action));
    same.then_some(apart)
}

/// The plans of which nothing was executed yet because an approval is missing.
fn awaiting_approval(ours: &[Attempt]) -> HashSet<PlanId> {
    let waits = |own: &&Attempt| own.settlement.approval_code.is_some();
    let over = |own: &&Attempt| own.sending != Sending::NotExecuted;
    let over: HashSet<PlanId> = ours
        .iter()
        .filter(over)
        .map(|own| own.intent.plan)
        .collect();
    ours.iter()
        .filter(waits)
        .map(|own| own.intent.plan)
        .filter(|plan| !over.contains(plan))
        .collect()
}

struct Line {
    entry: Option<HistoryEntry>,
    own: Option<Attempt>,
    /// It waits for another administrator.
    waits: bool,
}

impl Line {
    fn known(&self) -> Option<&'static str> {
        let own = self.own.as_ref()?;
        Some(match self.waits {
            true => "awaiting-approval",
            false => Reported::of(own).as_str(),
        })
    }

    fn at(&self) -> Option<time::OffsetDateTime> {
        let requested = self
            .entry
            .as_ref()
            .and_then(|entry| entry.requested.as_deref());
        requested
            .and_then(parse_rfc3339)
            .or(self.own.as_ref().map(|own| own.intent.at))
    }

    fn json(&self) -> Value {
        let entry = self.entry.as_ref();
        json!({
            "id": entry.map(|entry| &entry.id),
            "action": entry.map_or("resetPasscode", |entry| &entry.action),
            "state": entry.map(|entry| &entry.state),
            "requested": self.at().map(rfc3339),
            "initiatedBy": entry.and_then(|entry| entry.initiated_by.as_ref()),
            "deviceId": entry.map_or(self.own.as_ref().map(|own| &own.intent.device), |entry| entry.device_id.as_ref()),
            "deviceName": entry.and_then(|entry| entry.device_name.as_ref()),
            "userPrincipalName": entry.and_then(|entry| entry.user_principal_name.as_ref()),
            "listedByService": entry.is_some(),
            "ours": self.own.is_some(),
            "plan": self.own.as_ref().map(|own| own.intent.plan),
            "known": self.known(),
            "approvalCode": self.own.as_ref().and_then(|own| approval_code(&own.settlement)),
        })
    }

    fn row(&self) -> Vec<String> {
        let entry = self.entry.as_ref();
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        vec![
            self.at().map(rfc3339).unwrap_or_default(),
            entry.map_or_else(|| "resetPasscode".to_owned(), |entry| entry.action.clone()),
            entry.map_or_else(String::new, |entry| entry.state.clone()),
            text(entry.and_then(|entry| entry.initiated_by.as_ref())),
            entry
                .and_then(|entry| entry.device_name.clone().or(entry.device_id.clone()))
                .or(self.own.as_ref().map(|own| own.intent.device.clone()))
                .unwrap_or_default(),
            text(entry.and_then(|entry| entry.user_principal_name.as_ref())),
            match (self.waits, &self.own) {
                (true, _) => "waiting for approval".to_owned(),
                (false, own) => own
                    .as_ref()
                    .map(|own| Reported::of(own).to_string())
                    .unwrap_or_default(),
            },
            self.own
                .as_ref()
                .map(|own| own.intent.plan.short())
                .unwrap_or_default(),
        ]
    }
}
