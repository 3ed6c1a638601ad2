//! When an attempt may be made: the trait's documentation, line by line.

use std::future::Future;

use passcode_host::ledger::{Ending, IntentRefused, Sending, Settlement};

use super::{Handle, answer, intent, plan, stands_at};

/// What is expected of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passes,
    PlanUsed,
    Undecided,
    Open,
    UnknownPlan,
    Fault,
}

fn verdict(result: &Result<(), IntentRefused>) -> Verdict {
    match result {
        Ok(()) => Verdict::Passes,
        Err(IntentRefused::PlanUsed(_)) => Verdict::PlanUsed,
        Err(IntentRefused::Undecided(_)) => Verdict::Undecided,
        Err(IntentRefused::Open(_)) => Verdict::Open,
        Err(IntentRefused::UnknownPlan) => Verdict::UnknownPlan,
        Err(IntentRefused::Ledger(_)) => Verdict::Fault,
    }
}

/// A plan is carried out once, counting attempts.
pub(super) async fn plan_rules(ledger: Handle) {
    let stranger = plan("d0", "never kept");
    let refused = ledger.intend(&intent(&stranger, "r0")).await;
    assert_eq!(verdict(&refused), Verdict::UnknownPlan, "an unknown plan");

    let table = [
        (Sending::Intended, None, Verdict::PlanUsed),
        (Sending::NotExecuted, None, Verdict::Passes),
        (Sending::Rejected, None, Verdict::PlanUsed),
        (Sending::Accepted, None, Verdict::PlanUsed),
        (Sending::Accepted, Some(Ending::Done), Verdict::PlanUsed),
        (Sending::Accepted, Some(Ending::Failed), Verdict::PlanUsed),
        (Sending::Accepted, Some(Ending::Canceled), Verdict::PlanUsed),
        (
            Sending::Accepted,
            Some(Ending::NotSupported),
            Verdict::PlanUsed,
        ),
        (
            Sending::Accepted,
            Some(Ending::Ambiguous),
            Verdict::PlanUsed,
        ),
        (Sending::Unknown, None, Verdict::PlanUsed),
    ];
    for (at, (sending, ending, expected)) in table.into_iter().enumerate() {
        let device = format!("plan-rules-{at}");
        let first = format!("first-{at}");
        let plan = stands_at(&*ledger, &device, &first, sending, ending).await;
        let mut second = intent(&plan, &format!("second-{at}"));
        // No flag opens a used plan.
        second.again = true;
        second.after_unknown = Some(plan.id);
        let result = ledger.intend(&second).await;
        assert_eq!(
            verdict(&result),
            expected,
            "the same plan after {sending:?} {ending:?}"
        );
        if let Err(IntentRefused::PlanUsed(used)) = result {
            assert_eq!(used.intent.client_request_id, first, "names the attempt");
            assert_eq!(
                (used.sending, used.ending),
                (sending, ending),
                "and its state"
            );
        }
        let written = ledger.attempts(&plan.id).await.expect("attempts").len();
        let expected = if expected == Verdict::Passes { 2 } else { 1 };
        assert_eq!(
            written, expected,
            "a refused intent is not written ({sending:?})"
        );
    }

    // Two attempts that were not executed, and then one that was.
    let plan = stands_at(&*ledger, "thrice", "t1", Sending::NotExecuted, None).await;
    for name in ["t2", "t3"] {
        ledger.intend(&intent(&plan, name)).await.expect("again");
        let next = if name == "t2" {
            Sending::NotExecuted
        } else {
            Sending::Accepted
        };
        ledger
            .settle(name, next, &answer(429))
            .await
            .expect("settled");
    }
    let fourth = ledger.intend(&intent(&plan, "t4")).await;
    assert_eq!(
        verdict(&fourth),
        Verdict::PlanUsed,
        "after one was accepted"
    );
}

/// What a confirming person names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Nothing,
    That,
    Another,
}

