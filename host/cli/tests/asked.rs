//! Run files whose devices have to be asked for: a filter, a group, a finder.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[path = "../../extension/tests/extensions/made.rs"]
#[allow(dead_code, reason = "only finders are made here")]
mod made;
mod support;

use passcode_practice::{
    Fleet, PracticeOptions, PracticeTenant, READ_GROUPS, RemoteAction, TokenRequest,
};
use serde_json::{Value, json};
use support::{Home, Ran};

const SALES: &str = "e0000001-0000-4000-8000-000000000001";

struct Scene {
    tenant: PracticeTenant,
    home: Home,
}

impl Scene {
    fn new() -> Self {
        Self::with(PracticeOptions::immediate(), &TokenRequest::help_desk())
    }

    fn with(options: PracticeOptions, who: &TokenRequest) -> Self {
        let tenant = PracticeTenant::start(options).unwrap();
        let mut home = Home::new();
        home.set("PASSCODE_CLOUD", "custom");
        home.set("PASSCODE_GRAPH_URL", tenant.url());
        home.set("PASSCODE_AUTHORITY_URL", tenant.url());
        home.set("PASSCODE_ACCESS_TOKEN", &tenant.mint_token(who));
        Self { tenant, home }
    }

    fn file(&self, more: &str) -> String {
        run_file(&self.home, more)
    }

    fn run(&self, verb: &str, more: &str, arguments: &[&str]) -> Ran {
        let file = self.file(more);
        let mut all = vec!["run", verb, file.as_str(), "-o", "json"];
        all.extend(arguments);
        self.home.run(&all)
    }

    /// What became of each row: its source, state and code.
    fn rows(&self, run: &Value) -> Vec<(String, String, String)> {
        rows(&self.home, run, &[])
    }

    /// How often lists of devices were asked for.
    fn lists(&self) -> usize {
        let journal = self.tenant.journal();
        journal.iter().filter(|entry| entry.route == "list").count()
    }
}

fn run_file(home: &Home, more: &str) -> String {
    let path = home.path().join("sample.run.yaml");
    let head = "schema: passcode/run/v1\ntitle: Sample devices\naction: auto\nwait: 1m\n";
    std::fs::write(&path, format!("{head}{more}")).unwrap();
    path.display().to_string()
}

fn rows(home: &Home, run: &Value, more: &[&str]) -> Vec<(String, String, String)> {
    let name = run["run"].as_str().unwrap();
    let mut all = vec!["run", "show", name, "--limit", "1000", "-o", "json"];
    all.extend(more);
    let shown = home.run(&all).json();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = shown["devices"].as_array().unwrap().iter();
    rows.map(|row| (text(row, "source"), text(row, "state"), text(row, "code")))
        .collect()
}

fn row(source: &str, state: &str, code: &str) -> (String, String, String) {
    (source.to_owned(), state.to_owned(), code.to_owned())
}

#[test]
fn a_filter_is_the_list_and_stays_the_list() {
    let scene = Scene::new();
    let filter = "who: {filter: \"startswith(deviceName,'KIOSK-')\"}\n";
    let planned = scene.run("plan", filter, &["--run-key", "job-7"]);
    let run = planned.expect(0, "run-status");
    assert_eq!(scene.rows(&run), [row("who.filter:1", "planned", "")]);
    let asked = scene.lists();

    // Another device answers to the filter now, and the first one no longer does.
    let change = |device: &str, name: &str| {
        let changed = scene.tenant.set_property(device, "deviceName", json!(name));
        changed.unwrap();
    };
    change("SAMPLE-COSU-0029", "KIOSK-0029");
    let again = scene.run("plan", filter, &["--run-key", "job-7"]);
    assert_eq!(again.expect(0, "run-status")["run"], run["run"]);
    assert_eq!(scene.lists(), asked, "nothing was asked again");
    let other = "who: {filter: \"startswith(deviceName,'K')\"}\n";
    scene
        .run("plan", other, &["--run-key", "job-7"])
        .fails(6, "run-changed");

    let name = run["run"].as_str().unwrap();
    let started = scene
        .home
        .run(&["run", "start", name, "--yes", "-o", "json"]);
    started.expect(0, "run-status");
    let resets = scene.tenant.total(RemoteAction::ResetPasscode);
    assert_eq!(resets.accepted, 1);
    let kiosk = scene
        .tenant
        .count("SAMPLE-COSU-0001", RemoteAction::ResetPasscode);
    assert_eq!(kiosk.accepted, 1);
}

