//! Where the passcodes of a run go: to a person at a terminal, one at a time, or into the file that
//! the run file names.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use support::pty::{Pty, screens, tail};
use support::{Home, Ran, Tenant, journal, ran};

const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// Three devices whose reset has a passcode, and one whose passcode is removed. Its tenant is a
/// process of its own, so that nothing in our home is the tenant's.
fn scene(delivery: &str) -> (Home, Tenant, String) {
    let mut home = Home::new();
    let (mut fleet, mut ids) = (String::new(), Vec::new());
    for (number, kind) in [
        (1, "cosu"),
        (2, "iphone-corporate"),
        (3, "cosu"),
        (4, "cosu"),
    ] {
        let id = format!("5ca1e000-0000-4000-8000-{number:012}");
        fleet.push_str(&format!(
            "[[device]]\nid = \"{id}\"\nkind = \"{kind}\"\nname = \"SCALE-{number}\"\nserial = \"SAMPLE-{number}\"\n"
        ));
        if kind != "cosu" {
            fleet.push_str("user = \"adele@contoso.example\"\n");
        }
        ids.push(id);
    }
    let tenant_home = Home::new();
    let devices = tenant_home.path().join("fleet.toml");
    std::fs::write(&devices, fleet).unwrap();
    let devices = devices.display().to_string();
    let arguments = ["--pace", "0", "--control-key", "k", "--fleet", &devices];
    let tenant = Tenant::start(&tenant_home, &arguments);
    home.connect(&tenant);
    let text = format!(
        "schema: passcode/run/v1\ntitle: Sample devices\naction: auto\nwait: 1m\nconcurrency: 1\nwho: {{ids: [{}]}}\ndelivery: {delivery}\n",
        ids.join(", ")
    );
    (home, tenant, text)
}

fn write(folder: &Path, text: &str) -> String {
    let path = folder.join("sample.run.yaml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn in_json(home: &Home, arguments: &[&str]) -> Ran {
    let mut all = arguments.to_vec();
    all.extend(["-o", "json"]);
    home.run(&all)
}

fn posts(tenant: &Tenant) -> usize {
    let entries = journal(tenant);
    let posts = entries.iter().filter(|one| one["route"] == "resetPasscode");
    posts.count()
}

/// The run that there is, its rows' states and plans.
fn rows(home: &Home) -> (String, Vec<(String, String)>) {
    let runs = in_json(home, &["run", "list"]).json();
    let run = runs["runs"][0]["run"].as_str().unwrap().to_owned();
    let shown = in_json(home, &["run", "show", &run]).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = shown["devices"].as_array().unwrap().iter();
    let rows = rows.map(|row| (text(&row["state"]), text(&row["plan"])));
    (run, rows.collect())
}

fn lines_in_audit(home: &Home) -> u64 {
    let head = in_json(home, &["audit", "head"]).json();
    let head = head["head"].as_str().unwrap();
    head.split_once(':').unwrap().0.parse().unwrap()
}

fn passcode(home: &Home, plan: &str) -> String {
    let ran = in_json(home, &["reveal", plan, "--reveal"]);
    ran.json()["passcode"].as_str().unwrap().to_owned()
}

/// As it stands on the screen: the letters apart, and codes of the terminal between the lines.
fn holds(text: &str, passcode: &str) -> bool {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    bare.contains(passcode)
}

#[test]
fn a_person_gets_them_one_at_a_time_and_they_are_nowhere_else() {
    let (home, tenant, text) = scene("{to: terminal}");
    let file = write(home.path(), &text);

    let mut terminal = Pty::start(&home, &["run", "start", &file, "--yes"]);
    terminal.expect("1 of 3: \"SCALE-1\" (serial SAMPLE-1");
    let before = lines_in_audit(&home);
    assert_eq!(rows(&home).1[0].0, "done", "nobody has seen it yet");
    // Anything but the Enter key alone shows nothing.
    terminal.press("yes\r");
    terminal.expect("Enter, `s` or `q`:");
    terminal.press("\r");
    terminal.expect("Press a key to clear it.");
    // By now it is on the screen, and was written down.
    assert_eq!(lines_in_audit(&home), before + 1);
    assert_eq!(rows(&home).1[0].0, "delivered");
    terminal.press(" ");
    terminal.expect("2 of 3: \"SCALE-3\"");
    terminal.press("s\r");
    terminal.expect("skipped; later: passcode reveal ");
    terminal.expect("3 of 3: \"SCALE-4\"");
    terminal.press("q\r");
    let (code, first) = terminal.end();
    assert_eq!(code, 0, "{}", tail(&first));
    assert!(
        first.contains("1 of 3 passcodes were shown; 2 stay undelivered"),
        "{}",
        tail(&first)
    );
    let (run, states) = rows(&home);
    let states: Vec<&str> = states.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(states, ["delivered", "done", "done", "done"]);
    assert!(
        first.contains(&format!("passcode run resume {}", &run[..8])),
        "{}",
        tail(&first)
    );
    let after = lines_in_audit(&home);
    assert_eq!(
        after,
        before + 1,
        "what nobody saw is not said to be disclosed"
    );

    let mut terminal = Pty::start(&home, &["run", "resume", &run]);
    for (at, name) in [("1 of 2", "SCALE-3"), ("2 of 2", "SCALE-4")] {
        terminal.expect(&format!("{at}: \"{name}\""));
        terminal.press("\r");
        terminal.expect("Press a key to clear it.");
        terminal.press("\r");
    }
    let (code, second) = terminal.end();
    assert_eq!(code, 0, "{}", tail(&second));
    assert!(
        second.contains("2 of 2 passcodes were shown"),
        "{}",
        tail(&second)
    );
    let (code, third) = Pty::start(&home, &["run", "resume", &run]).end();
    assert_eq!(code, 0, "{}", tail(&third));
    assert!(third.contains("no passcodes to show"), "{}", tail(&third));
    assert_eq!(posts(&tenant), 4, "nothing was sent twice");

    // What else there is of the run: its reports, and every file that we keep.
    let mut elsewhere: Vec<(String, Vec<u8>)> = Vec::new();
    for form in ["html", "csv", "json", "jsonl"] {
        let ran = home.run(&["run", "report", &run, "--as", form]);
        elsewhere.push((form.to_owned(), ran.stdout.into_bytes()));
    }
    let shown = in_json(&home, &["run", "show", &run]);
    elsewhere.push(("run show".to_owned(), shown.stdout.into_bytes()));
    files(home.path(), &mut elsewhere);
    assert!(elsewhere.len() > 6);

    let ((first, rest), (second, later)) = (screens(&first), screens(&second));
    assert_eq!((first.len(), second.len()), (1, 2));
    let shown = [&first[0], &second[0], &second[1]];
    let (_, rows) = rows(&home);
    for (screen, row) in shown.into_iter().zip([0, 2, 3]) {
        let passcode = passcode(&home, &rows[row].1);
        assert!(holds(screen, &passcode), "row {row} was not on its screen");
        for (place, text) in [("the first session", &rest), ("the second", &later)] {
            assert!(!holds(text, &passcode), "a passcode stays in {place}");
        }
        for (place, content) in &elsewhere {
            let found = content
                .windows(passcode.len())
                .any(|part| part == passcode.as_bytes());
            assert!(!found, "a passcode is in {place}");
        }
        let screens = [&first[0], &second[0], &second[1]].into_iter();
        assert_eq!(screens.filter(|one| holds(one, &passcode)).count(), 1);
    }
}

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if let Ok(content) = std::fs::read(&path) {
            found.push((path.display().to_string(), content));
        }
    }
}

