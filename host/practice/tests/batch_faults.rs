//! Faults that strike a part of a batch, and those that strike what carries it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod common;

use common::batch::{ask, part, read, reset, statuses, try_ask};
use common::{address, get, tenant};
use passcode_practice::RemoteAction;
use serde_json::{Value, json};

#[test]
fn a_fault_strikes_the_part_that_it_would_strike_alone() {
    let tenant = tenant();
    let requests = json!([
        read(&tenant, "1", "KIOSK-0001"),
        read(&tenant, "2", "COBO-0002"),
        reset(&tenant, "3", "COPE-0003"),
    ]);
    for (fault, expected) in [
        ("429,nth=2", [204, 429, 200]),
        ("404:COBO-0002", [204, 404, 200]),
        ("401-token", [204, 200, 401]),
        ("503-after-accept", [503, 200, 200]),
        ("redirect:KIOSK-0001", [204, 200, 302]),
        ("html,method=GET,route=*", [204, 200, 502]),
        ("beta-unavailable", [400, 400, 400]),
    ] {
        tenant.inject_named(fault).expect("fault");
        let body = ask(&tenant, &requests).json();
        let found: Vec<_> = statuses(&body)
            .into_iter()
            .map(|(_, status)| status)
            .collect();
        assert_eq!(found, expected, "{fault}");
        tenant.clear_faults();
    }
    assert_eq!(
        tenant
            .count("COPE-0003", RemoteAction::ResetPasscode)
            .accepted,
        6,
        "all but the last"
    );
    tenant
        .inject_named("html:KIOSK-0001,method=GET,route=*")
        .expect("fault");
    tenant.inject_named("redirect:COBO-0002").expect("fault");
    let body = ask(&tenant, &requests).json();
    let page = part(&body, "1");
    assert_eq!(page["headers"]["Content-Type"], "text/html");
    assert!(
        page["body"]
            .as_str()
            .expect("base64")
            .starts_with("PGh0bWw+"),
        "<html>"
    );
    assert!(
        part(&body, "2")["headers"]["Location"]
            .as_str()
            .expect("address")
            .starts_with("https://graph.elsewhere")
    );
    assert_eq!(part(&body, "2")["body"], Value::Null);
    let seen = tenant.journal();
    let struck: Vec<_> = seen
        .iter()
        .rev()
        .take(3)
        .map(|entry| entry.faults.concat())
        .collect();
    assert_eq!(struck, ["", "redirect", "html"]);
}

#[test]
fn a_connection_that_a_part_loses_is_the_batchs() {
    let tenant = tenant();
    let mut later = read(&tenant, "3", "KIOSK-0001");
    later["dependsOn"] = json!(["1"]);
    let requests = json!([
        reset(&tenant, "1", "KIOSK-0001"),
        reset(&tenant, "2", "COBO-0002"),
        later
    ]);
    tenant
        .inject_named("drop-after-accept:KIOSK-0001")
        .expect("fault");
    assert!(try_ask(&tenant, &requests).is_none());
    for device in ["KIOSK-0001", "COBO-0002"] {
        assert_eq!(
            tenant.count(device, RemoteAction::ResetPasscode).accepted,
            1,
            "{device}"
        );
    }
    let entries = tenant.journal();
    let statuses: Vec<_> = entries.iter().map(|entry| entry.status).collect();
    assert_eq!(
        statuses,
        [None, Some(204)],
        "what depends on the first did not come"
    );

    tenant
        .inject_named("truncated-body:COBO-0002")
        .expect("fault");
    assert!(try_ask(&tenant, &json!([read(&tenant, "1", "COBO-0002")])).is_none());
    tenant
        .inject_named("oversized-body:COBO-0002,size=3000000")
        .expect("fault");
    let requests = json!([
        read(&tenant, "1", "COBO-0002"),
        read(&tenant, "2", "KIOSK-0001")
    ]);
    let long = ask(&tenant, &requests);
    assert!(long.body.len() > 3_000_000);
    assert_eq!(part(&long.json(), "1")["body"]["deviceName"], "COBO-0002");
    tenant
        .inject_named("invalid-json:COBO-0002")
        .expect("fault");
    let broken = ask(&tenant, &requests);
    assert!(serde_json::from_slice::<Value>(&broken.body).is_err());
}

#[test]
fn a_tenant_may_take_no_batches() {
    let tenant = tenant();
    let requests = json!([read(&tenant, "1", "KIOSK-0001")]);
    for (fault, status) in [
        ("no-batch", 405),
        ("404-empty,route=$batch", 404),
        ("beta-unavailable,route=$batch", 400),
        ("html,route=$batch", 502),
        ("429,route=/beta/$batch", 429),
        ("401-token,route=$batch", 401),
        ("503-before-accept,route=$batch", 503),
    ] {
        tenant.inject_named(fault).expect("fault");
        tenant.clear_journal();
        assert_eq!(ask(&tenant, &requests).status, status, "{fault}");
        let journal = tenant.journal();
        assert_eq!(journal.len(), 1, "{fault}");
        assert_eq!(
            (journal[0].route.as_str(), journal[0].status),
            ("$batch", Some(status)),
            "{fault}"
        );
        assert_eq!(
            get(&tenant, &address(&tenant, "KIOSK-0001")).status,
            200,
            "{fault}"
        );
        tenant.clear_faults();
    }
}

#[test]
fn a_fault_of_the_batch_itself_comes_before_its_parts_or_after_them() {
    let tenant = tenant();
    let requests = json!([reset(&tenant, "1", "KIOSK-0001")]);
    let accepted = || {
        tenant
            .count("KIOSK-0001", RemoteAction::ResetPasscode)
            .accepted
    };
    tenant
        .inject_named("drop-before-accept,route=$batch")
        .expect("fault");
    assert!(try_ask(&tenant, &requests).is_none());
    assert_eq!(accepted(), 0);
    tenant
        .inject_named("drop-after-accept,route=$batch")
        .expect("fault");
    assert!(try_ask(&tenant, &requests).is_none());
    assert_eq!(accepted(), 1);
    tenant
        .inject_named("503-after-accept,route=$batch")
        .expect("fault");
    assert_eq!(ask(&tenant, &requests).status, 503);
    assert_eq!(accepted(), 2);
    tenant
        .inject_named("truncated-body,method=POST,route=$batch")
        .expect("fault");
    assert!(try_ask(&tenant, &requests).is_none());
    assert_eq!(accepted(), 3);
    tenant
        .inject_named("invalid-json,method=POST,route=$batch")
        .expect("fault");
    let broken = ask(&tenant, &requests);
    assert!(serde_json::from_slice::<Value>(&broken.body).is_err());
    let journal = tenant.journal();
    let routes: Vec<_> = journal.iter().map(|entry| entry.route.as_str()).collect();
    assert_eq!(routes.iter().filter(|route| **route == "$batch").count(), 5);
    assert_eq!(
        routes
            .iter()
            .filter(|route| **route == "resetPasscode")
            .count(),
        4
    );
}
