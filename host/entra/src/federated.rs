//! An app that signs in with an assertion that somebody else issued: Kubernetes, GitHub, a managed
//! identity. The app registration has a federated credential that names issuer and subject.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use zeroize::Zeroizing;

use crate::app::{App, Confidential, Form, Proof, Tenants, field};
use crate::assertion;
use crate::cloud::Cloud;
use crate::error::{refused, shown};
use crate::http::Http;

/// An assertion longer than this is none.
const LONGEST: u64 = 64 * 1024;

/// Where an assertion comes from. It is asked for one each time a token is requested, so what
/// issues it may rotate it.
#[async_trait]
pub trait AssertionSource: Send + Sync + fmt::Debug {
    /// An assertion, fresh.
    async fn assertion(&self) -> Result<Zeroizing<String>, CredentialError>;

    /// The kind of credential, for people: `workload-identity`, …
    fn kind(&self) -> &'static str;
}

/// An app with a federated credential.
///
/// It keeps its token, and answers claims challenges, as [`ClientSecret`](crate::ClientSecret)
/// does. It never keeps an assertion.
#[derive(Debug)]
pub struct Federated(Confidential<Arc<dyn AssertionSource>>);

impl Federated {
    /// An app in a tenant. `tenant` is its id or one of its domains.
    ///
    /// # Errors
    ///
    /// `tenant-invalid`, `client-id-invalid`: as for [`ClientSecret`](crate::ClientSecret::new).
    pub fn new(
        cloud: Cloud,
        tenant: &str,
        client_id: &str,
        source: Arc<dyn AssertionSource>,
        http: Http,
    ) -> Result<Self, CredentialError> {
        let app = App::new(cloud, tenant, client_id, http, Tenants::One)?;
        Ok(Self(Confidential::new(app, source)))
    }
}

#[async_trait]
impl Proof for Arc<dyn AssertionSource> {
    async fn fields(&self, _app: &App) -> Result<Form, CredentialError> {
        let assertion = self.assertion().await?;
        if assertion.is_empty() || !assertion.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused(
                "assertion-malformed",
                format!("what {} gave is no assertion", self.kind()),
                "check what issues it",
            ));
        }
        Ok(vec![
            field("client_assertion_type", assertion::TYPE),
            ("client_assertion", assertion),
        ])
    }
}

#[async_trait]
impl Credential for Federated {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        self.0.token(request).await
    }

    fn kind(&self) -> &'static str {
        self.0.proof.kind()
    }
}

/// A file with a workload's identity, as AKS puts it into a pod. Kubernetes replaces it while the
/// program runs, so it is read again for each request.
#[derive(Clone, Debug)]
pub struct WorkloadIdentityFile(PathBuf);

impl WorkloadIdentityFile {
    /// The file at `path` (`AZURE_FEDERATED_TOKEN_FILE`). It need not be there yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

#[async_trait]
impl AssertionSource for WorkloadIdentityFile {
    async fn assertion(&self) -> Result<Zeroizing<String>, CredentialError> {
        let failed = |why: String| {
            refused(
                "assertion-file",
                format!("{} {why}", shown(&self.0.display().to_string(), 300)),
                "set AZURE_FEDERATED_TOKEN_FILE to the file that the platform writes; in AKS the pod needs the label azure.workload.identity/use",
            )
        };
        let kind = |error: std::io::Error| failed(format!("cannot be read ({})", error.kind()));
        let length = tokio::fs::metadata(&self.0).await.map_err(kind)?.len();
        if length > LONGEST {
            return Err(failed(format!("is longer than {LONGEST} bytes")));
        }
        let text = tokio::fs::read_to_string(&self.0)
            .await
            .map(Zeroizing::new)
            .map_err(kind)?;
        Ok(Zeroizing::new(text.trim().to_owned()))
    }

    fn kind(&self) -> &'static str {
        "workload-identity"
    }
}
