//! What an authority answered: a token, or why not.

use std::borrow::Cow;

use passcode_host::credential::{AccessToken, CredentialError};
use serde::Deserialize;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::cloud::Cloud;
use crate::error::{later, refused, shown};
use crate::given::wrong_audience;
use crate::http::Answer;
use crate::jwt;

/// Who asked, for messages.
pub(crate) struct Asked<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) tenant: &'a str,
    pub(crate) client_id: &'a str,
    /// What must not come back in a message.
    pub(crate) secret: &'a str,
}

#[derive(Deserialize)]
struct Granted<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    token_type: String,
    expires_in: Seconds,
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
struct Refused {
    error: String,
    error_description: String,
    error_codes: Vec<u64>,
    trace_id: String,
    correlation_id: String,
}

/// A token, or the reason, from a whole answer.
pub(crate) fn read(
    answer: &Answer,
    asked: &Asked<'_>,
    now: OffsetDateTime,
) -> Result<AccessToken, CredentialError> {
    match answer.status {
        200 => granted(&answer.body, asked, now),
        300..=399 => Err(refused(
            "sign-in-redirect",
            format!(
                "{} answered with a redirect, which is not followed",
                asked.cloud.authority()
            ),
            "check that the authority and the proxy are the right ones",
        )),
        status => Err(refusal(status, answer, asked)),
    }
}

fn granted(
    body: &[u8],
    asked: &Asked<'_>,
    now: OffsetDateTime,
) -> Result<AccessToken, CredentialError> {
    let wrong = |what: &str| {
        refused(
            "sign-in-answer",
            format!("{} answered with {what}", asked.cloud.authority()),
            "check that the authority and the proxy are the right ones",
        )
    };
    // Not the parser's words: they may quote the body.
    let granted: Granted<'_> =
        serde_json::from_slice(body).map_err(|_| wrong("something that is no token answer"))?;
    if !granted.token_type.eq_ignore_ascii_case("bearer") {
        return Err(wrong("a token of another type than Bearer"));
    }
    let token = Zeroizing::new(granted.access_token.into_owned());
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("a token that no header can carry"));
    }
    let lasts = match granted.expires_in {
        Seconds::Number(seconds) => Some(seconds),
        Seconds::Text(text) => text.trim().parse().ok(),
    }
    .and_then(|seconds| i64::try_from(seconds).ok())
    .and_then(|seconds| now.checked_add(time::Duration::seconds(seconds)))
    .ok_or_else(|| wrong("a token whose end cannot be told"))?;
    if let Some(claims) = jwt::claims(&token)
        && !claims
            .audience
            .iter()
            .any(|audience| asked.cloud.is_audience(audience))
    {
        return Err(wrong_audience(&claims.audience, asked.cloud));
    }
    Ok(AccessToken::new(token.as_str().to_owned(), Some(lasts)))
}

/// Whether trying again can help is read from the status and the OAuth error alone. Entra's
/// numbers only choose words: its documentation says that they change and that programs should
/// not depend on them.
fn refusal(status: u16, answer: &Answer, asked: &Asked<'_>) -> CredentialError {
    let said: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    let number = said
        .error_codes
        .first()
        .copied()
        .or_else(|| numbered(&said.error_description));
    let code = match number {
        Some(number) => format!("AADSTS{number}"),
        None if !said.error.is_empty() => identifier(&said.error),
        None => format!("sign-in-status-{status}"),
    };
    let (cause, remedy) = number.and_then(words).unwrap_or_else(|| {
        (described(&said), "see what the authority says, and https://login.microsoftonline.com/error for its codes")
    });
    let support = support(&said);
    let message = format!(
        "{} gave no token to app {} in tenant {} ({status}, {code}): {cause}{support}",
        asked.cloud.authority(),
        shown(asked.client_id, 80),
        shown(asked.tenant, 80),
    );
    let message = without(message, asked.secret);
    let busy = matches!(status, 408 | 429 | 500..=599) || said.error == "temporarily_unavailable";
    if busy {
        let wait = answer
            .retry_after
            .map_or_else(String::new, |wait| format!(" in {} s", wait.as_secs()));
        return later(&code, message, format!("try again later{wait}"));
    }
    refused(&code, message, remedy)
}

/// The ids that support asks for.
fn support(said: &Refused) -> String {
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
fn described(said: &Refused) -> String {
    let first = said.error_description.lines().next().unwrap_or_default();
    let first = first.split(" Trace ID:").next().unwrap_or_default();
    let text = shown(first, 300);
    if text.is_empty() {
        "it gives no reason".into()
    } else {
        text
    }
}

fn without(text: String, secret: &str) -> String {
    if secret.is_empty() {
        text
    } else {
        text.replace(secret, "****")
    }
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

/// Cause and remedy for the refusals that an app with a secret meets. From Microsoft's page
/// "Microsoft Entra authentication and authorization error codes".
fn words(number: u64) -> Option<(String, &'static str)> {
    let (cause, remedy) = match number {
        7_000_215 => (
            "the client secret is wrong",
            "set AZURE_CLIENT_SECRET to the secret's value; the secret's id, which the portal shows beside it, is something else",
        ),
        7_000_222 => (
            "the client secret has expired",
            "make a new one: az ad app credential reset --id APP --append, and set AZURE_CLIENT_SECRET",
        ),
        700_016 => (
            "the tenant has no such app",
            "check AZURE_CLIENT_ID, AZURE_TENANT_ID and PASSCODE_CLOUD; an app exists in the cloud where it was registered, and its service principal in each tenant that consented",
        ),
        90_002 | 900_023 => (
            "there is no such tenant in this cloud",
            "check AZURE_TENANT_ID and PASSCODE_CLOUD",
        ),
        7_000_112 => (
            "the app is disabled",
            "enable its enterprise application, or use another app",
        ),
        7_000_218 | 700_025 => (
            "the app is registered as a public client, which has no secret",
            "register a confidential client, with Allow public client flows off",
        ),
        500_011 => (
            "the tenant does not know the resource",
            "check that PASSCODE_CLOUD is the tenant's cloud",
        ),
        53_003 => (
            "Conditional Access blocks it",
            "ask for a policy that lets this workload identity in from here",
        ),
        900_382 | 900_439 => (
            "the app or tenant belongs to another cloud",
            "set PASSCODE_CLOUD to that cloud",
        ),
        _ => return None,
    };
    Some((cause.into(), remedy))
}
