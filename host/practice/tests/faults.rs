//! Every fault, over real HTTP.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod common;

use common::{address, bearer, encoded, get, reset, send, tenant, try_post};
use passcode_practice::{Fault, PracticeOptions, PracticeTenant, RemoteAction, faults};
use serde_json::Value;
use std::time::{Duration, Instant};

fn with(fault: &str) -> PracticeTenant {
    let tenant = tenant();
    tenant.inject_named(fault).expect("fault");
    tenant
}

fn accepted(tenant: &PracticeTenant, device: &str) -> u64 {
    tenant.count(device, RemoteAction::ResetPasscode).accepted
}

#[test]
fn a_dropped_connection_leaves_no_answer_and_the_journal_knows_what_happened() {
    for (fault, effect) in [("drop-before-accept", 0), ("drop-after-accept", 1)] {
        let tenant = with(fault);
        let path = format!("{}/resetPasscode", address(&tenant, "KIOSK-0001"));
        assert!(try_post(&tenant, &path).is_none(), "{fault}");
        assert_eq!(accepted(&tenant, "KIOSK-0001"), effect, "{fault}");
        assert_eq!(
            tenant.resets("KIOSK-0001").expect("resets").len() as u64,
            effect
        );
        let journal = tenant.journal();
        let entry = journal.last().expect("entry");
        assert_eq!(
            (entry.status, entry.accepted, entry.faults.as_slice()),
            (None, effect == 1, &[fault.to_owned()][..])
        );
        assert_eq!(try_post(&tenant, &path).expect("second").status, 204);
    }
}

#[test]
fn refusals_come_with_status_code_and_effect() {
    for (fault, status, code, effect) in [
        ("503-before-accept", 503, "CancelledOnServiceTimeout", 0),
        ("503-after-accept", 503, "CancelledOnServiceTimeout", 1),
        ("500-after-accept", 500, "InternalError", 1),
        ("500", 500, "InternalError", 0),
        ("500-plain", 500, "InternalError", 0),
        ("500-broken", 500, "InternalError", 0),
        ("500-empty", 500, "", 0),
        ("401-token", 401, "InvalidAuthenticationToken", 0),
        ("401-claims", 401, "InvalidAuthenticationToken", 0),
        ("401-intune-role", 401, "UnknownError", 0),
        ("read-only-role", 403, "Forbidden", 0),
        ("no-licence", 400, "BadRequest", 0),
        ("403", 403, "Forbidden", 0),
        ("403-conditional-access", 403, "insufficient_claims", 0),
        ("404", 404, "ResourceNotFound", 0),
        ("404-empty", 404, "UnknownError", 0),
        ("beta-unavailable", 400, "BadRequest", 0),
        ("approval-403", 403, "ApprovalRequired", 0),
        ("approval-412", 412, "BadRequest", 0),
        ("approval-400", 400, "BadRequest", 0),
        ("approval-403-justify", 403, "BadRequest", 0),
        ("approval-412-justify", 412, "BadRequest", 0),
        ("429", 429, "TooManyRequests", 0),
        ("429-no-retry-after", 429, "TooManyRequests", 0),
    ] {
        let tenant = with(fault);
        let answer = reset(&tenant, "KIOSK-0001");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{fault}"
        );
        assert_eq!(accepted(&tenant, "KIOSK-0001"), effect, "{fault}");
        let approval = answer.header("x-msft-approval-code").is_some();
        assert_eq!(
            approval,
            ["approval-403", "approval-412"].contains(&fault),
            "{fault}"
        );
        assert_eq!(
            answer.header("retry-after").is_some(),
            fault == "429",
            "{fault}"
        );
        let claims = answer
            .header("www-authenticate")
            .is_some_and(|value| value.contains("claims="));
        assert_eq!(claims, fault == "401-claims", "{fault}");
    }
    for (fault, status, effect) in [("504-after-accept", 504, 1), ("html", 502, 0)] {
        let tenant = with(fault);
        let answer = reset(&tenant, "KIOSK-0001");
        assert_eq!(
            (answer.status, accepted(&tenant, "KIOSK-0001")),
            (status, effect)
        );
        assert!(answer.body.starts_with(b"<html>"));
    }
}

