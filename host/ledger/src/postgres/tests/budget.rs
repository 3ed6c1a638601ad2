//! Turns are shared by all who use the database.

use std::time::{Duration, Instant};

use super::{cases, open};
use crate::PostgresLedger;
use crate::postgres::pool;
use crate::turns_tests::{self as shared, Counted, Shown};

impl Counted for PostgresLedger {
    type Place = String;

    async fn handle(place: &String, clock: Option<Shown>) -> Self {
        let ledger = open(place).await;
        match clock {
            Some(clock) => ledger.with_clock(clock),
            None => ledger,
        }
    }

    async fn kept(&self) -> i64 {
        let mut tx = self.pool.begin(pool::READ).await.unwrap();
        sqlx::query_scalar("SELECT count(*) FROM passcode.turns")
            .fetch_one(&mut tx.connection)
            .await
            .unwrap()
    }
}

#[test]
fn no_window_at_the_service_holds_more_than_the_rate() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    shared::no_window_at_the_service_holds_more_than_the_rate::<PostgresLedger>(cases(16), || {
        server.database()
    });
}

#[tokio::test]
async fn two_processes_that_wait_as_told_use_all_that_is_allowed() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    shared::two_processes_that_wait_as_told_use_all_that_is_allowed::<PostgresLedger>(&url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_take_turns_at_once_no_window_holds_more_than_the_rate() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    // Somebody who holds the rows for long, so that answers wait for them.
    let ledger = open(&url).await;
    let meanwhile = async {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(3) {
            let mut tx = ledger.pool.begin(pool::WRITE).await.unwrap();
            sqlx::raw_sql("SELECT seq FROM passcode.turns ORDER BY seq FOR UPDATE")
                .execute(&mut tx.connection)
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            tx.end::<(), passcode_host::ledger::LedgerError>(Ok(()))
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    shared::of_many_that_take_turns_at_once_no_window_holds_more_than_the_rate::<PostgresLedger>(
        &url, meanwhile,
    )
    .await;
}

#[tokio::test]
async fn a_clock_that_went_back_keeps_nobody_waiting_for_days() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    shared::a_clock_that_went_back_keeps_nobody_waiting_for_days::<PostgresLedger>(&url).await;
}

#[tokio::test]
async fn a_pause_holds_in_every_process_and_is_not_shortened() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    shared::a_pause_holds_in_every_process_and_is_not_shortened::<PostgresLedger>(&url).await;
}

#[tokio::test]
async fn what_has_ended_is_removed() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    shared::what_has_ended_is_removed::<PostgresLedger>(&url).await;
}
