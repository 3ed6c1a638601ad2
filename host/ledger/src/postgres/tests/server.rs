//! What is left when the server ends in the middle, and what a session relies on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use passcode_host::ledger::{IntentRefused, LedgerFault, SendLedger as _, Sending};
use sqlx::Row as _;
use tokio::task::JoinSet;

use super::{by_hand, open};
use crate::PostgresLedger;
use crate::conformance::{intent, plan};
use crate::postgres::{pool, sending};

/// Writers that go on while the server is killed and started again; what each heard of each intent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_confirmed_outlives_a_kill_of_the_server_and_nothing_is_there_twice() {
    let Some(server) = passcode_test_postgres::own(&[]) else {
        return;
    };
    let url = server.database();
    let handles = [
        Arc::new(PostgresLedger::open(&url, false).await.unwrap()),
        Arc::new(PostgresLedger::open(&url, false).await.unwrap()),
    ];
    let stop = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicU32::new(0));
    let lost = Arc::new(AtomicU32::new(0));
    let mut all = JoinSet::new();
    for task in 0..8_usize {
        let ledger = handles[task % 2].clone();
        let (stop, written, lost) = (stop.clone(), written.clone(), lost.clone());
        all.spawn(async move {
            let mut heard = Vec::new();
            for round in 0.. {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let next = plan(&format!("device-{task}-{round}"), "a");
                if ledger.keep_plan(&next).await.is_err() {
                    continue;
                }
                let outcome = ledger.intend(&intent(&next, &next.device)).await;
                let heard_of = if outcome.is_ok() { &written } else { &lost };
                heard_of.fetch_add(1, Ordering::SeqCst);
                heard.push((next, outcome));
            }
            heard
        });
    }
    let more = |than: u32| {
        let written = written.clone();
        async move {
            let goal = written.load(Ordering::SeqCst) + than;
            let waited = async {
                while written.load(Ordering::SeqCst) < goal {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(60), waited)
                .await
                .expect("writers go on");
        }
    };
    // What was lost before its commit was sent is sent again, and nobody hears of it. So it goes on
    // until a commit was under way.
    for killed in 0.. {
        if killed >= 3 && lost.load(Ordering::SeqCst) > 0 {
            break;
        }
        assert!(killed < 60, "no intent was lost");
        more(60).await;
        server.kill();
        tokio::time::sleep(Duration::from_millis(50)).await;
        tokio::task::block_in_place(|| server.start());
    }
    more(60).await;
    stop.store(true, Ordering::SeqCst);
    let heard = all.join_all().await.concat();

    let after = PostgresLedger::open(&url, false).await.unwrap();
    let mut confirmed = 0;
    for (plan, outcome) in &heard {
        let attempts = after.attempts(&plan.id).await.unwrap();
        match outcome {
            Ok(()) => {
                confirmed += 1;
                assert_eq!(attempts.len(), 1, "confirmed: {}", plan.device);
            }
            Err(IntentRefused::Ledger(error)) => assert!(attempts.len() <= 1, "{error}"),
            Err(other) => panic!("{}: {other}", plan.device),
        }
        for attempt in attempts {
            assert_eq!(attempt.sending, Sending::Intended);
            let again = after.intend(&intent(plan, "again")).await;
            assert!(
                matches!(again, Err(IntentRefused::PlanUsed(_))),
                "{again:?}"
            );
        }
    }
    assert!(confirmed >= 240, "{confirmed} confirmed");
}

#[tokio::test]
async fn a_connection_that_was_lost_is_replaced_at_the_next_call() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    let kept = plan("device", "a");
    for _ in 0..3 {
        ledger.keep_plan(&kept).await.unwrap();
        let ended = by_hand(
            &url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        ended.await.unwrap();
        assert_eq!(ledger.plan(&kept.id).await.unwrap().as_ref(), Some(&kept));
    }
}

#[tokio::test]
async fn an_intent_whose_commit_is_not_confirmed_is_an_error() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    let kept = plan("device", "a");
    ledger.keep_plan(&kept).await.unwrap();
    let mut tx = ledger.pool.begin(pool::WRITE).await.unwrap();
    let outcome = sending::intend(&mut tx, &intent(&kept, "lost")).await;
    outcome.as_ref().unwrap();
    tx.seal().await.unwrap();
    by_hand(
        &url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await
    .unwrap();
    let Err(IntentRefused::Ledger(error)) = tx.end(outcome).await else {
        panic!("nobody confirmed it");
    };
    assert!(error.message.contains("nobody knows"), "{error}");
    assert!(ledger.attempts(&kept.id).await.unwrap().is_empty());
    ledger.intend(&intent(&kept, "again")).await.unwrap();
}

/// A future that is dropped halfway leaves neither a lock nor half a record.
#[tokio::test]
async fn a_call_that_is_dropped_keeps_nobody_waiting() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let (ledger, other) = (open(&url).await, open(&url).await);
    for round in 0..60_u64 {
        let next = plan(&format!("device-{round}"), "a");
        other.keep_plan(&next).await.unwrap();
        let mine = intent(&next, &format!("mine-{round}"));
        let patience = Duration::from_micros(round * 200);
        let mine = tokio::time::timeout(patience, ledger.intend(&mine)).await;
        let yours = other
            .intend(&intent(&next, &format!("yours-{round}")))
            .await;
        let written = other.attempts(&next.id).await.unwrap().len();
        assert_eq!(written, 1, "{mine:?} {yours:?}");
        assert!(mine.is_err() || yours.is_err(), "{mine:?} {yours:?}");
    }
}

#[tokio::test]
async fn others_that_hold_the_tables_are_waited_for_and_named() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    let kept = plan("device", "a");
    let mut tx = ledger.pool.begin(pool::WRITE).await.unwrap();
    sqlx::raw_sql("LOCK TABLE passcode.plans IN ACCESS EXCLUSIVE MODE")
        .execute(&mut tx.connection)
        .await
        .unwrap();
    let error = ledger.keep_plan(&kept).await.unwrap_err();
    assert_eq!(error.fault, LedgerFault::Busy, "{error}");
    tx.end::<(), _>(Err(error)).await.unwrap_err();
    ledger.keep_plan(&kept).await.unwrap();
}

#[tokio::test]
async fn a_session_commits_to_the_disk_whatever_is_usual_there() {
    let Some(server) = passcode_test_postgres::own(&["synchronous_commit = off"]) else {
        return;
    };
    let url = server.database();
    let ledger = PostgresLedger::open(&url, false).await.unwrap();
    for (how, expected) in [(pool::WRITE, "on"), (pool::COUNT, "off")] {
        let mut tx = ledger.pool.begin(how).await.unwrap();
        let shown = sqlx::query("SHOW synchronous_commit")
            .fetch_one(&mut tx.connection)
            .await
            .unwrap();
        assert_eq!(shown.get::<String, _>(0), expected);
        tx.end::<(), passcode_host::ledger::LedgerError>(Ok(()))
            .await
            .unwrap();
    }
    // A server that forgets is for practice only.
    server.set(&["fsync = off"]);
    let told = async {
        loop {
            match PostgresLedger::open(&url, false).await {
                Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error) => return error,
            }
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(10), told)
        .await
        .expect("it is refused");
    assert!(error.message.contains("fsync = off"), "{error}");
    open(&server.database()).await;
}
