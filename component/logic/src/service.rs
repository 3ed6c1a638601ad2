//! What this crate needs of the world: one request, one answer. It mirrors `wit/http.wit`, so
//! that everything here runs against a fake in tests and against the host's door in wasm.

use crate::prelude::*;

pub use crate::contract::Method;

/// The destination that the manifest names for Microsoft Graph.
pub const GRAPH: &str = "graph";

/// A request without origin, credential or secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path from the destination's root, or `page:N`.
    pub path: String,
    /// Query pairs, decoded.
    pub query: Vec<(String, String)>,
    /// A JSON body.
    pub body: Option<String>,
}

impl Request {
    /// A read.
    pub fn get(path: String, query: Vec<(String, String)>) -> Self {
        Self {
            method: Method::Get,
            path,
            query,
            body: None,
        }
    }
}

/// An answer, as the host's filter let it through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// JSON text.
    pub body: Option<String>,
}

impl Response {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether the status says success.
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Whether the service can have acted on a request that has no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sent {
    /// Nothing left the host.
    No,
    /// It was sent and answered.
    Yes,
    /// It may have been received.
    Unknown,
}

/// Why a request has no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The door refused it, by the rule of that name.
    Refused(String),
    /// A limit of the step is used up.
    Exhausted(String),
    /// No credential could be had.
    NoCredential,
    /// The destination could not be reached.
    Unreachable,
    /// No answer in time, or the connection broke.
    Interrupted,
    /// The answer could not be read.
    Unreadable,
    /// The answer would have carried a secret outside its place.
    Withheld,
    /// Anything newer.
    Other(String),
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Whether anything was sent.
    pub sent: Sent,
    /// Why there is no answer.
    pub reason: Reason,
    /// One sentence for a person.
    pub message: String,
}

/// How a credential acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Acting {
    /// For a signed-in person.
    Person,
    /// As an application.
    Application,
    /// It does not say.
    Opaque,
}

/// What a credential says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// How it acts.
    pub acting: Acting,
    /// The permissions it carries.
    pub permissions: Vec<String>,
}

/// The way out. The host's door in wasm, a fake in tests.
pub trait Service {
    /// Send one request to a destination by its name.
    fn send(&mut self, destination: &str, request: Request) -> Result<Response, Failure>;

    /// Read several things; the answers come in the order of the requests.
    fn send_all(
        &mut self,
        destination: &str,
        requests: Vec<Request>,
    ) -> Vec<Result<Response, Failure>> {
        requests
            .into_iter()
            .map(|request| self.send(destination, request))
            .collect()
    }

    /// What the credential for a destination says of itself.
    fn whoami(&mut self, _destination: &str) -> Option<Identity> {
        None
    }
}
