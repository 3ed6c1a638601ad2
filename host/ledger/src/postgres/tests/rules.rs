//! The suite that every ledger passes, and that the tables keep the rules when we do not.

use passcode_host::ledger::{SendLedger as _, Sending};

use super::{by_hand, cases, open, stores};
use crate::conformance::{every_rule, intent, plan, races, stands_at};
use crate::postgres::{pool, sending};

#[tokio::test]
async fn a_database_keeps_every_rule() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    every_rule(stores(server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_race_exactly_one_may_send() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    races(stores(server), 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_tasks_that_share_a_handle_exactly_one_may_send() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let handle: crate::conformance::Handle = std::sync::Arc::new(open(&server.database()).await);
    races(move |_| std::future::ready(handle.clone()), 100).await;
}

/// Without our locks and without our rules.
#[tokio::test]
async fn the_tables_refuse_what_the_rules_refuse() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    let used = stands_at(&ledger, "used", "used", Sending::Accepted, None).await;
    let unknown = stands_at(&ledger, "unknown", "unknown", Sending::Unknown, None).await;
    let open_one = stands_at(&ledger, "open", "open", Sending::Intended, None).await;
    let second = |of: &str| plan(&of.to_uppercase(), "second");
    let mut after = intent(&second("open"), "after");
    after.after_unknown = Some(unknown.id);
    for (case, intent, index) in [
        (
            "a used plan",
            intent(&used, "a"),
            "one_live_attempt_of_a_plan",
        ),
        (
            "beside an unknown one",
            intent(&second("unknown"), "b"),
            "one_undecided_attempt_that_follows_no_other",
        ),
        ("beside an intent", after, "one_intent_on_a_device"),
        ("one name", intent(&second("free"), "USED"), "name_key"),
        ("no plan", intent(&plan("none", "none"), "c"), "fkey"),
    ] {
        if case != "no plan" {
            let kept = plan(&intent.device, "second");
            ledger.keep_plan(&kept).await.unwrap();
        }
        let mut tx = ledger.pool.begin(pool::WRITE).await.unwrap();
        let written = sending::insert(&mut tx, &intent).await;
        let refused = tx.end(written).await.unwrap_err();
        assert!(
            refused.message.contains(index),
            "{case}: {}",
            refused.message
        );
    }
    assert_eq!(ledger.attempts(&open_one.id).await.unwrap().len(), 1);
    assert_eq!(ledger.recent(9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn nothing_is_removed_or_changed() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    let kept = stands_at(&ledger, "kept", "kept", Sending::Accepted, None).await;
    ledger
        .deliver("kept", kept.created, "terminal")
        .await
        .unwrap();
    for sql in [
        "DELETE FROM passcode.plans",
        "DELETE FROM passcode.attempts",
        "DELETE FROM passcode.deliveries",
        "TRUNCATE passcode.plans, passcode.attempts, passcode.deliveries, passcode.run_rows",
        "TRUNCATE passcode.deliveries",
        "UPDATE passcode.plans SET document = '{}'",
        "UPDATE passcode.attempts SET device = 'another'",
        "UPDATE passcode.attempts SET client_request_id = 'another'",
        "UPDATE passcode.attempts SET again = true",
        "UPDATE passcode.attempts SET state = 'unknown'",
        "UPDATE passcode.attempts SET state = 'intended'",
        "UPDATE passcode.deliveries SET target = 'another'",
    ] {
        let said = by_hand(&url, sql).await.expect_err(sql);
        assert!(said.contains("never"), "{sql}: {said}");
    }
    let attempts = ledger.attempts(&kept.id).await.unwrap();
    assert_eq!(attempts[0].sending, Sending::Accepted);
    assert!(attempts[0].delivered.is_some());
}

#[test]
fn no_interleaving_of_two_processes_sends_one_plan_twice() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    crate::interleaved_tests::no_interleaving_of_two_processes_sends_one_plan_twice(
        cases(12),
        || server.database(),
        async |url| open(url).await,
    );
}
