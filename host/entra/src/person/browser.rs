//! A browser on this machine: the authorization code grant with PKCE (RFC 7636), for native apps
//! (RFC 8252).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use url::Url;
use zeroize::Zeroizing;

use super::device_code::declined;
use super::listener::{Back, Listener};
use super::{Interaction, Person, Way, scope};
use crate::answer::{Granted, Refusal};
use crate::app::{App, Form, field};
use crate::cloud::Cloud;
use crate::error::{refused, shown};
use crate::http::Http;
use crate::random;
use crate::vault::RefreshTokens;

/// How long a person has.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// A person who signs in with the browser of this machine.
#[derive(Debug)]
pub struct Browser(Person<Opened>);

#[derive(Debug)]
struct Opened {
    interaction: Arc<dyn Interaction>,
}

impl Browser {
    /// A sign-in to an app, which has to be registered with the redirect address
    /// `http://localhost` for *mobile and desktop applications*. `tenant` is an id, a domain, or
    /// `organizations`. With `kept`, the refresh token rests there.
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
        let way = Opened { interaction };
        Person::new(cloud, tenant, client_id, http, kept, way).map(Self)
    }
}

#[async_trait]
impl Way for Opened {
    async fn sign_in(&self, app: &App, claims: &str) -> Result<Granted, Refusal> {
        let listener = Listener::bind().await?;
        let redirect = format!("http://localhost:{}", listener.port());
        let (state, verifier) = (random::text()?, Zeroizing::new(random::text()?));
        let address = authorize(app, &redirect, &state, &challenge(&verifier), claims)?;
        self.interaction.open_browser(&address).await?;
        let back = tokio::time::timeout(LONGEST, listener.wait(&state)).await;
        let code = match back {
            Err(_) => {
                return Err(Refusal::from(refused(
                    "sign-in-expired",
                    "nobody signed in within five minutes",
                    "sign in again",
                )));
            }
            Ok(Back::Code(code)) => code,
            Ok(Back::Error { name, .. }) if name == "access_denied" => {
                return Err(declined().into());
            }
            Ok(Back::Error { name, description }) => {
                return Err(Refusal::from(refused(
                    "sign-in-failed",
                    format!(
                        "{} signed nobody in ({}): {}",
                        app.cloud.authority(),
                        shown(&name, 60),
                        shown(&description, 300)
                    ),
                    "see what the browser shows, and sign in again",
                )));
            }
        };
        let form: Form = vec![
            field("grant_type", "authorization_code"),
            field("client_id", &app.client_id),
            ("code", code),
            field("redirect_uri", &redirect),
            ("code_verifier", verifier),
            field("scope", &scope(&app.cloud)),
            field("claims", claims),
        ];
        // Once: a code is not taken twice.
        app.exchange(&form).await.map_err(|(refusal, _)| refusal)
    }

    async fn warn(&self, problem: CredentialError) -> Result<(), CredentialError> {
        self.interaction.warn(&problem).await;
        Ok(())
    }
}

/// RFC 7636 4.2: S256.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

fn authorize(
    app: &App,
    redirect: &str,
    state: &str,
    challenge: &str,
    claims: &str,
) -> Result<Url, CredentialError> {
    let mut address = app.address("authorize")?;
    address
        .query_pairs_mut()
        .append_pair("client_id", &app.client_id)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", redirect)
        .append_pair("response_mode", "query")
        .append_pair("scope", &scope(&app.cloud))
        .append_pair("state", state)
        .append_pair("code_challenge", challenge)
        .append_pair("code_challenge_method", "S256")
        // Who acts on devices says as whom; the account of the last visit is not taken silently.
        .append_pair("prompt", "select_account")
        .append_pair("claims", claims);
    Ok(address)
}

#[async_trait]
impl Credential for Browser {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        self.0.token(request).await
    }

    fn kind(&self) -> &'static str {
        "browser"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            challenge(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