#[test]
fn what_graph_does_not_take_is_a_fault_at_its_line() {
    let scene = Scene::new();
    for verb in ["check", "plan", "start"] {
        let said = scene
            .run(verb, "who:\n  filter: colour eq 'red'\n", &[])
            .fails(2, "run-file");
        let fault = &said["faults"][0];
        assert_eq!(
            (&fault["line"], &fault["column"]),
            (&json!(6), &json!(11)),
            "{said}"
        );
        assert!(
            fault["message"].as_str().unwrap().contains("colour"),
            "{said}"
        );
    }
    let runs = scene.home.run(&["run", "list", "-o", "json"]).json();
    assert_eq!(runs["runs"], json!([]));
    // A filter that finds nothing is no run.
    let none = "who: {filter: \"deviceName eq 'no such'\"}\n";
    scene.run("plan", none, &[]).fails(5, "no-devices");
}

#[test]
fn a_group_is_its_users_each_with_one_device() {
    let scene = Scene::new();
    let accept = "guards: {accept: [documents-disagree]}\n";
    for (who, narrow, expected) in [
        (
            format!("who: {{group: {{id: {SALES}}}}}\n{accept}"),
            "",
            [
                ("planned", ""),                      // adele: an iPhone, and a laptop set aside
                ("planned", ""),                      // bruno
                ("planned", ""),                      // carla, in the inner group
                ("not-found", "several-devices"),     // dmitri has two
                ("refused", "not-a-phone-or-tablet"), // karim has a computer
            ],
        ),
        (
            format!("who: {{group: {{name: Sales}}}}\n{accept}"),
            "narrow: {platform: ios}\n",
            [
                ("planned", ""),
                ("not-found", "device-not-found"),
                ("not-found", "device-not-found"),
                ("not-found", "device-not-found"),
                ("not-found", "device-not-found"),
            ],
        ),
    ] {
        let ran = scene.run("plan", &format!("{who}{narrow}"), &[]);
        assert!([0, 11].contains(&ran.code), "{ran:?}");
        let mut found: Vec<(String, String)> = scene
            .rows(&ran.json())
            .into_iter()
            .map(|(_, state, code)| (state, code))
            .collect();
        found.sort();
        let mut expected: Vec<(String, String)> = expected
            .iter()
            .map(|(state, code)| ((*state).to_owned(), (*code).to_owned()))
            .collect();
        expected.sort();
        assert_eq!(found, expected, "{who}{narrow}");
    }
}

#[test]
fn a_group_that_is_not_one_group_is_refused() {
    let scene = Scene::new();
    let unknown = "who: {group: {id: e0000099-0000-4000-8000-000000000099}}\n";
    scene.run("plan", unknown, &[]).fails(5, "not-found");
    for name in ["sales", "Sale"] {
        let who = format!("who: {{group: {{name: {name}}}}}\n");
        scene.run("plan", &who, &[]).fails(5, "group-not-found");
    }
    let said = scene
        .run("plan", "who: {group: {name: Front desk}}\n", &[])
        .fails(5, "several-groups");
    for id in ["e0000003-", "e0000004-"] {
        assert!(said["message"].as_str().unwrap().contains(id), "{said}");
    }
    scene
        .run("plan", "who: {group: {name: Newcomers}}\n", &[])
        .fails(5, "no-devices");
}

#[test]
fn a_missing_permission_is_named() {
    let who = TokenRequest::help_desk().without(READ_GROUPS);
    let scene = Scene::with(PracticeOptions::immediate(), &who);
    let said = scene
        .run("plan", "who: {group: {name: Sales}}\n", &[])
        .fails(4, "graph-permission-missing");
    let remedy = said["remedy"].as_str().unwrap();
    assert!(remedy.contains("GroupMember.Read.All"), "{said}");
    // The filter does without it.
    let filter = "who: {filter: \"deviceName eq 'KIOSK-0001'\"}\n";
    scene.run("plan", filter, &[]).expect(0, "run-status");
}

