//! Every kind of device in the shipped fleet, under both verbs: what happens, and why not.

mod support;

use support::Home;

/// Device (serial number, or name), verb, what has to be accepted, exit code, code of the refusal.
const TABLE: [(&str, &str, Option<&str>, i32, &str); 50] = [
    ("SAMPLE-COSU-0001", "reset", None, 0, ""),
    ("SAMPLE-COSU-0001", "remove", None, 6, "wrong-verb"),
    ("SAMPLE-COBO-0002", "reset", None, 6, "check-not-accepted"),
    (
        "SAMPLE-COBO-0002",
        "reset",
        Some("documents-disagree"),
        0,
        "",
    ),
    ("SAMPLE-COBO-0002", "remove", None, 6, "wrong-verb"),
    ("SAMPLE-COPE-0003", "reset", None, 0, ""),
    ("SAMPLE-COPE-0003", "remove", None, 6, "wrong-verb"),
    ("SAMPLE-BYOD-0004", "reset", None, 0, ""),
    ("SAMPLE-BYOD-0004", "remove", None, 6, "wrong-verb"),
    ("SAMPLE-BYOD-0005", "reset", None, 6, "not-eligible"),
    ("SAMPLE-BYOD-0036", "reset", None, 0, ""),
    ("SAMPLE-AOSP-0006", "reset", None, 0, ""),
    ("SAMPLE-AOSP-0006", "remove", None, 6, "wrong-verb"),
    ("SAMPLE-AOSP-0007", "reset", None, 0, ""),
    ("SAMPLE-AOSP-0007", "remove", None, 6, "wrong-verb"),
    ("SAMPLE-ADMIN-0009", "reset", None, 6, "not-eligible"),
    ("SAMPLE-ADMIN-0009", "remove", None, 6, "not-eligible"),
    ("SAMPLE-IPHONE-0010", "remove", None, 0, ""),
    ("SAMPLE-IPHONE-0010", "reset", None, 6, "wrong-verb"),
    ("SAMPLE-IPAD-0011", "remove", None, 0, ""),
    ("SAMPLE-IPAD-0011", "reset", None, 6, "wrong-verb"),
    (
        "SAMPLE-IPHONE-0012",
        "remove",
        None,
        6,
        "check-not-accepted",
    ),
    (
        "SAMPLE-IPHONE-0012",
        "remove",
        Some("documents-disagree"),
        0,
        "",
    ),
    (
        "name:IPHONE-USER-ENROLLED-0013",
        "remove",
        None,
        6,
        "not-eligible",
    ),
    ("SAMPLE-IPAD-0014", "remove", None, 6, "not-eligible"),
    ("SAMPLE-VISION-0015", "remove", None, 0, ""),
    ("SAMPLE-VISION-0015", "reset", None, 6, "wrong-verb"),
    (
        "SAMPLE-MAC-0016",
        "remove",
        None,
        6,
        "not-a-phone-or-tablet",
    ),
    ("SAMPLE-MAC-0016", "reset", None, 6, "not-a-phone-or-tablet"),
    (
        "SAMPLE-WINDOWS-0017",
        "remove",
        None,
        6,
        "not-a-phone-or-tablet",
    ),
    (
        "SAMPLE-WINDOWS-0017",
        "reset",
        None,
        6,
        "not-a-phone-or-tablet",
    ),
    (
        "SAMPLE-LINUX-0018",
        "reset",
        None,
        6,
        "not-a-phone-or-tablet",
    ),
    (
        "SAMPLE-CHROME-0019",
        "reset",
        None,
        6,
        "not-a-phone-or-tablet",
    ),
    ("SAMPLE-UNKNOWN-0020", "reset", None, 6, "kind-unknown"),
    ("SAMPLE-UNKNOWN-0020", "remove", None, 6, "kind-unknown"),
    ("name:Front desk phone", "reset", None, 5, "several-devices"),
    ("SAMPLE-TWICE-0023", "reset", None, 5, "several-devices"),
    ("NO-SUCH-SERIAL", "reset", None, 5, "no-such-device"),
    (
        "SAMPLE-COSU-0026",
        "reset",
        None,
        6,
        "pending-retire-wipe-delete",
    ),
    ("SAMPLE-IPAD-0027", "remove", None, 0, ""),
    ("SAMPLE-COSU-0029", "reset", None, 0, ""),
    ("SAMPLE-AOSP-0030", "reset", None, 0, ""),
    (
        "SAMPLE-COSU-0031",
        "reset",
        None,
        6,
        "passcode-action-in-the-way",
    ),
    ("SAMPLE-COPE-0032", "reset", None, 0, ""),
    (
        "SAMPLE-IPHONE-0033",
        "remove",
        None,
        10,
        "device-reports-failure",
    ),
    (
        "SAMPLE-COSU-0034",
        "reset",
        None,
        10,
        "device-reports-failure",
    ),
    (
        "SAMPLE-BYOD-0035",
        "reset",
        None,
        10,
        "device-reports-failure",
    ),
    (
        "SAMPLE-COBO-0025",
        "reset",
        Some("documents-disagree"),
        9,
        "",
    ),
    ("SAMPLE-IPHONE-0028", "remove", None, 9, ""),
    ("SAMPLE-ADMIN-0008", "reset", None, 0, ""),
];

#[test]
fn each_kind_gets_what_the_documents_say_and_nothing_else() {
    let mut wrong = Vec::new();
    for (device, verb, accept, exit, code) in TABLE {
        let home = Home::new();
        let selector = match device.strip_prefix("name:") {
            Some(name) => ["--name", name],
            None => ["--serial", device],
        };
        let mut arguments = vec![
            verb,
            selector[0],
            selector[1],
            "--yes",
            "--timeout",
            "300ms",
        ];
        if let Some(check) = accept {
            arguments.extend(["--accept", check]);
        }
        let ran = home.practice(&arguments);
        let found = ran.json()["code"].as_str().unwrap_or_default().to_owned();
        if ran.code != exit || (!code.is_empty() && found != code) {
            wrong.push(format!(
                "{verb} {device} {accept:?}: {} {found}, not {exit} {code}",
                ran.code
            ));
        }
        let explained = home.practice(&["explain", selector[0], selector[1], "-o", "json"]);
        assert!(!explained.stdout.is_empty(), "{device}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
