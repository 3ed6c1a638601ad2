//! `--record` and `--replay` as processes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Home, Tenant};

/// Everything in a folder, as one text.
fn content(folder: &Path) -> String {
    let mut all = String::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        all.push_str(&std::fs::read_to_string(path).unwrap());
    }
    assert!(all.contains("passcode/recording/v1"));
    all
}

const RESET: [&str; 9] = [
    "reset",
    "--serial",
    "SAMPLE-COSU-0001",
    "--reason",
    "lost at the fair",
    "--yes",
    "--reveal",
    "-o",
    "json",
];

fn reset(folder: &str, more: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = RESET.iter().map(|word| (*word).to_owned()).collect();
    all.extend(["--record".to_owned(), folder.to_owned()]);
    all.extend(more.iter().map(|word| (*word).to_owned()));
    all
}

fn words(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

#[test]
fn a_recording_names_nobody_and_replays_without_anything() {
    let home = Home::new();
    let folder = home.path().join("kept");
    let folder = folder.to_str().unwrap();
    let done = home
        .practice(&words(&reset(folder, &[])))
        .expect(0, "result");
    let passcode = done["passcode"].as_str().unwrap().to_owned();
    let kept = content(Path::new(folder));
    for telling in [
        passcode.as_str(),
        "SAMPLE-",
        "KIOSK",
        "contoso",
        "d0000001",
        "lost at the fair",
        "helpdesk",
    ] {
        assert!(!kept.contains(telling), "`{telling}` was kept");
    }

    // Somebody else's machine: no ledger, no tenant, no sign-in.
    let elsewhere = Home::new();
    let replayed = elsewhere
        .run(&["--replay", folder, "-o", "json"])
        .expect(0, "replay");
    assert_eq!(replayed["identical"], true);
    assert_eq!(replayed["masked"], true);
    assert_eq!(replayed["practice"], true);
    let functions: Vec<&str> = replayed["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["function"].as_str().unwrap())
        .collect();
    assert_eq!(functions, ["find", "prepare", "commit", "observe"]);
    let left: Vec<_> = std::fs::read_dir(elsewhere.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["cache"], "a replay opens nothing");
}

#[test]
fn with_personal_data_it_names_everybody_and_still_no_secret() {
    let mut home = Home::new();
    let tenant = Tenant::start(&home, &["--pace", "0"]);
    home.connect(&tenant);
    let folder = home.path().join("kept");
    let folder = folder.to_str().unwrap();
    let done = home
        .run(&words(&reset(folder, &["--record-personal-data"])))
        .expect(0, "result");
    let kept = content(Path::new(folder));
    assert!(kept.contains("SAMPLE-COSU-0001") && kept.contains("lost at the fair"));
    let secret = tenant.announced["environment"]["AZURE_CLIENT_SECRET"].as_str();
    let passcode = done["passcode"].as_str();
    for secret in [secret.unwrap(), passcode.unwrap(), "eyJ", "Bearer"] {
        assert!(!kept.contains(secret), "a secret was kept");
    }
    let replayed = home
        .run(&["--replay", folder, "-o", "json"])
        .expect(0, "replay");
    assert_eq!(replayed["masked"], false);
}

#[test]
fn what_is_in_the_way_is_said_before_anything_is_sent() {
    let mut home = Home::new();
    let journal = home.path().join("journal.jsonl");
    let tenant = Tenant::start(
        &home,
        &["--pace", "0", "--journal", journal.to_str().unwrap()],
    );
    home.connect(&tenant);
    let here = home.path().to_str().unwrap().to_owned();
    home.run(&words(&reset(&here, &[])))
        .fails(2, "folder-not-empty");
    let file = journal.to_str().unwrap().to_owned();
    home.run(&words(&reset(&file, &[])))
        .fails(2, "not-a-recording");
    let sent = std::fs::read_to_string(&journal).unwrap_or_default();
    assert_eq!(sent, "", "nothing was sent");
}

#[test]
fn a_recording_that_was_altered_is_refused() {
    let home = Home::new();
    let folder = home.path().join("kept");
    let name = folder.to_str().unwrap();
    home.practice(&["explain", "--serial", "SAMPLE-COSU-0001", "--record", name])
        .expect(0, "explanation");
    let step = folder.join("02-prepare.json");
    let text = std::fs::read_to_string(&step).unwrap();
    let altered = text.replacen("\"managed\"", "\"retirePending\"", 1);
    assert_ne!(text, altered);
    std::fs::write(&step, &altered).unwrap();
    home.run(&["--replay", name]).fails(2, "recording-altered");

    // With the hash mended it is another recording, in which the component does something else.
    let manifest = folder.join("recording.json");
    let mut content: Value =
        serde_json::from_str(&std::fs::read_to_string(&manifest).unwrap()).unwrap();
    content["steps"][1]["sha256"] = sha256(altered.as_bytes()).into();
    std::fs::write(&manifest, content.to_string()).unwrap();
    let replayed = home
        .run(&["--replay", name, "-o", "json"])
        .expect(1, "replay");
    assert_eq!(replayed["identical"], false);
    let difference = replayed["steps"][1]["difference"].as_str().unwrap();
    assert!(difference.contains("no longer asks"), "{difference}");
}

#[test]
fn a_replay_takes_no_command() {
    let home = Home::new();
    home.run(&["--replay", "x", "devices"]).fails(2, "usage");
    home.run(&["devices", "--practice", "--record-personal-data"])
        .fails(2, "usage");
    home.run(&["--replay", home.path().to_str().unwrap()])
        .fails(2, "not-a-recording");
}

#[test]
fn verbose_shows_each_request() {
    let home = Home::new();
    let ran = home.practice(&["explain", "--serial", "SAMPLE-COSU-0001", "-v"]);
    let lines: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("http: GET "))
        .collect();
    // The device by its serial number, the device, and what is read at the same time.
    assert_eq!(lines.len(), 8, "{ran:?}");
    assert!(lines[0].contains(": 200 in "), "{lines:?}");
    assert!(lines[0].contains("client-request-id "), "{lines:?}");
    assert!(!ran.stderr.contains("eyJ"), "a token was shown");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
