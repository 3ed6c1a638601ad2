//! What a worker writes about a row that it has, and does not about one that it has not.

use std::time::Duration;

use super::super::plan;
use super::{RunHandle, listed, numbers, planned, row, step, taken, to};
use crate::run::{Row, Stage, Step, Stepped, duplicate_of};

const RUN: &str = "55555555-0000-4000-8000-000000000005";

pub(super) async fn fencing(one: RunHandle, two: RunHandle) {
    listed(&*one, RUN, 2).await;
    let held = taken(&*one, RUN, "w1", Stage::Listed, 1).await.remove(0);
    let ended = |epoch| Step {
        epoch,
        outcome: Some("done".to_owned()),
        ..to(&held, Stage::Ended)
    };
    let untouched = row(&*one, RUN, 1).await;
    for (run, owner, step, case) in [
        (RUN, "w1", ended(0), "an earlier claim"),
        (RUN, "w1", ended(2), "a claim that was never made"),
        (RUN, "w1", ended(u64::MAX), "beyond all numbers"),
        (RUN, "w2", ended(1), "another worker"),
        (RUN, "", ended(1), "nobody"),
        ("nobody", "w1", ended(1), "another run"),
        (
            RUN,
            "w1",
            Step {
                number: 2,
                ..ended(1)
            },
            "a row nobody has",
        ),
        (
            RUN,
            "w1",
            Step {
                number: 3,
                ..ended(1)
            },
            "a row that is not there",
        ),
        (
            RUN,
            "w1",
            Step {
                number: u64::MAX,
                ..ended(1)
            },
            "no number",
        ),
    ] {
        let stepped = super::step(&*two, run, owner, step).await;
        assert_eq!(stepped, Stepped::Lost, "{case}");
        assert_eq!(row(&*one, RUN, 1).await, untouched, "{case}");
    }

    // Released and taken by the same worker: the first claim is over.
    one.release(RUN, "w1").await.expect("released");
    let again = taken(&*one, RUN, "w1", Stage::Listed, 1).await.remove(0);
    assert_eq!(again.epoch, 2);
    assert_eq!(step(&*one, RUN, "w1", ended(1)).await, Stepped::Lost);

    // Of several in one call, each by itself.
    let other = taken(&*one, RUN, "w1", Stage::Listed, 1).await.remove(0);
    let steps = [ended(1), to(&other, Stage::Ended), ended(2), ended(2)];
    let done = two.step(RUN, "w1", &steps).await.expect("steps");
    use Stepped::{Lost, Written};
    assert_eq!(done, [Lost, Written, Written, Lost]);
    assert_eq!(row(&*one, RUN, 1).await.outcome.as_deref(), Some("done"));
    assert!(two.step(RUN, "w1", &[]).await.expect("steps").is_empty());
}

pub(super) async fn what_is_written(one: RunHandle, two: RunHandle) {
    listed(&*one, RUN, 1).await;
    let listed = taken(&*one, RUN, "w1", Stage::Listed, 1).await.remove(0);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (first, plan) = planned(&*one, &listed, "Device-1").await;
    assert_eq!(
        step(&*one, RUN, "w1", first.clone()).await,
        Stepped::Written
    );
    let found = row(&*two, RUN, 1).await;
    let expected = Row {
        stage: Stage::Planned,
        device: Some("Device-1".to_owned()),
        label: first.label,
        plan: Some(plan.id),
        planned: Some(plan.created),
        changed: found.changed,
        ..listed.clone()
    };
    assert_eq!(found, expected);
    assert!(found.changed > listed.changed, "its stage changed");

    // What a step says nothing of stays; and so does the time, if the stage does.
    let claimed = taken(&*two, RUN, "w2", Stage::Planned, 1).await.remove(0);
    let expected = Row {
        epoch: 2,
        ..expected
    };
    assert_eq!(claimed, expected);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let note = Step {
        code: Some("throttled".to_owned()),
        message: Some("429".to_owned()),
        ..to(&claimed, Stage::Planned)
    };
    assert_eq!(step(&*two, RUN, "w2", note).await, Stepped::Written);
    let expected = Row {
        code: Some("throttled".to_owned()),
        message: Some("429".to_owned()),
        ..expected
    };
    assert_eq!(row(&*one, RUN, 1).await, expected);

    let claimed = taken(&*two, RUN, "w2", Stage::Planned, 1).await.remove(0);
    let end = Step {
        outcome: Some("refused".to_owned()),
        code: Some("in-the-way".to_owned()),
        message: Some("another".to_owned()),
        label: Some("{}".to_owned()),
        ..to(&claimed, Stage::Ended)
    };
    assert_eq!(step(&*two, RUN, "w2", end).await, Stepped::Written);
    let found = row(&*one, RUN, 1).await;
    let expected = Row {
        stage: Stage::Ended,
        epoch: 3,
        outcome: Some("refused".to_owned()),
        code: Some("in-the-way".to_owned()),
        message: Some("another".to_owned()),
        label: Some("{}".to_owned()),
        changed: found.changed,
        ..expected
    };
    assert_eq!(found, expected);
}

