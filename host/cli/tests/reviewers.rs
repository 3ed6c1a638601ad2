//! Reviewers from the command line: asked about every plan, and what they say holds.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[path = "../../extension/tests/extensions/made.rs"]
mod made;
mod support;

use passcode_example_extensions::CHANGE_FREEZE;
use serde_json::{Value, json};
use support::people::{approvers, as_nobody, key, outside, signed};
use support::{Home, Ran};

const COSU: &str = "SAMPLE-COSU-0001";
const FREEZE: &str = "contoso.example/change-freeze";

/// What stands in the config file of an extension.
fn extension(home: &Home, name: &str, bytes: &[u8], settings: &str) -> String {
    let file = format!("{name}.wasm");
    std::fs::write(home.path().join(&file), bytes).unwrap();
    let digest = passcode_host::digest(bytes);
    format!(
        "[extensions.\"contoso.example/{name}\"]\ncomponent = \"{file}\"\ndigest = \"sha256:{digest}\"\nsettings = {{ {settings} }}\n"
    )
}

fn configure(home: &Home, reviewers: &[&str], extensions: &[String]) {
    let names: Vec<String> = reviewers.iter().map(|name| format!("\"{name}\"")).collect();
    let text = format!(
        "reviewers = [{}]\n{}",
        names.join(", "),
        extensions.concat()
    );
    std::fs::write(home.path().join("config.toml"), text).unwrap();
}

/// The example, asked about every plan.
fn frozen(settings: &str) -> Home {
    let home = Home::new();
    let freeze = extension(&home, "change-freeze", CHANGE_FREEZE, settings);
    configure(&home, &[FREEZE], &[freeze]);
    home
}

fn reset<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["reset", "--serial", COSU];
    all.extend(more);
    all
}

/// What was sent to the practice tenant.
fn sent(home: &Home) -> usize {
    let actions = home.practice(&["status", "--limit", "100", "-o", "json"]);
    let actions = actions.json();
    let actions = actions["actions"].as_array().unwrap().iter();
    actions.filter(|action| action["ours"] == true).count()
}

fn plans(home: &Home) -> usize {
    let plans = home.practice(&["plans", "-o", "json"]).json();
    plans["plans"].as_array().unwrap().len()
}

