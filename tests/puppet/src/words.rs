//! From a script's words to the contract's types and back.

use serde_json::{Value, json};

use crate::bindings::passcode::action::http;
use crate::bindings::passcode::action::types::{
    ActionResult, Check, Device, Effect, Level, Method, Outcome, PlannedRequest, Progress,
    ProgressState, Proposal, Verdict,
};

pub(crate) fn number(value: &Value) -> usize {
    value
        .as_u64()
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(0)
}

fn text(value: &Value, otherwise: &str) -> String {
    value.as_str().unwrap_or(otherwise).to_owned()
}

fn maybe(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

pub(crate) fn method(name: &str) -> Method {
    match name {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => Method::Get,
    }
}

pub(crate) fn failure(failure: http::Failure) -> Value {
    use http::FailureReason as Reason;

    let (reason, rule) = match failure.reason {
        Reason::Refused(rule) => ("refused", rule),
        Reason::Exhausted(limit) => ("exhausted", limit),
        Reason::NoCredential => ("no-credential", String::new()),
        Reason::Unreachable => ("unreachable", String::new()),
        Reason::Interrupted => ("interrupted", String::new()),
        Reason::Unreadable => ("unreadable", String::new()),
        Reason::Withheld => ("withheld", String::new()),
        Reason::Other(other) => ("other", other),
    };
    let sent = match failure.sent {
        http::Sent::No => "no",
        http::Sent::Yes => "yes",
        http::Sent::Unknown => "unknown",
    };
    json!({ "failure": reason, "rule": rule, "sent": sent, "message": failure.message })
}

/// A proposal for the ordinary request on that device, changed as the script wants it.
pub(crate) fn proposal(device: &str, wanted: &Value) -> Proposal {
    let target = text(&wanted["device"], device);
    let path = format!("/v1.0/deviceManagement/managedDevices/{device}/resetPasscode");
    let query = wanted["query"].as_array().into_iter().flatten();
    let checks = wanted["checks"].as_array().into_iter().flatten();
    Proposal {
        device: blank_device(target, text(&wanted["huge"], "puppet")),
        effect: Effect::ResetDevicePasscode,
        level: Level::Device,
        address: "managed-devices".to_owned(),
        request: PlannedRequest {
            destination: text(&wanted["destination"], "graph"),
            method: method(wanted["method"].as_str().unwrap_or("POST")),
            path: text(&wanted["path"], &path).replace("{device}", device),
            query: query
                .map(|pair| (text(&pair[0], ""), text(&pair[1], "")))
                .collect(),
            body: maybe(&wanted["body"]),
        },
        checks: checks.map(check).collect(),
        expectations: Vec::new(),
        earlier_results: Vec::new(),
        limits: Vec::new(),
        usual_seconds: None,
        longest_seconds: None,
    }
}

fn check(wanted: &Value) -> Check {
    Check {
        id: text(&wanted["id"], "check"),
        verdict: match wanted["verdict"].as_str().unwrap_or_default() {
            "block" => Verdict::Block,
            "warn" => Verdict::Warn,
            "unknown" => Verdict::Unknown,
            _ => Verdict::Pass,
        },
        summary: "as the script says".to_owned(),
        remedy: None,
        evidence: None,
        citations: Vec::new(),
        needs_acceptance: wanted["needs-acceptance"].as_bool().unwrap_or(false),
    }
}

pub(crate) fn progress(wanted: &Value) -> Progress {
    let seal = wanted["seal"]
        .as_u64()
        .and_then(|seal| u32::try_from(seal).ok());
    Progress {
        state: ProgressState::Done,
        summary: text(&wanted["huge"], "done, says the puppet"),
        action_result: None,
        others: Vec::new(),
        settled_by: None,
        outcome: Some(Outcome {
            effect: Effect::ResetDevicePasscode,
            level: Level::Device,
            passcode: seal,
            expectations: Vec::new(),
            remedy: None,
        }),
        look_again_seconds: None,
    }
}

/// An action result in the service's words, with a seal where the passcode was.
pub(crate) fn result(wanted: &Value) -> ActionResult {
    // A device's name that holds a script cannot hold the key of a seal: the host would refuse it.
    let seal = wanted["passcode"]["$sealed"]
        .as_u64()
        .or(wanted["seal"].as_u64());
    ActionResult {
        name: text(&wanted["actionName"], ""),
        type_name: text(&wanted["@odata.type"], "")
            .trim_start_matches('#')
            .to_owned(),
        state: text(&wanted["actionState"], ""),
        started: maybe(&wanted["startDateTime"]),
        updated: maybe(&wanted["lastUpdatedDateTime"]),
        error_code: wanted["errorCode"].as_i64(),
        passcode: seal.and_then(|seal| u32::try_from(seal).ok()),
    }
}

fn blank_device(id: String, name: String) -> Device {
    Device {
        id,
        name,
        user_id: None,
        user_principal_name: None,
        user_display_name: None,
        serial_number: None,
        imei: None,
        entra_device_id: None,
        manufacturer: None,
        model: None,
        operating_system: None,
        os_version: None,
        device_type: None,
        enrollment_type: None,
        management_agent: None,
        ownership: None,
        management_state: None,
        lost_mode_state: None,
        supervised: None,
        shared: None,
        compliance_state: None,
        jail_broken: None,
        enrolled: None,
        last_check_in: None,
        certificate_expires: None,
        kind: "unknown".to_owned(),
        kind_reason: String::new(),
        read_from: String::new(),
        unreadable: Vec::new(),
        attributes: Vec::new(),
    }
}
