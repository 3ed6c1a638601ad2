//! The grammar of error bodies.
//!
//! Graph's envelope is `{"error":{code,message,innerError}}`. Intune's `message` is most often
//! a JSON text of its own, sometimes one inside another, sometimes plain, sometimes broken,
//! sometimes empty; its sentences carry the address of an internal scale unit with the
//! device's id, which is nobody's business.

use crate::json::{Value, word};
use crate::prelude::*;
use crate::text::split;

/// Everything a body tells that is worth keeping.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ServiceError {
    /// The first code that is not empty, from the outside in; empty if there is none.
    pub code: String,
    /// Every further code: of inner errors, and of JSON inside the message.
    pub inner_codes: Vec<String>,
    /// Intune's `CustomApiErrorPhrase`, where it is not empty.
    pub phrase: Option<String>,
    /// What the message says to a person, without ids and addresses. Empty if nothing is left.
    pub text: String,
    /// `request-id`, `client-request-id`, `activity-id`, as far as the body names them.
    pub support_ids: Vec<(String, String)>,
}

impl ServiceError {
    /// Whether this code stands anywhere in the body.
    pub fn says(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code) || self.inner_says(code)
    }

    /// Whether this code stands inside an inner error or inside the message.
    pub fn inner_says(&self, code: &str) -> bool {
        self.inner_codes
            .iter()
            .any(|inner| inner.eq_ignore_ascii_case(code))
    }

    fn add_code(&mut self, code: &str) {
        if code.is_empty() {
        } else if self.code.is_empty() {
            self.code = code.to_owned();
        } else {
            self.inner_codes.push(code.to_owned());
        }
    }

    /// Keep an id once, and only if it looks like one.
    pub(crate) fn add_id(&mut self, name: &str, id: &str) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let known = self.support_ids.iter().any(|(known, _)| known == name);
        if !known && !id.is_empty() && id.len() <= 64 && id.chars().all(plain) {
            self.support_ids.push((name.to_owned(), id.to_owned()));
        }
    }
}

/// How deep JSON in JSON, and inner errors, are followed. Two levels have been seen.
const DEPTH: usize = 4;

/// Read a body. Never fails: what cannot be read is absent.
pub fn decode(body: &str) -> ServiceError {
    let mut found = ServiceError::default();
    let Some(value) = Value::parse(body) else {
        return found;
    };
    // The documents also show the inside of the envelope alone.
    let error = value.get("error").unwrap_or(&value);
    found.add_code(word(error, "code"));
    inner(error, &mut found, DEPTH);
    message(word(error, "message"), &mut found, DEPTH);
    found
}

fn inner(error: &Value, found: &mut ServiceError, depth: usize) {
    let next = ["innerError", "innererror"]
        .iter()
        .find_map(|key| error.get(key));
    let (Some(next), true) = (next, depth > 0) else {
        return;
    };
    found.add_code(word(next, "code"));
    for key in ["request-id", "requestId"] {
        found.add_id("request-id", word(next, key));
    }
    found.add_id("client-request-id", word(next, "client-request-id"));
    inner(next, found, depth - 1);
}

fn message(text: &str, found: &mut ServiceError, depth: usize) {
    let nested = Value::parse(text).filter(|nested| matches!(nested, Value::Object(_)));
    if let (Some(nested), true) = (nested, depth > 0) {
        found.add_code(word(&nested, "ErrorCode"));
        if let Some(phrase) = crate::json::text(&nested, "CustomApiErrorPhrase") {
            found.phrase = Some(phrase);
        }
        message(word(&nested, "Message"), found, depth - 1);
        return;
    }
    if let Some(id) = activity_id(text) {
        found.add_id("activity-id", id);
    }
    // Broken JSON is for nobody's eyes.
    if !text.trim_start().starts_with('{') {
        found.text = presentable(text);
    }
}

fn activity_id(text: &str) -> Option<&str> {
    let (_, rest) = split(text, "Activity ID: ")?;
    let end = rest
        .find(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .unwrap_or(rest.len());
    rest.get(..end).filter(|id| id.len() == 36)
}

/// The sentence without the fields that Intune appends, and without any address.
pub(crate) fn presentable(text: &str) -> String {
    const FIELDS: [&str; 4] = [
        "Operation ID",
        "Activity ID",
        "Url:",
        "CustomApiErrorPhrase",
    ];
    let mut kept = String::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (part, more) =
            split(text, " - ").map_or((text, None), |(part, more)| (part, Some(more)));
        rest = more;
        if FIELDS
            .iter()
            .any(|field| part.trim_start().starts_with(field))
        {
            continue;
        }
        for word in part.split(|c: char| c.is_ascii_whitespace()) {
            // Everything from a scheme on is an address, whatever stands before it.
            let word = split(word, "://").map_or(word, |(before, _)| {
                before.trim_end_matches(|c: char| c.is_ascii_alphanumeric())
            });
            if word.is_empty() {
                continue;
            }
            if !kept.is_empty() {
                kept.push(' ');
            }
            kept.push_str(word);
        }
    }
    kept
}
