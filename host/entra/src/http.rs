//! The connection to an authority: no redirects, no plain text off this machine, no endless
//! answers.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use passcode_host::credential::CredentialError;
use reqwest::header::HeaderValue;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, redirect, retry};
use url::Url;
use zeroize::Zeroizing;

use crate::error::{later, refused};
use crate::origin;

/// A token answer is a few kilobytes; what is longer than this, unpacked, is not one.
pub(crate) const LONGEST_ANSWER: usize = 256 * 1024;

/// How to reach an authority.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// PEM certificates to trust beside the system's: a corporate proxy's, a practice tenant's.
    /// The system's own can be replaced with `SSL_CERT_FILE`.
    pub extra_roots: Vec<u8>,
    /// How long connecting may take. 10 seconds unless told otherwise.
    pub connect_timeout: Duration,
    /// How long a request may take from its beginning to the answer's end. 30 seconds unless
    /// told otherwise.
    pub timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            extra_roots: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
        }
    }
}

/// Connections to authorities, shared by credentials. Cheap to clone.
///
/// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are honoured, except for loopback addresses, which
/// are never asked of a proxy: over plain http it would read the secret.
#[derive(Clone)]
pub struct Http {
    clients: Arc<Clients>,
}

/// Each is made when it is first needed: to make one reads the system's certificate authorities,
/// which takes longer than a request does.
struct Clients {
    roots: Vec<Certificate>,
    options: HttpOptions,
    /// For authorities elsewhere.
    proxied: OnceLock<Client>,
    /// For authorities on this machine.
    direct: OnceLock<Client>,
    /// The same without TLS.
    plain: OnceLock<Client>,
}

/// An answer, whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// `WWW-Authenticate`, which Azure Arc's agent answers with.
    pub(crate) challenge: Option<String>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Http {
    /// Connections with these options.
    ///
    /// # Errors
    ///
    /// `ca-invalid` if the extra roots are not PEM certificates. That the system's own cannot be
    /// read (`tls-unavailable`) shows when they are first needed.
    pub fn new(options: &HttpOptions) -> Result<Self, CredentialError> {
        let roots = Certificate::from_pem_bundle(&options.extra_roots).map_err(|_| bad_roots())?;
        if roots.is_empty() && !options.extra_roots.is_empty() {
            return Err(bad_roots());
        }
        let clients = Clients {
            roots,
            options: options.clone(),
            proxied: OnceLock::new(),
            direct: OnceLock::new(),
            plain: OnceLock::new(),
        };
        if !clients.roots.is_empty() {
            // What is wrong with a given file is said now, not when somebody signs in.
            clients.direct()?;
        }
        Ok(Self {
            clients: Arc::new(clients),
        })
    }

    /// POST a form and read the answer.
    pub(crate) async fn post(
        &self,
        url: &Url,
        form: &[(&str, &str)],
    ) -> Result<Answer, CredentialError> {
        self.send(url, self.to(url)?.post(url.clone()).form(form))
            .await
    }

    /// GET with headers whose values may be secrets.
    pub(crate) async fn get(
        &self,
        url: &Url,
        headers: &[(&'static str, Zeroizing<String>)],
    ) -> Result<Answer, CredentialError> {
        let mut request = self.to(url)?.get(url.clone());
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                refused(
                    "header-invalid",
                    format!("what {name} is to hold has characters that no header has"),
                    "check the environment variable it comes from",
                )
            })?;
            value.set_sensitive(true);
            request = request.header(*name, value);
        }
        self.send(url, request).await
    }

    /// The connections for an address: what is on this machine, or on the link to its own
    /// hypervisor, is never asked of a proxy.
    pub(crate) fn to(&self, url: &Url) -> Result<&Client, CredentialError> {
        let here = origin::is_loopback(url) || origin::is_link_local(url);
        match (here, url.scheme()) {
            (true, "http") => self.clients.plain(),
            (true, _) => self.clients.direct(),
            (false, _) => self.clients.proxied(),
        }
    }

    /// The client for other stacks that sign in on our behalf: https only, no redirects.
    #[cfg(feature = "azure-identity")]
    pub(crate) fn encrypted(&self) -> Result<Client, CredentialError> {
        self.clients.proxied().cloned()
    }

    async fn send(&self, url: &Url, request: RequestBuilder) -> Result<Answer, CredentialError> {
        let at = origin::written(url);
        let failed = |error: reqwest::Error| unreachable(&at, &error);
        let mut response = request
            .header("accept", "application/json")
            .send()
            .await
            .map_err(failed)?;
        let status = response.status().as_u16();
        let text = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().ok()?.trim().to_owned())
        };
        let retry_after = text("retry-after")
            .and_then(|value| value.parse().ok())
            .map(Duration::from_secs);
        let challenge = text("www-authenticate");
        let mut body = Zeroizing::new(Vec::with_capacity(16 * 1024));
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len().saturating_add(chunk.len()) > LONGEST_ANSWER {
                return Err(refused(
                    "sign-in-answer",
                    format!(
                        "{at} answered with more than {LONGEST_ANSWER} bytes, which is no token"
                    ),
                    "check that the authority and the proxy are the right ones",
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            retry_after,
            challenge,
            body,
        })
    }
}

