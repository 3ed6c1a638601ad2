//! Which way the environment names.

use std::path::PathBuf;

use passcode_host::credential::CredentialError;
use zeroize::Zeroizing;

use super::{Registration, SignIn};
use crate::error::{refused, shown};
use crate::managed_identity::{Identity, Platform};

/// Who sets the variables by which a way is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    /// A person: it is meant.
    Meant,
    /// What runs the program: it is there, and gives way to what is meant.
    There,
    /// Nobody: it has to be named.
    Never,
}

/// One way. `names[0]` is its name.
pub(super) struct Kind {
    names: &'static [&'static str],
    /// Any of these is a sign of it.
    signs: &'static [&'static str],
    set: Set,
    /// All of these are needed.
    needs: &'static [&'static str],
}

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const TOKEN: &str = "PASSCODE_ACCESS_TOKEN";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const GITHUB: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const GITHUB_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const PIPELINES: &str = "SYSTEM_OIDCREQUESTURI";
const PIPELINES_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
const CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";

const KINDS: &[Kind] = &[
    Kind {
        names: &["given-token", "token"],
        signs: &[TOKEN],
        set: Set::Meant,
        needs: &[TOKEN],
    },
    Kind {
        names: &["client-secret", "ClientSecretCredential"],
        signs: &[SECRET],
        set: Set::Meant,
        needs: &[TENANT, CLIENT, SECRET],
    },
    Kind {
        names: &["client-certificate", "ClientCertificateCredential"],
        signs: &[CERTIFICATE],
        set: Set::Meant,
        needs: &[TENANT, CLIENT, CERTIFICATE],
    },
    Kind {
        names: &["workload-identity", "WorkloadIdentityCredential"],
        signs: &[FILE],
        set: Set::There,
        needs: &[TENANT, CLIENT, FILE],
    },
    Kind {
        names: &["github-oidc"],
        signs: &[GITHUB],
        set: Set::There,
        needs: &[TENANT, CLIENT, GITHUB, GITHUB_TOKEN],
    },
    Kind {
        names: &["azure-pipelines", "AzurePipelinesCredential"],
        signs: &[PIPELINES],
        set: Set::There,
        needs: &[TENANT, CLIENT, PIPELINES, PIPELINES_TOKEN, CONNECTION],
    },
    Kind {
        names: &["managed-identity", "ManagedIdentityCredential"],
        signs: &["IDENTITY_ENDPOINT", "MSI_ENDPOINT"],
        set: Set::There,
        needs: &[],
    },
    Kind {
        names: &["managed-identity-federated"],
        signs: &[],
        set: Set::Never,
        needs: &[TENANT, CLIENT],
    },
    Kind {
        names: &["azure-cli", "AzureCliCredential", "az"],
        signs: &[],
        set: Set::Never,
        needs: &[],
    },
    Kind {
        names: &["azure-developer-cli", "AzureDeveloperCliCredential", "azd"],
        signs: &[],
        set: Set::Never,
        needs: &[],
    },
    Kind {
        names: &["device-code", "DeviceCodeCredential"],
        signs: &[],
        set: Set::Never,
        needs: &[CLIENT],
    },
    Kind {
        names: &["browser", "InteractiveBrowserCredential"],
        signs: &[],
        set: Set::Never,
        needs: &[CLIENT],
    },
    Kind {
        names: &["kept-sign-in", "login"],
        signs: &[],
        set: Set::Never,
        needs: &[CLIENT],
    },
];

impl Kind {
    pub(super) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(Kind::name)
}

const HOW: &str = "set PASSCODE_ACCESS_TOKEN; or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; or name a way with PASSCODE_AUTH";

/// The way of a name, in any case.
pub(super) fn kind(name: &str) -> Result<&'static Kind, CredentialError> {
    let wanted = name.trim();
    KINDS
        .iter()
        .find(|kind| {
            kind.names
                .iter()
                .any(|own| own.eq_ignore_ascii_case(wanted))
        })
        .ok_or_else(|| {
            refused(
                "sign-in-unknown",
                format!("there is no way to sign in named '{}'", shown(wanted, 60)),
                format!("name one of {}", names().collect::<Vec<_>>().join(", ")),
            )
        })
}

/// The one way that the environment names.
pub(super) fn way(
    get: &impl Fn(&str) -> Option<String>,
    allowed_origins: &[String],
) -> Result<SignIn, CredentialError> {
    if let Some(name) = get("PASSCODE_AUTH") {
        return build(kind(&name)?, get, allowed_origins);
    }
    if let Some(name) = get("AZURE_TOKEN_CREDENTIALS") {
        // These name chains; what follows finds one way or none.
        let chains = ["dev", "prod", "EnvironmentCredential"];
        if !chains
            .iter()
            .any(|chain| chain.eq_ignore_ascii_case(name.trim()))
        {
            return build(kind(&name)?, get, allowed_origins);
        }
    }
    for set in [Set::Meant, Set::There] {
        let seen: Vec<(&Kind, &str)> = KINDS
            .iter()
            .filter(|kind| kind.set == set)
            .filter_map(|kind| {
                let sign = kind.signs.iter().find(|sign| get(sign).is_some())?;
                Some((kind, *sign))
            })
            .collect();
        match seen.as_slice() {
            [] => {}
            [(kind, _)] => return build(kind, get, allowed_origins),
            several => return Err(ambiguous(several)),
        }
    }
    let found = found(get);
    if found.is_empty() {
        return Err(refused(
            "not-signed-in",
            "no complete way to sign in: nothing is set",
            HOW,
        ));
    }
    let missing: Vec<&str> = [TENANT, CLIENT, SECRET]
        .into_iter()
        .filter(|name| get(name).is_none())
        .collect();
    Err(refused(
        "not-signed-in",
        format!("no complete way to sign in: found {}", found.join(", ")),
        format!(
            "set {} too, or PASSCODE_ACCESS_TOKEN instead, or name a way with PASSCODE_AUTH",
            missing.join(" and ")
        ),
    ))
}

