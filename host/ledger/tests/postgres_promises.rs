//! What the ledger promises in a PostgreSQL database, as a program that uses it sees it. The patches
//! that take a promise away name these tests.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use passcode_host::ledger::SendLedger as _;
use passcode_ledger::PostgresLedger;
use passcode_ledger::conformance::{
    every_rule_of_audit, every_rule_of_runs, intent, plan, races, races_for_rows,
};

/// Database `n` of a case.
macro_rules! stores {
    ($server:ident, $handle:ident) => {{
        let made: Arc<Mutex<HashMap<u32, String>>> = Arc::default();
        move |number: u32| -> Pin<Box<dyn Future<Output = _> + Send>> {
            let mut made = made.lock().expect("nobody panicked with it");
            let url = made.entry(number).or_insert_with(|| $server.database());
            let url = url.clone();
            Box::pin(async move {
                let ledger = PostgresLedger::open(&url, true).await.expect("a ledger");
                Arc::new(ledger) as passcode_ledger::conformance::$handle
            })
        }
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_machines_exactly_one_may_send() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    races(stores!(server, Handle), 100).await;
}

#[tokio::test]
async fn runs_are_kept_as_every_ledger_keeps_them() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    every_rule_of_runs(stores!(server, RunHandle)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_is_held_by_two() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    races_for_rows(stores!(server, RunHandle), 120).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_written_stands_in_the_audit_chain() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    every_rule_of_audit(stores!(server, StoreHandle)).await;
}

/// Its administrator made commits cheap: what others confirm is gone after a power failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_confirmed_outlives_the_server_whatever_is_usual_there() {
    let cheap = ["synchronous_commit = off", "wal_writer_delay = 10s"];
    let Some(server) = passcode_test_postgres::own(&cheap) else {
        return;
    };
    let url = server.database();
    let ledger = PostgresLedger::open(&url, false).await.expect("a ledger");
    for round in 0..5 {
        let plan = plan(&format!("device-{round}"), "a");
        ledger.keep_plan(&plan).await.expect("kept");
        let next = intent(&plan, &plan.device);
        ledger.intend(&next).await.expect("an intent");
        server.kill();
        tokio::task::block_in_place(|| server.start());
        let found = ledger.attempts(&plan.id).await.expect("it is there again");
        assert_eq!(found.len(), 1, "confirmed, and forgotten");
    }
}
