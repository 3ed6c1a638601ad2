//! Looking what became of a plan.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

mod common;

use common::{Fake, ID, UPN, body, context, iphone, plan, prepared, result, results};
use passcode_logic::contract::*;
use serde_json::json;

fn reset() -> Plan {
    plan(
        prepared(
            &body(
                json!({"deviceActionResults": [result("done", "2026-08-01T00:00:00Z", Some(1))]}),
            ),
            Verb::Reset,
        ),
        &[],
    )
}

fn no_audit(fake: Fake) -> Fake {
    fake.on("/beta/deviceManagement/remoteActionAudits", 403, "")
}

fn receipt(disposition: Disposition, snapshot: Vec<ActionResult>) -> Receipt {
    Receipt {
        client_request_id: "c".into(),
        request_id: None,
        disposition,
        service_date: Some("2026-08-20T10:05:00Z".into()),
        snapshot,
    }
}

fn known() -> ActionResult {
    ActionResult {
        name: "resetPasscode".into(),
        type_name: "microsoft.graph.resetPasscodeActionResult".into(),
        state: "done".into(),
        started: Some("2026-08-01T00:00:00Z".into()),
        updated: None,
        error_code: None,
        passcode: None,
    }
}

fn watch(plan: &Plan, disposition: Disposition, listed: &[serde_json::Value]) -> Progress {
    let mut fake = no_audit(Fake::default()).on("/beta", 200, &results(listed));
    passcode_logic::observe(
        &mut fake,
        plan,
        &receipt(disposition, vec![known()]),
        &context(),
    )
    .expect("progress")
}

#[test]
fn each_state_is_told_apart_and_only_an_end_has_an_outcome() {
    for (word, state, ends) in [
        ("none", ProgressState::Pending, false),
        ("pending", ProgressState::Pending, false),
        ("active", ProgressState::Active, false),
        ("done", ProgressState::Done, true),
        ("failed", ProgressState::Failed, true),
        ("canceled", ProgressState::Canceled, true),
        ("notSupported", ProgressState::NotSupported, true),
        ("paused", ProgressState::Other("paused".into()), false),
    ] {
        let progress = watch(
            &reset(),
            Disposition::Accepted,
            &[result(word, "2026-08-20T10:05:00Z", Some(9))],
        );
        assert_eq!(
            (
                progress.state,
                progress.outcome.is_some(),
                progress.look_again_seconds.is_none()
            ),
            (state, ends, ends),
            "{word}"
        );
        let passcode = progress.outcome.and_then(|outcome| outcome.passcode);
        assert_eq!(passcode, (word == "done").then_some(9), "{word}");
        assert_eq!(progress.settled_by, None);
        assert_eq!(
            progress.others.len(),
            0,
            "ours is not among the others: {word}"
        );
    }
}

#[test]
fn an_older_result_is_never_ours() {
    let progress = watch(
        &reset(),
        Disposition::Accepted,
        &[result("done", "2026-08-01T00:00:00Z", Some(1))],
    );
    assert_eq!(
        (progress.state, progress.others.len()),
        (ProgressState::NotListed, 0)
    );
    // The same instant in another spelling is the same result.
    let progress = watch(
        &reset(),
        Disposition::Accepted,
        &[result("done", "2026-08-01T02:00:00.0000000+02:00", Some(1))],
    );
    assert_eq!(
        (progress.state, progress.others.len()),
        (ProgressState::NotListed, 0)
    );
    // New, but begun long before our request was answered: somebody else's.
    let progress = watch(
        &reset(),
        Disposition::Accepted,
        &[result("done", "2026-08-20T10:02:59Z", Some(2))],
    );
    assert_eq!(
        (
            progress.state,
            progress.others.len(),
            progress.others[0].passcode
        ),
        (ProgressState::NotListed, 1, None)
    );
    let progress = watch(
        &reset(),
        Disposition::Accepted,
        &[result("done", "2026-08-20T10:03:00Z", Some(3))],
    );
    assert_eq!(progress.state, ProgressState::Done);
}

#[test]
fn of_two_new_results_neither_is_shown_as_ours() {
    let listed = [
        result("done", "2026-08-20T10:05:00Z", Some(2)),
        result("done", "2026-08-20T10:05:01Z", Some(3)),
    ];
    let progress = watch(&reset(), Disposition::Accepted, &listed);
    assert_eq!(
        (progress.state, progress.others.len()),
        (ProgressState::Ambiguous, 2)
    );
    assert!(progress.outcome.is_none() && progress.action_result.is_none());
    assert!(progress.others.iter().all(|other| other.passcode.is_none()));
}

