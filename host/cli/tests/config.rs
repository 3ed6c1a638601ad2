//! The config file: what it decides, what goes before it, and what is refused.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::time::Duration;

use support::{Home, Tenant};

const KIOSK: [&str; 2] = ["--serial", "SAMPLE-COSU-0001"];

fn write(home: &Home, text: &str) {
    std::fs::write(home.path().join("config.toml"), text).unwrap();
}

/// A setting's value and where it came from, as `config show` says.
fn shown(home: &Home, arguments: &[&str], name: &str) -> (String, String) {
    let mut all = vec!["config", "show", "-o", "json"];
    all.extend(arguments);
    let document = home.run(&all).expect(0, "config");
    let settings = document["settings"].as_array().unwrap();
    let one = settings.iter().find(|one| one["name"] == name).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&one["value"]), text(&one["by"]))
}

#[test]
fn who_is_nearer_to_the_operator_decides() {
    let mut home = Home::new();
    let of = |value: &str, by: &str| (value.to_owned(), by.to_owned());
    assert_eq!(shown(&home, &[], "cloud"), of("global", "built in"));
    write(
        &home,
        "default_profile = \"a\"\ncloud = \"china\"\ntimeout = \"9m\"\n\
         [profile.a]\ntenant = \"a.example\"\n[profile.b]\ncloud = \"dod\"\ntenant = \"b.example\"\n",
    );
    assert_eq!(shown(&home, &[], "cloud"), of("china", "file"));
    assert_eq!(shown(&home, &[], "tenant"), of("a.example", "profile a"));
    assert_eq!(
        shown(&home, &["--profile", "b"], "cloud"),
        of("dod", "profile b")
    );
    assert_eq!(
        shown(&home, &["--profile", "b"], "timeout"),
        of("9m", "file")
    );
    home.set("PASSCODE_PROFILE", "b");
    assert_eq!(shown(&home, &[], "tenant"), of("b.example", "profile b"));
    assert_eq!(
        shown(&home, &["--profile", "a"], "tenant"),
        of("a.example", "profile a")
    );
    home.set("AZURE_TENANT_ID", "env.example");
    assert_eq!(
        shown(&home, &[], "tenant"),
        of("env.example", "environment AZURE_TENANT_ID")
    );
    assert_eq!(
        shown(&home, &["--practice"], "practice"),
        of("true", "flag --practice")
    );
    let told = home.run(&["config", "show", "--profile", "a"]).stderr;
    assert!(
        told.contains("AZURE_TENANT_ID is set, and goes before"),
        "{told}"
    );
    home.set("AZURE_CLIENT_SECRET", "CANARY");
    let all = home.run(&["config", "show"]);
    assert!(all.stdout.contains("AZURE_CLIENT_SECRET"), "{all:?}");
    assert!(!format!("{all:?}").contains("CANARY"));
}

