//! The WIT face of `passcode-logic`: nothing is decided here.
//!
//! The nouns of the contract are the ones `passcode-logic` generates, so only the four types
//! of `http` need a conversion.

#![no_std]

extern crate alloc;

mod abi;
mod exports;
mod memory;
mod nouns;

mod bindings {
    #![allow(
        missing_docs,
        unsafe_code,
        reason = "generated bindings; the documentation is in wit/"
    )]

    wit_bindgen::generate!({
        world: "passcode-action",
        path: "../../wit",
        with: { "passcode:action/types@0.1.0": passcode_logic::contract },
    });
}

use alloc::vec::Vec;

use bindings::passcode::action::{auth, http};
use passcode_logic::service::{
    Acting, Failure, Identity, Reason, Request, Response, Sent, Service,
};

/// The host's door.
struct Door;

fn asked(request: Request) -> http::Request {
    http::Request {
        method: request.method,
        path: request.path,
        query: request.query,
        body: request.body,
    }
}

fn told(answer: Result<http::Response, http::Failure>) -> Result<Response, Failure> {
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

impl Service for Door {
    fn send(&mut self, destination: &str, request: Request) -> Result<Response, Failure> {
        told(http::send(destination, &asked(request)))
    }

    fn send_all(
        &mut self,
        destination: &str,
        requests: Vec<Request>,
    ) -> Vec<Result<Response, Failure>> {
        let requests: Vec<_> = requests.into_iter().map(asked).collect();
        let answers = http::send_all(destination, &requests);
        answers.into_iter().map(told).collect()
    }

    fn whoami(&mut self, destination: &str) -> Option<Identity> {
        let identity = auth::whoami(destination)?;
        Some(Identity {
            acting: match identity.acting {
                auth::Acting::Delegated => Acting::Person,
                auth::Acting::Application => Acting::Application,
                auth::Acting::Opaque => Acting::Opaque,
            },
            permissions: identity.permissions,
        })
    }
}
