//! Guarantee 1: neither the token nor a passcode is in anything that crosses a boundary or is
//! written down, whatever goes wrong.

use std::fmt::{Debug, Write as _};
use std::path::Path;
use std::sync::Arc;

use passcode_host::contract::types::{HistoryQuery, Selector, Verb};
use passcode_ledger::SqliteLedger;
use passcode_practice::faults;
use passcode_tests::{Bench, FaultyLedger, Script, Setup, assert_absent, cache};

const PASSCODE: &str = "Canary-97531-Passcode";

/// Everything that came out of a step, in every form that it has.
#[derive(Default)]
struct Heap(String);

impl Heap {
    fn add<T: Debug>(&mut self, result: &Result<T, passcode_host::HostError>) {
        let _ = write!(self.0, "{result:?} {result:#?}");
        if let Err(error) = result {
            let _ = write!(
                self.0,
                "{error} {} {:?} {:?}",
                error.code(),
                error.remedy(),
                error.checks()
            );
        }
    }

    fn add_json(&mut self, value: &impl serde::Serialize) {
        let _ = write!(
            self.0,
            "{}",
            serde_json::to_string(value).unwrap_or_default()
        );
    }
}

/// The whole way, twice, as far as it goes. Whether a passcode was shown.
async fn everything(bench: &Bench, heap: &mut Heap) -> bool {
    let _ = write!(heap.0, "{:?} {:?}", bench.host, bench.action);
    heap.add(
        &bench
            .action
            .find(&Selector::DeviceName("KIOSK-0001".to_owned()))
            .await,
    );
    let mut shown = false;
    for again in [false, true] {
        let mut wanted = bench.wanted("d0000001-0000-4000-8000-000000000001", Verb::Reset);
        wanted.again = again;
        let plan = bench.action.prepare(&wanted).await;
        heap.add(&plan);
        if let Ok(plan) = plan {
            heap.add_json(&plan);
            heap.add(&bench.action.commit(&plan.id).await);
            let observed = bench.action.observe(&plan.id).await;
            heap.add(&observed);
            if let Ok(observed) = observed {
                heap.add_json(&observed.progress);
                shown |= observed
                    .passcode
                    .is_some_and(|passcode| passcode.reveal() == PASSCODE);
            }
            heap.add(&bench.action.commit(&plan.id).await);
        }
        let listed = bench.action.results(&wanted.device).await;
        heap.add(&listed);
        for listed in listed.iter().flatten() {
            heap.add_json(&listed.result);
        }
        let query = HistoryQuery {
            device_id: None,
            since: None,
            limit: 10,
        };
        heap.add(&bench.action.history(&query).await);
    }
    heap.add(&bench.host.whoami("graph").await);
    heap.add(&bench.host.whoami("elsewhere").await);
    shown
}

fn files(folder: &Path, into: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), into);
        } else {
            into.extend(std::fs::read(entry.path()).unwrap_or_default());
        }
    }
}

/// The fault, over and over again and quickly.
fn quick(name: &str) -> String {
    match name {
        "slow" | "slow-before-accept" => format!("{name},seconds=0.05,count=0"),
        "oversized-body" => format!("{name},size=5000000,count=0"),
        "429" => format!("{name},seconds=0"),
        _ => name.to_owned(),
    }
}

#[tokio::test]
async fn token_and_passcode_stay_outside_whatever_goes_wrong() {
    let mut shown = 0;
    for fault in std::iter::once("").chain(faults().iter().map(|info| info.name)) {
        let folder = tempfile::tempdir().expect("folder");
        let inner = SqliteLedger::open(folder.path().join("ledger.db"), true)
            .await
            .expect("ledger");
        let ledger = Arc::new(FaultyLedger::new(Arc::new(inner)));
        let bench = Setup::real().ledger(ledger).start().await;
        if !fault.is_empty() {
            bench.tenant.inject_named(&quick(fault)).expect("fault");
        }
        for _ in 0..4 {
            bench.tenant.next_passcode(PASSCODE);
        }
        let first_token = bench.credential.token_text();
        let mut heap = Heap::default();
        shown += usize::from(everything(&bench, &mut heap).await);
        let secrets = [
            first_token,
            bench.credential.token_text(),
            PASSCODE.to_owned(),
        ];
        assert_absent(
            &format!("what crossed with `{fault}`"),
            bench.tap.heard().as_bytes(),
            &secrets,
        );
        assert_absent(
            &format!("what came out with `{fault}`"),
            heap.0.as_bytes(),
            &secrets,
        );
        let mut written = Vec::new();
        files(folder.path(), &mut written);
        assert!(written.len() > 10_000, "nothing was written with `{fault}`");
        assert_absent(
            &format!("what was written with `{fault}`"),
            &written,
            &secrets,
        );
    }
    assert!(
        shown > 10,
        "a passcode was shown in {shown} cases only, so little was put to the test"
    );
    let mut compiled = Vec::new();
    files(&cache(), &mut compiled);
    assert!(!compiled.is_empty(), "there is no cache");
    assert_absent("the cache", &compiled, &[PASSCODE.to_owned()]);
}

#[tokio::test]
async fn the_search_finds_what_is_there() {
    let folder = tempfile::tempdir().expect("folder");
    let inner = SqliteLedger::open(folder.path().join("ledger.db"), true)
        .await
        .expect("ledger");
    let bench = Setup::real()
        .ledger(Arc::new(FaultyLedger::new(Arc::new(inner))))
        .start()
        .await;
    // Planted where it may be: in the name of the device.
    bench
        .tenant
        .set_property(
            "d0000001-0000-4000-8000-000000000001",
            "deviceName",
            PASSCODE,
        )
        .expect("name");
    let mut heap = Heap::default();
    everything(&bench, &mut heap).await;
    let mut written = Vec::new();
    files(folder.path(), &mut written);
    for (place, content) in [
        ("what crossed", bench.tap.heard().into_bytes()),
        ("what came out", heap.0.into_bytes()),
        ("what was written", written),
    ] {
        let searched =
            std::panic::catch_unwind(|| assert_absent(place, &content, &[PASSCODE.to_owned()]));
        assert!(
            searched.is_err(),
            "a planted canary was not found in {place}"
        );
    }
}

#[tokio::test]
async fn a_hostile_component_sees_neither() {
    let bench = Setup::puppet().start().await;
    bench.tenant.next_passcode(PASSCODE);
    let script = Script::ordinary()
        .step("prepare", serde_json::json!({ "do": "whoami" }))
        .looks("commit")
        .resets("commit")
        .looks("commit")
        .looks("observe")
        .then("observe", serde_json::json!({ "progress": { "seal": 1 } }));
    let plan = bench.prepare("KIOSK-0001", &script).await.expect("plan");
    let committed = bench.action.commit(&plan.id).await.expect("commit");
    let observed = bench.action.observe(&plan.id).await.expect("observe");
    assert_eq!(
        observed
            .passcode
            .as_ref()
            .map(passcode_host::Passcode::reveal),
        Some(PASSCODE)
    );
    let secrets = [bench.credential.token_text(), PASSCODE.to_owned()];
    assert_absent("what crossed", bench.tap.heard().as_bytes(), &secrets);
    assert_absent(
        "what came out",
        format!("{committed:?} {observed:?} {plan:?}").as_bytes(),
        &secrets,
    );
}

#[test]
fn secrets_print_as_stars() {
    let token = passcode_host::credential::AccessToken::new(PASSCODE.to_owned(), None);
    assert_eq!(
        format!("{token:?} {token:#?}"),
        "AccessToken(****) AccessToken(****)"
    );
}