#[test]
fn a_profile_connects_to_its_own_cloud() {
    let tenants_home = Home::new();
    let ca = tenants_home.path().join("ca.pem");
    let tenant = Tenant::start(
        &tenants_home,
        &["--pace", "0", "--ca", ca.to_str().unwrap()],
    );
    let said = |name: &str| {
        tenant.announced["environment"][name]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let https = tenant.announced["https"].as_str().unwrap();
    let mut home = Home::new();
    std::fs::copy(&ca, home.path().join("practice-ca.pem")).unwrap();
    let lab = format!(
        "[profile.lab]\ncloud = \"custom\"\ngraph_url = \"{https}\"\nauthority_url = \"{https}\"\n\
         tenant = \"{}\"\nclient_id = \"{}\"\n",
        said("AZURE_TENANT_ID"),
        said("AZURE_CLIENT_ID")
    );
    home.set("AZURE_CLIENT_SECRET", &said("AZURE_CLIENT_SECRET"));
    write(&home, &lab);
    // Nobody vouches for the practice tenant's certificate.
    assert_ne!(home.run(&["devices", "--profile", "lab"]).code, 0);
    write(&home, &format!("{lab}ca_file = \"practice-ca.pem\"\n"));
    let found = home
        .run(&["devices", "--profile", "lab"])
        .expect(0, "devices");
    assert_eq!(found["practice"], true);
    home.run(&["config", "check"]).expect(0, "config-check");
    let reset = [
        "reset",
        "--yes",
        "--profile",
        "lab",
        "--serial",
        "SAMPLE-COSU-0001",
    ];
    let done = home.run(&reset).expect(0, "result");
    let plan = done["plan"].as_str().unwrap();
    assert_eq!(
        done["revealCommand"],
        format!("passcode reveal {plan} --profile lab")
    );
    home.run(&["devices"]).fails(3, "not-signed-in");
}

#[test]
fn another_origin_must_stand_in_the_file() {
    let mut home = Home::new();
    let (graph, login) = ("https://graph.corp.invalid", "https://login.corp.invalid");
    for (name, value) in [
        ("PASSCODE_CLOUD", "custom"),
        ("PASSCODE_GRAPH_URL", graph),
        ("PASSCODE_AUTHORITY_URL", login),
        ("PASSCODE_ACCESS_TOKEN", "opaque"),
    ] {
        home.set(name, value);
    }
    home.run(&["devices"]).fails(2, "origin-not-allowed");
    write(&home, &format!("allowed_origins = [\"{graph}\"]"));
    home.run(&["devices"]).fails(2, "origin-not-allowed");
    // Another profile's origins are not this call's.
    let other = format!("[profile.x]\ngraph_url = \"{graph}\"\nauthority_url = \"{login}\"\n");
    write(&home, &format!("{other}[profile.y]\noutput = \"json\""));
    home.run(&["devices", "--profile", "y"])
        .fails(2, "origin-not-allowed");
    write(
        &home,
        &format!("allowed_origins = [\"{graph}\", \"{login}\"]"),
    );
    let allowed = home.run(&["devices"]);
    assert_ne!(allowed.json()["code"], "origin-not-allowed", "{allowed:?}");
    assert_eq!(allowed.code, 12, "{allowed:?}");
}

#[test]
fn the_environment_does_not_mix_two_clouds() {
    let mut home = Home::new();
    write(
        &home,
        "cloud = \"custom\"\ngraph_url = \"http://127.0.0.1:9\"\nauthority_url = \"http://127.0.0.1:9\"",
    );
    home.set("PASSCODE_ACCESS_TOKEN", "opaque");
    home.run(&["devices"]).fails(12, "unreachable");
    home.set("PASSCODE_GRAPH_URL", "http://127.0.0.1:10");
    home.run(&["devices"]).fails(2, "cloud-not-custom");
}

#[test]
fn a_token_of_another_tenant_is_refused() {
    // Unsigned: it says that it is for tenant …0b.
    const TOKEN: &str = "eyJhbGciOiAibm9uZSJ9.eyJ0aWQiOiAiN2U0YTAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDBiIiwgImF1ZCI6ICJodHRwczovL2dyYXBoLm1pY3Jvc29mdC5jb20ifQ.c2FtcGxl";
    let mut home = Home::new();
    home.set("PASSCODE_ACCESS_TOKEN", TOKEN);
    write(
        &home,
        "[profile.a]\ntenant = \"7e4a0000-0000-4000-8000-00000000000a\"\n",
    );
    let refused = home.run(&["devices", "--profile", "a"]);
    refused.fails(2, "tenant-mismatch");
    assert!(!format!("{refused:?}").contains(TOKEN));
}

#[test]
fn a_file_that_is_wrong_stops_everything_but_what_mends_it() {
    let home = Home::new();
    write(
        &home,
        "\n[profile.a]\n  tennant = \"x\"\noutput = \"tabel\"\n",
    );
    let wrong = home.practice(&["devices"]).fails(2, "config-invalid");
    let first = &wrong["problems"][0];
    assert_eq!(
        (first["line"].as_u64(), first["column"].as_u64()),
        (Some(3), Some(3))
    );
    assert_eq!(first["remedy"], "did you mean `tenant`?");
    assert_eq!(wrong["problems"].as_array().unwrap().len(), 2);
    assert!(
        wrong["message"]
            .as_str()
            .unwrap()
            .contains("config.toml:3:3: ")
    );
    home.run(&["config", "check"]).fails(2, "config-invalid");
    home.run(&["config", "show"]).fails(2, "config-invalid");
    let path = home.run(&["config", "path"]);
    assert_eq!(
        path.stdout.trim(),
        home.path().join("config.toml").to_str().unwrap()
    );
    for harmless in [
        &["completions", "bash"][..],
        &["man"],
        &["--version"],
        &["-V"],
    ] {
        assert_eq!(home.run(harmless).code, 0, "{harmless:?}");
    }
    write(&home, "client_secret = \"hunter2\"");
    let secret = home.practice(&["devices"]);
    secret.fails(2, "config-secret");
    assert!(!format!("{secret:?}").contains("hunter2"));
    write(&home, "[profile.production]");
    let typo = home
        .practice(&["devices", "--profile", "prodution"])
        .fails(2, "profile-unknown");
    assert_eq!(typo["remedy"], "did you mean `--profile production`?");
    write(&home, "[profile.lab]\ncloud = \"custom\"\n");
    home.run(&["config", "check"]).fails(2, "cloud-incomplete");
    write(&home, "[profile.lab]\nca_file = \"nowhere.pem\"\n");
    home.run(&["config", "check"]).fails(2, "file");
    write(&home, "[profile.lab]\nca_file = \"config.toml\"\n");
    home.run(&["config", "check"]).fails(2, "ca-invalid");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    write(&home, "output = \"json\"");
    let path = home.path().join("config.toml");
    for mode in [0o664, 0o646, 0o666] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let refused = home.practice(&["devices"]).fails(2, "config-permissions");
        assert!(refused["remedy"].as_str().unwrap().contains("chmod go-w"));
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    home.practice(&["devices"]).expect(0, "devices");
}

#[test]
fn a_profile_sets_output_practice_and_how_long_to_wait() {
    let home = Home::new();
    write(
        &home,
        "[profile.training]\npractice = true\noutput = \"yaml\"\ntimeout = \"200ms\"\n",
    );
    let listed = home.run(&["devices", "--profile", "training", "--pace", "0"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert!(
        listed.stdout.contains("schema: passcode/devices/v1"),
        "{listed:?}"
    );
    let mut reset = vec!["reset", "--yes", "--profile", "training", "--pace", "0"];
    reset.extend(KIOSK);
    reset.extend(["--fault", "device-offline"]);
    let begun = std::time::Instant::now();
    let pending = home.run(&reset);
    assert_eq!(pending.code, 9, "{pending:?}");
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "it waited for the usual two minutes"
    );
    let csv = home.run(&[
        "devices",
        "--profile",
        "training",
        "--pace",
        "0",
        "-o",
        "csv",
    ]);
    assert!(csv.stdout.starts_with("name,serial,"), "{csv:?}");
}

/// On a terminal, which `script` (util-linux) makes here.
#[cfg(target_os = "linux")]
#[test]
fn a_passcode_can_be_kept_from_the_screen() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: no script here");
        return;
    }
    let home = Home::new();
    let shown = |device: &str| {
        let own = home.command(&[]);
        let call = format!(
            "'{}' reset --practice --pace 0 --yes --serial {device}",
            env!("CARGO_BIN_EXE_passcode")
        );
        let mut command = Command::new("script");
        command.args(["-qec", &call, "/dev/null"]);
        for (name, value) in own.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut keys = child.stdin.take().unwrap();
        // Any key takes the passcode away.
        let pressing = std::thread::spawn(move || {
            for _ in 0..100 {
                std::thread::sleep(Duration::from_millis(200));
                if keys.write_all(b"q").is_err() {
                    return;
                }
            }
        });
        let output = child.wait_with_output().unwrap();
        let _ = pressing.join();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).contains("Temporary passcode of")
    };
    assert!(shown("SAMPLE-COSU-0001"));
    write(&home, "delivery = \"none\"\n");
    assert!(!shown("SAMPLE-AOSP-0006"));
}

