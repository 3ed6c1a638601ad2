//! Each verb, as a process.

mod support;

use support::{Home, Tenant};

const KIOSK: &[&str] = &["--serial", "SAMPLE-COSU-0001"];

fn with<'a>(verb: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    verb.iter().chain(more).copied().collect()
}

#[test]
fn devices_are_listed_and_computers_set_aside() {
    let home = Home::new();
    let found = home
        .practice(&["devices", "--user", "adele@contoso.example"])
        .expect(0, "devices");
    assert_eq!(found["practice"], true);
    assert_eq!(found["matched"][0]["name"], "IPHONE-0010");
    assert_eq!(found["setAside"][0]["name"], "LAPTOP-0017");
    let all = home.practice(&["devices"]).expect(0, "devices");
    assert!(all["matched"].as_array().unwrap().len() > 25);
    let android = home.practice(&["devices", "--platform", "android", "-o", "jsonl"]);
    assert!(android.stdout.lines().count() > 15);
    assert!(!android.stdout.contains("ios-corporate"));
    home.practice(&["devices", "--serial", "NOPE"])
        .expect(5, "devices");
}

#[test]
fn explain_exits_as_the_action_would() {
    let home = Home::new();
    for (serial, more, code) in [
        ("SAMPLE-COSU-0001", &[] as &[&str], 0),
        ("SAMPLE-IPHONE-0010", &[], 0),
        ("SAMPLE-COBO-0002", &[], 6),
        ("SAMPLE-COBO-0002", &["--accept", "documents-disagree"], 0),
        ("SAMPLE-BYOD-0005", &[], 6),
        ("SAMPLE-ADMIN-0009", &[], 6),
        ("SAMPLE-WINDOWS-0017", &[], 6),
        ("SAMPLE-COSU-0026", &[], 6),
    ] {
        let ran = home.practice(&with(&["explain", "--serial", serial], more));
        let explained = ran.expect(code, "explanation");
        assert_eq!(explained["exitCode"], code, "{serial}");
        let checks = explained["checks"].as_array().unwrap();
        assert!(!checks.is_empty(), "{serial}");
        if code == 6 {
            assert!(explained["remedy"].is_string(), "{serial}");
        }
    }
    home.practice(&["explain", "--serial", "NOPE"])
        .fails(5, "no-such-device");
}

#[cfg(unix)]
#[test]
fn no_program_of_somebody_else_is_started() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    let [tput, started] = ["tput", "started"].map(|name| home.path().join(name));
    std::fs::write(&tput, format!("#!/bin/sh\n: >'{}'\n", started.display())).unwrap();
    std::fs::set_permissions(&tput, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(
        std::process::Command::new(&tput)
            .status()
            .unwrap()
            .success()
    );
    std::fs::remove_file(&started).unwrap();
    for output in ["table", "json"] {
        let explain = with(
            &["explain", "--practice", "--pace", "0", "-o", output],
            KIOSK,
        );
        let ran = home.command(&explain).env("PATH", home.path()).output();
        assert!(ran.unwrap().status.success());
        // The width of no terminal is nobody's to tell.
        assert!(!started.exists());
    }
}

#[test]
fn a_reset_ends_with_a_passcode_that_is_printed_only_on_request() {
    let home = Home::new();
    let reset = with(&["reset", "--yes", "--reason", "forgot"], KIOSK);
    let quiet = home.practice(&reset);
    let done = quiet.expect(0, "result");
    assert_eq!(done["ended"], "done");
    assert_eq!(done["passcodeAvailable"], true);
    assert!(done.get("passcode").is_none());
    assert_eq!(done["caller"]["reason"], "forgot");
    let plan = done["plan"].as_str().unwrap();
    assert_eq!(
        done["revealCommand"],
        format!("passcode reveal {plan} --practice")
    );
    let revealed = home
        .practice(&["reveal", plan, "--reveal"])
        .expect(0, "result");
    let passcode = revealed["passcode"].as_str().unwrap();
    assert_eq!(passcode.len(), 10);
    assert!(!quiet.stdout.contains(passcode) && !quiet.stderr.contains(passcode));
    // Written down where the ledger is, and never with the passcode.
    let again = home.practice(&["status", plan]).expect(0, "result");
    assert_eq!(again["delivered"]["to"], "json");
    for file in ["practice/ledger.db", "practice/ledger.db-wal"] {
        if let Ok(bytes) = std::fs::read(home.path().join(file)) {
            assert!(
                !String::from_utf8_lossy(&bytes).contains(passcode),
                "{file}"
            );
        }
    }
    let resets = home.practice(&with(&["reset", "--yes", "--reveal", "-o", "csv"], KIOSK));
    assert_eq!(resets.code, 0);
    assert!(resets.stdout.starts_with("plan,ended,state,"));
}

