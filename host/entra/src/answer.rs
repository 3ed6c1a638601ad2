//! What an authority answered: a token, or why not.

use std::borrow::Cow;

use passcode_host::credential::{AccessToken, AuthoritySaid, CredentialError};
use serde::Deserialize;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::cloud::Cloud;
use crate::entra_code::{self, Meaning};
use crate::error::{later, refused, shown};
use crate::given::fits;
use crate::http::Answer;
use crate::jwt;

/// Who asked, for messages.
pub(crate) struct Asked<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) tenant: &'a str,
    pub(crate) client_id: &'a str,
    /// What must not come back in a message.
    pub(crate) secrets: &'a [&'a str],
}

/// What an authority gave.
pub(crate) struct Granted {
    pub(crate) token: AccessToken,
    /// For the next token without a person, where one was asked for.
    pub(crate) refresh: Option<Zeroizing<String>>,
}

/// Why an authority gave nothing.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// For the caller.
    pub(crate) error: Box<CredentialError>,
    /// OAuth's error, by which flows with steps decide what comes next; empty if there is none.
    pub(crate) name: String,
    /// What the authority demands of the next sign-in.
    pub(crate) claims: Option<String>,
}

impl From<CredentialError> for Refusal {
    fn from(error: CredentialError) -> Self {
        Self {
            error: Box::new(error),
            name: String::new(),
            claims: None,
        }
    }
}

#[derive(Deserialize)]
struct Given<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    token_type: String,
    expires_in: Seconds,
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
}

/// Entra sends a number; its first endpoint and some gateways a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    error: String,
    /// In an answer that demands a person: what the sign-in has to satisfy.
    claims: Option<String>,
    error_description: String,
    error_codes: Vec<u64>,
    trace_id: String,
    correlation_id: String,
    timestamp: String,
}

/// A token, or the reason, from a whole answer.
pub(crate) fn read(
    answer: &Answer,
    asked: &Asked<'_>,
    now: OffsetDateTime,
) -> Result<Granted, Refusal> {
    match answer.status {
        200 => Ok(granted(&answer.body, asked, now)?),
        300..=399 => Err(Refusal::from(refused(
            "sign-in-redirect",
            format!(
                "{} answered with a redirect, which is not followed",
                asked.cloud.authority()
            ),
            "check that the authority and the proxy are the right ones",
        ))),
        status => Err(refusal(status, answer, asked)),
    }
}

fn granted(
    body: &[u8],
    asked: &Asked<'_>,
    now: OffsetDateTime,
) -> Result<Granted, CredentialError> {
    let wrong = |what: &str| {
        refused(
            "sign-in-answer",
            format!("{} answered with {what}", asked.cloud.authority()),
            "check that the authority and the proxy are the right ones",
        )
    };
    // Not the parser's words: they may quote the body.
    let granted: Given<'_> =
        serde_json::from_slice(body).map_err(|_| wrong("something that is no token answer"))?;
    if !granted.token_type.eq_ignore_ascii_case("bearer") {
        return Err(wrong("a token of another type than Bearer"));
    }
    let token = Zeroizing::new(granted.access_token.into_owned());
    let refresh = granted
        .refresh_token
        .map(|token| Zeroizing::new(token.into_owned()));
    let lasts = match granted.expires_in {
        Seconds::Number(seconds) => Some(seconds),
        Seconds::Text(text) => text.trim().parse().ok(),
    }
    .and_then(|seconds| i64::try_from(seconds).ok())
    .and_then(|seconds| now.checked_add(time::Duration::seconds(seconds)));
    let token = judged(token, lasts, asked.cloud).map_err(|why| match why {
        Unfit::Audience(error) => error,
        Unfit::Form(what) => wrong(what),
    })?;
    Ok(Granted { token, refresh })
}

/// What is wrong with a token.
pub(crate) enum Unfit {
    /// Its form; the words go after "answered with".
    Form(&'static str),
    /// It is for something else.
    Audience(CredentialError),
}

/// A token as it may be kept and sent: whoever issued it, its audience is the cloud's Graph root
/// where it can be read, a header can carry it, and its end is known.
pub(crate) fn judged(
    token: Zeroizing<String>,
    lasts: Option<OffsetDateTime>,
    cloud: &Cloud,
) -> Result<AccessToken, Unfit> {
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Unfit::Form("a token that no header can carry"));
    }
    let Some(lasts) = lasts else {
        return Err(Unfit::Form("a token whose end cannot be told"));
    };
    if let Some(claims) = jwt::claims(&token) {
        fits(&claims, cloud).map_err(Unfit::Audience)?;
    }
    Ok(AccessToken::new(token.as_str().to_owned(), Some(lasts)))
}

