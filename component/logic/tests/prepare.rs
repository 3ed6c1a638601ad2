//! Finding a device and proposing what to do with it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

mod common;

use common::{Fake, ID, body, context, iphone, order, prepared, result, vendor};
use passcode_logic::contract::*;
use serde_json::json;

fn refusal(device: &str, verb: Verb) -> Problem {
    let mut fake = Fake::default().on("/beta", 200, device);
    passcode_logic::prepare(&mut fake, &order(verb), &context()).expect_err("a refusal")
}

fn verdict(checks: &[Check], id: &str) -> Option<Verdict> {
    checks
        .iter()
        .find(|check| check.id == id)
        .map(|check| check.verdict)
}

#[test]
fn a_dedicated_device_gets_one_request_and_its_evidence() {
    let earlier = result("done", "2026-08-01T00:00:00Z", Some(4));
    let lock = json!({"@odata.type": "microsoft.graph.remoteLockActionResult", "actionName": "remoteLock", "actionState": "failed"});
    let proposal = prepared(
        &body(json!({"deviceActionResults": [earlier, lock]})),
        Verb::Reset,
    );
    assert_eq!(proposal.effect, Effect::ResetDevicePasscode);
    assert_eq!(proposal.level, Level::Device);
    assert_eq!(proposal.address, "managed-devices");
    assert_eq!(proposal.request.method, Method::Post);
    assert_eq!(
        proposal.request.path,
        format!("/v1.0/deviceManagement/managedDevices/{ID}/resetPasscode")
    );
    assert_eq!(
        (proposal.request.query.len(), proposal.request.body),
        (0, None)
    );
    assert_eq!(proposal.earlier_results.len(), 1);
    assert_eq!(
        proposal.earlier_results[0].passcode, None,
        "a plan never carries a passcode"
    );
    assert_eq!(proposal.longest_seconds, Some(28_800));
    let checks = &proposal.checks;
    assert_eq!(verdict(checks, "eligibility"), Some(Verdict::Pass));
    assert_eq!(
        verdict(checks, "earlier-remote-lock-failed"),
        Some(Verdict::Warn)
    );
    for id in ["passcode-policy", "reset-token-active"] {
        assert_eq!(verdict(checks, id), Some(Verdict::Unknown), "{id}");
    }
    assert!(checks.iter().all(|check| !check.needs_acceptance));
    for id in [
        "unlock-token",
        "open-without-policy",
        "lost-mode",
        "documents-disagree",
    ] {
        assert_eq!(verdict(checks, id), None, "{id}");
    }
    assert!(
        proposal
            .expectations
            .iter()
            .any(|step| step.id == "user-enters-temporary-passcode")
    );
}

#[test]
fn fully_managed_shows_both_readings_and_must_be_accepted() {
    let proposal = prepared(
        &body(json!({"deviceEnrollmentType": "androidEnterpriseFullyManaged"})),
        Verb::Reset,
    );
    assert_eq!(proposal.effect, Effect::ResetWorkProfilePasscode);
    assert_eq!(proposal.level, Level::Disputed);
    let check = proposal
        .checks
        .iter()
        .find(|check| check.id == "documents-disagree")
        .expect("the check");
    assert!(check.needs_acceptance && check.verdict == Verdict::Warn);
    let dates: Vec<&str> = check
        .citations
        .iter()
        .map(|citation| citation.date.as_str())
        .collect();
    assert!(
        dates.contains(&"2025-10-27") && dates.contains(&"2025-02-28"),
        "{dates:?}"
    );
    assert!(
        proposal
            .expectations
            .iter()
            .any(|step| step.id == "level-disputed")
    );
}

#[test]
fn a_work_profile_reset_does_not_unlock_the_phone() {
    for kind in [
        json!({"deviceEnrollmentType": "androidEnterpriseCorporateWorkProfile"}),
        json!({"deviceEnrollmentType": "userEnrollment", "deviceType": "androidForWork"}),
    ] {
        let proposal = prepared(&body(kind), Verb::Either);
        assert_eq!(
            (proposal.effect, proposal.level),
            (Effect::ResetWorkProfilePasscode, Level::WorkProfile)
        );
        assert!(
            proposal
                .expectations
                .iter()
                .any(|step| step.id == "phone-stays-locked")
        );
    }
}

