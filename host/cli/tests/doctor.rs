//! `passcode doctor` against the practice tenant: who is signed in, what is in the way, and that it
//! only ever reads.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use passcode_practice::{
    IntuneRole, PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET, PRACTICE_TENANT_ID, PRIVILEGED,
    PracticeOptions, PracticeTenant, READ_CONFIGURATION, READ_DEVICES, READ_GROUPS, READ_RBAC,
    RemoteAction, SubscriptionState, TokenRequest,
};
use serde_json::Value;
use support::{Home, Ran};

struct Scene {
    tenant: PracticeTenant,
    home: Home,
    token: String,
}

impl Scene {
    /// Somebody with a token of theirs.
    fn of(who: &TokenRequest) -> Self {
        Self::with(PracticeOptions::immediate(), who)
    }

    fn with(options: PracticeOptions, who: &TokenRequest) -> Self {
        let tenant = PracticeTenant::start(options).unwrap();
        let token = tenant.mint_token(who);
        let mut home = Home::new();
        home.set("PASSCODE_CLOUD", "custom");
        home.set("PASSCODE_GRAPH_URL", tenant.url());
        home.set("PASSCODE_AUTHORITY_URL", tenant.url());
        home.set("PASSCODE_ACCESS_TOKEN", &token);
        Self {
            tenant,
            home,
            token,
        }
    }

    #[track_caller]
    fn report(&self, exit: i32) -> Report {
        Report::of(&self.home.run(&["doctor"]), exit)
    }
}

struct Report(Value);

impl Report {
    #[track_caller]
    fn of(ran: &Ran, exit: i32) -> Self {
        let report = ran.expect(exit, "doctor");
        assert_eq!(report["exitCode"], exit);
        assert_eq!(report["possible"], exit == 0);
        Self(report)
    }