#[test]
fn a_removal_ends_open_and_a_failed_one_names_the_way_back() {
    let removal = plan(prepared(&iphone(json!({})), Verb::Remove), &[]);
    let done = watch(
        &removal,
        Disposition::Accepted,
        &[result("done", "2026-08-20T10:05:00Z", None)],
    );
    let outcome = done.outcome.expect("an outcome");
    assert_eq!((outcome.passcode, outcome.remedy), (None, None));
    assert!(
        outcome
            .expectations
            .iter()
            .any(|step| step.id == "user-sets-new-passcode")
    );
    let failed = watch(
        &removal,
        Disposition::Accepted,
        &[result("failed", "2026-08-20T10:05:00Z", None)],
    );
    assert!(
        failed
            .outcome
            .expect("an outcome")
            .remedy
            .expect("a remedy")
            .contains("Wipe")
    );
    let profile = plan(
        prepared(
            &body(json!({"deviceEnrollmentType": "androidEnterpriseCorporateWorkProfile"})),
            Verb::Reset,
        ),
        &[],
    );
    let failed = watch(
        &profile,
        Disposition::Accepted,
        &[result("failed", "2026-08-20T10:05:00Z", None)],
    );
    let remedy = failed
        .outcome
        .expect("an outcome")
        .remedy
        .expect("a remedy");
    assert!(
        remedy.contains("Retire") && !remedy.contains("Wipe"),
        "{remedy}"
    );
    let bare = watch(
        &reset(),
        Disposition::Accepted,
        &[result("done", "2026-08-20T10:05:00Z", None)],
    );
    assert!(
        bare.outcome
            .expect("an outcome")
            .remedy
            .expect("a remedy")
            .contains("seven days")
    );
}

#[test]
fn results_are_known_by_their_type_and_else_by_their_name() {
    for (type_name, name, ours) in [
        ("#microsoft.graph.resetPasscodeActionResult", "", true),
        (
            "microsoft.graph.resetPasscodeActionResult",
            "whatever",
            true,
        ),
        (
            "#microsoft.graph.deviceActionResult",
            "removepasscode",
            true,
        ),
        ("", "ResetPasscode", true),
        (
            "#microsoft.graph.remoteLockActionResult",
            "resetPasscode",
            false,
        ),
        (
            "#microsoft.graph.deviceActionResult",
            "recoverPasscode",
            false,
        ),
        ("", "", false),
    ] {
        let item = json!({"@odata.type": type_name, "actionName": name, "actionState": "pending", "startDateTime": "2026-08-20T10:05:00Z"});
        let progress = watch(&reset(), Disposition::Accepted, &[item]);
        assert_eq!(
            progress.state == ProgressState::Pending,
            ours,
            "{type_name} {name}"
        );
    }
}

fn audited(by: &str, at: &str, action: &str) -> String {
    json!({"value": [{"id": "a1", "action": action, "actionState": "pending", "requestDateTime": at, "initiatedByUserPrincipalName": by, "managedDeviceId": ID}]}).to_string()
}

#[test]
fn only_evidence_settles_what_is_unknown_and_absence_never_does() {
    let unknown = watch(&reset(), Disposition::Unknown, &[]);
    assert_eq!(
        (unknown.state, unknown.settled_by),
        (ProgressState::NotListed, None)
    );
    let new = watch(
        &reset(),
        Disposition::Unknown,
        &[result("pending", "2026-08-20T10:05:00Z", None)],
    );
    assert_eq!(
        (new.state, new.settled_by),
        (ProgressState::Pending, Some(Evidence::NewResult))
    );
    let other = "colleague@contoso.example";
    for (by, at, action, settled) in [
        (UPN, "2026-08-20T10:05:00Z", "resetPasscode", true),
        (
            "HELPDESK@contoso.example",
            "2026-08-20T10:03:30Z",
            "resetPasscode",
            true,
        ),
        (UPN, "2026-08-20T10:02:00Z", "resetPasscode", false),
        (UPN, "2026-08-20T10:05:00Z", "recoverPasscode", false),
        (other, "2026-08-20T10:05:00Z", "resetPasscode", false),
    ] {
        let text = audited(by, at, action);
        let mut fake = Fake::default()
            .on("/beta/deviceManagement/remoteActionAudits", 200, &text)
            .on("/beta", 200, &results(&[]));
        let progress = passcode_logic::observe(
            &mut fake,
            &reset(),
            &receipt(Disposition::Unknown, vec![]),
            &context(),
        )
        .expect("progress");
        assert_eq!(
            progress.settled_by,
            settled.then(|| Evidence::AuditEntry("a1".into())),
            "{by} {at} {action}"
        );
    }
    // A result without an entry of ours proves an action, not whose: no passcode is offered.
    let done = [result("done", "2026-08-20T10:05:00Z", Some(7))];
    let unproven = watch(&reset(), Disposition::Unknown, &done);
    assert_eq!(
        (
            unproven.state,
            unproven.settled_by,
            unproven.outcome.expect("an end").passcode
        ),
        (ProgressState::Done, Some(Evidence::NewResult), None)
    );
    // The colleague's result, while ours was never taken: not ours, and not settled.
    let text = audited(other, "2026-08-20T10:05:00Z", "resetPasscode");
    let theirs = results(&[result("done", "2026-08-20T10:05:00Z", Some(7))]);
    let mut fake = Fake::default()
        .on("/beta/deviceManagement/remoteActionAudits", 200, &text)
        .on("/beta", 200, &theirs);
    let progress = passcode_logic::observe(
        &mut fake,
        &reset(),
        &receipt(Disposition::Unknown, vec![]),
        &context(),
    )
    .expect("progress");
    assert_eq!(
        (progress.state, progress.settled_by, progress.outcome),
        (ProgressState::NotListed, None, None)
    );
    assert_eq!(
        (progress.others.len(), progress.others[0].passcode),
        (1, None)
    );
}

