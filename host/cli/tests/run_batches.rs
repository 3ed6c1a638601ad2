//! A run joins what it asks about many devices, and never what it does to one.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::collections::BTreeSet;

use passcode_practice::{Fleet, JournalEntry, PracticeOptions, PracticeTenant, TokenRequest};
use serde_json::json;
use support::Home;

const DEVICES: usize = 24;

struct Scene {
    tenant: PracticeTenant,
    home: Home,
    file: String,
}

impl Scene {
    fn new() -> Self {
        let options = PracticeOptions::immediate().fleet(Fleet::many(DEVICES));
        let tenant = PracticeTenant::start(options).unwrap();
        let mut home = Home::new();
        home.set("PASSCODE_CLOUD", "custom");
        home.set("PASSCODE_GRAPH_URL", tenant.url());
        home.set("PASSCODE_AUTHORITY_URL", tenant.url());
        home.set(
            "PASSCODE_ACCESS_TOKEN",
            &tenant.mint_token(&TokenRequest::help_desk()),
        );
        let file = home.path().join("sample.run.yaml");
        let text = format!(
            "schema: passcode/run/v1\ntitle: Sample devices\naction: auto\nwait: 1m\nconcurrency: 12\n\
             guards: {{maxDevices: {DEVICES}}}\nwho: {{filter: \"startswith(deviceName,'SCALE-')\"}}\n"
        );
        std::fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        Self { tenant, home, file }
    }

    /// Plans and carries out; how many devices were reset, each once.
    fn runs(&self, more: &[&str]) {
        let mut all = vec!["run", "start", &self.file, "--yes", "-o", "json"];
        all.extend(more);
        let run = self.home.run(&all).expect(0, "run-status");
        assert_eq!(run["tally"]["ended"]["done"], json!(DEVICES), "{run}");
        let devices: BTreeSet<String> = self.writes().into_iter().map(|one| one.path).collect();
        assert_eq!((devices.len(), self.writes().len()), (DEVICES, DEVICES));
    }

    fn writes(&self) -> Vec<JournalEntry> {
        let journal = self.tenant.journal().into_iter();
        journal
            .filter(|one| one.method != "GET" && one.route != "token" && one.route != "$batch")
            .collect()
    }

    fn joined(&self) -> Vec<JournalEntry> {
        let journal = self.tenant.journal().into_iter();
        journal.filter(|one| one.batch.is_some()).collect()
    }
}

#[test]
fn reads_of_many_devices_share_exchanges_and_every_write_comes_alone() {
    let scene = Scene::new();
    scene.runs(&[]);
    for one in scene.writes() {
        assert_eq!(one.batch, None, "{one:?}");
        assert!(one.path.ends_with("/resetPasscode"), "{one:?}");
    }
    let joined = scene.joined();
    assert!(joined.iter().all(|one| one.method == "GET"), "{joined:#?}");
    // Each has its own client-request-id in the tenant's records, as if it had come alone.
    let header = |one: &JournalEntry| {
        let found = one
            .headers
            .iter()
            .find(|(name, _)| *name == "client-request-id");
        found.map(|(_, value)| value.clone())
    };
    let ids: BTreeSet<_> = joined.iter().map(header).collect();
    assert_eq!(ids.len(), joined.len());
    // The five lists of a plan are asked at the same time, and so are twelve devices.
    assert!(joined.len() >= 3 * DEVICES, "{}", joined.len());
    let (asked, exchanges) = (scene.tenant.journal().len(), scene.tenant.exchanges());
    let saved = asked - usize::try_from(exchanges).unwrap();
    assert!(
        saved >= 2 * DEVICES,
        "{exchanges} exchanges of {asked} requests"
    );
}

#[test]
fn whoever_wants_no_batches_has_none() {
    let scene = Scene::new();
    scene.runs(&["--no-batch"]);
    assert_eq!(scene.joined().len(), 0);
    let refused = scene.tenant.journal();
    assert!(refused.iter().all(|one| one.route != "$batch"));
}

#[test]
fn a_run_goes_on_where_batches_are_refused_or_break_off() {
    for fault in [
        "no-batch",
        "truncated-body,method=POST,route=$batch,count=3",
        "drop-after-accept,route=$batch,count=3",
        "503-before-accept,route=$batch,count=2",
    ] {
        let scene = Scene::new();
        scene.tenant.inject_named(fault).unwrap();
        scene.runs(&[]);
    }
}

#[test]
fn parts_that_are_throttled_are_asked_again() {
    let scene = Scene::new();
    scene
        .tenant
        .inject_named("429,route=device,nth=5,count=9,seconds=1")
        .unwrap();
    scene.runs(&[]);
    let throttled = scene
        .joined()
        .into_iter()
        .filter(|one| one.status == Some(429))
        .count();
    assert!(throttled > 0, "no part was throttled");
}
