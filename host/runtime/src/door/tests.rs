use serde_json::json;

use super::approval::ApprovalSent;
use super::change::sending;
use super::*;
use crate::authority::Authority;
use crate::contract::types::PlannedRequest;

const GRANT: &str = include_str!("../../../builtin/grant.toml");
const DEVICE: &str = "/beta/deviceManagement/managedDevices/d1";
const RESET: &str = "/v1.0/deviceManagement/managedDevices/d1/resetPasscode";

fn authority() -> Authority {
    Authority::parse(GRANT).unwrap()
}

fn wish(method: Method, path: &str, query: &[(&str, &str)]) -> Request {
    Request {
        destination: "graph".to_owned(),
        method,
        path: path.to_owned(),
        query: query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: None,
    }
}

fn plan() -> PlannedRequest {
    PlannedRequest {
        destination: "graph".to_owned(),
        method: Method::Post,
        path: RESET.to_owned(),
        query: Vec::new(),
        body: None,
    }
}

fn judged(phase: Phase, wish: &Request) -> Result<String, &'static str> {
    let plan = plan();
    let device = (phase != Phase::Find).then_some("d1");
    let bounds = Bounds {
        phase,
        device,
        plan: (phase == Phase::Commit).then_some(&plan),
    };
    admit(&authority(), bounds, wish)
        .map(|admitted| admitted.route.name.clone())
        .map_err(|broken| broken.name())
}

#[test]
fn what_the_grant_names_may_leave() {
    let table = [
        (
            Phase::Find,
            wish(
                Method::Get,
                "/beta/deviceManagement/managedDevices",
                &[("$filter", "serialNumber eq 'X'"), ("$top", "50")],
            ),
            "devices",
        ),
        (
            Phase::Find,
            wish(Method::Get, DEVICE, &[("$select", "id,deviceName")]),
            "device",
        ),
        (
            Phase::Prepare,
            wish(
                Method::Get,
                DEVICE,
                &[("$select", "id,deviceActionResults")],
            ),
            "device",
        ),
        (
            Phase::Commit,
            wish(Method::Post, RESET, &[]),
            "managed-devices",
        ),
        (
            Phase::History,
            wish(
                Method::Get,
                "/beta/deviceManagement/remoteActionAudits",
                &[],
            ),
            "device-actions",
        ),
    ];
    for (phase, wish, route) in table {
        assert_eq!(judged(phase, &wish).as_deref(), Ok(route), "{wish:?}");
    }
}

#[test]
fn everything_else_stays() {
    let elsewhere = Request {
        destination: "evil".to_owned(),
        ..wish(Method::Get, DEVICE, &[])
    };
    let body = |wish: Request| Request {
        body: Some("{}".to_owned()),
        ..wish
    };
    let table = [
        (Phase::Prepare, elsewhere, "destination"),
        (
            Phase::Prepare,
            wish(Method::Get, "/beta/../beta/x", &[]),
            "path",
        ),
        (
            Phase::Prepare,
            wish(
                Method::Get,
                "/beta/deviceManagement/configurationPolicies/p1/settings",
                &[],
            ),
            "route",
        ),
        (
            Phase::Commit,
            wish(
                Method::Post,
                "/v1.0/deviceManagement/managedDevices/d1/wipe",
                &[],
            ),
            "route",
        ),
        (
            Phase::Commit,
            wish(
                Method::Post,
                "/v1.0/deviceManagement/managedDevices/d1/retire",
                &[],
            ),
            "route",
        ),
        (Phase::Commit, wish(Method::Delete, DEVICE, &[]), "route"),
        (
            Phase::Commit,
            wish(Method::Post, "/v1.0/$batch", &[]),
            "path",
        ),
        (
            Phase::Prepare,
            wish(Method::Get, "/beta/deviceManagement/managedDevices", &[]),
            "phase",
        ),
        (Phase::Prepare, wish(Method::Post, RESET, &[]), "phase"),
        (Phase::Observe, wish(Method::Post, RESET, &[]), "phase"),
        (
            Phase::Find,
            wish(Method::Get, DEVICE, &[("$expand", "users")]),
            "query-name",
        ),
        (
            Phase::Find,
            wish(Method::Get, DEVICE, &[("$select", "id"), ("$select", "id")]),
            "query-name",
        ),
        (
            Phase::Find,
            wish(
                Method::Get,
                DEVICE,
                &[("$select", "id,activationLockBypassCode")],
            ),
            "select",
        ),
        (
            Phase::Find,
            wish(
                Method::Get,
                "/beta/deviceManagement/managedDevices",
                &[("$top", "1&$select=x")],
            ),
            "query-value",
        ),
        (
            Phase::Find,
            wish(
                Method::Get,
                "/beta/deviceManagement/managedDevices",
                &[("$filter", "a\r\nb")],
            ),
            "query-value",
        ),
        (
            Phase::Prepare,
            wish(Method::Get, "/beta/deviceManagement/managedDevices/d2", &[]),
            "device",
        ),
        (
            Phase::Commit,
            wish(Method::Get, "/beta/deviceManagement/managedDevices/d2", &[]),
            "device",
        ),
        (
            Phase::Commit,
            wish(
                Method::Post,
                "/v1.0/deviceManagement/managedDevices/d2/resetPasscode",
                &[],
            ),
            "device",
        ),
        (
            Phase::Commit,
            wish(
                Method::Post,
                "/beta/deviceManagement/managedDevices/d1/resetPasscode",
                &[],
            ),
            "not-the-plan",
        ),
        (Phase::Commit, body(wish(Method::Post, RESET, &[])), "body"),
        (Phase::Prepare, body(wish(Method::Get, DEVICE, &[])), "body"),
    ];
    for (phase, wish, rule) in table {
        assert_eq!(judged(phase, &wish), Err(rule), "{phase:?} {wish:?}");
    }
}