/// One device has at most one open intent. Each row: how the other plan's attempt stands, the
/// flags of the new one, and what becomes of it.
pub(super) async fn device_rules<F, R>(open: &F)
where
    F: Fn(u32) -> R,
    R: Future<Output = Handle>,
{
    use After::{Another, Nothing, That};
    use Verdict::{Open, Passes, Undecided};
    let table = [
        (Sending::Intended, None, Nothing, false, Undecided),
        (Sending::Intended, None, Nothing, true, Undecided),
        (Sending::Intended, None, Another, false, Undecided),
        (Sending::Intended, None, That, false, Passes),
        (Sending::Intended, None, That, true, Passes),
        (Sending::Unknown, None, Nothing, false, Undecided),
        (Sending::Unknown, None, Nothing, true, Undecided),
        (Sending::Unknown, None, Another, true, Undecided),
        (Sending::Unknown, None, That, false, Passes),
        (Sending::Accepted, None, Nothing, false, Open),
        (Sending::Accepted, None, That, false, Open),
        (Sending::Accepted, None, Nothing, true, Passes),
        (
            Sending::Accepted,
            Some(Ending::Done),
            Nothing,
            false,
            Passes,
        ),
        (
            Sending::Accepted,
            Some(Ending::Failed),
            Nothing,
            false,
            Passes,
        ),
        (
            Sending::Accepted,
            Some(Ending::Canceled),
            Nothing,
            false,
            Passes,
        ),
        (
            Sending::Accepted,
            Some(Ending::NotSupported),
            Nothing,
            false,
            Passes,
        ),
        (
            Sending::Accepted,
            Some(Ending::Ambiguous),
            Nothing,
            false,
            Passes,
        ),
        (Sending::Rejected, None, Nothing, false, Passes),
        (Sending::NotExecuted, None, Nothing, false, Passes),
    ];
    let ledger = open(100).await;
    let another = stands_at(&*ledger, "elsewhere", "elsewhere", Sending::Unknown, None).await;
    for (at, (sending, ending, after, again, expected)) in table.into_iter().enumerate() {
        let row = format!("{sending:?} {ending:?}, after {after:?}, again {again}");
        let device = format!("device-rules-{at}");
        let first = stands_at(&*ledger, &device, &format!("one-{at}"), sending, ending).await;

        // The same device, spelled otherwise, is the same device.
        let second = plan(&device.to_uppercase(), "second");
        ledger.keep_plan(&second).await.expect("a plan is kept");
        let mut intent = intent(&second, &format!("two-{at}"));
        intent.again = again;
        intent.after_unknown = match after {
            Nothing => None,
            That => Some(first.id),
            Another => Some(another.id),
        };
        let result = ledger.intend(&intent).await;
        assert_eq!(verdict(&result), expected, "{row}");
        if let Err(IntentRefused::Undecided(way) | IntentRefused::Open(way)) = &result {
            assert_eq!(way.intent.plan, first.id, "names what is in the way: {row}");
        }
        let written = ledger.attempts(&second.id).await.expect("attempts").len();
        assert_eq!(
            written,
            usize::from(expected == Passes),
            "written or not: {row}"
        );

        // A neighbour, and the same device id in another tenant, are not concerned.
        let neighbour = plan(&format!("{device}-neighbour"), "n");
        let mut abroad = plan(&device, "another tenant");
        abroad.tenant = "99999999-aaaa-4bbb-8ccc-999999999999".into();
        for (other, name) in [(neighbour, "near"), (abroad, "abroad")] {
            ledger.keep_plan(&other).await.expect("a plan is kept");
            let result = ledger
                .intend(&super::intent(&other, &format!("{name}-{at}")))
                .await;
            assert_eq!(verdict(&result), Passes, "{name}: {row}");
        }
    }
}

/// A second unknown outcome in a row can be followed up by naming it alone, and not by naming
/// the first.
pub(super) async fn chains(ledger: Handle) {
    let first = stands_at(&*ledger, "chain", "c1", Sending::Unknown, None).await;
    let second = plan("chain", "second");
    ledger.keep_plan(&second).await.expect("a plan is kept");
    let mut following = intent(&second, "c2");
    following.after_unknown = Some(first.id);
    ledger
        .intend(&following)
        .await
        .expect("it follows the first");
    ledger
        .settle("c2", Sending::Unknown, &Settlement::default())
        .await
        .expect("unknown again");

    let third = plan("chain", "third");
    ledger.keep_plan(&third).await.expect("a plan is kept");
    let mut following = intent(&third, "c3");
    assert_eq!(
        verdict(&ledger.intend(&following).await),
        Verdict::Undecided
    );
    following.after_unknown = Some(first.id);
    assert_eq!(
        verdict(&ledger.intend(&following).await),
        Verdict::Undecided
    );
    following.after_unknown = Some(second.id);
    assert_eq!(verdict(&ledger.intend(&following).await), Verdict::Passes);
}

/// Records that would speak of something else than the request.
pub(super) async fn misuse(ledger: Handle) {
    let kept = plan("m1", "m");
    ledger.keep_plan(&kept).await.expect("a plan is kept");
    let mut other_device = intent(&kept, "m1");
    other_device.device = "m2".into();
    let mut other_tenant = intent(&kept, "m2");
    other_tenant.tenant = "somebody else".into();
    for wrong in [other_device, other_tenant] {
        assert_eq!(verdict(&ledger.intend(&wrong).await), Verdict::Fault);
    }
    assert!(ledger.recent(10).await.expect("recent").is_empty());

    ledger
        .intend(&intent(&kept, "m3"))
        .await
        .expect("an intent");
    let next = plan("m4", "m");
    ledger.keep_plan(&next).await.expect("a plan is kept");
    let twice = ledger.intend(&intent(&next, "M3")).await;
    assert_eq!(verdict(&twice), Verdict::Fault, "one name, two attempts");

    let mut follows_nothing = intent(&next, "m5");
    follows_nothing.after_unknown = Some(plan("m4", "never kept").id);
    assert_eq!(
        verdict(&ledger.intend(&follows_nothing).await),
        Verdict::Fault
    );
    assert_eq!(ledger.recent(10).await.expect("recent").len(), 1);
}
