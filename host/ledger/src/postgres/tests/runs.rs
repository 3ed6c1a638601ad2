//! Runs: the suite that every ledger passes, and that the tables keep what was promised about them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passcode_test_postgres::Server;

use super::{Opening, by_hand, open};
use crate::PostgresLedger;
use crate::conformance::{RunHandle, every_rule_of_runs, races_for_rows};
use crate::postgres::{pool, run_rows};
use crate::run::{Claim, NewRow, NewRun, Row, RunLedger as _, Stage};

fn stores(server: &'static Server) -> impl Fn(u32) -> Opening<RunHandle> {
    let made: Arc<Mutex<HashMap<u32, String>>> = Arc::default();
    move |number| {
        let mut made = made.lock().unwrap();
        let url = made.entry(number).or_insert_with(|| server.database());
        let url = url.clone();
        Box::pin(async move { Arc::new(open(&url).await) as RunHandle })
    }
}

#[tokio::test]
async fn a_database_keeps_every_rule_of_runs() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    every_rule_of_runs(stores(server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_is_held_twice_and_none_is_forgotten() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    races_for_rows(stores(server), 300).await;
}

/// Neither waits for a claim that is not committed yet, nor takes what it takes.
#[tokio::test]
async fn a_claim_passes_over_what_another_takes_at_that_moment() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let (ledger, other) = (open(&url).await, open(&url).await);
    let run = begun(&ledger, 4).await;
    let wish = |owner: &str| Claim {
        run: run.clone(),
        owner: owner.to_owned(),
        stage: Stage::Listed,
        limit: 2,
        lease: Duration::from_secs(60),
    };
    let mut tx = ledger.pool.begin(pool::WRITE).await.unwrap();
    let mine = run_rows::claim(&mut tx, &wish("mine")).await;
    let yours = wish("yours");
    let yours = other.claim(&yours);
    let yours = tokio::time::timeout(Duration::from_secs(5), yours).await;
    let mine = tx.end(mine).await.unwrap();
    let numbers = |rows: &[Row]| rows.iter().map(|row| row.new.number).collect::<Vec<_>>();
    assert_eq!(numbers(&mine), [1, 2]);
    assert_eq!(numbers(&yours.expect("it does not wait").unwrap()), [3, 4]);
}

/// A run with so many rows; its name.
async fn begun(ledger: &PostgresLedger, rows: u64) -> String {
    let run = NewRun {
        id: "77777777-0000-4000-8000-000000000007".to_owned(),
        key: None,
        tenant: "contoso.example".to_owned(),
        title: "a run".to_owned(),
        digest: "d1".repeat(32),
        document: "{}".to_owned(),
        planner: "{}".to_owned(),
        created: time::OffsetDateTime::UNIX_EPOCH,
    };
    ledger.begin_run(&run).await.unwrap();
    let rows: Vec<NewRow> = (1..=rows)
        .map(|number| NewRow {
            number,
            source: format!("devices.csv:{}", number + 1),
            selector: "{}".to_owned(),
        })
        .collect();
    ledger.add_rows(&run.id, &rows).await.unwrap();
    run.id
}

#[tokio::test]
async fn nothing_of_a_run_is_removed_or_changed() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    begun(&ledger, 1).await;
    let approval = crate::run::KeptApproval {
        subject: "aa".repeat(32),
        document: "{}".to_owned(),
        at: time::OffsetDateTime::UNIX_EPOCH,
    };
    ledger.keep_approval(&approval).await.unwrap();
    by_hand(
        &url,
        "UPDATE passcode.runs SET plan_set = 'one'; \
         UPDATE passcode.run_rows SET epoch = 3, owner = 'w', until = 0",
    )
    .await
    .unwrap();
    for sql in [
        "DELETE FROM passcode.run_rows",
        "DELETE FROM passcode.runs",
        "DELETE FROM passcode.approvals",
        "DELETE FROM passcode.audit",
        "TRUNCATE passcode.run_rows",
        "TRUNCATE passcode.runs CASCADE",
        "TRUNCATE passcode.approvals",
        "TRUNCATE passcode.audit",
        "UPDATE passcode.runs SET document = '{}'",
        "UPDATE passcode.runs SET plan_set = 'another'",
        "UPDATE passcode.runs SET plan_set = NULL",
        "UPDATE passcode.run_rows SET selector = '{}'",
        "UPDATE passcode.run_rows SET epoch = 2",
        "UPDATE passcode.run_rows SET owner = 'another'",
        "UPDATE passcode.approvals SET document = ''",
        "UPDATE passcode.audit SET body = ''",
        "INSERT INTO passcode.audit SELECT 9, body, hash, key, signature FROM passcode.audit LIMIT 1",
    ] {
        let said = by_hand(&url, sql).await.expect_err(sql);
        assert!(said.contains("never"), "{sql}: {said}");
    }
}
