//! Turns are shared by all who use the file.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use passcode_host::{Budget as _, Turn};

use super::{cases, home};
use crate::SqliteLedger;
use crate::turns_tests::{self as shared, Counted, Shown};

impl Counted for SqliteLedger {
    type Place = PathBuf;

    async fn handle(place: &PathBuf, clock: Option<Shown>) -> Self {
        let ledger = Self::open(place, true).await.unwrap();
        match clock {
            Some(clock) => ledger.with_clock(clock),
            None => ledger,
        }
    }

    async fn kept(&self) -> i64 {
        let connection = self.connection.lock().await;
        connection
            .query_row("SELECT count(*) FROM turns", [], |row| row.get(0))
            .unwrap()
    }
}

#[test]
fn no_window_at_the_service_holds_more_than_the_rate() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::cell::Cell::new(0);
    shared::no_window_at_the_service_holds_more_than_the_rate::<SqliteLedger>(cases(48), || {
        made.set(made.get() + 1);
        folder.path().join(format!("{}.db", made.get()))
    });
}

#[tokio::test]
async fn two_processes_that_wait_as_told_use_all_that_is_allowed() {
    let (_home, path) = home();
    shared::two_processes_that_wait_as_told_use_all_that_is_allowed::<SqliteLedger>(&path).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_take_turns_at_once_no_window_holds_more_than_the_rate() {
    let (_home, path) = home();
    // Somebody who writes for long.
    let ledger = SqliteLedger::open(&path, true).await.unwrap();
    let meanwhile = async {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(3) {
            let mut connection = ledger.connection.lock().await;
            let transaction = ledger.begin(&mut connection).unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(transaction);
            drop(connection);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    shared::of_many_that_take_turns_at_once_no_window_holds_more_than_the_rate::<SqliteLedger>(
        &path, meanwhile,
    )
    .await;
}

#[tokio::test]
async fn a_clock_that_went_back_keeps_nobody_waiting_for_days() {
    let (_home, path) = home();
    shared::a_clock_that_went_back_keeps_nobody_waiting_for_days::<SqliteLedger>(&path).await;
}

#[tokio::test]
async fn a_pause_holds_in_every_process_and_is_not_shortened() {
    let (_home, path) = home();
    shared::a_pause_holds_in_every_process_and_is_not_shortened::<SqliteLedger>(&path).await;
}

#[tokio::test]
async fn what_has_ended_is_removed() {
    let (_home, path) = home();
    shared::what_has_ended_is_removed::<SqliteLedger>(&path).await;
}

#[tokio::test]
async fn a_ledger_of_the_first_format_is_brought_forward() {
    let (_home, path) = home();
    super::formats::of_format(&path, 1);
    let ledger = SqliteLedger::open(&path, true).await.unwrap();
    let turn = ledger.turn(&shared::ask(true, "ours")).await.unwrap();
    assert!(matches!(turn, Turn::Now(_)));
}
