//! A code that is typed at another device (RFC 8628).
//!
//! Many tenants block it by Conditional Access: whoever is sent such a code by a stranger signs
//! the stranger in.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{DevicePrompt, Interaction, Person, Way, scope};
use crate::answer::{self, Asked, Granted, Refusal};
use crate::app::{App, Form, Tries, field};
use crate::cloud::Cloud;
use crate::error::{refused, shown};
use crate::http::Http;
use crate::vault::RefreshTokens;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// RFC 8628: what is waited where the answer does not say.
const INTERVAL: u64 = 5;

/// RFC 8628: `slow_down` adds so much, for all that follows.
const SLOWER: Duration = Duration::from_secs(5);

/// No code is waited for longer.
const LONGEST: u64 = 30 * 60;

/// A person who types a code at another device.
#[derive(Debug)]
pub struct DeviceCode(Person<Typed>);

#[derive(Debug)]
struct Typed {
    interaction: Arc<dyn Interaction>,
}

impl DeviceCode {
    /// A sign-in to an app, which has to be registered with *Allow public client flows*. `tenant`
    /// is an id, a domain, or `organizations`. With `kept`, the refresh token rests there.
    ///
    /// # Errors
    ///
    /// `tenant-invalid`, `client-id-invalid`.
    pub fn new(
        cloud: Cloud,
        tenant: &str,
        client_id: &str,
        interaction: Arc<dyn Interaction>,
        kept: Option<Arc<dyn RefreshTokens>>,
        http: Http,
    ) -> Result<Self, CredentialError> {
        let way = Typed { interaction };
        Person::new(cloud, tenant, client_id, http, kept, way).map(Self)
    }
}

#[derive(Deserialize)]
struct Given {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    expires_in: u64,
    interval: Option<u64>,
}

#[async_trait]
impl Way for Typed {
    async fn sign_in(&self, app: &App, claims: &str) -> Result<Granted, Refusal> {
        let given = begin(app).await?;
        let seconds = given.expires_in.min(LONGEST);
        let prompt = DevicePrompt {
            user_code: shown(&given.user_code, 40),
            address: shown(&given.verification_uri, 200),
            seconds,
        };
        let ends = Instant::now() + Duration::from_secs(seconds);
        self.interaction.show_code(&prompt).await?;
        let form: Form = vec![
            field("grant_type", GRANT),
            field("client_id", &app.client_id),
            ("device_code", Zeroizing::new(given.device_code)),
            field("claims", claims),
        ];
        let mut pause = Duration::from_secs(given.interval.unwrap_or(INTERVAL).clamp(1, 60));
        loop {
            tokio::time::sleep(pause).await;
            if Instant::now() >= ends {
                return Err(expired().into());
            }
            let refusal = match app.exchange(&form).await {
                Ok(granted) => return Ok(granted),
                Err((refusal, _)) => refusal,
            };
            match next(&refusal) {
                Next::Wait => {}
                Next::Slower => pause += SLOWER,
                Next::Stop(None) => return Err(refusal),
                Next::Stop(Some(error)) => return Err(error.into()),
            }
        }
    }

    async fn warn(&self, problem: CredentialError) -> Result<(), CredentialError> {
        self.interaction.warn(&problem).await;
        Ok(())
    }
}

async fn begin(app: &App) -> Result<Given, Refusal> {
    let address = app.address("devicecode")?;
    let scope = scope(&app.cloud);
    let form = [("client_id", app.client_id.as_str()), ("scope", &scope)];
    let asked = Asked {
        cloud: &app.cloud,
        tenant: &app.tenant,
        client_id: &app.client_id,
        secrets: &[],
    };
    let mut tries = Tries::new();
    let answer = loop {
        let failed = match app.http.post(&address, &form).await {
            Ok(answer) if answer.status == 200 => break answer,
            Ok(answer) => match answer::read(&answer, &asked, OffsetDateTime::now_utc()) {
                Ok(_) => break answer,
                Err(refusal) => (refusal, answer.retry_after),
            },
            Err(error) => (error.into(), None),
        };
        tries.after(failed).await?;
    };
    serde_json::from_slice(&answer.body).map_err(|_| {
        Refusal::from(refused(
            "sign-in-answer",
            format!(
                "{} answered with something that is no device code",
                app.cloud.authority()
            ),
            "check that the authority and the proxy are the right ones",
        ))
    })
}

/// What follows from an answer that is no token.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Wait,
    Slower,
    /// With our own words, or the authority's.
    Stop(Option<CredentialError>),
}

/// OAuth's names, and Entra's for the same.
fn next(refusal: &Refusal) -> Next {
    match refusal.name.as_str() {
        "authorization_pending" => Next::Wait,
        "slow_down" => Next::Slower,
        "access_denied" | "authorization_declined" => Next::Stop(Some(declined())),
        "expired_token" | "code_expired" => Next::Stop(Some(expired())),
        // RFC 8628 3.5: a lost connection is met with fewer requests.
        _ if refusal.error.transient => Next::Slower,
        _ => Next::Stop(None),
    }
}

pub(super) fn declined() -> CredentialError {
    refused(
        "sign-in-declined",
        "the sign-in was declined",
        "sign in again, and accept",
    )
}

fn expired() -> CredentialError {
    refused(
        "sign-in-expired",
        "nobody typed the code in time",
        "sign in again",
    )
}

#[async_trait]
impl Credential for DeviceCode {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        self.0.token(request).await
    }

    fn kind(&self) -> &'static str {
        "device-code"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::later;

    #[test]
    fn an_answer_that_is_no_token_says_what_comes_next() {
        let stops = |code: &str| Err(code.to_owned());
        let table = [
            ("authorization_pending", false, Ok("wait")),
            ("slow_down", false, Ok("slower")),
            ("access_denied", false, stops("sign-in-declined")),
            ("authorization_declined", false, stops("sign-in-declined")),
            ("expired_token", false, stops("sign-in-expired")),
            ("code_expired", false, stops("sign-in-expired")),
            ("bad_verification_code", false, stops("theirs")),
            ("invalid_grant", false, stops("theirs")),
            ("", true, Ok("slower")),
            ("temporarily_unavailable", true, Ok("slower")),
        ];
        for (name, transient, expected) in table {
            let error = if transient { later } else { refused };
            let mut refusal = Refusal::from(error("theirs", "", ""));
            refusal.name = name.into();
            let found = match next(&refusal) {
                Next::Wait => Ok("wait"),
                Next::Slower => Ok("slower"),
                Next::Stop(None) => Err(refusal.error.code.clone()),
                Next::Stop(Some(error)) => Err(error.code),
            };
            assert_eq!(found, expected, "{name}");
        }
    }
}
