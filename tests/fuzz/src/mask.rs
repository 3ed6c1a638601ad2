//! Whatever a recording is about: who it is about cannot be read in it.
//!
//! Input: a JSON value.

use std::collections::BTreeMap;

use passcode_host::parse_strictly;
use passcode_recording::{Treatment, inspect, treatment};
use serde_json::Value;

use crate::Target;
use crate::input::folded;

/// Shorter values are parts of ordinary words; a sentence keeps them.
const TELLING: usize = 4;

/// Who and what a device is, by Graph's names: whatever else the table says, not these as they are.
const TELL: [&str; 9] = [
    "serialNumber",
    "imei",
    "deviceName",
    "userPrincipalName",
    "userDisplayName",
    "userId",
    "azureADDeviceId",
    "phoneNumber",
    "initiatedByUserPrincipalName",
];

pub(crate) const TARGET: Target = Target { name: "mask", run };

/// A text, and how the table says it is treated where it stands.
type Placed = (Option<Treatment>, String);

fn run(bytes: &[u8]) -> bool {
    let Ok(value) = parse_strictly(bytes) else {
        return false;
    };
    let masked = inspect::masked(&value);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    same_form("", &value, &masked);
    texts("", &value, &mut before);
    texts("", &masked, &mut after);
    assert_eq!(before.len(), after.len());
    let mut names: BTreeMap<(Treatment, String), String> = BTreeMap::new();
    let mut whose: BTreeMap<String, (Treatment, String)> = BTreeMap::new();
    for ((how, was), (_, is)) in before.iter().zip(&after) {
        match how {
            Some(Treatment::Plain) => assert_eq!(was, is, "what says nothing stays"),
            Some(Treatment::Text) => {}
            _ if was.is_empty() => assert_eq!(is, ""),
            how => {
                let how = how.unwrap_or(Treatment::Words);
                assert!(stands_for(is), "{was:?} is kept as {is:?}");
                // One name for one thing.
                let known = names
                    .entry((how, was.to_lowercase()))
                    .or_insert_with(|| is.clone());
                assert_eq!(known, is, "{was:?} has two names");
                let owner = whose
                    .entry(is.clone())
                    .or_insert_with(|| (how, was.to_lowercase()));
                assert_eq!(owner.1, was.to_lowercase(), "{is} is two things");
            }
        }
    }
    let hidden: Vec<&String> = before
        .iter()
        .filter(|(how, text)| masks(*how) && text.len() >= TELLING)
        .map(|(_, text)| text)
        .collect();
    for (how, sentence) in &after {
        if *how == Some(Treatment::Text) {
            for value in &hidden {
                assert!(!names_it(sentence, value), "{value:?} in {sentence:?}");
            }
        }
    }
    !hidden.is_empty()
}

fn masks(how: Option<Treatment>) -> bool {
    !matches!(how, Some(Treatment::Plain | Treatment::Text))
}

/// Whether a text is one of those that stand for another.
fn stands_for(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let address = text
        .strip_prefix("person-")
        .and_then(|rest| rest.strip_suffix("@masked.example"));
    ["device-", "Person ", "SERIAL-", "id-", "masked-"]
        .iter()
        .filter_map(|head| text.strip_prefix(head))
        .chain(address)
        .chain(text.strip_prefix("00000000-0000-4000-8000-"))
        .any(digits)
        || (text.len() == 15 && digits(text))
}

/// Whether a sentence names a value, standing alone and in any letter case.
fn names_it(sentence: &str, value: &str) -> bool {
    let (sentence, value) = (folded(&without_stand_ins(sentence)), folded(value));
    sentence.match_indices(&value).any(|(at, found)| {
        let before = sentence[..at].chars().next_back();
        let after = sentence[at + found.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// What stands for another is nobody's.
fn without_stand_ins(sentence: &str) -> String {
    let mut out = String::new();
    let mut rest = sentence;
    while let Some(first) = rest.chars().next() {
        let long = (1..=rest.len().min(64))
            .rev()
            .find(|end| rest.get(..*end).is_some_and(stands_for));
        let length = long.unwrap_or(first.len_utf8());
        out.push(if long.is_some() { 'x' } else { first });
        rest = &rest[length..];
    }
    out
}

/// Masking changes texts, and the numbers where somebody's name or number belongs; nothing else.
fn same_form(place: &str, before: &Value, after: &Value) {
    match (before, after) {
        (Value::String(_), Value::String(_)) => {}
        (Value::Number(was), Value::Number(is)) => {
            use Treatment::{Plain, Text, Words};
            match treatment(place).unwrap_or(Words) {
                Plain | Text | Words => assert_eq!(was, is),
                _ => assert_eq!(is.as_u64(), Some(0), "{was} is kept at {place}"),
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len());
            for (was, is) in before.iter().zip(after) {
                same_form(place, was, is);
            }
        }
        (Value::Object(before), Value::Object(after)) => {
            assert!(before.keys().eq(after.keys()));
            for (name, was) in before {
                same_form(&joined(place, name), was, &after[name]);
            }
        }
        (before, after) => assert_eq!(before, after),
    }
}

fn joined(place: &str, name: &str) -> String {
    match place {
        "" => name.to_owned(),
        place => format!("{place}.{name}"),
    }
}

/// How the table says a place is treated.
fn how(place: &str) -> Option<Treatment> {
    let treatment = treatment(place);
    if TELL
        .iter()
        .any(|name| place.rsplit('.').next() == Some(*name))
    {
        assert!(masks(treatment), "{place} is kept");
    }
    treatment
}

/// Every text and where it stands.
fn texts(place: &str, value: &Value, out: &mut Vec<Placed>) {
    match value {
        Value::String(text) => out.push((how(place), text.clone())),
        Value::Array(items) => match items.as_slice() {
            // A selector by a property of any name: the name, then the value.
            [Value::String(name), Value::String(text)] if place.ends_with("selector.other") => {
                out.push((Some(Treatment::Plain), name.clone()));
                out.push((how(name), text.clone()));
            }
            items => items.iter().for_each(|item| texts(place, item, out)),
        },
        Value::Object(object) => {
            for (name, value) in object {
                texts(&joined(place, name), value, out);
            }
        }
        _ => {}
    }
}
