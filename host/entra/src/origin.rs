//! Origins that a configuration may name, and those it may not.

use std::net::IpAddr;

use passcode_host::credential::CredentialError;
use url::{Host, Url};

use crate::error::{refused, shown};

/// The origin that `text` is, as `scheme://host[:port]` without a trailing slash.
///
/// `what` says in errors where the text came from. A path, query, fragment or user is refused,
/// because whoever reads the setting would take it for part of what is allowed. Plain http is
/// for loopback addresses: a token on any other wire is everybody's. Other origins have to be
/// among `allowed`, so that an environment variable alone cannot send tokens elsewhere.
///
/// # Errors
///
/// `origin-invalid`, `origin-plain-http`, `origin-not-allowed`.
pub(crate) fn parse(what: &str, text: &str, allowed: &[String]) -> Result<Url, CredentialError> {
    let origin = bare(what, text)?;
    if is_loopback(&origin) {
        return Ok(origin);
    }
    if origin.scheme() != "https" {
        return Err(refused(
            "origin-plain-http",
            format!("{what} is {}, which is not encrypted", written(&origin)),
            "use https; plain http is accepted for loopback addresses only",
        ));
    }
    let listed = allowed
        .iter()
        .filter_map(|entry| bare("allowed_origins", entry).ok())
        .any(|entry| entry.origin() == origin.origin());
    if !listed {
        return Err(refused(
            "origin-not-allowed",
            format!(
                "{what} is {}, which the config file does not list",
                written(&origin)
            ),
            format!(
                "add it to the config file: allowed_origins = [\"{}\"]",
                written(&origin)
            ),
        ));
    }
    Ok(origin)
}

fn bare(what: &str, text: &str) -> Result<Url, CredentialError> {
    let wrong = |why: &str| {
        refused(
            "origin-invalid",
            format!("{what} {why}: {}", shown(&without_user(text), 200)),
            "give scheme, host and port only, as in https://graph.microsoft.com",
        )
    };
    // Url::parse removes what cannot be seen (tabs, newlines, spaces at the ends) and takes `\`
    // for `/`; what was written should be what is used.
    if text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || c == '\\')
    {
        return Err(wrong("has characters that no address has"));
    }
    let url = Url::parse(text).map_err(|_| wrong("is not an address"))?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(wrong("is not an http address"));
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err(wrong("names a user"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("is more than an origin"));
    }
    Ok(url)
}

/// The text without what may be a password.
fn without_user(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, host)) => format!("****@{host}"),
        None => text.to_owned(),
    }
}

/// Whether the address never leaves this machine. `localhost` is such a name because [`Http`]
/// resolves it itself.
///
/// [`Http`]: crate::Http
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether the address is the link to this machine's own hypervisor or platform, where managed
/// identities are: it is not routed.
pub(crate) fn is_link_local(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(address)) if address.is_link_local())
}

/// An origin without a trailing slash.
pub(crate) fn written(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_encrypted_and_listed_origins_pass_unless_they_are_loopback() {
        let allowed = [
            "https://graph.corp.example".to_owned(),
            "https://h.example:8443/".to_owned(),
        ];
        let table = [
            ("http://127.0.0.1:8080", Ok("http://127.0.0.1:8080")),
            ("http://127.9.9.9", Ok("http://127.9.9.9")),
            ("http://[::1]:8080/", Ok("http://[::1]:8080")),
            ("http://localhost:1", Ok("http://localhost:1")),
            ("https://127.0.0.1", Ok("https://127.0.0.1")),
            (
                "https://graph.corp.example",
                Ok("https://graph.corp.example"),
            ),
            (
                "https://GRAPH.corp.example:443/",
                Ok("https://graph.corp.example"),
            ),
            ("https://h.example:8443", Ok("https://h.example:8443")),
            ("https://h.example", Err("origin-not-allowed")),
            (
                "https://graph.corp.example.evil.example",
                Err("origin-not-allowed"),
            ),
            ("https://graph.microsoft.com", Err("origin-not-allowed")),
            ("http://graph.corp.example", Err("origin-plain-http")),
            ("http://127.0.0.1.evil.example", Err("origin-plain-http")),
            ("http://localhost.evil.example", Err("origin-plain-http")),
            ("http://10.0.0.1", Err("origin-plain-http")),
            ("http://169.254.169.254", Err("origin-plain-http")),
            ("http://[::ffff:10.0.0.1]", Err("origin-plain-http")),
            ("http://0.0.0.0", Err("origin-plain-http")),
            ("https://user@graph.corp.example", Err("origin-invalid")),
            ("https://user:pw@graph.corp.example", Err("origin-invalid")),
            ("https://@graph.corp.example", Err("origin-invalid")),
            ("https://graph.corp.example/v1.0", Err("origin-invalid")),
            ("https://graph.corp.example//", Err("origin-invalid")),
            ("https://graph.corp.example?x", Err("origin-invalid")),
            ("https://graph.corp.example#x", Err("origin-invalid")),
            ("https:\\\\graph.corp.example", Err("origin-invalid")),
            (" https://graph.corp.example", Err("origin-invalid")),
            ("https://graph.corp\t.example", Err("origin-invalid")),
            ("ftp://graph.corp.example", Err("origin-invalid")),
            ("file:///etc/passwd", Err("origin-invalid")),
            ("graph.corp.example", Err("origin-invalid")),
            ("", Err("origin-invalid")),
        ];
        for (text, expected) in table {
            let found = parse("PASSCODE_GRAPH_URL", text, &allowed).map(|url| written(&url));
            match expected {
                Ok(origin) => assert_eq!(found.as_deref(), Ok(origin), "{text}"),
                Err(code) => assert_eq!(
                    found.map_err(|error| error.code),
                    Err(code.into()),
                    "{text}"
                ),
            }
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let error = parse("X", "https://user:hunter2@example.com", &[]).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
