//! Where a request goes: an origin, and nothing that a component could choose.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

use crate::authority::Path;
use crate::connector::Authorization;
use crate::credential::Credential;
use crate::reach::reachable;

/// OData's `$` and the separators it is written with stay readable; everything else is escaped.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'$')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b',')
    .remove(b':');

/// Where requests go that name it: an origin, and the credential that belongs to that origin
/// and to no other.
#[derive(Clone)]
pub struct Destination {
    pub(crate) name: String,
    pub(crate) root: Url,
    pub(crate) credential: Arc<dyn Credential>,
    /// Asked for with every request.
    scope: String,
    scheme: Scheme,
    loopback: bool,
}

/// How a request carries what its destination's credential gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: Basic …`.
    Basic,
    /// In a header of the service's own.
    Header(String),
    /// Not at all.
    Nothing,
}

/// Why an origin is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DestinationError {
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

impl Destination {
    /// A destination by its name in grants, its root (`https://graph.microsoft.com`) and its
    /// credential.
    ///
    /// # Errors
    ///
    /// If the root is not an origin, or is plain http to anything but a loopback address, or
    /// a literal address that no service of this kind has.
    pub fn new(
        name: &str,
        root: &str,
        credential: Arc<dyn Credential>,
    ) -> Result<Self, DestinationError> {
        let refuse = |message: String| DestinationError {
            message,
            remedy: "write an origin such as `https://graph.microsoft.com`".to_owned(),
        };
        let url = Url::parse(root).map_err(|_| refuse(format!("`{root}` is not an address")))?;
        let bare = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare {
            return Err(refuse(format!("`{root}` is more than an origin")));
        }
        let loopback = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err(refuse(format!("`{root}` names no host"))),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => {
                return Err(refuse(format!(
                    "`{root}`: plain http is for loopback addresses only"
                )));
            }
        }
        // A literal address never meets the resolver, so it is judged here.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if let Some(address) = literal
            && !reachable(address, loopback)
        {
            return Err(refuse(format!(
                "`{root}` is an address inside this machine or network"
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            scope: format!("{}/.default", url.origin().ascii_serialization()),
            root: url,
            credential,
            scheme: Scheme::Bearer,
            loopback,
        })
    }

    pub(crate) fn with_scheme(self, scheme: Scheme) -> Self {
        Self { scheme, ..self }
    }

    /// What a request to it proves itself with.
    pub(crate) fn authorization<'a>(&'a self, secret: &'a str) -> Authorization<'a> {
        match &self.scheme {
            Scheme::Bearer => Authorization::Bearer(secret),
            Scheme::Basic => Authorization::Basic(secret),
            Scheme::Header(name) => Authorization::Header(name, secret),
            Scheme::Nothing => Authorization::Nothing,
        }
    }

    /// The scope its tokens are asked for.
    #[must_use]
    pub fn scope(&self) -> String {
        self.scope.clone()
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    pub(crate) fn url(&self, path: &Path, query: &[(String, String)]) -> Url {
        let mut url = self.root.clone();
        let mut text = String::with_capacity(256);
        for segment in path.segments() {
            text.push('/');
            text.push_str(segment);
        }
        url.set_path(&text);
        if !query.is_empty() {
            text.clear();
            for (name, value) in query {
                if !text.is_empty() {
                    text.push('&');
                }
                text.extend(utf8_percent_encode(name, QUERY));
                text.push('=');
                text.extend(utf8_percent_encode(value, QUERY));
            }
            url.set_query(Some(&text));
        }
        url
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("name", &self.name)
            .field("root", &self.root.as_str())
            .field("credential", &self.credential.kind())
            .finish()
    }
}
