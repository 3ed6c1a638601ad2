//! A courier: puts a temporary passcode into a service of one-time secrets, for the user of the
//! device or, if it has none, for the operator.
//!
//! It never reads the passcode. It writes a body in which `{"$sealed": N}` stands where its grant
//! allows it, and the host puts the passcode there on the way out. Of the answer it learns whether
//! the service took it: 200, 300, 400 or 500, and nothing else.

mod bindings {
    #![allow(
        missing_docs,
        reason = "generated bindings; the documentation is in wit/"
    )]

    wit_bindgen::generate!({ world: "passcode-courier", path: "../../../wit" });

    export!(OneTimeSecret);

    use super::OneTimeSecret;
}

use bindings::exports::passcode::action::courier::{Context, Delivery, Guest, Problem};
use bindings::passcode::action::http::{self, FailureReason, Request};
use bindings::passcode::action::types::{Method, ProblemKind, Touched};
use serde_json::json;

struct OneTimeSecret;

impl Guest for OneTimeSecret {
    fn deliver(delivery: Delivery, _: Context) -> Result<(), Problem> {
        // A kiosk has no user: then it is for whoever asked.
        let user = delivery.device.user_principal_name;
        let user = user.filter(|user| !user.is_empty());
        let recipient = user.unwrap_or(delivery.caller.operator.name);
        let body = json!({
            "recipient": recipient,
            "subject": format!("Temporary passcode of {}", delivery.device.name),
            "ticket": delivery.caller.ticket,
            "viewsAllowed": 1,
            "secret": { "$sealed": delivery.passcode },
        });
        let request = Request {
            method: Method::Post,
            path: "/api/secrets".to_owned(),
            query: Vec::new(),
            body: Some(body.to_string()),
        };
        match http::send("vault", &request) {
            Ok(answer) if answer.status == 200 => Ok(()),
            Ok(answer) => Err(Problem {
                status: Some(answer.status),
                ..problem(
                    ProblemKind::Rejected,
                    "vault-refused",
                    "the vault did not take the secret",
                )
            }),
            Err(failure) => Err(match failure.reason {
                FailureReason::NoCredential => problem(
                    ProblemKind::NotSignedIn,
                    "vault-credential",
                    "there is no credential for the vault",
                ),
                FailureReason::Refused(rule) => problem(
                    ProblemKind::Refused(rule),
                    "not-granted",
                    "the grant does not let the courier do this",
                ),
                _ => problem(
                    ProblemKind::Unavailable,
                    "vault-unreachable",
                    "the vault did not answer",
                ),
            }),
        }
    }
}

fn problem(kind: ProblemKind, code: &str, message: &str) -> Problem {
    Problem {
        // The passcode was changed before anybody was asked to deliver it.
        touched: Touched::Yes,
        kind,
        code: code.to_owned(),
        message: message.to_owned(),
        remedy: None,
        status: None,
        service_code: None,
        support_ids: Vec::new(),
        retry_after_seconds: None,
        checks: Vec::new(),
    }
}
