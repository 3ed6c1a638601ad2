//! A finder: which devices an inventory lists for a location (`location:ghent`) or for a shift
//! (`shift:early`), by their serial numbers.
//!
//! It asks for one page a call and hands the inventory's own cursor back as `more`; the host calls again
//! until there is none, or it has enough. What the inventory says besides serial numbers never gets
//! here: the grant does not let it pass.

mod bindings {
    #![allow(
        missing_docs,
        reason = "generated bindings; the documentation is in wit/"
    )]

    wit_bindgen::generate!({ world: "device-finder", path: "../../../wit" });

    export!(Inventory);

    use super::Inventory;
}

use bindings::exports::passcode::action::finder::{Context, Guest, Lead, Problem};
use bindings::passcode::action::http::{self, Failure, FailureReason, Request};
use bindings::passcode::action::types::{Fact, Method, ProblemKind, Selector, Touched};
use serde_json::Value;

struct Inventory;

impl Guest for Inventory {
    fn search(query: String, more: Option<String>, context: Context) -> Result<Lead, Problem> {
        let (sort, name) = query.split_once(':').unwrap_or_default();
        let folder = match sort {
            "location" => "locations",
            "shift" => "shifts",
            _ => {
                return Err(problem(
                    ProblemKind::Usage,
                    "query",
                    "write `location:NAME` or `shift:NAME`",
                ));
            }
        };
        let request = Request {
            method: Method::Get,
            path: format!("/api/{folder}/{name}/devices"),
            query: more
                .map(|after| ("after".to_owned(), after))
                .into_iter()
                .collect(),
            body: None,
        };
        let answer = http::send("inventory", &request).map_err(failed)?;
        if answer.status != 200 {
            return Err(refused(answer.status));
        }
        let body: Option<Value> = answer
            .body
            .and_then(|body| serde_json::from_str(&body).ok());
        let (selectors, more) = body.as_ref().and_then(page).ok_or_else(unreadable)?;
        Ok(Lead {
            selectors,
            facts: vec![Fact {
                name: format!("inventory.{sort}"),
                value: name.to_owned(),
                // The host writes who says so.
                source: String::new(),
                observed: context.now,
            }],
            more,
        })
    }
}

/// The devices of a page, and where the next one begins. `None`: it is no page. A device without a
/// serial number is not passed over: it would be missing from a run that is about all of them.
fn page(body: &Value) -> Option<(Vec<Selector>, Option<String>)> {
    let devices = body["devices"].as_array()?.iter();
    let serials = devices.map(|device| Some(device["serial"].as_str()?.to_owned()));
    let selectors = serials.map(|serial| serial.map(Selector::SerialNumber));
    let after = match &body["after"] {
        Value::Null => None,
        after => Some(after.as_str()?.to_owned()),
    };
    Some((selectors.collect::<Option<_>>()?, after))
}

fn refused(status: u16) -> Problem {
    let (kind, code, message) = match status {
        401 => (
            ProblemKind::NotSignedIn,
            "inventory-credential",
            "the inventory does not accept the credential",
        ),
        403 => (
            ProblemKind::Forbidden,
            "inventory-forbids",
            "the credential may not read this of the inventory",
        ),
        404 => (
            ProblemKind::NotFound,
            "inventory-has-none",
            "the inventory knows none of that name",
        ),
        _ => (
            ProblemKind::Unavailable,
            "inventory-out-of-order",
            "the inventory is out of order",
        ),
    };
    Problem {
        status: Some(status),
        ..problem(kind, code, message)
    }
}

fn failed(failure: Failure) -> Problem {
    match failure.reason {
        FailureReason::NoCredential => problem(
            ProblemKind::NotSignedIn,
            "inventory-credential",
            "there is no credential for the inventory",
        ),
        FailureReason::Refused(rule) => problem(
            ProblemKind::Refused(rule),
            "not-granted",
            "the grant does not let the finder ask this",
        ),
        FailureReason::Unreadable => unreadable(),
        _ => problem(
            ProblemKind::Unavailable,
            "inventory-unreachable",
            "the inventory did not answer",
        ),
    }
}

fn unreadable() -> Problem {
    problem(
        ProblemKind::Malformed,
        "inventory-unreadable",
        "the inventory's answer is no page of devices",
    )
}

fn problem(kind: ProblemKind, code: &str, message: &str) -> Problem {
    Problem {
        // Whoever only looks touches nothing.
        touched: Touched::No,
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
