//! The written form of an extension's grant: routes like those of any grant, and where their
//! destinations are.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;

use super::origin;
use super::secret::{Secret, Source};
use crate::authority::{Authority, AuthorityError};
use crate::destination::{Destination, Scheme};

/// Variables of the environment that hold our own sign-in, by their beginning.
const OUR_VARIABLES: [&str; 7] = [
    "PASSCODE_",
    "AZURE_",
    "ARM_",
    "MSI_",
    "IDENTITY_",
    "ACTIONS_ID_",
    "IMDS_",
];

/// Headers that are the host's, or the connection's.
const HOST_HEADERS: [&str; 12] = [
    "accept",
    "authorization",
    "client-request-id",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DestinationForm {
    name: String,
    origin: String,
    credential: Option<CredentialForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CredentialForm {
    scheme: String,
    header: Option<String>,
    variable: Option<String>,
    file: Option<PathBuf>,
}

/// What an operator grants an extension: routes, and destinations of its own.
#[derive(Clone, Debug)]
pub struct ExtensionGrant {
    /// The routes.
    pub authority: Authority,
    /// Where they lead, each with its credential. A secret is read when a request needs it.
    pub destinations: Vec<Destination>,
}

impl ExtensionGrant {
    /// Nothing at all.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            authority: Authority::none(),
            destinations: Vec::new(),
        }
    }

    /// Read a grant (TOML).
    ///
    /// # Errors
    ///
    /// As [`Authority::parse`]; and if a destination is where devices are managed from, stands
    /// twice, has a route but is not described, or is given our own sign-in for its credential.
    pub fn parse(text: &str) -> Result<Self, AuthorityError> {
        let (authority, forms) = Authority::parse_with::<DestinationForm>(text)?;
        let mut destinations: Vec<Destination> = Vec::new();
        let mut names = BTreeSet::new();
        for form in forms {
            if form.name == "graph" || !names.insert(form.name.clone()) {
                return Err(fault(
                    format!("destination `{}` is taken", form.name),
                    "give each destination a name of its own",
                ));
            }
            let credential = match form.credential {
                Some(credential) => Some(secret(&form.name, credential)?),
                None => None,
            };
            destinations.push(origin::destination(&form.name, &form.origin, credential)?);
        }
        let routes = authority.routes().iter();
        let mut lost = routes.filter(|route| !names.contains(&route.destination));
        match lost.next() {
            Some(route) => Err(fault(
                format!(
                    "route `{}` leads to `{}`, and nothing says where that is",
                    route.name, route.destination
                ),
                "add `[[destination]]` with `name` and `origin`",
            )),
            None => Ok(Self {
                authority,
                destinations,
            }),
        }
    }
}

pub(super) fn fault(message: impl Into<String>, remedy: impl Into<String>) -> AuthorityError {
    AuthorityError {
        message: message.into(),
        remedy: remedy.into(),
    }
}

