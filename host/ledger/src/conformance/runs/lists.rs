//! What is read of many rows, devices and plans.

use std::time::Duration;

use passcode_host::ledger::{Ending, Sending, Settlement};

use super::super::{TENANT, answer, intent, plan, stands_at};
use super::{LONG, RunHandle, listed, numbers, planned, row, step, taken, to, wish};
use crate::run::{Stage, Step, Stepped, Tally};

const RUN: &str = "66666666-0000-4000-8000-000000000006";

pub(super) async fn paging(one: RunHandle, two: RunHandle) {
    listed(&*one, RUN, 25).await;
    listed(&*one, "another-run", 3).await;
    let table = [
        (0, 10, (1..=10).collect::<Vec<u64>>()),
        (10, 10, (11..=20).collect()),
        (20, 10, (21..=25).collect()),
        (25, 10, Vec::new()),
        (0, 0, Vec::new()),
        (23, u32::MAX, vec![24, 25]),
        (u64::MAX, 10, Vec::new()),
    ];
    for (after, limit, expected) in table {
        let rows = two.rows(RUN, after, limit).await.expect("rows");
        assert_eq!(numbers(&rows), expected, "{limit} after {after}");
        assert!(
            rows.iter()
                .all(|row| row.new == super::new_row(row.new.number))
        );
    }
    assert!(two.rows("nobody", 0, 9).await.expect("rows").is_empty());
}

/// A row is shown with the attempt of its plan that counts.
pub(super) async fn attempts(ledger: RunHandle) {
    listed(&*ledger, RUN, 6).await;
    let rows = taken(&*ledger, RUN, "w1", Stage::Listed, 9).await;
    let mut plans = Vec::new();
    for row in &rows[..5] {
        let (next, plan) = planned(&*ledger, row, &format!("d{}", row.new.number)).await;
        assert_eq!(step(&*ledger, RUN, "w1", next).await, Stepped::Written);
        plans.push(plan);
    }
    let shown = async |number: u64| {
        let attempt = row(&*ledger, RUN, number).await.attempt;
        attempt.map(|attempt| attempt.intent.client_request_id)
    };
    let tried = async |at: usize, name: &str, sending, settlement: Settlement| {
        ledger.intend(&intent(&plans[at], name)).await.expect(name);
        let settled = ledger.settle(name, sending, &settlement).await;
        settled.expect("settled");
    };
    assert_eq!(shown(1).await, None, "nothing was sent");
    assert_eq!(shown(6).await, None, "there is no plan");

    // Throttled twice: the newest. Then one that may have touched the device.
    tried(0, "a1", Sending::NotExecuted, answer(429)).await;
    assert_eq!(shown(1).await.as_deref(), Some("a1"));
    tried(0, "a2", Sending::NotExecuted, answer(429)).await;
    assert_eq!(shown(1).await.as_deref(), Some("a2"));
    ledger.intend(&intent(&plans[0], "a3")).await.expect("a3");
    assert_eq!(shown(1).await.as_deref(), Some("a3"));
    // One that waits for an approval goes on waiting if a later one was throttled.
    let waits = Settlement {
        approval_code: Some("code".to_owned()),
        ..answer(403)
    };
    tried(1, "b1", Sending::NotExecuted, waits).await;
    tried(1, "b2", Sending::NotExecuted, answer(429)).await;
    assert_eq!(shown(2).await.as_deref(), Some("b1"));
    tried(1, "b3", Sending::Rejected, answer(403)).await;
    assert_eq!(shown(2).await.as_deref(), Some("b3"));
    // Everything that is known of it.
    tried(2, "c1", Sending::NotExecuted, answer(429)).await;
    tried(2, "c2", Sending::Accepted, answer(204)).await;
    ledger.end("c2", Ending::Done).await.expect("ended");
    let at = plans[2].created;
    for to in ["terminal", "json"] {
        ledger.deliver("c2", at, to).await.expect("delivered");
    }
    let rows = ledger.rows(RUN, 0, 9).await.expect("rows");
    assert_eq!(numbers(&rows), [1, 2, 3, 4, 5, 6], "each of them once");
    for (row, plan) in rows.iter().zip(&plans) {
        let of_plan = ledger.attempts(&plan.id).await.expect("attempts");
        let counts = passcode_host::ledger::Attempt::that_counts(&of_plan);
        assert_eq!(row.attempt.as_ref(), counts, "row {}", row.new.number);
    }
    // As a claim shows it, too.
    let claimed = taken(&*ledger, RUN, "w2", Stage::Planned, 9).await;
    for (claimed, row) in claimed.iter().zip(&rows) {
        assert_eq!(claimed.attempt, row.attempt);
    }
    assert_eq!(claimed.len(), 5);
    // The plans alone. The last row has none.
    let all: Vec<_> = (1..).zip(plans.iter().map(|plan| plan.id)).collect();
    for (after, limit, expected) in [
        (0, 9, &all[..]),
        (0, 2, &all[..2]),
        (2, 2, &all[2..4]),
        (4, u32::MAX, &all[4..]),
        (5, 9, &[]),
        (u64::MAX, 9, &[]),
    ] {
        let found = ledger.plans_of(RUN, after, limit).await.expect("plans");
        assert_eq!(found, expected, "{limit} after {after}");
    }
    let nobody = ledger.plans_of("nobody", 0, 9).await.expect("plans");
    assert!(nobody.is_empty());
}

