//! Whatever is handed in as a plan: what is read bears the hash of its content, and two that
//! differ never bear the same.
//!
//! Input: a line `AT BYTE` that says which byte to change, and to what; then a document.

use std::fmt::Write as _;

use passcode_host::{PLAN_SCHEMA, PlanDocument, inspect, parse_strictly};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Target;
use crate::input::first_line;

pub(crate) const TARGET: Target = Target { name: "plan", run };

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let (line, text) = first_line(text);
    if let Ok(read) = PlanDocument::parse(text) {
        holds(&read);
    }
    // Nobody guesses a hash, so the document is given its own.
    let Some(document) = sealed(text) else {
        return false;
    };
    let pretty = serde_json::to_string_pretty(&document).expect("JSON");
    let Ok(read) = PlanDocument::parse(&pretty) else {
        // The one reason: a number that canonical JSON does not hold.
        let kept = inspect::kept(&document.canonical());
        assert_ne!(kept.as_ref(), Ok(&document), "refused for nothing");
        return false;
    };
    assert_eq!(read, document);
    holds(&read);
    let change = line.split_once(' ').and_then(|(at, byte)| {
        let at: usize = at.parse().ok()?;
        Some((at % pretty.len(), byte.parse::<u8>().ok()?))
    });
    if let Some((at, byte)) = change {
        edited(&document, &pretty, at, byte);
    }
    true
}

/// The document that a text would be, with the hash that its content has.
fn sealed(text: &str) -> Option<PlanDocument> {
    let mut value = parse_strictly(text.as_bytes()).ok()?;
    let object = value.as_object_mut()?;
    object.insert("schema".to_owned(), PLAN_SCHEMA.into());
    object.insert("id".to_owned(), "0".repeat(64).into());
    let unsealed: PlanDocument = serde_json::from_value(value.clone()).ok()?;
    let id = hash(&unsealed.canonical());
    value.as_object_mut()?.insert("id".to_owned(), id.into());
    serde_json::from_value(value).ok()
}

fn hash(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}

/// What is true of every document that was read.
fn holds(document: &PlanDocument) {
    assert_eq!(document.schema, PLAN_SCHEMA);
    let canonical = document.canonical();
    assert_eq!(document.id.to_string(), hash(&canonical));
    let mut value: Value = serde_json::from_str(&canonical).expect("canonical JSON");
    let object = value.as_object_mut().expect("an object");
    assert!(!object.contains_key("id"));
    // What the ledger keeps is the document, and nothing is lost on the way.
    let kept = inspect::kept(&canonical).expect("what the ledger keeps");
    assert_eq!(&kept, document, "the ledger keeps another document");
    assert_eq!(kept.canonical(), canonical);
}

/// One byte is another. Either that is refused, or it says the same in other letters.
fn edited(document: &PlanDocument, pretty: &str, at: usize, byte: u8) {
    let mut bytes = pretty.as_bytes().to_vec();
    bytes[at] = byte;
    let Ok(text) = String::from_utf8(bytes) else {
        return;
    };
    if let Ok(read) = PlanDocument::parse(&text) {
        assert_eq!(&read, document, "edited at {at}, and not refused");
    }
}
