//! Managed identities: the platform that runs the program says who it is.

mod answer;
mod arc;
mod platform;

use std::fmt;

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use time::OffsetDateTime;
use url::Url;
use zeroize::Zeroizing;

pub use platform::{Identity, Platform};

use crate::answer::{Refusal, Unfit, judged};
use crate::app::{Failed, Tries};
use crate::cache::Cache;
use crate::cloud::Cloud;
use crate::error::refused;
use crate::federated::AssertionSource;
use crate::given::check_scope;
use crate::http::Http;

/// A managed identity.
///
/// It keeps its token until 5 minutes before its end. It cannot answer claims challenges, and
/// does not say that it can: the platform hands out the token that it has.
#[derive(Debug)]
pub struct ManagedIdentity {
    asked: Asked,
    cloud: Cloud,
    cache: Cache,
}

/// A platform, which identity of it, and the connection.
struct Asked {
    platform: Platform,
    identity: Identity,
    http: Http,
}

impl ManagedIdentity {
    /// The platform's identity.
    ///
    /// # Errors
    ///
    /// `managed-identity-choice`: the platform cannot choose an identity in that way.
    pub fn new(
        cloud: Cloud,
        platform: Platform,
        identity: Identity,
        http: Http,
    ) -> Result<Self, CredentialError> {
        Ok(Self {
            asked: Asked::new(platform, identity, http)?,
            cloud,
            cache: Cache::default(),
        })
    }
}

impl Asked {
    fn new(platform: Platform, identity: Identity, http: Http) -> Result<Self, CredentialError> {
        platform.parameter(&identity)?;
        Ok(Self {
            platform,
            identity,
            http,
        })
    }

    /// Ask for a token for a resource, up to three times.
    async fn token(
        &self,
        resource: &str,
    ) -> Result<(Zeroizing<String>, OffsetDateTime), CredentialError> {
        let at = self.platform.address(resource, &self.identity)?;
        let headers = self.platform.headers();
        let mut tries = Tries::new();
        loop {
            match self.once(&at, &headers).await {
                Ok(given) => return Ok(given),
                Err(failed) => tries
                    .after(failed)
                    .await
                    .map_err(|refusal| *refusal.error)?,
            }
        }
    }

    async fn once(
        &self,
        at: &Url,
        headers: &[(&'static str, Zeroizing<String>)],
    ) -> Result<(Zeroizing<String>, OffsetDateTime), Failed> {
        let failed = |error: CredentialError| (Refusal::from(error), None);
        let mut answer = self.http.get(at, headers).await.map_err(failed)?;
        if let (Platform::Arc { directory, .. }, 401) = (&self.platform, answer.status) {
            let key = arc::key(answer.challenge.as_deref(), directory).await;
            let mut headers = headers.to_vec();
            headers.push(("authorization", key.map_err(failed)?));
            answer = self.http.get(at, &headers).await.map_err(failed)?;
        }
        let secret = self.platform.secret();
        answer::read(&answer, &self.platform, secret, OffsetDateTime::now_utc())
            .map_err(|error| (error.into(), answer.retry_after))
    }

    async fn token_for_graph(&self, cloud: &Cloud) -> Result<AccessToken, CredentialError> {
        let (token, lasts) = self.token(cloud.graph_root()).await?;
        judged(token, Some(lasts), cloud).map_err(|why| match why {
            Unfit::Audience(error) => error,
            Unfit::Form(what) => answer::wrong(&self.platform, what),
        })
    }
}

#[async_trait]
impl Credential for ManagedIdentity {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        check_scope(&request.scope, &self.cloud)?;
        if request.claims.is_some() {
            return Err(refused(
                "managed-identity-claims",
                "the service demands a token with more claims, which a managed identity cannot ask for",
                "see in the sign-in logs which policy applies; an app with a certificate or a federated credential can answer it",
            ));
        }
        self.cache
            .token(request, self.asked.token_for_graph(&self.cloud))
            .await
    }

    fn kind(&self) -> &'static str {
        "managed-identity"
    }
}

/// A managed identity that proves itself to an app registration, which holds the permissions
/// ([`Federated`](crate::Federated)).
#[derive(Debug)]
pub struct ManagedIdentityAssertion {
    asked: Asked,
    audience: String,
}

impl ManagedIdentityAssertion {
    /// The platform's identity; `audience` is what the federated credential has:
    /// [`Cloud::exchange_audience`].
    ///
    /// # Errors
    ///
    /// As [`ManagedIdentity::new`].
    pub fn new(
        platform: Platform,
        identity: Identity,
        audience: &str,
        http: Http,
    ) -> Result<Self, CredentialError> {
        Ok(Self {
            asked: Asked::new(platform, identity, http)?,
            audience: audience.into(),
        })
    }
}

#[async_trait]
impl AssertionSource for ManagedIdentityAssertion {
    async fn assertion(&self) -> Result<Zeroizing<String>, CredentialError> {
        Ok(self.asked.token(&self.audience).await?.0)
    }

    fn kind(&self) -> &'static str {
        "managed-identity-federated"
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("platform", &self.platform)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}