pub(super) async fn tally(ledger: RunHandle) {
    assert_eq!(
        ledger.tally("nobody").await.expect("a tally"),
        Tally::default()
    );
    listed(&*ledger, RUN, 10).await;
    listed(&*ledger, "another-run", 3).await;
    let tally = ledger.tally(RUN).await.expect("a tally");
    let all = Tally {
        rows: 10,
        listed: 10,
        due_in: Some(0),
        ..Tally::default()
    };
    assert_eq!(tally, all);

    let rows = taken(&*ledger, RUN, "w1", Stage::Listed, 10).await;
    let tally = ledger.tally(RUN).await.expect("a tally");
    let claimed = Tally {
        claimed: 10,
        due_in: None,
        ..all
    };
    assert_eq!(tally, claimed, "nobody waits for what somebody has");

    let mut steps = Vec::new();
    for (at, row) in rows.iter().enumerate().take(8) {
        let (planned, _) = planned(&*ledger, row, &format!("t{at}")).await;
        steps.push(match at {
            0..=2 => Step {
                after: Duration::from_secs(30 + at as u64),
                ..planned
            },
            3 | 4 => Step {
                to: Stage::Sent,
                after: LONG,
                ..planned
            },
            5 | 6 => Step {
                to: Stage::Ended,
                outcome: Some("done".to_owned()),
                ..planned
            },
            // No plan, and no word.
            _ => to(row, Stage::Ended),
        });
    }
    ledger.step(RUN, "w1", &steps).await.expect("steps");
    let tally = ledger.tally(RUN).await.expect("a tally");
    let due_in = tally.due_in.expect("the planned are due");
    assert!((20_000..=30_000).contains(&due_in), "{due_in}");
    let expected = Tally {
        rows: 10,
        listed: 2,
        planned: 3,
        sent: 2,
        ended: [("done".to_owned(), 2), ("ended".to_owned(), 1)].into(),
        plans: 7,
        claimed: 2,
        due_in: Some(due_in),
    };
    assert_eq!(tally, expected);

    // What nobody renewed is nobody's, and due.
    let short = wish(RUN, "w2", Stage::Planned, 1, Duration::from_millis(1));
    assert!(ledger.claim(&short).await.expect("a claim").is_empty());
    ledger.release(RUN, "w1").await.expect("released");
    let short = wish(RUN, "w2", Stage::Listed, 2, Duration::from_millis(100));
    assert_eq!(ledger.claim(&short).await.expect("a claim").len(), 2);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let tally = ledger.tally(RUN).await.expect("a tally");
    assert_eq!((tally.claimed, tally.due_in), (0, Some(0)));
}

pub(super) async fn last_sent(ledger: RunHandle) {
    let sent = async |tenant: &str, device: &str| {
        let sent = ledger.last_sent(tenant, device).await;
        sent.expect("a look")
    };
    let first = plan("sent", "1");
    for (at, (sending, counts)) in [
        (Sending::NotExecuted, false),
        (Sending::Rejected, false),
        (Sending::Intended, true),
        (Sending::Unknown, true),
        (Sending::Accepted, true),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("last-{at}");
        let plan = stands_at(&*ledger, &name, &name, sending, None).await;
        let at = counts.then(|| intent(&plan, &name).at);
        assert_eq!(sent(TENANT, &name).await, at, "{sending:?}");
        assert_eq!(sent(&TENANT.to_uppercase(), &name.to_uppercase()).await, at);
        assert_eq!(sent("another", &name).await, None);
    }
    // The newest, by any plan, of those that count.
    for (at, (salt, minutes, sending)) in [
        ("1", 10, Sending::Accepted),
        ("2", 20, Sending::Accepted),
        ("3", 30, Sending::Rejected),
    ]
    .into_iter()
    .enumerate()
    {
        let plan = plan("sent", salt);
        ledger.keep_plan(&plan).await.expect("a plan is kept");
        let name = format!("sent-{at}");
        let mut next = intent(&plan, &name);
        next.at = first.created + time::Duration::minutes(minutes);
        next.again = true;
        ledger.intend(&next).await.expect("an intent");
        let answer = answer(if sending == Sending::Accepted {
            204
        } else {
            403
        });
        ledger
            .settle(&name, sending, &answer)
            .await
            .expect("settled");
    }
    let newest = first.created + time::Duration::minutes(20);
    assert_eq!(sent(TENANT, "sent").await, Some(newest));
}

pub(super) async fn plans(ledger: RunHandle) {
    assert!(ledger.plans(9).await.expect("plans").is_empty());
    let one = stands_at(&*ledger, "p1", "p1", Sending::Accepted, None).await;
    let two = plan("p2", "never sent");
    ledger.keep_plan(&two).await.expect("a plan is kept");
    let three = stands_at(&*ledger, "p3", "p3", Sending::NotExecuted, None).await;
    let again = intent(&three, "p3-again");
    ledger.intend(&again).await.expect("an intent");
    let found = ledger.plans(9).await.expect("plans");
    let found: Vec<_> = found
        .iter()
        .map(|(plan, attempt)| {
            let name = attempt.as_ref();
            let name = name.map(|attempt| attempt.intent.client_request_id.as_str());
            (plan.clone(), name)
        })
        .collect();
    let expected = [(three, Some("p3-again")), (two, None), (one, Some("p1"))];
    assert_eq!(found, expected);
    assert_eq!(ledger.plans(2).await.expect("plans").len(), 2);
    assert!(ledger.plans(0).await.expect("plans").is_empty());
}
