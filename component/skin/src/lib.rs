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

use bindings::passcode::action::http;
use passcode_logic::service::{Failure, Reason, Request, Response, Sent, Service};

/// The host's door.
struct Door;

impl Service for Door {
    fn send(&mut self, destination: &str, request: Request) -> Result<Response, Failure> {
        let request = http::Request {
            method: request.method,
            path: request.path,
            query: request.query,
            body: request.body,
        };
        match http::send(destination, &request) {
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
