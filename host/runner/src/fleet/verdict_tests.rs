use passcode_host::contract::types::{Problem, ProblemKind, ProgressState, Touched};
use passcode_host::ledger::{LedgerError, LedgerFault, Sending, Settlement};
use passcode_host::{Observed, Sent};

use super::*;
use crate::settle::tests::{attempt, progress};

fn problem(kind: ProblemKind, retry_after: Option<u32>) -> HostError {
    HostError::Problem(Box::new(Problem {
        touched: Touched::No,
        kind,
        code: "code".to_owned(),
        message: "message".to_owned(),
        remedy: None,
        status: None,
        service_code: None,
        support_ids: Vec::new(),
        retry_after_seconds: retry_after,
        checks: Vec::new(),
    }))
}

fn refused(refusal: Refusal) -> HostError {
    HostError::Refused {
        refusal,
        message: "message".to_owned(),
        remedy: "remedy".to_owned(),
    }
}

fn ledger(fault: LedgerFault) -> HostError {
    HostError::Ledger(LedgerError {
        fault,
        message: "message".to_owned(),
        remedy: "remedy".to_owned(),
    })
}

fn signed_out() -> HostError {
    HostError::NotSignedIn {
        code: "code".to_owned(),
        message: "message".to_owned(),
        remedy: "remedy".to_owned(),
        transient: false,
        said: None,
    }
}

fn carried(sending: Option<Sending>, status: Option<u16>, error: Option<HostError>) -> Carried {
    let sent = sending.map(|sending| Sent {
        client_request_id: "c".to_owned(),
        sending,
        settlement: Settlement {
            status,
            ..Settlement::default()
        },
        approval: None,
    });
    let ended = match (&sent, &error) {
        (Some(sent), error) => Ended::of_sent(sent, error.as_ref()),
        (None, Some(error)) => Ended::of_error(error),
        (None, None) => Ended::Fault,
    };
    Carried {
        sent,
        progress: None,
        error,
        ended,
    }
}

/// In one word, with the time in seconds where there is one.
fn word(did: &Did) -> (String, u64) {
    match did {
        Did::Planned { .. } => ("planned".to_owned(), 0),
        Did::Sent { look_in } => ("sent".to_owned(), look_in.as_secs()),
        Did::Later { after, .. } => ("later".to_owned(), after.as_secs()),
        Did::Ended { ended, .. } => (ended.word().to_owned(), 0),
        Did::Halt { ended, .. } => (format!("halt: {}", ended.word()), 0),
    }
}

#[test]
fn what_a_sending_means_for_its_row() {
    use Sending::{Accepted, Intended, NotExecuted, Rejected, Unknown};
    let throttled = || problem(ProblemKind::Throttled, Some(17));
    let cases = [
        (Ok(carried(Some(Accepted), Some(204), None)), ("sent", 5)),
        (
            Ok(carried(Some(Unknown), None, Some(throttled()))),
            ("sent", 5),
        ),
        // Sent, and the ledger could not take what became of it: nothing else is sent.
        (
            Ok(carried(
                Some(Intended),
                None,
                Some(ledger(LedgerFault::Full)),
            )),
            ("halt: unknown", 0),
        ),
        (
            Ok(carried(Some(NotExecuted), Some(429), Some(throttled()))),
            ("later", 17),
        ),
        (
            Ok(carried(
                Some(NotExecuted),
                None,
                Some(problem(ProblemKind::Unavailable, None)),
            )),
            ("later", 30),
        ),
        (
            Ok(carried(
                Some(NotExecuted),
                Some(401),
                Some(problem(ProblemKind::NotSignedIn, None)),
            )),
            ("halt: not-signed-in", 0),
        ),
        (
            Ok(carried(
                Some(Rejected),
                Some(403),
                Some(problem(ProblemKind::Forbidden, None)),
            )),
            ("forbidden", 0),
        ),
        (
            Ok(carried(
                Some(Rejected),
                Some(400),
                Some(problem(ProblemKind::Rejected, None)),
            )),
            ("failed", 0),
        ),
        (
            Ok(carried(
                Some(NotExecuted),
                Some(403),
                Some(problem(ProblemKind::ApprovalRequired, None)),
            )),
            ("awaiting-approval", 0),
        ),
        (Err(refused(Refusal::Changed)), ("refused", 0)),
        // Somebody else was faster: what became of that can be seen.
        (Err(refused(Refusal::Used)), ("sent", 0)),
        (Err(HostError::Throttled { seconds: 9 }), ("later", 9)),
        (Err(HostError::Stopping), ("later", 0)),
        (Err(ledger(LedgerFault::Busy)), ("later", 30)),
        (Err(ledger(LedgerFault::Full)), ("halt: refused", 0)),
        (Err(signed_out()), ("halt: not-signed-in", 0)),
        (Err(HostError::Component("x".to_owned())), ("fault", 0)),
    ];
    for (number, (carried, (expected, seconds))) in cases.into_iter().enumerate() {
        let did = word(&after_send(carried));
        assert_eq!(did, (expected.to_owned(), seconds), "case {number}");
    }
}

