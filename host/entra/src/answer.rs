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
    if let Some(claims) = jwt::claims(&token)
        && !claims
            .audience
            .iter()
            .any(|audience| cloud.is_audience(audience))
    {
        return Err(Unfit::Audience(wrong_audience(&claims.audience, cloud)));
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
    ] {
        *text = without(std::mem::take(text), asked.secrets);
    }
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
    let busy = matches!(status, 408 | 429 | 500..=599) || name == "temporarily_unavailable";
    let error = if busy {
        let wait = answer
            .retry_after
            .map_or_else(String::new, |wait| format!(" in {} s", wait.as_secs()));
        later(&code, message, format!("try again later{wait}"))
    } else {
        refused(&code, message, remedy)
    };
    Refusal {
        error: Box::new(error),
        name,
        claims: said.claims,
    }
}

/// The ids that support asks for.
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
        700_027 => (
            "the certificate, or the signature made with it, is not accepted",
            "upload the certificate's public part to the app registration (Certificates & secrets), and check that it has not expired",
        ),
        700_213 | 70_021 | 700_211 | 700_212 => (
            "no federated credential of the app matches the assertion's issuer, subject and audience",
            "compare them with the app registration's federated credentials: az ad app federated-credential list --id APP",
        ),
        50_027 => (
            "the assertion is not accepted",
            "check AZURE_TENANT_ID: an assertion is made for one tenant's token endpoint",
        ),
        65_001 => (
            "nobody has consented to the app for this person or tenant",
            "have an administrator consent to the app's permissions",
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
