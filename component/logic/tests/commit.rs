//! Carrying out a plan.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

mod common;

use common::{Fake, ID, answer, body, context, lost, plan, prepared, result, results};
use passcode_logic::contract::*;
use passcode_logic::service::{Reason, Sent};
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

#[test]
fn a_plan_is_carried_out_by_one_look_and_one_request() {
    let old = result("done", "2026-08-01T00:00:00Z", Some(1));
    let mut fake = Fake::default()
        .on("/beta", 200, &results(&[old]))
        .post(Ok(answer(204, "")));
    let progress = passcode_logic::commit(&mut fake, &reset(), &context()).expect("progress");
    assert_eq!(progress.state, ProgressState::NotListed);
    assert_eq!(progress.look_again_seconds, Some(5));
    assert_eq!(fake.seen.len(), 2);
    assert_eq!(
        fake.seen[0].query,
        vec![("$select".to_owned(), "id,deviceActionResults".to_owned())]
    );
    assert_eq!(
        fake.seen[1].path,
        format!("/v1.0/deviceManagement/managedDevices/{ID}/resetPasscode")
    );
}

#[test]
fn a_passcode_action_in_the_way_is_named_and_nothing_is_sent() {
    let known = || result("done", "2026-08-01T00:00:00Z", Some(1));
    let audit = json!({"value": [{"id": "a1", "action": "resetPasscode", "actionState": "pending", "requestDateTime": "2026-08-20T10:01:00Z", "initiatedByUserPrincipalName": "colleague@contoso.example", "managedDeviceId": ID}]}).to_string();
    for listed in [
        vec![known(), result("pending", "2026-08-20T10:01:00Z", None)],
        vec![known(), result("active", "2026-08-20T10:01:00Z", None)],
        vec![known(), result("done", "2026-08-20T10:01:00Z", Some(2))],
        // A local clock that runs ahead would call this one old; the plan did not list it.
        vec![known(), result("done", "2026-08-20T09:30:00Z", Some(2))],
        vec![result("active", "2026-08-01T00:00:00Z", None)],
    ] {
        let body = results(&listed);
        let mut fake = Fake::default()
            .on("/beta/deviceManagement/remoteActionAudits", 200, &audit)
            .on("/beta", 200, &body);
        let problem = passcode_logic::commit(&mut fake, &reset(), &context()).expect_err("busy");
        assert_eq!(
            (problem.kind, problem.touched, fake.posts()),
            (ProblemKind::Busy, Touched::No, 0)
        );
        assert!(
            problem.message.contains("colleague@contoso.example"),
            "{}",
            problem.message
        );
        let mut fake = no_audit(Fake::default()).on("/beta", 200, &body);
        let problem = passcode_logic::commit(&mut fake, &reset(), &context()).expect_err("busy");
        assert_eq!(
            problem.kind,
            ProblemKind::Busy,
            "a record that may not be read changes nothing"
        );
        let mut again = reset();
        again.again = true;
        let mut fake = Fake::default()
            .on("/beta", 200, &body)
            .post(Ok(answer(204, "")));
        assert!(passcode_logic::commit(&mut fake, &again, &context()).is_ok());
    }
    let other = json!({"@odata.type": "#microsoft.graph.deviceActionResult", "actionName": "syncDevice", "actionState": "pending", "startDateTime": "2026-08-20T10:01:00Z"});
    let mut fake = Fake::default()
        .on("/beta", 200, &results(&[known(), other]))
        .post(Ok(answer(204, "")));
    assert!(
        passcode_logic::commit(&mut fake, &reset(), &context()).is_ok(),
        "other actions are in nobody's way"
    );
}

#[test]
fn without_the_look_nothing_is_sent() {
    for (status, text) in [
        (500, ""),
        (200, "{}"),
        (200, r#"{"id":"another","deviceActionResults":[]}"#),
        (200, ""),
    ] {
        let mut fake = Fake::default().on("/", status, text);
        let problem =
            passcode_logic::commit(&mut fake, &reset(), &context()).expect_err("a problem");
        assert_eq!(
            (problem.touched, fake.posts()),
            (Touched::No, 0),
            "{status} {text}"
        );
    }
}

#[test]
fn a_lost_answer_is_unknown_and_a_lost_connection_is_not() {
    for (sent, reason, touched, kind) in [
        (
            Sent::No,
            Reason::Unreachable,
            Touched::No,
            ProblemKind::Unavailable,
        ),
        (
            Sent::No,
            Reason::Refused("at-most-once".into()),
            Touched::No,
            ProblemKind::Refused("at-most-once".into()),
        ),
        (
            Sent::No,
            Reason::NoCredential,
            Touched::No,
            ProblemKind::NotSignedIn,
        ),
        (
            Sent::Unknown,
            Reason::Interrupted,
            Touched::Unknown,
            ProblemKind::OutcomeUnknown,
        ),
        (
            Sent::Yes,
            Reason::Unreadable,
            Touched::Unknown,
            ProblemKind::OutcomeUnknown,
        ),
        (
            Sent::Yes,
            Reason::Withheld,
            Touched::Unknown,
            ProblemKind::OutcomeUnknown,
        ),
    ] {
        let old = result("done", "2026-08-01T00:00:00Z", Some(1));
        let mut fake = Fake::default()
            .on("/beta", 200, &results(&[old]))
            .post(lost(sent, reason));
        let problem =
            passcode_logic::commit(&mut fake, &reset(), &context()).expect_err("a problem");
        assert_eq!(
            (problem.touched, problem.kind, fake.posts()),
            (touched, kind, 1)
        );
        assert!(!problem.message.contains("://"), "{}", problem.message);
    }
}

#[test]
fn an_unaccepted_disagreement_goes_nowhere() {
    let cobo = || {
        prepared(
            &body(json!({"deviceEnrollmentType": "androidEnterpriseFullyManaged"})),
            Verb::Reset,
        )
    };
    let mut fake = Fake::default();
    let problem =
        passcode_logic::commit(&mut fake, &plan(cobo(), &[]), &context()).expect_err("a refusal");
    assert_eq!(
        (problem.kind, problem.code.as_str(), fake.seen.len()),
        (
            ProblemKind::Refused("documents-disagree".into()),
            "check-not-accepted",
            0
        )
    );
    let mut fake = Fake::default()
        .on("/beta", 200, &results(&[]))
        .post(Ok(answer(204, "")));
    assert!(
        passcode_logic::commit(
            &mut fake,
            &plan(cobo(), &["documents-disagree"]),
            &context()
        )
        .is_ok()
    );
}
