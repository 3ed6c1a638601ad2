//! The WIT face of `passcode-finder`: nothing is decided here.

mod bindings {
    #![allow(
        missing_docs,
        unsafe_code,
        reason = "generated bindings; the documentation is in wit/"
    )]

    wit_bindgen::generate!({
        world: "device-finder",
        path: "../../../wit",
        with: { "passcode:action/types@0.1.0": passcode_logic::contract },
    });

    export!(Finder);

    use super::Finder;
}

use bindings::exports::passcode::action::finder::{Guest, Lead};
use bindings::passcode::action::http;
use passcode_logic::contract::{Context, Problem};
use passcode_logic::service::{Failure, Reason, Request, Response, Sent, Service};

/// The component.
struct Finder;

impl Guest for Finder {
    fn search(query: String, more: Option<String>, _: Context) -> Result<Lead, Problem> {
        let lead = passcode_finder::search(&mut Door, &query, more.as_deref())?;
        Ok(Lead {
            selectors: lead.selectors,
            facts: Vec::new(),
            more: lead.more,
        })
    }
}

/// The host's door.
struct Door;

impl Service for Door {
    fn send(&mut self, destination: &str, request: Request) -> Result<Response, Failure> {
        let answer = http::send(
            destination,
            &http::Request {
                method: request.method,
                path: request.path,
                query: request.query,
                body: request.body,
            },
        );
        match answer {
            Ok(response) => Ok(Response {
                status: response.status,
                headers: response.headers,
                body: response.body,
            }),
            Err(failure) => Err(Failure {
                sent: match failure.sent {
                    http::Sent::No => Sent::No,
                    http::Sent::Yes => Sent::Yes,
                    http::Sent::Unknown => Sent::Unknown,
                },
                reason: match failure.reason {
                    http::FailureReason::Refused(rule) => Reason::Refused(rule),
                    http::FailureReason::Exhausted(limit) => Reason::Exhausted(limit),
                    http::FailureReason::NoCredential => Reason::NoCredential,
                    http::FailureReason::Unreachable => Reason::Unreachable,
                    http::FailureReason::Interrupted => Reason::Interrupted,
                    http::FailureReason::Unreadable => Reason::Unreadable,
                    http::FailureReason::Withheld => Reason::Withheld,
                    http::FailureReason::Other(reason) => Reason::Other(reason),
                },
                message: failure.message,
            }),
        }
    }
}
