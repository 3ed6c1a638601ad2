//! Another component in the built-in one's place.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use support::Home;

const DEVICE: [&str; 4] = ["explain", "--serial", "SAMPLE-COSU-0001", "--component"];

fn with(home: &Home, name: &str, bytes: &[u8]) -> String {
    let path = home.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut found = 0;
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + from.len()].copy_from_slice(to);
            found += 1;
        }
    }
    assert!(found > 0);
    bytes
}

#[test]
fn the_same_bytes_from_a_file_do_the_same() {
    let home = Home::new();
    let file = with(&home, "own.wasm", passcode_builtin::COMPONENT);
    let mut arguments = DEVICE.to_vec();
    arguments.push(&file);
    let own = home.practice(&arguments).expect(0, "explanation");
    let built_in = home.practice(&DEVICE[..3]).expect(0, "explanation");
    assert_eq!(own["checks"], built_in["checks"]);
    let version = home
        .run(&["--version", "-o", "json", "--component", &file])
        .json();
    assert_eq!(version["componentBuiltIn"], false);
    assert_eq!(
        version["component"],
        home.run(&["matrix"]).json()["componentDigest"]
    );
    let reset = [
        "reset",
        "--serial",
        "SAMPLE-COSU-0001",
        "--yes",
        "--component",
        &file,
    ];
    let done = home.practice(&reset).expect(0, "result");
    let next = done["revealCommand"].as_str().unwrap();
    assert!(next.contains(&format!("--component {file}")), "{next}");
}

#[test]
fn another_component_cannot_carry_out_a_plan_of_ours() {
    let home = Home::new();
    let mut other = passcode_builtin::COMPONENT.to_vec();
    // A custom section at the end changes nothing but the digest.
    other.extend([0, 6, 4, b'n', b'o', b't', b'e', 1]);
    let file = with(&home, "other.wasm", &other);
    let dry = home.practice(&[
        "reset",
        "--serial",
        "SAMPLE-COSU-0001",
        "--what-if",
        "-o",
        "json",
    ]);
    let plan = dry.expect(0, "plan")["id"].as_str().unwrap().to_owned();
    home.practice(&["execute", &plan, "--yes", "--component", &file])
        .fails(6, "plan-of-another-component");
    home.practice(&["execute", &plan, "--yes"])
        .expect(0, "result");
}

#[test]
fn what_is_not_a_component_of_this_contract_is_refused_by_name() {
    let home = Home::new();
    let later = replaced(
        passcode_builtin::COMPONENT,
        b"passcode:action/types@0.1.0",
        b"passcode:action/types@0.9.0",
    );
    for (name, bytes, says) in [
        ("text.wasm", b"hello".to_vec(), "not"),
        ("module.wasm", b"\0asm\x01\0\0\0".to_vec(), "component"),
        ("later.wasm", later, "contract"),
    ] {
        let file = with(&home, name, &bytes);
        let mut arguments = DEVICE.to_vec();
        arguments.push(&file);
        let refused = home.practice(&arguments);
        let document = refused.expect(2, "error");
        let message = document["message"].as_str().unwrap();
        assert!(message.contains(says), "{name}: {message}");
        assert!(document["remedy"].is_string(), "{name}");
    }
}

#[test]
fn a_grant_still_decides_what_it_may_do() {
    let home = Home::new();
    let file = with(&home, "own.wasm", passcode_builtin::COMPONENT);
    let grant = home.run(&["matrix", "--grant"]).stdout;
    // Reads only: the one route that changes something is the last.
    let reads = grant.rsplit_once("[[route]]").unwrap().0;
    let grant = with(&home, "reads.toml", reads.as_bytes());
    let reset = [
        "reset",
        "--serial",
        "SAMPLE-COSU-0001",
        "--yes",
        "--component",
        &file,
        "--grant",
        &grant,
    ];
    let refused = home.practice(&reset);
    assert_eq!(refused.code, 6, "{refused:?}");
}