#[test]
fn bodies_are_spoiled() {
    let read = |fault: &str| {
        let tenant = with(fault);
        let path = format!("{}?$select=id,deviceName", address(&tenant, "KIOSK-0001"));
        let token = bearer(&tenant);
        send(&tenant, "GET", &path, &[("Authorization", &token)], "")
    };
    assert!(read("truncated-body").is_none());
    let long = read("oversized-body,size=3000000").expect("answer");
    assert_eq!(long.body.len(), 3_000_000);
    assert_eq!(long.json()["deviceName"], "KIOSK-0001");
    let html = read("wrong-content-type").expect("answer");
    assert!(
        html.header("content-type")
            .expect("type")
            .starts_with("text/html")
    );
    let invalid = read("invalid-json").expect("answer");
    assert!(serde_json::from_slice::<Value>(&invalid.body).is_err());
    let twice = read("duplicate-keys").expect("answer");
    assert_eq!(
        String::from_utf8_lossy(&twice.body)
            .matches("\"id\":")
            .count(),
        2
    );
    assert_eq!(
        read("sealed-object").expect("answer").json()["notes"]["$sealed"],
        1
    );
    let other = read("other-device").expect("answer").json();
    assert_ne!(other["id"], "d0000001-0000-4000-8000-000000000001");
    let redirect = read("redirect,to=http://127.0.0.1:9").expect("answer");
    assert_eq!(redirect.status, 302);
    assert!(
        redirect
            .header("location")
            .expect("location")
            .starts_with("http://127.0.0.1:9/beta/")
    );
}

#[test]
fn next_links_lead_astray() {
    let list = "/beta/deviceManagement/managedDevices";
    let tenant = with("next-link-other-origin");
    let link = get(&tenant, list).json()["@odata.nextLink"]
        .as_str()
        .expect("link")
        .to_owned();
    assert!(link.starts_with("https://graph.elsewhere.example/"));
    let tenant = with("next-link-other-route");
    let link = get(&tenant, list).json()["@odata.nextLink"]
        .as_str()
        .expect("link")
        .to_owned();
    assert!(link.starts_with(tenant.url()) && link.ends_with("/wipe"));
}

#[test]
fn the_passcode_stands_where_it_should_not() {
    for (fault, property) in [
        ("passcode-in-notes", "notes"),
        ("passcode-in-device-name", "deviceName"),
    ] {
        let tenant = with(fault);
        tenant.next_passcode("Canary-Code-78");
        reset(&tenant, "KIOSK-0001");
        let path = format!(
            "{}?$select=id,deviceName,deviceActionResults",
            tenant_address(&tenant)
        );
        let device = get(&tenant, &path).json();
        assert!(
            device[property]
                .as_str()
                .expect("text")
                .contains("Canary-Code-78"),
            "{fault}"
        );
    }
    let tenant = with("no-passcode");
    reset(&tenant, "KIOSK-0001");
    let device = get(&tenant, &tenant_address(&tenant)).json();
    assert_eq!(device["deviceActionResults"][0]["actionState"], "done");
    assert_eq!(device["deviceActionResults"][0]["passcode"], Value::Null);
}

fn tenant_address(tenant: &PracticeTenant) -> String {
    address(tenant, "KIOSK-0001")
}

#[test]
fn resets_end_differently() {
    for (fault, device, state) in [
        ("wrong-unlock-token", "IPHONE-0010", "failed"),
        ("no-passcode-policy", "KIOSK-0001", "failed"),
        ("reset-token-inactive", "BYOD-0004", "failed"),
        ("not-supported", "KIOSK-0001", "notSupported"),
        ("canceled", "KIOSK-0001", "canceled"),
        ("device-offline", "KIOSK-0001", "pending"),
    ] {
        let tenant = with(&format!("{fault}:{device}"));
        assert_eq!(reset(&tenant, device).status, 204);
        let result =
            get(&tenant, &address(&tenant, device)).json()["deviceActionResults"][0].clone();
        assert_eq!(result["actionState"], state, "{fault}");
        assert_eq!(result["errorCode"] != 0, state == "failed", "{fault}");
    }
    let tenant = with("no-result");
    assert_eq!(reset(&tenant, "KIOSK-0001").status, 204);
    assert!(tenant.resets("KIOSK-0001").expect("resets").is_empty());
}

