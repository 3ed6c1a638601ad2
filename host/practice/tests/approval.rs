//! Multi Admin Approval, as a client meets it.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Answer, address, bearer, send, tenant};
use passcode_practice::{
    ApprovalStatus, PRACTICE_APPROVER, PRACTICE_USER, PracticeTenant, RemoteAction,
};
use std::time::Duration;

const CODE: &str = "x-msft-approval-code";
const JUSTIFICATION: &str = "x-msft-approval-justification";

fn with(fault: &str) -> PracticeTenant {
    let tenant = tenant();
    tenant.inject_named(fault).expect("fault");
    tenant
}

fn ask(tenant: &PracticeTenant, device: &str, header: Option<(&str, &str)>) -> Answer {
    let path = format!("{}/resetPasscode", address(tenant, device));
    let token = bearer(tenant);
    let mut headers = vec![("Authorization", token.as_str()), ("Content-Length", "0")];
    headers.extend(header);
    send(tenant, "POST", &path, &headers, "").expect("answer")
}

fn code(answer: &Answer) -> String {
    answer.header(CODE).expect("a code").to_owned()
}

fn taken(tenant: &PracticeTenant, device: &str) -> u64 {
    tenant.count(device, RemoteAction::ResetPasscode).accepted
}

#[test]
fn an_approved_request_is_taken_exactly_once() {
    let reason = STANDARD.encode("forgotten passcode");
    for (fault, demand, status) in [
        ("approval-403", None, 403),
        ("approval-412", None, 412),
        ("approval-400", Some(400), 412),
        ("approval-403-justify", Some(403), 403),
        ("approval-412-justify", Some(412), 412),
    ] {
        let tenant = with(fault);
        let first = ask(&tenant, "KIOSK-0001", None);
        assert_eq!(first.status, demand.unwrap_or(status), "{fault}");
        assert_eq!(first.header(CODE).is_some(), demand.is_none(), "{fault}");
        let asked = ask(&tenant, "KIOSK-0001", Some((JUSTIFICATION, &reason)));
        let code = code(&asked);
        assert_eq!(asked.status, status, "{fault}");
        assert!(asked.message().contains(&code), "{fault}");
        let waiting = ask(&tenant, "KIOSK-0001", Some((CODE, &code)));
        assert_eq!(
            (waiting.status, self::code(&waiting)),
            (status, code.clone())
        );
        assert_eq!(taken(&tenant, "KIOSK-0001"), 0, "{fault}");

        tenant
            .decide(Some(&code), PRACTICE_APPROVER, ApprovalStatus::Approved)
            .expect("approved");
        assert_eq!(ask(&tenant, "COPE-0003", Some((CODE, &code))).status, 400);
        assert_eq!(ask(&tenant, "KIOSK-0001", Some((CODE, &code))).status, 204);
        let again = ask(&tenant, "KIOSK-0001", Some((CODE, &code)));
        assert_eq!((again.status, again.header(CODE)), (400, None), "{fault}");
        assert_eq!(
            (taken(&tenant, "KIOSK-0001"), taken(&tenant, "COPE-0003")),
            (1, 0),
            "{fault}"
        );
        let request = tenant.approvals().pop().expect("request");
        assert_eq!(request.status, ApprovalStatus::Completed);
        let said = if demand.is_some() {
            "forgotten passcode"
        } else {
            ""
        };
        assert_eq!(request.justification, said, "{fault}");
    }
}

#[test]
fn a_code_that_was_not_approved_in_time_by_somebody_else_is_refused() {
    let asked = || {
        let tenant = with("approval-403");
        let code = code(&ask(&tenant, "KIOSK-0001", None));
        (tenant, code)
    };
    for status in [ApprovalStatus::Rejected, ApprovalStatus::Cancelled] {
        let (tenant, code) = asked();
        tenant
            .decide(None, PRACTICE_APPROVER, status)
            .expect("decided");
        assert_eq!(ask(&tenant, "KIOSK-0001", Some((CODE, &code))).status, 400);
        let decided = tenant.decide(None, PRACTICE_APPROVER, ApprovalStatus::Approved);
        assert!(decided.is_err(), "it is decided");
    }
    let (tenant, code) = asked();
    let own = tenant.decide(Some(&code), PRACTICE_USER, ApprovalStatus::Approved);
    assert!(own.is_err(), "nobody approves their own");
    tenant
        .decide(Some(&code), PRACTICE_APPROVER, ApprovalStatus::Approved)
        .expect("approved");
    tenant.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(ask(&tenant, "KIOSK-0001", Some((CODE, &code))).status, 400);
    let unknown = "aabb1234-5678-4012-abcd-ef0123456789";
    tenant.clear_faults();
    assert_eq!(
        ask(&tenant, "KIOSK-0001", Some((CODE, unknown))).status,
        400
    );
    assert_eq!(taken(&tenant, "KIOSK-0001"), 0);
    assert_eq!(
        ask(&tenant, "KIOSK-0001", None).status,
        204,
        "without a code and a fault"
    );
}

#[test]
fn a_justification_is_base64_of_a_text_that_is_not_too_long() {
    let tenant = with("approval-400");
    for (text, status) in [
        ("forgotten passcode".to_owned(), 400),
        (STANDARD.encode([0xff, 0xfe]), 400),
        (STANDARD.encode("x".repeat(1025)), 400),
        (STANDARD.encode("ä".repeat(1024)), 412),
    ] {
        let answer = ask(&tenant, "KIOSK-0001", Some((JUSTIFICATION, &text)));
        assert_eq!(answer.status, status, "{text}");
        assert_eq!(answer.header(CODE).is_some(), status == 412);
    }
}
