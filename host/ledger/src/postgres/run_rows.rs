//! Rows of runs: who has which, and what is written about them.
//!
//! Whoever writes about rows of a run holds the run's lock, and so does it alone. Claims do not:
//! they pass over what somebody else has at that moment, and never wait.

use std::collections::HashMap;
use std::time::Duration;

use passcode_host::ledger::{LedgerError, PlanId};
use sqlx::postgres::PgRow;

use super::fault::misuse;
use super::locks::Lock;
use super::pool::{Tx, asked};
use super::rows::Reader;
use super::runs::now;
use crate::run::{Claim, NewRow, Row, Stage, Step, Stepped, Tally, duplicate_of};

/// Nothing in here is so far away that adding it to a clock leaves the numbers.
fn microseconds(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).map_or(i64::MAX / 4, |time| time.min(i64::MAX / 4))
}

fn number(at: &str, number: u64) -> Result<i64, LedgerError> {
    i64::try_from(number).map_err(|_| misuse(at, "a row's number is too large"))
}

fn row(at: &str, row: &PgRow) -> Result<Row, LedgerError> {
    let read = Reader { at, row };
    Ok(Row {
        new: NewRow {
            number: read.count("number")?,
            source: read.text("source")?,
            selector: read.text("selector")?,
        },
        stage: Stage::of_word(&read.text("stage")?)
            .ok_or_else(|| read.damaged("an unheard-of stage"))?,
        epoch: read.count("epoch")?,
        device: read.maybe("device")?,
        label: read.maybe("label")?,
        plan: read.maybe_plan_id("plan")?,
        planned: read.maybe_time("planned")?,
        outcome: read.maybe("outcome")?,
        code: read.maybe("code")?,
        message: read.maybe("message")?,
        changed: read.moment("changed")?,
        attempt: None,
    })
}

/// Values of rows, with what their plans' attempts say.
async fn shown(tx: &mut Tx, found: &[PgRow]) -> Result<Vec<Row>, LedgerError> {
    let rows: Result<Vec<Row>, _> = found.iter().map(|found| row(&tx.at, found)).collect();
    let mut rows = rows?;
    let plans: Vec<PlanId> = rows.iter().filter_map(|row| row.plan).collect();
    let counts = tx.that_count(&plans).await?;
    for row in &mut rows {
        row.attempt = row.plan.and_then(|plan| counts.get(&plan).cloned());
    }
    Ok(rows)
}

/// The run's number, if there is such a run; nobody else writes about its rows until the end.
async fn alone(tx: &mut Tx, run: &str) -> Result<Option<i64>, LedgerError> {
    tx.lock(&[Lock::Run(run)]).await?;
    tx.number_of(run).await
}

pub(super) async fn add(tx: &mut Tx, run: &str, rows: &[NewRow]) -> Result<(), LedgerError> {
    let run = alone(tx, run)
        .await?
        .ok_or_else(|| misuse(&tx.at, "there is no run of that name"))?;
    let numbers: Result<Vec<i64>, _> = rows.iter().map(|row| number(&tx.at, row.number)).collect();
    let sources: Vec<&str> = rows.iter().map(|row| row.source.as_str()).collect();
    let selectors: Vec<&str> = rows.iter().map(|row| row.selector.as_str()).collect();
    let written = sqlx::query(concat!(
        "INSERT INTO passcode.run_rows (run, number, source, selector, stage, changed) \
         SELECT $1, new.number, new.source, new.selector, 'listed', ",
        now!(),
        " FROM unnest($2::bigint[], $3::text[], $4::text[]) AS new (number, source, selector) \
         ON CONFLICT (run, number) DO NOTHING"
    ))
    .bind(run)
    .bind(numbers?)
    .bind(sources)
    .bind(selectors)
    .execute(&mut tx.connection);
    asked(&tx.at, written).await.map(drop)
}