#[test]
fn removal_is_for_apple_and_reset_for_android() {
    let home = Home::new();
    let iphone = &["--serial", "SAMPLE-IPHONE-0010", "--yes"];
    let refused = home
        .practice(&with(&["reset"], iphone))
        .fails(6, "wrong-verb");
    assert_eq!(
        refused["remedy"],
        "use `passcode remove --practice` if that is what is wanted"
    );
    let removed = home
        .practice(&with(&["remove"], iphone))
        .expect(0, "result");
    assert_eq!(removed["effect"], "remove-passcode");
    assert_eq!(removed["passcodeAvailable"], false);
    home.practice(&["reveal", "--serial", "SAMPLE-IPHONE-0010"])
        .fails(6, "no-passcode");
    home.practice(&with(&["remove", "--yes"], KIOSK))
        .fails(6, "wrong-verb");
}

#[test]
fn a_plan_is_a_document_that_is_executed_once_and_not_when_edited() {
    let home = Home::new();
    let dry = home.practice(&with(&["reset", "--what-if", "-o", "json"], KIOSK));
    let plan = dry.expect(0, "plan");
    let file = home.path().join("plan.json");
    let name = file.to_str().unwrap();
    std::fs::write(&file, dry.stdout.replace("KIOSK-0001", "KIOSK-0002")).unwrap();
    home.practice(&["execute", name, "--yes"])
        .fails(6, "plan-edited");
    std::fs::write(&file, "{}").unwrap();
    home.practice(&["execute", name, "--yes"])
        .fails(2, "not-a-plan");
    std::fs::write(&file, &dry.stdout).unwrap();
    home.practice(&["execute", name]).fails(6, "not-confirmed");
    let other = Home::new();
    other
        .practice(&["execute", name, "--yes"])
        .fails(6, "plan-unknown");
    let id = plan["id"].as_str().unwrap();
    assert_eq!(
        home.practice(&["status", id]).expect(0, "result")["sending"],
        serde_json::Value::Null
    );
    home.practice(&["execute", name, "--yes"])
        .expect(0, "result");
    home.practice(&["execute", id, "--yes"])
        .fails(6, "plan-used");
    let disputed = ["reset", "--what-if", "--serial", "SAMPLE-COBO-0002"];
    home.practice(&disputed).expect(6, "plan");
}

#[test]
fn status_lists_what_the_service_and_what_we_know() {
    let home = Home::new();
    let listed = home.practice(&["status"]).expect(0, "actions");
    let before = listed["actions"].as_array().unwrap().len();
    assert!(before > 0);
    assert!(
        listed["actions"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["ours"] == false)
    );
    home.practice(&with(&["reset", "--yes"], KIOSK))
        .expect(0, "result");
    let listed = home.practice(&["status"]).expect(0, "actions");
    let ours: Vec<_> = listed["actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["ours"] == true)
        .collect();
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0]["known"], "done");
    assert_eq!(ours[0]["listedByService"], true);
}

#[test]
fn an_entry_is_not_given_to_an_attempt_that_nobody_knows_of() {
    let home = Home::new();
    let done = home
        .practice(&with(&["reset", "--yes"], KIOSK))
        .expect(0, "result");
    let lost = [
        "reset",
        "--yes",
        "--timeout",
        "0s",
        "--fault",
        "drop-before-accept",
    ];
    let unknown = home
        .practice(&with(&lost, KIOSK))
        .fails(7, "outcome-unknown");
    let listed = home
        .practice(&with(&["status"], &["--limit", "50"]))
        .expect(0, "actions");
    let entry = |plan: &serde_json::Value| {
        let actions = listed["actions"].as_array().unwrap();
        actions
            .iter()
            .find(|one| one["plan"] == *plan)
            .unwrap()
            .clone()
    };
    assert_eq!(entry(&done["plan"])["listedByService"], true);
    assert_eq!(entry(&unknown["plan"])["listedByService"], false);
    assert_eq!(entry(&unknown["plan"])["known"], "unknown");
}

#[test]
fn a_passcode_made_elsewhere_is_shown_only_as_such() {
    let home = Home::new();
    let device = ["--serial", "SAMPLE-COSU-0029"];
    home.practice(&with(&["reveal"], &device))
        .fails(5, "nothing-of-ours");
    let any = home
        .practice(&with(&["reveal", "--any"], &device))
        .expect(0, "passcodes");
    assert_eq!(any["results"][0]["ours"], false);
    assert_eq!(any["results"][0]["passcodeAvailable"], true);
    assert!(any["results"][0].get("passcode").is_none());
    assert!(!home.path().join("practice/disclosures.jsonl").exists());
    let any = home
        .practice(&with(&["reveal", "--any", "--reveal"], &device))
        .expect(0, "passcodes");
    assert!(any["results"][0]["passcode"].is_string());
    let written = std::fs::read_to_string(home.path().join("practice/disclosures.jsonl")).unwrap();
    assert!(written.contains("helpdesk@contoso.example"));
    assert!(!written.contains(any["results"][0]["passcode"].as_str().unwrap()));
}

