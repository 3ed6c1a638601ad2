//! An authority that gives tokens of a practice tenant, remembers what it was asked, and has a
//! canary in everything that it gives.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use passcode_practice::{PRACTICE_TENANT_ID, PracticeOptions, PracticeTenant, TokenRequest};

use crate::support::Home;
use crate::support::wire::Request;

pub const CLIENT: &str = "a8fdfbd0-da97-42d9-8f1a-fd6a7cb650b4";
pub const USER_CODE: &str = "C8H4M2";
/// What only the authority and the program know.
pub const DEVICE_CODE: &str = "CANARY-device-code-8141";
pub const REFRESH: &str = "CANARY-refresh-token-2718";
/// What GitHub's issuer gives.
pub const GITHUB_ASSERTION: &str = "CANARY-github-assertion-1414";

/// What Azure Pipelines gives.
pub const PIPELINES_ASSERTION: &str = "CANARY-pipelines-assertion-1729";

/// A request to the authority.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub form: BTreeMap<String, String>,
}

/// The authority, a tenant, and the token that it gives.
pub struct Authority {
    pub url: String,
    /// The same, encrypted; some ways to sign in take nothing else.
    pub encrypted: String,
    /// Whom to trust for that (PEM).
    pub ca: String,
    pub tenant: PracticeTenant,
    pub token: String,
    said: Arc<Mutex<Said>>,
}

#[derive(Default)]
struct Said {
    asked: Vec<Asked>,
    /// OAuth errors that are answered before tokens are given.
    errors: VecDeque<&'static str>,
    no_refresh: bool,
}

fn lock(said: &Mutex<Said>) -> std::sync::MutexGuard<'_, Said> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Authority {
    /// One for people.
    pub fn start() -> Self {
        Self::giving(&TokenRequest::help_desk())
    }

    /// One that gives tokens of this sort.
    pub fn giving(request: &TokenRequest) -> Self {
        let tenant = PracticeTenant::start(PracticeOptions::immediate()).unwrap();
        let token = tenant.mint_token(request);
        let said = Arc::new(Mutex::new(Said::default()));
        let url = listen("http", &said, &token, Ok);
        let (tls, ca) = tls();
        let encrypted = listen("https", &said, &token, move |stream| {
            let session = rustls::ServerConnection::new(tls.clone());
            let session = session.map_err(std::io::Error::other)?;
            Ok(rustls::StreamOwned::new(session, stream))
        });
        Self {
            url,
            encrypted,
            ca,
            tenant,
            token,
            said,
        }
    }

    /// Answer with these errors first.
    pub fn refuse(&self, errors: &[&'static str]) {
        lock(&self.said).errors.extend(errors);
    }

    /// Give people nothing to stay signed in with, from now on.
    pub fn give_no_refresh_token(&self) {
        lock(&self.said).no_refresh = true;
    }

    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.said).asked.clone()
    }

    /// The values of a field in all that was asked.
    pub fn values(&self, field: &str) -> Vec<String> {
        let asked = self.asked();
        let values = asked.iter().filter_map(|asked| asked.form.get(field));
        values.cloned().collect()
    }

    /// A home that goes to the tenant by this authority.
    pub fn home(&self) -> Home {
        let mut home = Home::new();
        for (name, value) in [
            ("PASSCODE_CLOUD", "custom"),
            ("PASSCODE_GRAPH_URL", self.tenant.url()),
            ("PASSCODE_AUTHORITY_URL", self.url.as_str()),
            ("AZURE_TENANT_ID", PRACTICE_TENANT_ID),
            ("AZURE_CLIENT_ID", CLIENT),
            // No keyring, unless a test brings one.
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent"),
        ] {
            home.set(name, value);
        }
        home
    }
}

/// Serve on a port of its own, as long as the test runs.
fn listen<S: Read + Write>(
    scheme: &str,
    said: &Arc<Mutex<Said>>,
    token: &str,
    open: impl Fn(TcpStream) -> std::io::Result<S> + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{scheme}://{}", listener.local_addr().unwrap());
    let (said, token) = (said.clone(), token.to_owned());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that goes away is none of our business.
            let _ = stream
                .and_then(&open)
                .and_then(|stream| serve(stream, &said, &token));
        }
    });
    url
}

/// A certificate of this test's own for this machine.
fn tls() -> (Arc<rustls::ServerConfig>, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let private = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private.into())
        .unwrap();
    (Arc::new(config), certificate.pem())
}

fn serve(mut stream: impl Read + Write, said: &Mutex<Said>, token: &str) -> std::io::Result<()> {
    let Some(request) = Request::read(&mut stream, &[])? else {
        return Ok(());
    };
    let path = request.target.split('?').next().unwrap_or_default();
    let form = form(&request.body());
    let grant = form.get("grant_type").cloned();
    lock(said).asked.push(Asked {
        path: path.to_owned(),
        form,
    });
    let (status, body) = if path.ends_with("/devicecode") {
        (
            200,
            format!(
                "{{\"user_code\":\"{USER_CODE}\",\"device_code\":\"{DEVICE_CODE}\",\"interval\":1,\
                 \"verification_uri\":\"https://microsoft.com/devicelogin\",\"expires_in\":900}}"
            ),
        )
    } else if path.ends_with("/github") {
        (200, format!("{{\"value\":\"{GITHUB_ASSERTION}\"}}"))
    } else if path.ends_with("/pipelines") {
        (200, format!("{{\"oidcToken\":\"{PIPELINES_ASSERTION}\"}}"))
    } else if let Some(error) = lock(said).errors.pop_front() {
        (400, format!("{{\"error\":\"{error}\"}}"))
    } else {
        // Nobody refreshes what an app is given for itself.
        let refresh = match grant.as_deref() {
            None | Some("client_credentials") => String::new(),
            _ if lock(said).no_refresh => String::new(),
            Some(_) => format!(",\"refresh_token\":\"{REFRESH}\""),
        };
        let body = format!(
            "{{\"token_type\":\"Bearer\",\"expires_in\":3600,\"ext_expires_in\":3600,\"access_token\":\"{token}\"{refresh}}}"
        );
        (200, body)
    };
    let head = format!(
        "HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
    stream.flush()
}

fn form(body: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