    #[track_caller]
    fn finding(&self, id: &str) -> &Value {
        let findings = self.0["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["id"] == id);
        found.unwrap_or_else(|| panic!("no {id}: {:#}", self.0))
    }

    #[track_caller]
    fn verdict(&self, id: &str) -> &str {
        self.finding(id)["verdict"].as_str().unwrap()
    }

    #[track_caller]
    fn sentence(&self, id: &str) -> &str {
        self.finding(id)["sentence"].as_str().unwrap()
    }
}

#[test]
fn each_person_and_application_is_told_what_is_in_the_way() {
    let person = |name: &str| TokenRequest::user(&format!("{name}@contoso.example"));
    let desk = TokenRequest::help_desk;
    let nothing = desk().with_intune_role(IntuneRole::Custom(Vec::new()));
    // Who, the exit code, and what is found.
    type Row = (TokenRequest, i32, &'static [(&'static str, &'static str)]);
    let table: &[Row] = &[
        (
            desk(),
            0,
            &[
                ("signed-in", "pass"),
                ("audience", "pass"),
                ("may-act", "pass"),
                ("may-read", "pass"),
                ("role-acts", "pass"),
                ("role-remove", "pass"),
                ("role-reset", "pass"),
                ("role-scope", "unknown"),
                ("devices", "pass"),
                ("licence", "pass"),
                ("approval", "pass"),
                ("clock", "pass"),
            ],
        ),
        (
            person("school"),
            0,
            &[("role-acts", "pass"), ("role-policies", "unknown")],
        ),
        (
            person("reader"),
            4,
            &[
                ("role-acts", "block"),
                ("devices", "pass"),
                ("may-act", "pass"),
            ],
        ),
        (
            person("roles"),
            4,
            &[
                ("role-acts", "block"),
                ("role-remove", "block"),
                ("devices", "block"),
            ],
        ),
        (
            person("nobody"),
            4,
            &[
                ("role-acts", "block"),
                ("devices", "block"),
                ("may-act", "pass"),
            ],
        ),
        (nothing, 4, &[("role-acts", "block")]),
        (
            desk().without(READ_RBAC),
            0,
            &[("role-acts", "unknown"), ("may-read-roles", "unknown")],
        ),
        (
            person("nobody").without(READ_RBAC),
            4,
            &[("role-acts", "block")],
        ),
        (
            desk().without(READ_CONFIGURATION),
            0,
            &[("may-read-policies", "unknown"), ("may-read", "pass")],
        ),
        (
            desk().without(READ_GROUPS),
            0,
            &[
                ("may-read-groups", "unknown"),
                ("may-read-audits", "unknown"),
            ],
        ),
        (
            desk().without(PRIVILEGED),
            4,
            &[("may-act", "block"), ("role-acts", "pass")],
        ),
        (
            desk().with_permissions(&[PRIVILEGED]),
            4,
            &[
                ("may-read", "block"),
                ("devices", "block"),
                ("licence", "unknown"),
                ("approval", "unknown"),
                ("role-acts", "unknown"),
            ],
        ),
        (
            TokenRequest::app(),
            0,
            &[
                ("role-of-an-app", "unknown"),
                ("may-act", "pass"),
                ("devices", "pass"),
            ],
        ),
        (
            TokenRequest::app().with_permissions(&[READ_DEVICES]),
            4,
            &[("may-act", "block"), ("devices", "pass")],
        ),
    ];
    for (who, exit, expected) in table {
        let scene = Scene::of(who);
        let report = scene.report(*exit);
        for (id, verdict) in *expected {
            assert_eq!(report.verdict(id), *verdict, "{who:?}: {id}");
        }
        assert_eq!(report.0["practice"], true);
        assert_eq!(report.0["signedIn"]["tenant"], PRACTICE_TENANT_ID);
    }
}

#[test]
fn nothing_but_reads_is_sent_and_the_token_goes_nowhere_else() {
    for who in [
        TokenRequest::help_desk(),
        TokenRequest::app(),
        TokenRequest::user("reader@contoso.example"),
    ] {
        let scene = Scene::of(&who);
        scene.home.run(&["doctor"]);
        let journal = scene.tenant.journal();
        assert!((4..=7).contains(&journal.len()), "{journal:#?}");
        for entry in &journal {
            assert_eq!(entry.method, "GET", "{entry:?}");
            assert!(entry.body.is_empty() && !entry.accepted, "{entry:?}");
            // What belongs to the authority gets no token.
            let discovery = entry.path.ends_with("openid-configuration");
            assert_eq!(entry.had_token, !discovery, "{entry:?}");
        }
    }
    // Signing in is a POST to the authority, and the only one.
    let mut scene = Scene::of(&TokenRequest::app());
    let home = &mut scene.home;
    home.set("PASSCODE_ACCESS_TOKEN", "");
    home.set("AZURE_TENANT_ID", PRACTICE_TENANT_ID);
    home.set("AZURE_CLIENT_ID", PRACTICE_CLIENT_ID);
    home.set("AZURE_CLIENT_SECRET", PRACTICE_CLIENT_SECRET);
    let ran = scene.home.run(&["doctor", "--verbose"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        !ran.stdout.contains(PRACTICE_CLIENT_SECRET)
            && !ran.stderr.contains(PRACTICE_CLIENT_SECRET)
    );
    for entry in scene.tenant.journal() {
        assert_eq!(entry.method == "POST", entry.route == "token", "{entry:?}");
    }
    assert_eq!(scene.tenant.total(RemoteAction::ResetPasscode).received, 0);
}

#[test]
fn a_sign_in_that_is_no_good_is_told_from_one_that_is_missing() {
    let scene = Scene::of(&TokenRequest::help_desk().expired());
    let report = scene.report(3);
    assert_eq!(report.verdict("signed-in"), "block");
    assert!(report.sentence("signed-in").contains("expired"));
    assert!(report.0["signedIn"].is_null());
    assert!(scene.tenant.journal().iter().all(|entry| !entry.had_token));

    let scene = Scene::of(&TokenRequest::help_desk());
    scene.tenant.revoke_all_tokens();
    let report = scene.report(3);
    assert_eq!(
        (report.verdict("signed-in"), report.verdict("devices")),
        ("pass", "block")
    );

    let mut scene = Scene::of(&TokenRequest::help_desk());
    scene.home.set("PASSCODE_ACCESS_TOKEN", "");
    let report = scene.report(3);
    assert_eq!(
        (report.verdict("signed-in"), report.verdict("graph")),
        ("block", "pass")
    );
    assert_eq!(scene.home.run(&["doctor", "-o", "none"]).code, 3);
}

#[test]
fn a_token_for_another_cloud_is_not_sent() {
    let other = PracticeTenant::start(PracticeOptions::immediate()).unwrap();
    let mut scene = Scene::of(&TokenRequest::help_desk());
    let foreign = other.mint_token(&TokenRequest::help_desk());
    scene.home.set("PASSCODE_ACCESS_TOKEN", &foreign);
    let report = scene.report(3);
    assert_eq!(report.verdict("signed-in"), "block");
    assert!(report.sentence("signed-in").contains("and not for"));
    assert!(scene.tenant.journal().iter().all(|entry| !entry.had_token));
    assert!(other.journal().is_empty());
}

#[test]
fn a_host_that_cannot_be_reached_is_told_from_one_that_cannot_be_trusted() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let mut scene = Scene::of(&TokenRequest::help_desk());
    scene.home.set("PASSCODE_AUTHORITY_URL", &nobody);
    let report = scene.report(0);
    assert_eq!(
        (report.verdict("authority"), report.verdict("graph")),
        ("warn", "pass")
    );
    assert!(
        report
            .sentence("authority")
            .contains("nobody takes a connection")
    );

    // A token that says nothing passes on this machine, wherever it is for.
    scene.home.set("PASSCODE_GRAPH_URL", &nobody);
    scene.home.set("PASSCODE_ACCESS_TOKEN", "opaque");
    let report = scene.report(12);
    assert_eq!(
        (report.verdict("graph"), report.verdict("may-act")),
        ("block", "unknown")
    );
    assert_eq!(
        (report.verdict("clock"), report.verdict("devices")),
        ("unknown", "unknown")
    );

    let options = PracticeOptions::immediate().http(None).https(Some(0));
    let mut scene = Scene::with(options, &TokenRequest::help_desk());
    let report = scene.report(12);
    assert!(
        report
            .sentence("graph")
            .contains("no encryption that can be trusted")
    );
    assert!(
        report.finding("graph")["remedy"]
            .as_str()
            .unwrap()
            .contains("SSL_CERT_FILE")
    );
    let ca = scene.home.path().join("ca.pem");
    scene.tenant.write_ca(&ca).unwrap();
    scene.home.set("SSL_CERT_FILE", ca.to_str().unwrap());
    scene.home.set("SSL_CERT_DIR", "");
    let report = scene.report(0);
    assert!(
        report
            .sentence("certificates")
            .starts_with("1 certificate authorities of SSL_CERT_FILE=")
    );
}

#[test]
fn an_authority_that_cannot_be_reached_keeps_everybody_out_who_has_no_token() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let mut scene = Scene::of(&TokenRequest::app());
    let home = &mut scene.home;
    home.set("PASSCODE_ACCESS_TOKEN", "");
    home.set("PASSCODE_AUTHORITY_URL", &nobody);
    home.set("AZURE_TENANT_ID", PRACTICE_TENANT_ID);
    home.set("AZURE_CLIENT_ID", PRACTICE_CLIENT_ID);
    home.set("AZURE_CLIENT_SECRET", PRACTICE_CLIENT_SECRET);
    let report = scene.report(12);
    assert_eq!(
        (report.verdict("signed-in"), report.verdict("authority")),
        ("block", "block")
    );
}

#[test]
fn a_clock_that_is_wrong_is_told() {
    for (seconds, word) in [(-900, "ahead of"), (900, "behind")] {
        let scene = Scene::of(&TokenRequest::help_desk());
        scene.tenant.set_clock_offset(seconds);
        let report = scene.report(0);
        assert_eq!(report.verdict("clock"), "warn");
        assert!(
            report.sentence("clock").contains(word),
            "{}",
            report.sentence("clock")
        );
        let ahead = report.0["serviceAheadSeconds"].as_i64().unwrap();
        assert!((ahead - seconds).abs() <= 2, "{ahead}");
    }
}

/// A token that is for Graph by its own word, and opens nothing:
/// {"aud":"https://graph.microsoft.com","exp":4102444800,"tid":"t","scp":"x","upn":"a@contoso.example"}
const FOR_GRAPH: &str = "eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwczovL2dyYXBoLm1pY3Jvc29mdC5jb20iLCJleHAiOjQxMDI0NDQ4MDAsInRpZCI6InQiLCJzY3AiOiJ4IiwidXBuIjoiYUBjb250b3NvLmV4YW1wbGUifQ.c2ln";

/// A proxy that lets nobody through, and what it was asked.
fn proxy() -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let heard = Arc::new(Mutex::new(String::new()));
    let ear = Arc::clone(&heard);
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut bytes = [0; 2048];
            let read = stream.read(&mut bytes).unwrap_or(0);
            let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
            ear.lock().unwrap().push_str(&text);
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (at, heard)
}