impl Clients {
    fn proxied(&self) -> Result<&Client, CredentialError> {
        self.made(&self.proxied, || {
            self.trusting(Client::builder().https_only(true))
        })
    }

    fn direct(&self) -> Result<&Client, CredentialError> {
        self.made(&self.direct, || self.trusting(on_this_machine()))
    }

    fn plain(&self) -> Result<&Client, CredentialError> {
        self.made(&self.plain, || on_this_machine().tls_certs_only([]))
    }

    /// The system's certificate authorities, and the given ones.
    fn trusting(&self, builder: ClientBuilder) -> ClientBuilder {
        builder.tls_certs_merge(self.roots.iter().cloned())
    }

    fn made<'a>(
        &self,
        place: &'a OnceLock<Client>,
        builder: impl FnOnce() -> ClientBuilder,
    ) -> Result<&'a Client, CredentialError> {
        if let Some(client) = place.get() {
            return Ok(client);
        }
        let client = builder()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .connect_timeout(self.options.connect_timeout)
            .timeout(self.options.timeout)
            .user_agent(concat!("passcode/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                if self.roots.is_empty() {
                    refused(
                        "tls-unavailable",
                        format!("no encrypted connection can be made ({})", cause(&error)),
                        "install the system's CA certificates, or name a file with SSL_CERT_FILE",
                    )
                } else {
                    bad_roots()
                }
            })?;
        Ok(place.get_or_init(|| client))
    }
}

fn on_this_machine() -> ClientBuilder {
    let loopback = [
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
    ];
    Client::builder()
        .no_proxy()
        // A name server could point `localhost` anywhere.
        .resolve_to_addrs("localhost", &loopback)
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A client prints its proxies, and a proxy's address may hold a password.
        f.write_str("Http")
    }
}

fn bad_roots() -> CredentialError {
    refused(
        "ca-invalid",
        "the extra CA certificates cannot be read",
        "give a file of certificates in PEM form (-----BEGIN CERTIFICATE-----)",
    )
}

/// No answer came. Whether a request was received does not matter here: asking for a token
/// twice harms nothing.
fn unreachable(at: &str, error: &reqwest::Error) -> CredentialError {
    let cause = cause(error);
    if error.is_timeout() {
        return later(
            "sign-in-timeout",
            format!("{at} did not answer in time"),
            "check the network and the proxy (HTTPS_PROXY), and try again",
        );
    }
    if cause.contains("certificate") {
        return refused(
            "sign-in-tls",
            format!("{at} could not prove who it is ({cause})"),
            "if a proxy opens encrypted connections here, add its CA certificate: SSL_CERT_FILE=FILE",
        );
    }
    later(
        "sign-in-unreachable",
        format!("{at} could not be reached ({cause})"),
        "check the network and the proxy (HTTPS_PROXY), and try again",
    )
}

/// The innermost cause, which names no address and so no password in one.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    crate::error::shown(&innermost.to_string(), 200)
}
