//! The only request that changes something is the plan's: as it stands there, once, and after
//! a look at the device's action results.

use passcode_host::ledger::Sending;
use passcode_tests::{Fail, Script, Setup, grant};
use serde_json::json;

use crate::support::{changes, seen, word};

const RESET: &str = "/v1.0/deviceManagement/managedDevices/{device}/resetPasscode";

#[tokio::test]
async fn a_request_that_differs_from_the_plan_is_refused() {
    // Granted names, so that the rule is seen and not the grant.
    let bench = Setup::puppet()
        .grant(grant(&[(
            "resetPasscode\"\n",
            "resetPasscode\"\nquery = [\"$top\"]\n",
        )]))
        .start()
        .await;
    let script = Script::ordinary()
        .looks("commit")
        .send("commit", "POST", &RESET.replace("v1.0", "beta"), &[])
        .send("commit", "POST", RESET, &[("$top", "1")])
        .step(
            "commit",
            json!({ "do": "send", "method": "POST", "path": RESET, "body": "{}" }),
        )
        .step(
            "commit",
            json!({ "do": "send", "method": "POST", "path": RESET, "body": "" }),
        );
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    for said in &seen(&committed)[1..] {
        let word = word(said);
        assert!(
            word == "refused not-the-plan" || word == "refused body",
            "{word}"
        );
    }
    assert_eq!(word(&seen(&committed)[1]), "refused not-the-plan");
    assert_eq!(word(&seen(&committed)[2]), "refused not-the-plan");
    assert_eq!(committed.sent, None);
    assert_eq!(changes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn the_plans_request_is_sent_once() {
    let bench = Setup::puppet().start().await;
    let script = Script::ordinary()
        .looks("commit")
        .resets("commit")
        .resets("commit")
        .looks("commit")
        .resets("commit");
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    let words: Vec<_> = seen(&committed).iter().map(word).collect();
    assert_eq!(
        words,
        ["200", "204", "refused again", "200", "refused again"]
    );
    assert_eq!(changes(&bench).len(), 1);
}

#[tokio::test]
async fn not_even_a_throttled_request_is_repeated_in_one_step() {
    let bench = Setup::puppet().start().await;
    bench
        .tenant
        .inject_named("429,route=resetPasscode")
        .expect("fault");
    let script = Script::ordinary()
        .looks("commit")
        .resets("commit")
        .resets("commit");
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    let words: Vec<_> = seen(&committed).iter().map(word).collect();
    assert_eq!(words, ["200", "429", "refused again"]);
    assert_eq!(
        committed.sent.map(|sent| sent.sending),
        Some(Sending::NotExecuted)
    );
    assert_eq!(changes(&bench).len(), 1);
}

#[tokio::test]
async fn without_the_devices_results_read_first_nothing_is_sent() {
    let bench = Setup::puppet().start().await;
    let device = "/beta/deviceManagement/managedDevices/{device}";
    let script = Script::ordinary()
        .resets("commit")
        .send("commit", "GET", device, &[("$select", "id,deviceName")])
        .resets("commit");
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    let words: Vec<_> = seen(&committed).iter().map(word).collect();
    assert_eq!(words, ["refused no-snapshot", "200", "refused no-snapshot"]);
    assert_eq!(committed.sent, None);
    assert_eq!(changes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn a_component_hears_that_the_ledger_refused_and_nothing_is_sent() {
    let bench = Setup::puppet().start().await;
    let script = Script::ordinary()
        .looks("commit")
        .resets("commit")
        .resets("commit")
        .claims_success("commit");
    let plan = bench.prepare("KIOSK-0001", &script).await.expect("plan");
    bench.ledger.fail(Fail::Intend);
    let committed = bench.action.commit(&plan.id).await.expect("commit");
    assert_eq!(committed.sent, None);
    assert_eq!(
        committed.progress.expect_err("it claims success").code(),
        "ledger"
    );
    assert_eq!(changes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn a_proposal_for_anything_but_the_granted_action_is_refused() {
    let device = "/v1.0/deviceManagement/managedDevices/{device}";
    let other =
        "/v1.0/deviceManagement/managedDevices/d0000002-0000-4000-8000-000000000002/resetPasscode";
    let bench = Setup::puppet().start().await;
    for (propose, code) in [
        (json!({ "path": format!("{device}/wipe") }), "check-blocks"),
        (
            json!({ "path": format!("{device}/retire") }),
            "check-blocks",
        ),
        (
            json!({ "path": device, "method": "DELETE" }),
            "check-blocks",
        ),
        (
            json!({ "path": device, "method": "GET" }),
            "component-failed",
        ),
        (
            json!({ "path": format!("{device}/../{{device}}/wipe") }),
            "check-blocks",
        ),
        (json!({ "path": other }), "check-blocks"),
        (json!({ "destination": "elsewhere" }), "check-blocks"),
        (json!({ "query": [["$select", "id"]] }), "check-blocks"),
        (
            json!({ "device": "d0000002-0000-4000-8000-000000000002" }),
            "component-failed",
        ),
        (
            json!({ "device": "D0000001-0000-4000-8000-000000000001" }),
            "component-failed",
        ),
    ] {
        let script = Script::new()
            .looks("prepare")
            .then("prepare", json!({ "propose": propose }));
        let error = bench
            .prepare("KIOSK-0001", &script)
            .await
            .expect_err("nonsense");
        assert_eq!(error.code(), code, "{propose}: {error}");
    }
}

#[tokio::test]
async fn a_proposal_with_a_body_is_refused() {
    let bench = Setup::puppet().start().await;
    for body in [
        "{}",
        "",
        "{\"keepUserData\":false}",
        "{\"x\":{\"$sealed\":1}}",
    ] {
        let script = Script::new()
            .looks("prepare")
            .then("prepare", json!({ "propose": { "body": body } }));
        let planned = bench.prepare("KIOSK-0001", &script).await;
        assert!(planned.is_err(), "a plan with the body {body:?}");
    }
}

#[tokio::test]
async fn a_plan_for_a_device_nobody_looked_at_is_refused() {
    let bench = Setup::puppet().start().await;
    let script = Script::new().then("prepare", json!({ "propose": {} }));
    let error = bench
        .prepare("KIOSK-0001", &script)
        .await
        .expect_err("not looked at");
    assert_eq!(error.code(), "component-failed");
}

#[tokio::test]
async fn success_is_not_believed_where_nothing_was_sent() {
    let bench = Setup::puppet().start().await;
    let script = Script::ordinary().looks("commit").claims_success("commit");
    let error = bench
        .commit("KIOSK-0001", &script)
        .await
        .expect_err("nothing was sent");
    assert_eq!(error.code(), "component-failed");
    assert_eq!(changes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_sent_is_the_hosts_word_whatever_the_component_claims() {
    let bench = Setup::puppet().start().await;
    bench.tenant.inject_named("403").expect("fault");
    let script = Script::ordinary()
        .looks("commit")
        .resets("commit")
        .claims_success("commit");
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    assert_eq!(committed.sent.expect("sent").sending, Sending::Rejected);
}