fn secret(destination: &str, form: CredentialForm) -> Result<(Scheme, Secret), AuthorityError> {
    let wrong = |message: String, remedy: &str| {
        fault(format!("destination `{destination}`: {message}"), remedy)
    };
    let scheme = match (form.scheme.as_str(), form.header) {
        ("bearer", None) => Scheme::Bearer,
        ("basic", None) => Scheme::Basic,
        ("header", Some(name)) => {
            let name = name.to_ascii_lowercase();
            let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            let free = !HOST_HEADERS.contains(&name.as_str());
            if name.is_empty() || !name.bytes().all(token) || !free {
                return Err(wrong(
                    "no secret goes into that header".to_owned(),
                    "name the service's own header, such as `x-api-key`",
                ));
            }
            Scheme::Header(name)
        }
        _ => {
            return Err(wrong(
                "there is no such scheme of a credential".to_owned(),
                "write `scheme = \"bearer\"`, `\"basic\"`, or `\"header\"` with `header = \"x-api-key\"`",
            ));
        }
    };
    let source = match (form.variable, form.file) {
        (Some(name), None) => Source::Variable(name),
        (None, Some(path)) => Source::File(path),
        _ => {
            return Err(wrong(
                "a credential is in one place".to_owned(),
                "write `variable = \"NAME\"` or `file = \"/path\"`",
            ));
        }
    };
    match &source {
        // Our own sign-in goes to no other origin, whoever wrote the grant.
        Source::Variable(name) => {
            let own = name.to_ascii_uppercase();
            if OUR_VARIABLES.iter().any(|ours| own.starts_with(ours)) {
                return Err(wrong(
                    format!("`{name}` belongs to our own sign-in"),
                    "give the destination a credential of its own, in a variable of its own",
                ));
            }
        }
        Source::File(path) if !path.is_absolute() => {
            return Err(wrong(
                format!("`{}` depends on the working folder", path.display()),
                "write the whole path",
            ));
        }
        Source::File(_) => {}
    }
    Ok((scheme, Secret(source)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(destination: &str, route: &str) -> Result<ExtensionGrant, AuthorityError> {
        ExtensionGrant::parse(&format!(
            "contract = \"0.1.0\"\n[[destination]]\nname = \"vault\"\n{destination}\n\
             [[route]]\nname = \"new\"\ndestination = \"vault\"\nphases = [\"deliver\"]\n{route}"
        ))
    }

    const ORIGIN: &str = "origin = \"https://vault.contoso.example\"";
    const ROUTE: &str = "method = \"POST\"\npath = \"/api/secrets\"\nseal = \"/secret\"";

    #[test]
    fn a_grant_names_places_and_credentials() {
        let table = [
            ("", Scheme::Nothing),
            (
                "credential = { scheme = \"bearer\", variable = \"VAULT_TOKEN\" }",
                Scheme::Bearer,
            ),
            (
                "credential = { scheme = \"basic\", file = \"/run/secrets/vault\" }",
                Scheme::Basic,
            ),
            (
                "credential = { scheme = \"header\", header = \"X-Vault-Token\", variable = \"V\" }",
                Scheme::Header("x-vault-token".to_owned()),
            ),
        ];
        for (credential, scheme) in table {
            let grant = grant(&format!("{ORIGIN}\n{credential}"), ROUTE).unwrap();
            let expected = grant.destinations[0].clone().with_scheme(scheme);
            let (found, expected) = (&grant.destinations[0], &expected);
            let value = |one: &Destination| format!("{:?}", one.authorization("s"));
            assert_eq!(value(found), value(expected), "{credential}");
            let seal = grant.authority.routes()[0].seal.as_ref();
            assert_eq!(seal.map(ToString::to_string).as_deref(), Some("/secret"));
        }
    }

    #[test]
    fn where_devices_are_managed_from_and_our_own_sign_in_are_refused() {
        let table = [
            ("origin = \"https://graph.microsoft.com\"", "managed from"),
            ("origin = \"https://GRAPH.microsoft.us.\"", "managed from"),
            (
                "origin = \"https://login.microsoftonline.com\"",
                "managed from",
            ),
            ("origin = \"http://vault.contoso.example\"", "plain http"),
            ("origin = \"https://10.0.0.1\"", "inside this machine"),
            (
                "origin = \"https://vault.contoso.example/api\"",
                "more than an origin",
            ),
            (
                "origin = \"https://u:p@vault.contoso.example\"",
                "more than an origin",
            ),
        ];
        for (origin, why) in table {
            let error = grant(origin, ROUTE).unwrap_err();
            assert!(error.message.contains(why), "{origin}: {error}");
        }
        let table = [
            (
                "scheme = \"bearer\", variable = \"PASSCODE_ACCESS_TOKEN\"",
                "own sign-in",
            ),
            (
                "scheme = \"bearer\", variable = \"azure_client_secret\"",
                "own sign-in",
            ),
            (
                "scheme = \"bearer\", variable = \"ACTIONS_ID_TOKEN_REQUEST_TOKEN\"",
                "own sign-in",
            ),
            ("scheme = \"bearer\", file = \"token\"", "working folder"),
            ("scheme = \"bearer\"", "in one place"),
            (
                "scheme = \"bearer\", file = \"/t\", variable = \"T\"",
                "in one place",
            ),
            ("scheme = \"digest\", variable = \"T\"", "no such scheme"),
            ("scheme = \"header\", variable = \"T\"", "no such scheme"),
            (
                "scheme = \"header\", header = \"Host\", variable = \"T\"",
                "that header",
            ),
            (
                "scheme = \"header\", header = \"a\\r\\nb\", variable = \"T\"",
                "that header",
            ),
        ];
        for (credential, why) in table {
            let text = format!("{ORIGIN}\ncredential = {{ {credential} }}");
            let error = grant(&text, ROUTE).unwrap_err();
            assert!(error.message.contains(why), "{credential}: {error}");
        }
    }

    #[test]
    fn a_route_for_a_passcode_is_one_of_a_delivery_and_passes_nothing() {
        let table = [
            (ROUTE.replace("POST", "PUT"), None),
            (ROUTE.replace("POST", "PATCH"), Some("none of a delivery")),
            (ROUTE.replace("POST", "GET"), Some("none of a delivery")),
            (
                ROUTE.replace("/secret\"", "secret\""),
                Some("not the place"),
            ),
            (
                format!("{ROUTE}\npass = [\"id\"]"),
                Some("passes something"),
            ),
            (
                format!("{ROUTE}\ncollection = true"),
                Some("passes something"),
            ),
            (ROUTE.replace("seal", "seals"), Some("unknown field")),
            (
                "method = \"DELETE\"\npath = \"/api/drafts\"".to_owned(),
                None,
            ),
        ];
        for (route, why) in table {
            match (grant(ORIGIN, &route), why) {
                (Ok(_), None) => {}
                (Err(error), Some(why)) => assert!(error.message.contains(why), "{route}: {error}"),
                (other, _) => panic!("{route}: {other:?}"),
            }
        }
        let early = "contract = \"0.1.0\"\n[[route]]\nname = \"new\"\ndestination = \"vault\"\n\
             phases = [\"search\"]\nmethod = \"POST\"\npath = \"/a\"\nseal = \"/b\"";
        let error = Authority::parse(early).unwrap_err();
        assert!(error.message.contains("none of a delivery"), "{error}");
        let nowhere = early.replace("search", "deliver");
        let error = ExtensionGrant::parse(&nowhere).unwrap_err();
        assert!(error.message.contains("nothing says where"), "{error}");
        assert!(
            Authority::parse(&nowhere).is_ok(),
            "a manifest asks like this"
        );
        let placed = format!("{nowhere}\n[[destination]]\nname = \"vault\"\n{ORIGIN}");
        assert!(ExtensionGrant::parse(&placed).is_ok());
        let error = Authority::parse(&placed).unwrap_err();
        assert!(error.message.contains("where a destination is"), "{error}");
    }

    #[test]
    fn a_place_for_the_passcode_that_was_not_asked_for_is_none() {
        let granted = grant(ORIGIN, ROUTE).unwrap().authority;
        let asking = |seal: &str| {
            Authority::parse(&format!(
                "contract = \"0.1.0\"\n[[route]]\nname = \"n\"\ndestination = \"vault\"\n\
                 phases = [\"deliver\"]\n{}",
                ROUTE.replace("seal = \"/secret\"", seal)
            ))
            .unwrap()
        };
        let routes = |seal: &str| Authority::granted(&asking(seal), &granted).routes().len();
        assert_eq!(routes("seal = \"/secret\""), 1);
        assert_eq!(routes("seal = \"/other\""), 0);
        assert_eq!(routes(""), 0);
    }
}
