//! A plan is carried out as it was made, where it was made, while it is good, on the device it
//! was made for.

use passcode_host::contract::types::{Plan, Verb};
use passcode_host::ledger::{PlanId, SendLedger as _, StoredPlan};
use passcode_host::{Authority, PlanDocument};
use passcode_practice::{Fleet, PracticeOptions};
use passcode_tests::{Bench, Script, Setup, grant, with_section};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::support::{changes, code};

async fn plan(bench: &Bench) -> PlanDocument {
    bench
        .action
        .prepare(&bench.wanted("KIOSK-0001", Verb::Reset))
        .await
        .expect("plan")
}

/// Carries the plan out on another bench and says why not; nothing may reach either tenant.
async fn refused(bench: &Bench, plan: &PlanId) -> String {
    let code = code(bench.action.commit(plan).await);
    assert_eq!(changes(bench), Vec::<String>::new());
    code
}

#[tokio::test]
async fn an_edited_document_is_refused() {
    let bench = Setup::real().start().await;
    let plan = plan(&bench).await;
    let text = serde_json::to_string(&plan).expect("json");
    assert_eq!(
        PlanDocument::parse(&text).as_ref(),
        Ok(&plan),
        "as it was made, it is good"
    );

    let other = "d0000002-0000-4000-8000-000000000002";
    for (from, to) in [
        ("d0000001-0000-4000-8000-000000000001", other),
        ("\"practice\":true", "\"practice\":false"),
        ("resetPasscode\"", "wipe\""),
        ("\"again\":false", "\"again\":true"),
        ("\"KIOSK-0001\"", "\"COBO-0002\""),
    ] {
        assert!(text.contains(from), "{from}");
        let edited = text.replace(from, to);
        let why = PlanDocument::parse(&edited).expect_err("it was edited");
        assert!(why.to_string().contains("edited"), "{from}: {why}");

        // With a hash that fits, it is a document that this ledger never made.
        let mut value: serde_json::Value = serde_json::from_str(&edited).expect("json");
        let actual = why.to_string();
        assert!(actual.contains("hash"), "{actual}");
        value["id"] = json!(hash(&edited));
        let forged = PlanDocument::parse(&value.to_string()).expect("its hash fits now");
        assert_eq!(refused(&bench, &forged.id).await, "plan-unknown", "{from}");
    }
    for nonsense in ["", "{}", "[]", "null", "{\"schema\":\"passcode/plan/v2\"}"] {
        assert!(PlanDocument::parse(nonsense).is_err(), "{nonsense}");
    }
    let twice = text.replacen('{', "{\"practice\":true,", 1);
    assert!(PlanDocument::parse(&twice).is_err(), "a key stands twice");
    let more = text.replacen('{', "{\"extra\":1,", 1);
    assert!(PlanDocument::parse(&more).is_err(), "an unknown key");
}

/// The hash that an edited document would have to bear.
fn hash(text: &str) -> String {
    let mut document: PlanDocument = serde_json::from_str(text).expect("document");
    document.id = PlanId([0; 32]);
    let borne = serde_json::to_string(&document).expect("json");
    let why = PlanDocument::parse(&borne).expect_err("no content has the hash zero");
    let passcode_host_edited = format!("{why:?}");
    let start = passcode_host_edited
        .find("PlanId(")
        .expect("it names the hash")
        + "PlanId(".len();
    passcode_host_edited[start..start + 64].to_owned()
}

#[tokio::test]
async fn a_plan_of_another_ledger_is_refused() {
    let made = Setup::real().start().await;
    let plan = plan(&made).await;
    let other = Setup::real().beside(&made).start().await;
    assert_eq!(refused(&other, &plan.id).await, "plan-unknown");
    assert_eq!(refused(&other, &PlanId([7; 32])).await, "plan-unknown");
}

#[tokio::test]
async fn a_plan_that_was_changed_in_the_ledger_is_another_plan() {
    let bench = Setup::real().start().await;
    let plan = plan(&bench).await;
    let document = plan
        .canonical()
        .replace("\"again\":false", "\"again\":true");
    let stored = StoredPlan {
        id: plan.id,
        tenant: plan.plan.tenant.clone(),
        device: plan.identity.device.clone(),
        created: OffsetDateTime::now_utc(),
        expires: OffsetDateTime::now_utc() + Duration::hours(1),
        document,
    };
    // Either the ledger says so, or it keeps what it had.
    let _ = bench.ledger.keep_plan(&stored).await;
    assert_eq!(bench.action.plan(&plan.id).await.expect("plan"), plan);
}

