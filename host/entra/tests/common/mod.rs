//! An authority on this machine that answers what it is told to, and remembers what it was
//! asked.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a failed step is how a test says that it failed; not every test uses all of this"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use passcode_entra::{ClientSecret, Cloud, Http, HttpOptions};
use passcode_host::credential::TokenRequest;

pub(crate) const SECRET: &str = "CANARY~secret&with=odd+characters%";
pub(crate) const CLIENT: &str = "a8fdfbd0-da97-42d9-8f1a-fd6a7cb650b4";
pub(crate) const TENANT: &str = "contoso.example";

/// One answer: status, headers, body.
#[derive(Clone, Debug)]
pub(crate) struct Canned(
    pub(crate) u16,
    pub(crate) Vec<(&'static str, String)>,
    pub(crate) String,
);

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

#[derive(Default)]
pub(crate) struct Seen {
    answers: Mutex<VecDeque<Canned>>,
    asked: Mutex<Vec<Asked>>,
    delay: Mutex<Duration>,
}

pub(crate) struct Authority {
    pub(crate) origin: String,
    seen: Arc<Seen>,
}

impl Authority {
    /// Starts; the last of the answers is repeated.
    pub(crate) async fn start(answers: Vec<Canned>) -> Self {
        let seen = Arc::new(Seen {
            answers: Mutex::new(answers.into()),
            ..Seen::default()
        });
        let app = Router::new().fallback(answer).with_state(seen.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { origin, seen }
    }

    pub(crate) fn slow(self, delay: Duration) -> Self {
        *self.seen.delay.lock().unwrap() = delay;
        self
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.seen.asked.lock().unwrap().clone()
    }

    pub(crate) fn cloud(&self) -> Cloud {
        Cloud::custom(&self.origin, &self.origin, &[]).unwrap()
    }

    pub(crate) fn request(&self) -> TokenRequest {
        TokenRequest {
            scope: self.cloud().scope(),
            claims: None,
            renew: false,
        }
    }

    pub(crate) fn app(&self) -> ClientSecret {
        ClientSecret::new(self.cloud(), TENANT, CLIENT, SECRET.into(), http()).unwrap()
    }
}

pub(crate) fn http() -> Http {
    let options = HttpOptions {
        timeout: Duration::from_secs(2),
        ..HttpOptions::default()
    };
    Http::new(&options).unwrap()
}

impl Asked {
    /// A field of the form.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.body.as_bytes())
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
    }

    /// A parameter of the address.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.uri.query()?.as_bytes())
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// An answer in JSON.
pub(crate) fn json(status: u16, body: &str) -> Canned {
    let headers = vec![("content-type", "application/json".into())];
    Canned(status, headers, body.into())
}

async fn answer(
    State(seen): State<Arc<Seen>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    seen.asked.lock().unwrap().push(Asked {
        method,
        uri,
        headers,
        body,
    });
    let delay = *seen.delay.lock().unwrap();
    tokio::time::sleep(delay).await;
    let mut answers = seen.answers.lock().unwrap();
    let Canned(status, headers, body) = if answers.len() > 1 {
        answers.pop_front().unwrap()
    } else {
        answers.front().unwrap().clone()
    };
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// A token answer as the v2.0 endpoint gives it.
pub(crate) fn token(value: &str, seconds: u64) -> Canned {
    let body = format!(
        r#"{{"token_type":"Bearer","expires_in":{seconds},"ext_expires_in":{seconds},"access_token":"{value}"}}"#
    );
    Canned(200, vec![("content-type", "application/json".into())], body)
}

/// A refusal with Entra's shape. The one for 7000215 was captured:
/// <https://github.com/OfficeDev/microsoft-365-agents-toolkit/issues/8621>.
pub(crate) fn refusal(status: u16, error: &str, number: u64, text: &str) -> Canned {
    let body = format!(
        r#"{{"error":"{error}","error_description":"AADSTS{number}: {text}\r\nTrace ID: 6f6c4645-0202-4486-b625-fa957dfc4700\r\nCorrelation ID: 5fc87507-4086-4e77-b415-cee677eb232e\r\nTimestamp: 2023-05-06 06:03:00Z","error_codes":[{number}],"timestamp":"2023-05-06 06:03:00Z","trace_id":"6f6c4645-0202-4486-b625-fa957dfc4700","correlation_id":"5fc87507-4086-4e77-b415-cee677eb232e","error_uri":"https://login.microsoftonline.com/error?code={number}"}}"#
    );
    Canned(
        status,
        vec![("content-type", "application/json".into())],
        body,
    )
}