/// What ended only for the time being is planned again; what ended otherwise, or never had a plan,
/// stays ended.
pub(super) async fn reopened(one: RunHandle, two: RunHandle) {
    listed(&*one, RUN, 4).await;
    for (number, outcome) in [(1, "pending"), (2, "done"), (3, "awaiting-approval")] {
        let row = taken(&*one, RUN, "w1", Stage::Listed, 1).await.remove(0);
        assert_eq!(row.new.number, number);
        let (first, _) = planned(&*one, &row, &format!("device-{number}")).await;
        assert_eq!(step(&*one, RUN, "w1", first).await, Stepped::Written);
        let row = taken(&*one, RUN, "w1", Stage::Planned, 1).await.remove(0);
        let end = Step {
            outcome: Some(outcome.to_owned()),
            ..to(&row, Stage::Ended)
        };
        assert_eq!(step(&*one, RUN, "w1", end).await, Stepped::Written);
    }
    let unplanned = taken(&*one, RUN, "w1", Stage::Listed, 1).await.remove(0);
    let end = Step {
        outcome: Some("pending".to_owned()),
        ..to(&unplanned, Stage::Ended)
    };
    assert_eq!(step(&*one, RUN, "w1", end).await, Stepped::Written);

    let outcomes = ["pending", "awaiting-approval"];
    assert_eq!(two.reopen(RUN, &outcomes).await, Ok(2));
    assert_eq!(two.reopen(RUN, &outcomes).await, Ok(0), "nothing is left");
    assert_eq!(two.reopen("another", &outcomes).await, Ok(0));
    let again = taken(&*two, RUN, "w2", Stage::Planned, 9).await;
    assert_eq!(numbers(&again), [1, 3]);
    for row in &again {
        assert_eq!((row.outcome.as_ref(), row.plan.is_some()), (None, true));
    }
    assert_eq!(row(&*one, RUN, 2).await.outcome.as_deref(), Some("done"));
    assert_eq!(row(&*one, RUN, 4).await.stage, Stage::Ended);
}

pub(super) async fn duplicates(ledger: RunHandle) {
    listed(&*ledger, RUN, 4).await;
    super::listed(&*ledger, "another-run", 1).await;
    let rows = taken(&*ledger, RUN, "w1", Stage::Listed, 9).await;
    let elsewhere = taken(&*ledger, "another-run", "w1", Stage::Listed, 1).await;
    let mut steps = Vec::new();
    for (row, device) in rows.iter().zip(["one", "ONE", "two", "One"]) {
        steps.push(planned(&*ledger, row, device).await.0);
    }
    let done = ledger.step(RUN, "w1", &steps).await.expect("steps");
    use Stepped::{Duplicate, Written};
    assert_eq!(done, [Written, Duplicate(1), Written, Duplicate(1)]);
    let aside = row(&*ledger, RUN, 2).await;
    let expected = Row {
        stage: Stage::Ended,
        label: steps[1].label.clone(),
        outcome: Some("duplicate".to_owned()),
        code: Some("duplicate".to_owned()),
        message: Some(duplicate_of(1)),
        changed: aside.changed,
        ..rows[1].clone()
    };
    assert_eq!(aside, expected);
    let left = taken(&*ledger, RUN, "w1", Stage::Planned, 9).await;
    assert_eq!(super::numbers(&left), [1, 3], "a device is done once");
    // A row is no duplicate of itself, and another run has its own rows.
    let same = Step {
        device: Some("ONE".to_owned()),
        ..to(&left[0], Stage::Planned)
    };
    assert_eq!(step(&*ledger, RUN, "w1", same).await, Written);
    let (other, _) = planned(&*ledger, &elsewhere[0], "one").await;
    assert_eq!(step(&*ledger, "another-run", "w1", other).await, Written);
}

pub(super) async fn plans_stay(ledger: RunHandle) {
    listed(&*ledger, RUN, 2).await;
    let rows = taken(&*ledger, RUN, "w1", Stage::Listed, 9).await;
    let never_kept = Step {
        plan: Some(plan("one", "never kept").id),
        ..to(&rows[0], Stage::Planned)
    };
    let refused = ledger.step(RUN, "w1", &[never_kept]).await;
    assert!(refused.is_err(), "a plan that is not kept");
    let (first, kept) = planned(&*ledger, &rows[0], "one").await;
    assert_eq!(step(&*ledger, RUN, "w1", first).await, Stepped::Written);
    let held = taken(&*ledger, RUN, "w1", Stage::Planned, 1)
        .await
        .remove(0);
    let other = plan("one", "another");
    ledger.keep_plan(&other).await.expect("a plan is kept");
    let changed = Step {
        plan: Some(other.id),
        ..to(&held, Stage::Planned)
    };
    let beside = to(&rows[1], Stage::Ended);
    let refused = ledger.step(RUN, "w1", &[beside, changed]).await;
    assert!(refused.is_err(), "another plan");
    assert_eq!(row(&*ledger, RUN, 1).await, held, "nothing is written");
    assert_eq!(row(&*ledger, RUN, 2).await.stage, Stage::Listed);
    let same = Step {
        plan: Some(kept.id),
        ..to(&held, Stage::Sent)
    };
    assert_eq!(step(&*ledger, RUN, "w1", same).await, Stepped::Written);
}