/// Whatever a ledger hands out, only the plan that was asked for is carried out.
#[tokio::test]
async fn another_plan_than_the_one_that_was_asked_for_is_not_carried_out() {
    let bench = Setup::real().start().await;
    let asked = plan(&bench).await;
    let wanted = bench.wanted("COBO-0002", Verb::Reset);
    let other = bench.action.prepare(&wanted).await.expect("plan");
    bench.ledger.answers_with(other.id);
    assert_eq!(refused(&bench, &asked.id).await, "plan-unknown");
    let shown = bench.action.plan(&asked.id).await;
    assert_eq!(code(shown), "plan-unknown");
}

/// What was cited is for the person who decides. Whoever is shown the plan sees it; the component that carries it out gets
/// everything else, and nothing but that is missing.
#[tokio::test]
async fn a_plan_is_carried_out_without_what_it_cites() {
    let bench = Setup::real().start().await;
    let plan = plan(&bench).await;
    assert_eq!(bench.action.plan(&plan.id).await.expect("plan"), plan);
    let before = bench.tap.heard().len();
    bench.action.commit(&plan.id).await.expect("commit");
    bench.action.observe(&plan.id).await.expect("a look");

    let mut bare = plan.plan.clone();
    let proposal = &mut bare.proposal;
    let checks = proposal.checks.iter_mut().map(|one| &mut one.citations);
    let expectations = proposal.expectations.iter_mut();
    let cited = checks.chain(expectations.map(|one| &mut one.citations));
    let cited: usize = cited.map(|cited| cited.drain(..).count()).sum();
    assert!(cited > 5, "{cited}");

    let heard = bench.tap.heard();
    let heard = heard.get(before..).expect("it only grows").lines();
    let arguments = heard.filter_map(|line| line.split_once(" argument: "));
    let plans: Vec<Plan> = arguments
        .filter_map(|(_, argument)| serde_json::from_str(argument).ok())
        .collect();
    assert_eq!(plans, [bare.clone(), bare], "to commit and to observe");
}

#[tokio::test]
async fn a_plan_runs_out_by_the_services_clock() {
    let bench = Setup::real().start().await;
    let plan = plan(&bench).await;
    bench
        .tenant
        .advance(std::time::Duration::from_secs(24 * 3600 + 60));
    assert_eq!(refused(&bench, &plan.id).await, "plan-expired");

    let mut wanted = bench.wanted("KIOSK-0001", Verb::Reset);
    wanted.valid_for = Duration::ZERO;
    let plan = bench.action.prepare(&wanted).await.expect("plan");
    assert_eq!(refused(&bench, &plan.id).await, "plan-expired");
}

#[tokio::test]
async fn a_machine_whose_clock_is_wrong_goes_by_the_services() {
    for offset in [-40 * 86_400, 40 * 86_400] {
        let bench = Setup::real().start().await;
        bench.tenant.set_clock_offset(offset);
        let plan = plan(&bench).await;
        let committed = bench.action.commit(&plan.id).await.expect("commit");
        assert!(committed.progress.is_ok(), "{committed:?}");
    }
}

#[tokio::test]
async fn a_plan_for_another_tenant_is_refused() {
    let made = Setup::real().start().await;
    let plan = plan(&made).await;
    let text = "[tenant]\nid = \"0ther000-0000-4000-8000-000000000000\"\n[[device]]\nkind = \"cosu\"\nname = \"KIOSK-0001\"\nserial = \"SAMPLE-COSU-0001\"\nid = \"d0000001-0000-4000-8000-000000000001\"\n";
    let text = text.replace("0ther000", "07e40000");
    let options = PracticeOptions::immediate().fleet(Fleet::parse(&text).expect("fleet"));
    let other = Setup::real()
        .ledger(made.ledger.clone())
        .options(options)
        .start()
        .await;
    assert_eq!(refused(&other, &plan.id).await, "plan-of-another-tenant");

    let cloud = Setup::real()
        .beside(&made)
        .ledger(made.ledger.clone())
        .change(|builder| builder.cloud("usgov"))
        .start()
        .await;
    assert_eq!(refused(&cloud, &plan.id).await, "plan-of-another-tenant");
}

#[tokio::test]
async fn a_plan_of_another_component_is_refused() {
    let made = Setup::real().start().await;
    let plan = plan(&made).await;
    let other = with_section(passcode_builtin::COMPONENT, "note", b"not the same bytes");
    let other = Setup::real()
        .component(other)
        .beside(&made)
        .ledger(made.ledger.clone())
        .start()
        .await;
    assert_eq!(refused(&other, &plan.id).await, "plan-of-another-component");
}

#[tokio::test]
async fn a_plan_under_another_grant_is_refused() {
    let made = Setup::real().start().await;
    let plan = plan(&made).await;
    let narrower = grant(&[(", \"$top\"]", "]")]);
    let wider =
        Authority::parse(include_str!("../../examples/grants/every-address.toml")).expect("grant");
    for other in [narrower, wider] {
        let other = Setup::real()
            .grant(other)
            .beside(&made)
            .ledger(made.ledger.clone())
            .start()
            .await;
        assert_eq!(refused(&other, &plan.id).await, "plan-of-another-component");
    }
}

