//! Guarantees 6 and 7: after a crash at any instant nothing is sent twice, and without a record
//! nothing is sent at all.

use passcode_host::contract::types::Verb;
use passcode_host::ledger::{PlanId, Sending};
use passcode_practice::RemoteAction;
use passcode_tests::{Bench, Fail, Hang, Setup};

use crate::support::{changes, code};

async fn planned() -> (Bench, PlanId) {
    let bench = Setup::real().start().await;
    let plan = bench
        .action
        .prepare(&bench.wanted("KIOSK-0001", Verb::Reset))
        .await
        .expect("plan");
    (bench, plan.id)
}

/// Carries out until the machine stops at that moment.
async fn crash(bench: &Bench, plan: &PlanId, when: Hang) {
    bench.ledger.hang(when);
    tokio::select! {
        committed = bench.action.commit(plan) => panic!("it ended: {committed:?}"),
        () = bench.ledger.hung() => {}
    }
    bench.ledger.recover();
}

fn resets(bench: &Bench) -> u64 {
    bench
        .tenant
        .count("KIOSK-0001", RemoteAction::ResetPasscode)
        .received
}

#[tokio::test]
async fn a_crash_before_the_intent_leaves_the_plan_unused() {
    let (bench, plan) = planned().await;
    crash(&bench, &plan, Hang::BeforeIntend).await;
    assert_eq!(
        (resets(&bench), bench.ledger.sendings(&plan).await),
        (0, Ok(vec![]))
    );
    let committed = bench.action.commit(&plan).await.expect("unused");
    assert_eq!(committed.sent.expect("sent").sending, Sending::Accepted);
    assert_eq!(resets(&bench), 1);
}

#[tokio::test]
async fn a_crash_after_the_intent_sends_nothing_twice() {
    let (bench, plan) = planned().await;
    crash(&bench, &plan, Hang::AfterIntend).await;
    assert_eq!(
        (resets(&bench), bench.ledger.sendings(&plan).await),
        (0, Ok(vec![Sending::Intended]))
    );
    assert_eq!(code(bench.action.commit(&plan).await), "plan-used");
    // Nor through another plan for the same device.
    let mut wanted = bench.wanted("KIOSK-0001", Verb::Reset);
    // Made in the same second with the same words, it would be the same plan.
    wanted.ticket = Some("another".to_owned());
    let other = bench.action.prepare(&wanted).await.expect("plan");
    assert_ne!(other.id, plan);
    let committed = bench.action.commit(&other.id).await.expect("commit");
    assert_eq!(
        (committed.sent, code(committed.progress)),
        (None, "outcome-unknown-before".to_owned())
    );
    assert_eq!(resets(&bench), 0);
    // Unless a person follows up the unknown one.
    wanted.after_unknown = Some(plan);
    let third = bench.action.prepare(&wanted).await.expect("plan");
    let committed = bench.action.commit(&third.id).await.expect("commit");
    assert_eq!(committed.sent.expect("sent").sending, Sending::Accepted);
    assert_eq!(resets(&bench), 1);
}

#[tokio::test]
async fn a_crash_after_the_answer_sends_nothing_twice() {
    let (bench, plan) = planned().await;
    crash(&bench, &plan, Hang::BeforeSettle).await;
    assert_eq!(
        (resets(&bench), bench.ledger.sendings(&plan).await),
        (1, Ok(vec![Sending::Intended]))
    );
    assert_eq!(code(bench.action.commit(&plan).await), "plan-used");
    assert_eq!(resets(&bench), 1);
}

#[tokio::test]
async fn a_plan_is_used_once() {
    let (bench, plan) = planned().await;
    let committed = bench.action.commit(&plan).await.expect("commit");
    assert_eq!(committed.sent.expect("sent").sending, Sending::Accepted);
    assert_eq!(code(bench.action.commit(&plan).await), "plan-used");
    assert_eq!(resets(&bench), 1);
}

#[tokio::test]
async fn two_at_once_with_one_ledger_send_once() {
    let (bench, plan) = planned().await;
    let (one, two) = tokio::join!(bench.action.commit(&plan), bench.action.commit(&plan));
    let sent = [one, two]
        .into_iter()
        .flatten()
        .filter(|committed| committed.sent.is_some())
        .count();
    assert_eq!((sent, resets(&bench)), (1, 1));
}

#[tokio::test]
async fn what_was_refused_before_execution_may_be_tried_again() {
    for fault in ["429", "429-no-retry-after"] {
        let (bench, plan) = planned().await;
        bench
            .tenant
            .inject_named(&format!("{fault},route=resetPasscode"))
            .expect("fault");
        let committed = bench.action.commit(&plan).await.expect("commit");
        assert_eq!(
            committed.sent.expect("sent").sending,
            Sending::NotExecuted,
            "{fault}"
        );
        let committed = bench.action.commit(&plan).await.expect("again");
        assert_eq!(
            committed.sent.expect("sent").sending,
            Sending::Accepted,
            "{fault}"
        );
        assert_eq!(resets(&bench), 2);
    }
}

