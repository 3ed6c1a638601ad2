//! Multi Admin Approval from the command line: exit code 8, what waits, and how it goes on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use serde_json::Value;
use support::{Home, Tenant};

const RESET: [&str; 10] = [
    "reset",
    "--serial",
    "SAMPLE-COSU-0001",
    "--reason",
    "forgotten passcode",
    "--ticket",
    "INC0012345",
    "--yes",
    "--timeout",
    "100ms",
];

fn asked(home: &Home, fault: &str) -> (Value, String) {
    let mut arguments = RESET.to_vec();
    arguments.extend(["--fault", fault]);
    let failure = home.practice(&arguments).fails(8, "approval-required");
    let plan = failure["plan"].as_str().unwrap().to_owned();
    (failure, plan)
}

#[test]
fn what_waits_for_an_approval_says_what_to_do_and_goes_on_with_it() {
    for fault in [
        "approval-403",
        "approval-412",
        "approval-400",
        "approval-403-justify",
        "approval-412-justify",
    ] {
        let home = Home::new();
        let (failure, plan) = asked(&home, fault);
        let code = failure["approvalCode"].as_str().unwrap();
        let resume = format!("passcode execute {plan} --practice");
        assert_eq!((code.len(), &failure["touched"]), (36, &Value::from("no")));
        assert!(
            failure["remedy"].as_str().unwrap().contains(&resume),
            "{failure}"
        );

        let status = home.practice(&["status", &plan]).expect(8, "result");
        assert_eq!(status["ended"], "awaiting-approval");
        assert_eq!(status["approvalCode"], code);
        assert_eq!(status["resumeCommand"], resume);
        let told = home.practice(&["status", &plan, "-o", "table"]).stdout;
        assert!(
            told.contains("waiting for another administrator's approval") && told.contains(&resume),
            "{told}"
        );
        let listed = home.practice(&["status"]).expect(0, "actions");
        let known = |actions: &Value| -> Vec<String> {
            let ours = actions["actions"].as_array().unwrap().iter();
            ours.filter_map(|action| Some(action["known"].as_str()?.to_owned()))
                .collect()
        };
        assert!(
            known(&listed).contains(&"awaiting-approval".to_owned()),
            "{listed}"
        );

        // Nobody has approved yet.
        let early = home.practice(&["execute", &plan, "--yes", "--fault", fault]);
        early.fails(8, "approval-required");
        let approved = home.run(&["practice", "approve", code, "-o", "json"]);
        let approved = approved.expect(0, "approval")["approval"].clone();
        let justified = fault != "approval-403" && fault != "approval-412";
        let said = approved["justification"].as_str().unwrap();
        assert_eq!(
            said.contains("forgotten passcode; ticket INC0012345"),
            justified
        );
        let done = home.practice(&["execute", &plan, "--yes", "--fault", fault]);
        done.expect(0, "result");
        home.practice(&["execute", &plan, "--yes", "--fault", fault])
            .fails(6, "plan-used");
        home.practice(&["status", &plan]).expect(0, "result");
        let listed = home.practice(&["status"]).expect(0, "actions");
        assert!(
            !known(&listed).contains(&"awaiting-approval".to_owned()),
            "{listed}"
        );
    }
}

#[test]
fn what_was_rejected_takes_a_new_plan() {
    let home = Home::new();
    let (_, plan) = asked(&home, "approval-400");
    home.run(&["practice", "approve", "--reject", "-o", "json"])
        .expect(0, "approval");
    let refused = home
        .practice(&["execute", &plan, "--yes", "--fault", "approval-400"])
        .fails(10, "approval-refused");
    assert_eq!(refused["touched"], "no");
    home.practice(&["execute", &plan, "--yes"])
        .fails(6, "plan-used");
    home.practice(&["status", &plan]).expect(10, "result");
    home.run(&["practice", "approve"]).fails(2, "usage");
    // Made in the same second with the same words, it would be the same plan.
    let mut anew = RESET.to_vec();
    anew[6] = "INC0054321";
    anew.extend(["--fault", "approval-400"]);
    let anew = home.practice(&anew).fails(8, "approval-required");
    assert_ne!(anew["plan"], plan);
}

#[test]
fn a_throttled_resumption_still_waits_and_keeps_its_code() {
    let home = Home::new();
    let (failure, plan) = asked(&home, "approval-412");
    let code = failure["approvalCode"].as_str().unwrap().to_owned();
    home.run(&["practice", "approve"]);
    home.practice(&[
        "execute",
        &plan,
        "--yes",
        "--fault",
        "429,method=POST,route=resetPasscode,count=0",
    ])
    .fails(12, "throttled");
    let status = home.practice(&["status", &plan]).expect(8, "result");
    assert_eq!(status["approvalCode"], code);
    home.practice(&["execute", &plan, "--yes"])
        .expect(0, "result");
}

#[test]
fn two_processes_that_resume_at_once_act_once() {
    let mut home = Home::new();
    let journal = home.path().join("journal.jsonl");
    let tenant = Tenant::start(
        &home,
        &[
            "--journal",
            journal.to_str().unwrap(),
            "--pace",
            "0",
            "--fault",
            "approval-400",
            "--control-key",
            "k",
        ],
    );
    home.connect(&tenant);
    let failure = home.run(&RESET).fails(8, "approval-required");
    let plan = failure["plan"].as_str().unwrap();
    let approved = support::control(&tenant, "approvals", r#"{"status":"approved"}"#);
    assert!(approved.contains("approved"), "{approved}");
    let execute = ["execute", plan, "--yes", "--timeout", "100ms"];
    let running: Vec<_> = (0..4)
        .map(|_| {
            let mut command = home.command(&execute);
            command.stdout(std::process::Stdio::piped());
            command.stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let codes: Vec<_> = running
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.code())
        .collect();
    let done = codes.iter().filter(|code| **code == Some(0)).count();
    assert_eq!(done, 1, "{codes:?}");
    let written = std::fs::read_to_string(journal).unwrap();
    let accepted = written
        .lines()
        .filter(|line| line.contains("\"accepted\":true"));
    assert_eq!(accepted.count(), 1, "{written}");
}