#[test]
fn a_proxy_is_named_and_its_password_is_not() {
    let (at, heard) = proxy();
    let mut home = Home::new();
    let token = FOR_GRAPH;
    home.set("PASSCODE_ACCESS_TOKEN", token);
    home.set(
        "HTTPS_PROXY",
        &format!("http://operator:hunter2-canary@{at}"),
    );
    home.set("NO_PROXY", "internal.example");
    for form in ["json", "table", "csv", "yaml"] {
        let ran = home.run(&["doctor", "-o", form, "--verbose"]);
        assert_eq!(ran.code, 12, "{ran:?}");
        for text in [&ran.stdout, &ran.stderr] {
            assert!(
                !text.contains("hunter2-canary") && !text.contains(token),
                "{form}"
            );
        }
        assert!(
            ran.stdout.contains(&format!("http://{at}")),
            "{form}: {ran:?}"
        );
    }
    let report = Report::of(&home.run(&["doctor"]), 12);
    assert!(
        report
            .sentence("graph")
            .contains("the proxy does not let it through")
    );
    assert!(
        report
            .sentence("proxy")
            .contains("NO_PROXY is internal.example")
    );
    assert!(
        report
            .sentence("proxy")
            .contains("with a user name and password")
    );
    let heard = heard.lock().unwrap().clone();
    assert!(heard.contains("CONNECT graph.microsoft.com:443"), "{heard}");
    assert!(!heard.contains(token), "the token stays behind the tunnel");
}

