//! What a newcomer sees, and what a typing error brings.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use support::Home;

#[test]
fn the_first_page_begins_with_three_commands_that_run() {
    let home = Home::new();
    let help = home.run(&["--help"]);
    assert_eq!(help.code, 0);
    let bare = home.run(&[]);
    assert_eq!((bare.code, bare.stdout.as_str()), (2, ""));
    for page in [&help.stdout, &bare.stderr] {
        let first = page.find("three commands people need first").unwrap();
        assert!(first < page.find("\nLook:\n").unwrap());
        assert!(first < page.find("Options:\n").unwrap());
    }
    let lines: Vec<&str> = bare
        .stderr
        .lines()
        .filter_map(|line| line.trim().strip_prefix("passcode "))
        .filter(|line| line.contains("--practice --serial"))
        .collect();
    assert_eq!(lines.len(), 3);
    for line in lines {
        let command = line.split("   ").next().unwrap();
        let mut arguments: Vec<&str> = command.split(' ').collect();
        if arguments[0] == "reset" {
            arguments.push("--yes");
        }
        arguments.extend(["--pace", "0"]);
        let ran = home.run(&arguments);
        assert_eq!(ran.code, 0, "{command}: {ran:?}");
    }
}

#[test]
fn a_wrong_verb_leads_to_the_right_one() {
    let home = Home::new();
    for (verb, advice) in [
        ("rest", "'reset'"),
        ("explian", "'explain'"),
        ("unlock", "`passcode reset` for Android"),
        ("history", "`passcode status`"),
        ("wipe", "this tool cannot wipe"),
    ] {
        let ran = home.run(&[verb, "-o", "json"]);
        let document = ran.expect(2, "error");
        assert!(ran.stderr.contains(advice), "{verb}: {ran:?}");
        let (message, remedy) = (document["message"].as_str(), document["remedy"].as_str());
        assert!(
            message.unwrap().contains(advice) || remedy.unwrap().contains(advice),
            "{verb}: {document}"
        );
    }
}

#[test]
fn the_version_names_component_and_contract() {
    let home = Home::new();
    let short = home.run(&["-V"]);
    assert_eq!((short.code, short.stdout.lines().count()), (0, 1));
    let long = home.run(&["--version"]).stdout;
    let document = home
        .run(&["--version", "--output", "json"])
        .expect(0, "version");
    for field in ["version", "component", "contract"] {
        assert!(
            long.contains(document[field].as_str().unwrap()),
            "{field}: {long}"
        );
    }
    assert!(long.starts_with(short.stdout.trim_end()));
    let rules = home.run(&["matrix"]).json();
    assert_eq!(rules["componentDigest"], document["component"]);
    // Before a file that is not there is believed to be the built-in component.
    home.run(&["--version", "-o", "json", "--component", "nowhere.wasm"])
        .fails(2, "file");
}
