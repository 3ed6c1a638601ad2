//! From the plan on, every request is about the plan's device.

use passcode_host::contract::types::HistoryQuery;
use passcode_tests::{Script, Setup, told};

use crate::support::{changes, seen, word};

const OTHER: &str = "d0000002-0000-4000-8000-000000000002";

fn looks_at_another(phase: &str) -> Script {
    let upper = "/beta/deviceManagement/managedDevices/D0000001-0000-4000-8000-000000000001";
    Script::ordinary()
        .send(
            phase,
            "GET",
            &format!("/beta/deviceManagement/managedDevices/{OTHER}"),
            &[("$select", "id")],
        )
        .send(phase, "GET", upper, &[("$select", "id")])
        .send(
            phase,
            "GET",
            "/v1.0/deviceManagement/managedDevices/all",
            &[],
        )
}

fn none_of_another(bench: &passcode_tests::Bench) {
    let journal = bench.tenant.journal();
    let others: Vec<_> = journal
        .iter()
        .filter(|entry| entry.path.contains("/managedDevices/") && !entry.path.contains("d0000001"))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

#[tokio::test]
async fn prepare_cannot_read_another_device() {
    let bench = Setup::puppet().start().await;
    let script = looks_at_another("prepare").then("prepare", serde_json::json!({}));
    let error = bench
        .prepare("KIOSK-0001", &script)
        .await
        .expect_err("it tells");
    for said in &told(&error).expect("told")[1..] {
        assert_eq!(word(said), "refused device");
    }
    none_of_another(&bench);
}

#[tokio::test]
async fn commit_cannot_read_or_reset_another_device() {
    let bench = Setup::puppet().start().await;
    let reset = format!("/v1.0/deviceManagement/managedDevices/{OTHER}/resetPasscode");
    let script = looks_at_another("commit")
        .looks("commit")
        .send("commit", "POST", &reset, &[]);
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    let words: Vec<_> = seen(&committed).iter().map(word).collect();
    assert_eq!(
        words,
        [
            "refused device",
            "refused device",
            "refused device",
            "200",
            "refused device"
        ]
    );
    assert_eq!(committed.sent, None);
    none_of_another(&bench);
    assert_eq!(changes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn observe_cannot_read_another_device() {
    let bench = Setup::puppet().start().await;
    let script = looks_at_another("observe").looks("commit").resets("commit");
    let plan = bench.prepare("KIOSK-0001", &script).await.expect("plan");
    bench.action.commit(&plan.id).await.expect("commit");
    let error = bench.action.observe(&plan.id).await.expect_err("it tells");
    for said in &told(&error).expect("told") {
        assert_eq!(word(said), "refused device");
    }
    none_of_another(&bench);
}

#[tokio::test]
async fn a_step_without_a_device_reads_none() {
    let bench = Setup::puppet()
        .grant(passcode_tests::grant(&[(
            "phases = [\"find\", \"prepare\", \"commit\", \"observe\", \"results\"]",
            "phases = [\"find\", \"prepare\", \"commit\", \"observe\", \"results\", \"history\"]",
        )]))
        .start()
        .await;
    let script = looks_at_another("history");
    let query = HistoryQuery {
        device_id: Some(script.text()),
        since: None,
        limit: 1,
    };
    let error = bench.action.history(&query).await.expect_err("it tells");
    for said in &told(&error).expect("told") {
        assert_eq!(word(said), "refused device");
    }
    assert_eq!(bench.tenant.journal(), []);
}

#[tokio::test]
async fn a_route_is_granted_for_its_phases_only() {
    let bench = Setup::puppet().start().await;
    let list = "/beta/deviceManagement/managedDevices";
    let audits = "/beta/deviceManagement/remoteActionAudits";
    let reset = "/v1.0/deviceManagement/managedDevices/{device}/resetPasscode";
    let script = Script::new().send("find", "GET", audits, &[]).send(
        "find",
        "POST",
        &reset.replace("{device}", OTHER),
        &[],
    );
    let words: Vec<_> = bench
        .find(&script)
        .await
        .expect("find")
        .iter()
        .map(word)
        .collect();
    assert_eq!(words, ["refused phase", "refused phase"]);
    assert_eq!(bench.tenant.journal(), []);

    let script = Script::new()
        .send("prepare", "GET", list, &[("$select", "id")])
        .send("prepare", "POST", reset, &[]);
    let error = bench
        .prepare("KIOSK-0001", &script)
        .await
        .expect_err("it tells");
    let words: Vec<_> = told(&error).expect("told").iter().map(word).collect();
    assert_eq!(words, ["refused phase", "refused phase"]);

    let script = Script::ordinary()
        .looks("commit")
        .resets("commit")
        .resets("observe");
    let plan = bench.prepare("KIOSK-0001", &script).await.expect("plan");
    bench.action.commit(&plan.id).await.expect("commit");
    let error = bench.action.observe(&plan.id).await.expect_err("it tells");
    let words: Vec<_> = told(&error).expect("told").iter().map(word).collect();
    assert_eq!(words, ["refused phase"]);
    assert_eq!(changes(&bench).len(), 1, "only the one from commit");
}
