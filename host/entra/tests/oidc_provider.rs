//! Our sign-in against an authorization server that is not ours: npm's `oidc-provider`.
//!
//! Ignored, because it needs Node and an installation; `tests/conformance/run` runs it, with
//! `CONFORMANCE_OIDC` the folder that has `server.mjs` and what it needs, and
//! `CONFORMANCE_CERTIFICATE` the one with `app.pem`, `other.pem` and `app.pfx`, made by others, too.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step is how a test says that it failed"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use passcode_entra::{
    Browser, Certificate, ClientCertificate, ClientSecret, Cloud, DeviceCode, DevicePrompt, Http,
    HttpOptions, Interaction,
};
use passcode_host::credential::{Credential, CredentialError, TokenRequest};
use reqwest::redirect::Policy;
use serde_json::Value;
use url::Url;

const TENANT: &str = "contoso.example";
const SECRET: &str = "CANARY secret of the app+&%";
const PFX_PASSWORD: &str = "CANARY password";

fn folder(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set")))
}

fn certificate(name: &str) -> PathBuf {
    folder("CONFORMANCE_CERTIFICATE").join(name)
}

struct Server {
    process: Child,
    origin: String,
    /// Open for as long as the server may write: it would end at a closed one.
    _out: BufReader<ChildStdout>,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new("node")
            .arg(folder("CONFORMANCE_OIDC").join("server.mjs"))
            .arg(certificate("app.pem"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Self {
            process,
            origin: said["origin"].as_str().unwrap().to_owned(),
            _out: out,
        }
    }

    fn cloud(&self) -> Cloud {
        Cloud::custom(&self.origin, &self.origin, &[]).unwrap()
    }

    fn request(&self) -> TokenRequest {
        TokenRequest {
            scope: self.cloud().scope(),
            claims: None,
            renew: false,
        }
    }

    async fn seen(&self) -> Vec<Value> {
        let text = reqwest::get(format!("{}/seen", self.origin)).await.unwrap();
        serde_json::from_str(&text.text().await.unwrap()).unwrap()
    }

    fn with_certificate(&self, file: &str, password: &str) -> ClientCertificate {
        let read = Certificate::read(&certificate(file), password).unwrap();
        let app = "app-with-certificate";
        ClientCertificate::new(self.cloud(), TENANT, app, read, http()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn http() -> Http {
    Http::new(&HttpOptions::default()).unwrap()
}

/// What the token says; that its signature is good is the server's business.
fn said(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

/// What the server itself said.
fn served(refused: &CredentialError) -> &str {
    let said = refused.said.as_ref().unwrap();
    said.code.as_deref().unwrap()
}

#[tokio::test]
#[ignore = "needs oidc-provider: tests/conformance/run"]
async fn a_secret_is_accepted_and_a_wrong_one_is_not() {
    let server = Server::start();
    let app = |secret: &str| {
        let (cloud, id) = (server.cloud(), "app-with-secret");
        ClientSecret::new(cloud, TENANT, id, secret.into(), http()).unwrap()
    };
    let given = app(SECRET).token(&server.request()).await.unwrap();
    assert_eq!(said(given.secret())["aud"], server.origin);
    assert_eq!(said(given.secret())["client_id"], "app-with-secret");
    let refused = app("wrong").token(&server.request()).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.transient),
        ("sign-in-refused", false)
    );
    assert_eq!(served(&refused), "invalid_client");
}

#[tokio::test]
#[ignore = "needs oidc-provider: tests/conformance/run"]
async fn a_certificates_assertion_is_accepted_once() {
    let server = Server::start();
    for (file, password) in [("app.pem", ""), ("app.pfx", PFX_PASSWORD)] {
        let app = server.with_certificate(file, password);
        let mut request = server.request();
        let given = app.token(&request).await.unwrap();
        assert_eq!(said(given.secret())["client_id"], "app-with-certificate");
        request.renew = true;
        app.token(&request).await.unwrap();
    }
    let seen = server.seen().await;
    assert_eq!(seen.len(), 4);
    // The same again, as somebody who overheard it would send it.
    let asked = seen[0]["asked"].as_object().unwrap();
    assert!(asked["client_assertion"].as_str().unwrap().len() > 300);
    let form: BTreeMap<&str, &str> = asked
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect();
    let again = reqwest::Client::new()
        .post(format!("{}/{TENANT}/oauth2/v2.0/token", server.origin))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 401, "a replayed assertion");
    let last = server.seen().await.pop().unwrap();
    assert_eq!(last["error"], "invalid_client");

    let refused = server.with_certificate("other.pem", "");
    let refused = refused.token(&server.request()).await.unwrap_err();
    assert_eq!(served(&refused), "invalid_client", "another key");
    assert!(!format!("{refused:?}").contains("eyJ"));
}

/// A person with a browser of the simplest kind: fills in what a form asks for, and sends it.
#[derive(Clone, Debug)]
struct Visitor {
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    fn new() -> Self {
        let client = reqwest::Client::builder().redirect(Policy::none());
        Self {
            client: client.build().unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    /// Go where the pages lead; the last page.
    async fn visit(&mut self, address: Url) -> String {
        let mut next = (address, None);
        for _ in 0..20 {
            let (at, form): (Url, Option<Vec<(String, String)>>) = next;
            let mut request = match &form {
                Some(form) => self.client.post(at.clone()).form(form),
                None => self.client.get(at.clone()),
            };
            let cookies: Vec<_> = self
                .cookies
                .iter()
                .map(|(n, v)| format!("{n}={v}"))
                .collect();
            request = request.header("cookie", cookies.join("; "));
            let answer = request.send().await.unwrap();
            for cookie in answer.headers().get_all("set-cookie") {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.into(), value.into());
            }
            if let Some(to) = answer.headers().get("location") {
                let to = at.join(to.to_str().unwrap()).unwrap();
                // As a browser does where `localhost` is ::1 first, and nobody listens there.
                let to = to
                    .as_str()
                    .replace("http://localhost:", "http://127.0.0.1:");
                next = (to.parse().unwrap(), None);
                continue;
            }
            let page = answer.text().await.unwrap();
            match filled(&page) {
                Some((action, form)) => next = (at.join(&action).unwrap(), Some(form)),
                None => return page,
            }
        }
        panic!("the pages have no end");
    }
}

/// The first form of a page, filled in.
fn filled(page: &str) -> Option<(String, Vec<(String, String)>)> {
    let form = page.split("<form").nth(1)?.split("</form>").next()?;
    let of = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let mut fields = Vec::new();
    for input in form.split("<input").skip(1) {
        let input = input.split('>').next()?;
        if let Some(name) = of(input, "name") {
            let value = of(input, "value").unwrap_or_else(|| "sample".into());
            fields.push((name, value));
        }
    }
    Some((of(form, "action")?, fields))
}

/// Visits, some time after being asked to.
#[derive(Debug)]
struct Person(Duration);

#[async_trait]
impl Interaction for Person {
    async fn show_code(&self, prompt: &DevicePrompt) -> Result<(), CredentialError> {
        let mut address: Url = prompt.address.parse().unwrap();
        address
            .query_pairs_mut()
            .append_pair("user_code", &prompt.user_code);
        self.open_browser(&address).await
    }

    async fn open_browser(&self, address: &Url) -> Result<(), CredentialError> {
        let (address, wait) = (address.clone(), self.0);
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            Visitor::new().visit(address).await;
        });
        Ok(())
    }

    async fn warn(&self, problem: &CredentialError) {
        panic!("{problem}");
    }
}

#[tokio::test]
#[ignore = "needs oidc-provider: tests/conformance/run"]
async fn a_device_code_goes_from_pending_to_granted_and_is_refreshed() {
    let server = Server::start();
    let person = Arc::new(Person(Duration::from_secs(6)));
    let app = DeviceCode::new(server.cloud(), TENANT, "people", person, None, http()).unwrap();
    let mut request = server.request();
    let given = app.token(&request).await.unwrap();
    assert_eq!(said(given.secret())["aud"], server.origin);
    assert_eq!(said(given.secret())["sub"], "sample");
    request.renew = true;
    let next = app.token(&request).await.unwrap();
    assert_ne!(next.secret(), given.secret());
    let steps: Vec<_> = server
        .seen()
        .await
        .iter()
        .map(|step| {
            let of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let grant = of(&step["asked"]["grant_type"]);
            let grant = grant.rsplit(':').next().unwrap_or_default().to_owned();
            (of(&step["path"]), grant, of(&step["error"]))
        })
        .collect();
    let step = |path: &str, grant: &str, error: &str| (path.into(), grant.into(), error.into());
    assert_eq!(
        steps,
        [
            step("/devicecode", "", ""),
            step("/token", "device_code", "authorization_pending"),
            step("/token", "device_code", ""),
            step("/token", "refresh_token", ""),
        ]
    );
}

#[tokio::test]
#[ignore = "needs oidc-provider: tests/conformance/run"]
async fn a_browser_signs_in_with_pkce_and_no_one_does_without() {
    let server = Server::start();
    let person = Arc::new(Person(Duration::ZERO));
    let app = Browser::new(server.cloud(), TENANT, "people", person, None, http()).unwrap();
    let mut request = server.request();
    let given = app.token(&request).await.unwrap();
    assert_eq!(said(given.secret())["aud"], server.origin);
    request.renew = true;
    app.token(&request).await.unwrap();
    let seen = server.seen().await;
    let exchange = seen.iter().find(|step| step["path"] == "/token").unwrap();
    assert!(exchange["asked"]["code_verifier"].as_str().unwrap().len() >= 43);
    assert_eq!(seen.last().unwrap()["asked"]["grant_type"], "refresh_token");

    // Without a challenge the server sends the person back with an error.
    let scope = format!("openid {}/.default", server.origin);
    let mut bare: Url = format!("{}/{TENANT}/oauth2/v2.0/authorize", server.origin)
        .parse()
        .unwrap();
    bare.query_pairs_mut()
        .append_pair("client_id", "people")
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", "http://localhost:1")
        .append_pair("scope", &scope)
        .append_pair("state", "s");
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let answer = client.get(bare).send().await.unwrap();
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(
        to.contains("error=invalid_request") && to.contains("PKCE"),
        "{to}"
    );
}
