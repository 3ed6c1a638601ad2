//! Whatever stands in a recording's folder: nothing outside it is asked for, what was altered is
//! refused, and what was read can be written and read again.
//!
//! Input: a manifest, then step files, parted by rules. Without a manifest the right one is made.

use std::cell::RefCell;
use std::fmt::Write as _;

use passcode_host::parse_strictly;
use passcode_recording::{NotARecording, RECORDING_SCHEMA, Recording};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Target;
use crate::input::parts;

pub(crate) const TARGET: Target = Target {
    name: "recording",
    run,
};

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let parts = parts(text);
    let (manifest, steps) = parts.split_first().expect("a first part");
    if manifest.is_empty() {
        return honest(steps);
    }
    let asked = RefCell::new(Vec::new());
    let read = Recording::parse(manifest.as_bytes(), |name| {
        let mut asked = asked.borrow_mut();
        asked.push(name.to_owned());
        let step = steps.get(asked.len() - 1).copied().unwrap_or_default();
        Ok(step.as_bytes().to_vec())
    });
    for name in asked.into_inner() {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        assert!(name.chars().all(plain) && !name.starts_with('.'), "{name}");
    }
    if let Ok(recording) = read {
        written(&recording);
        return true;
    }
    false
}

/// Steps under a manifest that names their hashes.
fn honest(steps: &[&str]) -> bool {
    let entries: Vec<Value> = steps
        .iter()
        .enumerate()
        .map(|(index, step)| json!({ "file": format!("{index}.json"), "sha256": hash(step) }))
        .collect();
    let manifest = json!({
        "schema": RECORDING_SCHEMA, "component": "c", "contract": "0.1.0",
        "created": "2026-08-20T10:00:00Z", "masked": true, "practice": true, "steps": entries,
    });
    let manifest = manifest.to_string();
    let file = |name: &str| -> usize {
        let number = name.strip_suffix(".json").expect("a name of ours");
        number.parse().expect("a number")
    };
    let read = Recording::parse(manifest.as_bytes(), |name| {
        Ok(steps[file(name)].as_bytes().to_vec())
    });
    let Ok(recording) = read else { return false };
    assert_eq!(recording.steps.len(), steps.len());
    for step in steps {
        assert!(parse_strictly(step.as_bytes()).is_ok(), "a key twice");
    }
    // Any step with a byte more is another.
    for altered in 0..steps.len() {
        let read = Recording::parse(manifest.as_bytes(), |name| {
            let index = file(name);
            let more = if index == altered { " " } else { "" };
            Ok(format!("{}{more}", steps[index]).into_bytes())
        });
        assert!(matches!(read, Err(NotARecording::Altered { .. })));
    }
    written(&recording);
    !steps.is_empty()
}

/// Written and read again it is the same; and it is written into its folder, or nowhere.
fn written(recording: &Recording) {
    let above = tempfile::tempdir().expect("a folder");
    let folder = above.path().join("in").join("it");
    match recording.write(&folder) {
        Ok(()) => {
            let again = Recording::read(&folder).expect("what was written");
            assert_eq!(&again, recording);
        }
        Err(error) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            let odd = recording.steps.iter().map(|step| &step.function);
            let mut odd = odd.filter(|name| name.len() > 200 || !name.chars().all(plain));
            assert!(odd.next().is_some(), "not written: {error}");
        }
    }
    let beside = |folder: &std::path::Path| folder.read_dir().expect("a folder").count();
    assert_eq!(beside(above.path()), 1, "written beside its folder");
    assert!(beside(&above.path().join("in")) <= 1, "written beside it");
}

fn hash(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}