#[test]
fn the_record_is_filtered_and_ordered_here_too() {
    let entry = |id: &str, device: &str, at: &str| json!({"id": id, "action": "resetPasscode", "requestDateTime": at, "managedDeviceId": device});
    let page1 = json!({"value": [entry("old", ID, "2026-08-01T00:00:00Z"), entry("x", "other", "2026-08-20T00:00:00Z")], "@odata.nextLink": "page:1"}).to_string();
    let page2 = json!({"value": [entry("new", ID, "2026-08-19T00:00:00Z"), entry("ancient", ID, "2020-01-01T00:00:00Z")]}).to_string();
    let query = HistoryQuery {
        device_id: Some(ID.into()),
        since: Some("2026-01-01T00:00:00Z".into()),
        limit: 5,
    };
    let mut fake = Fake::default()
        .on("/beta?$filter", 400, "")
        .on("/beta", 200, &page1)
        .on("page:1", 200, &page2);
    let entries = passcode_logic::history(&mut fake, &query, &context()).expect("entries");
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry.id.as_str())
            .collect::<Vec<_>>(),
        ["new", "old"]
    );
    let query = HistoryQuery {
        since: Some("x' or 1 eq 1".into()),
        ..query
    };
    assert_eq!(
        passcode_logic::history(&mut Fake::default(), &query, &context())
            .expect_err("a problem")
            .code,
        "since-malformed"
    );
}

#[test]
fn where_the_record_knows_of_another_action_the_one_result_is_not_shown_as_ours() {
    let entry = |id: &str, by: &str, at: &str| json!({"id": id, "action": "resetPasscode", "actionState": "done", "requestDateTime": at, "initiatedByUserPrincipalName": by, "managedDeviceId": ID});
    let other = "colleague@contoso.example";
    let ours = entry("a1", UPN, "2026-08-20T10:05:00Z");
    let theirs = entry("a2", other, "2026-08-20T10:06:00Z");
    let known_since = entry("a0", other, "2026-08-20T10:04:10Z");
    let just_before = ActionResult {
        started: Some("2026-08-20T10:04:00Z".into()),
        ..known()
    };
    for (entries, snapshot, state, passcode) in [
        (
            vec![ours.clone()],
            vec![known()],
            ProgressState::Done,
            Some(7),
        ),
        (vec![], vec![known()], ProgressState::Done, Some(7)),
        (
            vec![theirs.clone(), ours.clone()],
            vec![known()],
            ProgressState::Ambiguous,
            None,
        ),
        (
            vec![theirs.clone()],
            vec![known()],
            ProgressState::Ambiguous,
            None,
        ),
        (
            vec![ours.clone(), known_since.clone()],
            vec![just_before],
            ProgressState::Done,
            Some(7),
        ),
        (
            vec![ours.clone(), known_since],
            vec![known()],
            ProgressState::Ambiguous,
            None,
        ),
    ] {
        let audit = json!({ "value": entries }).to_string();
        let listed = results(&[result("done", "2026-08-20T10:05:01Z", Some(7))]);
        let mut fake = Fake::default()
            .on("/beta/deviceManagement/remoteActionAudits", 200, &audit)
            .on("/beta", 200, &listed);
        let receipt = receipt(Disposition::Accepted, snapshot);
        let progress =
            passcode_logic::observe(&mut fake, &reset(), &receipt, &context()).expect("progress");
        assert_eq!(progress.state, state, "{audit}");
        assert_eq!(
            progress.outcome.and_then(|outcome| outcome.passcode),
            passcode,
            "{audit}"
        );
    }
}
