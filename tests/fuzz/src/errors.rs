//! Whatever a service answers: what is said about it never claims more than the answer allows.
//!
//! Input: a status, then header lines `name: value`, an empty line, and the body.

use std::sync::LazyLock;

use passcode_logic::contract::{
    Caller, Context, Disposition, Operator, Order, Plan, Problem, ProblemKind, Proof, Proposal,
    Receipt, Selector, Touched, Verb,
};
use passcode_logic::errors::decode;
use passcode_logic::service::{Failure, Method, Request, Response, Service};
use serde_json::Value;

use crate::Target;
use crate::input::first_line;

const DEVICE: &str = "705c034c-034c-705c-4c03-5c704c035c70";
/// The longest sentence that is wholly ours.
const OUR_SENTENCE: usize = 400;

pub(crate) const TARGET: Target = Target {
    name: "errors",
    run,
};

/// Answers the look with a healthy device and everything else with the input.
struct Fake {
    answer: Response,
    look: Option<Response>,
    posts: usize,
}

impl Service for Fake {
    fn send(&mut self, _destination: &str, request: Request) -> Result<Response, Failure> {
        self.posts += usize::from(request.method != Method::Get);
        match (&request.method, &self.look) {
            (Method::Get, Some(look)) => Ok(look.clone()),
            _ => Ok(self.answer.clone()),
        }
    }
}

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let mut fake = Fake {
        answer: healthy(),
        look: None,
        posts: 0,
    };
    let proposal = passcode_logic::prepare(&mut fake, &order(), &context()).expect("a proposal");
    plan(proposal)
});

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let (status, rest) = first_line(text);
    let Some(status) = status.parse().ok().filter(|s| (100..=999).contains(s)) else {
        return false;
    };
    // The empty line may be the first: no headers.
    let (headers, body) = match rest.strip_prefix('\n') {
        Some(body) => ("", body),
        None => rest.split_once("\n\n").unwrap_or((rest, "")),
    };
    let answer = Response {
        status,
        headers: headers
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: (!body.is_empty()).then(|| body.to_owned()),
    };
    decoded(body);
    sent(&answer);
    read(&answer);
    !answer.ok() && decode(body) != Default::default()
}

/// The answer to the one request that may touch the device.
fn sent(answer: &Response) {
    let mut service = Fake {
        answer: answer.clone(),
        look: Some(healthy()),
        posts: 0,
    };
    let said = passcode_logic::commit(&mut service, &PLAN, &context());
    assert_eq!(service.posts, 1, "sent not once");
    let problem = match said {
        Ok(_) => {
            assert!(answer.ok(), "{} is taken for a success", answer.status);
            return;
        }
        Err(problem) => problem,
    };
    assert!(!answer.ok(), "a success is taken for a problem");
    told(&problem, answer);
    let approval = problem.kind == ProblemKind::ApprovalRequired;
    let undecided = !(400..500).contains(&answer.status) || answer.status == 408;
    // Only the service's own word that somebody must approve first takes a doubt away.
    let says_so = answer
        .body
        .as_deref()
        .is_some_and(|body| body.to_ascii_lowercase().contains("approvalrequired"));
    if approval {
        assert!(
            says_so || answer.body.as_deref().is_some_and(escaped),
            "nobody said that an approval is required"
        );
    } else if undecided {
        assert_eq!(problem.touched, Touched::Unknown, "{}", answer.status);
    }
    assert_eq!(
        problem.touched == Touched::Unknown,
        problem.kind == ProblemKind::OutcomeUnknown
    );
    assert_ne!(problem.touched, Touched::Yes, "a refusal touches nothing");
}

/// The answer to requests that only read.
fn read(answer: &Response) {
    let fresh = || Fake {
        answer: answer.clone(),
        look: None,
        posts: 0,
    };
    let mut service = fresh();
    let mut problems: Vec<Problem> = Vec::new();
    let selector = Selector::Id(DEVICE.to_owned());
    problems.extend(passcode_logic::find(&mut service, &selector, &context()).err());
    let selector = Selector::SerialNumber("SAMPLE-1".to_owned());
    problems.extend(passcode_logic::find(&mut service, &selector, &context()).err());
    problems.extend(passcode_logic::prepare(&mut service, &order(), &context()).err());
    // A look that does not show the device is followed by no request.
    problems.extend(passcode_logic::commit(&mut service, &PLAN, &context()).err());
    if answer.ok() {
        // What passed for the device itself may be followed by the request.
        assert!(service.posts <= 1);
    } else {
        assert_eq!(service.posts, 0, "sent without a look");
        assert_eq!(problems.len(), 4, "a refusal is an answer");
    }
    for problem in problems {
        assert!(answer.ok() || problem.touched == Touched::No);
        if !answer.ok() {
            told(&problem, answer);
        }
    }
    let mut service = fresh();
    let seen = passcode_logic::observe(&mut service, &PLAN, &receipt(), &context());
    assert_eq!(service.posts, 0, "looking sends nothing");
    assert!(answer.ok() || seen.is_err());
}

