//! How a request reaches its destination: the transport's rules, the connections, and nothing that a
//! component could choose.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::HeaderValue;
use url::Url;

use crate::contract::types::Method;
use crate::destination::{Destination, DestinationError};
use crate::reach::JudgingResolver;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long ago a connection has just answered.
const JUST: Duration = Duration::from_millis(500);

/// An answer, as it came, within the size cap.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// No connection: nothing left this machine.
    #[error("no connection")]
    NotSent,
    /// It may have been received.
    #[error("no answer")]
    Interrupted,
    /// It was answered, and the answer is larger than allowed or broke off.
    #[error("an answer that is too large, or broke off")]
    Unreadable,
}

/// What a request proves itself with.
#[derive(Clone, Copy)]
pub(crate) enum Authorization<'a> {
    /// An access token, in the header `authorization`.
    Bearer(&'a str),
    /// `user:password`, in the header `authorization`.
    Basic(&'a str),
    /// A header of the service's own: its name and its value.
    Header(&'a str, &'a str),
    /// With nothing.
    Nothing,
}

impl fmt::Debug for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer(****)",
            Self::Basic(_) => "Basic(****)",
            Self::Header(..) => "Header(****)",
            Self::Nothing => "Nothing",
        })
    }
}

/// One request, ready to go. No `Debug`: its body may carry a passcode.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) authorization: Authorization<'a>,
    pub(crate) client_request_id: &'a str,
    /// The header of Multi Admin Approval, for the one request of a plan.
    pub(crate) approval: Option<(&'static str, String)>,
    pub(crate) body: Option<String>,
}

/// The HTTP clients of one destination.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    clients: Arc<Clients>,
    #[cfg(feature = "inspect")]
    stub: Option<crate::stub::Stub<crate::stub::RawAnswer>>,
}

#[derive(Debug)]
struct Clients {
    loopback: bool,
    /// No TLS: then no certificate authority is read, which takes longer than a request does.
    plain: bool,
    /// The proxy on the way, by its name.
    proxy: Option<String>,
    /// Further certificate authorities.
    roots: Vec<reqwest::Certificate>,
    timeout: Duration,
    reading: OnceLock<reqwest::Client>,
    /// Made when something is to be changed; most commands only look.
    changing: OnceLock<reqwest::Client>,
}

impl Clients {
    fn builder(&self) -> reqwest::ClientBuilder {
        let mut builder = reqwest::Client::builder()
            // A redirect would carry the request, and its credential, somewhere the
            // operator did not name.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("passcode/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(self.timeout)
            .https_only(!self.loopback);
        if self.loopback {
            builder = builder.no_proxy();
        }
        builder = if self.plain {
            builder.tls_certs_only([])
        } else {
            builder.tls_certs_merge(self.roots.iter().cloned())
        };
        builder.dns_resolver(Arc::new(JudgingResolver {
            loopback: self.loopback,
            proxy: self.proxy.clone(),
        }))
    }

    fn reading(&self) -> reqwest::Result<&reqwest::Client> {
        made(&self.reading, || self.builder())
    }

    fn changing(&self) -> reqwest::Result<&reqwest::Client> {
        // A connection that was idle may be closed by the other side at any moment, and then nobody
        // knows whether the request was read: a new one is worth its price. Only one that has just
        // answered is used again; no service is known to close those, and a run makes thousands.
        made(&self.changing, || {
            self.builder()
                .pool_idle_timeout(JUST)
                .retry(reqwest::retry::never())
        })
    }
}

/// The name of the proxy that the environment puts on the way. The same code decides it that
/// the connections use.
fn proxy_of(root: &Url) -> Option<String> {
    let origin = root.as_str().parse().ok()?;
    let proxy = Matcher::from_system().intercept(&origin)?;
    proxy.uri().host().map(str::to_owned)
}

fn made(
    place: &OnceLock<reqwest::Client>,
    builder: impl FnOnce() -> reqwest::ClientBuilder,
) -> reqwest::Result<&reqwest::Client> {
    match place.get() {
        Some(client) => Ok(client),
        None => {
            let client = builder().build()?;
            Ok(place.get_or_init(|| client))
        }
    }
}

