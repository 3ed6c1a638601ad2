//! Several requests in one.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod common;

use common::batch::{ask, ask_with, part, read, reset, statuses};
use common::{address, bearer, get, tenant};
use passcode_practice::{
    JournalEntry, PRIVILEGED, PracticeTenant, RemoteAction, Throttle, TokenRequest,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn a_part_is_answered_as_if_it_had_come_alone() {
    let tenant = tenant();
    let alone = get(
        &tenant,
        &format!("{}?$select=id,deviceName", address(&tenant, "KIOSK-0001")),
    );
    let answer = ask(
        &tenant,
        &json!([
            read(&tenant, "one", "KIOSK-0001"),
            {"id": "two", "method": "GET", "url": "/me"},
            {"id": "three", "method": "get", "url": "deviceManagement/managedDevices?$filter=serialNumber eq 'SAMPLE-COBO-0002'&$select=deviceName",
             "headers": {"client-request-id": "its own"}},
        ]),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(
        statuses(&body),
        [("three", 200), ("two", 400), ("one", 200)],
        "in reverse"
    );
    let one = part(&body, "one");
    assert_eq!(one["body"], alone.json());
    assert_eq!(
        one["headers"]["Content-Type"].as_str(),
        alone.header("content-type")
    );
    assert_eq!(
        one["headers"]["request-id"].as_str(),
        answer.header("request-id")
    );
    assert_eq!(one["headers"]["client-request-id"], "batch-1");
    let two = &part(&body, "two")["body"]["error"];
    assert_eq!(two["message"], "Resource not found for the segment 'me'.");
    assert_eq!(two["innerError"]["client-request-id"], "batch-1");
    let three = part(&body, "three");
    assert_eq!(three["headers"]["client-request-id"], "its own");
    assert_eq!(three["body"]["value"][0]["deviceName"], "COBO-0002");
}

#[test]
fn a_part_has_the_version_of_the_batch() {
    let tenant = tenant();
    let audits = json!([
        {"id": "1", "method": "GET", "url": "/deviceManagement/remoteActionAudits"},
        {"id": "2", "method": "GET", "url": "/beta/deviceManagement/managedDevices"},
        // The directory has an address that ends like this one, and is not below a version.
        {"id": "3", "method": "GET", "url": "/oauth2/v2.0/token"},
    ]);
    let token = bearer(&tenant);
    for (version, first) in [("beta", 200), ("v1.0", 400)] {
        let body = ask_with(&tenant, version, &token, &audits)
            .expect("answer")
            .json();
        assert_eq!(
            statuses(&body),
            [("3", 400), ("2", 400), ("1", first)],
            "{version}"
        );
    }
}

#[test]
fn the_journal_has_the_parts_and_not_what_carried_them() {
    let tenant = tenant();
    let requests = json!([
        read(&tenant, "1", "KIOSK-0001"),
        reset(&tenant, "2", "COBO-0002")
    ]);
    assert_eq!(ask(&tenant, &requests).status, 200);
    let journal = tenant.journal();
    let [first, second] = journal.as_slice() else {
        panic!("two entries expected: {journal:?}");
    };
    let id = tenant.device_id("KIOSK-0001").expect("device");
    assert_eq!(first.path, address(&tenant, "KIOSK-0001"));
    assert_eq!(first.query, "$select=id,deviceName");
    assert_eq!(first.device, Some(id));
    assert_eq!(
        (first.method.as_str(), first.route.as_str(), first.status),
        ("GET", "device", Some(200))
    );
    assert_eq!(first.caller.as_deref(), Some("helpdesk@contoso.example"));
    assert!(first.had_token && first.headers.is_empty());
    assert_eq!(
        (second.route.as_str(), second.accepted, second.status),
        ("resetPasscode", true, Some(204))
    );
    assert_eq!(
        second.headers,
        [("content-type".to_owned(), "application/json".to_owned())]
    );
    for entry in [first, second] {
        assert_eq!(entry.batch.as_deref(), Some("batch-1"));
    }
    assert_eq!(
        tenant
            .count("COBO-0002", RemoteAction::ResetPasscode)
            .accepted,
        1
    );
    assert_eq!(tenant.exchanges(), 1);
    get(&tenant, &address(&tenant, "KIOSK-0001"));
    assert_eq!(tenant.journal()[2].batch, None);
    assert_eq!(tenant.exchanges(), 2);
}

#[test]
fn a_batch_that_is_refused_reaches_no_part_and_is_in_the_journal_itself() {
    let requests = |tenant: &PracticeTenant, count: usize| -> Value {
        (0..count)
            .map(|number| read(tenant, &number.to_string(), "KIOSK-0001"))
            .collect()
    };
    let itself = |tenant: &PracticeTenant, status: u16| {
        let journal = tenant.journal();
        let entries: Vec<_> = journal
            .iter()
            .map(
                |JournalEntry {
                     route,
                     status,
                     batch,
                     device,
                     ..
                 }| (route.as_str(), *status, batch, device),
            )
            .collect();
        assert_eq!(entries, [("$batch", Some(status), &None, &None)]);
    };
    let tenant = tenant();
    let answer = ask(&tenant, &requests(&tenant, 21));
    assert_eq!((answer.status, answer.code().as_str()), (400, "BadRequest"));
    let inner = &answer.json()["error"]["innerError"];
    assert_eq!(inner["client-request-id"], "batch-1");
    assert_eq!(inner["request-id"].as_str(), answer.header("request-id"));
    itself(&tenant, 400);

    tenant.clear_journal();
    let answer = ask_with(&tenant, "beta", "Bearer x", &requests(&tenant, 1)).expect("answer");
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (401, "InvalidAuthenticationToken")
    );
    assert!(answer.header("www-authenticate").is_some());
    itself(&tenant, 401);

    tenant.clear_journal();
    assert_eq!(get(&tenant, "/beta/$batch").status, 405);
    itself(&tenant, 405);
    assert_eq!(ask(&tenant, &requests(&tenant, 20)).status, 200);
}

#[test]
fn each_part_is_judged_by_itself() {
    let tenant = tenant();
    let reader = format!(
        "Bearer {}",
        tenant.mint_token(&TokenRequest::help_desk().without(PRIVILEGED))
    );
    let requests = json!([
        read(&tenant, "1", "KIOSK-0001"),
        reset(&tenant, "2", "KIOSK-0001")
    ]);
    let body = ask_with(&tenant, "beta", &reader, &requests)
        .expect("answer")
        .json();
    assert_eq!(statuses(&body), [("2", 403), ("1", 200)]);
    assert_eq!(
        tenant
            .count("KIOSK-0001", RemoteAction::ResetPasscode)
            .accepted,
        0
    );
}

#[test]
fn each_part_counts_against_the_budget() {
    let tenant = tenant();
    tenant.set_throttle(Throttle {
        any: Some(2),
        ..Throttle::default()
    });
    let requests: Value = (1..=3)
        .map(|number| read(&tenant, &number.to_string(), "KIOSK-0001"))
        .collect();
    let body = ask(&tenant, &requests).json();
    assert_eq!(statuses(&body), [("3", 429), ("2", 200), ("1", 200)]);
    let late = part(&body, "3");
    assert_eq!(late["body"]["error"]["code"], "TooManyRequests");
    let seconds: u64 = late["headers"]["Retry-After"]
        .as_str()
        .expect("seconds")
        .parse()
        .expect("number");
    assert!((1..=20).contains(&seconds));
    assert!(part(&body, "1")["headers"].get("Retry-After").is_none());
}

#[test]
fn what_depends_on_a_part_comes_after_it_or_not_at_all() {
    let tenant = tenant();
    tenant
        .inject_named("slow-before-accept:KIOSK-0001,seconds=0.3")
        .expect("fault");
    tenant.inject_named("500:COBO-0002").expect("fault");
    let after = |mut request: Value, on: &str| {
        request["dependsOn"] = json!([on]);
        request
    };
    let requests = json!([
        reset(&tenant, "slow", "KIOSK-0001"),
        after(read(&tenant, "then", "KIOSK-0001"), "SLOW"),
        reset(&tenant, "fails", "COBO-0002"),
        after(reset(&tenant, "never", "COPE-0003"), "fails"),
        after(read(&tenant, "nor", "COPE-0003"), "never"),
        read(&tenant, "free", "COPE-0003"),
    ]);
    let body = ask(&tenant, &requests).json();
    assert_eq!(
        statuses(&body),
        [
            ("free", 200),
            ("nor", 424),
            ("never", 424),
            ("fails", 500),
            ("then", 200),
            ("slow", 204)
        ]
    );
    assert_eq!(
        part(&body, "never")["body"]["error"]["code"],
        "FailedDependency"
    );
    assert_eq!(
        tenant
            .count("COPE-0003", RemoteAction::ResetPasscode)
            .received,
        1
    );
    assert_eq!(
        tenant
            .count("COPE-0003", RemoteAction::ResetPasscode)
            .accepted,
        0
    );
    let journal = tenant.journal();
    let order: Vec<_> = journal
        .iter()
        .map(|entry| (entry.route.as_str(), entry.status))
        .collect();
    assert_eq!(
        order,
        [
            ("resetPasscode", Some(204)),
            ("resetPasscode", Some(500)),
            ("device", Some(200)),
            ("resetPasscode", Some(424)),
            ("device", Some(200)),
            ("device", Some(424)),
        ]
    );
}

#[test]
fn parts_run_at_the_same_time() {
    let tenant = tenant();
    tenant
        .inject_named("slow,seconds=0.4,count=0")
        .expect("fault");
    let requests: Value = (0..20)
        .map(|number| read(&tenant, &number.to_string(), "KIOSK-0001"))
        .collect();
    let begun = Instant::now();
    assert_eq!(ask(&tenant, &requests).status, 200);
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(400) && took < Duration::from_secs(4),
        "{took:?}"
    );
}

#[test]
fn writes_of_a_batch_are_in_the_file() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("journal");
    let options = passcode_practice::PracticeOptions::immediate().journal_file(&file);
    let tenant = PracticeTenant::start(options).expect("tenant");
    let requests = json!([
        read(&tenant, "1", "KIOSK-0001"),
        reset(&tenant, "2", "COBO-0002")
    ]);
    assert_eq!(ask(&tenant, &requests).status, 200);
    let text = std::fs::read_to_string(&file).expect("journal");
    let lines: Vec<JournalEntry> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("entry"))
        .collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (lines[0].route.as_str(), lines[0].batch.as_deref()),
        ("resetPasscode", Some("batch-1"))
    );
}