fn pass(value: &serde_json::Value) -> Result<(serde_json::Value, Vault), seal::Unusable> {
    let mut vault = Vault::default();
    let authority = authority();
    let route = authority.showing_devices().unwrap();
    let filtered = seal::answer(route, Some("d1"), value.to_string().as_bytes(), &mut vault)?;
    Ok((filtered.body.unwrap(), vault))
}

#[test]
fn only_listed_properties_pass_and_every_other_string_of_a_result_is_sealed() {
    let (passed, vault) = pass(&json!({
        "id": "d1", "deviceName": "n", "notes": "private", "activationLockBypassCode": "secret",
        "hardwareInformation": {"isSharedDevice": true, "imei": "x"},
        "deviceActionResults": [{
            "@odata.type": "#microsoft.graph.resetPasscodeActionResult", "actionName": "resetPasscode",
            "actionState": "done", "startDateTime": "2026-01-01T00:00:00Z", "errorCode": 0,
            "passcode": "Kq7-93xz", "unlockPin": "8812", "nested": {"passcode": "x"}, "count": 3, "empty": ""
        }]
    }))
    .unwrap();
    assert_eq!(
        passed,
        json!({
            "id": "d1", "deviceName": "n", "hardwareInformation": {"isSharedDevice": true},
            "deviceActionResults": [{
                "@odata.type": "#microsoft.graph.resetPasscodeActionResult", "actionName": "resetPasscode",
                "actionState": "done", "startDateTime": "2026-01-01T00:00:00Z", "errorCode": 0,
                "passcode": {"$sealed": 1}, "unlockPin": {"$sealed": 2}
            }]
        })
    );
    let sealed = vault.get(1).unwrap();
    assert_eq!(
        (
            sealed.open(),
            sealed.property.as_str(),
            sealed.device.as_deref()
        ),
        ("Kq7-93xz", "passcode", Some("d1"))
    );
    assert!(vault.get(0).is_none() && vault.get(3).is_none());
    assert!(!format!("{vault:?}").contains("Kq7"));
}

#[test]
fn the_card_holds_only_numbers_that_a_hash_tells_apart() {
    let authority = authority();
    let route = authority.showing_devices().unwrap();
    let shown = |number: &str| {
        let text = format!("{{\"id\":\"d1\",\"osVersion\":{number}}}");
        let filtered = seal::answer(route, None, text.as_bytes(), &mut Vault::default()).unwrap();
        filtered.card.unwrap()["osVersion"].clone()
    };
    assert_eq!(shown("9007199254740992"), json!(9_007_199_254_740_992_u64));
    assert_eq!(shown("9007199254740993"), json!("9007199254740993"));
    assert_eq!(shown("-9007199254740993"), json!("-9007199254740993"));
    assert_eq!(shown("1.0"), json!("1.0"));
    assert_eq!(shown("true"), json!(true));
}