pub(super) async fn claim(tx: &mut Tx, claim: &Claim) -> Result<Vec<Row>, LedgerError> {
    let Some(run) = tx.number_of(&claim.run).await? else {
        return Ok(Vec::new());
    };
    let taken = sqlx::query(concat!(
        "WITH clock AS MATERIALIZED (SELECT ",
        now!(),
        " AS now), \
         free AS MATERIALIZED (SELECT number, due FROM passcode.run_rows, clock \
            WHERE run = $1 AND stage = $2 AND stage <> 'ended' AND due <= now \
            AND (until IS NULL OR until <= now) \
            ORDER BY due, number LIMIT $3 FOR UPDATE OF run_rows SKIP LOCKED), \
         taken AS (UPDATE passcode.run_rows AS mine \
            SET owner = $4, until = now + $5, epoch = epoch + 1 FROM free, clock \
            WHERE mine.run = $1 AND mine.number = free.number RETURNING mine.*) \
         SELECT taken.*, plans.created AS planned FROM taken \
            LEFT JOIN passcode.plans ON plans.id = taken.plan ORDER BY number"
    ))
    .bind(run)
    .bind(claim.stage.word())
    .bind(i64::from(claim.limit))
    .bind(&claim.owner)
    .bind(microseconds(claim.lease))
    .fetch_all(&mut tx.connection);
    let taken = asked(&tx.at, taken).await?;
    shown(tx, &taken).await
}

pub(super) async fn renew(
    tx: &mut Tx,
    run: &str,
    owner: &str,
    lease: Duration,
) -> Result<u64, LedgerError> {
    let Some(run) = alone(tx, run).await? else {
        return Ok(0);
    };
    let renewed = sqlx::query(concat!(
        "UPDATE passcode.run_rows SET until = ",
        now!(),
        " + $3 WHERE run = $1 AND owner = $2"
    ))
    .bind(run)
    .bind(owner)
    .bind(microseconds(lease))
    .execute(&mut tx.connection);
    Ok(asked(&tx.at, renewed).await?.rows_affected())
}

pub(super) async fn release(tx: &mut Tx, run: &str, owner: &str) -> Result<(), LedgerError> {
    let Some(run) = alone(tx, run).await? else {
        return Ok(());
    };
    let released = sqlx::query(
        "UPDATE passcode.run_rows SET owner = NULL, until = NULL WHERE run = $1 AND owner = $2",
    )
    .bind(run)
    .bind(owner)
    .execute(&mut tx.connection);
    asked(&tx.at, released).await.map(drop)
}

pub(super) async fn reopen(tx: &mut Tx, run: &str, outcomes: &[&str]) -> Result<u64, LedgerError> {
    let Some(run) = alone(tx, run).await? else {
        return Ok(0);
    };
    let outcomes: Vec<String> = outcomes.iter().map(|&one| one.to_owned()).collect();
    let reopened = sqlx::query(concat!(
        "UPDATE passcode.run_rows SET stage = 'planned', outcome = NULL, due = 0, changed = ",
        now!(),
        " WHERE run = $1 AND stage = 'ended' AND plan IS NOT NULL AND outcome = ANY($2)"
    ))
    .bind(run)
    .bind(outcomes)
    .execute(&mut tx.connection);
    Ok(asked(&tx.at, reopened).await?.rows_affected())
}

/// What a step is judged by.
struct Standing {
    owner: Option<String>,
    epoch: u64,
    plan: Option<PlanId>,
}

/// The rows that steps are about, held until the end.
async fn standing(
    tx: &mut Tx,
    run: i64,
    numbers: &[i64],
) -> Result<HashMap<u64, Standing>, LedgerError> {
    let rows = sqlx::query(
        "SELECT number, owner, epoch, plan FROM passcode.run_rows \
         WHERE run = $1 AND number = ANY($2) ORDER BY number FOR UPDATE",
    )
    .bind(run)
    .bind(numbers)
    .fetch_all(&mut tx.connection);
    let rows = asked(&tx.at, rows).await?;
    let standing = |row| {
        let read = Reader { at: &tx.at, row };
        let standing = Standing {
            owner: read.maybe("owner")?,
            epoch: read.count("epoch")?,
            plan: read.maybe_plan_id("plan")?,
        };
        Ok((read.count("number")?, standing))
    };
    rows.iter().map(standing).collect()
}