#[test]
fn what_a_look_means_for_its_row() {
    use ProgressState::{Active, Ambiguous, Done, Failed, NotListed, Pending};
    use Sending::{Accepted, Unknown};
    let seen = |sending, state| {
        Ok(Observed {
            progress: progress(state, None, None),
            passcode: None,
            attempt: attempt(sending, Vec::new()),
        })
    };
    let unreachable = || Err(problem(ProblemKind::Unavailable, None));
    let wait = Duration::from_secs(600);
    let cases = [
        (seen(Accepted, Done), 0, ("done", 0)),
        (seen(Accepted, Failed), 0, ("failed", 0)),
        (seen(Accepted, Ambiguous), 0, ("unknown", 0)),
        (seen(Accepted, Pending), 0, ("sent", 5)),
        (seen(Accepted, Active), 20, ("sent", 20)),
        (seen(Accepted, NotListed), 300, ("sent", 60)),
        (seen(Accepted, Pending), 600, ("pending", 0)),
        (seen(Unknown, NotListed), 30, ("sent", 30)),
        (seen(Unknown, NotListed), 600, ("unknown", 0)),
        (unreachable(), 0, ("sent", 5)),
        (unreachable(), 600, ("unknown", 0)),
        (Err(ledger(LedgerFault::Busy)), 900, ("sent", 60)),
        (Err(ledger(LedgerFault::Corrupt)), 0, ("halt: refused", 0)),
        (Err(signed_out()), 0, ("halt: not-signed-in", 0)),
    ];
    for (number, (looked, waited, (expected, seconds))) in cases.into_iter().enumerate() {
        let waited = Duration::from_secs(waited);
        let did = after_look(looked.as_ref().map_err(Clone::clone), waited, wait, false);
        assert_eq!(word(&did), (expected.to_owned(), seconds), "case {number}");
    }
    // What the service took stays taken, whether or not anybody can see it.
    let error = problem(ProblemKind::Unavailable, None);
    let did = after_look(Err(error), wait, wait, true);
    assert_eq!(word(&did).0, "pending");
}

#[test]
fn which_outcomes_stop_a_run() {
    for (outcome, tried, failure) in [
        ("done", true, false),
        ("accepted", true, false),
        ("pending", true, false),
        ("awaiting-approval", true, false),
        ("failed", true, true),
        ("unknown", true, true),
        ("forbidden", true, true),
        ("refused", false, true),
        ("not-found", false, true),
        ("duplicate", false, false),
    ] {
        assert_eq!(
            (is_tried(outcome), is_failure(outcome)),
            (tried, failure),
            "{outcome}"
        );
    }
}

/// A plan with what reviewers said of it.
fn reviewed(reviews: &serde_json::Value) -> PlanDocument {
    let device = serde_json::json!({
        "id": "d", "name": "KIOSK-0001", "userId": null, "userPrincipalName": null,
        "userDisplayName": null, "serialNumber": "SAMPLE-COSU-0001", "imei": null,
        "entraDeviceId": null, "manufacturer": null, "model": null, "operatingSystem": null,
        "osVersion": null, "deviceType": null, "enrollmentType": null, "managementAgent": null,
        "ownership": null, "managementState": null, "lostModeState": null, "supervised": null,
        "shared": null, "complianceState": null, "jailBroken": null, "enrolled": null,
        "lastCheckIn": null, "certificateExpires": null, "kind": "android-dedicated",
        "kindReason": "", "readFrom": "beta", "unreadable": [], "attributes": [],
    });
    let plan = serde_json::json!({
        "schema": passcode_host::PLAN_SCHEMA, "practice": true,
        "identity": {"device": "d", "path": "/d", "select": [], "properties": {}, "identifying": []},
        "plan": {
            "proposal": {
                "device": device, "effect": "reset-device-passcode", "level": "device",
                "address": "managed-devices",
                "request": {"destination": "graph", "method": "post", "path": "/d", "query": [], "body": null},
                "checks": [], "expectations": [], "earlierResults": [], "limits": [],
                "usualSeconds": null, "longestSeconds": null,
            },
            "caller": {
                "operator": {"name": "o", "id": null, "proof": "claimed"}, "reason": null,
                "ticket": null, "verifiedBy": null, "acceptedChecks": [], "facts": [],
            },
            "tenant": "t", "cloud": "global", "practice": true, "created": "2026-01-01T00:00:00Z",
            "expires": "2026-01-02T00:00:00Z", "reviews": reviews, "delivery": "none",
            "componentDigest": "c", "grantDigest": "g", "again": false, "afterUnknown": null,
        },
    });
    PlanDocument::from_ledger(&plan.to_string()).unwrap()
}

#[test]
fn a_denial_sets_a_row_aside_and_a_demand_is_for_the_whole_set() {
    use serde_json::json;
    let say =
        |opinion: serde_json::Value| json!({"reviewer": "x/y", "digest": "d", "opinion": opinion});
    let (abstain, ask) = (
        say(json!("abstain")),
        say(json!({"require-approval": "why"})),
    );
    let deny = say(json!({"deny": "frozen"}));
    for (reviews, expected) in [
        (json!([]), Ended::Done),
        (json!([abstain]), Ended::Done),
        (json!([ask]), Ended::AwaitingApproval),
        (json!([ask, deny]), Ended::Refused),
        (json!([abstain, deny]), Ended::Refused),
    ] {
        let document = reviewed(&reviews);
        assert_eq!(Ended::of_plan(&document), expected, "{reviews}");
        match after_plan(Ok(&document)) {
            Did::Planned { plan, .. } => {
                assert_ne!(expected, Ended::Refused, "{reviews}");
                assert_eq!(plan, document.id);
            }
            Did::Ended { ended, why, .. } => {
                assert_eq!(
                    (ended, expected),
                    (Ended::Refused, Ended::Refused),
                    "{reviews}"
                );
                let (code, message) = why.unwrap();
                assert_eq!(code, "reviewer-denied");
                assert_eq!(message, "reviewer `x/y` denies it: frozen");
            }
            did => panic!("{reviews}: {did:?}"),
        }
    }
}
