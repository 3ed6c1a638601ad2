//! The grammar of error bodies, on real ones and on made-up ones.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

mod common;

use common::{Fake, ID, answer, body, caller, context, order, plan, prepared, results, vendor};
use passcode_logic::contract::{ProblemKind, Touched, Verb};
use passcode_logic::errors::decode;

/// The JSON inside a captured file, which may be a whole HTTP message.
fn payload(text: &str) -> &str {
    match text.split_once("\n\n") {
        Some((head, rest)) if head.starts_with("HTTP/") || head.starts_with("POST ") => rest,
        _ => text,
    }
}

/// File, code, whether JSON inside the message names another code.
const CAPTURED: [(&str, &str, &str); 19] = [
    ("errors/graph-docs.errors.1.json", "invalidRange", ""),
    ("errors/graph-docs.errors.2.json", "", ""),
    ("errors/graph-docs.errors.3.json", "string", ""),
    (
        "errors/graph-docs.throttling-429.1.http",
        "TooManyRequests",
        "429",
    ),
    ("errors/graph.400.segment-not-found.txt", "", ""),
    (
        "errors/graph.429.learn-current.http",
        "TooManyRequests",
        "429",
    ),
    (
        "errors/intune.400.BadRequest.remoteLock.truncated.txt",
        "",
        "",
    ),
    ("errors/intune.400.BadRequest.wipe.json", "BadRequest", ""),
    (
        "errors/intune.401.UnknownError.nested-Forbidden.json",
        "UnknownError",
        "Forbidden",
    ),
    (
        "errors/intune.401.UnknownError.nested-Forbidden.truncated.txt",
        "",
        "",
    ),
    ("errors/intune.403.Forbidden.microsoft-docs.txt", "", ""),
    (
        "errors/intune.403.Forbidden.missing-scope.syncDevice.txt",
        "",
        "",
    ),
    (
        "errors/intune.404.ResourceNotFound.json",
        "ResourceNotFound",
        "",
    ),
    (
        "errors/intune.429.TooManyRequests.json",
        "TooManyRequests",
        "",
    ),
    ("errors/intune.500.InternalError.json", "InternalError", ""),
    (
        "maa/approval-required.microsoft-docs-403.json",
        "ApprovalRequired",
        "",
    ),
    ("maa/justification-missing.lab-400.txt", "", ""),
    ("maa/operationApprovalRequest.get.response.json", "", ""),
    ("maa/request-with-approval-code.http", "", ""),
];

#[test]
fn captured_bodies_decode_to_their_codes_and_carry_no_address() {
    let Some(data) = vendor("captured_bodies_decode_to_their_codes_and_carry_no_address") else {
        return;
    };
    for (file, code, inner) in CAPTURED {
        let text = std::fs::read_to_string(data.join(file)).expect(file);
        let error = decode(payload(&text));
        assert_eq!(error.code, code, "{file}");
        assert!(
            inner.is_empty() || error.inner_says(inner),
            "{file}: {error:?}"
        );
        assert!(
            !error.text.contains("://") && !error.text.contains("manage.microsoft"),
            "{file}: {}",
            error.text
        );
    }
    for folder in ["errors", "maa"] {
        for entry in std::fs::read_dir(data.join(folder)).expect(folder) {
            let name = format!(
                "{folder}/{}",
                entry.expect("an entry").file_name().to_string_lossy()
            );
            // Two requests of the approval page have no answer in them.
            let request = [
                "maa/request-with-justification.http",
                "maa/status-query.http",
            ]
            .contains(&name.as_str());
            assert!(
                request || CAPTURED.iter().any(|(file, ..)| *file == name),
                "no expectation for {name}"
            );
        }
    }
}