#[tokio::test]
async fn a_device_that_is_not_what_it_was_is_not_touched() {
    for (property, value) in [
        ("serialNumber", json!("SAMPLE-OTHER")),
        ("userId", json!("0f000000-0000-4000-8000-000000000000")),
        ("userId", json!(null)),
        ("imei", json!("350000000000999")),
        (
            "azureADDeviceId",
            json!("0f000000-0000-4000-8000-000000000000"),
        ),
        ("managementState", json!("wipePending")),
        ("managedDeviceOwnerType", json!("personal")),
        ("deviceEnrollmentType", json!("unknown")),
        ("managementAgent", json!("mdm")),
        ("deviceType", json!("iPhone")),
    ] {
        let bench = Setup::real().start().await;
        let plan = plan(&bench).await;
        bench
            .tenant
            .set_property("KIOSK-0001", property, value.clone())
            .expect("property");
        assert_eq!(
            refused(&bench, &plan.id).await,
            "device-changed",
            "{property} = {value}"
        );
    }
}

#[tokio::test]
async fn a_device_that_was_renamed_is_still_the_device() {
    let bench = Setup::real().start().await;
    let plan = plan(&bench).await;
    bench
        .tenant
        .set_property(
            "d0000001-0000-4000-8000-000000000001",
            "deviceName",
            "renamed",
        )
        .expect("property");
    let committed = bench.action.commit(&plan.id).await.expect("commit");
    assert!(committed.progress.is_ok(), "{committed:?}");
}

#[tokio::test]
async fn a_device_that_cannot_be_read_again_is_not_touched() {
    for fault in [
        "404,route=device",
        "429,route=device,count=0",
        "other-device",
        "duplicate-keys",
        "truncated-body",
        "slow,route=device,seconds=3",
    ] {
        let bench = Setup::real()
            .change(|builder| builder.request_timeout(std::time::Duration::from_millis(500)))
            .change(|builder| {
                builder.retry(passcode_host::Retry {
                    times: 1,
                    ..passcode_host::Retry::default()
                })
            })
            .start()
            .await;
        let plan = plan(&bench).await;
        bench.tenant.inject_named(fault).expect("fault");
        let code = refused(&bench, &plan.id).await;
        assert!(!code.is_empty(), "{fault}");
    }
}

/// The card is what a person decides by, and what `commit` compares. A component that chooses
/// what the host gets to see of a device could hide that it is another one.
#[tokio::test]
async fn a_component_cannot_thin_out_the_identity_card() {
    let bench = Setup::puppet().start().await;
    for select in ["id", "id,deviceName"] {
        let script = Script::new()
            .send(
                "prepare",
                "GET",
                "/beta/deviceManagement/managedDevices/{device}",
                &[("$select", select)],
            )
            .then("prepare", json!({ "propose": {} }));
        if let Ok(plan) = bench.prepare("KIOSK-0001", &script).await {
            let identifying = &plan.identity.identifying;
            assert!(
                identifying.contains(&"serialNumber".to_owned()),
                "the card has only {identifying:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_block_stops_a_plan_whatever_was_accepted() {
    let bench = Setup::puppet().start().await;
    for (check, code) in [
        (json!({ "id": "c", "verdict": "block" }), "check-blocks"),
        (
            json!({ "id": "c", "verdict": "warn", "needs-acceptance": true }),
            "check-not-accepted",
        ),
        (
            json!({ "id": "c", "verdict": "pass", "needs-acceptance": true }),
            "check-not-accepted",
        ),
    ] {
        let script = Script::new()
            .looks("prepare")
            .then("prepare", json!({ "propose": { "checks": [check] } }))
            .looks("commit")
            .resets("commit");
        let plan = bench.prepare("KIOSK-0001", &script).await.expect("plan");
        assert_eq!(refused(&bench, &plan.id).await, code);
        let mut wanted = bench.wanted("KIOSK-0001", Verb::Reset);
        wanted.reason = Some(script.text());
        wanted.accepted_checks = vec!["c".to_owned()];
        let plan = bench.action.prepare(&wanted).await.expect("plan");
        let accepted = bench.action.commit(&plan.id).await;
        assert_eq!(accepted.is_err(), code == "check-blocks", "{check}");
        if accepted.is_ok() {
            break;
        }
    }
}

#[tokio::test]
async fn practice_and_real_ledgers_are_never_mixed() {
    let inner = std::sync::Arc::new(
        passcode_ledger::SqliteLedger::in_memory()
            .await
            .expect("ledger"),
    );
    let real = std::sync::Arc::new(passcode_tests::FaultyLedger::disguised(inner));
    let host = passcode_host::Host::builder(real).practice().build();
    assert_eq!(code(host), "setup");
}
