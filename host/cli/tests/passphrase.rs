//! An encrypted key: its passphrase is asked for on a terminal, and shown nowhere.
//!
//! The terminal is one of `script`, which every Debian has; the keys are made by `ssh-keygen` as
//! people make them (aes256-ctr, bcrypt).

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::Home;
use support::people::approvers;

const PASSPHRASE: &str = "CANARY-correct-horse";
const PATIENCE: Duration = Duration::from_secs(60);

/// What was on the terminal, and what was written to standard output.
struct Session {
    screen: String,
    stdout: String,
}

/// A home with a plan, an encrypted key, and a list that names it.
fn desk() -> (Home, String, PathBuf) {
    let mut home = Home::new();
    let key = home.path().join("id");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", PASSPHRASE, "-C", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let list = approvers(&home, "second@contoso.example", public.trim());
    home.set("PASSCODE_APPROVERS", &list);
    let plan = home.practice(&[
        "reset",
        "--serial",
        "SAMPLE-COSU-0001",
        "--what-if",
        "-o",
        "json",
    ]);
    let plan = plan.json()["id"].as_str().unwrap().to_owned();
    (home, plan, key)
}

/// Approve on a terminal, and type something when the passphrase is asked for.
fn typed(home: &Home, plan: &str, key: &Path, keys: &str) -> Session {
    let out = home.path().join("out");
    let arguments = [
        "approve",
        plan,
        "--key",
        key.to_str().unwrap(),
        "--practice",
        "-o",
        "json",
    ];
    let inner = home.command(&arguments);
    // Afterwards the terminal says how it was left.
    let line = format!(
        "{} {} > {}; echo code=$?; stty -a",
        inner.get_program().display(),
        arguments.join(" "),
        out.display()
    );
    let mut command = Command::new("script");
    command.args(["-qefc", &line, "/dev/null"]);
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (told, heard) = mpsc::channel();
    let mut screen = child.stdout.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut bytes = [0; 1024];
        while let Ok(count @ 1..) = screen.read(&mut bytes) {
            told.send(bytes[..count].to_vec()).unwrap();
        }
    });
    let mut input = child.stdin.take().unwrap();
    let (mut seen, begun, mut is_typed) = (Vec::new(), Instant::now(), false);
    loop {
        assert!(begun.elapsed() < PATIENCE, "{}", show(&seen));
        match heard.recv_timeout(Duration::from_millis(100)) {
            Ok(more) => seen.extend(more),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        if !is_typed && show(&seen).contains("Passphrase of ") {
            input.write_all(keys.as_bytes()).unwrap();
            is_typed = true;
        }
    }
    assert!(is_typed, "nobody was asked: {}", show(&seen));
    reading.join().unwrap();
    child.wait().unwrap();
    let session = Session {
        screen: show(&seen),
        stdout: std::fs::read_to_string(out).unwrap(),
    };
    for text in [&session.screen, &session.stdout] {
        assert!(!text.contains("CANARY"), "shown: {text}");
    }
    // ` echo`, and not `-echo`.
    assert!(session.screen.contains(" echo "), "{}", session.screen);
    session
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn an_encrypted_key_signs_with_its_passphrase() {
    let (home, plan, key) = desk();
    // With a slip that is taken back.
    let keys = format!("{PASSPHRASE}x\u{7f}\r");
    let session = typed(&home, &plan, &key, &keys);
    assert!(session.screen.contains("code=0"), "{}", session.screen);
    let said: Value = serde_json::from_str(&session.stdout).unwrap();
    assert_eq!(
        said["assurance"]["approvers"][0]["name"], "Second person",
        "{said}"
    );
    assert_eq!(said["refusedSignatures"], serde_json::json!([]));
}

#[test]
fn another_passphrase_and_none_approve_nothing() {
    let (home, plan, key) = desk();
    for (keys, code, message) in [
        ("CANARY-wrong\r", 2, "not the key's passphrase"),
        ("\r", 2, "not the key's passphrase"),
        ("CANARY\u{3}", 130, "nothing was approved"),
    ] {
        let session = typed(&home, &plan, &key, keys);
        let (screen, stdout) = (&session.screen, &session.stdout);
        assert!(screen.contains(&format!("code={code}")), "{screen}");
        let told = [screen.as_str(), stdout.as_str()].concat();
        assert!(told.contains(message), "{told}");
    }
    // Nothing was kept, not even something that does not count.
    let judged = home.practice(&["approve", &plan, "--set", &plan, "-o", "json"]);
    let judged = judged.json();
    assert_eq!(judged["refusedSignatures"], serde_json::json!([]));
    assert_eq!(judged["assurance"]["approvers"], serde_json::json!([]));
}

#[test]
fn without_a_terminal_the_program_that_can_ask_is_named() {
    let (home, plan, key) = desk();
    let key = key.to_str().unwrap();
    let refused = home
        .practice(&["approve", &plan, "--key", key])
        .fails(2, "usage");
    let remedy = refused["remedy"].as_str().unwrap();
    let command = format!("ssh-keygen -Y sign -n passcode-approval -f {key} FILE");
    assert!(remedy.contains(&command), "{remedy}");
}
