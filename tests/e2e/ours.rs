//! Whose result is it? Never two resets of ours, and never a colleague's passcode as ours.

use passcode_host::contract::types::{ProblemKind, ProgressState, Verb};
use passcode_host::ledger::{SendLedger as _, Sending};
use passcode_host::{Committed, HostError};
use passcode_practice::RemoteAction;
use passcode_tests::{Bench, Script, Setup};
use serde_json::json;

use crate::support::{changes, code};

const COLLEAGUE: &str = "colleague@contoso.example";

fn busy(committed: &Committed) -> bool {
    let busy = matches!(&committed.progress, Err(HostError::Problem(problem)) if problem.kind == ProblemKind::Busy);
    busy && committed.sent.is_none()
}

async fn plan(bench: &Bench) -> passcode_host::PlanDocument {
    bench
        .action
        .prepare(&bench.wanted("KIOSK-0001", Verb::Reset))
        .await
        .expect("plan")
}

#[tokio::test]
async fn our_own_reset_is_shown() {
    let bench = Setup::real().start().await;
    bench.tenant.next_passcode("Ours-2468");
    let plan = plan(&bench).await;
    let committed = bench.action.commit(&plan.id).await.expect("commit");
    assert_eq!(committed.sent.expect("sent").sending, Sending::Accepted);
    let observed = bench.action.observe(&plan.id).await.expect("observe");
    assert_eq!(observed.passcode.expect("passcode").reveal(), "Ours-2468");
}

#[tokio::test]
async fn one_plan_on_two_machines_resets_once() {
    let one = Setup::real().start().await;
    let two = Setup::real().beside(&one).start().await;
    let plan = plan(&one).await;
    // The document was carried over together with its record.
    let stored = one
        .ledger
        .plan(&plan.id)
        .await
        .expect("ledger")
        .expect("plan");
    two.ledger.keep_plan(&stored).await.expect("kept");
    one.action.commit(&plan.id).await.expect("commit");
    let committed = two.action.commit(&plan.id).await.expect("commit");
    assert!(busy(&committed), "{committed:?}");
    assert_eq!(
        one.tenant
            .count("KIOSK-0001", RemoteAction::ResetPasscode)
            .received,
        1
    );
    assert_eq!(
        code(two.action.observe(&plan.id).await),
        "plan-unknown",
        "nothing of it was sent from here"
    );
}

#[tokio::test]
async fn two_plans_on_two_machines_reset_once() {
    for pace in [0.0, 1.0] {
        let one = Setup::real().start().await;
        one.tenant.set_pace(pace);
        let two = Setup::real().beside(&one).start().await;
        let (first, second) = (plan(&one).await, plan(&two).await);
        one.action.commit(&first.id).await.expect("commit");
        let committed = two.action.commit(&second.id).await.expect("commit");
        assert!(busy(&committed), "{committed:?}");
        assert_eq!(changes(&one).len(), 1);
    }
}

