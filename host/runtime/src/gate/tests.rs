use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::contract::types::Disposition;
use crate::ledger::{Intent, PlanId, Settlement};

const RESET: &str = "/v1.0/deviceManagement/managedDevices/d1/resetPasscode";

fn plan(change: impl FnOnce(&mut Value)) -> Plan {
    let device = json!({
        "id": "d1", "name": "n", "userId": null, "userPrincipalName": null, "userDisplayName": null,
        "serialNumber": null, "imei": null, "entraDeviceId": null, "manufacturer": null, "model": null,
        "operatingSystem": null, "osVersion": null, "deviceType": null, "enrollmentType": null,
        "managementAgent": null, "ownership": null, "managementState": null, "lostModeState": null,
        "supervised": null, "shared": null, "complianceState": null, "jailBroken": null, "enrolled": null,
        "lastCheckIn": null, "certificateExpires": null, "kind": "android-dedicated", "kindReason": "",
        "readFrom": "beta", "unreadable": [], "attributes": []
    });
    let mut value = json!({
        "proposal": {
            "device": device, "effect": "reset-device-passcode", "level": "device", "address": "managed-devices",
            "request": {"destination": "graph", "method": "post", "path": RESET, "query": [], "body": null},
            "checks": [], "expectations": [], "earlierResults": [], "limits": [],
            "usualSeconds": null, "longestSeconds": null
        },
        "caller": {
            "operator": {"name": "o", "id": null, "proof": "claimed"}, "reason": null, "ticket": null,
            "verifiedBy": null, "acceptedChecks": [], "facts": []
        },
        "tenant": "t", "cloud": "global", "practice": false, "created": "2026-01-01T00:00:00Z",
        "expires": "2026-01-02T00:00:00Z", "reviews": [], "delivery": "terminal",
        "componentDigest": "c", "grantDigest": "g", "again": false, "afterUnknown": null
    });
    change(&mut value);
    serde_json::from_value(value).unwrap()
}

const HERE: Facts<'_> = Facts {
    tenant: "t",
    cloud: "global",
    practice: false,
    component_digest: "c",
    grant_digest: "g",
    reviewers: &[],
    approved: false,
};

fn code(result: Result<(), HostError>) -> String {
    result.map_or_else(|error| error.code(), |()| "admitted".to_owned())
}

fn check(verdict: &str, needs_acceptance: bool) -> Value {
    json!({"id": "documents-disagree", "verdict": verdict, "summary": "", "remedy": null, "evidence": null,
        "citations": [], "needsAcceptance": needs_acceptance})
}

#[test]
fn a_plan_is_carried_out_only_where_and_as_it_was_made() {
    let table: [(&str, Value, Value, &str); 14] = [
        ("/tenant", json!("t"), json!("t"), "admitted"),
        (
            "/tenant",
            json!("other"),
            json!("other"),
            "plan-of-another-tenant",
        ),
        (
            "/cloud",
            json!("usgov"),
            json!("usgov"),
            "plan-of-another-tenant",
        ),
        (
            "/practice",
            json!(true),
            json!(true),
            "plan-of-another-tenant",
        ),
        (
            "/componentDigest",
            json!("x"),
            json!("x"),
            "plan-of-another-component",
        ),
        (
            "/grantDigest",
            json!("x"),
            json!("x"),
            "plan-of-another-component",
        ),
        (
            "/proposal/checks",
            json!([check("block", false)]),
            json!([]),
            "check-blocks",
        ),
        (
            "/proposal/checks",
            json!([check("block", true)]),
            json!(["documents-disagree"]),
            "check-blocks",
        ),
        (
            "/proposal/checks",
            json!([check("warn", true)]),
            json!([]),
            "check-not-accepted",
        ),
        (
            "/proposal/checks",
            json!([check("warn", true)]),
            json!(["another"]),
            "check-not-accepted",
        ),
        (
            "/proposal/checks",
            json!([check("warn", true)]),
            json!(["documents-disagree"]),
            "admitted",
        ),
        (
            "/proposal/checks",
            json!([check("unknown", false)]),
            json!([]),
            "admitted",
        ),
        (
            "/reviews",
            json!([{"reviewer": "r", "digest": "d", "opinion": {"deny": "no"}}]),
            json!([]),
            "reviewer-denied",
        ),
        (
            "/reviews",
            json!([{"reviewer": "r", "digest": "d", "opinion": "abstain"}]),
            json!([]),
            "admitted",
        ),
    ];
    for (pointer, value, accepted, expected) in table {
        let plan = plan(|plan| {
            if let Some(place) = plan.pointer_mut(pointer) {
                *place = value.clone();
            }
            if accepted.is_array() {
                plan["caller"]["acceptedChecks"] = accepted.clone();
            }
        });
        assert_eq!(code(admit(&plan, &HERE)), expected, "{pointer} = {value}");
    }
}

