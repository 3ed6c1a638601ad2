//! What an answer says, as far as it decides what to do next. One reading for all who ask.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use super::Stopped;
use crate::clock::parse_http_date;
use crate::connector::Answer;
use crate::json;

/// Whether the service says that the token itself is no good. Intune also answers 401 to a
/// person without an Intune role; a new token does not help there.
pub(super) fn token_refused(answer: &Answer) -> bool {
    let challenged = ["invalid_token", "insufficient_claims"]
        .iter()
        .any(|error| challenge(answer, error));
    answer.status == 401 && (challenged || error_code(answer) == "InvalidAuthenticationToken")
}

/// Whether a challenge names this error.
pub(super) fn challenge(answer: &Answer, error: &str) -> bool {
    let challenge = answer.header("www-authenticate");
    challenge.is_some_and(|challenge| challenge.contains(error))
}

/// The claims that the service demands of the next token (`claims="BASE64"` in its challenge),
/// as JSON. In either alphabet of base64, padded or not: documents show one, and RFC 7515's is
/// the other.
pub(super) fn demanded_claims(answer: &Answer) -> Option<String> {
    use base64::Engine as _;

    let challenge = answer.header("www-authenticate")?;
    let (_, rest) = challenge.split_once("claims=\"")?;
    let encoded = rest.split('"').next()?;
    let encoded = encoded.trim_end_matches('=').replace('-', "+");
    let bytes = base64::engine::general_purpose::STANDARD_NO_PAD
        .decode(encoded.replace('_', "/"))
        .ok()?;
    String::from_utf8(bytes).ok()
}

/// The code of a refusal's error; empty if there is none.
pub(super) fn error_code(answer: &Answer) -> String {
    codes(&answer.body).swap_remove(0)
}

/// The codes of a refusal, from the outside in: of the error, of inner errors, and of the JSON
/// that Intune writes into the message. The first is there, and may be empty.
pub(super) fn codes(body: &[u8]) -> Vec<String> {
    let parsed = json::parse(body).unwrap_or_default();
    let word = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let error = &parsed["error"];
    let mut codes = vec![word(error, "code")];
    let mut inner = error;
    for _ in 0..4 {
        inner = match (&inner["innerError"], &inner["innererror"]) {
            (Value::Null, other) => other,
            (own, _) => own,
        };
        codes.push(word(inner, "code"));
    }
    let mut message = word(error, "message");
    for _ in 0..4 {
        let Ok(nested) = json::parse(message.as_bytes()) else {
            break;
        };
        codes.push(word(&nested, "ErrorCode"));
        message = word(&nested, "Message");
    }
    let first = codes.remove(0);
    codes.retain(|code| !code.is_empty());
    codes.insert(0, first);
    codes
}

/// An answer with a body says that it is JSON.
pub(super) fn json_content(answer: &Answer) -> Result<(), Stopped> {
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if answer.body.is_empty() || kind == "application/json" || kind.ends_with("+json") {
        Ok(())
    } else {
        Err(Stopped::Unreadable(
            "the answer is not what its content type says, or not JSON",
        ))
    }
}

/// How long the service asks to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// For so long.
    Lasting(Duration),
    /// Until the moment that HTTP allows instead.
    Until(OffsetDateTime),
}

impl Wait {
    /// Seen from a moment. What is over is no wait.
    pub(crate) fn from(self, now: OffsetDateTime) -> Duration {
        match self {
            Self::Lasting(wait) => wait,
            Self::Until(date) => Duration::try_from(date - now).unwrap_or_default(),
        }
    }
}

/// `Retry-After`: seconds, whole as Graph documents it or fractional as its example shows, or
/// a date. `None` for what cannot be read.
pub(crate) fn retry_after(answer: &Answer) -> Option<Wait> {
    let text = answer.header("retry-after")?.trim();
    if let Some(date) = parse_http_date(text) {
        return Some(Wait::Until(date));
    }
    let digits = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds: f64 = text.parse().ok().filter(|_| digits)?;
    let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    Some(Wait::Lasting(wait))
}