/// A proxy is where whoever set it says, inside a network as a rule.
#[test]
fn a_proxy_may_have_a_name_that_leads_inside() {
    let (at, heard) = proxy();
    let port = at.rsplit(':').next().unwrap().to_owned();
    let mut home = Home::new();
    home.set("PASSCODE_ACCESS_TOKEN", FOR_GRAPH);
    home.set("HTTPS_PROXY", &format!("http://localhost:{port}"));
    let report = Report::of(&home.run(&["doctor"]), 12);
    assert!(
        report
            .sentence("graph")
            .contains("the proxy does not let it through"),
        "{}",
        report.sentence("graph")
    );
    // So does the door.
    heard.lock().unwrap().clear();
    assert_eq!(home.run(&["devices", "--serial", "X"]).code, 12);
    assert!(
        heard
            .lock()
            .unwrap()
            .contains("CONNECT graph.microsoft.com:443")
    );
}

#[test]
fn a_service_that_is_out_of_order_is_not_a_missing_right() {
    for fault in [
        "429,route=list",
        "html,method=GET,route=list",
        "500,method=GET,route=list,count=0",
    ] {
        let scene = Scene::of(&TokenRequest::help_desk());
        scene.tenant.inject_named(fault).unwrap();
        let report = scene.report(12);
        assert_eq!(report.verdict("devices"), "block", "{fault}");
        assert_eq!(report.verdict("role-acts"), "pass", "{fault}");
    }
    let scene = Scene::of(&TokenRequest::help_desk());
    scene
        .tenant
        .inject_named("404,route=getEffectivePermissions")
        .unwrap();
    // v1.0 does not take the scope: beta is asked.
    assert_eq!(scene.report(0).verdict("role-acts"), "pass");
    let scene = Scene::of(&TokenRequest::help_desk());
    scene
        .tenant
        .inject_named("invalid-json,route=getEffectivePermissions")
        .unwrap();
    assert_eq!(scene.report(0).verdict("role-acts"), "unknown");
    let scene = Scene::of(&TokenRequest::help_desk());
    scene.tenant.inject_named("beta-unavailable").unwrap();
    assert_eq!(scene.report(0).verdict("approval"), "unknown");
    let scene = Scene::of(&TokenRequest::help_desk());
    scene.tenant.inject_named("403-conditional-access").unwrap();
    assert_eq!(scene.report(4).verdict("devices"), "block");
}

