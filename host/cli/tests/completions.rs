//! Completion scripts and manual pages say what the help says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::collections::BTreeSet;
use std::process::Command;

use support::Home;

const SHELLS: [&str; 6] = ["bash", "zsh", "fish", "powershell", "nushell", "elvish"];

/// Every verb with its words, by the help's own pages.
fn verbs(home: &Home) -> Vec<Vec<String>> {
    let pages = home.run(&[
        "man",
        home.path().join("man").to_str().unwrap(),
        "-o",
        "json",
    ]);
    let pages = pages.expect(0, "man");
    let mut found: Vec<Vec<String>> = Vec::new();
    for page in pages["pages"].as_array().unwrap() {
        let name = page.as_str().unwrap().rsplit('/').next().unwrap();
        let name = name.strip_suffix(".1").unwrap();
        found.push(name.split('-').skip(1).map(str::to_owned).collect());
    }
    found
}

/// The long flags of a verb, as its help lists them.
fn flags(home: &Home, verb: &[String]) -> BTreeSet<String> {
    let mut arguments: Vec<&str> = verb.iter().map(String::as_str).collect();
    arguments.push("--help");
    let help = home.run(&arguments);
    assert_eq!(help.code, 0, "{help:?}");
    let lines = help
        .stdout
        .lines()
        .filter(|line| line.trim_start().starts_with('-'));
    let long = lines.filter_map(|line| {
        let word = line
            .split_whitespace()
            .find(|word| word.starts_with("--"))?;
        Some(word.trim_end_matches(',').to_owned())
    });
    long.collect()
}