fn ambiguous(several: &[(&Kind, &str)]) -> CredentialError {
    let signs: Vec<&str> = several.iter().map(|(_, sign)| *sign).collect();
    let names: Vec<&str> = several.iter().map(|(kind, _)| kind.name()).collect();
    refused(
        "sign-in-ambiguous",
        format!(
            "{} are set, and each names another way to sign in",
            signs.join(" and ")
        ),
        format!(
            "name the one that is meant: PASSCODE_AUTH={}",
            names.join(" or PASSCODE_AUTH=")
        ),
    )
}

/// The names of what is set, of all that any way looks at.
fn found(get: &impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
    let mut found: Vec<&str> = Vec::new();
    for name in KINDS
        .iter()
        .flat_map(|kind| kind.needs.iter().chain(kind.signs))
    {
        if get(name).is_some() && !found.contains(name) {
            found.push(name);
        }
    }
    found
}

/// A way, with what it needs from the environment.
pub(super) fn build(
    kind: &Kind,
    get: &impl Fn(&str) -> Option<String>,
    allowed_origins: &[String],
) -> Result<SignIn, CredentialError> {
    let missing: Vec<&str> = kind
        .needs
        .iter()
        .copied()
        .filter(|name| get(name).is_none())
        .collect();
    if !missing.is_empty() {
        let found = found(get);
        let found = if found.is_empty() {
            "nothing".into()
        } else {
            found.join(", ")
        };
        return Err(refused(
            "not-signed-in",
            format!(
                "no complete way to sign in ({}): found {found}",
                kind.name()
            ),
            format!(
                "set {} too, or PASSCODE_ACCESS_TOKEN instead",
                missing.join(" and ")
            ),
        ));
    }
    let text = |name: &str| get(name).unwrap_or_default();
    let secret = |name: &str| Zeroizing::new(text(name));
    let app = || Registration {
        tenant: text(TENANT),
        client_id: text(CLIENT),
    };
    let person = || Registration {
        tenant: get(TENANT).unwrap_or_else(|| "organizations".into()),
        client_id: text(CLIENT),
    };
    let platform = || Platform::from_environment(get, allowed_origins);
    Ok(match kind.name() {
        "given-token" => SignIn::GivenToken {
            token: secret(TOKEN),
            vouched: false,
        },
        "client-secret" => SignIn::ClientSecret {
            app: app(),
            secret: secret(SECRET),
        },
        "client-certificate" => SignIn::ClientCertificate {
            app: app(),
            path: PathBuf::from(text(CERTIFICATE)),
            password: secret("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
            sends_chain: is_on(&text("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")),
        },
        "workload-identity" => SignIn::WorkloadIdentity {
            app: app(),
            file: PathBuf::from(text(FILE)),
        },
        "github-oidc" => SignIn::GitHubOidc {
            app: app(),
            address: text(GITHUB),
            token: secret(GITHUB_TOKEN),
        },
        "azure-pipelines" => SignIn::AzurePipelines {
            app: app(),
            connection: text(CONNECTION),
            access_token: secret(PIPELINES_TOKEN),
        },
        "managed-identity" => SignIn::ManagedIdentity {
            platform: platform()?,
            identity: identity(get, true)?,
        },
        "managed-identity-federated" => SignIn::ManagedIdentityFederated {
            app: app(),
            platform: platform()?,
            identity: identity(get, false)?,
        },
        "azure-cli" => SignIn::AzureCli {
            tenant: get(TENANT),
        },
        "azure-developer-cli" => SignIn::AzureDeveloperCli {
            tenant: get(TENANT),
        },
        "device-code" => SignIn::DeviceCode { app: person() },
        "browser" => SignIn::Browser { app: person() },
        _ => SignIn::KeptSignIn { app: person() },
    })
}

/// As Azure's own libraries read it.
fn is_on(text: &str) -> bool {
    text.trim() == "1" || text.trim().eq_ignore_ascii_case("true")
}

/// Which of a platform's identities. `AZURE_CLIENT_ID` names it, too, where it does not name the
/// app registration.
fn identity(
    get: &impl Fn(&str) -> Option<String>,
    client_id_is_its: bool,
) -> Result<Identity, CredentialError> {
    const NAMES: [&str; 3] = [
        "PASSCODE_MANAGED_IDENTITY_CLIENT_ID",
        "PASSCODE_MANAGED_IDENTITY_OBJECT_ID",
        "PASSCODE_MANAGED_IDENTITY_RESOURCE_ID",
    ];
    let [client, object, resource] = NAMES.map(get);
    match (client, object, resource) {
        (None, None, None) => Ok(get(CLIENT)
            .filter(|_| client_id_is_its)
            .map_or(Identity::System, Identity::ClientId)),
        (Some(id), None, None) => Ok(Identity::ClientId(id)),
        (None, Some(id), None) => Ok(Identity::ObjectId(id)),
        (None, None, Some(id)) => Ok(Identity::ResourceId(id)),
        _ => Err(refused(
            "sign-in-ambiguous",
            "PASSCODE_MANAGED_IDENTITY_* name a managed identity in more than one way",
            "set one of them",
        )),
    }
}

#[cfg(test)]
#[path = "environment_tests.rs"]
mod tests;
