//! An app that signs in with a secret.

use std::fmt;

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use zeroize::Zeroizing;

use crate::app::{App, Confidential, Form, Proof, Tenants, field};
use crate::cloud::Cloud;
use crate::error::refused;
use crate::http::Http;

/// An app with a client secret.
///
/// Keeps one token, until 5 minutes before its end. Any number of tasks that want one at the
/// same time cause one request. A renewal bypasses the cache; tasks whose tokens were refused at
/// the same time share one renewal. It declares that it answers claims challenges.
pub struct ClientSecret(Confidential<Secret>);

struct Secret(Zeroizing<String>);

impl ClientSecret {
    /// An app in a tenant. `tenant` is its id or one of its domains.
    ///
    /// # Errors
    ///
    /// `tenant-invalid` for anything else (`common` and `organizations` included: an app's own
    /// token belongs to one tenant); `client-id-invalid`; `secret-empty`.
    pub fn new(
        cloud: Cloud,
        tenant: &str,
        client_id: &str,
        secret: String,
        http: Http,
    ) -> Result<Self, CredentialError> {
        let secret = Zeroizing::new(secret);
        let app = App::new(cloud, tenant, client_id, http, Tenants::One)?;
        if secret.trim().is_empty() {
            return Err(refused(
                "secret-empty",
                "the client secret is empty",
                "set AZURE_CLIENT_SECRET to the secret's value",
            ));
        }
        Ok(Self(Confidential::new(app, Secret(secret))))
    }

    /// The cloud it is for.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.0.app.cloud
    }

    /// The tenant, as it was given.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.0.app.tenant
    }

    /// The app.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.0.app.client_id
    }
}

#[async_trait]
impl Proof for Secret {
    async fn fields(&self, _app: &App) -> Result<Form, CredentialError> {
        Ok(vec![field("client_secret", &self.0)])
    }
}

#[async_trait]
impl Credential for ClientSecret {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        self.0.token(request).await
    }

    fn kind(&self) -> &'static str {
        "client-secret"
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret")
            .field("app", &self.0.app)
            .field("secret", &"****")
            .finish_non_exhaustive()
    }
}
