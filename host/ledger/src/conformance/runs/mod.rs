//! What any [`RunLedger`] has to do, as tests that take the ledger as an argument.
//!
//! Leases are counted by the store's own clock, so these tests really wait, for some hundreds of
//! milliseconds.

mod begin;
mod claims;
mod fleet;
mod lists;
mod steps;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use passcode_host::ledger::{SendLedger, StoredPlan};
use time::OffsetDateTime;

use super::{TENANT, plan};
use crate::run::{Claim, NewRow, NewRun, Row, RunLedger, Stage, Step, Stepped};

/// A ledger that keeps runs and what is sent in them.
pub trait Runs: SendLedger + RunLedger {}

impl<L> Runs for L where L: SendLedger + RunLedger {}

/// A handle on a store.
pub type RunHandle = Arc<dyn Runs>;

/// Run every case but the races. `open` as for [`every_rule`](super::every_rule); the numbers of
/// its stores begin at 20.
pub async fn every_rule_of_runs<F, R>(open: F)
where
    F: Fn(u32) -> R,
    R: Future<Output = RunHandle>,
{
    begin::beginnings(open(20).await, open(20).await).await;
    begin::names(open(21).await).await;
    begin::moves(open(22).await, open(22).await).await;
    begin::approvals(open(23).await, open(23).await).await;
    claims::order(open(24).await, open(24).await).await;
    claims::leases(open(25).await, open(25).await).await;
    claims::release(open(26).await, open(26).await).await;
    steps::fencing(open(27).await, open(27).await).await;
    steps::what_is_written(open(28).await, open(28).await).await;
    steps::reopened(open(36).await, open(36).await).await;
    steps::duplicates(open(29).await).await;
    steps::plans_stay(open(30).await).await;
    lists::paging(open(31).await, open(31).await).await;
    lists::attempts(open(32).await).await;
    lists::tally(open(33).await).await;
    lists::last_sent(open(34).await).await;
    lists::plans(open(35).await).await;
}

/// Let workers on two handles compete for the rows of one run, some of them dying with what they
/// hold: no row is held twice at a time, and every row is ended exactly once.
pub async fn races_for_rows<F, R>(open: F, rows: u64)
where
    F: Fn(u32) -> R,
    R: Future<Output = RunHandle>,
{
    fleet::workers(&[open(40).await, open(40).await], rows).await;
    fleet::one_device(&[open(41).await, open(41).await], rows).await;
}

/// Longer than any test takes between two of its steps.
const LONG: Duration = Duration::from_secs(600);

fn new_run(id: &str, key: Option<&str>) -> NewRun {
    NewRun {
        id: id.to_owned(),
        key: key.map(str::to_owned),
        tenant: TENANT.to_owned(),
        title: "spring cleaning".to_owned(),
        digest: "d1".repeat(32),
        document: r#"{"action":"reset"}"#.to_owned(),
        planner: r#"{"name":"ada@contoso.example","id":null,"proof":"claimed"}"#.to_owned(),
        created: OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000),
    }
}

fn new_row(number: u64) -> NewRow {
    NewRow {
        number,
        source: format!("devices.csv:{}", number + 1),
        selector: format!(r#"{{"serial":"S{number}"}}"#),
    }
}

/// A run with rows 1 to `rows`, all listed.
async fn listed(ledger: &dyn Runs, id: &str, rows: u64) {
    ledger.begin_run(&new_run(id, None)).await.expect("a run");
    let rows: Vec<_> = (1..=rows).map(new_row).collect();
    ledger.add_rows(id, &rows).await.expect("rows are added");
}

fn wish(run: &str, owner: &str, stage: Stage, limit: u32, lease: Duration) -> Claim {
    Claim {
        run: run.to_owned(),
        owner: owner.to_owned(),
        stage,
        limit,
        lease,
    }
}

async fn taken(ledger: &dyn Runs, run: &str, owner: &str, stage: Stage, limit: u32) -> Vec<Row> {
    ledger
        .claim(&wish(run, owner, stage, limit, LONG))
        .await
        .expect("a claim")
}

fn numbers(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|row| row.new.number).collect()
}

/// A step that says where the row is, and nothing else.
fn to(row: &Row, stage: Stage) -> Step {
    Step {
        number: row.new.number,
        epoch: row.epoch,
        to: stage,
        after: Duration::ZERO,
        device: None,
        label: None,
        plan: None,
        outcome: None,
        code: None,
        message: None,
    }
}

/// A step to `planned`, of a device and a plan that is kept.
async fn planned(ledger: &dyn Runs, row: &Row, device: &str) -> (Step, StoredPlan) {
    let plan = plan(device, "a");
    ledger.keep_plan(&plan).await.expect("a plan is kept");
    let step = Step {
        device: Some(device.to_owned()),
        label: Some(format!(r#"{{"name":"{device}"}}"#)),
        plan: Some(plan.id),
        ..to(row, Stage::Planned)
    };
    (step, plan)
}

/// Claim one row, by number, and take one step with it.
async fn step(ledger: &dyn Runs, run: &str, owner: &str, step: Step) -> Stepped {
    let mut done = ledger.step(run, owner, &[step]).await.expect("a step");
    assert_eq!(done.len(), 1, "one answer for one step");
    done.remove(0)
}

async fn row(ledger: &dyn Runs, run: &str, number: u64) -> Row {
    let mut found = ledger.rows(run, number - 1, 1).await.expect("rows");
    assert_eq!(numbers(&found), [number]);
    found.remove(0)
}
