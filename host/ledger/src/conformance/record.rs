//! What was written is what is read.

use passcode_host::ledger::{Ending, PlanId, Sending};
use time::Duration;

use super::{Handle, TENANT, answer, intent, plan, stands_at};

pub(super) async fn plans(ledger: Handle) {
    let kept = plan("p1", "a");
    assert_eq!(ledger.plan(&kept.id).await, Ok(None), "not kept yet");
    for time in ["first", "second"] {
        assert_eq!(ledger.keep_plan(&kept).await, Ok(()), "kept a {time} time");
    }
    assert_eq!(ledger.plan(&kept.id).await, Ok(Some(kept.clone())));
    assert_eq!(ledger.plan(&PlanId([0; 32])).await, Ok(None));

    // An edited document, and a document under another name.
    let mut edited = kept.clone();
    edited.document = edited.document.replace("p1", "p2");
    assert!(ledger.keep_plan(&edited).await.is_err(), "an edited plan");
    let mut elsewhere = kept.clone();
    elsewhere.device = "p2".into();
    assert!(
        ledger.keep_plan(&elsewhere).await.is_err(),
        "for another device"
    );
    let mut longer = kept.clone();
    longer.expires += Duration::hours(1);
    assert!(
        ledger.keep_plan(&longer).await.is_err(),
        "with a longer life"
    );
    assert_eq!(ledger.plan(&kept.id).await, Ok(Some(kept)), "unchanged");
}

/// What one handle writes, another reads, whole.
pub(super) async fn attempts(one: Handle, two: Handle) {
    let kept = plan("a1", "a");
    let mut intended = intent(&kept, "A1-name");
    intended.again = true;
    one.keep_plan(&kept).await.expect("a plan is kept");
    one.intend(&intended).await.expect("an intent");
    // Seals are not written: they mean something only to the process that made them.
    for result in &mut intended.snapshot {
        result.passcode = None;
    }

    let read = two.attempts(&kept.id).await.expect("attempts");
    let found = read.first().expect("one attempt");
    assert_eq!(read.len(), 1);
    assert_eq!(found.intent, intended);
    assert_eq!(found.sending, Sending::Intended);
    assert_eq!((found.ending, &found.delivered), (None, &None));

    two.settle("A1-name", Sending::Accepted, &answer(204))
        .await
        .expect("settled");
    two.end("A1-name", Ending::Done).await.expect("ended");
    let at = kept.created + Duration::hours(1);
    for (minute, to) in [(0, "terminal"), (1, "json")] {
        two.deliver("A1-name", at + Duration::minutes(minute), to)
            .await
            .expect("delivered");
    }
    let read = one.attempts(&kept.id).await.expect("attempts");
    let found = read.first().expect("one attempt");
    assert_eq!(found.sending, Sending::Accepted);
    assert_eq!(found.settlement, answer(204));
    assert_eq!(found.ending, Some(Ending::Done));
    let last = Some((at + Duration::minutes(1), "json".to_owned()));
    assert_eq!(found.delivered, last, "the last delivery is shown");
    assert!(one.deliver("nobody", at, "terminal").await.is_err());
    assert_eq!(one.practice(), two.practice());
}

pub(super) async fn lists(ledger: Handle) {
    for (name, sending, ending) in [
        ("l1", Sending::Intended, None),
        ("l2", Sending::NotExecuted, None),
        ("l3", Sending::Rejected, None),
        ("l4", Sending::Accepted, None),
        ("l5", Sending::Accepted, Some(Ending::Failed)),
        ("l6", Sending::Unknown, None),
    ] {
        let plan = stands_at(&*ledger, name, name, sending, ending).await;
        let open = ledger
            .open_attempts(TENANT, &name.to_uppercase())
            .await
            .expect("open");
        let is_open = matches!(name, "l1" | "l4" | "l6");
        assert_eq!(open.len(), usize::from(is_open), "{name}");
        assert!(open.iter().all(|attempt| attempt.intent.plan == plan.id));
    }
    assert_eq!(ledger.open_attempts("another", "l1").await, Ok(vec![]));
    for (limit, expected) in [
        (0, vec![]),
        (2, vec!["l6", "l5"]),
        (u32::MAX, vec!["l6", "l5", "l4", "l3", "l2", "l1"]),
    ] {
        let recent = ledger.recent(limit).await.expect("recent");
        let names: Vec<_> = recent
            .iter()
            .map(|attempt| attempt.intent.client_request_id.as_str())
            .collect();
        assert_eq!(names, expected, "the newest {limit}");
    }

    // A plan's attempts, oldest first.
    let plan = stands_at(&*ledger, "l7", "z", Sending::NotExecuted, None).await;
    ledger.intend(&intent(&plan, "a")).await.expect("a second");
    let attempts = ledger.attempts(&plan.id).await.expect("attempts");
    let names: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.intent.client_request_id.as_str())
        .collect();
    assert_eq!(names, ["z", "a"]);
}
