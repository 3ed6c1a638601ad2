//! What the ledger promises, on files, as a program that uses it sees it. The patches that take a
//! promise away name these tests.

use std::pin::Pin;
use std::sync::Arc;

use passcode_host::ledger::SendLedger as _;
use passcode_ledger::SqliteLedger;
use passcode_ledger::conformance::{
    every_rule_of_audit, every_rule_of_runs, intent, plan, races_for_rows,
};
use passcode_ledger::run::{Claim, NewRow, NewRun, RunLedger as _, Stage, Step};
use tokio::task::JoinSet;

/// Store `n` of a folder.
macro_rules! stores {
    ($home:expr, $handle:ident) => {{
        let folder = $home.path().to_owned();
        move |number: u32| -> Pin<Box<dyn Future<Output = _> + Send>> {
            let path = folder.join(format!("{number}.db"));
            Box::pin(async move {
                let ledger = SqliteLedger::open(path, true).await.expect("a ledger");
                Arc::new(ledger) as passcode_ledger::conformance::$handle
            })
        }
    }};
}

#[tokio::test]
async fn runs_are_kept_as_every_ledger_keeps_them() {
    let home = tempfile::tempdir().expect("a folder");
    every_rule_of_runs(stores!(home, RunHandle)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_is_held_by_two() {
    let home = tempfile::tempdir().expect("a folder");
    races_for_rows(stores!(home, RunHandle), 120).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_written_stands_in_the_audit_chain() {
    let home = tempfile::tempdir().expect("a folder");
    every_rule_of_audit(stores!(home, StoreHandle)).await;
}

/// Of many that write at once, each looks, as soon as it is answered, whether another process
/// would find what it wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_confirmed_is_committed() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("ledger.db");
    let mine = Arc::new(SqliteLedger::open(&path, true).await.expect("a ledger"));
    let other = Arc::new(SqliteLedger::open(&path, true).await.expect("a ledger"));
    let mut all = JoinSet::new();
    for task in 0..50 {
        let (mine, other) = (mine.clone(), other.clone());
        all.spawn(async move {
            for round in 0..6 {
                let name = format!("{task}-{round}");
                let plan = plan(&name, "a");
                mine.keep_plan(&plan).await.expect("kept");
                let found = other.plan(&plan.id).await.expect("a look");
                assert_eq!(found.as_ref(), Some(&plan), "{name}: confirmed too early");
                mine.intend(&intent(&plan, &name)).await.expect("an intent");
                let found = other.attempts(&plan.id).await.expect("a look");
                assert_eq!(found.len(), 1, "{name}: confirmed too early");
            }
        });
    }
    while let Some(done) = all.join_next().await {
        done.expect("no task found less than it was told");
    }
}

/// Of many that are written together one is refused, after it wrote something: that is undone, and
/// its neighbours are not.
#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("ledger.db");
    let ledger = SqliteLedger::open(&path, true).await.expect("a ledger");
    let mut intents = Vec::new();
    for at in 0..8 {
        let name = format!("beside-{at}");
        let plan = plan(&name, "a");
        ledger.keep_plan(&plan).await.expect("kept");
        intents.push(intent(&plan, &name));
    }
    ledger.begin_run(&new_run()).await.expect("a run");
    let rows = [1, 2].map(|number| NewRow {
        number,
        source: format!("devices.csv:{number}"),
        selector: "{}".to_owned(),
    });
    ledger.add_rows("run", &rows).await.expect("rows");
    let claim = Claim {
        run: "run".to_owned(),
        owner: "worker".to_owned(),
        stage: Stage::Listed,
        limit: 2,
        lease: std::time::Duration::from_secs(600),
    };
    let held = ledger.claim(&claim).await.expect("a claim");
    // The first is written before the second is found to be impossible.
    let steps = [None, Some(plan("never", "kept").id)].map(|plan| Step {
        number: if plan.is_some() { 2 } else { 1 },
        epoch: 1,
        to: Stage::Ended,
        after: std::time::Duration::ZERO,
        device: None,
        label: None,
        plan,
        outcome: None,
        code: None,
        message: None,
    });
    let refused = ledger.step("run", "worker", &steps);
    // The first of those beside it may be written alone; what came meanwhile is not.
    let beside = futures::future::join_all(intents.iter().map(|one| ledger.intend(one)));
    let (beside, refused) = tokio::join!(beside, refused);
    assert!(refused.is_err());
    for written in beside {
        written.expect("its neighbours are written");
    }
    assert_eq!(ledger.rows("run", 0, 9).await.expect("rows"), held);
    assert_eq!(ledger.recent(9).await.expect("attempts").len(), 8);
}

fn new_run() -> NewRun {
    NewRun {
        id: "run".to_owned(),
        key: None,
        tenant: "t".to_owned(),
        title: "t".to_owned(),
        digest: "d".to_owned(),
        document: "{}".to_owned(),
        planner: "{}".to_owned(),
        created: time::OffsetDateTime::UNIX_EPOCH,
    }
}
