//! What is read before a plan without being demanded, through the whole command.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use serde_json::Value;
use support::Home;

fn explained(home: &Home, serial: &str, more: &[&str]) -> Value {
    let mut arguments = vec!["explain", "--serial", serial];
    arguments.extend(more);
    home.practice(&arguments).expect(0, "explanation")
}

fn verdict(explained: &Value, id: &str) -> String {
    let checks = explained["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == id).unwrap();
    check["verdict"].as_str().unwrap().to_owned()
}

const ANOTHER: [&str; 2] = ["--accept", "documents-disagree"];

#[test]
fn each_kind_has_a_policy_that_reached_it() {
    let home = Home::new();
    for serial in [
        "SAMPLE-COSU-0001",
        "SAMPLE-COBO-0002",
        "SAMPLE-COPE-0003",
        "SAMPLE-BYOD-0004",
        "SAMPLE-AOSP-0006",
        "SAMPLE-AOSP-0007",
        "SAMPLE-ADMIN-0008",
        "SAMPLE-IPHONE-0010",
        "SAMPLE-IPHONE-0012",
    ] {
        let explained = explained(&home, serial, &ANOTHER);
        assert_eq!(verdict(&explained, "passcode-policy"), "pass", "{serial}");
        assert_eq!(verdict(&explained, "caller-right"), "pass", "{serial}");
    }
    // No document gives a type for it.
    let vision = explained(&home, "SAMPLE-VISION-0015", &ANOTHER);
    assert_eq!(verdict(&vision, "passcode-policy"), "warn");
}

#[test]
fn without_such_a_policy_there_is_a_warning_and_the_plan_is_possible() {
    let home = Home::new();
    let explained = explained(&home, "SAMPLE-COSU-0034", &[]);
    assert_eq!(verdict(&explained, "passcode-policy"), "warn");
    assert_eq!(explained["possible"], true);
}

#[test]
fn what_may_not_be_read_is_unknown_and_stops_nothing() {
    let home = Home::new();
    let policy = ["deviceConfigurationStates", "deviceConfigurations"];
    for fault in [
        "403",
        "401-intune-role",
        "404",
        "429",
        "500",
        "html",
        "invalid-json",
    ] {
        for route in policy {
            let fault = format!("{fault},method=GET,route={route},count=0");
            let explained = explained(&home, "SAMPLE-COSU-0001", &["--fault", &fault]);
            assert_eq!(verdict(&explained, "passcode-policy"), "unknown", "{fault}");
            assert_eq!(verdict(&explained, "caller-right"), "pass", "{fault}");
        }
        let fault = format!("{fault},method=GET,route=getEffectivePermissions,count=0");
        let explained = explained(&home, "SAMPLE-COSU-0001", &["--fault", &fault]);
        assert_eq!(verdict(&explained, "passcode-policy"), "pass", "{fault}");
        assert_eq!(verdict(&explained, "caller-right"), "unknown", "{fault}");
    }
}

#[test]
fn where_beta_is_not_to_be_had_v1_is_asked() {
    let home = Home::new();
    let fault = ["--fault", "beta-unavailable"];
    let iphone = explained(&home, "SAMPLE-IPHONE-0010", &fault);
    assert_eq!(verdict(&iphone, "passcode-policy"), "pass");
    assert_eq!(verdict(&iphone, "caller-right"), "pass");
}

#[test]
fn it_can_be_left_out_for_a_call_and_in_the_file() {
    let requests = |ran: &support::Ran| {
        let lines = ran.stderr.lines();
        lines.filter(|line| line.starts_with("http: GET ")).count()
    };
    let home = Home::new();
    let arguments = ["explain", "--serial", "SAMPLE-COSU-0001", "-v"];
    let with = home.practice(&arguments);
    let without = home.practice(&[&arguments[..], &["--no-preflight"]].concat());
    std::fs::write(home.path().join("config.toml"), "preflight = false\n").unwrap();
    let by_file = home.practice(&arguments);
    assert_eq!(
        (requests(&with), requests(&without), requests(&by_file)),
        (8, 2, 2)
    );
    for ran in [without, by_file] {
        let explained = ran.expect(0, "explanation");
        for id in ["passcode-policy", "caller-right"] {
            assert_eq!(verdict(&explained, id), "unknown", "{id}");
        }
    }
}