pub(super) async fn step(
    tx: &mut Tx,
    run: &str,
    owner: &str,
    steps: &[Step],
) -> Result<Vec<Stepped>, LedgerError> {
    let Some(run) = alone(tx, run).await? else {
        return Ok(vec![Stepped::Lost; steps.len()]);
    };
    // A number that is none is nobody's row.
    let numbers: Vec<i64> = steps
        .iter()
        .filter_map(|step| i64::try_from(step.number).ok())
        .collect();
    let mut there = standing(tx, run, &numbers).await?;
    let mut stepped = Vec::with_capacity(steps.len());
    for step in steps {
        let mine = there.get_mut(&step.number).filter(|standing| {
            standing.owner.as_deref() == Some(owner) && standing.epoch == step.epoch
        });
        let Some(mine) = mine else {
            stepped.push(Stepped::Lost);
            continue;
        };
        // The lease ends with the step: a second one of the same call has none.
        mine.owner = None;
        if let Some(other) = who_has(tx, run, step).await? {
            set_aside(tx, run, step, other).await?;
            stepped.push(Stepped::Duplicate(other));
            continue;
        }
        if step.plan.is_some() && mine.plan.is_some() && step.plan != mine.plan {
            return Err(misuse(&tx.at, "the plan of a row changes to another"));
        }
        mine.plan = mine.plan.or(step.plan);
        write(tx, run, step).await?;
        stepped.push(Stepped::Written);
    }
    Ok(stepped)
}

/// Another row of the run that has the device of a step.
async fn who_has(tx: &mut Tx, run: i64, step: &Step) -> Result<Option<u64>, LedgerError> {
    let Some(device) = &step.device else {
        return Ok(None);
    };
    let found = sqlx::query(
        "SELECT number FROM passcode.run_rows WHERE run = $1 \
         AND device IS NOT NULL AND device_key = lower($2 COLLATE \"C\") AND number <> $3",
    )
    .bind(run)
    .bind(device)
    .bind(number(&tx.at, step.number)?)
    .fetch_optional(&mut tx.connection);
    let found = asked(&tx.at, found).await?;
    found
        .map(|row| {
            Reader {
                at: &tx.at,
                row: &row,
            }
            .count("number")
        })
        .transpose()
}

async fn set_aside(tx: &mut Tx, run: i64, step: &Step, other: u64) -> Result<(), LedgerError> {
    let written = sqlx::query(concat!(
        "UPDATE passcode.run_rows SET stage = 'ended', outcome = 'duplicate', code = 'duplicate', \
         message = $3, label = coalesce($4, label), due = 0, owner = NULL, until = NULL, changed = ",
        now!(),
        " WHERE run = $1 AND number = $2"
    ))
    .bind(run)
    .bind(number(&tx.at, step.number)?)
    .bind(duplicate_of(other))
    .bind(&step.label)
    .execute(&mut tx.connection);
    asked(&tx.at, written).await.map(drop)
}

async fn write(tx: &mut Tx, run: i64, step: &Step) -> Result<(), LedgerError> {
    // Zero: it never had to wait, and goes before all that have.
    let written = sqlx::query(concat!(
        "UPDATE passcode.run_rows SET stage = $3, due = CASE WHEN $4 = 0 THEN 0 ELSE clock.now + $4 END, \
         device = coalesce($5, device), label = coalesce($6, label), \
         plan = coalesce($7, plan), outcome = coalesce($8, outcome), code = coalesce($9, code), \
         message = coalesce($10, message), owner = NULL, until = NULL, \
         changed = CASE WHEN stage = $3 THEN changed ELSE clock.now END \
         FROM (SELECT ",
        now!(),
        " AS now OFFSET 0) AS clock WHERE run = $1 AND number = $2"
    ))
    .bind(run)
    .bind(number(&tx.at, step.number)?)
    .bind(step.to.word())
    .bind(microseconds(step.after))
    .bind(&step.device)
    .bind(&step.label)
    .bind(step.plan.map(|plan| plan.to_string()))
    .bind(&step.outcome)
    .bind(&step.code)
    .bind(&step.message)
    .execute(&mut tx.connection);
    asked(&tx.at, written).await.map(drop)
}

