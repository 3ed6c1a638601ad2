//! Multi Admin Approval: asked for once, resumed with its own code, taken once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use passcode_host::ApprovalSent;
use passcode_host::contract::types::{ProblemKind, Verb};
use passcode_host::ledger::{PlanId, SendLedger as _, Sending};
use passcode_practice::{ApprovalStatus, PRACTICE_APPROVER, RemoteAction};
use passcode_tests::{Bench, Hang, Reply, Script, Service, Setup};

use crate::support::code;

const CODE: &str = "x-msft-approval-code";
const JUSTIFICATION: &str = "x-msft-approval-justification";
const REASON: &str = "forgotten passcode";

/// A plan on a device behind Multi Admin Approval.
async fn planned(fault: &str) -> (Bench, PlanId) {
    let bench = Setup::real().start().await;
    bench.tenant.inject_named(fault).expect("fault");
    let plan = plan(&bench, "KIOSK-0001", "INC0012345").await;
    (bench, plan)
}

async fn plan(bench: &Bench, device: &str, ticket: &str) -> PlanId {
    let mut wanted = bench.wanted(device, Verb::Reset);
    wanted.reason = Some(REASON.to_owned());
    wanted.ticket = Some(ticket.to_owned());
    wanted.valid_for = time::Duration::days(9);
    bench.action.prepare(&wanted).await.expect("plan").id
}

/// Carried out as far as it goes: what became of the request, and the error's code.
async fn carry_out(bench: &Bench, plan: &PlanId) -> (Sending, String) {
    let committed = bench.action.commit(plan).await.expect("commit");
    let sending = committed.sent.expect("sent").sending;
    let code = committed
        .progress
        .map_or_else(|error| error.code(), |_| String::new());
    (sending, code)
}

/// The approval header of every POST: `justification TEXT`, `code CODE`, or nothing.
fn carried(bench: &Bench) -> Vec<String> {
    let posts = bench
        .tenant
        .journal()
        .into_iter()
        .filter(|entry| entry.method == "POST");
    posts
        .map(|entry| {
            let header = |name: &str| {
                let found = entry.headers.iter().find(|(own, _)| own == name);
                found.map(|(_, value)| value.clone())
            };
            match (header(JUSTIFICATION), header(CODE)) {
                (None, None) => String::new(),
                (Some(text), None) => {
                    let text = STANDARD.decode(text).expect("base64");
                    format!("justification {}", String::from_utf8(text).expect("text"))
                }
                (None, Some(code)) => format!("code {code}"),
                both => panic!("{both:?}"),
            }
        })
        .collect()
}

fn decide(bench: &Bench, status: ApprovalStatus) -> String {
    let decided = bench.tenant.decide(None, PRACTICE_APPROVER, status);
    decided.expect("decided").code
}

fn taken(bench: &Bench) -> u64 {
    bench
        .tenant
        .count("KIOSK-0001", RemoteAction::ResetPasscode)
        .accepted
}

async fn kept_code(bench: &Bench, plan: &PlanId) -> Option<String> {
    let attempts = bench.ledger.attempts(plan).await.expect("attempts");
    attempts
        .last()
        .and_then(|last| last.settlement.approval_code.clone())
}

const WAITS: (Sending, &str) = (Sending::NotExecuted, "approval-required");

