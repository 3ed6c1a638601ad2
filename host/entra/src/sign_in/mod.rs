//! Which way to sign in: the one that is named, and never a guess.

mod credential;
mod environment;
mod place;

use std::fmt;
use std::path::PathBuf;

use passcode_host::credential::CredentialError;
use zeroize::Zeroizing;

pub use credential::People;

use crate::cloud::Cloud;
use crate::jwt;
use crate::managed_identity::{Identity, Platform};

/// An app registration in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The tenant's id or domain; for people also `organizations`.
    pub tenant: String,
    /// The app's id.
    pub client_id: String,
}

/// A way to sign in, and what it needs.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignIn {
    /// With a token that somebody else got.
    GivenToken {
        /// The token.
        token: Zeroizing<String>,
        /// Whether the config file lists the Graph root, so that a token that does not say what it
        /// is for may go there.
        vouched: bool,
    },
    /// As an app with a secret.
    ClientSecret {
        /// The app.
        app: Registration,
        /// The secret.
        secret: Zeroizing<String>,
    },
    /// As an app with a certificate.
    ClientCertificate {
        /// The app.
        app: Registration,
        /// A PEM or PFX file.
        path: PathBuf,
        /// The PFX file's password, or nothing.
        password: Zeroizing<String>,
        /// Whether the whole chain is sent.
        sends_chain: bool,
    },
    /// As an app that trusts what its platform writes into a file (AKS).
    WorkloadIdentity {
        /// The app.
        app: Registration,
        /// The file.
        file: PathBuf,
    },
    /// As an app that trusts a workflow of GitHub's.
    GitHubOidc {
        /// The app.
        app: Registration,
        /// Where an assertion is asked for.
        address: String,
        /// And with what.
        token: Zeroizing<String>,
    },
    /// As what runs this program.
    ManagedIdentity {
        /// What that is.
        platform: Platform,
        /// Which of its identities.
        identity: Identity,
    },
    /// As an app that trusts what runs this program.
    ManagedIdentityFederated {
        /// The app.
        app: Registration,
        /// What runs this program.
        platform: Platform,
        /// Which of its identities.
        identity: Identity,
    },
    /// As the account of Azure CLI.
    AzureCli {
        /// In which tenant, where it has several.
        tenant: Option<String>,
    },
    /// As the account of Azure Developer CLI.
    AzureDeveloperCli {
        /// In which tenant, where it has several.
        tenant: Option<String>,
    },
    /// As a service connection of Azure Pipelines.
    AzurePipelines {
        /// The app.
        app: Registration,
        /// The service connection's id.
        connection: String,
        /// `$(System.AccessToken)`.
        access_token: Zeroizing<String>,
    },
    /// As a person with a code and another device.
    DeviceCode {
        /// The app.
        app: Registration,
    },
    /// As a person with this machine's browser.
    Browser {
        /// The app.
        app: Registration,
    },
    /// As the person who signed in earlier.
    KeptSignIn {
        /// The app.
        app: Registration,
    },
}

/// A way to sign in, and to which cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The cloud.
    pub cloud: Cloud,
    /// The way.
    pub sign_in: SignIn,
}

impl Choice {
    fn of(cloud: Cloud, mut sign_in: SignIn, allowed_origins: &[String]) -> Self {
        if let SignIn::GivenToken { vouched, .. } = &mut sign_in {
            let root = cloud.graph_root();
            *vouched = allowed_origins
                .iter()
                .any(|origin| origin.trim_end_matches('/').eq_ignore_ascii_case(root));
        }
        Self { cloud, sign_in }
    }
}

impl SignIn {
    /// Choose from environment variables, read through `get` (unset and empty are the same).
    ///
    /// `PASSCODE_AUTH` names the way, or `AZURE_TOKEN_CREDENTIALS` does, if it names one (`dev`
    /// and `prod` name chains, and are passed over). Otherwise exactly one has to be named by the
    /// variables that it needs: by those that a person sets, or, where there are none, by those
    /// that a platform sets (AKS, GitHub, Azure Pipelines, managed identities). What no variable
    /// names (a virtual machine's identity, Azure CLI, people) is never tried.
    ///
    /// The cloud comes from `PASSCODE_CLOUD`, or from `AZURE_AUTHORITY_HOST` where that stands
    /// for one cloud, or is the global one. `allowed_origins` are the config file's.
    ///
    /// # Errors
    ///
    /// - `not-signed-in`: no way is named, or one is and lacks something; the message lists what
    ///   was found (names only) and what is missing.
    /// - `sign-in-ambiguous`: two ways are named.
    /// - `sign-in-unknown`: `PASSCODE_AUTH` or `AZURE_TOKEN_CREDENTIALS` names no way there is.
    /// - `cloud-not-custom`: an address of one's own without `PASSCODE_CLOUD=custom`.
    /// - those of [`Cloud`] and [`Platform`].
    pub fn from_environment(
        get: impl Fn(&str) -> Option<String>,
        allowed_origins: &[String],
    ) -> Result<Choice, CredentialError> {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let cloud = place::cloud(&get, allowed_origins)?;
        let sign_in = environment::way(&get, allowed_origins)?;
        Ok(Choice::of(cloud, sign_in, allowed_origins))
    }

