//! A request and its answer as a component sees them: what the door judges, what recordings
//! are made of. The nouns of the interface `http`, for those who are not a component.

use serde::{Deserialize, Serialize};

use crate::contract::bindings::passcode::action::http;
use crate::contract::types::Method;

/// A request as a component makes it: no origin, no header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// The destination's name in the grant.
    pub destination: String,
    /// The method.
    pub method: Method,
    /// The path, or `page:N`.
    pub path: String,
    /// Query pairs, decoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    /// The body, JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// An answer as it may pass: sealed, and only what is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers that may pass.
    pub headers: Vec<(String, String)>,
    /// The body, JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// Whether the service can have acted on a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// Nothing left the host.
    No,
    /// It was sent and answered.
    Yes,
    /// It may have been received.
    Unknown,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureReason {
    /// The door refused it; the name of its rule.
    Refused(String),
    /// A limit is used up; its name.
    Exhausted(String),
    /// No credential could be had.
    NoCredential,
    /// The destination could not be reached.
    Unreachable,
    /// No answer in time, or the connection broke.
    Interrupted,
    /// The answer could not be read in one way only.
    Unreadable,
    /// The answer would have carried a secret outside its place.
    Withheld,
    /// A reason of a later contract.
    Other(String),
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// Whether anything was sent.
    pub sent: Reached,
    /// Why.
    pub reason: FailureReason,
    /// One sentence for a person.
    pub message: String,
}

impl Request {
    pub(crate) fn of(destination: String, request: http::Request) -> Self {
        Self {
            destination,
            method: request.method,
            path: request.path,
            query: request.query,
            body: request.body,
        }
    }
}

impl From<Response> for http::Response {
    fn from(response: Response) -> Self {
        Self {
            status: response.status,
            headers: response.headers,
            body: response.body,
        }
    }
}

impl From<Failure> for http::Failure {
    fn from(failure: Failure) -> Self {
        use http::FailureReason as Reason;
        Self {
            sent: match failure.sent {
                Reached::No => http::Sent::No,
                Reached::Yes => http::Sent::Yes,
                Reached::Unknown => http::Sent::Unknown,
            },
            reason: match failure.reason {
                FailureReason::Refused(rule) => Reason::Refused(rule),
                FailureReason::Exhausted(limit) => Reason::Exhausted(limit),
                FailureReason::NoCredential => Reason::NoCredential,
                FailureReason::Unreachable => Reason::Unreachable,
                FailureReason::Interrupted => Reason::Interrupted,
                FailureReason::Unreadable => Reason::Unreadable,
                FailureReason::Withheld => Reason::Withheld,
                FailureReason::Other(reason) => Reason::Other(reason),
            },
            message: failure.message,
        }
    }
}