impl Connector {
    /// `roots`: further certificate authorities, PEM.
    pub(crate) fn new(
        destination: &Destination,
        roots: &[Vec<u8>],
        timeout: Duration,
    ) -> Result<Self, DestinationError> {
        let failed = |what: &str| DestinationError {
            message: format!("no HTTP client for `{}`: {what}", destination.name),
            remedy: "check the certificate authority file and the proxy settings".to_owned(),
        };
        let mut certificates = Vec::new();
        for pem in roots {
            certificates.extend(
                reqwest::Certificate::from_pem_bundle(pem)
                    .map_err(|_| failed("not a PEM certificate"))?,
            );
        }
        let clients = Clients {
            proxy: proxy_of(&destination.root),
            loopback: destination.is_loopback(),
            plain: destination.root.scheme() == "http",
            roots: certificates,
            timeout,
            reading: OnceLock::new(),
            changing: OnceLock::new(),
        };
        // What is wrong with the settings is said now, not when a request is due.
        clients
            .reading()
            .map_err(|_| failed("it could not be built"))?;
        Ok(Self {
            clients: Arc::new(clients),
            #[cfg(feature = "inspect")]
            stub: None,
        })
    }

    #[cfg(feature = "inspect")]
    pub(crate) fn answered_by(
        self,
        stub: Option<crate::stub::Stub<crate::stub::RawAnswer>>,
    ) -> Self {
        Self { stub, ..self }
    }

    pub(crate) async fn send(
        &self,
        outgoing: Outgoing<'_>,
        cap: usize,
    ) -> Result<Answer, NoAnswer> {
        let client = self.client(outgoing.method);
        self.answer(client, outgoing, cap).await
    }

    /// Several reads in one request that is not a GET. It changes nothing, so that a connection
    /// that was kept will do.
    pub(crate) async fn send_reads(
        &self,
        outgoing: Outgoing<'_>,
        cap: usize,
    ) -> Result<Answer, NoAnswer> {
        self.answer(self.clients.reading(), outgoing, cap).await
    }

    fn client(&self, method: Method) -> reqwest::Result<&reqwest::Client> {
        match method {
            Method::Get => self.clients.reading(),
            _ => self.clients.changing(),
        }
    }

    async fn answer(
        &self,
        client: reqwest::Result<&reqwest::Client>,
        outgoing: Outgoing<'_>,
        cap: usize,
    ) -> Result<Answer, NoAnswer> {
        #[cfg(feature = "inspect")]
        if let Some(stub) = &self.stub {
            let (status, headers, body) =
                (stub.0)(&outgoing.method.to_string(), outgoing.url.as_str());
            return Ok(Answer {
                status,
                headers,
                body,
            });
        }
        let mut response = begin(client, outgoing).await?;
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| {
                Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
            })
            .collect();
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| NoAnswer::Unreadable)? {
            if body.len() + chunk.len() > cap {
                return Err(NoAnswer::Unreadable);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// Send, and read nothing of the answer but its status: neither a header nor a byte of the
    /// body is kept.
    pub(crate) async fn send_for_status(&self, outgoing: Outgoing<'_>) -> Result<u16, NoAnswer> {
        let client = self.client(outgoing.method);
        Ok(begin(client, outgoing).await?.status().as_u16())
    }
}

async fn begin(
    client: reqwest::Result<&reqwest::Client>,
    outgoing: Outgoing<'_>,
) -> Result<reqwest::Response, NoAnswer> {
    let client = client.map_err(|_| NoAnswer::NotSent)?;
    let method = match outgoing.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut request = client
        .request(method.clone(), outgoing.url)
        .header("accept", "application/json")
        .header("client-request-id", outgoing.client_request_id);
    request = match outgoing.authorization {
        Authorization::Bearer(token) => request.bearer_auth(token),
        Authorization::Basic(pair) => {
            let (user, password) = pair.split_once(':').unwrap_or((pair, ""));
            request.basic_auth(user, Some(password))
        }
        Authorization::Header(name, value) => {
            let mut value = HeaderValue::from_str(value).map_err(|_| NoAnswer::NotSent)?;
            value.set_sensitive(true);
            request.header(name, value)
        }
        Authorization::Nothing => request,
    };
    if let Some((name, value)) = outgoing.approval {
        request = request.header(name, value);
    }
    match outgoing.body {
        Some(body) => {
            request = request
                .header("content-type", "application/json")
                .body(body)
        }
        // "Do not supply a request body", and say so: some proxies demand a length.
        None if method != reqwest::Method::GET => request = request.header("content-length", "0"),
        None => {}
    }
    request.send().await.map_err(|error| {
        if error.is_connect() || error.is_builder() {
            NoAnswer::NotSent
        } else {
            NoAnswer::Interrupted
        }
    })
}

#[cfg(test)]
mod tests;
