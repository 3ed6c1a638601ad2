//! Runs and rows as they are shown.

use std::fmt::Write as _;

use passcode_host::contract::types::{Operator, Proof, Touched};
use passcode_host::plain;
use passcode_ledger::Store;
use passcode_ledger::run::{Row, RowState, Run, RunState, Stage, Tally};
use passcode_report::{RowView, RunView};
use passcode_runfile::RunFile;
use passcode_runner::Ended;
use passcode_runner::fleet::{Label, is_failure};
use serde_json::{Value, json};

use super::approved::Approved;
use super::begin::Kept;
use super::short;
use crate::failure::Failure;
use crate::output::{Reply, Rows};

/// What a run's tally means for whoever branches on it.
pub(super) fn ended(run: &Run, tally: &Tally) -> Ended {
    let count = |outcome: Ended| tally.ended.get(outcome.word()).copied().unwrap_or_default();
    let failed = tally
        .ended
        .iter()
        .any(|(outcome, count)| is_failure(outcome) && *count > 0);
    match run.state {
        RunState::Planning | RunState::Planned if !failed => Ended::Done,
        RunState::Denied => Ended::Refused,
        _ if count(Ended::Unknown) > 0 => Ended::Unknown,
        _ if count(Ended::AwaitingApproval) > 0 => Ended::AwaitingApproval,
        _ if failed => Ended::Partly,
        RunState::Running | RunState::Stopped => Ended::Pending,
        _ if count(Ended::Pending) > 0 => Ended::Pending,
        _ => Ended::Done,
    }
}

/// Whether a device can have been touched, as far as the rows tell.
pub(super) fn touched(tally: &Tally) -> Touched {
    let sent = |outcome: Ended| tally.ended.contains_key(outcome.word());
    if sent(Ended::Unknown) {
        Touched::Unknown
    } else if tally.sent > 0 || sent(Ended::Done) || sent(Ended::Accepted) || sent(Ended::Pending) {
        Touched::Yes
    } else {
        Touched::No
    }
}

pub(super) fn document(run: &Run, tally: &Tally) -> Value {
    let new = &run.new;
    json!({
        "run": new.id,
        "key": new.key,
        "title": new.title,
        "tenant": new.tenant,
        "state": run.state,
        "why": run.why,
        "set": run.set,
        "digest": new.digest,
        "planner": serde_json::from_str::<Value>(&new.planner).unwrap_or_default(),
        "created": passcode_host::rfc3339(new.created),
        "changed": passcode_host::rfc3339(run.changed),
        "tally": tally,
    })
}

/// How a run stands, after something was done with it.
pub(super) async fn standing(
    store: &dyn Store,
    run: &Run,
    practice: bool,
    place: &str,
    delivered: Option<String>,
) -> Result<Reply, Failure> {
    let tally = store.tally(&run.new.id).await?;
    let name = short(&run.new.id);
    let mut human = format!("run {name} ({}): {}\n", run.state, plain(&run.new.title));
    human.push_str(&counts(&tally));
    if let Some(delivered) = &delivered {
        let _ = writeln!(human, "{delivered}");
    }
    if let (RunState::Planned, Some(set)) = (run.state, &run.set) {
        let _ = write!(
            human,
            "\nthe set of {} plans has the hash {set}\nlook at it:   passcode run show {name}{place}\napprove it:   passcode run approve {name}{place} --statement FILE   (signed by another person)\n              passcode run approve {name}{place} --set {set}\ncarry it out: passcode run start {name}{place}\n",
            tally.plans
        );
    }
    if run.state == RunState::Finished {
        let _ = writeln!(
            human,
            "report: passcode run report {name}{place} --to {name}.html"
        );
    }
    let mut body = document(run, &tally);
    if let (Some(delivered), Some(body)) = (delivered, body.as_object_mut()) {
        body.insert("delivered".to_owned(), json!(delivered));
    }
    Ok(Reply::new(ended(run, &tally), "run-status", practice, body)
        .rows(Rows::one(fields(run, &tally)))
        .human(human))
}

pub(super) fn fields(run: &Run, tally: &Tally) -> Vec<(&'static str, String)> {
    vec![
        ("run", run.new.id.clone()),
        ("title", run.new.title.clone()),
        ("state", run.state.to_string()),
        ("rows", tally.rows.to_string()),
        ("plans", tally.plans.to_string()),
        (
            "open",
            (tally.listed + tally.planned + tally.sent).to_string(),
        ),
        ("ended", counted(tally)),
        ("set", run.set.clone().unwrap_or_default()),
    ]
}

