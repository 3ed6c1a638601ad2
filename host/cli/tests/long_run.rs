//! A run that lasts longer than the token it began with.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Home, Tenant, control, journal, ran};

const DEVICE: &str = "SAMPLE-COSU-0001";

/// What was asked of a tenant: how many tokens, and each further request with its status.
fn asked(tenant: &Tenant) -> (usize, Vec<(String, u64)>) {
    let entries = journal(tenant);
    let (tokens, others): (Vec<&Value>, Vec<&Value>) =
        entries.iter().partition(|entry| entry["route"] == "token");
    let others = others.iter().map(|entry| {
        let route = entry["route"].as_str().unwrap().to_owned();
        (route, entry["status"].as_u64().unwrap())
    });
    (tokens.len(), others.collect())
}

/// A tenant whose tokens last so many seconds, and whose device answers only later.
fn slow_tenant(home: &mut Home, lifetime: u32) -> Tenant {
    let tenant = Tenant::start(home, &["--pace", "0", "--control-key", "k"]);
    home.connect(&tenant);
    let time = format!("{{\"token_lifetime_seconds\": {lifetime}}}");
    assert!(control(&tenant, "time", &time).contains(" 204 "));
    let offline = "{\"device\": \"KIOSK-0001\", \"online\": false}";
    assert!(control(&tenant, "devices", offline).contains(" 200 "));
    tenant
}

/// One that begins with a token of two seconds, and ends after a device that took seven: beyond
/// the end of every token that it got on the way. One whose token is renewed five minutes before
/// its end fetches fewer than it sends requests, and more than one.
#[test]
fn a_reset_outlives_its_token_and_nobody_notices() {
    for (lifetime, each_its_own) in [(2, true), (303, false)] {
        let mut home = Home::new();
        let tenant = slow_tenant(&mut home, lifetime);
        let begun = Instant::now();
        let child = home
            .command(&["reset", "--serial", DEVICE, "--yes", "--timeout", "60s"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        sleep(Duration::from_secs(4));
        let online = "{\"device\": \"KIOSK-0001\", \"online\": true}";
        assert!(control(&tenant, "devices", online).contains(" 200 "));
        let done = ran(child.wait_with_output().unwrap());
        assert!(begun.elapsed() > Duration::from_secs(4));
        let result = done.expect(0, "result");
        assert_eq!(result["state"], "done", "{done:?}");
        outlived(&tenant, each_its_own);
        assert!(!done.stderr.contains("401"), "{done:?}");
    }
}

/// The waiting alone, by another command than the one that sent.
#[test]
fn watching_outlives_its_token_too() {
    let mut home = Home::new();
    let tenant = slow_tenant(&mut home, 2);
    let sent = home.run(&["reset", "--serial", DEVICE, "--yes", "--no-wait"]);
    let plan = sent.expect(0, "result")["plan"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = asked(&tenant).0;
    let child = home
        .command(&["status", &plan, "--wait", "--timeout", "60s", "-v"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    sleep(Duration::from_secs(4));
    let online = "{\"device\": \"KIOSK-0001\", \"online\": true}";
    assert!(control(&tenant, "devices", online).contains(" 200 "));
    let done = ran(child.wait_with_output().unwrap());
    assert_eq!(done.expect(0, "result")["state"], "done", "{done:?}");
    assert!(asked(&tenant).0 >= before + 2);
    outlived(&tenant, true);
    assert!(!done.stderr.contains(": 401"), "{done:?}");
}

/// More than one token, and none that was over when it was used.
fn outlived(tenant: &Tenant, each_its_own: bool) {
    let (tokens, requests) = asked(tenant);
    assert!(tokens >= 2, "{tokens} {requests:?}");
    assert!(requests.len() >= 4, "{requests:?}");
    assert!(
        requests.iter().all(|(_, status)| *status != 401),
        "{requests:?}"
    );
    assert_eq!(
        tokens >= requests.len(),
        each_its_own,
        "{tokens} {requests:?}"
    );
}