#[tokio::test]
async fn what_may_have_been_executed_is_never_tried_again() {
    for (fault, became) in [
        ("drop-before-accept", Sending::Unknown),
        ("drop-after-accept", Sending::Unknown),
        ("503-before-accept", Sending::Unknown),
        ("503-after-accept", Sending::Unknown),
        ("504-after-accept", Sending::Unknown),
        ("500-after-accept", Sending::Unknown),
        ("500", Sending::Unknown),
        ("500-plain", Sending::Unknown),
        ("500-broken", Sending::Unknown),
        ("500-empty", Sending::Unknown),
        ("html", Sending::Unknown),
        ("403", Sending::Rejected),
        ("404,route=resetPasscode", Sending::Rejected),
        ("401-intune-role,route=resetPasscode", Sending::Rejected),
        (
            "403-conditional-access,route=resetPasscode",
            Sending::Rejected,
        ),
    ] {
        let (bench, plan) = planned().await;
        bench.tenant.inject_named(fault).expect("fault");
        let committed = bench.action.commit(&plan).await.expect("commit");
        assert_eq!(committed.sent.expect("sent").sending, became, "{fault}");
        assert!(
            committed.progress.is_err(),
            "{fault}: {:?}",
            committed.progress
        );
        assert_eq!(
            code(bench.action.commit(&plan).await),
            "plan-used",
            "{fault}"
        );
        assert_eq!(resets(&bench), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_token_that_was_not_accepted_is_renewed_once() {
    let (bench, plan) = planned().await;
    bench.tenant.revoke_all_tokens();
    let committed = bench.action.commit(&plan).await.expect("commit");
    assert_eq!(committed.sent.expect("sent").sending, Sending::Accepted);
    assert_eq!(bench.credential.asked().1, 1);

    let (bench, plan) = planned().await;
    bench
        .tenant
        .inject_named("401-token,route=resetPasscode,count=0")
        .expect("fault");
    let committed = bench.action.commit(&plan).await.expect("commit");
    assert_eq!(committed.sent.expect("sent").sending, Sending::Rejected);
    assert_eq!(
        bench.ledger.sendings(&plan).await,
        Ok(vec![Sending::NotExecuted, Sending::Rejected])
    );
    assert_eq!(resets(&bench), 2);
}

#[tokio::test]
async fn a_claims_challenge_reaches_the_credential() {
    for route in ["device", "resetPasscode"] {
        let (bench, plan) = planned().await;
        bench
            .tenant
            .inject_named(&format!("401-claims,route={route}"))
            .expect("fault");
        let committed = bench.action.commit(&plan).await.expect("commit");
        assert_eq!(
            committed.sent.expect("sent").sending,
            Sending::Accepted,
            "{route}"
        );
        assert_eq!(bench.credential.claims().len(), 1, "{route}");
    }
}

#[tokio::test]
async fn a_plan_that_cannot_be_kept_is_no_plan() {
    let bench = Setup::real().start().await;
    bench.ledger.fail(Fail::KeepPlan);
    assert_eq!(
        code(
            bench
                .action
                .prepare(&bench.wanted("KIOSK-0001", Verb::Reset))
                .await
        ),
        "ledger"
    );
}

#[tokio::test]
async fn without_a_record_of_the_intent_nothing_is_sent() {
    let (bench, plan) = planned().await;
    bench.ledger.fail(Fail::Intend);
    let committed = bench.action.commit(&plan).await.expect("commit");
    assert_eq!(
        (committed.sent, code(committed.progress)),
        (None, "ledger".to_owned())
    );
    assert_eq!(changes(&bench), Vec::<String>::new());
    // The disk has room again.
    bench.ledger.recover();
    let committed = bench.action.commit(&plan).await.expect("commit");
    assert_eq!(committed.sent.expect("sent").sending, Sending::Accepted);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_stops_everything() {
    for what in [Fail::Plan, Fail::Attempts] {
        let (bench, plan) = planned().await;
        bench.ledger.fail(what);
        assert_eq!(code(bench.action.commit(&plan).await), "ledger");
        assert_eq!(changes(&bench), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_recorded_is_reported_and_nothing_is_sent_twice() {
    let (bench, plan) = planned().await;
    bench.ledger.fail(Fail::Settle);
    let committed = bench.action.commit(&plan).await.expect("commit");
    assert!(committed.sent.is_some(), "it was sent");
    assert_eq!(code(committed.progress), "ledger");
    bench.ledger.recover();
    assert_eq!(
        bench.ledger.sendings(&plan).await,
        Ok(vec![Sending::Intended])
    );
    assert_eq!(code(bench.action.commit(&plan).await), "plan-used");
    assert_eq!(resets(&bench), 1);
}