#[test]
fn what_reviewers_said_decides() {
    let deny = || json!({"deny": "frozen"});
    let ask = || json!({"require-approval": "many devices"});
    let abstain = || json!("abstain");
    let board = [("x/board".to_owned(), "d".to_owned())];
    let newer = [("x/board".to_owned(), "e".to_owned())];
    let other = [("x/other".to_owned(), "d".to_owned())];
    type Asked<'a> = &'a [(String, String)];
    let table: [(Vec<Value>, Asked<'_>, bool, &str); 13] = [
        (vec![], &[], false, "admitted"),
        (vec![abstain()], &[], false, "admitted"),
        (vec![abstain()], &board, false, "admitted"),
        (vec![deny()], &board, false, "reviewer-denied"),
        // Nobody lifts a denial, and taking the reviewer out of the settings does not either.
        (vec![deny()], &board, true, "reviewer-denied"),
        (vec![deny()], &[], false, "reviewer-denied"),
        (vec![abstain(), deny()], &board, true, "reviewer-denied"),
        (vec![ask()], &board, false, "reviewer-asks-approval"),
        (vec![ask()], &[], false, "reviewer-asks-approval"),
        (vec![ask()], &board, true, "admitted"),
        (vec![], &board, true, "plan-not-reviewed"),
        (vec![abstain()], &other, true, "plan-not-reviewed"),
        (vec![abstain()], &newer, true, "plan-not-reviewed"),
    ];
    for (opinions, reviewers, approved, expected) in table {
        let reviews: Vec<Value> = opinions
            .iter()
            .map(|opinion| json!({"reviewer": "x/board", "digest": "d", "opinion": opinion}))
            .collect();
        let plan = plan(|plan| plan["reviews"] = json!(reviews));
        let here = Facts {
            reviewers,
            approved,
            ..HERE
        };
        let judged = code(admit(&plan, &here));
        assert_eq!(judged, expected, "{opinions:?} {reviewers:?} {approved}");
    }
}

#[test]
fn a_plan_runs_out() {
    let plan_until = |expires: &str| plan(|plan| plan["expires"] = json!(expires));
    let now = datetime!(2026-01-01 12:00 UTC);
    assert_eq!(
        code(unexpired(&plan_until("2026-01-01T12:00:01Z"), now)),
        "admitted"
    );
    assert_eq!(
        code(unexpired(&plan_until("2026-01-01T12:00:00Z"), now)),
        "plan-expired"
    );
    assert_eq!(
        code(unexpired(&plan_until("2026-01-01T11:59:59Z"), now)),
        "plan-expired"
    );
    assert_eq!(
        code(unexpired(&plan_until("next week"), now)),
        "plan-expired"
    );
}

#[test]
fn only_what_was_refused_before_execution_leaves_a_plan_unused() {
    let attempt = |sending| Attempt {
        intent: Intent {
            plan: PlanId([0; 32]),
            tenant: String::new(),
            device: String::new(),
            client_request_id: String::new(),
            request: String::new(),
            at: datetime!(2026-01-01 0:00 UTC),
            service_date: None,
            snapshot: Vec::new(),
            after_unknown: None,
            again: false,
        },
        sending,
        settlement: Settlement::default(),
        ending: None,
        delivered: None,
    };
    let table = [
        (Sending::NotExecuted, "admitted"),
        (Sending::Intended, "plan-used"),
        (Sending::Rejected, "plan-used"),
        (Sending::Accepted, "plan-used"),
        (Sending::Unknown, "plan-used"),
    ];
    for (sending, expected) in table {
        assert_eq!(
            code(unused(vec![
                attempt(Sending::NotExecuted),
                attempt(sending)
            ])),
            expected,
            "{sending:?}"
        );
    }
}

#[test]
fn a_device_that_changed_is_another_device() {
    let properties = |user: &str, name: &str| {
        BTreeMap::from(
            [("id", "d1"), ("userId", user), ("deviceName", name)]
                .map(|(k, v)| (k.to_owned(), json!(v))),
        )
    };
    let card = IdentityCard {
        device: "d1".to_owned(),
        path: String::new(),
        select: Vec::new(),
        properties: properties("u1", "phone"),
        identifying: vec!["id".to_owned(), "userId".to_owned()],
    };
    assert_eq!(
        code(unchanged(&card, &properties("u1", "renamed"))),
        "admitted"
    );
    assert_eq!(
        code(unchanged(&card, &properties("u2", "phone"))),
        "device-changed"
    );
    let mut gone = properties("u1", "phone");
    gone.remove("userId");
    assert_eq!(code(unchanged(&card, &gone)), "device-changed");
}

#[test]
fn a_proposal_is_believed_as_far_as_the_grant_goes() {
    let authority = Authority::parse(include_str!("../../../builtin/grant.toml")).unwrap();
    let judged = |pointer: &str, value: Value| {
        let plan = plan(|plan| {
            if let Some(place) = plan.pointer_mut(pointer) {
                *place = value;
            }
        });
        code(proposal(&authority, "d1", &plan.proposal))
    };
    assert_eq!(judged("/tenant", json!("t")), "admitted");
    assert_eq!(
        judged("/proposal/device/id", json!("d2")),
        "component-failed"
    );
    assert_eq!(
        judged(
            "/proposal/request/path",
            json!(RESET.replace("resetPasscode", "wipe"))
        ),
        "check-blocks"
    );
    assert_eq!(
        judged("/proposal/request/path", json!(RESET.replace("d1", "d2"))),
        "check-blocks"
    );
    assert_eq!(
        judged(
            "/proposal/request/path",
            json!("/v1.0/users/u/managedDevices/d1/resetPasscode")
        ),
        "check-blocks"
    );
    assert_eq!(
        judged("/proposal/request/method", json!("delete")),
        "check-blocks"
    );
    assert_eq!(
        judged("/proposal/request/destination", json!("elsewhere")),
        "check-blocks"
    );
}

#[test]
fn a_seal_opens_only_for_our_own_result() {
    let authority = Authority::parse(include_str!("../../../builtin/grant.toml")).unwrap();
    let route = authority.showing_devices().unwrap();
    let result = |started: &str| {
        json!({"@odata.type": "#microsoft.graph.resetPasscodeActionResult", "actionName": "resetPasscode",
            "actionState": "done", "startDateTime": started, "passcode": format!("pass-{started}")})
    };
    let body = json!({"id": "d1", "deviceActionResults": [
        result("2026-01-01T10:00:00Z"), result("2026-01-01T12:00:00Z"), result("2026-01-01T11:00:00Z"),
        {"@odata.type": "#microsoft.graph.remoteLockActionResult", "actionName": "remoteLock", "unlockPin": "991188"}
    ]});
    let mut vault = Vault::default();
    let seen = door::filtered(route, Some("d1"), body.to_string().as_bytes(), &mut vault).unwrap();
    let receipt = Receipt {
        client_request_id: String::new(),
        request_id: None,
        disposition: Disposition::Accepted,
        service_date: Some("2026-01-01T12:00:01Z".to_owned()),
        snapshot: vec![seen[0].clone()],
    };
    let open = |seal, device: &str, opens| {
        open_own(&vault, seal, device, opens, &receipt, &seen).map(|code| code.reveal().to_owned())
    };
    assert_eq!(
        open(2, "d1", Some("passcode")).unwrap(),
        "pass-2026-01-01T12:00:00Z"
    );
    assert!(
        open(1, "d1", Some("passcode")).is_err(),
        "it was there before"
    );
    assert!(
        open(3, "d1", Some("passcode")).is_err(),
        "it began before the request"
    );
    assert!(
        open(4, "d1", Some("passcode")).is_err(),
        "it is no passcode"
    );
    assert!(
        open(5, "d1", Some("passcode")).is_err(),
        "there is no such seal"
    );
    assert!(
        open(2, "d2", Some("passcode")).is_err(),
        "it is another device's"
    );
    assert!(open(2, "d1", None).is_err(), "the grant opens nothing");
}