fn run_file(home: &Home, more: &str) -> String {
    let path = home.path().join("sample.run.yaml");
    let text = format!(
        "schema: passcode/run/v1\ntitle: Sample devices\naction: auto\nwait: 1m\nwho:\n  serials: [{COSU}, SAMPLE-BYOD-0004]\n{more}"
    );
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn practise(home: &Home, arguments: &[&str]) -> Ran {
    let mut all = arguments.to_vec();
    all.extend(["-o", "json"]);
    home.practice(&all)
}

#[test]
fn a_reviewer_is_asked_about_every_plan_and_its_word_is_part_of_it() {
    let home = frozen("ticket = \"CHG#######\"");
    for verb in [
        reset(&["--what-if"]),
        vec!["remove", "--serial", "SAMPLE-IPHONE-0010", "--what-if"],
    ] {
        let plan = practise(&home, &verb).expect(6, "plan");
        let review = &plan["plan"]["reviews"][0];
        assert_eq!(review["reviewer"], FREEZE, "{plan}");
        assert_eq!(review["digest"], passcode_host::digest(CHANGE_FREEZE));
        let why = review["opinion"]["deny"].as_str().unwrap();
        assert!(why.contains("it takes a ticket like CHG#######"), "{why}");
        // Without it, the plan is another one.
        let mut without = plan.clone();
        without["plan"]["reviews"] = json!([]);
        let path = home.path().join("edited.json");
        std::fs::write(&path, without.to_string()).unwrap();
        let edited = practise(&home, &["execute", path.to_str().unwrap(), "--yes"]);
        edited.fails(6, "plan-edited");
        // And carried out it is not, however it is named.
        let id = plan["id"].as_str().unwrap();
        practise(&home, &["execute", id, "--yes"]).fails(6, "reviewer-denied");
    }
    practise(&home, &reset(&["--yes"])).fails(6, "reviewer-denied");
    let wrong = practise(&home, &reset(&["--yes", "--ticket", "INC0012345"]));
    let wrong = wrong.fails(6, "reviewer-denied");
    assert!(
        wrong["message"].as_str().unwrap().contains(FREEZE),
        "{wrong}"
    );
    let explained = practise(&home, &["explain", "--serial", COSU]).expect(6, "explanation");
    assert_eq!(explained["code"], "reviewer-denied");
    assert_eq!(sent(&home), 0, "nothing was sent");

    let fits = ["--ticket", "CHG0040007"];
    let plan = practise(&home, &reset(&[&["--what-if"], &fits[..]].concat()));
    assert_eq!(
        plan.expect(0, "plan")["plan"]["reviews"][0]["opinion"],
        "abstain"
    );
    practise(&home, &reset(&[&["--yes"], &fits[..]].concat())).expect(0, "result");
    assert_eq!(sent(&home), 1);
}

#[test]
fn whatever_is_no_opinion_denies() {
    for (name, bytes, why) in [
        (
            "traps",
            made::reviewer("", "unreachable"),
            "component-failed",
        ),
        (
            "spins",
            made::reviewer("", "(loop $on (br $on)) i32.const 0"),
            "limit-cpu",
        ),
        (
            "grows",
            made::reviewer(
                "",
                "(loop $on (drop (memory.grow (i32.const 64))) (br $on)) i32.const 0",
            ),
            "limit-memory",
        ),
        ("makes-no-sense", made::saying(7, ""), "component-failed"),
        (
            "misled",
            CHANGE_FREEZE.to_vec(),
            "the setting `tickets` is not known to it",
        ),
    ] {
        let home = Home::new();
        let id = format!("contoso.example/{name}");
        let settings = if name == "misled" {
            "tickets = \"x\""
        } else {
            ""
        };
        configure(&home, &[&id], &[extension(&home, name, &bytes, settings)]);
        let failure = practise(&home, &reset(&["--yes"])).fails(6, "reviewer-denied");
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains(&id) && message.contains(why), "{message}");
        assert_eq!(sent(&home), 0, "{name}");
    }
}

#[test]
fn what_cannot_be_asked_stops_everything_before_a_plan() {
    let http = wat::parse_str("(component (import \"passcode:action/http@0.1.0\" (instance)) (instance $i) (export \"passcode:action/review@0.1.0\" (instance $i)))").unwrap();
    let watcher = made::component("watcher", "", "(param i32)", "");
    let home = Home::new();
    for (name, bytes, exit, code) in [
        ("reaches-out", &http[..], 2, "extension-not-loadable"),
        ("watcher", &watcher[..], 2, "extension-world"),
        ("pinned", CHANGE_FREEZE, 6, "extension-digest"),
        ("gone", CHANGE_FREEZE, 2, "extension-unreadable"),
    ] {
        let id = format!("contoso.example/{name}");
        configure(
            &home,
            &[&id],
            &[extension(&home, name, bytes, "ticket = \"*\"")],
        );
        let file = home.path().join(format!("{name}.wasm"));
        match name {
            // Another reviewer that would allow everything, under the same name.
            "pinned" => std::fs::write(&file, made::saying(0, "")).unwrap(),
            "gone" => std::fs::remove_file(&file).unwrap(),
            _ => {}
        }
        let run = run_file(&home, "");
        for verb in [
            reset(&["--yes"]),
            reset(&["--what-if"]),
            vec!["explain", "--serial", COSU],
            vec!["run", "start", &run, "--yes"],
        ] {
            let failure = practise(&home, &verb).fails(exit, code);
            assert!(
                failure["message"].as_str().unwrap().contains(&id),
                "{failure}"
            );
        }
        // Looking takes no reviewer.
        assert_eq!(practise(&home, &["devices", "--serial", COSU]).code, 0);
    }
    configure(&home, &[], &[]);
    let run = run_file(&home, "reviewers: [contoso.example/nobody]\n");
    for verb in ["check", "plan", "start"] {
        practise(&home, &["run", verb, &run]).fails(2, "extension-unknown");
    }
    configure(&home, &["contoso.example/nobody"], &[]);
    practise(&home, &reset(&["--yes"])).fails(2, "config-invalid");
    configure(&home, &[], &[]);
    assert_eq!((plans(&home), sent(&home)), (0, 0));
}

