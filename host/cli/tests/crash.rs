//! Killed in the middle, and started again: nothing is sent twice, and every device is in one
//! state that the command tells.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use support::{Home, Tenant};

const RESET: [&str; 6] = [
    "reset",
    "--serial",
    "SAMPLE-COSU-0001",
    "--yes",
    "--timeout",
    "2s",
];

/// How many times the one request reached the tenant.
fn posted(journal: &Path) -> usize {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    text.lines()
        .filter(|line| line.contains("/resetPasscode"))
        .count()
}

/// Whether the ledger has an attempt. It has one before anything is sent.
fn written_down(home: &Home) -> bool {
    let sent = b"POST /v1.0/";
    ["ledger.db", "ledger.db-wal"].iter().any(|name| {
        let file = home.path().join("practice").join(name);
        std::fs::read(file)
            .is_ok_and(|bytes| bytes.windows(sent.len()).any(|window| window == sent))
    })
}

/// Kill a reset as soon as its request is on its way, while the tenant takes its time to answer.
fn killed_while_sending(fault: &str) -> (Home, Tenant, Home, String) {
    let tenants_home = Home::new();
    let journal = tenants_home.path().join("journal.jsonl");
    let journal_argument = journal.to_str().unwrap().to_owned();
    let arguments = [
        "--pace",
        "0",
        "--journal",
        &journal_argument,
        "--fault",
        fault,
    ];
    let tenant = Tenant::start(&tenants_home, &arguments);
    let mut home = Home::new();
    home.connect(&tenant);
    let mut command = home.command(&RESET);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while !written_down(&home) {
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "no intent was written"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    // The intent is durable; now the request is on its way, and the tenant lets it wait.
    std::thread::sleep(Duration::from_millis(300));
    child.kill().unwrap();
    child.wait().unwrap();
    (home, tenant, tenants_home, journal_argument)
}

#[test]
fn a_request_that_was_taken_is_found_again_and_not_sent_again() {
    let (home, _tenant, _tenants_home, journal) =
        killed_while_sending("slow,route=resetPasscode,seconds=2");
    let recent = home.run(&["status", "-o", "json"]).stdout;
    assert!(
        recent.contains("unknown") || recent.contains("accepted"),
        "{recent}"
    );
    // The next run looks first, and finds the proof that the first one was taken.
    let again = home.run(&RESET);
    assert!([0, 6].contains(&again.code), "{again:?}");
    let sent = posted(Path::new(&journal));
    match again.code {
        // Settled as done before the second plan, which is then another action that a person asked for.
        0 => assert_eq!(sent, 2),
        _ => assert_eq!(sent, 1),
    }
}

#[test]
fn a_request_of_which_nobody_knows_blocks_the_device_until_a_person_decides() {
    // The tenant lets the request wait, and gives up with the connection: nothing shows it.
    let (home, _tenant, _tenants_home, journal) =
        killed_while_sending("slow-before-accept,route=resetPasscode,seconds=30");
    for _ in 0..2 {
        let refused = home.run(&RESET).fails(6, "outcome-unknown-before");
        assert!(
            refused["remedy"]
                .as_str()
                .unwrap()
                .contains("--after-unknown"),
            "{refused}"
        );
    }
    assert_eq!(
        posted(Path::new(&journal)),
        0,
        "nothing is sent without a person's decision"
    );
    let listed = home.run(&["status", "-o", "json"]).json();
    assert!(listed.to_string().contains("unknown"), "{listed}");
}
