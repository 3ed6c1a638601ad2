//! Two at once: exactly one may send.

use passcode_host::ledger::IntentRefused;

use super::{Handle, intent, plan};

/// Both want to carry out the same plan.
pub(super) async fn one_plan(one: &Handle, two: &Handle, rounds: u32) {
    for round in 0..rounds {
        let kept = plan(&format!("race-plan-{round}"), "a");
        one.keep_plan(&kept).await.expect("a plan is kept");
        let (mine, yours) = (
            intent(&kept, &format!("plan-one-{round}")),
            intent(&kept, &format!("plan-two-{round}")),
        );
        let results = both(one, mine, two, yours).await;
        let written = one.attempts(&kept.id).await.expect("attempts").len();
        assert_eq!(
            written, 1,
            "round {round}: one plan, one attempt ({results:?})"
        );
        assert!(
            matches!(
                &results,
                [Ok(()), Err(IntentRefused::PlanUsed(_))]
                    | [Err(IntentRefused::PlanUsed(_)), Ok(())]
            ),
            "round {round}: {results:?}"
        );
    }
}

/// Two plans for one device.
pub(super) async fn one_device(one: &Handle, two: &Handle, rounds: u32) {
    for round in 0..rounds {
        let device = format!("race-device-{round}");
        let (a, b) = (plan(&device, "a"), plan(&device, "b"));
        one.keep_plan(&a).await.expect("a plan is kept");
        two.keep_plan(&b).await.expect("a plan is kept");
        let (mine, yours) = (
            intent(&a, &format!("device-one-{round}")),
            intent(&b, &format!("device-two-{round}")),
        );
        let results = both(one, mine, two, yours).await;
        let written = one
            .open_attempts(&a.tenant, &device)
            .await
            .expect("open")
            .len();
        assert_eq!(
            written, 1,
            "round {round}: one device, one attempt ({results:?})"
        );
        assert!(
            matches!(
                &results,
                [Ok(()), Err(IntentRefused::Undecided(_))]
                    | [Err(IntentRefused::Undecided(_)), Ok(())]
            ),
            "round {round}: {results:?}"
        );
    }
}

async fn both(
    one: &Handle,
    mine: passcode_host::ledger::Intent,
    two: &Handle,
    yours: passcode_host::ledger::Intent,
) -> [Result<(), IntentRefused>; 2] {
    let (one, two) = (one.clone(), two.clone());
    let first = tokio::spawn(async move { one.intend(&mine).await });
    let second = tokio::spawn(async move { two.intend(&yours).await });
    [
        first.await.expect("the first task ends"),
        second.await.expect("the second task ends"),
    ]
}
