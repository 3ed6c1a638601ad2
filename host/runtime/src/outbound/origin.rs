//! Which origins an extension may be granted.

use std::sync::Arc;

use super::form::fault;
use super::secret::{Nothing, Secret};
use crate::authority::AuthorityError;
use crate::credential::Credential;
use crate::destination::{Destination, Scheme};

/// Microsoft Graph and the places that our own sign-in goes to, in every cloud. Whoever has a
/// credential of their own there could act on devices past the door that keeps wipe out of reach.
const OURS: [&str; 9] = [
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "login.windows.net",
];

/// A destination of an extension's own.
pub(super) fn destination(
    name: &str,
    origin: &str,
    secret: Option<(Scheme, Secret)>,
) -> Result<Destination, AuthorityError> {
    let (scheme, credential): (_, Arc<dyn Credential>) = match secret {
        Some((scheme, secret)) => (scheme, Arc::new(secret)),
        None => (Scheme::Nothing, Arc::new(Nothing)),
    };
    let destination = Destination::new(name, origin, credential).map_err(|error| {
        fault(
            format!("destination `{name}`: {}", error.message),
            "write an origin such as `https://vault.contoso.example`",
        )
    })?;
    let host = destination.root.host_str().unwrap_or_default();
    // `example.com.` is `example.com`.
    let host = host.trim_end_matches('.');
    if OURS.contains(&host) {
        return Err(fault(
            format!("destination `{name}`: `{host}` is where devices are managed from"),
            "an extension never gets there; name a service of its own",
        ));
    }
    Ok(destination.with_scheme(scheme))
}
