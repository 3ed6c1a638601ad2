//! Where the host gets its tokens from. The trait is here; the ways of signing in are not.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// What a token is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// The scope: the destination's origin and `/.default`.
    pub scope: String,
    /// A claims challenge to answer, as JSON.
    pub claims: Option<String>,
    /// Do not answer from a cache: the last token was not accepted.
    pub renew: bool,
}

/// An access token. Prints as stars. Clones share the one text, which is wiped with the last of them.
#[derive(Clone)]
pub struct AccessToken {
    secret: Arc<Zeroizing<String>>,
    expires: Option<OffsetDateTime>,
}

impl AccessToken {
    /// Wrap a token.
    #[must_use]
    pub fn new(secret: String, expires: Option<OffsetDateTime>) -> Self {
        Self {
            secret: Arc::new(Zeroizing::new(secret)),
            expires,
        }
    }

    /// The token itself, for the one header it belongs in.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// When it stops being valid, where that is known.
    #[must_use]
    pub fn expires(&self) -> Option<OffsetDateTime> {
        self.expires
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(****)")
    }
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CredentialError {
    /// A stable code for machines: `app-secret-wrong`, `token-expired`, … See docs/refusals.md.
    pub code: String,
    /// What happened, to what. Never a secret.
    pub message: String,
    /// What to do now.
    pub remedy: String,
    /// Whether trying again later can help.
    pub transient: bool,
    /// What the authority itself said, where it said anything.
    pub said: Option<Box<AuthoritySaid>>,
}

/// What an authority said when it refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthoritySaid {
    /// Its own code, where it gave one: `AADSTS7000215`, or OAuth's error.
    pub code: Option<String>,
    /// What its support asks for: `trace-id`, `correlation-id`, `date`.
    pub support_ids: Vec<(String, String)>,
}

/// A way of getting tokens.
#[async_trait]
pub trait Credential: Send + Sync + fmt::Debug {
    /// A token for a scope. Implementations cache, unless asked to renew.
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError>;

    /// The kind of credential, for people and for `operator.proof`: `client-secret`, …
    fn kind(&self) -> &'static str;
}
