//! The page of refusals and the sources name the same codes; and the refusals that take a token of
//! one's own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{Home, Ran, Tenant};

/// Of the tree that the test runs in, which need not be the one it was compiled in.
fn root() -> PathBuf {
    let here = std::env::current_dir().unwrap();
    let mut folders = here
        .ancestors()
        .filter(|folder| folder.join("docs/refusals.md").is_file());
    folders.next().unwrap().to_owned()
}

/// What a file holds before its tests.
fn source(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Lower-case words joined by hyphens, between these quotation marks.
fn words(text: &str, quote: char) -> BTreeSet<String> {
    let plain = |word: &&str| {
        word.contains('-')
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.ends_with(|c: char| c.is_ascii_alphanumeric())
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.split(quote).filter(plain).map(str::to_owned).collect()
}

/// The first argument of every call that makes an error, and every `code:`.
fn made(text: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for before in ["refused(", "later(", "code: "] {
        for rest in text.split(before).skip(1) {
            let rest = rest.trim_start();
            if let Some(rest) = rest.strip_prefix('"')
                && let Some((code, _)) = rest.split_once('"')
            {
                codes.insert(code.to_owned());
            }
        }
    }
    codes
}

#[test]
fn every_code_stands_on_the_page_and_every_code_of_the_page_in_a_source() {
    const HEADERS: [&str; 6] = [
        "request-id",
        "client-request-id",
        "activity-id",
        "retry-after",
        "www-authenticate",
        "passcode-action-in-the-way",
    ];
    let root = root();
    let mut emitted = BTreeSet::new();
    let mut files = Vec::new();
    sources(&root.join("host/entra/src"), &mut files);
    for file in &files {
        emitted.extend(made(&source(file)));
    }
    for file in [
        "component/logic/src/errors/meaning.rs",
        "host/runtime/src/door/refused.rs",
        "host/runtime/src/reports.rs",
        "host/runner/src/rights.rs",
        "host/runner/src/licence.rs",
    ] {
        emitted.extend(words(&source(&root.join(file)), '"'));
    }
    let refusals = source(&root.join("host/runtime/src/error.rs"));
    let refusals = refusals.split("impl Refusal").nth(1).unwrap();
    emitted.extend(words(
        refusals.split("/// A failure of the host").next().unwrap(),
        '"',
    ));
    emitted.retain(|code| !HEADERS.contains(&code.as_str()));
    assert!(emitted.len() > 90, "{emitted:?}");

    let page = std::fs::read_to_string(root.join("docs/refusals.md")).unwrap();
    let codes_of = |line: &str| match line.strip_prefix("| ") {
        Some(row) => words(row.split(" | ").next().unwrap_or_default(), '`'),
        None => words(line, '`'),
    };
    let mut named: BTreeSet<String> = page.lines().flat_map(codes_of).collect();
    let missing: Vec<_> = emitted.difference(&named).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");

    // Of ids, headers and what comes from further sources.
    for other in [
        "request-id",
        "client-request-id",
        "activity-id",
        "trace-id",
        "correlation-id",
        "x-msft-approval-code",
    ] {
        named.remove(other);
    }
    for (file, codes) in [
        ("host/cli/src/wiring/real.rs", &["tenant-mismatch"][..]),
        ("host/cli/src/commands/login.rs", &["sign-in-not-kept"]),
        ("host/cli/src/commands/run/approve.rs", &["not-approved"]),
        (
            "host/entra/src/answer.rs",
            &[
                "sign-in-throttled",
                "sign-in-unavailable",
                "sign-in-refused",
            ],
        ),
        (
            "host/entra/src/azure.rs",
            &["azure-cli", "azure-developer-cli", "azure-pipelines"],
        ),
    ] {
        let own = words(&source(&root.join(file)), '"');
        for code in codes {
            assert!(own.contains(*code), "{code} is not in {file}");
            emitted.insert((*code).to_owned());
        }
    }
    let invented: Vec<_> = named.difference(&emitted).collect();
    assert!(
        invented.is_empty(),
        "on the page, and in no source: {invented:?}"
    );
    assert!(!page.contains("Global Administrator is the remedy"));
}

/// A practice process, and a home that uses a token which it makes.
fn with_token(token: &Value) -> (Home, Tenant) {
    let mut home = Home::new();
    let tenant = Tenant::start(&home, &["--pace", "0", "--control-key", "k"]);
    home.connect(&tenant);
    let answer = support::control(&tenant, "tokens", &token.to_string());
    let made: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    for name in ["AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"] {
        home.unset(name);
    }
    home.set("PASSCODE_ACCESS_TOKEN", made["token"].as_str().unwrap());
    (home, tenant)
}

fn reset(home: &Home) -> Ran {
    home.run(&[
        "reset",
        "--serial",
        "SAMPLE-COSU-0001",
        "--yes",
        "--timeout",
        "100ms",
    ])
}

#[test]
fn a_token_tells_which_right_is_missing() {
    const READ: &str = "DeviceManagementManagedDevices.Read.All";
    const ACT: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
    for (token, code, remedy) in [
        (
            json!({"permissions": [READ]}),
            "graph-permission-missing",
            ACT,
        ),
        (
            json!({"permissions": [ACT]}),
            "graph-permission-missing",
            READ,
        ),
        (
            json!({"app": true, "permissions": [READ]}),
            "graph-permission-missing",
            "application permission",
        ),
        (
            json!({"intune_role": false}),
            "intune-role-missing",
            "Help Desk Operator",
        ),
    ] {
        let (home, _tenant) = with_token(&token);
        let failure = reset(&home).fails(4, code);
        assert_eq!(failure["touched"], "no", "{token}");
        let said = failure["remedy"].as_str().unwrap();
        assert!(
            said.contains(remedy) && !said.contains("Global Administrator"),
            "{said}"
        );
        let ids = &failure["supportIds"];
        for id in ["request-id", "client-request-id", "date"] {
            assert!(ids[id].is_string(), "{id}: {failure}");
        }
    }
}

/// The same refusal with and without a licence: only how the subscription stands tells them apart.
#[test]
fn a_missing_licence_is_told_by_the_subscription_and_not_by_the_words() {
    let home = Home::new();
    for words in [
        &["devices", "--serial", "SAMPLE-COSU-0001"][..],
        &["reset", "--serial", "SAMPLE-COSU-0001", "--yes"],
    ] {
        let fault = [words, &["--fault", "no-licence"]].concat();
        let failure = home.practice(&fault).fails(4, "licence-missing");
        assert_eq!(failure["touched"], "no");
        assert_eq!(failure["status"], 400);
        assert_eq!(failure["serviceCode"], "BadRequest");
        let said = failure["message"].as_str().unwrap();
        assert!(said.contains("`disabled`"), "{said}");
        let remedy = failure["remedy"].as_str().unwrap();
        assert!(
            remedy.contains("admin center") && remedy.contains("passcode doctor"),
            "{remedy}"
        );
        for id in ["request-id", "client-request-id"] {
            assert!(failure["supportIds"][id].is_string(), "{id}: {failure}");
        }
    }
    // Another tenant in another process, asked with an application's own token.
    let mut home = Home::new();
    let tenant = Tenant::start(&home, &["--control-key", "k", "--fault", "no-licence"]);
    home.connect(&tenant);
    let failure = reset(&home).fails(4, "licence-missing");
    assert_eq!(failure["touched"], "no");
    assert_eq!(
        home.run(&["doctor"]).expect(6, "doctor")["hindrance"],
        "not-ready"
    );
    // The same words where the subscription is active, or where nobody tells, name no licence.
    let home = Home::new();
    for others in [&[][..], &["--fault", "403,method=GET,route=management"]] {
        let words = ["devices", "--fault", "no-licence,route=list"];
        let failure = home
            .practice(&[&words, others].concat())
            .fails(12, "request-rejected");
        assert_eq!(failure["status"], 400);
    }
}

/// Measurements may ask a practice tenant as fast as it answers. A real one has limits, wherever it seems to be.
#[test]
fn no_real_tenant_is_asked_without_counting() {
    let mut home = Home::new();
    let tenant = Tenant::start(&home, &[]);
    home.connect(&tenant);
    let look = [
        "devices",
        "--serial",
        "SAMPLE-COSU-0001",
        "--unpaced",
        "-o",
        "json",
    ];
    home.run(&look).expect(0, "devices");
    home.set("AZURE_TENANT_ID", "7e4a0000-0000-4000-8000-00000000000a");
    let refused = home.run(&look).fails(2, "usage");
    let said = refused["message"].as_str().unwrap();
    assert!(said.contains("--unpaced"), "{said}");
}
