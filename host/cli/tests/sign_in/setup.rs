//! `passcode auth setup`: what it prints can be read by those whom it is for. Nothing is created by it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::Home;

const WHO: [&str; 5] = ["people", "app", "github", "aks", "managed-identity"];

fn printed(home: &Home, who: &str, format: &str, more: &[&str]) -> String {
    let mut words = vec!["auth", "setup", "--for", who, "--format", format];
    words.extend(more);
    let ran = home.run(&words);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout
}

#[test]
fn the_document_has_everything_and_the_manifest_is_the_apps() {
    let mut home = Home::new();
    home.set("AZURE_TENANT_ID", "contoso.example");
    home.set("PASSCODE_CLOUD", "usgov");
    let whole = home.run(&["auth", "setup"]).expect(0, "setup");
    let all = whole["registrations"].as_array().unwrap();
    assert_eq!(all.len(), WHO.len());
    for (registration, who) in all.iter().zip(WHO) {
        assert_eq!(registration["for"], who);
        let manifest: Value = serde_json::from_str(&printed(&home, who, "manifest", &[])).unwrap();
        assert_eq!(registration["manifest"], manifest);
        let consent = registration["adminConsent"].as_str().unwrap();
        let address = "https://login.microsoftonline.us/contoso.example/adminconsent?client_id=";
        assert!(consent.starts_with(address), "{consent}");
        let az = registration["az"].as_str().unwrap();
        assert!(az.contains("az cloud set --name AzureUSGovernment\n"));
        let powershell = registration["powershell"].as_str().unwrap();
        assert!(powershell.contains("-Environment USGov "));
        assert_eq!(printed(&home, who, "az", &[]), az);
        assert_eq!(printed(&home, who, "powershell", &[]), powershell);
    }
    for permission in whole["permissions"].as_array().unwrap() {
        let unknown = permission["unknownWithout"].as_str().unwrap();
        assert_eq!(permission["optional"], !unknown.is_empty(), "{permission}");
    }
    let text = home.run(&["auth", "setup", "-o", "table"]).stdout;
    assert!(text.starts_with("Nothing is created here."), "{text}");
    assert!(text.contains("unknown without it: whether an Intune role"));
    assert!(text.contains("unknown without it: who is in a group"));
}

#[test]
fn more_than_what_it_takes_to_act_is_asked_for_only_on_request() {
    let home = Home::new();
    for who in WHO {
        for format in ["manifest", "az", "powershell"] {
            let least = printed(&home, who, format, &[]);
            let all = printed(&home, who, format, &["--optional"]);
            let optional = if who == "people" {
                [
                    "49f0cc30-024c-4dfd-ab3e-82e137ee5431",
                    "bc024368-1153-4739-b217-4326f2e966d0",
                ]
            } else {
                [
                    "58ca0d9a-1575-47e1-a3cb-007ef2e4583b",
                    "98830695-27a2-44f7-8c18-0c3ebc9698f6",
                ]
            };
            for reads in optional {
                assert!(
                    !least.contains(reads) && all.contains(reads),
                    "{who} {format} {reads}"
                );
            }
            for written in ["ReadWrite.All' }", "243333ab-", "44642bfe-"] {
                assert!(!all.contains(written), "{who} {format} {written}");
            }
        }
    }
}

/// Stands in for Azure CLI: writes down each word it is given, and answers with an id.
const AZ: &str = "#!/bin/sh\n\
    for word in \"$@\"; do printf '%s\\037' \"$word\" >> \"$CALLS\"; done\n\
    printf '\\n' >> \"$CALLS\"\necho 11111111-2222-4333-8444-555555555555\n";

/// The calls that a script makes, each as its words.
fn calls(script: &str, subject: &str) -> Vec<Vec<String>> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::TempDir::new().unwrap();
    for (name, text) in [
        ("az", AZ),
        (
            "openssl",
            "#!/bin/sh\ntouch passcode-app.key passcode-app.crt\n",
        ),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let calls = folder.path().join("calls");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env("CALLS", &calls)
        .env("TENANT", "contoso.example")
        .env("SUBJECT", subject)
        .env("ISSUER", "https://issuer.example/tenant")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}\n{script}");
    read(&calls)
}