#[test]
fn pages_are_read_to_the_end_or_to_the_cap_and_no_further() {
    let options = PracticeOptions::immediate().fleet(Fleet::many(1_250));
    let scene = Scene::with(options, &TokenRequest::help_desk());
    let who = "who: {filter: \"startswith(deviceName,'SCALE-')\"}\n";
    let wide = format!("{who}guards: {{maxDevices: 2000}}\n");
    let checked = scene.run("check", &wide, &[]).expect(0, "run-check");
    assert_eq!(checked["asked"]["who.filter"], 1_250, "{checked}");
    assert_eq!(scene.lists(), 13);

    let narrow = format!("{who}guards: {{maxDevices: 150}}\n");
    for verb in ["check", "plan"] {
        let before = scene.lists();
        let said = scene.run(verb, &narrow, &[]).fails(6, "too-many-devices");
        assert_eq!(scene.lists() - before, 2, "two pages of a hundred: {said}");
    }
    // Listed devices count, too, and one that is also found is one device.
    let listed = "who: {filter: \"deviceName eq 'SCALE-00001'\", ids: [5ca1e000-0000-4000-8000-000000000001]}\nguards: {maxDevices: 1}\n";
    let checked = scene.run("check", listed, &[]).expect(0, "run-check");
    assert_eq!(checked["asked"]["who.filter"], 0, "{checked}");
}

#[test]
fn without_a_sign_in_a_check_says_what_it_does_not_know() {
    let home = Home::new();
    let file = run_file(&home, "who: {filter: a, group: {name: Sales}}\n");
    let checked = home.run(&["run", "check", &file, "-o", "json"]);
    let checked = checked.expect(0, "run-check");
    assert_eq!(checked["unasked"], json!(["who.filter", "who.group"]));
    assert_eq!(checked["asked"], Value::Null);
    let shown = home.run(&["run", "check", &file, "-o", "table"]);
    assert!(
        shown.stdout.contains("who.group: which devices"),
        "{shown:?}"
    );
    let row = run_file(&home, "who: {filter: a}\nticket: '{{ row.Ticket }}'\n");
    home.run(&["run", "check", &row, "-o", "json"])
        .fails(2, "run-file");
}

/// A finder whose answer lies at 512: selectors and facts as they are laid out there.
fn finder(home: &Home, name: &str, data: &str, body: &str) {
    let signature = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)";
    let bytes = made::component("device-finder", data, signature, body);
    let path = home.path().join(format!("{name}.wasm"));
    std::fs::write(&path, &bytes).unwrap();
    let digest = passcode_host::digest(&bytes);
    let config = home.path().join("config.toml");
    let mut text = std::fs::read_to_string(&config).unwrap_or_default();
    text.push_str(&format!(
        "[extensions.\"contoso.example/{name}\"]\ncomponent = \"{}\"\ndigest = \"sha256:{digest}\"\n",
        path.display()
    ));
    std::fs::write(&config, text).unwrap();
}

/// The address and the length of a text, as four bytes each.
fn at(address: u32, length: usize) -> String {
    let bytes = [
        address.to_le_bytes(),
        u32::try_from(length).unwrap().to_le_bytes(),
    ];
    bytes
        .concat()
        .iter()
        .map(|byte| format!("\\{byte:02x}"))
        .collect()
}

