//! What goes wrong, and the exit code that says so.

mod support;

use support::Home;

const RESET: [&str; 6] = [
    "reset",
    "--serial",
    "SAMPLE-COSU-0001",
    "--yes",
    "--timeout",
    "100ms",
];

#[test]
fn every_fault_has_its_exit_code() {
    for (fault, exit, code, touched) in [
        ("drop-before-accept", 7, "outcome-unknown", "unknown"),
        ("503-before-accept", 7, "outcome-unknown", "unknown"),
        ("html", 7, "outcome-unknown", "unknown"),
        ("500-empty", 7, "outcome-unknown", "unknown"),
        ("redirect,method=POST", 7, "outcome-unknown", "unknown"),
        ("colleague-after", 7, "result-ambiguous", "yes"),
        ("401-intune-role", 4, "intune-role-missing", "no"),
        (
            "401-intune-role,method=POST,route=resetPasscode",
            4,
            "intune-role-missing",
            "no",
        ),
        ("403", 4, "intune-scope-missing", "no"),
        ("403-conditional-access", 4, "conditional-access", "no"),
        ("404,method=POST,route=resetPasscode", 5, "not-found", "no"),
        ("429,method=POST,route=resetPasscode", 12, "throttled", "no"),
        ("approval-403", 8, "approval-required", "no"),
        ("approval-412", 8, "approval-required", "no"),
        ("approval-400", 8, "approval-required", "no"),
        ("approval-403-justify", 8, "approval-required", "no"),
        ("approval-412-justify", 8, "approval-required", "no"),
        ("device-changes", 6, "device-changed", "no"),
        ("wrong-unlock-token", 10, "device-reports-failure", "yes"),
        ("not-supported", 10, "device-reports-failure", "yes"),
        ("canceled", 10, "device-reports-failure", "yes"),
    ] {
        let home = Home::new();
        let mut arguments = RESET.to_vec();
        if fault == "wrong-unlock-token" {
            arguments.splice(0..3, ["remove", "--serial", "SAMPLE-IPHONE-0010"]);
        }
        arguments.extend(["--fault", fault]);
        let failure = home.practice(&arguments).fails(exit, code);
        assert_eq!(failure["touched"], touched, "{fault}");
        assert!(failure["remedy"].is_string(), "{fault}");
    }
}

#[test]
fn what_was_lost_on_the_way_is_settled_by_evidence() {
    for fault in ["drop-after-accept", "503-after-accept", "504-after-accept"] {
        let home = Home::new();
        let mut arguments = RESET.to_vec();
        arguments.extend(["--fault", fault]);
        let done = home.practice(&arguments).expect(0, "result");
        assert!(done["settledBy"].is_string(), "{fault}: {done}");
    }
}

#[test]
fn what_stays_unknown_is_not_sent_again_without_a_person() {
    let home = Home::new();
    let mut arguments = RESET.to_vec();
    arguments.extend(["--fault", "drop-before-accept"]);
    let unknown = home.practice(&arguments).fails(7, "outcome-unknown");
    let plan = unknown["plan"].as_str().unwrap();
    assert_eq!(
        home.practice(&["status", plan]).expect(7, "result")["sending"],
        "unknown"
    );
    let refused = home.practice(&RESET).fails(6, "outcome-unknown-before");
    assert!(
        refused["remedy"]
            .as_str()
            .unwrap()
            .contains(&format!("--after-unknown {plan}"))
    );
    home.practice(&["explain", "--serial", "SAMPLE-COSU-0001"])
        .expect(6, "explanation");
    home.practice(&["execute", plan, "--yes"])
        .fails(6, "plan-used");
    let mut again = RESET.to_vec();
    again.extend(["--after-unknown", plan]);
    home.practice(&again).expect(0, "result");
}

