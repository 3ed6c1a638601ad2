//! Batches, and their answers.

#![allow(clippy::panic, reason = "the helpers of a test fail it by panicking")]

use super::{Answer, address, bearer, send};
use passcode_practice::PracticeTenant;
use serde_json::{Value, json};

pub(crate) fn ask_with(
    tenant: &PracticeTenant,
    version: &str,
    token: &str,
    requests: &Value,
) -> Option<Answer> {
    let body = json!({"requests": requests}).to_string();
    let headers = [
        ("Authorization", token),
        ("Content-Type", "application/json"),
        ("client-request-id", "batch-1"),
    ];
    send(
        tenant,
        "POST",
        &format!("/{version}/$batch"),
        &headers,
        &body,
    )
}

pub(crate) fn try_ask(tenant: &PracticeTenant, requests: &Value) -> Option<Answer> {
    ask_with(tenant, "beta", &bearer(tenant), requests)
}

pub(crate) fn ask(tenant: &PracticeTenant, requests: &Value) -> Answer {
    try_ask(tenant, requests).expect("answer")
}

pub(crate) fn part<'a>(body: &'a Value, id: &str) -> &'a Value {
    let all = body["responses"].as_array().expect("responses");
    let mut fitting = all.iter().filter(|part| part["id"] == id);
    let (Some(part), None) = (fitting.next(), fitting.next()) else {
        panic!("not one answer to {id}: {body}");
    };
    part
}

pub(crate) fn statuses(body: &Value) -> Vec<(&str, u64)> {
    let all = body["responses"].as_array().expect("responses");
    all.iter()
        .map(|part| {
            (
                part["id"].as_str().expect("id"),
                part["status"].as_u64().expect("status"),
            )
        })
        .collect()
}

/// Below the version, as a part names it.
pub(crate) fn device(tenant: &PracticeTenant, name: &str) -> String {
    address(tenant, name).replacen("/beta", "", 1)
}

pub(crate) fn read(tenant: &PracticeTenant, id: &str, name: &str) -> Value {
    json!({"id": id, "method": "GET", "url": format!("{}?$select=id,deviceName", device(tenant, name))})
}

pub(crate) fn reset(tenant: &PracticeTenant, id: &str, name: &str) -> Value {
    json!({
        "id": id,
        "method": "POST",
        "url": format!("{}/resetPasscode", device(tenant, name)),
        "headers": {"Content-Type": "application/json"},
        "body": {},
    })
}
