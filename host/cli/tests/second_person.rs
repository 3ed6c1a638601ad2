//! Single plans that another person has to approve: `two_people = "always"`.
//!
//! Each call is made as a user who can write neither the list of approvers nor its folder, or nothing
//! would be four eyes. That takes root; elsewhere what has to be refused is tried all the same.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::path::PathBuf;

use serde_json::Value;
use support::people::{approvers, as_nobody, key, outside, signed};
use support::{Home, Ran};

const COSU: &str = "SAMPLE-COSU-0001";
const PLANNER: &str = "helpdesk@contoso.example";

/// A home whose settings demand another person, who is named outside of it.
struct Desk {
    home: Home,
    outside: Home,
    second: PathBuf,
}

impl Desk {
    /// `operator`: who the second person is in the directory. `more`: further settings.
    fn new(operator: &str, more: &str) -> Self {
        let (home, outside) = (Home::new(), outside());
        let (second, public) = key(&outside, "second");
        let list = approvers(&outside, operator, &public);
        let more = more.replace("PUBLIC", &public);
        let config = format!("approvers = \"{list}\"\ntwo_people = \"always\"\n{more}");
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        Self {
            home,
            outside,
            second,
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut all = arguments.to_vec();
        all.extend(["--practice", "--pace", "0", "-o", "json"]);
        as_nobody(&self.home, &all).unwrap_or_else(|| self.home.run(&all))
    }

    fn reset(&self) -> Ran {
        self.run(&["reset", "--serial", COSU, "--yes", "--timeout", "100ms"])
    }

    /// A plan that waits: its hash.
    fn waiting(&self) -> String {
        let failure = self.reset().fails(8, "not-approved");
        assert_eq!(failure["touched"], "no", "{failure}");
        failure["plan"].as_str().unwrap().to_owned()
    }

    fn execute(&self, plan: &str) -> Ran {
        self.run(&["execute", plan, "--yes", "--timeout", "100ms"])
    }

    /// The statement about a plan, in a file that the second person can sign.
    fn statement(&self, plan: &str) -> PathBuf {
        let written = self.home.path().join("statement");
        let at = written.display().to_string();
        self.run(&["approve", plan, "--statement", &at])
            .expect(0, "approval-statement");
        let kept = self.outside.path().join("statement");
        std::fs::copy(&written, &kept).unwrap();
        std::fs::remove_file(written).unwrap();
        kept
    }

    /// Hand in what the second person signed.
    fn hand_in(&self, plan: &str, document: &str) -> Value {
        let path = self.home.path().join("signed");
        std::fs::write(&path, document).unwrap();
        let at = path.display().to_string();
        self.run(&["approve", plan, "--signed", &at]).json()
    }

    fn approve(&self, plan: &str) -> Value {
        let document = signed(&self.second, &self.statement(plan));
        self.hand_in(plan, &document)
    }

    /// What the device itself shows of resets, by the tenant and not by our ledger.
    fn resets(&self) -> usize {
        let state = self.home.path().join("practice/state.json");
        let state: Value = serde_json::from_str(&std::fs::read_to_string(state).unwrap()).unwrap();
        let text = state.to_string();
        text.matches("\"resetPasscode\"").count()
    }
}

#[test]
fn nothing_is_sent_until_another_person_approves() {
    let desk = Desk::new("second@contoso.example", "");
    let failure = desk.reset().fails(8, "not-approved");
    let plan = failure["plan"].as_str().unwrap().to_owned();
    let before = desk.resets();
    assert_eq!(failure["causes"], serde_json::json!(["setting"]));
    for (name, command) in [
        (
            "approveCommand",
            format!("passcode approve {plan} --key KEY --practice"),
        ),
        (
            "resumeCommand",
            format!("passcode execute {plan} --practice"),
        ),
    ] {
        assert_eq!(failure[name], command);
        let remedy = failure["remedy"].as_str().unwrap();
        assert!(remedy.contains(&command), "{remedy}");
    }
    // `--yes` and a hash without a signature are no second person.
    desk.execute(&plan).fails(8, "not-approved");
    let checksum = desk.run(&["approve", &plan, "--set", &plan]);
    assert_eq!(checksum.code, 8, "{checksum:?}");
    // Nor is somebody whom nobody named.
    let (stranger, _) = key(&desk.outside, "stranger");
    let document = signed(&stranger, &desk.statement(&plan));
    let judged = desk.hand_in(&plan, &document);
    assert_eq!(judged["refusedSignatures"][0]["why"], "unknown-key");
    let refused = desk.execute(&plan).fails(8, "not-approved");
    assert_eq!(refused["refusedSignatures"][0]["why"], "unknown-key");
    assert_eq!(desk.resets(), before, "nothing was sent");

    let judged = desk.approve(&plan);
    if !rustix::process::geteuid().is_root() {
        // The list can be written by whoever runs this.
        desk.execute(&plan).fails(8, "not-approved");
        return;
    }
    assert_eq!(judged["assurance"]["assurance"], "four-eyes", "{judged}");
    let done = desk.execute(&plan);
    assert!([0, 9].contains(&done.code), "{done:?}");
    assert!(desk.resets() > before, "it was sent");
    desk.execute(&plan).fails(6, "plan-used");
}

#[test]
fn the_planner_is_no_second_person() {
    for (operator, more, why) in [
        (PLANNER, "", "planner"),
        (
            "second@contoso.example",
            "planner_key = \"PUBLIC\"\n",
            "planners-key",
        ),
    ] {
        let desk = Desk::new(operator, more);
        let plan = desk.waiting();
        let before = desk.resets();
        let judged = desk.approve(&plan);
        assert_eq!(judged["refusedSignatures"][0]["why"], why, "{judged}");
        let refused = desk.execute(&plan).fails(8, "not-approved");
        assert_eq!(refused["refusedSignatures"][0]["why"], why, "{refused}");
        assert_eq!(desk.resets(), before, "nothing was sent");
    }
}

#[test]
fn an_approval_that_expired_and_a_denial_stop_it() {
    let desk = Desk::new("second@contoso.example", "");
    let plan = desk.waiting();
    let before = desk.resets();
    let statement = desk.statement(&plan);
    let text = std::fs::read_to_string(&statement).unwrap();
    let (head, tail) = text.split_once("\"expires\":\"").unwrap();
    let (_, tail) = tail.split_once('"').unwrap();
    let past = format!("{head}\"expires\":\"2020-01-01T00:00:00Z\"{tail}");
    std::fs::write(&statement, past).unwrap();
    let judged = desk.hand_in(&plan, &signed(&desk.second, &statement));
    let expired = &judged["refusedSignatures"][0]["why"]["expired"];
    assert_eq!(expired, "2020-01-01T00:00:00Z", "{judged}");
    desk.execute(&plan).fails(8, "not-approved");

    // A denial is the last word, also after an approval.
    desk.approve(&plan);
    desk.run(&["deny", &plan]).expect(0, "denial");
    desk.execute(&plan).fails(6, "denied");
    assert_eq!(desk.resets(), before, "nothing was sent");
}

#[test]
fn what_would_have_to_be_approved_is_said_before() {
    let desk = Desk::new("second@contoso.example", "");
    let looked = desk.run(&["reset", "--serial", COSU, "--what-if"]);
    assert_eq!(looked.code, 0, "{looked:?}");
    assert!(looked.stderr.contains("passcode approve "), "{looked:?}");
    // Without an approvers file nobody may approve, and nothing is sent.
    let config = desk.home.path().join("config.toml");
    std::fs::write(&config, "two_people = \"always\"\n").unwrap();
    let failure = desk.reset().fails(8, "not-approved");
    let remedy = failure["remedy"].as_str().unwrap();
    assert!(remedy.contains("the setting `approvers`"), "{remedy}");
    // What is built in: an approvers file alone asks nobody about a single plan.
    let list = desk.outside.path().join("approvers.toml");
    let text = format!("approvers = \"{}\"\n", list.display());
    std::fs::write(&config, text).unwrap();
    let done = desk.reset();
    assert!([0, 9].contains(&done.code), "{done:?}");
}
