//! A service that answers from a list, and what tests build their cases from.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test file uses its own part"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

use passcode_logic::contract::*;
use passcode_logic::service::{Failure, Reason, Request, Response, Sent, Service};
use std::path::PathBuf;

pub const ID: &str = "705c034c-034c-705c-4c03-5c704c035c70";
pub const UPN: &str = "helpdesk@contoso.example";

/// Answers each request by the first rule that fits its method and path; every request is kept.
#[derive(Default)]
pub struct Fake {
    pub rules: Vec<(Method, String, Result<Response, Failure>)>,
    pub seen: Vec<Request>,
}

impl Fake {
    pub fn on(mut self, path: &str, status: u16, body: &str) -> Self {
        self.rules
            .push((Method::Get, path.to_owned(), Ok(answer(status, body))));
        self
    }

    pub fn post(mut self, outcome: Result<Response, Failure>) -> Self {
        self.rules.push((Method::Post, "/".to_owned(), outcome));
        self
    }

    pub fn posts(&self) -> usize {
        self.seen
            .iter()
            .filter(|request| request.method == Method::Post)
            .count()
    }
}

impl Service for Fake {
    fn send(&mut self, destination: &str, request: Request) -> Result<Response, Failure> {
        assert_eq!(destination, "graph");
        fits_the_manifest(&request);
        self.seen.push(request.clone());
        // `path?needle` fits only a request whose query has the needle.
        let found = self.rules.iter().find(|(method, path, _)| {
            let (path, needle) = path.split_once('?').unwrap_or((path, ""));
            let query = format!("{:?}", request.query);
            *method == request.method && request.path.starts_with(path) && query.contains(needle)
        });
        match found {
            Some((_, _, outcome)) => outcome.clone(),
            None => panic!("nothing was prepared for {request:?}"),
        }
    }
}

/// What the manifest lets through, so that no test passes with a request the door would refuse.
fn fits_the_manifest(request: &Request) {
    if request.path.starts_with("page:") {
        assert!(request.query.is_empty());
        return;
    }
    let manifest: toml::Table = include_str!("../../../skin/manifest.toml")
        .parse()
        .expect("TOML");
    let list = |name: &str| -> Vec<String> {
        manifest["lists"][name]
            .as_array()
            .expect("a list")
            .iter()
            .map(|item| item.as_str().expect("text").to_owned())
            .collect()
    };
    let segments: Vec<&str> = request.path.split('/').collect();
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        _ => panic!("a method that no route has"),
    };
    let route = manifest["route"]
        .as_array()
        .expect("routes")
        .iter()
        .find(|route| {
            let path: Vec<&str> = route["path"].as_str().expect("a path").split('/').collect();
            route["method"].as_str() == Some(method)
                && path.len() == segments.len()
                && path
                    .iter()
                    .zip(&segments)
                    .all(|(own, segment)| own.starts_with('{') || own == segment)
        });
    let route = route.unwrap_or_else(|| panic!("no route for {request:?}"));
    let names = |key: &str| -> Vec<String> {
        let items = route
            .get(key)
            .and_then(toml::Value::as_array)
            .cloned()
            .unwrap_or_default();
        items
            .iter()
            .flat_map(|item| match item.as_str().expect("text") {
                reference if reference.starts_with('@') => list(&reference[1..]),
                name => vec![name.to_owned()],
            })
            .collect()
    };
    for (name, value) in &request.query {
        assert!(
            names("query").contains(name),
            "{name} is not granted: {request:?}"
        );
        if name == "$select" {
            for property in value.split(',') {
                assert!(
                    names("select").contains(&property.to_owned()),
                    "{property} is not granted"
                );
            }
        }
    }
    assert!(request.body.is_none());
}

pub fn answer(status: u16, body: &str) -> Response {
    Response {
        status,
        headers: vec![(
            "request-id".into(),
            "11111111-2222-3333-4444-555555555555".into(),
        )],
        body: (!body.is_empty()).then(|| body.to_owned()),
    }
}

pub fn lost(sent: Sent, reason: Reason) -> Result<Response, Failure> {
    Err(Failure {
        sent,
        reason,
        message: "the line went dead at https://fef.example/secret".into(),
    })
}