#[tokio::test]
async fn a_colleague_who_was_faster_is_named_and_not_overtaken() {
    let bench = Setup::real().start().await;
    let plan = plan(&bench).await;
    bench
        .tenant
        .colleague_resets("KIOSK-0001", COLLEAGUE)
        .expect("reset");
    let committed = bench.action.commit(&plan.id).await.expect("commit");
    assert!(busy(&committed), "{committed:?}");
    let error = committed.progress.expect_err("busy").to_string();
    assert!(error.contains(COLLEAGUE), "{error}");
    assert_eq!(changes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn again_goes_ahead_and_still_shows_only_ours() {
    let bench = Setup::real().start().await;
    let theirs = bench
        .tenant
        .colleague_resets("KIOSK-0001", COLLEAGUE)
        .expect("reset")
        .expect("passcode");
    bench.tenant.next_passcode("Ours-2468");
    let mut wanted = bench.wanted("KIOSK-0001", Verb::Reset);
    wanted.again = true;
    let plan = bench.action.prepare(&wanted).await.expect("plan");
    bench.action.commit(&plan.id).await.expect("commit");
    let observed = bench.action.observe(&plan.id).await.expect("observe");
    let passcode = observed.passcode.expect("passcode");
    assert_eq!(passcode.reveal(), "Ours-2468");
    assert_ne!(passcode.reveal(), theirs);
}

#[tokio::test]
async fn of_two_new_results_neither_is_ours() {
    for fault in ["colleague-before", "colleague-after"] {
        let bench = Setup::real().start().await;
        bench.tenant.inject_named(fault).expect("fault");
        let plan = plan(&bench).await;
        bench.action.commit(&plan.id).await.expect("commit");
        let observed = bench.action.observe(&plan.id).await.expect("observe");
        assert_eq!(observed.progress.state, ProgressState::Ambiguous, "{fault}");
        assert!(observed.passcode.is_none(), "{fault}");
    }
}

#[tokio::test]
async fn a_colleagues_reset_is_not_ours_because_ours_got_lost() {
    let bench = Setup::real().start().await;
    bench
        .tenant
        .inject_named("drop-before-accept")
        .expect("fault");
    bench
        .tenant
        .inject_named("colleague-before")
        .expect("fault");
    let plan = plan(&bench).await;
    let committed = bench.action.commit(&plan.id).await.expect("commit");
    assert_eq!(committed.sent.expect("sent").sending, Sending::Unknown);
    let observed = bench.action.observe(&plan.id).await.expect("observe");
    assert!(observed.passcode.is_none(), "{:?}", observed.progress);
    assert_eq!(observed.progress.settled_by, None);
}

#[tokio::test]
async fn an_unknown_sending_is_settled_by_its_new_result_and_shown() {
    for fault in ["drop-after-accept", "503-after-accept"] {
        let bench = Setup::real().start().await;
        bench.tenant.inject_named(fault).expect("fault");
        bench.tenant.next_passcode("Ours-2468");
        let plan = plan(&bench).await;
        bench.action.commit(&plan.id).await.expect("commit");
        let observed = bench.action.observe(&plan.id).await.expect("observe");
        assert!(observed.progress.settled_by.is_some(), "{fault}");
        assert_eq!(
            observed.passcode.expect("passcode").reveal(),
            "Ours-2468",
            "{fault}"
        );
    }
}

#[tokio::test]
async fn any_result_can_be_shown_as_what_it_is() {
    let bench = Setup::real().start().await;
    let (_, passcode) = bench.tenant.resets("RESET-BEFORE-0029").expect("resets")[0].clone();
    let listed = bench
        .action
        .results(&bench.id("RESET-BEFORE-0029"))
        .await
        .expect("results");
    let shown: Vec<_> = listed
        .iter()
        .filter_map(|listed| listed.passcode.as_ref())
        .map(|passcode| passcode.reveal().to_owned())
        .collect();
    assert_eq!(shown, [passcode.expect("passcode")]);
}

/// Resets a device that lists an earlier passcode, then lets the puppet offer one seal after the
/// other. What the host opens of each.
async fn offers(fault: Option<&str>) -> Vec<Option<String>> {
    let mut opened = Vec::new();
    for seal in [0, 1, 2, 3, 4, 99, u32::MAX] {
        // The script is part of the plan, so each seal takes a tenant of its own.
        let bench = Setup::puppet().start().await;
        bench.tenant.next_passcode("Ours-2468");
        if let Some(fault) = fault {
            bench.tenant.inject_named(fault).expect("fault");
        }
        let script = Script::ordinary()
            .looks("commit")
            .resets("commit")
            .claims_success("commit")
            .looks("observe")
            .then("observe", json!({ "progress": { "seal": seal } }));
        let made = bench
            .prepare("RESET-BEFORE-0029", &script)
            .await
            .expect("plan");
        bench.action.commit(&made.id).await.expect("commit");
        let observed = bench.action.observe(&made.id).await;
        opened.push(
            observed
                .ok()
                .and_then(|observed| observed.passcode)
                .map(|passcode| passcode.reveal().to_owned()),
        );
    }
    opened
}

#[tokio::test]
async fn a_component_that_lies_gets_only_our_own_passcode_opened() {
    let opened = offers(None).await;
    let ours: Vec<_> = opened.iter().flatten().collect();
    assert_eq!(ours, ["Ours-2468"], "{opened:?}");
}

#[tokio::test]
async fn of_two_new_results_neither_is_opened_for_a_component_that_lies() {
    for fault in ["colleague-before", "colleague-after"] {
        let opened = offers(Some(fault)).await;
        let ours: Vec<_> = opened.iter().flatten().collect();
        assert!(ours.is_empty(), "{fault}: {opened:?}");
    }
}

#[tokio::test]
async fn a_seal_of_another_result_is_not_opened_in_its_place() {
    let bench = Setup::puppet().start().await;
    let device = bench.id("RESET-BEFORE-0029");
    let listed = bench.action.results(&device).await.expect("results");
    let honest: Vec<_> = listed
        .iter()
        .filter_map(|listed| listed.passcode.as_ref())
        .collect();
    assert_eq!(honest.len(), 1);
    // The same seal, under the name of another action and another time, and one never given.
    let honest = &listed[0].result;
    let (name, kind, started) = (&honest.name, &honest.type_name, &honest.started);
    let lie = json!({ "results": { "then": { "results": [
        { "actionName": "remoteLock", "@odata.type": kind, "startDateTime": started, "seal": 1 },
        { "actionName": name, "@odata.type": kind, "startDateTime": "2020-01-01T00:00:00Z", "seal": 1 },
        { "actionName": name, "@odata.type": kind, "startDateTime": started, "seal": 2 },
        { "actionName": name, "@odata.type": kind, "startDateTime": started, "seal": 1 },
    ] } } });
    bench
        .tenant
        .set_property(&device, "deviceName", lie.to_string())
        .expect("name");
    let listed = bench.action.results(&device).await.expect("results");
    let opened: Vec<_> = listed
        .iter()
        .map(|listed| listed.passcode.is_some())
        .collect();
    assert_eq!(opened, [false, false, false, true], "only what it is");
}