#[test]
fn an_iphone_is_opened_and_says_so() {
    let proposal = prepared(&iphone(json!({})), Verb::Remove);
    assert_eq!(
        (proposal.effect, proposal.level),
        (Effect::RemovePasscode, Level::Device)
    );
    assert_eq!(
        verdict(&proposal.checks, "open-without-policy"),
        Some(Verdict::Warn)
    );
    assert_eq!(
        verdict(&proposal.checks, "unlock-token"),
        Some(Verdict::Unknown)
    );
    assert_eq!(verdict(&proposal.checks, "reset-token-active"), None);
    assert!(
        proposal
            .expectations
            .iter()
            .any(|step| step.id == "user-sets-new-passcode")
    );
    let personal = prepared(
        &iphone(json!({"managedDeviceOwnerType": "personal"})),
        Verb::Remove,
    );
    assert!(
        personal
            .checks
            .iter()
            .any(|check| check.id == "documents-disagree" && check.needs_acceptance)
    );
    assert_eq!(
        verdict(&personal.checks, "personal-ownership"),
        Some(Verdict::Warn)
    );
}

#[test]
fn the_wrong_verb_is_refused_with_the_other_one_in_the_answer() {
    for (device, verb, other) in [
        (iphone(json!({})), Verb::Reset, "passcode remove"),
        (body(json!({})), Verb::Remove, "passcode reset"),
    ] {
        let problem = refusal(&device, verb);
        assert_eq!(problem.kind, ProblemKind::Refused("wrong-verb".into()));
        assert!(problem.remedy.expect("a remedy").contains(other));
        assert!(!problem.checks.is_empty());
    }
}

#[test]
fn what_no_document_allows_is_refused_with_rule_date_and_remedy() {
    for (changes, code, date) in [
        (
            json!({"deviceEnrollmentType": "userEnrollment", "deviceType": "android", "osVersion": "9"}),
            "not-eligible",
            "2025-02-28",
        ),
        (
            json!({"deviceEnrollmentType": "userEnrollment", "deviceType": "androidForWork", "osVersion": "7.1"}),
            "not-eligible",
            "2025-02-28",
        ),
        (
            json!({"operatingSystem": "iOS", "deviceType": "iPhone", "deviceEnrollmentType": "appleUserEnrollment"}),
            "not-eligible",
            "2025-02-28",
        ),
        (
            json!({"operatingSystem": "iPadOS", "deviceType": "iPad", "hardwareInformation": {"isSharedDevice": true}}),
            "not-eligible",
            "2024-10-21",
        ),
        (
            json!({"operatingSystem": "Windows", "deviceType": "desktop"}),
            "not-a-phone-or-tablet",
            "2025-02-28",
        ),
        (
            json!({"operatingSystem": "macOS", "deviceType": "macMDM"}),
            "not-a-phone-or-tablet",
            "2025-02-28",
        ),
        (
            json!({"operatingSystem": "Linux", "deviceType": "linux"}),
            "not-a-phone-or-tablet",
            "2026-04-21",
        ),
        (
            json!({"operatingSystem": "ChromeOS", "deviceType": "chromeOS"}),
            "not-a-phone-or-tablet",
            "2026-04-21",
        ),
        (
            json!({"deviceEnrollmentType": "unknown"}),
            "kind-unknown",
            "",
        ),
        (
            json!({"deviceEnrollmentType": "userEnrollment", "deviceType": "android", "osVersion": ""}),
            "os-version-unknown",
            "2025-02-28",
        ),
    ] {
        let problem = refusal(&body(changes.clone()), Verb::Either);
        assert_eq!(
            problem.kind,
            ProblemKind::Refused("eligibility".into()),
            "{changes}"
        );
        assert_eq!(
            (problem.code.as_str(), problem.touched),
            (code, Touched::No),
            "{changes}"
        );
        let check = problem
            .checks
            .iter()
            .find(|check| check.id == "eligibility")
            .expect("the check");
        assert_eq!(
            check
                .citations
                .first()
                .map_or("", |citation| citation.date.as_str()),
            date,
            "{changes}"
        );
        assert!(problem.remedy.is_some(), "{changes}");
    }
}