#[test]
fn what_is_pending_is_watched_and_not_repeated() {
    let home = Home::new();
    let mut offline = RESET.to_vec();
    offline.extend(["--fault", "device-offline"]);
    let pending = home.practice(&offline).expect(9, "result");
    let plan = pending["plan"].as_str().unwrap();
    assert_eq!(
        pending["watchCommand"],
        format!("passcode status {plan} --wait --practice")
    );
    home.practice(&["status", plan]).expect(9, "result");
    home.practice(&["status", &plan[..12]]).expect(9, "result");
    home.practice(&RESET).fails(6, "action-not-ended");
    let home = Home::new();
    let mut accepted = RESET.to_vec();
    accepted.extend(["--no-wait", "--fault", "device-offline"]);
    let accepted = home.practice(&accepted).expect(0, "result");
    assert_eq!(accepted["ended"], "accepted");
}

#[test]
fn several_devices_are_listed_and_none_is_taken() {
    let home = Home::new();
    let name = ["reset", "--name", "Front desk phone", "--yes"];
    let failure = home.practice(&name).fails(5, "several-devices");
    assert_eq!(failure["candidates"].as_array().unwrap().len(), 2);
    home.practice(&["reset", "--serial", "SAMPLE-TWICE-0023", "--yes"])
        .fails(5, "several-devices");
    let mut ignored = RESET.to_vec();
    ignored[2] = "SAMPLE-NOPE";
    ignored.extend(["--fault", "filter-ignored"]);
    home.practice(&ignored).fails(5, "no-such-device");
}

#[test]
fn arguments_that_make_no_sense_are_a_document_too() {
    let home = Home::new();
    home.run(&["reset", "--practice", "--yes"])
        .fails(2, "usage");
    home.practice(&["reset", "KIOSK-0001", "--yes"])
        .fails(2, "usage");
    home.run(&["reset", "--no-such-flag"]).expect(2, "error");
    home.run(&["reset", "--serial", "a", "--user", "b"])
        .expect(2, "error");
    home.run(&["devices", "--pace", "0"]).fails(2, "usage");
    home.practice(&["devices", "--fault", "nonsense"])
        .fails(2, "usage");
    home.run(&["devices"]).fails(3, "not-signed-in");
    let table = home.run(&["devices", "-o", "table"]);
    assert_eq!((table.code, table.stdout.as_str()), (3, ""));
}

#[test]
fn without_a_terminal_and_a_yes_nothing_happens() {
    let home = Home::new();
    home.practice(&RESET[..3]).fails(6, "not-confirmed");
    assert!(!home.path().join("practice").exists());
}

#[test]
fn a_ledger_that_cannot_be_used_stops_everything() {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join("practice")).unwrap();
    std::fs::write(home.path().join("practice/ledger.db"), b"not a ledger").unwrap();
    home.practice(&RESET).fails(6, "ledger");
    let home = Home::new();
    std::fs::create_dir_all(home.path().join("practice")).unwrap();
    std::fs::write(home.path().join("practice/state.json"), b"{}").unwrap();
    home.practice(&RESET).fails(2, "usage");
}

#[cfg(unix)]
#[test]
fn an_interruption_while_waiting_names_the_command_that_goes_on() {
    use std::io::{BufRead as _, BufReader};
    let home = Home::new();
    let mut child = home
        .command(&[
            "reset",
            "--serial",
            "SAMPLE-COSU-0031",
            "--yes",
            "--again",
            "--practice",
            "--timeout",
            "60s",
        ])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut heard = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    while !heard.contains("took on") {
        assert!(stderr.read_line(&mut heard).unwrap() > 0, "{heard}");
    }
    let pid = child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(killed.unwrap().success());
    std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let failure: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(failure["code"], "interrupted");
    let plan = failure["plan"].as_str().unwrap();
    let remedy = failure["remedy"].as_str().unwrap();
    assert!(
        remedy.contains(&format!("passcode status {plan} --wait --practice")),
        "{remedy}"
    );
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let home = Home::new();
    let binary = env!("CARGO_BIN_EXE_passcode");
    let script = format!("set -o pipefail; '{binary}' matrix -o json | head -c 10");
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .env("PASSCODE_HOME", home.path())
        .output()
        .unwrap();
    let ran = support::ran(output);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
}