#[test]
fn the_tenants_subscription_and_approval_policies_are_told() {
    let scene = Scene::of(&TokenRequest::help_desk());
    scene
        .tenant
        .set_approval_policies(&["deviceWipe", "deviceRetire"]);
    let report = scene.report(0);
    assert!(
        report
            .sentence("approval")
            .contains("deviceWipe, deviceRetire")
    );
    scene.tenant.set_approval_policies(&["deviceResetPasscode"]);
    assert_eq!(scene.report(0).verdict("approval"), "warn");
    scene
        .tenant
        .set_subscription_state(SubscriptionState::Disabled);
    let report = scene.report(6);
    assert_eq!(report.verdict("licence"), "block");
    assert_eq!(report.0["hindrance"], "not-ready");
}

#[test]
fn the_ledger_is_looked_at_and_not_made() {
    let scene = Scene::of(&TokenRequest::help_desk());
    assert_eq!(scene.report(0).verdict("ledger"), "pass");
    let ledger = scene.home.path().join("practice/ledger.db");
    assert!(!ledger.exists());
    assert_eq!(
        scene
            .home
            .run(&["devices", "--user", "adele@contoso.example"])
            .code,
        0
    );
    assert!(ledger.exists());
    assert!(scene.report(0).sentence("ledger").contains("opens"));
    std::fs::write(&ledger, b"not a ledger").unwrap();
    assert_eq!(scene.report(6).verdict("ledger"), "block");
}

#[cfg(unix)]
#[test]
fn a_home_that_everybody_may_look_into_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::of(&TokenRequest::help_desk());
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(scene.home.path(), open).unwrap();
    let report = scene.report(0);
    assert_eq!(report.verdict("home"), "warn");
    assert!(
        report.finding("home")["remedy"]
            .as_str()
            .unwrap()
            .contains("chmod")
    );
}