#[test]
fn a_plan_that_a_reviewer_did_not_see_is_not_carried_out() {
    let home = Home::new();
    let plan = practise(&home, &reset(&["--what-if"])).expect(0, "plan");
    let id = plan["id"].as_str().unwrap();
    let abstains = extension(&home, "board", &made::saying(0, ""), "");
    configure(&home, &["contoso.example/board"], &[abstains]);
    practise(&home, &["execute", id, "--yes"]).fails(6, "plan-not-reviewed");
    let seen = practise(&home, &reset(&["--what-if"])).expect(0, "plan");
    // Nor one that other bytes of the same name saw.
    let newer = extension(&home, "board", CHANGE_FREEZE, "ticket = \"*\"");
    configure(&home, &["contoso.example/board"], &[newer]);
    let id = seen["id"].as_str().unwrap();
    practise(&home, &["execute", id, "--yes"]).fails(6, "plan-not-reviewed");
    assert_eq!(sent(&home), 0);
}

/// Another person signs what waits, and hands it in.
fn approved(home: &mut Home, subject: &[&str]) {
    let outside = outside();
    let (private, public) = key(&outside, "second");
    home.set(
        "PASSCODE_APPROVERS",
        &approvers(&outside, "second@contoso.example", &public),
    );
    let statement = outside.path().join("statement");
    let written = statement.display().to_string();
    let ran = practise(home, &[subject, &["--statement", &written]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = outside.path().join("signed");
    std::fs::write(&document, signed(&private, &statement)).unwrap();
    let handed_in = document.display().to_string();
    let ran = practise(home, &[subject, &["--signed", &handed_in]].concat());
    // Root can write any file, so nothing shows that another person was there.
    let expected = if rustix::process::geteuid().is_root() {
        8
    } else {
        0
    };
    assert_eq!(ran.code, expected, "{ran:?}");
    assert_eq!(ran.json()["demandedBy"], json!([FREEZE]));
    // Gone at the end of the test, not before.
    std::mem::forget(outside);
}

#[test]
fn another_person_whom_a_reviewer_demands_has_to_sign_a_plan() {
    let mut home = frozen("ticket = \"*\", approve = \"android-dedicated\"");
    practise(&home, &reset(&["--what-if"])).expect(8, "plan");
    let explained = practise(&home, &["explain", "--serial", COSU]).expect(8, "explanation");
    assert_eq!(explained["code"], "reviewer-asks-approval");
    let failure = practise(&home, &reset(&["--yes"])).fails(8, "reviewer-asks-approval");
    assert_eq!(failure["demandedBy"], json!([FREEZE]));
    let plan = failure["plan"].as_str().unwrap().to_owned();
    let remedy = failure["remedy"].as_str().unwrap();
    assert!(
        remedy.contains(&format!("passcode approve {plan}")),
        "{remedy}"
    );

    // To name its hash is no second person.
    let ran = practise(&home, &["approve", &plan, "--set", &plan]);
    assert_eq!(ran.code, 8, "{ran:?}");
    let execute = ["execute", plan.as_str(), "--yes"];
    practise(&home, &execute).fails(8, "reviewer-asks-approval");
    // Taking the reviewer out of the settings does not help.
    let config = home.path().join("config.toml");
    let kept = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, "").unwrap();
    practise(&home, &execute).fails(8, "reviewer-asks-approval");
    std::fs::write(&config, kept).unwrap();
    assert_eq!(sent(&home), 0);

    approved(&mut home, &["approve", &plan]);
    let all = [&execute[..], &["--practice", "--pace", "0", "-o", "json"]].concat();
    if let Some(ran) = as_nobody(&home, &all) {
        ran.expect(0, "result");
        assert_eq!(sent(&home), 1);
    }
}

#[test]
fn the_reviewers_of_a_run_are_asked_about_each_of_its_plans() {
    for in_the_file in [true, false] {
        let home = Home::new();
        let freeze = extension(
            &home,
            "change-freeze",
            CHANGE_FREEZE,
            "ticket = \"CHG#######\"",
        );
        let (configured, more) = match in_the_file {
            true => (vec![], format!("reviewers: [{FREEZE}]\n")),
            false => (vec![FREEZE], String::new()),
        };
        configure(&home, &configured, &[freeze]);
        let file = run_file(&home, &more);
        let ran = practise(&home, &["run", "start", &file, "--yes"]);
        assert_eq!(ran.code, 11, "{ran:?}");
        let run = ran.json()["run"].as_str().unwrap().to_owned();
        let shown = practise(&home, &["run", "show", &run]).json();
        let rows = shown["devices"].as_array().unwrap();
        assert_eq!(rows.len(), 2, "{shown}");
        for row in rows {
            assert_eq!(row["code"], "reviewer-denied", "{row}");
        }
        assert_eq!(sent(&home), 0);
        let file = run_file(&home, &format!("{more}ticket: CHG0040007\n"));
        let ran = practise(&home, &["run", "start", &file, "--yes"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(sent(&home), 2);
    }
}

#[test]
fn another_person_whom_a_reviewer_demands_has_to_sign_a_run() {
    let mut home = frozen("ticket = \"*\", approve = \"android-dedicated\"");
    let file = run_file(&home, "");
    let planned = practise(&home, &["run", "plan", &file]);
    assert_eq!(planned.code, 0, "{planned:?}");
    assert!(
        planned.stderr.contains(&format!("`{FREEZE}` (of 1)")),
        "{planned:?}"
    );
    let planned = planned.json();
    let (run, set) = (text(&planned, "run"), text(&planned, "set"));
    let failure = practise(&home, &["run", "start", &run, "--yes"]).fails(8, "not-approved");
    assert_eq!(failure["demandedBy"], json!([FREEZE]));
    assert_eq!(
        practise(&home, &["run", "approve", &run, "--set", &set]).code,
        8
    );
    assert_eq!(practise(&home, &["run", "start", &run, "--yes"]).code, 8);
    assert_eq!(sent(&home), 0);

    approved(&mut home, &["run", "approve", &run]);
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
    if let Some(ran) = as_nobody(&home, &start) {
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(sent(&home), 2);
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

#[test]
fn extensions_are_listed_and_looked_at_before_they_are_configured() {
    let home = frozen("ticket = \"CHG#######\"");
    let watcher = made::component("watcher", "", "(param i32)", "");
    let freeze = extension(
        &home,
        "change-freeze",
        CHANGE_FREEZE,
        "ticket = \"CHG#######\"",
    );
    let broken = extension(&home, "broken", b"no component", "");
    let watcher = extension(&home, "watcher", &watcher, "");
    configure(&home, &[FREEZE], &[freeze, broken, watcher]);
    let listed = home
        .run(&["extension", "list", "-o", "json"])
        .expect(0, "extensions");
    let each = listed["extensions"].as_array().unwrap();
    let of = |name: &str| each.iter().find(|one| one["extension"] == name).unwrap();
    assert_eq!(of(FREEZE)["world"], "reviewer", "{listed}");
    assert_eq!(
        (&of(FREEZE)["asked"], &of(FREEZE)["granted"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(of("contoso.example/watcher")["world"], "watcher");
    assert_eq!(of("contoso.example/watcher")["asked"], false);
    let problem = &of("contoso.example/broken")["problem"];
    assert_eq!(problem["code"], "component-not-loadable", "{listed}");

    let file = home.path().join("change-freeze.wasm");
    let checked = home.run(&["extension", "check", file.to_str().unwrap(), "-o", "json"]);
    let checked = checked.expect(0, "extension-check");
    let digest = format!("sha256:{}", passcode_host::digest(CHANGE_FREEZE));
    assert_eq!(checked["digest"], digest);
    let broken = home.path().join("broken.wasm");
    let checked = home.run(&["extension", "check", broken.to_str().unwrap(), "-o", "json"]);
    checked.fails(2, "component-not-loadable");
}
