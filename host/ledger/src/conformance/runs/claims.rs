//! Who may work on what.

use std::time::Duration;

use tokio::time::sleep;

use super::{LONG, RunHandle, listed, new_row, numbers, row, step, taken, to, wish};
use crate::run::{NewRow, Stage, Stepped};

const RUN: &str = "44444444-0000-4000-8000-000000000004";
const SHORT: Duration = Duration::from_millis(400);
/// Until a short lease has surely ended.
const PAST: Duration = Duration::from_millis(500);

pub(super) async fn order(one: RunHandle, two: RunHandle) {
    listed(&*one, RUN, 6).await;
    // Rows that are there stay as they are; new ones are added.
    let changed = NewRow {
        source: "elsewhere".to_owned(),
        ..new_row(2)
    };
    one.add_rows(RUN, &[changed, new_row(7)])
        .await
        .expect("rows");
    assert_eq!(row(&*one, RUN, 2).await.new, new_row(2));
    let nowhere = one.add_rows("nobody", &[new_row(1)]).await;
    assert!(nowhere.is_err(), "there is no such run");
    one.add_rows(RUN, &[]).await.expect("no rows");

    let first = taken(&*one, RUN, "w1", Stage::Listed, 2).await;
    assert_eq!(numbers(&first), [1, 2]);
    assert!(first.iter().all(|row| row.epoch == 1), "{first:?}");
    let second = taken(&*two, RUN, "w2", Stage::Listed, 3).await;
    assert_eq!(numbers(&second), [3, 4, 5]);
    assert!(
        taken(&*one, RUN, "w1", Stage::Planned, 9).await.is_empty(),
        "none of that stage"
    );
    assert!(taken(&*one, RUN, "w1", Stage::Listed, 0).await.is_empty());
    assert!(
        taken(&*one, "nobody", "w1", Stage::Listed, 9)
            .await
            .is_empty()
    );
    // Nor does who has rows get them once more.
    assert_eq!(
        numbers(&taken(&*one, RUN, "w1", Stage::Listed, 9).await),
        [6, 7]
    );
    assert!(taken(&*two, RUN, "w2", Stage::Listed, 9).await.is_empty());

    // What need not wait comes first, by number; then what had to, as its time came.
    let mut steps = Vec::new();
    for (row, after) in second.iter().zip([60, 20, 0]) {
        steps.push(crate::run::Step {
            after: Duration::from_millis(after),
            ..to(row, Stage::Planned)
        });
    }
    two.step(RUN, "w2", &steps).await.expect("steps");
    let back = first.iter().map(|row| to(row, Stage::Planned));
    let back: Vec<_> = back.rev().collect();
    one.step(RUN, "w1", &back).await.expect("steps");
    assert_eq!(
        numbers(&taken(&*one, RUN, "w3", Stage::Planned, 2).await),
        [1, 2]
    );
    sleep(Duration::from_millis(100)).await;
    let next = taken(&*one, RUN, "w3", Stage::Planned, 2).await;
    let mut next = numbers(&next);
    next.sort_unstable();
    assert_eq!(next, [4, 5], "the third is due last");
    assert_eq!(
        numbers(&taken(&*one, RUN, "w3", Stage::Planned, 2).await),
        [3]
    );
}

pub(super) async fn leases(one: RunHandle, two: RunHandle) {
    listed(&*one, RUN, 3).await;
    let short = wish(RUN, "w1", Stage::Listed, 2, SHORT);
    let held = one.claim(&short).await.expect("a claim");
    assert_eq!(numbers(&held), [1, 2]);
    assert_eq!(
        numbers(&taken(&*two, RUN, "w2", Stage::Listed, 9).await),
        [3],
        "what is leased is not taken"
    );
    // Renewed again and again, it is held beyond its first end.
    for _ in 0..4 {
        sleep(SHORT / 3).await;
        assert_eq!(one.renew(RUN, "w1", SHORT).await.expect("renewed"), 2);
    }
    assert!(taken(&*two, RUN, "w2", Stage::Listed, 9).await.is_empty());
    assert_eq!(two.renew(RUN, "w3", LONG).await.expect("renewed"), 0);
    assert_eq!(two.renew("nobody", "w1", LONG).await.expect("renewed"), 0);

    // It ends when nobody renews it; what nobody took since can still be renewed and written.
    sleep(PAST).await;
    assert_eq!(one.renew(RUN, "w1", SHORT).await.expect("renewed"), 2);
    assert!(taken(&*two, RUN, "w2", Stage::Listed, 9).await.is_empty());
    sleep(PAST).await;
    let stepped = step(&*one, RUN, "w1", to(&held[0], Stage::Listed)).await;
    assert_eq!(stepped, Stepped::Written, "nobody took it since");

    let other = taken(&*two, RUN, "w2", Stage::Listed, 9).await;
    let epochs: Vec<_> = other
        .iter()
        .map(|row| (row.new.number, row.epoch))
        .collect();
    assert_eq!(epochs, [(1, 2), (2, 2)], "each claim is counted");
    assert_eq!(one.renew(RUN, "w1", LONG).await.expect("renewed"), 0);
    let stepped = step(&*one, RUN, "w1", to(&held[1], Stage::Ended)).await;
    assert_eq!(stepped, Stepped::Lost);
    assert_eq!(row(&*one, RUN, 2).await.stage, Stage::Listed);
}

pub(super) async fn release(one: RunHandle, two: RunHandle) {
    listed(&*one, RUN, 4).await;
    let mine = taken(&*one, RUN, "w1", Stage::Listed, 2).await;
    taken(&*two, RUN, "w2", Stage::Listed, 1).await;
    one.release(RUN, "w1").await.expect("released");
    one.release(RUN, "w1").await.expect("nothing is left");
    one.release("nobody", "w1").await.expect("nothing is there");
    let stepped = step(&*one, RUN, "w1", to(&mine[0], Stage::Ended)).await;
    assert_eq!(stepped, Stepped::Lost, "what was given back is lost");
    let next = taken(&*two, RUN, "w3", Stage::Listed, 9).await;
    assert_eq!(numbers(&next), [1, 2, 4], "not what another holds");

    // A step gives the row back, and says when it is due.
    let later = crate::run::Step {
        after: SHORT,
        ..to(&next[0], Stage::Listed)
    };
    assert_eq!(step(&*two, RUN, "w3", later).await, Stepped::Written);
    let again = step(&*two, RUN, "w3", to(&next[0], Stage::Listed)).await;
    assert_eq!(again, Stepped::Lost, "one claim, one step");
    assert!(taken(&*one, RUN, "w4", Stage::Listed, 9).await.is_empty());
    sleep(PAST).await;
    assert_eq!(
        numbers(&taken(&*one, RUN, "w4", Stage::Listed, 9).await),
        [1]
    );
}
