//! Where a managed identity is asked for, and how. Each platform has its own address, headers
//! and parameter names.

use std::fmt;
use std::path::{Path, PathBuf};

use passcode_host::credential::CredentialError;
use url::Url;
use zeroize::Zeroizing;

use crate::error::refused;
use crate::origin;

/// Which of a platform's identities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Its own.
    #[default]
    System,
    /// The user-assigned one with this client id.
    ClientId(String),
    /// The user-assigned one with this object (principal) id.
    ObjectId(String),
    /// The user-assigned one with this Azure resource id.
    ResourceId(String),
}

/// What runs this program.
#[derive(Clone, PartialEq, Eq)]
pub enum Platform {
    /// A virtual machine, or what imitates one (AKS, Azure ML): the instance metadata service.
    Imds {
        /// Its origin.
        origin: Url,
    },
    /// App Service, Functions, Container Apps, Azure Automation, and hybrid workers of today.
    AppService {
        /// `IDENTITY_ENDPOINT`.
        endpoint: Url,
        /// `IDENTITY_HEADER`.
        header: Zeroizing<String>,
    },
    /// The older interface of the same; hybrid workers that were set up long ago have only this.
    Msi {
        /// `MSI_ENDPOINT`.
        endpoint: Url,
        /// `MSI_SECRET`.
        secret: Zeroizing<String>,
    },
    /// A machine connected with Azure Arc.
    Arc {
        /// `IDENTITY_ENDPOINT`, on this machine.
        endpoint: Url,
        /// Where its agent writes keys: [`Platform::arc_directory`].
        directory: PathBuf,
    },
}

/// Where virtual machines find their metadata. It is not routed.
const IMDS: &str = "http://169.254.169.254";

impl Platform {
    /// The platform that the environment tells of; a virtual machine if it tells of none, for it
    /// sets no variable. Nothing is asked to find out.
    ///
    /// Plain http goes to loopback and link-local addresses; any other origin must be https and
    /// among `allowed_origins`.
    ///
    /// # Errors
    ///
    /// `managed-identity-platform` for platforms whose identities are not supported (Service
    /// Fabric, Cloud Shell); `managed-identity-endpoint` for an address that is none; those of
    /// the origin.
    pub fn from_environment(
        get: &impl Fn(&str) -> Option<String>,
        allowed_origins: &[String],
    ) -> Result<Self, CredentialError> {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let endpoint = |name: &str, text: &str| endpoint(name, text, allowed_origins);
        let unsupported = |what: &str| {
            refused(
                "managed-identity-platform",
                format!("managed identities of {what} are not supported"),
                "sign in as an app: with a certificate, or a federated credential",
            )
        };
        if let Some(text) = get("IDENTITY_ENDPOINT") {
            if let Some(header) = get("IDENTITY_HEADER") {
                if get("IDENTITY_SERVER_THUMBPRINT").is_some() {
                    return Err(unsupported("Service Fabric"));
                }
                return Ok(Self::AppService {
                    endpoint: endpoint("IDENTITY_ENDPOINT", &text)?,
                    header: Zeroizing::new(header),
                });
            }
            if get("IMDS_ENDPOINT").is_some() {
                let endpoint = endpoint("IDENTITY_ENDPOINT", &text)?;
                if !origin::is_loopback(&endpoint) {
                    return Err(refused(
                        "managed-identity-endpoint",
                        "IDENTITY_ENDPOINT is not on this machine, where Azure Arc's agent is",
                        "leave IDENTITY_ENDPOINT as the agent sets it",
                    ));
                }
                return Ok(Self::Arc {
                    endpoint,
                    directory: Self::arc_directory(),
                });
            }
            return Err(refused(
                "managed-identity-endpoint",
                "IDENTITY_ENDPOINT is set, and neither IDENTITY_HEADER nor IMDS_ENDPOINT is",
                "run the program with all the variables that the platform sets",
            ));
        }
        if let Some(text) = get("MSI_ENDPOINT") {
            let Some(secret) = get("MSI_SECRET") else {
                return Err(unsupported("Cloud Shell"));
            };
            return Ok(Self::Msi {
                endpoint: endpoint("MSI_ENDPOINT", &text)?,
                secret: Zeroizing::new(secret),
            });
        }
        let (name, host) = match get("AZURE_POD_IDENTITY_AUTHORITY_HOST") {
            Some(host) => ("AZURE_POD_IDENTITY_AUTHORITY_HOST", host),
            None => ("169.254.169.254", IMDS.to_owned()),
        };
        Ok(Self::Imds {
            origin: endpoint(name, &host)?,
        })
    }