#[test]
fn a_pending_wipe_blocks_and_an_old_failure_only_warns() {
    for (state, expected) in [
        ("retirePending", Verdict::Block),
        ("wipePending", Verdict::Block),
        ("deletePending", Verdict::Block),
        ("retireIssued", Verdict::Block),
        ("wipeIssued", Verdict::Block),
        ("retireFailed", Verdict::Warn),
        ("wipeFailed", Verdict::Warn),
        ("wipeCanceled", Verdict::Warn),
        ("retireCanceled", Verdict::Warn),
        ("unhealthy", Verdict::Warn),
        ("discovered", Verdict::Warn),
        ("unknownFutureValue", Verdict::Unknown),
        ("managed", Verdict::Pass),
    ] {
        let device = body(json!({"managementState": state}));
        let checks = if expected == Verdict::Block {
            let problem = refusal(&device, Verb::Reset);
            assert_eq!(
                problem.kind,
                ProblemKind::Refused("pending-retire-wipe-delete".into())
            );
            problem.checks
        } else {
            prepared(&device, Verb::Reset).checks
        };
        assert_eq!(
            verdict(&checks, "pending-retire-wipe-delete"),
            Some(expected),
            "{state}"
        );
    }
}

#[test]
fn the_state_of_the_device_is_judged_against_the_given_time() {
    for (id, property, value, expected) in [
        (
            "check-in",
            "lastSyncDateTime",
            "2026-07-22T10:00:00.1Z",
            Verdict::Pass,
        ),
        (
            "check-in",
            "lastSyncDateTime",
            "2026-07-21T10:00:00Z",
            Verdict::Warn,
        ),
        (
            "check-in",
            "lastSyncDateTime",
            "0001-01-01T00:00:00Z",
            Verdict::Unknown,
        ),
        (
            "management-certificate",
            "managementCertificateExpirationDate",
            "2026-08-20T09:59:59Z",
            Verdict::Warn,
        ),
        (
            "management-certificate",
            "managementCertificateExpirationDate",
            "2027-08-20T09:59:59Z",
            Verdict::Pass,
        ),
        ("jailbreak", "jailBroken", "True", Verdict::Warn),
        ("jailbreak", "jailBroken", "False", Verdict::Pass),
        ("jailbreak", "jailBroken", "Unknown", Verdict::Unknown),
        ("lost-mode", "lostModeState", "enabled", Verdict::Warn),
        ("lost-mode", "lostModeState", "", Verdict::Unknown),
    ] {
        let proposal = prepared(&iphone(json!({property: value})), Verb::Remove);
        assert_eq!(
            verdict(&proposal.checks, id),
            Some(expected),
            "{property} {value}"
        );
    }
}

#[test]
fn where_only_v1_answers_the_gaps_are_named_and_android_is_not_guessed() {
    for status in [400, 403, 404, 500, 503] {
        let mut fake = Fake::default().on("/beta", status, "").on(
            "/v1.0",
            200,
            &iphone(json!({"deviceType": null, "hardwareInformation": null})),
        );
        let proposal = passcode_logic::prepare(&mut fake, &order(Verb::Remove), &context())
            .expect("a proposal");
        assert_eq!(proposal.device.read_from, "v1.0");
        assert_eq!(
            verdict(&proposal.checks, "readable"),
            Some(Verdict::Unknown)
        );
        assert!(proposal.limits.iter().any(|limit| limit.contains("v1.0")));
        assert!(
            proposal
                .device
                .unreadable
                .contains(&"deviceType".to_owned())
        );
        let mut fake = Fake::default().on("/beta", status, "").on(
            "/v1.0",
            200,
            &body(json!({"deviceType": null, "deviceEnrollmentType": "unknown"})),
        );
        let problem = passcode_logic::prepare(&mut fake, &order(Verb::Reset), &context())
            .expect_err("a refusal");
        // Out of order is no verdict on the device: in a minute beta may tell.
        let code = match status {
            500..600 => "service-unavailable",
            _ => "kind-unknown",
        };
        assert_eq!(problem.code, code, "{status}");
        assert_eq!(problem.message.contains("v1.0"), status < 500);
    }
    let mut fake = Fake::default().on("/beta", 404, "").on("/v1.0", 404, "");
    let problem =
        passcode_logic::prepare(&mut fake, &order(Verb::Reset), &context()).expect_err("a problem");
    assert_eq!(problem.kind, ProblemKind::NotFound);
}

