//! From a way to sign in to the credential that goes it.

use std::sync::Arc;

use passcode_host::credential::{Credential, CredentialError};

use super::{Registration, SignIn};
use crate::certificate::Certificate;
use crate::client_certificate::ClientCertificate;
use crate::client_secret::ClientSecret;
use crate::cloud::Cloud;
use crate::error::refused;
use crate::federated::{AssertionSource, Federated, WorkloadIdentityFile};
use crate::github::GitHubOidc;
use crate::given::GivenToken;
use crate::http::Http;
use crate::managed_identity::{ManagedIdentity, ManagedIdentityAssertion};
use crate::person::{Browser, DeviceCode, Interaction, KeptSignIn};
use crate::vault::RefreshTokens;

/// What people's sign-ins need of the program around them.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// How to speak with the person. Without it nobody can sign in anew.
    pub interaction: Option<Arc<dyn Interaction>>,
    /// Where refresh tokens rest. Without it, in memory only.
    pub kept: Option<Arc<dyn RefreshTokens>>,
}

impl SignIn {
    /// The credential that goes this way, without anybody to ask.
    ///
    /// # Errors
    ///
    /// As [`SignIn::credential_for`].
    pub fn credential(
        self,
        cloud: Cloud,
        http: &Http,
    ) -> Result<Arc<dyn Credential>, CredentialError> {
        self.credential_for(cloud, http, People::default())
    }

    /// The credential that goes this way.
    ///
    /// # Errors
    ///
    /// Those of the credential; `sign-in-needs-a-person` if somebody has to be asked and nobody
    /// can be; `sign-in-not-built` if this build leaves the way out.
    pub fn credential_for(
        self,
        cloud: Cloud,
        http: &Http,
        people: People,
    ) -> Result<Arc<dyn Credential>, CredentialError> {
        let http = http.clone();
        let federated = |app: Registration, source: Arc<dyn AssertionSource>, cloud, http| {
            Federated::new(cloud, &app.tenant, &app.client_id, source, http)
        };
        Ok(match self {
            Self::GivenToken { token, vouched } => Arc::new(if vouched {
                GivenToken::vouched(token.to_string(), cloud)?
            } else {
                GivenToken::new(token.to_string(), cloud)?
            }),
            Self::ClientSecret { app, secret } => Arc::new(ClientSecret::new(
                cloud,
                &app.tenant,
                &app.client_id,
                secret.to_string(),
                http,
            )?),
            Self::ClientCertificate {
                app,
                path,
                password,
                sends_chain,
            } => {
                let certificate = Certificate::read(&path, &password)?;
                let certificate = if sends_chain {
                    certificate.with_chain()
                } else {
                    certificate
                };
                let (tenant, client_id) = (&app.tenant, &app.client_id);
                Arc::new(ClientCertificate::new(
                    cloud,
                    tenant,
                    client_id,
                    certificate,
                    http,
                )?)
            }
            Self::WorkloadIdentity { app, file } => {
                let source = Arc::new(WorkloadIdentityFile::new(file));
                Arc::new(federated(app, source, cloud, http)?)
            }
            Self::GitHubOidc {
                app,
                address,
                token,
            } => {
                let audience = cloud.exchange_audience();
                let token = token.to_string();
                let source = GitHubOidc::new(&address, token, audience, http.clone())?;
                Arc::new(federated(app, Arc::new(source), cloud, http)?)
            }
            Self::ManagedIdentity { platform, identity } => {
                Arc::new(ManagedIdentity::new(cloud, platform, identity, http)?)
            }
            Self::ManagedIdentityFederated {
                app,
                platform,
                identity,
            } => {
                let audience = cloud.exchange_audience();
                let source =
                    ManagedIdentityAssertion::new(platform, identity, audience, http.clone())?;
                Arc::new(federated(app, Arc::new(source), cloud, http)?)
            }
            Self::DeviceCode { app } => {
                let (tenant, client_id) = (&app.tenant, &app.client_id);
                let interaction = people.interaction.ok_or_else(needs_a_person)?;
                Arc::new(DeviceCode::new(
                    cloud,
                    tenant,
                    client_id,
                    interaction,
                    people.kept,
                    http,
                )?)
            }
            Self::Browser { app } => {
                let (tenant, client_id) = (&app.tenant, &app.client_id);
                let interaction = people.interaction.ok_or_else(needs_a_person)?;
                Arc::new(Browser::new(
                    cloud,
                    tenant,
                    client_id,
                    interaction,
                    people.kept,
                    http,
                )?)
            }
            Self::KeptSignIn { app } => {
                let kept = people.kept.ok_or_else(|| not_built("kept-sign-in"))?;
                let (tenant, client_id) = (&app.tenant, &app.client_id);
                Arc::new(KeptSignIn::new(cloud, tenant, client_id, kept, http)?)
            }
            other => other.of_azure(cloud, &http)?,
        })
    }

    #[cfg(feature = "azure-identity")]
    fn of_azure(self, cloud: Cloud, http: &Http) -> Result<Arc<dyn Credential>, CredentialError> {
        use crate::azure::AzureCredential;

        Ok(Arc::new(match self {
            Self::AzureCli { tenant } => {
                AzureCredential::azure_cli(cloud, tenant.as_deref(), None)?
            }
            Self::AzureDeveloperCli { tenant } => {
                AzureCredential::azure_developer_cli(cloud, tenant.as_deref(), None)?
            }
            Self::AzurePipelines {
                app,
                connection,
                access_token,
            } => AzureCredential::azure_pipelines(
                cloud,
                &app.tenant,
                &app.client_id,
                &connection,
                access_token,
                http,
            )?,
            other => return Err(not_built(other.kind())),
        }))
    }

    #[cfg(not(feature = "azure-identity"))]
    fn of_azure(self, _cloud: Cloud, _http: &Http) -> Result<Arc<dyn Credential>, CredentialError> {
        Err(not_built(self.kind()))
    }
}

fn needs_a_person() -> CredentialError {
    refused(
        "sign-in-needs-a-person",
        "this way to sign in asks a person, and there is nobody to ask here",
        "sign in first where there is: `passcode login`",
    )
}

fn not_built(kind: &str) -> CredentialError {
    refused(
        "sign-in-not-built",
        format!("{kind} is not part of this build, or has nowhere to rest"),
        "use another way to sign in",
    )
}