#[test]
fn without_a_terminal_nothing_is_sent() {
    let (home, tenant, text) = scene("{to: terminal}");
    let file = write(home.path(), &text);
    let ran = in_json(&home, &["run", "start", &file, "--yes"]);
    let failure = ran.fails(6, "no-terminal");
    assert!(
        failure["message"]
            .as_str()
            .unwrap()
            .contains("nothing was sent")
    );
    assert_eq!(
        in_json(&home, &["run", "list"]).json()["runs"],
        serde_json::json!([])
    );

    // Plans need none.
    let planned = in_json(&home, &["run", "plan", &file]).expect(0, "run-status");
    let run = planned["run"].as_str().unwrap();
    for verb in ["start", "resume"] {
        in_json(&home, &["run", verb, run]).fails(6, "no-terminal");
    }
    // Nor is it one that must not show any.
    let config = "[profile.lab]\ndelivery = \"none\"\n";
    std::fs::write(home.path().join("config.toml"), config).unwrap();
    let start = ["run", "start", run, "--yes", "--profile", "lab"];
    let (code, seen) = Pty::start(&home, &start).end();
    assert_eq!(code, 6, "{}", tail(&seen));
    assert!(
        seen.contains("the setting `delivery` here is `none`"),
        "{}",
        tail(&seen)
    );
    assert_eq!(posts(&tenant), 0);
}

#[test]
fn a_file_is_beside_the_run_file_wherever_the_command_runs() {
    let (home, _tenant, text) = scene(&format!(
        "{{to: age, recipients: [{RECIPIENT}], file: passcodes.age}}"
    ));
    let [beside, here] = ["beside", "here"].map(|name| {
        let folder = home.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    });
    write(&beside, &text);
    let out = beside.join("passcodes.age");
    let from = |arguments: &[&str], input: Option<&str>| {
        let mut command = home.command(arguments);
        command.args(["-o", "json"]).current_dir(&here);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().unwrap();
        if let (Some(mut stdin), Some(text)) = (child.stdin.take(), input) {
            stdin.write_all(text.as_bytes()).unwrap();
        }
        ran(child.wait_with_output().unwrap())
    };
    let is_there = |path: &PathBuf| {
        let written = std::fs::read(path).unwrap_or_default();
        written.starts_with(b"age-encryption.org/v1")
    };

    // One is in the way, so what was done is delivered later, by a process that has no run file.
    std::fs::write(&out, "in the way").unwrap();
    let ran = from(
        &["run", "start", "../beside/sample.run.yaml", "--yes"],
        None,
    );
    ran.fails(2, "delivery");
    std::fs::remove_file(&out).unwrap();
    std::fs::remove_file(beside.join("sample.run.yaml")).unwrap();
    let (run, _) = rows(&home);
    from(&["run", "resume", &run], None).expect(0, "run-status");
    assert!(is_there(&out), "beside the run file");
    assert!(!here.join("passcodes.age").exists());

    // What came through a pipe lies nowhere.
    let arguments = ["run", "start", "/dev/stdin", "--yes", "--run-key", "piped"];
    let ran = from(
        &arguments,
        Some(&text.replace("Sample devices", "Once more")),
    );
    ran.expect(0, "run-status");
    assert!(
        is_there(&here.join("passcodes.age")),
        "where the command runs"
    );
}
