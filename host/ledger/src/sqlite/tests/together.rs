//! Many write at once: one commit, and each of them by itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use passcode_host::ledger::{Intent, IntentRefused, LedgerFault, SendLedger as _, StoredPlan};
use tokio::task::JoinSet;

use super::home;
use crate::conformance::{intent, plan};
use crate::{SqliteLedger, impatient_tests};

/// A ledger whose log is never emptied, so that every commit can be counted in it.
async fn counted(path: &Path) -> Arc<SqliteLedger> {
    let ledger = SqliteLedger::open(path, true).await.unwrap();
    ledger.run_sql("PRAGMA wal_autocheckpoint = 0").await;
    Arc::new(ledger)
}

/// Commits in the log: <https://www.sqlite.org/fileformat.html#the_write_ahead_log>. The last
/// frame of each names the size of the file after it.
fn commits(path: &Path) -> usize {
    let log = std::fs::read(path.with_extension("db-wal")).unwrap();
    log[32..]
        .chunks_exact(24 + 4096)
        .filter(|frame| frame[4..8] != [0; 4])
        .count()
}

async fn kept(ledger: &SqliteLedger, name: &str) -> StoredPlan {
    let plan = plan(name, "a");
    ledger.keep_plan(&plan).await.unwrap();
    plan
}