#[test]
fn another_address_is_filled_in_and_warned_about() {
    let with = |address: &str, values: &[(&str, &str)]| {
        let mut order = order(Verb::Reset);
        order.address = Some(address.into());
        order.address_values = values
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect();
        passcode_logic::prepare(
            &mut Fake::default().on("/beta", 200, &body(json!({}))),
            &order,
            &context(),
        )
    };
    let proposal =
        with("health-script", &[("script", "s-1"), ("state", "r-1")]).expect("a proposal");
    assert_eq!(
        proposal.request.path,
        "/beta/deviceManagement/deviceHealthScripts/s-1/deviceRunStates/r-1/managedDevice/resetPasscode"
    );
    assert_eq!(verdict(&proposal.checks, "address"), Some(Verdict::Warn));
    for (address, values, code) in [
        ("wipe", &[][..], "address-unknown"),
        (
            "health-script",
            &[("script", "s-1")],
            "address-value-missing",
        ),
        (
            "health-script",
            &[("script", "s-1"), ("state", "../wipe")],
            "address-value-missing",
        ),
        (
            "health-script",
            &[("script", "s-1"), ("state", "..")],
            "address-value-missing",
        ),
        ("managed-devices", &[("user", "x")], "address-value-unknown"),
    ] {
        let problem = with(address, values).expect_err("a problem");
        assert_eq!(
            (problem.kind, problem.code.as_str()),
            (ProblemKind::Usage, code),
            "{address} {values:?}"
        );
    }
}

#[test]
fn an_id_that_is_no_plain_segment_reaches_no_path() {
    for id in ["", "a/b", "..", "a%2Fb", "a?b", "a#b", "a b", "é"] {
        let mut order = order(Verb::Reset);
        order.device_id = id.into();
        let mut fake = Fake::default();
        let problem =
            passcode_logic::prepare(&mut fake, &order, &context()).expect_err("a problem");
        assert_eq!(
            (problem.code.as_str(), fake.seen.len()),
            ("device-id-malformed", 0),
            "{id}"
        );
    }
}

fn list(items: &[serde_json::Value], next: Option<&str>) -> String {
    let mut list = json!({"value": items});
    if let Some(next) = next {
        list["@odata.nextLink"] = json!(next);
    }
    list.to_string()
}

fn listed(id: &str, changes: serde_json::Value) -> serde_json::Value {
    let mut device: serde_json::Value =
        serde_json::from_str(&body(json!({"id": id}))).expect("JSON");
    for (key, value) in changes.as_object().expect("an object") {
        device[key] = value.clone();
    }
    device
}

