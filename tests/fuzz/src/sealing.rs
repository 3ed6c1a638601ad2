//! Whatever a service answers: a text of an action result passes nowhere, and only what the route
//! lists passes at all.
//!
//! Input: one or more answers of one step, parted by a rule; each a line `ROUTE STATUS`, then the
//! body.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use passcode_host::authority::Route;
use passcode_host::inspect::{Answers, Passed};
use passcode_host::{Authority, parse_strictly};
use serde_json::Value;

use crate::Target;
use crate::input::{first_line, parts};

const GRANT: &str = include_str!("../../../host/builtin/grant.toml");
const SEAL: &str = "$sealed";
/// From here on a secret inside a longer text is one; shorter ones only stand alone.
const TELLING: usize = 4;

pub(crate) const TARGET: Target = Target {
    name: "sealing",
    run,
};

static GRANTED: LazyLock<Authority> = LazyLock::new(|| Authority::parse(GRANT).expect("the grant"));

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let mut step = Answers::default();
    let mut secrets = BTreeSet::new();
    let mut through = false;
    for part in parts(text) {
        let (line, body) = first_line(part);
        let Some((name, status)) = line.split_once(' ') else {
            continue;
        };
        let Some(route) = GRANTED.routes().iter().find(|route| route.name == name) else {
            continue;
        };
        through |= if status.starts_with('2') {
            success(&mut step, route, body, &mut secrets)
        } else {
            refusal(&step, body, &secrets)
        };
    }
    through
}

fn success(step: &mut Answers, route: &Route, body: &str, secrets: &mut BTreeSet<String>) -> bool {
    let device = route.names_device.then_some("d1");
    let passed = step.success(route, device, body.as_bytes());
    // What came in, by another reader; of a repeated key it knows the last.
    let whole: Option<Value> = serde_json::from_str(body).ok();
    // An answer that nobody may read, or with a seal that somebody else wrote, is not looked at
    // any further; nothing of it is known later.
    let read = passed
        .as_ref()
        .err()
        .is_none_or(|why| why.contains("repeats"));
    if let Some(whole) = whole.as_ref().filter(|_| read) {
        for item in items(route, whole) {
            planted(route, item, secrets);
        }
    }
    let Ok(passed) = passed else {
        return false;
    };
    if body.is_empty() {
        assert!(passed.body.is_none() && passed.card.is_none());
        return false;
    }
    let whole = whole.expect("what passes is JSON");
    assert!(!forged(&whole), "a seal that somebody else wrote");
    assert!(!route.collection || whole.get("value").is_some_and(Value::is_array));
    only_listed(route, &whole, &passed);
    seals_open(step, &passed, secrets);
    absent(&passed, secrets);
    repeated(route, body);
    true
}

fn refusal(step: &Answers, body: &str, secrets: &BTreeSet<String>) -> bool {
    let Ok(passed) = step.refusal(body.as_bytes()) else {
        return false;
    };
    assert!(passed.card.is_none() && passed.next_link.is_none());
    absent(&passed, secrets);
    let Some(passed) = passed.body else {
        return false;
    };
    let whole: Value = serde_json::from_str(body).expect("what passes is JSON");
    assert!(!forged(&whole), "a seal that somebody else wrote");
    let object = passed.as_object().expect("an envelope");
    assert!(object.len() == 1 && object.contains_key("error"));
    let mut told = Vec::new();
    leaves(&passed, &mut Vec::new(), &mut told);
    for (path, leaf) in told {
        let last = path.last().map(String::as_str).unwrap_or_default();
        assert!(
            matches!(
                last,
                "code" | "message" | "date" | "request-id" | "client-request-id"
            ),
            "{last} passes in an error"
        );
        assert!(leaf.is_string());
    }
    true
}

/// The devices, or entries, of an answer.
fn items<'a>(route: &Route, whole: &'a Value) -> Vec<&'a Value> {
    match (route.collection, whole.get("value")) {
        (true, Some(Value::Array(items))) => items.iter().collect(),
        (true, _) => Vec::new(),
        (false, _) => vec![whole],
    }
}

/// Every text of the action results that is not one of the six words the grant lists.
fn planted(route: &Route, item: &Value, secrets: &mut BTreeSet<String>) {
    let Some(name) = &route.results else { return };
    let Some(Value::Array(results)) = item.get(name) else {
        return;
    };
    for result in results.iter().filter_map(Value::as_object) {
        for (property, value) in result {
            let listed = route.pass.passes(&format!("{name}.{property}"));
            if listed && !value.is_object() && !value.is_array() {
                continue;
            }
            let mut texts = Vec::new();
            leaves(value, &mut Vec::new(), &mut texts);
            secrets.extend(
                texts
                    .into_iter()
                    .filter_map(|(_, text)| text.as_str().map(str::to_owned))
                    .filter(|text| !text.is_empty()),
            );
        }
    }
}