fn read(calls: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(calls).unwrap();
    let words = |line: &str| {
        line.trim_end_matches('\u{1f}')
            .split('\u{1f}')
            .map(str::to_owned)
            .collect()
    };
    text.lines().map(words).collect()
}

/// Real Azure CLI is not asked: somebody may be signed in to it.
#[cfg(unix)]
#[test]
fn the_shell_runs_the_script_and_every_word_arrives_whole() {
    let home = Home::new();
    for who in WHO {
        let script = printed(&home, who, "az", &[]);
        let subject = "repo:contoso/desk:environment:it's";
        let calls = calls(&script, subject);
        let after = |name: &str| {
            let mut words = calls.iter().flatten();
            words.find(|word| *word == name).and(words.next()).cloned()
        };
        let access: Value =
            serde_json::from_str(&after("--required-resource-accesses").unwrap()).unwrap();
        let manifest: Value = serde_json::from_str(&printed(&home, who, "manifest", &[])).unwrap();
        assert_eq!(access, manifest["requiredResourceAccess"]);
        assert_eq!(
            after("--display-name").unwrap(),
            format!("passcode ({who})")
        );
        let last = calls.last().unwrap();
        assert_eq!(last[..4], ["ad", "app", "permission", "admin-consent"]);
        let trusted =
            after("--parameters").map(|text| serde_json::from_str::<Value>(&text).unwrap());
        match trusted {
            None => assert!(["people", "app"].contains(&who)),
            Some(trusted) => {
                assert_eq!(trusted["subject"], subject);
                assert_eq!(trusted["audiences"][0], "api://AzureADTokenExchange");
                let issuer = match who {
                    "github" => "https://token.actions.githubusercontent.com",
                    "aks" => "https://issuer.example/tenant",
                    _ => {
                        "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0"
                    }
                };
                assert_eq!(trusted["issuer"], issuer);
            }
        }
    }
    let script = printed(&home, "managed-identity", "az", &[]);
    let itself = script.replace("\ntrusted\n", "\nitself\n");
    let calls = calls(&itself, "22222222-2222-4333-8444-555555555555");
    let posts: Vec<_> = calls.iter().filter(|call| call[0] == "rest").collect();
    assert_eq!(posts.len(), 2);
    let body: Value = serde_json::from_str(posts[0].last().unwrap()).unwrap();
    assert_eq!(body["principalId"], "22222222-2222-4333-8444-555555555555");
    assert_eq!(body["appRoleId"], "5b07b0dd-2377-4e44-a38d-703f09a0dc3c");
}

#[cfg(unix)]
#[test]
fn a_script_without_what_it_needs_stops_before_it_begins() {
    let script = printed(&Home::new(), "github", "az", &[]);
    let output = Command::new("sh")
        .args(["-c", &script])
        .env_remove("TENANT")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("set TENANT to"), "{said}");
}

#[test]
fn what_is_given_is_written_as_a_text_and_what_is_odd_is_refused() {
    let home = Home::new();
    let subject = "repo:contoso/it's:environment:production";
    let more = ["--subject", subject];
    let az = printed(&home, "github", "az", &more);
    assert!(
        az.contains(r"SUBJECT='repo:contoso/it'\''s:environment:production'"),
        "{az}"
    );
    let powershell = printed(&home, "github", "powershell", &more);
    assert!(powershell.contains("$Subject = 'repo:contoso/it''s:environment:production'"));
    for words in [
        &["--for", "github", "--subject", "x\ny"][..],
        &["--for", "github", "--subject", "x\"y"],
        &["--for", "github", "--subject", "$(x)"],
        &["--for", "people", "--subject", "x"],
        &["--for", "github", "--issuer", "https://x.example"],
        &["--subject", "x"],
        &["--format", "az"],
    ] {
        let mut all = vec!["auth", "setup"];
        all.extend(words);
        home.run(&all).fails(2, "usage");
    }
    let mut home = Home::new();
    home.set("PASSCODE_CLOUD", "dod");
    let words = ["auth", "setup", "--for", "people", "--format"];
    let refused = home.run(&[&words[..], &["az"]].concat()).fails(2, "usage");
    assert!(
        refused["remedy"]
            .as_str()
            .unwrap()
            .contains("--format powershell")
    );
    assert!(printed(&home, "people", "powershell", &[]).contains("-Environment USGovDoD "));
}