pub fn context() -> Context {
    Context {
        now: "2026-08-20T10:00:00Z".into(),
        time_zone: None,
        cloud: "global".into(),
        practice: false,
    }
}

pub fn caller(accepted: &[&str]) -> Caller {
    Caller {
        operator: Operator {
            name: UPN.into(),
            id: None,
            proof: Proof::Claimed,
        },
        reason: None,
        ticket: None,
        verified_by: None,
        accepted_checks: accepted.iter().map(|id| (*id).to_owned()).collect(),
        facts: vec![],
    }
}

pub fn order(verb: Verb) -> Order {
    Order {
        device_id: ID.into(),
        verb,
        address: None,
        address_values: vec![],
        preflight: false,
        caller: caller(&[]),
    }
}

pub fn plan(proposal: Proposal, accepted: &[&str]) -> Plan {
    Plan {
        proposal,
        caller: caller(accepted),
        tenant: "t".into(),
        cloud: "global".into(),
        practice: false,
        created: "2026-08-20T10:00:00Z".into(),
        expires: "2026-08-21T10:00:00Z".into(),
        reviews: vec![],
        delivery: "terminal".into(),
        component_digest: String::new(),
        grant_digest: String::new(),
        again: false,
        after_unknown: None,
    }
}

/// A device body: the given properties over those of a healthy dedicated device.
pub fn body(changes: serde_json::Value) -> String {
    let mut device = serde_json::json!({
        "id": ID, "deviceName": "Kiosk 7", "userPrincipalName": "ann@contoso.example", "serialNumber": "R58M1", "imei": "356938035643809",
        "operatingSystem": "Android", "osVersion": "13", "deviceType": "androidEnterprise",
        "deviceEnrollmentType": "androidEnterpriseDedicatedDevice", "managementAgent": "googleCloudDevicePolicyController",
        "managedDeviceOwnerType": "company", "managementState": "managed", "jailBroken": "False",
        "lastSyncDateTime": "2026-08-20T09:00:00Z", "deviceActionResults": [],
    });
    for (key, value) in changes.as_object().expect("an object") {
        device[key] = value.clone();
    }
    device.to_string()
}

pub fn iphone(changes: serde_json::Value) -> String {
    let mut device = serde_json::json!({
        "operatingSystem": "iOS", "osVersion": "17.5", "deviceType": "iPhone", "deviceEnrollmentType": "appleBulkWithUser",
        "lostModeState": "disabled", "hardwareInformation": {"isSharedDevice": false},
    });
    for (key, value) in changes.as_object().expect("an object") {
        device[key] = value.clone();
    }
    body(device)
}

pub fn result(state: &str, started: &str, seal: Option<u32>) -> serde_json::Value {
    let mut result = serde_json::json!({
        "@odata.type": "#microsoft.graph.resetPasscodeActionResult", "actionName": "resetPasscode",
        "actionState": state, "startDateTime": started, "lastUpdatedDateTime": started, "errorCode": 0,
    });
    if let Some(seal) = seal {
        result["passcode"] = serde_json::json!({"$sealed": seal});
    }
    result
}

pub fn results(items: &[serde_json::Value]) -> String {
    serde_json::json!({"id": ID, "deviceActionResults": items}).to_string()
}

pub fn prepared(device: &str, verb: Verb) -> Proposal {
    let mut fake = Fake::default().on("/beta", 200, device);
    passcode_logic::prepare(&mut fake, &order(verb), &context()).expect("a proposal")
}

/// The vendor data, or a printed note.
pub fn vendor(test: &str) -> Option<PathBuf> {
    match std::env::var_os("PASSCODE_VENDOR_DATA") {
        Some(path) => Some(PathBuf::from(path).join("graph")),
        None if std::env::var_os("PASSCODE_REQUIRE_DATA").is_some_and(|value| value == "1") => {
            panic!("PASSCODE_VENDOR_DATA is not set, and PASSCODE_REQUIRE_DATA asks for it")
        }
        None => {
            eprintln!("skipped {test}: PASSCODE_VENDOR_DATA is not set");
            None
        }
    }
}
