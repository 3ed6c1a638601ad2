//! An app that signs in with a certificate.

use std::fmt;

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use time::OffsetDateTime;

use crate::app::{App, Confidential, Form, Proof, Tenants, field};
use crate::assertion;
use crate::certificate::Certificate;
use crate::cloud::Cloud;
use crate::http::Http;
use crate::random;

/// An app with a certificate.
///
/// Each request for a token carries an assertion of its own: PS256, `x5t#S256`, for the tenant's
/// token endpoint, five minutes long. It keeps its token, and answers claims challenges, as
/// [`ClientSecret`](crate::ClientSecret) does.
#[derive(Debug)]
pub struct ClientCertificate(Confidential<Certificate>);

impl ClientCertificate {
    /// An app in a tenant. `tenant` is its id or one of its domains.
    ///
    /// # Errors
    ///
    /// `tenant-invalid`, `client-id-invalid`: as for [`ClientSecret`](crate::ClientSecret::new).
    pub fn new(
        cloud: Cloud,
        tenant: &str,
        client_id: &str,
        certificate: Certificate,
        http: Http,
    ) -> Result<Self, CredentialError> {
        let app = App::new(cloud, tenant, client_id, http, Tenants::One)?;
        Ok(Self(Confidential::new(app, certificate)))
    }
}

#[async_trait]
impl Proof for Certificate {
    async fn fields(&self, app: &App) -> Result<Form, CredentialError> {
        let id = random::text()?;
        let now = OffsetDateTime::now_utc();
        let signed = assertion::signed(self, &app.client_id, app.endpoint.as_str(), &id, now)?;
        Ok(vec![
            field("client_assertion_type", assertion::TYPE),
            ("client_assertion", signed),
        ])
    }
}

#[async_trait]
impl Credential for ClientCertificate {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        self.0.token(request).await
    }

    fn kind(&self) -> &'static str {
        "client-certificate"
    }
}

impl<P: fmt::Debug> fmt::Debug for Confidential<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confidential")
            .field("app", &self.app)
            .field("proof", &self.proof)
            .finish_non_exhaustive()
    }
}