#[test]
fn a_colleague_resets_beside_us() {
    for (fault, ours) in [("colleague-before", 1), ("colleague-after", 0)] {
        let tenant = with(fault);
        tenant.next_passcode("Ours-79");
        assert_eq!(reset(&tenant, "KIOSK-0001").status, 204);
        std::thread::sleep(Duration::from_millis(5));
        let resets = tenant.resets("KIOSK-0001").expect("resets");
        assert_eq!(resets.len(), 2, "{fault}");
        assert_eq!(resets[ours].1.as_deref(), Some("Ours-79"), "{fault}");
        let audits = get(&tenant, "/beta/deviceManagement/remoteActionAudits?$top=2").json();
        let who: Vec<_> = audits["value"]
            .as_array()
            .expect("list")
            .iter()
            .map(|audit| {
                audit["initiatedByUserPrincipalName"]
                    .as_str()
                    .expect("upn")
                    .to_owned()
            })
            .collect();
        assert!(
            who.contains(&"colleague@contoso.example".to_owned()),
            "{who:?}"
        );
    }
    let tenant = with("colleague-before");
    tenant.inject_named("drop-before-accept").expect("fault");
    let path = format!("{}/resetPasscode", address(&tenant, "KIOSK-0001"));
    assert!(try_post(&tenant, &path).is_none());
    assert_eq!(tenant.resets("KIOSK-0001").expect("resets").len(), 1);
    assert_eq!(accepted(&tenant, "KIOSK-0001"), 0);
}

#[test]
fn filters_are_ignored_blurred_or_refused() {
    let path = format!(
        "/beta/deviceManagement/managedDevices?$filter={}",
        encoded("deviceName eq 'KIOSK-0002'")
    );
    assert_eq!(get(&tenant(), &path).names().len(), 0);
    assert_eq!(get(&with("filter-partial"), &path).names(), ["KIOSK-0001"]);
    assert!(get(&with("filter-ignored"), &path).names().len() > 30);
    assert_eq!(get(&with("filter-refused"), &path).status, 400);
}

#[test]
fn the_device_changes_between_two_reads() {
    let tenant = with("device-changes");
    let path = address(&tenant, "COBO-0002");
    let user = || {
        get(&tenant, &path).json()["userPrincipalName"]
            .as_str()
            .expect("upn")
            .to_owned()
    };
    assert_eq!(
        [user(), user(), user()],
        [
            "bruno@contoso.example",
            "someone.else@contoso.example",
            "someone.else@contoso.example"
        ]
    );
}

#[test]
fn slow_answers_take_effect_first_or_last() {
    for (fault, during) in [("slow", 1), ("slow-before-accept", 0)] {
        let tenant = with(&format!("{fault},seconds=0.6"));
        let control = tenant.control();
        let began = Instant::now();
        let watcher = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            control
                .count("KIOSK-0001", RemoteAction::ResetPasscode)
                .accepted
        });
        assert_eq!(reset(&tenant, "KIOSK-0001").status, 204);
        assert!(began.elapsed() >= Duration::from_millis(600));
        assert_eq!(watcher.join().expect("thread"), during, "{fault}");
    }
}

#[test]
fn faults_are_aimed() {
    let tenant = with("500:SAMPLE-COBO-0002,count=0");
    assert_eq!(reset(&tenant, "KIOSK-0001").status, 204);
    assert_eq!(reset(&tenant, "COBO-0002").status, 500);
    tenant.clear_faults();
    tenant.inject(
        Fault::named("403")
            .expect("fault")
            .method("GET")
            .route("remoteActionAudits"),
    );
    assert_eq!(
        get(&tenant, "/beta/deviceManagement/remoteActionAudits").status,
        403
    );
    assert_eq!(reset(&tenant, "COBO-0002").status, 204);
    tenant.inject(Fault::named("429").expect("fault").nth(2));
    let path = address(&tenant, "COBO-0002");
    let statuses: Vec<_> = (0..3).map(|_| get(&tenant, &path).status).collect();
    assert_eq!(statuses, [200, 429, 200]);
}

#[test]
fn the_readme_lists_every_fault() {
    let readme = include_str!("../README.md");
    for info in faults() {
        let row = format!("| `{}` |", info.name);
        assert!(
            readme.contains(&row) && readme.contains(info.description),
            "{}",
            info.name
        );
    }
}

#[test]
fn dropping_the_tenant_ends_slow_answers() {
    let tenant = PracticeTenant::start(PracticeOptions::immediate()).expect("tenant");
    tenant.inject_named("slow,seconds=600").expect("fault");
    let url = tenant
        .url()
        .strip_prefix("http://")
        .expect("http")
        .to_owned();
    let waiting = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(url).expect("connect");
        stream
            .write_all(b"GET /beta/x HTTP/1.1\r\nHost: x\r\n\r\n")
            .expect("send");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    while tenant.journal().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(tenant);
    waiting.join().expect("ended");
}
