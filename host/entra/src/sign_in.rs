//! Which way to sign in: the one that the environment names, and never a guess.

use std::fmt;
use std::sync::Arc;

use passcode_host::credential::{Credential, CredentialError};
use zeroize::Zeroizing;

use crate::client_secret::ClientSecret;
use crate::cloud::Cloud;
use crate::error::refused;
use crate::given::GivenToken;
use crate::http::Http;

/// A way to sign in, and what it needs.
#[derive(Clone, PartialEq, Eq)]
pub enum SignIn {
    /// With a token that somebody else got.
    GivenToken {
        /// The token.
        token: Zeroizing<String>,
    },
    /// As an app with a secret.
    ClientSecret {
        /// The tenant's id or domain.
        tenant: String,
        /// The app's id.
        client_id: String,
        /// The secret.
        secret: Zeroizing<String>,
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

/// Variables of ways that this version cannot go. Named in the error, so that nobody looks for
/// a mistake where there is none.
const NOT_YET: &[&str] = &[
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "IDENTITY_ENDPOINT",
    "MSI_ENDPOINT",
    "AZURE_USERNAME",
];

const HOW: &str =
    "set PASSCODE_ACCESS_TOKEN; or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET";

impl SignIn {
    /// Choose from environment variables, read through `get` (unset and empty are the same).
    ///
    /// The cloud comes from `PASSCODE_CLOUD`, or from `AZURE_AUTHORITY_HOST` where that stands
    /// for one cloud, or is the global one. `allowed_origins` are the config file's.
    ///
    /// # Errors
    ///
    /// - `not-signed-in`: no way is named, or one is and lacks something; the message lists what
    ///   was found (names only) and what is missing.
    /// - `sign-in-ambiguous`: two ways are named.
    /// - `cloud-not-custom`: an address of one's own without `PASSCODE_CLOUD=custom`.
    /// - those of [`Cloud`].
    pub fn from_environment(
        get: impl Fn(&str) -> Option<String>,
        allowed_origins: &[String],
    ) -> Result<Choice, CredentialError> {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        Ok(Choice {
            cloud: cloud(&get, allowed_origins)?,
            sign_in: way(&get)?,
        })
    }

    /// The credential that goes this way.
    ///
    /// # Errors
    ///
    /// As [`GivenToken::new`] and [`ClientSecret::new`].
    pub fn credential(
        self,
        cloud: Cloud,
        http: &Http,
    ) -> Result<Arc<dyn Credential>, CredentialError> {
        Ok(match self {
            Self::GivenToken { token } => Arc::new(GivenToken::new(token.to_string(), cloud)?),
            Self::ClientSecret {
                tenant,
                client_id,
                secret,
            } => Arc::new(ClientSecret::new(
                cloud,
                &tenant,
                &client_id,
                secret.to_string(),
                http.clone(),
            )?),
        })
    }
}

fn way(get: &impl Fn(&str) -> Option<String>) -> Result<SignIn, CredentialError> {
    let is_set = |name: &&str| get(name).is_some();
    let signals: Vec<&str> = [
        "PASSCODE_ACCESS_TOKEN",
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PATH",
    ]
    .into_iter()
    .filter(is_set)
    .collect();
    if signals.len() > 1 {
        return Err(refused(
            "sign-in-ambiguous",
            format!(
                "{} are set, and each names another way to sign in",
                signals.join(" and ")
            ),
            "unset all but one",
        ));
    }
    if let Some(token) = get("PASSCODE_ACCESS_TOKEN") {
        let token = Zeroizing::new(token);
        return Ok(SignIn::GivenToken { token });
    }
    let names = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];
    if let (Some(tenant), Some(client_id), Some(secret)) = (
        get("AZURE_TENANT_ID"),
        get("AZURE_CLIENT_ID"),
        get("AZURE_CLIENT_SECRET"),
    ) {
        let secret = Zeroizing::new(secret);
        return Ok(SignIn::ClientSecret {
            tenant,
            client_id,
            secret,
        });
    }
    let found: Vec<&str> = names
        .iter()
        .chain(NOT_YET)
        .copied()
        .filter(is_set)
        .collect();
    let (found, remedy) = if found.is_empty() {
        ("nothing is set".to_owned(), HOW.to_owned())
    } else {
        let missing: Vec<&str> = names.into_iter().filter(|name| !is_set(name)).collect();
        let not_yet: Vec<&str> = NOT_YET.iter().copied().filter(is_set).collect();
        let note = if not_yet.is_empty() {
            String::new()
        } else {
            format!(" ({} cannot be used by this version)", not_yet.join(", "))
        };
        let remedy = format!(
            "set {} too, or PASSCODE_ACCESS_TOKEN instead",
            missing.join(" and ")
        );
        (format!("found {}{note}", found.join(", ")), remedy)
    };
    Err(refused(
        "not-signed-in",
        format!("no complete way to sign in: {found}"),
        remedy,
    ))
}

fn cloud(
    get: &impl Fn(&str) -> Option<String>,
    allowed_origins: &[String],
) -> Result<Cloud, CredentialError> {
    let host = get("AZURE_AUTHORITY_HOST");
    let named = get("PASSCODE_CLOUD");
    let own = |name: &&str| get(name).is_some();
    let addresses: Vec<&str> = ["PASSCODE_GRAPH_URL", "PASSCODE_AUTHORITY_URL"]
        .into_iter()
        .filter(own)
        .collect();
    let known = match (&named, &host) {
        (Some(name), _) => Cloud::named(name)?,
        (None, Some(host)) if addresses.is_empty() => return Cloud::of_authority(host),
        (None, _) => Some(Cloud::global()),
    };
    if let Some(known) = known {
        if !addresses.is_empty() {
            return Err(refused(
                "cloud-not-custom",
                format!(
                    "{} set, and the cloud is {}",
                    addresses.join(" and "),
                    known.name()
                ),
                "set PASSCODE_CLOUD=custom, or unset the addresses",
            ));
        }
        return match host {
            Some(host) => known.with_authority(&host),
            None => Ok(known),
        };
    }
    let missing = |name: &str| {
        refused(
            "cloud-incomplete",
            format!("the cloud is custom, and {name} is not set"),
            format!("set {name}, for instance to https://graph.microsoft.com"),
        )
    };
    let graph = get("PASSCODE_GRAPH_URL").ok_or_else(|| missing("PASSCODE_GRAPH_URL"))?;
    let authority =
        get("PASSCODE_AUTHORITY_URL").ok_or_else(|| missing("PASSCODE_AUTHORITY_URL"))?;
    let custom = Cloud::custom(graph.trim(), authority.trim(), allowed_origins)?;
    match host {
        Some(host) => custom.with_authority(&host),
        None => Ok(custom),
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GivenToken { .. } => f.write_str("GivenToken { token: **** }"),
            Self::ClientSecret {
                tenant, client_id, ..
            } => f
                .debug_struct("ClientSecret")
                .field("tenant", tenant)
                .field("client_id", client_id)
                .field("secret", &"****")
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &[&str] = &["https://graph.corp.example", "https://login.corp.example"];

    fn choose(variables: &[(&str, &str)]) -> Result<Choice, CredentialError> {
        let allowed: Vec<String> = ALLOWED.iter().map(|&origin| origin.into()).collect();
        let get = |name: &str| {
            variables
                .iter()
                .find(|(set, _)| *set == name)
                .map(|(_, value)| (*value).to_owned())
        };
        SignIn::from_environment(get, &allowed)
    }

    const SECRET: [(&str, &str); 3] = [
        ("AZURE_TENANT_ID", "contoso.example"),
        ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555"),
        ("AZURE_CLIENT_SECRET", "CANARY-secret"),
    ];
    const TOKEN: (&str, &str) = ("PASSCODE_ACCESS_TOKEN", "CANARY-token");

    #[test]
    fn exactly_one_way_is_chosen_or_the_error_says_what_was_found() {
        let [tenant, client, secret] = SECRET;
        let certificate = ("AZURE_CLIENT_CERTIFICATE_PATH", "/c.pem");
        type Row<'a> = (
            &'a [(&'a str, &'a str)],
            Result<&'a str, (&'a str, &'a str)>,
        );
        let table: &[Row<'_>] = &[
            (&[TOKEN], Ok("token")),
            (&[TOKEN, tenant, client], Ok("token")),
            (&[tenant, client, secret], Ok("secret")),
            (
                &[tenant, client, secret, ("IDENTITY_ENDPOINT", "http://x")],
                Ok("secret"),
            ),
            (&[], Err(("not-signed-in", "nothing is set"))),
            (
                &[("PASSCODE_ACCESS_TOKEN", " ")],
                Err(("not-signed-in", "nothing is set")),
            ),
            (&[tenant], Err(("not-signed-in", "found AZURE_TENANT_ID"))),
            (
                &[tenant, client],
                Err(("not-signed-in", "found AZURE_TENANT_ID, AZURE_CLIENT_ID")),
            ),
            (
                &[secret],
                Err(("not-signed-in", "found AZURE_CLIENT_SECRET")),
            ),
            (
                &[("IDENTITY_ENDPOINT", "http://x")],
                Err(("not-signed-in", "IDENTITY_ENDPOINT cannot be used")),
            ),
            (
                &[TOKEN, secret],
                Err((
                    "sign-in-ambiguous",
                    "PASSCODE_ACCESS_TOKEN and AZURE_CLIENT_SECRET",
                )),
            ),
            (
                &[TOKEN, tenant, client, secret],
                Err(("sign-in-ambiguous", "each names another way")),
            ),
            (
                &[tenant, client, secret, certificate],
                Err(("sign-in-ambiguous", "AZURE_CLIENT_CERTIFICATE_PATH")),
            ),
        ];
        for (variables, expected) in table {
            match (choose(variables), expected) {
                (Ok(choice), Ok(way)) => {
                    let found = match choice.sign_in {
                        SignIn::GivenToken { token } => {
                            assert_eq!(*token, "CANARY-token");
                            "token"
                        }
                        SignIn::ClientSecret { .. } => "secret",
                    };
                    assert_eq!(found, *way, "{variables:?}");
                }
                (Err(error), Err((code, says))) => {
                    assert_eq!(error.code, *code, "{variables:?}");
                    assert!(
                        error.message.contains(says),
                        "{variables:?}: {}",
                        error.message
                    );
                    assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
                }
                (found, expected) => panic!("{variables:?}: {found:?}, expected {expected:?}"),
            }
        }
        let missing = choose(&[tenant, secret]).unwrap_err();
        assert!(
            missing.remedy.starts_with("set AZURE_CLIENT_ID too"),
            "{}",
            missing.remedy
        );
    }

    #[test]
    fn the_cloud_is_one_value_from_several_variables() {
        const GRAPH: &str = "PASSCODE_GRAPH_URL";
        const AUTHORITY: &str = "PASSCODE_AUTHORITY_URL";
        const CLOUD: &str = "PASSCODE_CLOUD";
        const HOST: &str = "AZURE_AUTHORITY_HOST";
        let (graph, login) = (ALLOWED[0], ALLOWED[1]);
        type Row<'a> = (
            &'a [(&'a str, &'a str)],
            Result<(&'a str, &'a str), &'a str>,
        );
        let table: &[Row<'_>] = &[
            (&[], Ok(("global", "https://login.microsoftonline.com"))),
            (
                &[(CLOUD, "USGovDoD")],
                Ok(("dod", "https://login.microsoftonline.us")),
            ),
            (
                &[(CLOUD, "dod"), (HOST, "https://login.microsoftonline.us/")],
                Ok(("dod", "https://login.microsoftonline.us")),
            ),
            (
                &[(HOST, "https://login.microsoftonline.us/")],
                Err("cloud-ambiguous"),
            ),
            (
                &[(HOST, "login.chinacloudapi.cn")],
                Ok(("china", "https://login.chinacloudapi.cn")),
            ),
            (
                &[(CLOUD, "global"), (HOST, "login.chinacloudapi.cn")],
                Err("authority-mismatch"),
            ),
            (&[(CLOUD, "mars")], Err("cloud-unknown")),
            (
                &[(CLOUD, "custom"), (GRAPH, graph), (AUTHORITY, login)],
                Ok(("custom", login)),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, graph),
                    (AUTHORITY, login),
                    (HOST, login),
                ],
                Ok(("custom", login)),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, graph),
                    (AUTHORITY, login),
                    (HOST, "https://evil.example"),
                ],
                Err("authority-mismatch"),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, "http://127.0.0.1:9"),
                    (AUTHORITY, "http://[::1]:9"),
                ],
                Ok(("custom", "http://[::1]:9")),
            ),
            (
                &[(CLOUD, "custom"), (GRAPH, graph)],
                Err("cloud-incomplete"),
            ),
            (
                &[(CLOUD, "custom"), (AUTHORITY, login)],
                Err("cloud-incomplete"),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, "https://evil.example"),
                    (AUTHORITY, login),
                ],
                Err("origin-not-allowed"),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, graph),
                    (AUTHORITY, "http://10.0.0.1"),
                ],
                Err("origin-plain-http"),
            ),
            (&[(GRAPH, graph)], Err("cloud-not-custom")),
            (
                &[(CLOUD, "global"), (AUTHORITY, login)],
                Err("cloud-not-custom"),
            ),
            (
                &[(HOST, "login.microsoftonline.com"), (GRAPH, graph)],
                Err("cloud-not-custom"),
            ),
        ];
        for (variables, expected) in table {
            let mut all = variables.to_vec();
            all.push(TOKEN);
            let found = choose(&all);
            let found = found
                .as_ref()
                .map(|choice| (choice.cloud.name(), choice.cloud.authority()))
                .map_err(|error| error.code.as_str());
            assert_eq!(found, *expected, "{variables:?}");
        }
    }

    #[test]
    fn secrets_are_never_printed() {
        for variables in [&SECRET[..], &[TOKEN]] {
            let printed = format!("{:?}", choose(variables).unwrap());
            assert!(!printed.contains("CANARY"), "{printed}");
            assert!(printed.contains("****"), "{printed}");
        }
    }
}