#[test]
fn an_answer_that_repeats_a_secret_or_forges_a_seal_does_not_pass() {
    let with = |name: &str| json!({"id": "d1", "deviceName": name, "deviceActionResults": [{"actionName": "resetPasscode", "passcode": "Kq793xz"}]});
    assert!(pass(&with("phone")).is_ok());
    assert_eq!(pass(&with("my Kq793xz")).unwrap_err(), seal::Unusable::Leak);
    assert_eq!(
        pass(&with("{\"$sealed\":1}")).unwrap_err(),
        seal::Unusable::ForgedSeal
    );
    assert_eq!(
        pass(&json!({"id": "d1", "notes": {"$sealed": 1}})).unwrap_err(),
        seal::Unusable::ForgedSeal
    );
    let as_number =
        json!({"id": "d1", "deviceActionResults": [{"passcode": "881234", "errorCode": 881_234}]});
    assert_eq!(pass(&as_number).unwrap_err(), seal::Unusable::Leak);
    let authority = authority();
    let route = authority.showing_devices().unwrap();
    for text in [
        r#"{"id":"d1","id":"d2"}"#,
        r#"{"a":{"x":1,"x":2}}"#,
        "<html>",
        "[]",
        "{\"id\":\"d1\"} x",
    ] {
        let refused = seal::answer(route, Some("d1"), text.as_bytes(), &mut Vault::default());
        assert_eq!(refused.unwrap_err(), seal::Unusable::NotJson, "{text}");
    }
}

#[test]
fn of_an_error_only_the_envelope_passes() {
    let body = json!({"error": {"code": "Forbidden", "message": "no", "stack": "x", "details": [],
        "innerError": {"date": "d", "request-id": "r", "client-request-id": "c", "token": "t", "innererror": {"code": "x"}}}, "other": 1});
    let passed = seal::refusal(body.to_string().as_bytes(), &Vault::default()).unwrap();
    assert_eq!(
        passed.body.unwrap(),
        json!({"error": {"code": "Forbidden", "message": "no",
            "innerError": {"date": "d", "request-id": "r", "client-request-id": "c", "innererror": {"code": "x"}}}})
    );
    assert!(
        seal::refusal(b"<html>sorry", &Vault::default())
            .unwrap()
            .body
            .is_none()
    );
}

#[test]
fn what_an_answer_to_the_one_request_means() {
    let answer = |status: u16, headers: &[(&str, &str)], code: &str| Answer {
        status,
        headers: headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect(),
        body: json!({"error": {"code": code}}).to_string().into_bytes(),
    };
    let challenge = [("www-authenticate", "Bearer error=\"invalid_token\"")];
    let approval = [("x-msft-approval-code", "c0de")];
    let table = [
        (answer(204, &[], ""), false, Sending::Accepted),
        (answer(200, &[], ""), false, Sending::Accepted),
        (
            answer(429, &[], "TooManyRequests"),
            false,
            Sending::NotExecuted,
        ),
        (answer(401, &challenge, ""), false, Sending::NotExecuted),
        (answer(401, &challenge, ""), true, Sending::Rejected),
        (
            answer(401, &[], "InvalidAuthenticationToken"),
            false,
            Sending::NotExecuted,
        ),
        (answer(401, &[], "UnknownError"), false, Sending::Rejected),
        (
            answer(403, &[], "ApprovalRequired"),
            false,
            Sending::NotExecuted,
        ),
        (
            answer(412, &approval, "BadRequest"),
            false,
            Sending::NotExecuted,
        ),
        (answer(403, &[], "Forbidden"), false, Sending::Rejected),
        (
            answer(404, &[], "ResourceNotFound"),
            false,
            Sending::Rejected,
        ),
        (answer(400, &[], "BadRequest"), false, Sending::Rejected),
        (answer(408, &[], ""), false, Sending::Unknown),
        (answer(302, &[], ""), false, Sending::Unknown),
        (answer(500, &[], ""), false, Sending::Unknown),
        (answer(503, &approval, ""), false, Sending::Unknown),
        (answer(204, &approval, ""), false, Sending::Accepted),
        (
            answer(400, &[], "x-msft-approval-justification"),
            false,
            Sending::NotExecuted,
        ),
        (
            answer(500, &[], "x-msft-approval-justification"),
            false,
            Sending::Unknown,
        ),
    ];
    for (answer, renewed, meaning) in table {
        assert_eq!(
            sending(&answer, renewed, None),
            meaning,
            "{} {:?}",
            answer.status,
            answer.headers
        );
    }
    // A justification is sent once, and a code that is not taken is worth nothing any more.
    let asks = answer(400, &[], "x-msft-approval-justification");
    for carried in [ApprovalSent::Justification, ApprovalSent::Code] {
        assert_eq!(sending(&asks, false, Some(carried)), Sending::Rejected);
        let waits = answer(403, &approval, "");
        assert_eq!(sending(&waits, false, Some(carried)), Sending::NotExecuted);
    }
}