#[test]
fn the_captured_missing_role_is_not_a_sign_in_problem() {
    let Some(data) = vendor("the_captured_missing_role_is_not_a_sign_in_problem") else {
        return;
    };
    let text =
        std::fs::read_to_string(data.join("errors/intune.401.UnknownError.nested-Forbidden.json"))
            .expect("the file");
    let mut fake = Fake::default().on("/beta", 401, &text);
    let problem =
        passcode_logic::prepare(&mut fake, &order(Verb::Reset), &context()).expect_err("a problem");
    assert_eq!(
        (problem.kind, problem.code.as_str()),
        (ProblemKind::Forbidden, "intune-role-missing")
    );
    assert_eq!(problem.service_code.as_deref(), Some("UnknownError"));
    assert!(problem.support_ids.contains(&(
        "activity-id".into(),
        "ce80e7e8-8a96-4c03-898c-d85f9cdf805a".into()
    )));
    assert_eq!(
        fake.seen.len(),
        1,
        "another version would refuse the same account"
    );
}

fn nested(message: &str) -> String {
    serde_json::json!({"error": {"code": "BadRequest", "message": message, "innererror": {"code": "inner", "innererror": {"code": "innermost", "request-id": "r-1"}}}}).to_string()
}

#[test]
fn messages_of_every_shape_are_read_without_addresses() {
    let shape_a = serde_json::json!({"_version": 3, "Message": "An error has occurred - Operation ID (for customer support): 0 - Activity ID: 13b1d9ee-b9d2-49c4-bff7-d7afd9dff0cb - Url: https://fef.x.manage.microsoft.com/D/managedDevices('1')", "CustomApiErrorPhrase": "", "RetryAfter": null, "HttpHeaders": "{}"}).to_string();
    let shape_b = serde_json::json!({"ErrorCode": "Forbidden", "Message": shape_a, "Target": null})
        .to_string();
    let phrase = serde_json::json!({"Message": "An error", "CustomApiErrorPhrase": "ZtdDeviceDeletionInProgess"}).to_string();
    for (message, text, inner) in [
        (shape_a.as_str(), "An error has occurred", "innermost"),
        (&shape_b, "An error has occurred", "Forbidden"),
        (
            "Plain words - Operation ID (for customer support): 0 - Activity ID: x - Url: https://a/b - CustomApiErrorPhrase: ",
            "Plain words",
            "inner",
        ),
        (
            "see (https://fef.a/b?c) or http://x now",
            "see ( or now",
            "inner",
        ),
        ("{ \"Message\": \"broken at https://fef.a/b", "", "inner"),
        ("", "", "inner"),
        (&phrase, "An error", "inner"),
    ] {
        let error = decode(&nested(message));
        assert_eq!(error.text, text, "{message}");
        assert!(error.inner_says(inner), "{message}: {error:?}");
        assert_eq!(error.code, "BadRequest");
        assert!(
            error
                .support_ids
                .contains(&("request-id".into(), "r-1".into()))
        );
    }
    assert_eq!(
        decode(&nested(&phrase)).phrase.as_deref(),
        Some("ZtdDeviceDeletionInProgess")
    );
    let empty_code =
        decode(r#"{"error":{"code":"","message":"x","innerError":{"code":"NotFound"}}}"#);
    assert_eq!(empty_code.code, "NotFound");
    for body in [
        "",
        "<html>",
        "[]",
        "7",
        "{\"error\":7}",
        "{\"error\":{\"code\":7,\"message\":[]}}",
    ] {
        assert_eq!(decode(body).code, "", "{body}");
    }
}

/// Status, body, then kind, code and touched: of a read, and of the sending.
#[test]
fn a_status_means_one_thing_for_a_read_and_another_for_the_sending() {
    use ProblemKind as K;
    let role = r#"{"error":{"code":"UnknownError","message":"{\"ErrorCode\":\"Forbidden\",\"Message\":\"\"}"}}"#;
    let claims = r#"{"error":{"code":"insufficient_claims","message":""}}"#;
    let approval = r#"{"error":{"code":"ApprovalRequired","message":""}}"#;
    let text_only = r#"{"error":{"code":"BadRequest","message":"ApprovalRequired Forbidden insufficient_claims throttled"}}"#;
    let proposal = prepared(&body(serde_json::json!({})), Verb::Reset);
    for (status, text, read, send, unsure) in [
        (
            400,
            "",
            (K::Rejected, "request-rejected"),
            (K::Rejected, "action-rejected"),
            false,
        ),
        (
            400,
            text_only,
            (K::Rejected, "request-rejected"),
            (K::Rejected, "action-rejected"),
            false,
        ),
        (
            401,
            role,
            (K::Forbidden, "intune-role-missing"),
            (K::Forbidden, "intune-role-missing"),
            false,
        ),
        (
            401,
            text_only,
            (K::NotSignedIn, "token-refused"),
            (K::NotSignedIn, "token-refused"),
            false,
        ),
        (
            401,
            "",
            (K::NotSignedIn, "token-refused"),
            (K::NotSignedIn, "token-refused"),
            false,
        ),
        (
            403,
            "",
            (K::Forbidden, "graph-permission-missing"),
            (K::Forbidden, "graph-permission-missing"),
            false,
        ),
        (
            403,
            claims,
            (K::Forbidden, "conditional-access"),
            (K::Forbidden, "conditional-access"),
            false,
        ),
        (
            403,
            approval,
            (K::Forbidden, "graph-permission-missing"),
            (K::ApprovalRequired, "approval-required"),
            false,
        ),
        (
            412,
            approval,
            (K::Rejected, "state-conflict"),
            (K::ApprovalRequired, "approval-required"),
            false,
        ),
        (
            404,
            "",
            (K::NotFound, "not-found"),
            (K::NotFound, "not-found"),
            false,
        ),
        (
            409,
            "",
            (K::Rejected, "state-conflict"),
            (K::Rejected, "state-conflict"),
            false,
        ),
        (
            415,
            "",
            (K::Rejected, "request-rejected"),
            (K::Rejected, "action-rejected"),
            false,
        ),
        (
            429,
            "",
            (K::Throttled, "throttled"),
            (K::Throttled, "throttled"),
            false,
        ),
        (
            408,
            "",
            (K::Unavailable, "service-unavailable"),
            (K::OutcomeUnknown, "outcome-unknown"),
            true,
        ),
        (
            500,
            "",
            (K::Unavailable, "service-unavailable"),
            (K::OutcomeUnknown, "outcome-unknown"),
            true,
        ),
        (
            503,
            "",
            (K::Unavailable, "service-unavailable"),
            (K::OutcomeUnknown, "outcome-unknown"),
            true,
        ),
        (
            302,
            "",
            (K::Malformed, "answer-unexpected"),
            (K::OutcomeUnknown, "outcome-unknown"),
            true,
        ),
    ] {
        let mut fake = Fake::default().on("/", status, text);
        let problem = passcode_logic::results(&mut fake, ID, &context()).expect_err("a problem");
        assert_eq!(
            (problem.kind, problem.code.as_str(), problem.touched),
            (read.0, read.1, Touched::No),
            "{status} {text}"
        );
        assert_eq!(problem.status, Some(status));
        let mut fake = Fake::default()
            .on("/", 200, &results(&[]))
            .post(Ok(answer(status, text)));
        let plan = plan(proposal.clone(), &[]);
        let problem = passcode_logic::commit(&mut fake, &plan, &context()).expect_err("a problem");
        let touched = if unsure {
            Touched::Unknown
        } else {
            Touched::No
        };
        assert_eq!(
            (problem.kind, problem.code.as_str(), problem.touched),
            (send.0, send.1, touched),
            "{status} {text}"
        );
        assert!(problem.remedy.is_some());
        assert!(
            problem
                .support_ids
                .iter()
                .any(|(name, _)| name == "request-id")
        );
    }
    assert_eq!(caller(&[]).accepted_checks.len(), 0);
}

#[test]
fn how_long_to_wait_is_passed_on_where_the_service_says_it() {
    let mut response = answer(429, "");
    response
        .headers
        .push(("retry-after".into(), "2.128".into()));
    let mut fake = Fake::default();
    fake.rules.push((
        passcode_logic::contract::Method::Get,
        "/".into(),
        Ok(response),
    ));
    let problem = passcode_logic::results(&mut fake, ID, &context()).expect_err("a problem");
    assert_eq!(problem.retry_after_seconds, Some(3));
    assert_eq!(
        fake.seen.len(),
        1,
        "a throttled tenant is throttled in every version"
    );
}