fn script(home: &Home, shell: &str) -> String {
    let ran = home.run(&["completions", shell]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout
}

#[test]
fn every_verb_and_flag_is_in_every_script_and_has_a_page() {
    let home = Home::new();
    let verbs = verbs(&home);
    assert!(verbs.len() >= 19, "{verbs:?}");
    let first = home.run(&["--help"]).stdout;
    let mut seen = 0;
    for shell in SHELLS {
        let script = script(&home, shell);
        for verb in &verbs {
            if let Some(word) = verb.last() {
                assert!(script.contains(word.as_str()), "{shell}: {verb:?}");
            }
            for flag in flags(&home, verb) {
                let written = match shell {
                    "fish" => format!("-l {}", flag.trim_start_matches("--")),
                    _ => flag.clone(),
                };
                assert!(script.contains(&written), "{shell}: {verb:?} {flag}");
                seen += 1;
            }
        }
    }
    assert!(seen > 1_000, "{seen}");
    for verb in verbs.iter().filter(|verb| verb.len() == 1) {
        assert!(
            first.contains(&format!("\n  {} ", verb[0])),
            "{verb:?} is not on the first page"
        );
    }
}

#[test]
fn what_is_known_completes_and_is_what_the_component_knows() {
    let home = Home::new();
    std::fs::write(home.path().join("config.toml"), "[profile.sample-desk]\n").unwrap();
    let words = |document: serde_json::Value, list: &str, field: &str| -> BTreeSet<String> {
        let rows = document[list].as_array().unwrap().clone();
        let fields = rows.into_iter().map(|row| row[field].clone());
        let texts = fields.flat_map(|field| match field {
            serde_json::Value::Array(items) => items,
            one => vec![one],
        });
        texts
            .filter_map(|text| Some(text.as_str()?.to_owned()))
            .collect()
    };
    let kinds = words(home.run(&["matrix"]).json(), "rules", "kinds");
    let addresses = words(
        home.run(&["matrix", "--addresses"]).json(),
        "addresses",
        "id",
    );
    let faults = words(home.run(&["practice", "faults"]).json(), "faults", "name");
    let disputed = home
        .practice(&["explain", "--serial", "SAMPLE-COBO-0002"])
        .json();
    let checks: BTreeSet<String> = disputed["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["needsAcceptance"] == true)
        .map(|check| check["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(kinds.len() > 10 && addresses.len() == 10 && faults.len() > 40 && !checks.is_empty());
    let profile = BTreeSet::from(["sample-desk".to_owned()]);
    for shell in SHELLS {
        let script = script(&home, shell);
        for word in [&kinds, &addresses, &faults, &checks, &profile]
            .into_iter()
            .flatten()
        {
            assert!(script.contains(word.as_str()), "{shell}: {word}");
        }
        for format in ["jsonl", "tsv", "yaml"] {
            assert!(script.contains(format), "{shell}: {format}");
        }
    }
    // Known is not all there is.
    home.practice(&["devices", "--kind", "a-kind-of-tomorrow"])
        .expect(5, "devices");
}

/// Whether a shell is on this machine. Only bash has to be.
fn there(shell: &str) -> bool {
    let there = Command::new(shell).arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: no {shell} here");
    }
    there
}

fn heard(shell: &str, arguments: &[&str]) -> String {
    let output = Command::new(shell)
        .args(arguments)
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{shell}: {said}{complained}");
    assert_eq!(complained, "", "{shell}");
    said
}

#[cfg(unix)]
#[test]
fn the_shells_take_the_scripts_and_complete() {
    let home = Home::new();
    let file = |shell: &str| {
        let path = home.path().join(format!("passcode.{shell}"));
        std::fs::write(&path, script(&home, shell)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bash = format!(
        "source '{}'; COMP_WORDS=(passcode reset --accept ''); COMP_CWORD=3; \
         _passcode passcode '' --accept; echo \"${{COMPREPLY[@]}}\"",
        file("bash")
    );
    assert_eq!(heard("bash", &["-c", &bash]).trim(), "documents-disagree");
    if there("zsh") {
        heard("zsh", &["-n", &file("zsh")]);
    }
    if there("fish") {
        let ask = |line: &str| {
            let command = format!("source '{}'; complete -C '{line}'", file("fish"));
            heard("fish", &["--no-config", "-c", &command])
        };
        assert!(ask("passcode reset --kind aosp").contains("aosp-userless"));
        assert!(ask("passcode rev").contains("reveal"));
    }
    if there("elvish") {
        // `edit:` is there only in a terminal.
        let script = script(&home, "elvish")
            .replace(
                "set edit:completion:arg-completer[passcode] =",
                "var completer =",
            )
            .replace("edit:complex-candidate $text", "put $text; nop");
        let ask = |words: &str| heard("elvish", &["-c", &format!("{script}\n$completer {words}")]);
        assert!(ask("passcode reset --kind ''").contains("aosp-userless"));
        assert!(ask("passcode rev").contains("reveal"));
    }
    if there("nu") {
        heard(
            "nu",
            &[
                "-n",
                "-c",
                &format!("source '{}'; help passcode reset", file("nushell")),
            ],
        );
    }
}

#[test]
fn manual_pages_render_without_a_warning() {
    let home = Home::new();
    let folder = home.path().join("man");
    verbs(&home);
    let pages: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().collect();
    assert!(pages.len() >= 19);
    for page in &pages {
        let text = std::fs::read_to_string(page.path()).unwrap();
        assert!(text.is_ascii(), "{page:?}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"] {
            let there = text.contains(&format!(".SH {section}"))
                || text.contains(&format!(".SH \"{section}\""));
            assert!(there, "{page:?} has no {section}");
        }
        if there("groff") {
            let path = page.path();
            heard(
                "groff",
                &["-man", "-Tutf8", "-ww", "-z", path.to_str().unwrap()],
            );
        }
    }
    let first = home.run(&["man"]);
    assert_eq!(
        first.stdout,
        std::fs::read_to_string(folder.join("passcode.1")).unwrap()
    );
    for number in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 130] {
        assert!(
            first.stdout.contains(&format!("\\fB{number}\\fR")),
            "{number}"
        );
    }
}
