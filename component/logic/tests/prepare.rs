//! Proposing what to do with a device.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

mod common;

use common::{Fake, ID, body, context, iphone, order, prepared, result};
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
