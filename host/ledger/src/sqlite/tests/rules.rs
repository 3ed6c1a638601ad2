//! The suite that every ledger passes, on files and in memory.

use std::sync::Arc;

use super::stores;
use crate::conformance::{Handle, every_rule, races};
use crate::{Reported, SqliteLedger};

#[tokio::test]
async fn a_file_keeps_every_rule() {
    let home = tempfile::tempdir().unwrap();
    every_rule(stores(&home)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_race_exactly_one_may_send() {
    let home = tempfile::tempdir().unwrap();
    races(stores(&home), 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_tasks_that_share_a_handle_exactly_one_may_send() {
    let handle: Handle = Arc::new(SqliteLedger::in_memory().await.unwrap());
    races(move |_| std::future::ready(handle.clone()), 50).await;
}

#[tokio::test]
async fn every_attempt_has_one_reported_state() {
    use passcode_host::ledger::{Ending, Sending};
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let table = [
        (Sending::Intended, None, "unknown"),
        (Sending::Unknown, None, "unknown"),
        (Sending::NotExecuted, None, "not-executed"),
        (Sending::Rejected, None, "rejected"),
        (Sending::Accepted, None, "pending"),
        (Sending::Accepted, Some(Ending::Done), "done"),
        (Sending::Accepted, Some(Ending::Failed), "failed"),
        (Sending::Accepted, Some(Ending::Canceled), "canceled"),
        (
            Sending::Accepted,
            Some(Ending::NotSupported),
            "not-supported",
        ),
        (Sending::Accepted, Some(Ending::Ambiguous), "ambiguous"),
    ];
    let mut all = Vec::new();
    for (at, (sending, ending, expected)) in table.into_iter().enumerate() {
        let name = format!("n{at}");
        let plan = crate::conformance::stands_at(&ledger, &name, &name, sending, ending).await;
        let attempts = passcode_host::ledger::SendLedger::attempts(&ledger, &plan.id)
            .await
            .unwrap();
        assert_eq!(Reported::of(&attempts[0]).to_string(), expected);
        assert_eq!(Reported::of_device(&attempts).unwrap().as_str(), expected);
        all.extend(attempts);
    }
    // As if they were one device's: what is unknown wins over everything, then what is pending,
    // then the newest that may have touched the device, then the newest.
    assert_eq!(Reported::of_device(&all), Some(Reported::Unknown));
    assert_eq!(Reported::of_device(&all[2..]), Some(Reported::Pending));
    assert_eq!(Reported::of_device(&all[5..]), Some(Reported::Ambiguous));
    let done_then_rejected = [all[5].clone(), all[3].clone()];
    assert_eq!(
        Reported::of_device(&done_then_rejected),
        Some(Reported::Done)
    );
    assert_eq!(Reported::of_device(&all[2..4]), Some(Reported::Rejected));
    assert_eq!(Reported::of_device(&[]), None);
}