fn counted(tally: &Tally) -> String {
    let words: Vec<String> = tally
        .ended
        .iter()
        .map(|(outcome, count)| format!("{count} {outcome}"))
        .collect();
    words.join(", ")
}

fn counts(tally: &Tally) -> String {
    let mut text = format!("  {} rows, {} plans\n", tally.rows, tally.plans);
    for (count, word) in [
        (tally.listed, "not planned yet"),
        (tally.planned, "to be sent"),
        (tally.sent, "sent, not ended"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "  {count} {word}");
        }
    }
    for (outcome, count) in &tally.ended {
        let _ = writeln!(text, "  {count} {}", plain(outcome));
    }
    text
}

/// How many rows are where, as reports count them.
fn counted_by_state(tally: &Tally) -> std::collections::BTreeMap<String, u64> {
    let open = [
        (Stage::Listed, tally.listed),
        (Stage::Planned, tally.planned),
        (Stage::Sent, tally.sent),
    ];
    let open = open.into_iter().filter(|(_, count)| *count > 0);
    let open = open.map(|(stage, count)| (stage.word().to_owned(), count));
    let ended = tally
        .ended
        .iter()
        .map(|(word, count)| (word.clone(), *count));
    open.chain(ended).collect()
}

/// A row for reports and lists.
pub(super) fn row(row: &Row) -> RowView {
    let label: Label = row
        .label
        .as_deref()
        .and_then(|label| serde_json::from_str(label).ok())
        .unwrap_or_default();
    let attempt = row.attempt.as_ref();
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let state = RowState::of(row);
    let ended = row.stage == Stage::Ended;
    RowView {
        number: row.new.number,
        source: row.new.source.clone(),
        device_id: row.device.clone(),
        device_name: Some(label.name).filter(|name| !name.is_empty()),
        serial: label.serial_number,
        user: label.user,
        kind: Some(label.kind).filter(|kind| !kind.is_empty()),
        level: None,
        plan: row.plan.map(|plan| plan.to_string()),
        client_request_id: attempt.map(|one| one.intent.client_request_id.clone()),
        request_id: attempt.and_then(|one| one.settlement.request_id.clone()),
        state: state.word().to_owned(),
        code: text(&row.code),
        message: text(&row.message),
        planned_at: row.planned,
        sent_at: attempt.map(|one| one.intent.at),
        ended_at: ended.then_some(row.changed),
        delivered_at: attempt.and_then(|one| one.delivery()).map(|(at, _)| *at),
        delivered_to: attempt
            .and_then(|one| one.delivery())
            .map(|(_, to)| to.clone()),
    }
}

/// A run for reports.
pub(super) fn run(
    run: &Run,
    tally: &Tally,
    practice: bool,
    approved: Approved,
    audit_head: Option<String>,
) -> RunView {
    let new = &run.new;
    let operator: Option<Operator> = serde_json::from_str(&new.planner).ok();
    let (planner, proof) = match operator {
        Some(operator) => {
            let proof = match operator.proof {
                Proof::SignedIn(kind) => format!("signed in ({kind})"),
                _ => "claimed".to_owned(),
            };
            (operator.name, proof)
        }
        None => ("unknown".to_owned(), "claimed".to_owned()),
    };
    let kept = Kept::of(run).ok();
    let file = kept.as_ref().and_then(|kept| kept.file().ok());
    let action = file.as_ref().map(|file| match file.action {
        passcode_runfile::Action::Reset => "reset",
        passcode_runfile::Action::Remove => "remove",
        passcode_runfile::Action::Auto => "auto",
    });
    let text = |of: fn(&RunFile) -> Option<&str>| file.as_ref().and_then(of).map(str::to_owned);
    RunView {
        id: new.id.clone(),
        key: new.key.clone(),
        title: new.title.clone(),
        tenant: new.tenant.clone(),
        practice,
        action: action.unwrap_or_default().to_owned(),
        digest: Some(new.digest.clone()),
        set: run.set.clone(),
        state: run.state.to_string(),
        planner,
        planner_proof: proof,
        approvals: approved.approvals,
        assurance: approved.assurance.to_owned(),
        created: Some(new.created),
        started: run.started,
        ended: (run.state == RunState::Finished).then_some(run.changed),
        audit_head,
        component_digest: kept.map(|kept| kept.component),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        tally: counted_by_state(tally),
        reason: text(|file| file.reason.as_ref().map(|text| text.as_str())),
        ticket: text(|file| file.ticket.as_ref().map(|text| text.as_str())),
    }
}