    /// Take the way of this name (`--auth NAME`), and what it needs from the environment. The
    /// names are those of [`Credential::kind`] and Azure's (`AzureCliCredential`), in any case.
    ///
    /// # Errors
    ///
    /// As [`SignIn::from_environment`], but for `sign-in-ambiguous`.
    pub fn named(
        name: &str,
        get: impl Fn(&str) -> Option<String>,
        allowed_origins: &[String],
    ) -> Result<Choice, CredentialError> {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let kind = environment::kind(name)?;
        let cloud = place::cloud(&get, allowed_origins)?;
        let sign_in = environment::build(kind, &get, allowed_origins)?;
        Ok(Choice::of(cloud, sign_in, allowed_origins))
    }

    /// The names of all ways, as [`SignIn::named`] takes them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        environment::names()
    }

    /// The name of the way that goes by this name, one of Azure's perhaps; `None` if there is none.
    #[must_use]
    pub fn known(name: &str) -> Option<&'static str> {
        environment::kind(name).ok().map(environment::Kind::name)
    }

    /// The name of this way.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::GivenToken { .. } => "given-token",
            Self::ClientSecret { .. } => "client-secret",
            Self::ClientCertificate { .. } => "client-certificate",
            Self::WorkloadIdentity { .. } => "workload-identity",
            Self::GitHubOidc { .. } => "github-oidc",
            Self::ManagedIdentity { .. } => "managed-identity",
            Self::ManagedIdentityFederated { .. } => "managed-identity-federated",
            Self::AzureCli { .. } => "azure-cli",
            Self::AzureDeveloperCli { .. } => "azure-developer-cli",
            Self::AzurePipelines { .. } => "azure-pipelines",
            Self::DeviceCode { .. } => "device-code",
            Self::Browser { .. } => "browser",
            Self::KeptSignIn { .. } => "kept-sign-in",
        }
    }

    /// The app registration, where one is used.
    #[must_use]
    pub fn app(&self) -> Option<&Registration> {
        match self {
            Self::ClientSecret { app, .. }
            | Self::ClientCertificate { app, .. }
            | Self::WorkloadIdentity { app, .. }
            | Self::GitHubOidc { app, .. }
            | Self::ManagedIdentityFederated { app, .. }
            | Self::AzurePipelines { app, .. }
            | Self::DeviceCode { app }
            | Self::Browser { app }
            | Self::KeptSignIn { app } => Some(app),
            Self::GivenToken { .. }
            | Self::ManagedIdentity { .. }
            | Self::AzureCli { .. }
            | Self::AzureDeveloperCli { .. } => None,
        }
    }

    /// The tenant, where it is known before there is a token.
    #[must_use]
    pub fn tenant(&self) -> Option<String> {
        match self {
            Self::GivenToken { token, .. } => jwt::claims(token)?.tenant,
            Self::AzureCli { tenant } | Self::AzureDeveloperCli { tenant } => tenant.clone(),
            other => {
                let tenant = &other.app()?.tenant;
                (!tenant.eq_ignore_ascii_case("organizations")).then(|| tenant.clone())
            }
        }
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SignIn");
        shown.field("kind", &self.kind());
        if let Some(app) = self.app() {
            shown.field("app", app);
        }
        // What remains may be a secret.
        shown.field("with", &"****").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_says_nothing_needs_the_config_files_word() {
        let get = |name: &str| (name == "PASSCODE_ACCESS_TOKEN").then(|| "opaque".to_owned());
        let http = crate::Http::new(&crate::HttpOptions::default()).unwrap();
        for (allowed, expected) in [
            (vec![], Err("token-opaque".to_owned())),
            (
                vec!["https://graph.microsoft.us".to_owned()],
                Err("token-opaque".to_owned()),
            ),
            (
                vec!["https://graph.microsoft.com/".to_owned()],
                Ok("given-token"),
            ),
        ] {
            let choice = SignIn::from_environment(get, &allowed).unwrap();
            let made = choice.sign_in.credential(choice.cloud, &http);
            let made = made.map(|credential| credential.kind());
            assert_eq!(made.map_err(|error| error.code), expected, "{allowed:?}");
        }
    }
}