/// An answer: one device by its serial number, and one fact.
fn lead(serial: &str, fact: [&str; 4]) -> String {
    let mut data = String::new();
    let mut put = |address: u32, bytes: &str| {
        data.push_str(&format!("(data (i32.const {address}) \"{bytes}\")\n"));
    };
    let hex = |text: &str| -> String { text.bytes().map(|b| format!("\\{b:02x}")).collect() };
    // A success: one selector at 600, one fact at 700, no more.
    put(
        512,
        &format!("\\00\\00\\00\\00{}{}\\00", at(600, 1), at(700, 1)),
    );
    put(600, &format!("\\01\\00\\00\\00{}", at(1024, serial.len())));
    let places = [2048, 2304, 2560, 2816];
    let texts = fact.iter().zip(places);
    let record: String = texts.map(|(text, place)| at(place, text.len())).collect();
    put(700, &record);
    put(1024, &hex(serial));
    for (text, place) in fact.iter().zip(places) {
        put(place, &hex(text));
    }
    data
}

fn practise(home: &Home, name: &str, more: &str) -> Ran {
    let who =
        format!("who: {{finder: {{extension: contoso.example/{name}, query: INC-7}}}}\n{more}");
    let file = run_file(home, &who);
    home.practice(&["run", "plan", &file, "-o", "json"])
}

const FACT: [&str; 4] = [
    "ticket.open",
    "true",
    "somebody else",
    "2026-03-02T10:00:00Z",
];

#[test]
fn a_finder_names_a_device_and_a_fact_in_its_own_name() {
    let home = Home::new();
    finder(
        &home,
        "tickets",
        &lead("SAMPLE-COSU-0001", FACT),
        "i32.const 512",
    );
    let run = practise(&home, "tickets", "").expect(0, "run-status");
    let rows = rows(&home, &run, &["--practice"]);
    assert_eq!(rows, [row("who.finder:1", "planned", "")]);
    let digest = passcode_host::digest(&std::fs::read(home.path().join("tickets.wasm")).unwrap());
    let facts = facts(&home);
    assert_eq!(
        facts,
        json!([{ "name": "ticket.open", "value": "true", "source": digest,
            "observed": "2026-03-02T10:00:00Z" }])
    );
}

/// The facts of the newest plan.
fn facts(home: &Home) -> Value {
    use passcode_ledger::run::RunLedger as _;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let place = home.path().join("practice").join("ledger.db");
        let ledger = passcode_ledger::SqliteLedger::open(place, true)
            .await
            .unwrap();
        let plans = ledger.plans(1).await.unwrap();
        let document: Value = serde_json::from_str(&plans[0].0.document).unwrap();
        document["plan"]["caller"]["facts"].clone()
    })
}

/// That it is not in Intune is seen when it is looked up, whatever the finder says.
#[test]
fn a_device_that_a_finder_made_up_is_not_found() {
    let home = Home::new();
    finder(
        &home,
        "dreams",
        &lead("SAMPLE-NO-SUCH", FACT),
        "i32.const 512",
    );
    let ran = practise(&home, "dreams", "");
    assert!([0, 11].contains(&ran.code), "{ran:?}");
    let rows = rows(&home, &ran.json(), &["--practice"]);
    assert_eq!(rows, [row("who.finder:1", "not-found", "device-not-found")]);
}

/// Killed between the run and its rows: the same answer completes the list, another one never.
#[test]
fn a_list_that_was_cut_off_is_completed_by_the_same_answer_alone() {
    use passcode_ledger::run::{NewRun, RunLedger as _};
    let home = Home::new();
    let file = run_file(&home, "who: {filter: \"deviceName eq 'KIOSK-0001'\"}\n");
    let plan = |key: &str| home.practice(&["run", "plan", &file, "--run-key", key, "-o", "json"]);
    plan("job-1").expect(0, "run-status");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = home.path().join("practice");
        let notary = passcode_audit::Notary::open_or_create(&folder.join("audit.key")).unwrap();
        let ledger = passcode_ledger::SqliteLedger::open(folder.join("ledger.db"), true).await;
        let ledger = ledger.unwrap().sealed_by(std::sync::Arc::new(notary));
        let run = ledger.runs(1).await.unwrap().remove(0).new;
        let mut other: Value = serde_json::from_str(&run.document).unwrap();
        other["named"] = json!("0".repeat(64));
        for (key, document) in [
            ("job-2", run.document.clone()),
            ("job-3", other.to_string()),
        ] {
            let cut = NewRun {
                id: format!("{key}00-0000-4000-8000-000000000000"),
                key: Some(key.to_owned()),
                document,
                ..run.clone()
            };
            ledger.begin_run(&cut).await.unwrap();
        }
    });
    let run = plan("job-2").expect(0, "run-status");
    assert_eq!(run["tally"]["plans"], 1, "{run}");
    plan("job-3").fails(6, "run-incomplete");
}