/// Whether trying again can help is read from the status and the OAuth error alone. Entra's
/// numbers only choose words: its documentation says that they change and that programs should
/// not depend on them.
fn refusal(status: u16, answer: &Answer, asked: &Asked<'_>) -> Refusal {
    let mut said: Said = serde_json::from_slice(&answer.body).unwrap_or_default();
    let name = identifier(&said.error);
    // Before anything is cut: half a secret is one, too.
    for text in [
        &mut said.error,
        &mut said.error_description,
        &mut said.trace_id,
        &mut said.correlation_id,
        &mut said.timestamp,
    ] {
        *text = without(std::mem::take(text), asked.secrets);
    }
    let number = said
        .error_codes
        .first()
        .copied()
        .or_else(|| numbered(&said.error_description));
    let service_code = match number {
        Some(number) => Some(format!("AADSTS{number}")),
        None if !name.is_empty() => Some(name.clone()),
        None => None,
    };
    let meaning = match number {
        Some(number) => entra_code::meaning(number),
        None => entra_code::by_name(&name),
    };
    let (code, cause, remedy) = match meaning {
        Some(Meaning {
            code,
            cause,
            remedy,
        }) => (code, cause.to_owned(), remedy),
        None => (
            "sign-in-refused",
            described(&said),
            "see what the authority says, and https://login.microsoftonline.com/error for its codes",
        ),
    };
    let support = support(&said);
    let message = format!(
        "{} gave no token to app {} in tenant {} ({status}{}): {cause}{support}",
        asked.cloud.authority(),
        shown(asked.client_id, 80),
        shown(asked.tenant, 80),
        service_code
            .as_ref()
            .map_or_else(String::new, |code| format!(", {code}")),
    );
    let busy = matches!(status, 408 | 429 | 500..=599) || name == "temporarily_unavailable";
    let mut error = if busy {
        // What passes by itself is named so, whatever number it bears.
        let code = match status {
            429 => "sign-in-throttled",
            _ => "sign-in-unavailable",
        };
        let wait = answer
            .retry_after
            .map_or_else(String::new, |wait| format!(" in {} s", wait.as_secs()));
        later(code, message, format!("try again later{wait}"))
    } else {
        refused(code, message, remedy)
    };
    error.said = Some(Box::new(AuthoritySaid {
        code: service_code,
        support_ids: support_ids(&said),
    }));
    Refusal {
        error: Box::new(error),
        name,
        claims: said.claims,
    }
}

/// The same, each by its name.
fn support_ids(said: &Said) -> Vec<(String, String)> {
    [
        ("trace-id", &said.trace_id),
        ("correlation-id", &said.correlation_id),
        ("date", &said.timestamp),
    ]
    .into_iter()
    .filter(|(_, id)| !id.is_empty())
    .map(|(name, id)| (name.to_owned(), shown(id, 40)))
    .collect()
}

/// The ids that support asks for, for a message.
fn support(said: &Said) -> String {
    let mut ids = String::new();
    for (name, id) in [
        ("trace", &said.trace_id),
        ("correlation", &said.correlation_id),
    ] {
        if !id.is_empty() {
            let joint = if ids.is_empty() { " [" } else { ", " };
            ids = format!("{ids}{joint}{name} {}", shown(id, 40));
        }
    }
    if ids.is_empty() { ids } else { ids + "]" }
}

/// Entra's first line, without what follows for support.
fn described(said: &Said) -> String {
    let first = said.error_description.lines().next().unwrap_or_default();
    let first = first.split(" Trace ID:").next().unwrap_or_default();
    let text = shown(first, 300);
    if text.is_empty() {
        "it gives no reason".into()
    } else {
        text
    }
}

/// A text without secrets that a service repeated in it.
pub(crate) fn without(text: String, secrets: &[&str]) -> String {
    secrets
        .iter()
        .filter(|secret| !secret.is_empty())
        .fold(text, |text, secret| text.replace(secret, "****"))
}

/// The number in `AADSTS7000215: …`, for answers without `error_codes`.
fn numbered(description: &str) -> Option<u64> {
    let digits = description.strip_prefix("AADSTS")?;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

/// An OAuth error name, as far as it is one.
fn identifier(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-')
        .take(60)
        .collect()
}