#[test]
fn the_matrix_needs_no_tenant() {
    let home = Home::new();
    let rules = home.run(&["matrix"]).expect(0, "rules");
    assert!(rules["rules"].as_array().unwrap().len() > 30);
    let addresses = home.run(&["matrix", "--addresses"]).expect(0, "addresses");
    assert_eq!(addresses["addresses"].as_array().unwrap().len(), 10);
    let grant = home.run(&["matrix", "--grant"]);
    assert_eq!(grant.code, 0);
    let file = home.path().join("grant.toml");
    std::fs::write(&file, &grant.stdout).unwrap();
    let file = file.to_str().unwrap();
    home.practice(&with(&["explain", "--grant", file], KIOSK))
        .expect(0, "explanation");
    let version = home.run(&["--version"]);
    assert_eq!((version.code, version.stdout.lines().count()), (0, 3));
    assert!(version.stdout.contains("contract passcode:action@"));
}

#[test]
fn another_address_takes_a_grant() {
    let home = Home::new();
    let via = ["reset", "--what-if", "--via", "comanaged-devices"];
    let refused = home.practice(&with(&via, KIOSK)).fails(6, "check-blocks");
    assert!(refused["remedy"].as_str().unwrap().contains("--grant"));
    let grant = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/grants/every-address.toml"
    );
    let plan = home
        .practice(&with(&with(&via, &["--grant", grant]), KIOSK))
        .expect(0, "plan");
    assert_eq!(plan["plan"]["proposal"]["address"], "comanaged-devices");
    home.practice(&with(&["reset", "--what-if", "--via", "nowhere"], KIOSK))
        .fails(2, "address-unknown");
}

#[test]
fn a_practice_process_is_used_through_the_environment() {
    let tenants_home = Home::new();
    let journal = tenants_home.path().join("journal.jsonl");
    let tenant = Tenant::start(
        &tenants_home,
        &["--pace", "0", "--journal", journal.to_str().unwrap()],
    );
    let mut home = Home::new();
    home.connect(&tenant);
    let done = home
        .run(&with(&["reset", "--yes", "--operator", "Kim"], KIOSK))
        .expect(0, "result");
    assert_eq!(done["practice"], true);
    assert!(home.path().join("practice/ledger.db").exists());
    assert!(!home.path().join("ledger.db").exists());
    let posted = std::fs::read_to_string(&journal).unwrap();
    let sent = |line: &&str| line.contains("/resetPasscode");
    assert_eq!(posted.lines().filter(sent).count(), 1);
    let plan = done["plan"].as_str().unwrap();
    assert_eq!(done["revealCommand"], format!("passcode reveal {plan}"));
    home.set("AZURE_CLIENT_SECRET", "wrong");
    let refused = home.run(&with(&["explain"], KIOSK));
    assert_eq!(refused.code, 3, "{refused:?}");
}

#[test]
fn answers_come_in_every_form() {
    let home = Home::new();
    for (form, expected) in [
        ("table", "NAME"),
        ("csv", "name,serial,user,"),
        ("tsv", "name\tserial\tuser\t"),
        ("yaml", "schema: passcode/devices/v1"),
        ("json", "\"schema\": \"passcode/devices/v1\""),
        ("jsonl", "\"schema\":\"passcode/device/v1\""),
    ] {
        let ran = home.practice(&with(&["devices", "-o", form], KIOSK));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains(expected), "{form}: {}", ran.stdout);
        assert!(!ran.stdout.contains('\u{1b}'));
    }
    let none = home.practice(&with(&["devices", "-o", "none"], KIOSK));
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
}

#[test]
fn a_name_chosen_by_a_user_moves_nothing() {
    let home = Home::new();
    for form in ["table", "csv", "tsv", "yaml", "json", "jsonl"] {
        let ran = home.practice(&["devices", "--serial", "SAMPLE-COPE-0032", "-o", form]);
        for hidden in ['\u{1b}', '\u{202e}', '\u{7}', '\u{9b}'] {
            assert!(
                !ran.stdout.contains(hidden) && !ran.stderr.contains(hidden),
                "{form} {hidden:?}"
            );
        }
    }
    let ran = home.practice(&[
        "reset",
        "--serial",
        "SAMPLE-COPE-0032",
        "--what-if",
        "-o",
        "table",
        "--accept",
        "documents-disagree",
    ]);
    assert!(!ran.stdout.contains('\u{202e}') && !ran.stdout.contains('\u{1b}'));
}
