//! Every fault the practice tenant knows, struck while a device is reset: what the command exits
//! with, and what it knows of the sending. A new fault without a line here fails.

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::Home;

/// Fault, exit code, what is known of the sending (`-`: the failure says that nothing was sent),
/// and the failure's code or the state.
const TABLE: [(&str, i32, &str, &str); 57] = [
    ("drop-before-accept", 7, "unknown", "outcome-unknown"),
    ("drop-after-accept", 0, "accepted", "done"),
    ("503-before-accept", 7, "unknown", "outcome-unknown"),
    ("503-after-accept", 0, "accepted", "done"),
    ("504-after-accept", 0, "accepted", "done"),
    ("500-after-accept", 0, "accepted", "done"),
    ("500", 7, "unknown", "outcome-unknown"),
    ("500-plain", 7, "unknown", "outcome-unknown"),
    ("500-broken", 7, "unknown", "outcome-unknown"),
    ("500-empty", 7, "unknown", "outcome-unknown"),
    ("html", 7, "unknown", "outcome-unknown"),
    // A refused token is replaced once.
    ("401-token", 0, "accepted", "done"),
    ("401-claims", 0, "accepted", "done"),
    ("401-intune-role", 4, "-", "intune-role-missing"),
    // The practice person's token carries the permission.
    ("read-only-role", 4, "-", "intune-scope-missing"),
    ("no-licence", 4, "-", "licence-missing"),
    ("403", 4, "-", "intune-scope-missing"),
    ("403-conditional-access", 4, "-", "conditional-access"),
    // It strikes the first read, which beta then refused and v1.0 answers.
    ("404", 0, "accepted", "done"),
    ("404-empty", 0, "accepted", "done"),
    // v1.0 cannot tell Android's kinds apart.
    ("beta-unavailable", 6, "-", "kind-unknown"),
    ("approval-403", 8, "-", "approval-required"),
    ("approval-412", 8, "-", "approval-required"),
    ("approval-400", 8, "-", "approval-required"),
    ("approval-403-justify", 8, "-", "approval-required"),
    ("approval-412-justify", 8, "-", "approval-required"),
    // It strikes the first read, which is asked again.
    ("429", 0, "accepted", "done"),
    ("429-no-retry-after", 0, "accepted", "done"),
    ("slow,seconds=1", 0, "accepted", "done"),
    ("slow-before-accept,seconds=1", 0, "accepted", "done"),
    ("redirect", 12, "-", "answer-unexpected"),
    ("no-batch", 0, "accepted", "done"),
    ("truncated-body", 12, "-", "unreachable"),
    ("oversized-body", 12, "-", "answer-unreadable"),
    ("wrong-content-type", 12, "-", "answer-unreadable"),
    ("invalid-json", 12, "-", "answer-unreadable"),
    ("duplicate-keys", 12, "-", "answer-unreadable"),
    ("sealed-object", 12, "-", "answer-unreadable"),
    ("other-device", 12, "-", "answer-unreadable"),
    ("next-link-other-origin", 12, "-", "answer-unreadable"),
    ("next-link-other-route", 12, "-", "answer-unreadable"),
    ("passcode-in-notes", 0, "accepted", "done"),
    ("passcode-in-device-name", 9, "accepted", ""),
    // It strikes removals; a reset is left alone.
    ("wrong-unlock-token", 0, "accepted", "done"),
    (
        "no-passcode-policy",
        10,
        "accepted",
        "device-reports-failure",
    ),
    (
        "reset-token-inactive",
        10,
        "accepted",
        "device-reports-failure",
    ),
    ("not-supported", 10, "accepted", "device-reports-failure"),
    ("canceled", 10, "accepted", "device-reports-failure"),
    ("device-offline", 9, "accepted", "pending"),
    ("no-result", 9, "accepted", "not-listed-yet"),
    ("no-passcode", 0, "accepted", "done"),
    ("colleague-before", 7, "accepted", "result-ambiguous"),
    ("colleague-after", 7, "accepted", "result-ambiguous"),
    ("filter-ignored", 0, "accepted", "done"),
    ("filter-partial", 0, "accepted", "done"),
    ("filter-refused", 0, "accepted", "done"),
    ("device-changes", 6, "-", "device-changed"),
];

fn struck(fault: &str) -> (i32, Value) {
    let home = Home::new();
    let ran = home.practice(&[
        "reset",
        "--serial",
        "SAMPLE-COSU-0001",
        "--yes",
        "--timeout",
        "300ms",
        "--fault",
        fault,
    ]);
    (ran.code, ran.json())
}

#[test]
fn every_fault_ends_as_it_should() {
    let mut wrong = Vec::new();
    for (fault, exit, sending, told) in TABLE {
        let (code, document) = struck(fault);
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        let word = if text("code").is_empty() {
            text("state")
        } else {
            text("code")
        };
        let nothing_sent = text("touched") == "no" && text("sending").is_empty();
        let sent = if sending == "-" {
            nothing_sent
        } else {
            text("sending") == sending
        };
        if code != exit || !sent || word != told {
            wrong.push(format!(
                "{fault}: {code} {} {word}, not {exit} {sending} {told}",
                text("sending")
            ));
        }
        assert!(
            !document.to_string().contains("manage.microsoft.com"),
            "{fault} shows a scale unit's address"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_fault_is_without_a_line() {
    let listed = Home::new()
        .run(&["practice", "faults", "-o", "json"])
        .json();
    let names = |rows: &Value| -> BTreeSet<String> {
        rows.as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| Some(row["name"].as_str()?.to_owned()))
            .collect()
    };
    let known = &names(&listed["faults"]) | &names(&listed["rows"]);
    let tried: BTreeSet<String> = TABLE
        .iter()
        .map(|(fault, ..)| fault.split(',').next().unwrap_or_default().to_owned())
        .collect();
    assert!(known.len() > 40);
    assert_eq!(known, tried);
}