#[test]
fn roles_come_with_documents_and_dates_and_the_least_first() {
    let report = Scene::of(&TokenRequest::user("reader@contoso.example")).report(4);
    let roles = report.0["roles"].as_array().unwrap();
    let names: Vec<_> = roles
        .iter()
        .map(|role| role["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names[..3],
        [
            "a custom role",
            "Help Desk Operator",
            "School Administrator"
        ]
    );
    for role in roles {
        assert_eq!(
            role["advised"].as_bool(),
            Some(role["suits"] == "yes"),
            "{role}"
        );
        for citation in role["citations"].as_array().unwrap() {
            assert!(
                citation["date"].as_str().unwrap().starts_with("20"),
                "{role}"
            );
            assert!(!citation["document"].as_str().unwrap().is_empty());
        }
    }
    for finding in report.0["findings"].as_array().unwrap() {
        let remedy = finding["remedy"].as_str().unwrap_or_default();
        assert!(!remedy.contains("Global Administrator"), "{finding}");
    }
}

#[test]
fn every_form_says_the_same_and_none_shows_the_token() {
    let scene = Scene::of(&TokenRequest::user("reader@contoso.example"));
    for form in ["table", "json", "jsonl", "csv", "tsv", "yaml", "none"] {
        let ran = scene.home.run(&["doctor", "-o", form, "--verbose"]);
        assert_eq!(ran.code, 4, "{form}");
        let has = |text: &str| ran.stdout.contains(text);
        assert_eq!(has("role-acts"), form != "none", "{form}: {ran:?}");
        assert!(
            !has(&scene.token) && !ran.stderr.contains(&scene.token),
            "{form}"
        );
        let signature = scene.token.rsplit('.').next().unwrap();
        assert!(!has(signature), "{form}");
    }
    let lines = scene.home.run(&["doctor", "-o", "jsonl"]);
    for line in lines.stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["schema"], "passcode/doctor-finding/v1");
    }
    let painted = scene
        .home
        .run(&["doctor", "-o", "table", "--color", "always"]);
    for (color, word) in [("1;31", "✗ block"), ("32", "✓ pass"), ("36", "? unknown")] {
        assert!(
            painted.stdout.contains(&format!("\u{1b}[{color}m{word}")),
            "{word}"
        );
    }
}

#[test]
fn a_name_that_a_user_chose_moves_no_cursor() {
    let scene = Scene::of(&TokenRequest::user("a\u{1b}[2J\u{202e}b@contoso.example"));
    for form in ["table", "json", "yaml", "csv"] {
        let ran = scene.home.run(&["doctor", "-o", form]);
        assert_eq!(ran.code, 0, "{ran:?}");
        for hidden in ['\u{1b}', '\u{202e}'] {
            assert!(!ran.stdout.contains(hidden), "{form} {hidden:?}");
        }
    }
}

#[test]
fn the_practice_tenant_inside_the_process_is_examined_as_well() {
    let home = Home::new();
    let report = Report::of(&home.practice(&["doctor"]), 0);
    assert_eq!(report.0["practice"], true);
    assert_eq!(report.verdict("role-acts"), "pass");
    let report = Report::of(&home.practice(&["doctor", "--fault", "read-only-role"]), 4);
    assert_eq!(report.verdict("role-acts"), "block");
    let remedy = report.finding("role-acts")["remedy"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(remedy.contains("Help Desk Operator"), "{remedy}");
}

#[test]
fn a_configuration_that_makes_no_sense_is_usage() {
    let mut home = Home::new();
    home.set("PASSCODE_CLOUD", "nowhere");
    assert_eq!(
        home.run(&["doctor"]).fails(2, "cloud-unknown")["touched"],
        "no"
    );
}

#[test]
fn the_page_names_every_finding() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doctor.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for who in [TokenRequest::help_desk(), TokenRequest::app()] {
        let report = Scene::of(&who).report(0);
        for finding in report.0["findings"].as_array().unwrap() {
            let id = finding["id"].as_str().unwrap().to_owned();
            assert!(
                page.contains(&format!("`{id}`")),
                "docs/doctor.md does not know {id}"
            );
            seen.insert(id);
        }
    }
    // As many as there are: a finding that is not met here would not be looked for.
    assert_eq!(seen.len(), 27, "{seen:?}");
}
