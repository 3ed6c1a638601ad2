//! Many workers on one run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;

use super::{LONG, RunHandle, listed, planned, taken, to, wish};
use crate::run::{Row, Stage, Stepped};

const RUN: &str = "77777777-0000-4000-8000-000000000007";
/// The lease of a worker that dies.
const SHORT: Duration = Duration::from_millis(300);

/// Who holds which rows, as the workers themselves believe.
type Held = Arc<Mutex<BTreeMap<u64, String>>>;

/// Four on each handle. Now and then one dies with what it holds, and another takes its place.
pub(super) async fn workers(handles: &[RunHandle; 2], rows: u64) {
    listed(&*handles[0], RUN, rows).await;
    let (held, dead): (Held, Arc<Mutex<Vec<Row>>>) = Default::default();
    let mut all = JoinSet::new();
    for worker in 0..8_u32 {
        let ledger = handles[worker as usize % 2].clone();
        let (held, dead) = (held.clone(), dead.clone());
        all.spawn(async move { work(&ledger, worker, &held, &dead).await });
    }
    let ended: u64 = all.join_all().await.into_iter().sum();
    assert_eq!(ended, rows, "each row is ended by one worker");
    let tally = handles[1].tally(RUN).await.expect("a tally");
    assert_eq!(tally.ended, [("done".to_owned(), rows)].into());
    assert_eq!((tally.claimed, tally.due_in), (0, None));
    let dead = std::mem::take(&mut *dead.lock().expect("a list"));
    assert!(!dead.is_empty(), "somebody died");
    for row in dead {
        let owner = "whoever it was";
        let late = handles[0]
            .step(RUN, owner, &[to(&row, Stage::Listed)])
            .await;
        assert_eq!(late.expect("a step"), [Stepped::Lost]);
    }
}

async fn work(ledger: &RunHandle, worker: u32, held: &Held, dead: &Mutex<Vec<Row>>) -> u64 {
    let mut ended = 0;
    for round in 0.. {
        let owner = format!("worker-{worker}-{round}");
        let dies = round == 1 && worker.is_multiple_of(3);
        let lease = if dies { SHORT } else { LONG };
        let claim = wish(RUN, &owner, Stage::Listed, 5, lease);
        let rows = ledger.claim(&claim).await.expect("a claim");
        if rows.is_empty() {
            let tally = ledger.tally(RUN).await.expect("a tally");
            if tally.listed == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        for row in &rows {
            let mut held = held.lock().expect("a map");
            let before = held.insert(row.new.number, owner.clone());
            assert_eq!(before, None, "row {} is held twice", row.new.number);
        }
        if dies {
            // Nobody is told; its lease runs out.
            let mut held = held.lock().expect("a map");
            for row in &rows {
                held.remove(&row.new.number);
            }
            dead.lock().expect("a list").extend(rows);
            continue;
        }
        tokio::task::yield_now().await;
        for row in &rows {
            held.lock().expect("a map").remove(&row.new.number);
        }
        let steps: Vec<_> = rows
            .iter()
            .map(|row| crate::run::Step {
                outcome: Some("done".to_owned()),
                ..to(row, Stage::Ended)
            })
            .collect();
        let done = ledger.step(RUN, &owner, &steps).await.expect("steps");
        ended += done.iter().filter(|one| **one == Stepped::Written).count() as u64;
    }
    ended
}

/// Every row turns out to be the same device: one of them stays, whoever was first.
pub(super) async fn one_device(handles: &[RunHandle; 2], rows: u64) {
    let rows = rows.min(40);
    listed(&*handles[0], RUN, rows).await;
    let mut all = JoinSet::new();
    for (half, ledger) in handles.iter().cloned().enumerate() {
        let limit = u32::try_from(rows / 2).expect("few rows");
        let owner = format!("half-{half}");
        let held = taken(&*ledger, RUN, &owner, Stage::Listed, limit).await;
        all.spawn(async move {
            let mut done = Vec::new();
            for row in held {
                let (step, _) = planned(&*ledger, &row, "the-same").await;
                done.push(super::step(&*ledger, RUN, &owner, step).await);
            }
            done
        });
    }
    let done = all.join_all().await.concat();
    let written = done.iter().filter(|one| **one == Stepped::Written).count();
    assert_eq!(written, 1, "{done:?}");
    let tally = handles[0].tally(RUN).await.expect("a tally");
    assert_eq!((tally.planned, tally.plans), (1, 1));
    assert_eq!(tally.ended, [("duplicate".to_owned(), rows - 1)].into());
}