/// A service that reads a filter loosely shows neighbours of a device that is not there.
#[test]
fn what_a_finder_names_is_compared_again() {
    let scene = Scene::new();
    let data = lead("SAMPLE-COSU-0099", FACT);
    finder(&scene.home, "near", &data, "i32.const 512");
    scene.tenant.inject_named("filter-partial").unwrap();
    let who = "who: {finder: {extension: contoso.example/near, query: INC-7}}\n";
    let ran = scene.run("plan", who, &[]);
    assert!([0, 11].contains(&ran.code), "{ran:?}");
    assert_eq!(
        scene.rows(&ran.json()),
        [row("who.finder:1", "not-found", "device-not-found")]
    );
    assert!(scene.lists() > 0);
}

#[test]
fn a_finder_that_means_harm_is_not_used() {
    let home = Home::new();
    finder(&home, "hides", &lead("A\u{1b}[2J", FACT), "i32.const 512");
    let shouts = ["ticket.open", "\u{202e}eurt", "x", "2026-03-02T10:00:00Z"];
    finder(&home, "shouts", &lead("A", shouts), "i32.const 512");
    finder(&home, "spins", "", "(loop $on (br $on)) i32.const 0");
    // A million selectors, all of them the same twenty bytes of nothing.
    let many = format!(
        "(data (i32.const 512) \"\\00\\00\\00\\00{}{}\\00\")",
        at(4096, 1_000_000),
        at(0, 0)
    );
    finder(&home, "floods", &many, "i32.const 512");
    // More than fits an answer, and less than ends the call: the same serial number 10,001 times.
    let eager = "(func $fill (local $at i32)
        (loop $on
          (i32.store8 (i32.add (i32.const 65536) (local.get $at)) (i32.const 1))
          (i32.store (i32.add (i32.const 65540) (local.get $at)) (i32.const 1024))
          (i32.store (i32.add (i32.const 65544) (local.get $at)) (i32.const 1))
          (local.set $at (i32.add (local.get $at) (i32.const 20)))
          (br_if $on (i32.lt_u (local.get $at) (i32.const 200020)))))";
    let data = format!(
        "(data (i32.const 512) \"\\00\\00\\00\\00{}{}\\00\") (data (i32.const 1024) \"A\") {eager}",
        at(65536, 10_001),
        at(0, 0)
    );
    finder(&home, "eager", &data, "(call $fill) i32.const 512");
    for (name, word) in [
        ("hides", "device 1"),
        ("shouts", "fact 1"),
        ("spins", "cpu"),
        ("floods", ""),
        ("eager", "10001"),
    ] {
        let said = practise(&home, name, "").fails(6, "finder-unusable");
        let message = said["message"].as_str().unwrap();
        assert!(message.contains(word), "{name}: {message}");
        assert!(!message.contains(['\u{1b}', '\u{202e}']), "{name}");
    }
    practise(&home, "nobody", "").fails(2, "extension-unknown");
    let listed = home.practice(&["run", "list", "-o", "json"]).json();
    assert_eq!(listed["runs"], json!([]));
}

/// One that always has more, and never anything new.
#[test]
fn a_finder_without_an_end_ends() {
    let home = Home::new();
    let data = format!(
        "(data (i32.const 512) \"\\00\\00\\00\\00{}{}\\01\\00\\00\\00{}\") (data (i32.const 1024) \"on\")",
        at(600, 0),
        at(700, 0),
        at(1024, 2)
    );
    finder(&home, "endless", &data, "i32.const 512");
    let said = practise(&home, "endless", "").fails(6, "finder-unusable");
    assert!(
        said["message"].as_str().unwrap().contains("2000 answers"),
        "{said}"
    );
}
