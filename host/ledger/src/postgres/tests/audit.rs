//! The chain, whoever writes at the same time.

use std::sync::Arc;

use passcode_audit::{Notary, Verifier, What};
use passcode_host::ledger::{Ending, SendLedger as _, Sending, Settlement};
use tokio::task::JoinSet;

use super::{by_hand, open};
use crate::AuditLog as _;
use crate::conformance::{intent, plan, stands_at};

#[tokio::test]
async fn what_was_written_stands_in_the_chain_once() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let home = tempfile::tempdir().unwrap();
    let notary = Arc::new(Notary::open_or_create(&home.path().join("key.pem")).unwrap());
    let ledger = open(&url).await.sealed_by(notary.clone());
    assert_eq!(ledger.head().await.unwrap(), passcode_audit::Head::EMPTY);
    let done = stands_at(&ledger, "one", "one", Sending::Accepted, Some(Ending::Done)).await;
    ledger
        .deliver("one", done.created, "terminal")
        .await
        .unwrap();
    // What changes nothing, and what is refused, adds nothing.
    ledger.keep_plan(&done).await.unwrap();
    ledger.end("one", Ending::Done).await.unwrap();
    ledger.intend(&intent(&done, "refused")).await.unwrap_err();
    // Following up an intent makes it unknown.
    let first = stands_at(&ledger, "two", "two", Sending::Intended, None).await;
    let second = plan("two", "second");
    ledger.keep_plan(&second).await.unwrap();
    let mut following = intent(&second, "three");
    following.after_unknown = Some(first.id);
    ledger.intend(&following).await.unwrap();

    let lines = ledger.lines(0, u32::MAX).await.unwrap();
    let said: Vec<What> = lines
        .iter()
        .map(|line| line.record().unwrap().what)
        .collect();
    use What::{Disclosed, Ended, Intended, Planned, Settled};
    assert_eq!(
        said,
        [
            Planned, Intended, Settled, Ended, Disclosed, Planned, Intended, Planned, Settled,
            Intended
        ]
    );
    let head = ledger.head().await.unwrap();
    assert_eq!(head.count, 10);
    let mut verifier = Verifier::new(&[notary.public_key()], Some(&head));
    for line in &lines {
        verifier.push(line);
    }
    let verdict = verifier.finish();
    assert!(verdict.is_intact(), "{verdict:?}");
    let after = ledger.lines(8, 1).await.unwrap();
    assert_eq!(after, lines[8..9]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_write_at_once_write_one_chain() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let handles = [Arc::new(open(&url).await), Arc::new(open(&url).await)];
    let mut all = JoinSet::new();
    for task in 0..16_usize {
        let ledger = handles[task % 2].clone();
        all.spawn(async move {
            for round in 0..10 {
                let next = plan(&format!("device-{task}-{round}"), "a");
                ledger.keep_plan(&next).await.unwrap();
                ledger.intend(&intent(&next, &next.device)).await.unwrap();
                ledger
                    .settle(&next.device, Sending::Unknown, &Settlement::default())
                    .await
                    .unwrap();
            }
        });
    }
    all.join_all().await;
    let mut verifier = Verifier::new(&[], Some(&handles[0].head().await.unwrap()));
    let mut last = 0;
    loop {
        let lines = handles[1].lines(last, 100).await.unwrap();
        let Some(line) = lines.last() else { break };
        last = line.number;
        lines.iter().for_each(|line| verifier.push(line));
    }
    assert_eq!(last, 480);
    let verdict = verifier.finish();
    assert!(verdict.is_intact(), "{verdict:?}");
}

/// No record, no sending: an intent whose line cannot be written is not written either.
#[tokio::test]
async fn without_its_line_nothing_is_written() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    let kept = plan("device", "a");
    ledger.keep_plan(&kept).await.unwrap();
    by_hand(
        &url,
        "ALTER TABLE passcode.audit ADD CHECK (body NOT LIKE '%client%') NOT VALID",
    )
    .await
    .unwrap();
    ledger.intend(&intent(&kept, "one")).await.unwrap_err();
    assert!(ledger.attempts(&kept.id).await.unwrap().is_empty());
    assert_eq!(ledger.head().await.unwrap().count, 1);
}