pub(super) async fn list(
    tx: &mut Tx,
    run: &str,
    after: u64,
    limit: u32,
) -> Result<Vec<Row>, LedgerError> {
    let Some(run) = tx.number_of(run).await? else {
        return Ok(Vec::new());
    };
    // None has so high a number.
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let found = sqlx::query(
        "SELECT run_rows.*, plans.created AS planned FROM passcode.run_rows \
         LEFT JOIN passcode.plans ON plans.id = run_rows.plan \
         WHERE run = $1 AND number > $2 ORDER BY number LIMIT $3",
    )
    .bind(run)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(&mut tx.connection);
    let found = asked(&tx.at, found).await?;
    shown(tx, &found).await
}

pub(super) async fn plans(
    tx: &mut Tx,
    run: &str,
    after: u64,
    limit: u32,
) -> Result<Vec<(u64, PlanId)>, LedgerError> {
    let Some(run) = tx.number_of(run).await? else {
        return Ok(Vec::new());
    };
    let found = sqlx::query(
        "SELECT number, plan FROM passcode.run_rows \
         WHERE run = $1 AND number > $2 AND plan IS NOT NULL ORDER BY number LIMIT $3",
    )
    .bind(run)
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(&mut tx.connection);
    let found = asked(&tx.at, found).await?;
    let at = &tx.at;
    let read = found.iter().map(|row| Reader { at, row });
    read.map(|row| Ok((row.count("number")?, row.plan_id("plan")?)))
        .collect()
}

pub(super) async fn tally(tx: &mut Tx, run: &str) -> Result<Tally, LedgerError> {
    let mut tally = Tally::default();
    let Some(run) = tx.number_of(run).await? else {
        return Ok(tally);
    };
    let rows = sqlx::query(concat!(
        "WITH clock AS MATERIALIZED (SELECT ",
        now!(),
        " AS now) \
         SELECT stage, CASE WHEN stage = 'ended' THEN coalesce(outcome, 'ended') END AS word, \
         count(*) AS rows, count(plan) AS plans, \
         count(*) FILTER (WHERE until > now) AS claimed, \
         min(greatest(due - now, 0)) \
            FILTER (WHERE stage <> 'ended' AND (until IS NULL OR until <= now)) AS due_in \
         FROM passcode.run_rows, clock WHERE run = $1 GROUP BY 1, 2"
    ))
    .bind(run)
    .fetch_all(&mut tx.connection);
    for row in asked(&tx.at, rows).await? {
        let read = Reader {
            at: &tx.at,
            row: &row,
        };
        let rows = read.count("rows")?;
        tally.rows += rows;
        tally.plans += read.count("plans")?;
        tally.claimed += read.count("claimed")?;
        match (read.text("stage")?.as_str(), read.maybe("word")?) {
            ("listed", _) => tally.listed += rows,
            ("planned", _) => tally.planned += rows,
            ("sent", _) => tally.sent += rows,
            (_, Some(word)) => *tally.ended.entry(word).or_default() += rows,
            _ => return Err(read.damaged("an unheard-of stage")),
        }
        let due: Option<i64> = read.get("due_in")?;
        // Rounded up: whoever waits so long finds it due.
        let due = due.map(|microseconds| microseconds.unsigned_abs().div_ceil(1_000));
        tally.due_in = [tally.due_in, due].into_iter().flatten().min();
    }
    Ok(tally)
}