#[test]
fn a_smaller_budget_is_kept() {
    let home = Home::new();
    write(&home, "requests_per_20s = 1\n");
    let arguments = ["explain", "--practice", "--pace", "0", KIOSK[0], KIOSK[1]];
    let mut child = home
        .command(&arguments)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(5));
    let still = child.try_wait().unwrap().is_none();
    let _ = child.kill();
    let _ = child.wait();
    assert!(still, "it made several requests at once");
    write(&home, "");
    home.run(&arguments).expect(0, "explanation");
}

#[test]
fn the_schema_knows_what_the_file_may_say() {
    let home = Home::new();
    let schema = home.run(&["config", "schema"]).json();
    let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    let profile = &schema["properties"]["profile"]["additionalProperties"];
    for setting in profile["properties"].as_object().unwrap().keys() {
        assert!(names.contains(&setting), "{setting}");
    }
    assert_eq!(
        names.len(),
        profile["properties"].as_object().unwrap().len() + 4
    );
    assert_eq!(schema["additionalProperties"], false);
    let text = include_str!("../../../docs/configuration.md");
    for name in names {
        assert!(
            text.contains(&format!("| `{name}` |")) || text.contains(&format!("`[{name}.")),
            "docs/configuration.md does not know {name}"
        );
    }
}