/// What is true of every problem: no address, nothing that grows, ids that look like ids.
fn told(problem: &Problem, answer: &Response) {
    let body = answer.body.as_deref().unwrap_or_default();
    assert_eq!(problem.status, Some(answer.status));
    assert!(!problem.message.is_empty() && !problem.code.is_empty());
    assert!(
        problem
            .remedy
            .as_deref()
            .is_some_and(|remedy| !remedy.is_empty())
    );
    assert!(!problem.message.contains("://"), "{}", problem.message);
    assert!(problem.message.len() <= OUR_SENTENCE + body.len());
    assert!(problem.support_ids.len() <= 3);
    for (index, (name, id)) in problem.support_ids.iter().enumerate() {
        assert!(matches!(
            name.as_str(),
            "request-id" | "client-request-id" | "activity-id"
        ));
        let earlier = problem.support_ids.iter().take(index);
        assert!(earlier.clone().all(|(other, _)| other != name));
        assert!(!id.is_empty() && id.len() <= 64);
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    }
    if problem.retry_after_seconds.is_some() {
        assert!(answer.header("retry-after").is_some());
    }
}

/// Our small reader and the general one find the same code.
fn decoded(body: &str) {
    let found = decode(body);
    assert!(!found.text.contains("://"));
    assert!(found.text.len() <= body.len());
    let theirs = passcode_host::parse_strictly(body.as_bytes()).ok();
    let depth = body.bytes().filter(|b| matches!(b, b'{' | b'[')).count();
    let Some(theirs) = theirs.filter(|_| depth < 32) else {
        return;
    };
    let error = theirs.get("error").unwrap_or(&theirs);
    if let Some(code) = error.get("code").and_then(Value::as_str)
        && !code.is_empty()
    {
        assert_eq!(found.code, code);
    }
}

/// A word can be written with escapes.
fn escaped(body: &str) -> bool {
    body.contains('\\')
}

fn healthy() -> Response {
    let body = serde_json::json!({
        "id": DEVICE, "deviceName": "SAMPLE-1", "serialNumber": "SAMPLE-1",
        "operatingSystem": "Android", "osVersion": "13", "deviceType": "androidEnterprise",
        "deviceEnrollmentType": "androidEnterpriseDedicatedDevice",
        "managementAgent": "googleCloudDevicePolicyController",
        "managedDeviceOwnerType": "company", "managementState": "managed",
        "lastSyncDateTime": "2026-08-20T09:00:00Z", "deviceActionResults": [],
    });
    Response {
        status: 200,
        headers: Vec::new(),
        body: Some(body.to_string()),
    }
}

fn context() -> Context {
    Context {
        now: "2026-08-20T10:00:00Z".to_owned(),
        time_zone: None,
        cloud: "global".to_owned(),
        practice: true,
    }
}

fn caller() -> Caller {
    Caller {
        operator: Operator {
            name: "helpdesk@contoso.example".to_owned(),
            id: None,
            proof: Proof::Claimed,
        },
        reason: None,
        ticket: None,
        verified_by: None,
        accepted_checks: Vec::new(),
        facts: Vec::new(),
    }
}

fn order() -> Order {
    Order {
        device_id: DEVICE.to_owned(),
        verb: Verb::Reset,
        address: None,
        address_values: Vec::new(),
        preflight: true,
        caller: caller(),
    }
}

fn plan(proposal: Proposal) -> Plan {
    Plan {
        proposal,
        caller: caller(),
        tenant: "t".to_owned(),
        cloud: "global".to_owned(),
        practice: true,
        created: "2026-08-20T10:00:00Z".to_owned(),
        expires: "2026-08-21T10:00:00Z".to_owned(),
        reviews: Vec::new(),
        delivery: "none".to_owned(),
        component_digest: String::new(),
        grant_digest: String::new(),
        again: false,
        after_unknown: None,
    }
}

fn receipt() -> Receipt {
    Receipt {
        client_request_id: "c".to_owned(),
        request_id: None,
        disposition: Disposition::Accepted,
        service_date: Some("2026-08-20T10:05:00Z".to_owned()),
        snapshot: Vec::new(),
    }
}
