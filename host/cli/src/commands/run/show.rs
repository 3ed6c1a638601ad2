//! `run list`, `run show`, `run stop`.

use passcode_ledger::run::{Row, RowState, RunState};
use passcode_runner::Ended;
use serde_json::json;

use super::{named, short, views};
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring::{in_practice, records};

/// How many rows are read at once.
const PAGE: u32 = 1_000;

pub(super) async fn list(app: &App, limit: u32) -> Result<Reply, Failure> {
    let (store, _) = records(app).await?;
    let head = [
        "run", "title", "state", "rows", "plans", "open", "ended", "created",
    ];
    let mut rows = Rows::list(&head).sparing(&["plans", "created"]);
    let mut items = Vec::new();
    for run in store.runs(limit).await? {
        let tally = store.tally(&run.new.id).await?;
        let mut line: Vec<String> = views::fields(&run, &tally)
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        line.pop();
        if let Some(name) = line.first_mut() {
            *name = short(&run.new.id).to_owned();
        }
        line.push(passcode_host::rfc3339(run.new.created));
        rows.push(line);
        items.push(views::document(&run, &tally));
    }
    let practice = in_practice(app);
    Ok(
        Reply::new(Ended::Done, "runs", practice, json!({"runs": items}))
            .items("run-status", practice, items)
            .rows(rows),
    )
}

pub(super) async fn show(
    app: &App,
    name: &str,
    states: &[String],
    limit: usize,
) -> Result<Reply, Failure> {
    let (store, _) = records(app).await?;
    let run = named(&*store, name).await?;
    let tally = store.tally(&run.new.id).await?;
    let wanted = |row: &Row| {
        let state = RowState::of(row);
        states.is_empty() || states.iter().any(|one| one == state.word())
    };
    let (mut shown, mut after, mut more) = (Vec::new(), 0, false);
    'pages: loop {
        let page = store.rows(&run.new.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.new.number;
        for row in page.iter().filter(|row| wanted(row)) {
            if shown.len() == limit {
                more = true;
                break 'pages;
            }
            shown.push(views::row(row));
        }
    }
    let head = [
        "row", "state", "device", "serial", "user", "kind", "code", "message", "source",
    ];
    let mut rows = Rows::list(&head).sparing(&["source", "kind", "user", "message"]);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    for row in &shown {
        rows.push(vec![
            row.number.to_string(),
            row.state.clone(),
            text(&row.device_name),
            text(&row.serial),
            text(&row.user),
            text(&row.kind),
            text(&row.code),
            text(&row.message),
            row.source.clone(),
        ]);
    }
    let of = if more {
        format!("; the first {limit} are shown")
    } else {
        String::new()
    };
    app.tell(&format!(
        "run {} is {}: {} rows{of}",
        short(&run.new.id),
        run.state,
        tally.rows
    ));
    let mut body = views::document(&run, &tally);
    if let Some(body) = body.as_object_mut() {
        body.insert("devices".to_owned(), json!(shown));
        body.insert("more".to_owned(), json!(more));
    }
    Ok(Reply::new(
        views::ended(&run, &tally),
        "run-devices",
        in_practice(app),
        body,
    )
    .items(
        "run-device",
        in_practice(app),
        shown.iter().map(|row| json!(row)),
    )
    .rows(rows))
}

pub(super) async fn stop(app: &App, name: &str) -> Result<Reply, Failure> {
    let (store, _) = records(app).await?;
    let run = named(&*store, name).await?;
    let id = &run.new.id;
    let (from, to) = ([RunState::Running], RunState::Stopped);
    if !store.move_run(id, &from, to, Some("stopped"), None).await? && run.state != to {
        return Err(Failure::new(
            Ended::Refused,
            "not-running",
            format!(
                "run {} is {}, so there is nothing to stop",
                short(id),
                run.state
            ),
        )
        .remedy("`passcode run list` shows how runs stand"));
    }
    let tally = store.tally(id).await?;
    let body = views::document(&named(&*store, id).await?, &tally);
    let human = format!(
        "run {} is stopped; what is in flight is finished by whoever sent it\ngo on with: passcode run resume {}{}\n",
        short(id),
        short(id),
        app.same_place()
    );
    Ok(Reply::new(Ended::Done, "run-status", in_practice(app), body).human(human))
}
