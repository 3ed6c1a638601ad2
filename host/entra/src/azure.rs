//! Credentials of Microsoft's own crates: what their command-line tools have, Azure Pipelines,
//! and any other that a program already holds.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential,
    AzureDeveloperCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredentialOptions, Executor,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use zeroize::Zeroizing;

use crate::answer::{Unfit, judged};
use crate::cache::Cache;
use crate::cloud::Cloud;
use crate::error::{later, refused, shown};
use crate::given::check_scope;
use crate::http::Http;

/// A credential of `azure_core`.
///
/// It keeps its token until 5 minutes before its end. Such credentials cannot answer claims
/// challenges, and keep their own tokens out of our reach: a renewal may bring the same again.
#[derive(Debug)]
pub struct AzureCredential {
    inner: Arc<dyn TokenCredential>,
    cloud: Cloud,
    kind: &'static str,
    cache: Cache,
}

impl AzureCredential {
    /// Any credential that a program already holds. Whoever gives it vouches for it; its tokens
    /// go to the cloud's Graph root and nowhere else.
    #[must_use]
    pub fn new(inner: Arc<dyn TokenCredential>, cloud: Cloud) -> Self {
        Self::of(inner, cloud, "azure-core")
    }

    fn of(inner: Arc<dyn TokenCredential>, cloud: Cloud, kind: &'static str) -> Self {
        Self {
            inner,
            cloud,
            kind,
            cache: Cache::default(),
        }
    }

    /// The account of Azure CLI (`az login`), version 2.54 or newer, which has to be signed in to
    /// the same cloud (`az cloud set`). `executor` runs the program; `None` is the usual way.
    ///
    /// # Errors
    ///
    /// `azure-cli` if the tenant is none.
    pub fn azure_cli(
        cloud: Cloud,
        tenant: Option<&str>,
        executor: Option<Arc<dyn Executor>>,
    ) -> Result<Self, CredentialError> {
        let options = AzureCliCredentialOptions {
            tenant_id: tenant.map(str::to_owned),
            executor,
            ..Default::default()
        };
        let inner = AzureCliCredential::new(Some(options));
        let inner = inner.map_err(|error| failed("azure-cli", &error))?;
        Ok(Self::of(inner, cloud, "azure-cli"))
    }

    /// The account of Azure Developer CLI (`azd auth login`).
    ///
    /// # Errors
    ///
    /// `azure-developer-cli` if the tenant is none.
    pub fn azure_developer_cli(
        cloud: Cloud,
        tenant: Option<&str>,
        executor: Option<Arc<dyn Executor>>,
    ) -> Result<Self, CredentialError> {
        let options = AzureDeveloperCliCredentialOptions {
            tenant_id: tenant.map(str::to_owned),
            executor,
        };
        let inner = AzureDeveloperCliCredential::new(Some(options));
        let inner = inner.map_err(|error| failed("azure-developer-cli", &error))?;
        Ok(Self::of(inner, cloud, "azure-developer-cli"))
    }

    /// A service connection of Azure Pipelines. `access_token` is the job's
    /// `$(System.AccessToken)`; the address comes from `SYSTEM_OIDCREQUESTURI`, which Azure
    /// Pipelines sets. Everything goes over this crate's connections, encrypted only.
    ///
    /// # Errors
    ///
    /// `azure-pipelines` if something is missing.
    pub fn azure_pipelines(
        cloud: Cloud,
        tenant: &str,
        client_id: &str,
        connection: &str,
        access_token: Zeroizing<String>,
        http: &Http,
    ) -> Result<Self, CredentialError> {
        let mut place = CustomConfiguration::default();
        place.authority_host = cloud.authority().to_owned();
        let client_options = ClientOptions {
            transport: Some(Transport::new(Arc::new(http.encrypted()?))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(place))),
            ..Default::default()
        };
        let options = AzurePipelinesCredentialOptions {
            credential_options: ClientAssertionCredentialOptions { client_options },
        };
        let inner = AzurePipelinesCredential::new(
            tenant.to_owned(),
            client_id.to_owned(),
            connection,
            Secret::new(access_token.to_string()),
            Some(options),
        );
        let inner = inner.map_err(|error| failed("azure-pipelines", &error))?;
        Ok(Self::of(inner, cloud, "azure-pipelines"))
    }

    async fn ask(&self) -> Result<AccessToken, CredentialError> {
        let scope = self.cloud.scope();
        let given = self.inner.get_token(&[&scope], None).await;
        let given = given.map_err(|error| failed(self.kind, &error))?;
        let token = Zeroizing::new(given.token.secret().to_owned());
        judged(token, Some(given.expires_on), &self.cloud).map_err(|why| match why {
            Unfit::Audience(error) => error,
            Unfit::Form(what) => refused(
                self.kind,
                format!("{} gave {what}", self.kind),
                "sign in there again",
            ),
        })
    }
}

/// Their words, made harmless and short. The first line says what happened; what follows may be
/// the whole output of a program.
fn failed(kind: &'static str, error: &azure_core::Error) -> CredentialError {
    let text = error.to_string();
    let remedy = match kind {
        "azure-cli" => {
            "sign in: az login (and az cloud set, for another cloud than the global one)"
        }
        "azure-developer-cli" => "sign in: azd auth login",
        "azure-pipelines" => {
            "check the service connection, and pass SYSTEM_ACCESSTOKEN: $(System.AccessToken) to the step"
        }
        _ => "see what the credential needs",
    };
    let text = format!("{kind}: {}", shown(&without_tokens(&text), 400));
    match error.kind() {
        ErrorKind::Io | ErrorKind::Connection => later(kind, text, remedy),
        _ => refused(kind, text, remedy),
    }
}

/// A program's output may hold what looks like a token, or its beginning.
fn without_tokens(text: &str) -> String {
    text.split_whitespace()
        .map(|word| if word.contains("eyJ") { "****" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

#[async_trait]
impl Credential for AzureCredential {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        check_scope(&request.scope, &self.cloud)?;
        if let Some(claims) = &request.claims {
            let remedy = if self.kind == "azure-cli" {
                // Azure CLI takes it since 2.76.
                format!(
                    "az login --scope {} --claims-challenge {}",
                    self.cloud.scope(),
                    STANDARD.encode(claims)
                )
            } else {
                "sign in in another way: with a browser, or as an app with a certificate".into()
            };
            return Err(refused(
                "azure-claims",
                format!(
                    "the service demands a token with more claims, which {} cannot ask for",
                    self.kind
                ),
                remedy,
            ));
        }
        self.cache.token(request, self.ask()).await
    }

    fn kind(&self) -> &'static str {
        self.kind
    }
}
