//! What the ledger promises in a PostgreSQL database, as a program that uses it sees it. The patches
//! that take a promise away name these tests.

#![cfg(unix)]

use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passcode_host::ledger::SendLedger as _;
use passcode_ledger::PostgresLedger;
use passcode_ledger::conformance::{
    every_rule_of_audit, every_rule_of_runs, intent, plan, races, races_for_rows,
};
use passcode_ledger::run::{Claim, NewRow, NewRun, RunLedger as _, Stage};
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinSet;

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

/// All of them at the same moment, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_claims_at_the_same_moment_none_takes_what_another_does() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let ledger = PostgresLedger::open(&server.database(), true).await;
    let ledger = Arc::new(ledger.expect("a ledger"));
    let run = NewRun {
        id: "99999999-0000-4000-8000-000000000009".to_owned(),
        key: None,
        tenant: "contoso.example".to_owned(),
        title: "a run".to_owned(),
        digest: "d1".repeat(32),
        document: "{}".to_owned(),
        planner: "{}".to_owned(),
        created: time::OffsetDateTime::UNIX_EPOCH,
    };
    ledger.begin_run(&run).await.expect("a run");
    let rows: Vec<NewRow> = (1..=12)
        .map(|number| NewRow {
            number,
            source: format!("devices.csv:{number}"),
            selector: "{}".to_owned(),
        })
        .collect();
    ledger.add_rows(&run.id, &rows).await.expect("rows");
    for round in 0..60 {
        let mut all = JoinSet::new();
        for worker in 0..6 {
            let (ledger, run) = (ledger.clone(), run.id.clone());
            all.spawn(async move {
                let claim = Claim {
                    run,
                    owner: format!("worker-{worker}"),
                    stage: Stage::Listed,
                    limit: 2,
                    lease: Duration::from_secs(60),
                };
                ledger.claim(&claim).await.expect("a claim")
            });
        }
        let taken = all.join_all().await.concat();
        let numbers: Vec<u64> = taken.iter().map(|row| row.new.number).collect();
        let different: BTreeSet<u64> = numbers.iter().copied().collect();
        assert_eq!(different.len(), numbers.len(), "round {round}: {numbers:?}");
        for worker in 0..6 {
            let owner = format!("worker-{worker}");
            ledger.release(&run.id, &owner).await.expect("released");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_written_stands_in_the_audit_chain() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    every_rule_of_audit(stores!(server, StoreHandle)).await;
}

/// Of what is written together, too, nobody hears that it is before it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_witnessed_is_not_confirmed() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = PostgresLedger::open(&url, true).await;
    let ledger = Arc::new(ledger.expect("a ledger"));
    let mut beside = PgConnection::connect(&url).await.expect("a connection");
    let refuse = "CREATE TRIGGER refuses BEFORE INSERT ON passcode.audit FOR EACH ROW \
                  WHEN (NEW.body LIKE '%device-7%') \
                  EXECUTE FUNCTION passcode.refuse('no line of this one')";
    sqlx::raw_sql(refuse)
        .execute(&mut beside)
        .await
        .expect("a trigger");
    let mut all = JoinSet::new();
    for number in 0..12 {
        let ledger = ledger.clone();
        all.spawn(async move {
            let plan = plan(&format!("device-{number}"), "a");
            (ledger.keep_plan(&plan).await.is_ok(), plan)
        });
    }
    for (confirmed, plan) in all.join_all().await {
        let found = ledger.plan(&plan.id).await.expect("an answer");
        assert_eq!(found.is_some(), confirmed, "{}", plan.device);
        assert!(!confirmed || plan.device != "device-7");
    }
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

/// It is this machine, by a name that does not say so, and speaks no TLS.
#[tokio::test]
async fn a_server_elsewhere_that_does_not_prove_who_it_is_is_refused() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let here = server.address_url(&server.named_database());
    let elsewhere = here.replace("@127.0.0.1:", "@127.1:");
    PostgresLedger::open(&elsewhere, true)
        .await
        .expect_err("nobody said that it need not");
    let said = format!("{elsewhere}?sslmode=disable");
    PostgresLedger::open(&said, true)
        .await
        .expect("it was said");
    PostgresLedger::open(&here, true).await.expect("it is here");
}