/// Nothing that passes carries a secret.
fn absent(passed: &Passed, secrets: &BTreeSet<String>) {
    let mut texts: Vec<String> = passed.next_link.iter().cloned().collect();
    if let Some(body) = &passed.body {
        every_text(body, &mut texts);
    }
    for value in passed.card.iter().flat_map(|card| card.values()) {
        every_text(value, &mut texts);
    }
    for secret in secrets {
        for text in &texts {
            let carried = text == secret || (secret.len() >= TELLING && text.contains(secret));
            assert!(!carried, "{secret:?} passes in {text:?}");
        }
    }
}

/// Texts, keys and numbers; not the seals that the host wrote.
fn every_text(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(object) if object.len() == 1 && object.contains_key(SEAL) => {}
        Value::Object(object) => {
            for (key, value) in object {
                out.push(key.clone());
                every_text(value, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| every_text(item, out)),
        Value::String(text) => out.push(text.clone()),
        Value::Number(number) => out.push(number.to_string()),
        Value::Bool(_) | Value::Null => {}
    }
}

/// Each leaf of what passes stands where the grant lists it, and stood there in what came.
fn only_listed(route: &Route, whole: &Value, passed: &Passed) {
    let listed: Vec<Vec<String>> = route.pass.names().map(segments).collect();
    let mut came = Vec::new();
    leaves(whole, &mut Vec::new(), &mut came);
    let mut went = Vec::new();
    leaves(
        passed.body.as_ref().expect("a body"),
        &mut Vec::new(),
        &mut went,
    );
    for (path, leaf) in went {
        let place = if route.collection {
            let (first, place) = path.split_first().expect("a place");
            assert_eq!(first, "value");
            place
        } else {
            path.as_slice()
        };
        // What is no device, and results that are no list, become nothing at all.
        let nothing = leaf.is_null()
            && (place.is_empty() || place.first() == route.results.as_ref() && place.len() == 1);
        let seal = place.len() == 3
            && place.first() == route.results.as_ref()
            && place.last().is_some_and(|last| last == SEAL);
        if nothing || seal {
            continue;
        }
        assert!(
            listed.iter().any(|listed| listed == place),
            "{place:?} is not listed"
        );
        let stood = came.iter().any(|(at, other)| *at == path && *other == leaf);
        assert!(stood, "{leaf} was not at {path:?}");
    }
    for (name, value) in passed.card.iter().flatten() {
        assert!(route.identity.contains(name) || route.shows.contains(name));
        let came = whole.get(name).expect("what the card shows");
        // A number that a plan's hash could not hold is shown as a text.
        let as_text = came.is_number() && *value == Value::String(came.to_string());
        assert!(came == value || as_text, "{value} was {came}");
    }
}

/// A listed name as the keys that lead there.
fn segments(name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for part in name.split('.') {
        match out.last_mut() {
            Some(last) if last == "@odata" => {
                last.push('.');
                last.push_str(part);
            }
            _ => out.push(part.to_owned()),
        }
    }
    out
}

/// What stands at which keys; lists do not count. An empty list or object is no leaf.
fn leaves(value: &Value, at: &mut Vec<String>, out: &mut Vec<(Vec<String>, Value)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, at, out)),
        Value::Object(object) => {
            for (key, value) in object {
                at.push(key.clone());
                leaves(value, at, out);
                at.pop();
            }
        }
        leaf => out.push((at.clone(), leaf.clone())),
    }
}

/// Each seal opens to something that was sealed.
fn seals_open(step: &Answers, passed: &Passed, secrets: &BTreeSet<String>) {
    let mut found = Vec::new();
    leaves(
        passed.body.as_ref().expect("a body"),
        &mut Vec::new(),
        &mut found,
    );
    let seals = found
        .iter()
        .filter(|(path, _)| path.last().is_some_and(|last| last == SEAL));
    for (_, number) in seals {
        let number = number.as_u64().and_then(|n| u32::try_from(n).ok());
        let opened = step.open(number.expect("a number")).expect("a secret");
        assert!(secrets.contains(opened), "a seal of something else");
    }
}

/// Whether the key that stands for a seal occurs, as a key or inside a text.
fn forged(value: &Value) -> bool {
    match value {
        Value::Object(object) => object
            .iter()
            .any(|(key, value)| key == SEAL || forged(value)),
        Value::Array(items) => items.iter().any(forged),
        Value::String(text) => text.contains(SEAL),
        _ => false,
    }
}

/// The same answer with its first key twice passes nowhere.
fn repeated(route: &Route, body: &str) {
    let Some(rest) = body.trim_start().strip_prefix('{') else {
        return;
    };
    let mut keys = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    let Some(Ok(_)) = keys.next() else { return };
    let key = rest.get(..keys.byte_offset()).expect("a key");
    let twice = format!("{{{key}:null,{rest}");
    assert!(serde_json::from_str::<Value>(&twice).is_ok());
    assert!(parse_strictly(twice.as_bytes()).is_err(), "{key} twice");
    let mut step = Answers::default();
    assert!(step.success(route, None, twice.as_bytes()).is_err());
    assert!(
        step.refusal(twice.as_bytes())
            .is_ok_and(|passed| passed.body.is_none())
    );
}
