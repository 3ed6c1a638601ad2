//! Run files as a person or a job uses them: what is refused, who approves, what is told.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use serde_json::Value;
use sha2::Digest as _;
use support::people::{approvers, as_nobody, key, outside, signed};
use support::{Home, Ran};

const COSU: &str = "SAMPLE-COSU-0001";

fn write(home: &Home, name: &str, text: &str) -> String {
    let path = home.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn run_file(home: &Home, more: &str) -> String {
    let text =
        format!("schema: passcode/run/v1\ntitle: Sample devices\naction: auto\nwait: 1m\n{more}");
    write(home, "sample.run.yaml", &text)
}

fn who(serials: &[&str]) -> String {
    format!("who:\n  serials: [{}]\n", serials.join(", "))
}

fn practise(home: &Home, arguments: &[&str]) -> Ran {
    let mut all = arguments.to_vec();
    all.extend(["--practice", "--pace", "0", "-o", "json"]);
    home.run(&all)
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// A planned run: its name and the hash of its set.
fn planned(home: &Home, file: &str) -> (String, String) {
    let ran = practise(home, &["run", "plan", file]);
    assert!([0, 11].contains(&ran.code), "{ran:?}");
    let run = json(&ran);
    assert_eq!(text(&run, "state"), "planned");
    (text(&run, "run").to_owned(), text(&run, "set").to_owned())
}

/// How many resets the practice tenant has seen.
fn resets(home: &Home) -> usize {
    let ran = practise(home, &["status", "--limit", "100"]);
    let actions = json(&ran);
    let actions = actions["actions"].as_array().unwrap();
    actions
        .iter()
        .filter(|action| action["ours"] == true)
        .count()
}

#[test]
fn every_bad_row_is_named_with_its_place_before_anything_is_sent() {
    let home = Home::new();
    write(
        &home,
        "devices.csv",
        "Device name,Serial number,Ticket\nFront desk,,INC-1\nKiosk,SAMPLE-COSU-0001,INC-2\nKiosk 2,SAMPLE-COSU-0001,INC-3,x\n",
    );
    let file = run_file(&home, "who:\n  csv: {file: devices.csv}\n");
    for verb in ["check", "plan", "start"] {
        let ran = home.run(&["run", verb, &file, "--practice", "-o", "json"]);
        let said = json(&ran);
        assert_eq!(
            (ran.code, text(&said, "code")),
            (2, "run-file"),
            "{verb}: {ran:?}"
        );
        let faults = said["faults"].as_array().unwrap();
        let places: Vec<(&str, u64)> = faults
            .iter()
            .map(|fault| (text(fault, "source"), fault["line"].as_u64().unwrap()))
            .collect();
        assert_eq!(places, [("devices.csv", 2), ("devices.csv", 4)], "{verb}");
    }
    assert_eq!(
        json(&practise(&home, &["run", "list"]))["runs"],
        serde_json::json!([])
    );
}

#[test]
fn a_run_over_its_cap_is_refused_and_says_what_would_lift_it() {
    let home = Home::new();
    let devices = who(&[COSU, "SAMPLE-COBO-0001", "SAMPLE-BYOD-0001"]);
    let file = run_file(&home, &format!("{devices}guards: {{maxDevices: 2}}\n"));
    let ran = practise(&home, &["run", "start", &file, "--yes"]);
    let said = json(&ran);
    assert_eq!(
        (ran.code, text(&said, "code")),
        (6, "too-many-devices"),
        "{ran:?}"
    );
    assert!(
        text(&said, "remedy").contains("`guards.maxDevices` to 3"),
        "{said}"
    );
    assert_eq!(resets(&home), 0);
}

#[test]
fn only_what_was_approved_is_carried_out_and_once() {
    let home = Home::new();
    let file = run_file(&home, &who(&[COSU, "NO-SUCH-DEVICE"]));
    let (run, set) = planned(&home, &file);

    let ran = practise(&home, &["run", "start", &run]);
    assert_eq!(
        (ran.code, text(&json(&ran), "code")),
        (8, "not-approved"),
        "{ran:?}"
    );
    let other = "0".repeat(64);
    let ran = practise(&home, &["run", "approve", &run, "--set", &other]);
    assert_eq!(
        (ran.code, text(&json(&ran), "code")),
        (6, "other-set"),
        "{ran:?}"
    );
    assert_eq!(resets(&home), 0);

    let ran = practise(&home, &["run", "approve", &run, "--set", &set]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(json(&ran)["assurance"]["assurance"], "checksum-only");
    let ran = home.run(&[
        "run",
        "start",
        &run,
        "--practice",
        "--pace",
        "0",
        "-o",
        "table",
    ]);
    assert!(
        ran.stderr.contains("this is a checksum and not four eyes"),
        "{ran:?}"
    );
    assert_eq!(ran.code, 11, "one of two devices was not found: {ran:?}");
    assert_eq!(resets(&home), 1);

    // A second start shows what there is, and sends nothing.
    let ran = practise(&home, &["run", "start", &run, "--yes"]);
    assert_eq!(
        (ran.code, text(&json(&ran), "state")),
        (11, "finished"),
        "{ran:?}"
    );
    assert_eq!(resets(&home), 1);
    let shown = json(&practise(&home, &["run", "show", &run]));
    let states: Vec<&str> = shown["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| text(row, "state"))
        .collect();
    assert_eq!(states, ["done", "not-found"]);
}

#[test]
fn a_denied_run_and_a_denied_plan_send_nothing() {
    let home = Home::new();
    let (run, set) = planned(&home, &run_file(&home, &who(&[COSU])));
    assert_eq!(
        practise(&home, &["run", "approve", &run, "--set", &set]).code,
        0
    );
    assert_eq!(practise(&home, &["run", "deny", &run]).code, 0);
    for verb in ["start", "resume"] {
        let ran = practise(&home, &["run", verb, &run]);
        assert_eq!(
            (ran.code, text(&json(&ran), "code")),
            (6, "denied"),
            "{ran:?}"
        );
    }

    let ran = practise(&home, &["reset", "--serial", COSU, "--what-if"]);
    let plan = text(&json(&ran), "id").to_owned();
    assert_eq!(practise(&home, &["deny", &plan[..12]]).code, 0);
    let ran = practise(&home, &["execute", &plan, "--yes"]);
    assert_eq!(
        (ran.code, text(&json(&ran), "code")),
        (6, "denied"),
        "{ran:?}"
    );
    let listed = json(&practise(&home, &["plans"]));
    assert_eq!(listed["plans"][0]["state"], "denied");
    assert_eq!(resets(&home), 0);
}

#[test]
fn the_same_key_goes_on_with_the_same_run_and_a_changed_file_is_refused() {
    let home = Home::new();
    let file = run_file(&home, &who(&[COSU]));
    let start = |file: &str| {
        practise(
            &home,
            &["run", "start", file, "--run-key", "job-7", "--yes"],
        )
    };
    let first = start(&file);
    let again = start(&file);
    assert_eq!((first.code, again.code), (0, 0), "{first:?} {again:?}");
    assert_eq!(json(&first)["run"], json(&again)["run"]);
    assert_eq!(resets(&home), 1);
    let changed = run_file(&home, &who(&[COSU, "SAMPLE-COBO-0001"]));
    let ran = start(&changed);
    assert_eq!(
        (ran.code, text(&json(&ran), "code")),
        (6, "run-changed"),
        "{ran:?}"
    );
    assert_eq!(resets(&home), 1);
}

#[test]
fn a_window_that_is_closed_sends_nothing_and_ctrl_c_leaves_the_run_resumable() {
    let home = Home::new();
    // A window that is open for one minute, half a day from now.
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let minute = (now / 60 + 12 * 60) % (24 * 60);
    let at = |minute: u64| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let window = format!(
        "guards:\n  window: {{days: [mon, tue, wed, thu, fri, sat, sun], from: \"{}\", to: \"{}\", offset: \"+00:00\"}}\n",
        at(minute),
        at(minute + 1)
    );
    let file = run_file(&home, &format!("{}{window}", who(&[COSU])));
    let mut command = home.command(&[
        "run",
        "start",
        &file,
        "--yes",
        "--practice",
        "--pace",
        "0",
        "-o",
        "json",
    ]);
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(4));
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(
        text(&said, "remedy").contains("passcode run resume"),
        "{said}"
    );
    assert_eq!(resets(&home), 0);
    let listed = json(&practise(&home, &["run", "list"]));
    assert_eq!(listed["runs"][0]["state"], "stopped");
}

#[test]
fn two_people_are_two_people() {
    let mut home = Home::new();
    // What the process must not be able to write lies outside its home.
    let outside = outside();
    let (private, public) = key(&outside, "second");
    let (own_key, _) = key(&outside, "own");
    let file = run_file(
        &home,
        &format!("{}guards: {{twoPeopleAbove: 0}}\n", who(&[COSU])),
    );
    let (run, set) = planned(&home, &file);

    // A checksum is not a second person.
    assert_eq!(
        practise(&home, &["run", "approve", &run, "--set", &set]).code,
        8
    );
    let ran = practise(&home, &["run", "start", &run, "--yes"]);
    assert_eq!(
        (ran.code, text(&json(&ran), "code")),
        (8, "not-approved"),
        "{ran:?}"
    );

    let list = approvers(&outside, "second@contoso.example", &public);
    home.set("PASSCODE_APPROVERS", &list);
    // Nor is somebody whom nobody named.
    let own_key = own_key.display().to_string();
    let ran = practise(&home, &["run", "approve", &run, "--key", &own_key]);
    assert_eq!(ran.code, 8, "a key that is in no list: {ran:?}");
    assert_eq!(
        json(&ran)["refusedSignatures"][0]["why"],
        "unknown-key",
        "{ran:?}"
    );

    let statement = outside.path().join("statement");
    let at = statement.display().to_string();
    assert_eq!(
        practise(&home, &["run", "approve", &run, "--statement", &at]).code,
        0
    );
    let document = signed(&private, &statement);
    let handed_in = write(&outside, "signed", &document);
    let altered = write(
        &outside,
        "altered",
        &document.replace("\"devices\":1", "\"devices\":9"),
    );
    assert_eq!(
        practise(&home, &["run", "approve", &run, "--signed", &altered]).code,
        8
    );
    let ran = practise(&home, &["run", "approve", &run, "--signed", &handed_in]);

    let start = [
        "run",
        "start",
        &run,
        "--practice",
        "--pace",
        "0",
        "-o",
        "json",
    ];
    if rustix::process::geteuid().is_root() {
        // Root can write any file, so nothing shows that another person was there.
        assert_eq!(ran.code, 8, "{ran:?}");
        assert_eq!(practise(&home, &["run", "start", &run]).code, 8);
    }
    if let Some(ran) = as_nobody(&home, &start) {
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(text(&json(&ran), "state"), "finished");
        let report = ["run", "report", &run, "--practice", "--as", "json"];
        let signed = std::fs::read(&statement).unwrap();
        let seen_by_nobody = as_nobody(&home, &report).unwrap();
        for (ran, strength) in [
            (seen_by_nobody, "four-eyes"),
            // Whoever reads the report could have written the list: then it is less.
            (home.run(&report), "checksum"),
        ] {
            let report = json(&ran);
            assert_eq!(text(&report["run"], "assurance"), strength, "{ran:?}");
            let approvals = report["run"]["approvals"].as_array().unwrap();
            let strengths: Vec<&str> = approvals.iter().map(|one| text(one, "assurance")).collect();
            // A hash that was named, a key that nobody named, a text that was altered.
            let expected = ["checksum", "not-counted", "not-counted", strength];
            assert_eq!(strengths, expected, "{report}");
            let why = text(&approvals[1], "why");
            assert!(why.contains("no approver's"), "{report}");
            let second = &approvals[3];
            let who = "Second person (second@contoso.example)";
            assert_eq!(text(second, "who"), who);
            assert!(text(second, "key").starts_with("SHA256:"), "{second}");
            let hash: String = sha2::Sha256::digest(&signed)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(text(second, "statement"), hash);
            for time in ["at", "expires"] {
                assert!(text(second, time).ends_with('Z'), "{second}");
            }
        }
    }
}

#[test]
fn the_result_is_there_in_every_form() {
    let home = Home::new();
    let file = run_file(&home, &who(&["NO-SUCH-DEVICE", COSU]));
    assert_eq!(
        practise(&home, &["run", "start", &file, "--yes", "--run-key", "k"]).code,
        11
    );
    let run = text(&json(&practise(&home, &["run", "list"]))["runs"][0], "run").to_owned();
    for (form, sign) in [
        ("html", "<!doctype html>"),
        ("csv", "number,state"),
        ("json", "run-report/v1"),
        ("jsonl", "run-row/v1"),
    ] {
        let ran = home.run(&["run", "report", &run, "--practice", "--as", form]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains(sign), "{form}: {}", ran.stdout);
        let path = home.path().join(format!("report.{form}"));
        let at = path.display().to_string();
        assert_eq!(
            practise(&home, &["run", "report", &run, "--to", &at]).code,
            0
        );
        assert!(std::fs::read_to_string(&path).unwrap().contains(sign));
        let ran = practise(&home, &["run", "report", &run, "--to", &at]);
        assert_eq!(ran.code, 2, "nobody's file is written over: {ran:?}");
    }
    let in_form = |form| {
        let ran = home.run(&["run", "report", &run, "--practice", "--as", form]);
        ran.stdout
    };
    let report: Value = serde_json::from_str(&in_form("json")).unwrap();
    let head = &report["run"];
    assert_eq!(text(head, "assurance"), "checksum");
    assert_eq!(text(&head["approvals"][0], "assurance"), "checksum");
    assert_eq!(head["approvals"][0]["key"], Value::Null, "nobody signed");
    assert_eq!(
        head["tally"],
        serde_json::json!({"done": 1, "not-found": 1})
    );
    let [started, ended] = ["started", "ended"].map(|at| text(head, at));
    let row = &report["rows"][1];
    let [planned, sent] = ["plannedAt", "sentAt"].map(|at| text(row, at));
    // In this order; a plan knows its time to the second. Texts of this form compare as times do.
    let times = [text(head, "created"), planned, started, sent, ended].map(|at| &at[..19]);
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(report["rows"][0]["plannedAt"], Value::Null, "no plan");
    assert!(in_form("csv").contains(&format!(",{planned},{sent},")));
    assert!(in_form("jsonl").contains(&format!("\"plannedAt\":\"{planned}\"")));
    let page = in_form("html");
    assert!(page.contains("checksum only</span>") && !page.contains("Approved by</h3>"));
    assert!(
        page.contains("<span class=\"dot plans\"></span>planned"),
        "the timeline"
    );
}

#[test]
fn the_audit_chain_shows_what_was_changed_behind_our_back() {
    let home = Home::new();
    let file = run_file(&home, &who(&[COSU]));
    assert_eq!(practise(&home, &["run", "start", &file, "--yes"]).code, 0);
    let head = text(&json(&practise(&home, &["audit", "head"])), "head").to_owned();
    let ran = practise(&home, &["audit", "verify", "--head", &head, "--tenant"]);
    assert_eq!(
        (ran.code, &json(&ran)["intact"]),
        (0, &Value::Bool(true)),
        "{ran:?}"
    );
    let lines = json(&ran)["verdict"]["lines"].as_u64().unwrap();

    let cut = home.path().join("practice/audit.key");
    std::fs::remove_file(&cut).unwrap();
    let ran = practise(&home, &["audit", "verify"]);
    assert_eq!(
        ran.code, 10,
        "signed by a key that is not this one: {ran:?}"
    );
    let (count, hash) = head.split_once(':').unwrap();
    assert_eq!(count.parse::<u64>().unwrap(), lines);
    let later = format!("{}:{hash}", lines + 5);
    let ran = practise(&home, &["audit", "verify", "--head", &later]);
    assert_eq!(ran.code, 10, "five lines fewer than were kept: {ran:?}");
}

#[test]
fn passcodes_go_to_whom_the_run_file_names_and_nowhere_else() {
    let home = Home::new();
    let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let out = home.path().join("passcodes.age");
    let delivery = format!(
        "delivery: {{to: age, recipients: [{recipient}], file: \"{}\"}}\n",
        out.display()
    );
    let file = run_file(&home, &format!("{}{delivery}", who(&[COSU])));
    let ran = practise(&home, &["run", "start", &file, "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let written = std::fs::read(&out).unwrap();
    assert!(written.starts_with(b"age-encryption.org/v1"));
    let shown = json(&practise(&home, &["run", "show", text(&json(&ran), "run")]));
    assert_eq!(shown["devices"][0]["state"], "delivered", "{shown}");
}