#[test]
fn only_exact_matches_count_whatever_the_service_returns() {
    let page1 = list(
        &[
            listed("1", json!({})),
            listed(
                "2",
                json!({"userPrincipalName": "ann@contoso.example.evil"}),
            ),
            listed("1", json!({})),
        ],
        Some("page:1"),
    );
    let page2 = list(
        &[listed(
            "3",
            json!({"userPrincipalName": "ANN@contoso.example", "operatingSystem": "Windows", "deviceType": "desktop"}),
        )],
        None,
    );
    let mut fake = Fake::default()
        .on("/beta", 200, &page1)
        .on("page:1", 200, &page2);
    let findings = passcode_logic::find(
        &mut fake,
        &Selector::UserPrincipalName("ann@contoso.example".into()),
        &context(),
    )
    .expect("findings");
    let ids = |devices: &[Device]| {
        devices
            .iter()
            .map(|device| device.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (
            ids(&findings.matched),
            ids(&findings.set_aside),
            findings.mismatched
        ),
        (vec!["1".to_owned()], vec!["3".to_owned()], 1)
    );
    assert!(fake.seen[0].query.contains(&(
        "$filter".into(),
        "userPrincipalName eq 'ann@contoso.example'".into()
    )));
}

#[test]
fn letter_case_counts_for_names_and_not_for_serial_numbers() {
    let page = list(
        &[listed(
            "1",
            json!({"deviceName": "Kiosk 7", "serialNumber": "R58M1"}),
        )],
        None,
    );
    for (selector, matches) in [
        (Selector::DeviceName("Kiosk 7".into()), 1),
        (Selector::DeviceName("kiosk 7".into()), 0),
        (Selector::DeviceName("Kiosk".into()), 0),
        (Selector::SerialNumber("r58m1".into()), 1),
        (Selector::SerialNumber(" R58M1".into()), 0),
        (Selector::Imei("356938035643809".into()), 1),
        (Selector::Other(("model".into(), "x".into())), 0),
    ] {
        let findings = passcode_logic::find(
            &mut Fake::default().on("/beta", 200, &page),
            &selector,
            &context(),
        )
        .expect("findings");
        assert_eq!(findings.matched.len(), matches, "{selector:?}");
    }
}

#[test]
fn a_refused_filter_is_made_up_for_here_and_said() {
    let all = list(
        &[
            listed("1", json!({})),
            listed("2", json!({"serialNumber": "other"})),
        ],
        None,
    );
    let mut fake = Fake::default()
        .on("/beta?$filter", 400, "")
        .on("/beta", 200, &all);
    let findings = passcode_logic::find(
        &mut fake,
        &Selector::SerialNumber("R58M1".into()),
        &context(),
    )
    .expect("findings");
    assert_eq!((findings.matched.len(), findings.mismatched), (1, 0));
    assert!(findings.limits.iter().any(|limit| limit.contains("filter")));
    let mut fake = Fake::default().on("/beta", 403, "").on("/v1.0", 200, &all);
    let findings = passcode_logic::find(
        &mut fake,
        &Selector::SerialNumber("R58M1".into()),
        &context(),
    )
    .expect("findings");
    assert_eq!(
        (
            findings.matched.len(),
            findings.matched[0].read_from.as_str()
        ),
        (1, "v1.0")
    );
}

#[test]
fn a_list_without_end_is_left_after_a_while_and_that_is_said() {
    let endless = list(&[listed("1", json!({}))], Some("page:1"));
    let mut fake = Fake::default()
        .on("/beta", 200, &endless)
        .on("page:1", 200, &endless);
    let findings = passcode_logic::find(
        &mut fake,
        &Selector::SerialNumber("R58M1".into()),
        &context(),
    )
    .expect("findings");
    assert_eq!(
        (
            fake.seen.len(),
            findings.matched.len(),
            findings.limits.len()
        ),
        (20, 1, 1)
    );
}

#[test]
fn a_search_that_means_nothing_is_refused_before_anything_is_asked() {
    for (selector, code) in [
        (Selector::SerialNumber(String::new()), "selector-empty"),
        (
            Selector::EntraDeviceId("00000000-0000-0000-0000-000000000000".into()),
            "selector-malformed",
        ),
        (
            Selector::Other(("activationLockBypassCode".into(), "x".into())),
            "selector-unknown",
        ),
        (Selector::Id("../x".into()), "device-id-malformed"),
    ] {
        let mut fake = Fake::default();
        let problem =
            passcode_logic::find(&mut fake, &selector, &context()).expect_err("a problem");
        assert_eq!((problem.code.as_str(), fake.seen.len()), (code, 0));
    }
}

#[test]
fn the_documents_own_example_device_is_read() {
    let Some(data) = vendor("the_documents_own_example_device_is_read") else {
        return;
    };
    for version in ["beta", "v1.0"] {
        let text = std::fs::read_to_string(data.join(format!(
            "docs-examples/{version}.devices-manageddevice-get.response.json"
        )))
        .expect("the file");
        let mut example: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let example = example["value"].take();
        let mut fake = Fake::default().on("/", 200, &example.to_string());
        let findings = passcode_logic::find(&mut fake, &Selector::Id(ID.into()), &context())
            .expect("findings");
        let device = findings
            .matched
            .iter()
            .chain(&findings.set_aside)
            .next()
            .expect("the device");
        assert_eq!(
            (device.name.as_str(), device.serial_number.as_deref()),
            ("Device Name value", Some("Serial Number value"))
        );
        assert_eq!(
            device.last_check_in.as_deref(),
            Some("2017-01-01T00:02:49.3205976-08:00")
        );
        let results = passcode_logic::results(&mut fake, ID, &context()).expect("results");
        assert_eq!(
            (
                results.len(),
                results[0].state.as_str(),
                results[0].type_name.as_str()
            ),
            (1, "pending", "microsoft.graph.deviceActionResult")
        );
    }
    let text = std::fs::read_to_string(
        data.join("docs-examples/beta.devices-remoteactionaudit-list.response.json"),
    )
    .expect("the file");
    let query = HistoryQuery {
        device_id: None,
        since: None,
        limit: 10,
    };
    let entries = passcode_logic::history(
        &mut Fake::default().on("/beta", 200, &text),
        &query,
        &context(),
    )
    .expect("entries");
    assert_eq!(
        (entries.len(), entries[0].action.as_str()),
        (1, "factoryReset")
    );
}