#[tokio::test]
async fn a_plan_that_another_administrator_approved_is_resumed_with_its_code_and_taken_once() {
    for (fault, asks) in [
        ("approval-403", false),
        ("approval-412", false),
        ("approval-400", true),
        ("approval-403-justify", true),
        ("approval-412-justify", true),
    ] {
        let (bench, plan) = planned(fault).await;
        let waits = (WAITS.0, WAITS.1.to_owned());
        assert_eq!(carry_out(&bench, &plan).await, waits, "{fault}");
        let code = kept_code(&bench, &plan).await.expect("a code");
        // Nobody has approved yet: the same request waits under the same code.
        assert_eq!(carry_out(&bench, &plan).await, waits, "{fault}");
        assert_eq!(
            kept_code(&bench, &plan).await.as_deref(),
            Some(&*code),
            "{fault}"
        );
        assert_eq!(decide(&bench, ApprovalStatus::Approved), code, "{fault}");
        let accepted = carry_out(&bench, &plan).await;
        assert_eq!(accepted, (Sending::Accepted, String::new()), "{fault}");
        assert_eq!(self::code(bench.action.commit(&plan).await), "plan-used");

        let with_code = format!("code {code}");
        let mut expected = vec![String::new()];
        if asks {
            let ends = format!("; ticket INC0012345; plan {}", plan.short());
            expected.push(format!("justification {REASON}{ends}"));
        }
        expected.extend([with_code.clone(), with_code]);
        assert_eq!(carried(&bench), expected, "{fault}");
        assert_eq!(taken(&bench), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_code_goes_with_its_own_plan_only() {
    let (bench, first) = planned("approval-400").await;
    carry_out(&bench, &first).await;
    let approved = decide(&bench, ApprovalStatus::Approved);
    let same_device = plan(&bench, "KIOSK-0001", "INC0054321").await;
    let other_device = plan(&bench, "COPE-0003", "INC0012345").await;
    for other in [same_device, other_device] {
        let waits = carry_out(&bench, &other).await;
        assert_eq!(waits, (WAITS.0, WAITS.1.to_owned()));
        assert_ne!(kept_code(&bench, &other).await, Some(approved.clone()));
    }
    assert!(
        carried(&bench)
            .iter()
            .all(|header| !header.contains(&approved))
    );
    // What was approved is still good for the plan it was approved for.
    assert_eq!(carry_out(&bench, &first).await.0, Sending::Accepted);
    assert_eq!(carried(&bench).last(), Some(&format!("code {approved}")));
    // And approving the other plan for that device does not act on it a second time.
    let second = bench.tenant.approvals().into_iter().find(|request| {
        request.status == ApprovalStatus::NeedsApproval && request.device == bench.id("KIOSK-0001")
    });
    let second = second.expect("waiting").code;
    let decided = bench
        .tenant
        .decide(Some(&second), PRACTICE_APPROVER, ApprovalStatus::Approved);
    decided.expect("approved");
    let late = bench.action.commit(&same_device).await.expect("commit");
    assert_eq!(
        (late.sent, code(late.progress)),
        (None, "passcode-action-in-the-way".to_owned())
    );
    assert_eq!(taken(&bench), 1);
}

#[tokio::test]
async fn what_was_not_approved_uses_the_plan_up() {
    for status in [
        ApprovalStatus::Rejected,
        ApprovalStatus::Cancelled,
        ApprovalStatus::Expired,
    ] {
        let (bench, plan) = planned("approval-412").await;
        carry_out(&bench, &plan).await;
        if status == ApprovalStatus::Expired {
            decide(&bench, ApprovalStatus::Approved);
            bench.tenant.advance(Duration::from_secs(3 * 86_400));
        } else {
            decide(&bench, status);
        }
        let committed = bench.action.commit(&plan).await.expect("commit");
        let sent = committed.sent.expect("sent");
        assert_eq!(sent.sending, Sending::Rejected, "{status:?}");
        assert_eq!(sent.approval, Some(ApprovalSent::Code), "{status:?}");
        let error = committed.progress.expect_err("refused");
        assert_eq!(error.code(), "approval-refused", "{status:?}");
        assert_eq!(error.problem_kind(), Some(&ProblemKind::Rejected));
        assert_eq!(
            code(bench.action.commit(&plan).await),
            "plan-used",
            "{status:?}"
        );
        assert_eq!(taken(&bench), 0, "{status:?}");
    }
}

#[tokio::test]
async fn a_crash_at_any_moment_of_the_resumed_request_sends_nothing_twice() {
    for (when, expected) in [
        (Hang::BeforeIntend, 1),
        (Hang::AfterIntend, 0),
        (Hang::BeforeSettle, 1),
    ] {
        let (bench, plan) = planned("approval-400").await;
        carry_out(&bench, &plan).await;
        decide(&bench, ApprovalStatus::Approved);
        bench.ledger.hang(when);
        tokio::select! {
            committed = bench.action.commit(&plan) => panic!("it ended: {committed:?}"),
            () = bench.ledger.hung() => {}
        }
        bench.ledger.recover();
        let again = bench.action.commit(&plan).await;
        if when == Hang::BeforeIntend {
            assert_eq!(
                again.expect("unused").sent.expect("sent").sending,
                Sending::Accepted
            );
        } else {
            assert_eq!(code(again), "plan-used", "{when:?}");
        }
        assert_eq!(taken(&bench), expected, "{when:?}");
    }
}

#[tokio::test]
async fn a_crash_between_the_demand_and_the_justification_leaves_one_attempt_that_nobody_repeats() {
    let (bench, plan) = planned("approval-400").await;
    bench.ledger.hang(Hang::BeforeSettle);
    tokio::select! {
        committed = bench.action.commit(&plan) => panic!("it ended: {committed:?}"),
        () = bench.ledger.hung() => {}
    }
    bench.ledger.recover();
    assert_eq!(
        bench.ledger.sendings(&plan).await,
        Ok(vec![Sending::Intended])
    );
    assert_eq!(code(bench.action.commit(&plan).await), "plan-used");
    assert_eq!(carried(&bench), [""]);
}

#[tokio::test]
async fn an_answer_that_may_come_after_the_deed_demands_nothing() {
    let fleet = Setup::real().start().await;
    let mut device = fleet.tenant.device("KIOSK-0001").expect("device");
    device["deviceActionResults"] = serde_json::json!([]);
    for status in [202, 302, 408, 500, 503, 504] {
        let device = device.clone();
        let service = Service::start(move |request| match request.method.as_str() {
            "GET" => Reply::json(200, &device),
            _ => Reply::raw(status, "Header 'x-msft-approval-justification' is required")
                .header(CODE, "aabb1234-5678-4012-abcd-ef0123456789"),
        });
        let service = service.await.expect("service");
        let bench = Setup::real()
            .beside(&fleet)
            .service(service.url())
            .start()
            .await;
        let plan = plan(&bench, "KIOSK-0001", "INC0012345").await;
        let committed = bench.action.commit(&plan).await.expect("commit");
        let sending = committed.sent.expect("sent").sending;
        assert!(sending.may_have_touched(), "{status}: {sending:?}");
        assert_eq!(
            code(bench.action.commit(&plan).await),
            "plan-used",
            "{status}"
        );
        let posts = service
            .seen()
            .iter()
            .filter(|one| one.method == "POST")
            .count();
        assert_eq!(posts, 1, "{status}");
        assert_eq!(kept_code(&bench, &plan).await, None, "{status}");
    }
}

#[tokio::test]
async fn two_who_resume_at_once_send_it_once() {
    let (bench, plan) = planned("approval-403").await;
    carry_out(&bench, &plan).await;
    decide(&bench, ApprovalStatus::Approved);
    let (one, two) = tokio::join!(bench.action.commit(&plan), bench.action.commit(&plan));
    let accepted = |committed: &passcode_host::Committed| {
        committed
            .sent
            .as_ref()
            .is_some_and(|sent| sent.sending == Sending::Accepted)
    };
    let accepted = [one, two].into_iter().flatten().filter(accepted).count();
    assert_eq!((accepted, taken(&bench)), (1, 1));
    assert_eq!(carried(&bench).len(), 2);
}

#[tokio::test]
async fn an_approval_lifts_no_check_of_the_moment() {
    type Change = fn(&Bench);
    let changes: [(&str, Change); 3] = [
        ("plan-expired", |bench| {
            bench.tenant.advance(Duration::from_secs(10 * 86_400));
        }),
        ("device-changed", |bench| {
            let changed = bench
                .tenant
                .set_property("KIOSK-0001", "userId", "somebody-else");
            changed.expect("property");
        }),
        ("passcode-action-in-the-way", |bench| {
            let colleague = "colleague@contoso.example";
            bench
                .tenant
                .colleague_resets("KIOSK-0001", colleague)
                .expect("reset");
        }),
    ];
    for (expected, change) in changes {
        let (bench, plan) = planned("approval-400").await;
        carry_out(&bench, &plan).await;
        decide(&bench, ApprovalStatus::Approved);
        let before = carried(&bench).len();
        change(&bench);
        let refused = match bench.action.commit(&plan).await {
            Ok(committed) => {
                assert!(committed.sent.is_none(), "{expected}");
                code(committed.progress)
            }
            Err(error) => error.code(),
        };
        assert_eq!(refused, expected);
        assert_eq!(
            (carried(&bench).len(), taken(&bench)),
            (before, 0),
            "{expected}"
        );
    }
}

#[tokio::test]
async fn a_reason_is_a_text_and_never_a_header() {
    let bench = Setup::real().start().await;
    bench.tenant.inject_named("approval-400").expect("fault");
    let mut wanted = bench.wanted("KIOSK-0001", Verb::Reset);
    wanted.reason = Some(format!(
        "first\r\n{CODE}: aabb1234-5678-4012-abcd-ef0123456789\r\n\r\n{}",
        "😀".repeat(2000)
    ));
    wanted.ticket = Some("T".repeat(4000));
    let plan = bench.action.prepare(&wanted).await.expect("plan").id;
    assert_eq!(carry_out(&bench, &plan).await.1, "approval-required");
    let sent = carried(&bench).pop().expect("a request");
    let text = sent
        .strip_prefix("justification ")
        .expect("a justification");
    assert!(text.starts_with("first\u{fffd}\u{fffd}x-msft-approval-code: aabb"));
    assert!(text.ends_with(&format!("; plan {}", plan.short())));
    assert!(text.encode_utf16().count() <= 1024, "{text}");
    // Nor is one sent where nobody asks for it.
    let bench = Setup::real().start().await;
    let plan = self::plan(&bench, "KIOSK-0001", "INC0012345").await;
    assert_eq!(carry_out(&bench, &plan).await.0, Sending::Accepted);
    assert_eq!(carried(&bench), [""]);
}

#[tokio::test]
async fn a_component_neither_sets_nor_sees_the_approval_headers() {
    let bench = Setup::puppet().start().await;
    bench.tenant.inject_named("approval-412").expect("fault");
    // It asks on in the same step, which is once too often.
    let script = Script::ordinary()
        .looks("commit")
        .resets("commit")
        .resets("commit");
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    assert_eq!(committed.sent.expect("sent").sending, Sending::NotExecuted);
    assert_eq!(carried(&bench), [""]);
    let heard = bench.tap.heard();
    assert!(
        heard.contains("\"status\":412"),
        "the answer itself crosses"
    );
    assert!(
        !heard.contains(&format!("[\"{CODE}\"")) && !heard.contains(&format!("\"{CODE}\"")),
        "the header does not"
    );
    let with_header = Script::new().send(
        "find",
        "GET",
        "/beta/deviceManagement/managedDevices",
        &[(CODE, "aabb1234"), ("$top", "1")],
    );
    let seen = bench.find(&with_header).await.expect("told");
    assert_eq!(crate::support::word(&seen[0]), "refused query-name");
}