/// All of them wait before the first of them begins.
async fn together(ledger: &SqliteLedger, intents: &[Intent]) -> Vec<Result<(), IntentRefused>> {
    let held = ledger.connection.lock().await;
    let all = futures::future::join_all(intents.iter().map(|one| ledger.intend(one)));
    let mut all = std::pin::pin!(all);
    assert!(futures::poll!(&mut all).is_pending());
    drop(held);
    all.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_that_intend_at_once_share_a_few_commits() {
    let (_home, path) = home();
    let ledger = counted(&path).await;
    let mut plans = Vec::new();
    for at in 0..200 {
        plans.push(kept(&ledger, &format!("together-{at}")).await);
    }
    let before = commits(&path);
    let mut all = JoinSet::new();
    for plan in plans {
        let ledger = ledger.clone();
        all.spawn(async move {
            let name = plan.device.clone();
            ledger.intend(&intent(&plan, &name)).await
        });
    }
    for result in all.join_all().await {
        result.unwrap();
    }
    let made = commits(&path) - before;
    assert!((1..=20).contains(&made), "{made} commits");
    assert_eq!(ledger.check().await.unwrap().attempts, 200);
}

#[tokio::test]
async fn one_that_is_refused_leaves_its_neighbours_as_they_are() {
    let (_home, path) = home();
    let ledger = counted(&path).await;
    let plans = [kept(&ledger, "left").await, kept(&ledger, "right").await];
    let unknown = plan("middle", "never kept");
    let before = commits(&path);
    let intents = [
        intent(&plans[0], "left"),
        intent(&unknown, "unknown"),
        intent(&plans[0], "twice"),
        intent(&plans[1], "LEFT"),
        intent(&plans[1], "right"),
    ];
    let results = together(&ledger, &intents).await;
    assert!(
        matches!(
            &results[..],
            [
                Ok(()),
                Err(IntentRefused::UnknownPlan),
                Err(IntentRefused::PlanUsed(_)),
                Err(IntentRefused::Ledger(_)),
                Ok(()),
            ]
        ),
        "{results:?}"
    );
    assert_eq!(commits(&path) - before, 1, "they were together");
    let other = SqliteLedger::open(&path, true).await.unwrap();
    let names: Vec<_> = other.recent(9).await.unwrap();
    let names: Vec<_> = names
        .iter()
        .map(|one| one.intent.client_request_id.as_str())
        .collect();
    assert_eq!(names, ["right", "left"]);
}

/// One that is refused after it wrote something: that is undone, and nothing else.
#[tokio::test]
async fn what_the_file_refuses_is_undone_by_itself() {
    let (_home, path) = home();
    let ledger = counted(&path).await;
    let first = kept(&ledger, "first").await;
    let second = plan("first", "b");
    ledger.keep_plan(&second).await.unwrap();
    ledger.intend(&intent(&first, "first")).await.unwrap();
    let beside = kept(&ledger, "beside").await;
    ledger
        .run_sql(
            "CREATE TRIGGER fails BEFORE INSERT ON attempts WHEN NEW.client_request_id = 'second' \
         BEGIN SELECT RAISE(ABORT, 'on purpose'); END",
        )
        .await;
    // Makes the first unknown, and then fails.
    let mut following = intent(&second, "second");
    following.after_unknown = Some(first.id);
    let results = together(&ledger, &[following, intent(&beside, "beside")]).await;
    assert!(
        matches!(&results[..], [Err(IntentRefused::Ledger(_)), Ok(())]),
        "{results:?}"
    );
    let attempts = ledger.attempts(&first.id).await.unwrap();
    assert_eq!(
        attempts[0].sending,
        passcode_host::ledger::Sending::Intended
    );
    let checked = ledger.check().await.unwrap();
    assert_eq!((checked.plans, checked.attempts), (3, 2));
    assert_eq!(checked.lines, 5, "nor is there a line of it");
}

#[tokio::test]
async fn without_room_all_of_them_hear_it_and_none_is_written() {
    let (_home, path) = home();
    let ledger = counted(&path).await;
    let mut intents = Vec::new();
    for at in 0..9 {
        let plan = kept(&ledger, &format!("full-{at}")).await;
        let mut large = intent(&plan, &plan.device);
        // The first fit into pages that are there; one in the middle does not.
        large.request = "x".repeat(if at == 4 { 80_000 } else { 8 });
        intents.push(large);
    }
    ledger.run_sql("PRAGMA max_page_count = 1").await;
    let results = together(&ledger, &intents).await;
    for result in &results {
        assert!(
            matches!(result, Err(IntentRefused::Ledger(error)) if error.fault == LedgerFault::Full),
            "{result:?}"
        );
    }
    assert_eq!(ledger.check().await.unwrap().attempts, 0);
    // When there is room again, it goes on.
    ledger.run_sql("PRAGMA max_page_count = 100000").await;
    for intent in &intents {
        ledger.intend(intent).await.unwrap();
    }
}

#[tokio::test]
async fn while_another_process_holds_it_all_of_them_wait_once() {
    let (_home, path) = home();
    let wait = Duration::from_millis(300);
    let ledger = SqliteLedger::open_waiting(&path, true, wait).await.unwrap();
    let other = SqliteLedger::open(&path, true).await.unwrap();
    let mut plans = Vec::new();
    for at in 0..20 {
        plans.push(kept(&ledger, &format!("busy-{at}")).await);
    }
    let mut connection = other.connection.lock().await;
    let held = other.begin(&mut connection).unwrap();
    let intents: Vec<_> = plans.iter().map(|one| intent(one, &one.device)).collect();
    let began = std::time::Instant::now();
    let results = futures::future::join_all(intents.iter().map(|one| ledger.intend(one))).await;
    let took = began.elapsed();
    assert!(took >= wait && took < wait * 4, "{took:?}");
    for result in results {
        assert!(
            matches!(&result, Err(IntentRefused::Ledger(error)) if error.fault == LedgerFault::Busy),
            "{result:?}"
        );
    }
    held.rollback().unwrap();
    for intent in &intents {
        ledger.intend(intent).await.unwrap();
    }
}

/// Tasks that lose their patience at any moment, on two handles: what was confirmed is written,
/// nothing is written twice, and nobody hangs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_at_any_moment_no_confirmed_write_is_lost() {
    let (_home, path) = home();
    let handles = [
        Arc::new(SqliteLedger::open(&path, true).await.unwrap()),
        Arc::new(SqliteLedger::open(&path, true).await.unwrap()),
    ];
    let mut all = JoinSet::new();
    for task in 0..40_u64 {
        let ledger = handles[task as usize % 2].clone();
        all.spawn(async move {
            let mut confirmed = Vec::new();
            for round in 0..12_u64 {
                let name = format!("{task}-{round}");
                let plan = plan(&name, "a");
                ledger.keep_plan(&plan).await.unwrap();
                let intent = intent(&plan, &name);
                // From nothing to several commits.
                let patience = Duration::from_micros((task * 7919 + round * 104_729) % 30_000);
                let answer = impatient_tests::intend(&*ledger, &intent, round, patience).await;
                match answer {
                    Some(Ok(())) => confirmed.push(plan.id),
                    Some(Err(refused)) => panic!("{refused}"),
                    None => {}
                }
            }
            confirmed
        });
    }
    let confirmed = tokio::time::timeout(Duration::from_secs(60), all.join_all())
        .await
        .expect("nobody hangs")
        .concat();
    assert!(
        (120..=360).contains(&confirmed.len()),
        "{}",
        confirmed.len()
    );
    let after = SqliteLedger::open(&path, true).await.unwrap();
    for plan in &confirmed {
        assert_eq!(after.attempts(plan).await.unwrap().len(), 1);
    }
    let written = after.check().await.unwrap().attempts;
    assert!(written >= confirmed.len() as u64 && written <= 480);
}

/// A transaction that nobody goes on with would keep every other process from writing.
#[tokio::test]
async fn a_call_that_is_dropped_lets_other_processes_write() {
    let (_home, path) = home();
    let ledger = SqliteLedger::open(&path, true).await.unwrap();
    let other = SqliteLedger::open_waiting(&path, true, Duration::from_millis(500))
        .await
        .unwrap();
    for round in 0..60_u64 {
        let next = kept(&other, &format!("lets-{round}")).await;
        let intent = intent(&next, &next.device);
        let patience = Duration::from_micros(round * 20);
        let mine = tokio::time::timeout(patience, ledger.intend(&intent)).await;
        other.keep_plan(&plan("other", &next.device)).await.unwrap();
        let written = other.attempts(&next.id).await.unwrap().len();
        assert!(written == 1 || mine.is_err());
    }
}