    /// Where Azure Arc's agent writes the keys that prove that who asks may read there. Fixed,
    /// and not a setting: what names another directory wants another file read.
    #[must_use]
    pub fn arc_directory() -> PathBuf {
        if cfg!(windows) {
            let data = std::env::var_os("ProgramData")
                .map_or_else(|| PathBuf::from("C:\\ProgramData"), PathBuf::from);
            data.join("AzureConnectedMachineAgent").join("Tokens")
        } else {
            Path::new("/var/opt/azcmagent/tokens").to_owned()
        }
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Imds { .. } => "the virtual machine",
            Self::AppService { .. } => "App Service, Functions or Automation",
            Self::Msi { .. } => "the older App Service or hybrid worker interface",
            Self::Arc { .. } => "Azure Arc",
        }
    }

    /// The query parameter that chooses an identity.
    pub(super) fn parameter<'a>(
        &self,
        identity: &'a Identity,
    ) -> Result<Option<(&'static str, &'a str)>, CredentialError> {
        let found = match (self, identity) {
            (_, Identity::System) => None,
            (Self::Imds { .. } | Self::AppService { .. }, Identity::ClientId(id)) => {
                Some(("client_id", id))
            }
            (Self::Imds { .. } | Self::AppService { .. }, Identity::ObjectId(id)) => {
                Some(("object_id", id))
            }
            (Self::Imds { .. }, Identity::ResourceId(id)) => Some(("msi_res_id", id)),
            (Self::AppService { .. }, Identity::ResourceId(id)) => Some(("mi_res_id", id)),
            (Self::Msi { .. }, Identity::ClientId(id)) => Some(("clientid", id)),
            (Self::Msi { .. }, _) => {
                return Err(refused(
                    "managed-identity-choice",
                    "this platform's older interface chooses an identity by its client id only",
                    "set AZURE_CLIENT_ID to the identity's client id",
                ));
            }
            (Self::Arc { .. }, _) => {
                return Err(refused(
                    "managed-identity-choice",
                    "a machine connected with Azure Arc has one identity, its own",
                    "unset AZURE_CLIENT_ID and PASSCODE_MANAGED_IDENTITY_*",
                ));
            }
        };
        Ok(found.map(|(name, id)| (name, id.as_str())))
    }

    /// The whole address.
    pub(super) fn address(
        &self,
        resource: &str,
        identity: &Identity,
    ) -> Result<Url, CredentialError> {
        let (mut address, version) = match self {
            Self::Imds { origin } => {
                let mut address = origin.clone();
                address.set_path("/metadata/identity/oauth2/token");
                (address, "2018-02-01")
            }
            Self::AppService { endpoint, .. } => (endpoint.clone(), "2019-08-01"),
            Self::Msi { endpoint, .. } => (endpoint.clone(), "2017-09-01"),
            Self::Arc { endpoint, .. } => (endpoint.clone(), "2020-06-01"),
        };
        {
            let mut query = address.query_pairs_mut();
            query
                .append_pair("api-version", version)
                .append_pair("resource", resource);
            if let Some((name, id)) = self.parameter(identity)? {
                query.append_pair(name, id);
            }
        }
        Ok(address)
    }

    /// What goes with each request. `Metadata` goes everywhere: Automation wants it beside its
    /// own header, and what comes from a page in a browser cannot have it.
    pub(super) fn headers(&self) -> Vec<(&'static str, Zeroizing<String>)> {
        let mut headers = vec![("metadata", Zeroizing::new("true".to_owned()))];
        match self {
            Self::AppService { header, .. } => headers.push(("x-identity-header", header.clone())),
            Self::Msi { secret, .. } => headers.push(("secret", secret.clone())),
            Self::Imds { .. } | Self::Arc { .. } => {}
        }
        headers
    }

    /// What must not come back in a message.
    pub(super) fn secret(&self) -> &str {
        match self {
            Self::AppService { header, .. } => header,
            Self::Msi { secret, .. } => secret,
            Self::Imds { .. } | Self::Arc { .. } => "",
        }
    }

    pub(super) fn origin(&self) -> String {
        let (Self::Imds { origin: url }
        | Self::AppService { endpoint: url, .. }
        | Self::Msi { endpoint: url, .. }
        | Self::Arc { endpoint: url, .. }) = self;
        origin::written(url)
    }
}

/// An address from the environment.
fn endpoint(name: &str, text: &str, allowed_origins: &[String]) -> Result<Url, CredentialError> {
    let url = Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| {
            refused(
                "managed-identity-endpoint",
                format!("{name} is not an address"),
                "leave it as the platform sets it",
            )
        })?;
    if !origin::is_link_local(&url) {
        origin::parse(name, &origin::written(&url), allowed_origins)?;
    }
    Ok(url)
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Platform({}, {})", self.name(), self.origin())
    }
}

#[cfg(test)]
#[path = "platform_tests.rs"]
mod tests;
