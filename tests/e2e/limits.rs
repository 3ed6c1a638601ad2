//! Guarantee 4: a hostile component ends in its own named limit, and the host goes on.

use std::sync::Arc;
use std::time::Duration;

use passcode_host::contract::types::{Context, Plan, ReviewRecord, Verb};
use passcode_host::{Action, HostError, Limit, Limits, Reviewing};
use passcode_tests::{Bench, Script, Setup};
use serde_json::{Value, json};

use crate::modules;

async fn ends(bench: &Bench, step: Value) -> HostError {
    let ended = bench.find(&Script::new().step("find", step)).await;
    let error = ended.expect_err("it went on for ever");
    bench.still_works().await;
    error
}

#[tokio::test]
async fn one_that_spins_ends_in_cpu() {
    let bench = Setup::puppet()
        .cpu(Duration::from_millis(200))
        .start()
        .await;
    let before = std::time::Instant::now();
    assert_eq!(
        ends(&bench, json!({ "do": "spin" })).await,
        HostError::Limit(Limit::Cpu)
    );
    assert!(
        before.elapsed() < Duration::from_secs(5),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test]
async fn one_that_recurses_ends_in_stack() {
    let bench = Setup::puppet().start().await;
    assert_eq!(
        ends(&bench, json!({ "do": "recurse" })).await,
        HostError::Limit(Limit::Stack)
    );
}

#[tokio::test]
async fn one_that_hoards_memory_ends_in_memory() {
    let bench = Setup::puppet().start().await;
    assert_eq!(
        ends(&bench, json!({ "do": "grow" })).await,
        HostError::Limit(Limit::Memory)
    );
    assert_eq!(
        ends(&bench, json!({ "do": "grow-pages", "pages": 1 })).await,
        HostError::Limit(Limit::Memory)
    );
    assert_eq!(
        ends(&bench, json!({ "do": "grow-pages", "pages": 65_000 })).await,
        HostError::Limit(Limit::Memory)
    );
}

#[tokio::test]
async fn memory_is_counted_over_all_memories() {
    // Seven memories of 5 MiB: each alone is far below the limit of 32 MiB.
    let memories = "(memory 80) ".repeat(7);
    let bench = Setup::puppet()
        .component(modules::component(&memories))
        .start()
        .await;
    let error = bench.action.describe().await.expect_err("it has 35 MiB");
    assert_eq!(error, HostError::Limit(Limit::Memory));
    let bench = Setup::puppet()
        .component(modules::component(&"(memory 80) ".repeat(5)))
        .start()
        .await;
    let error = bench.action.describe().await.expect_err("it traps");
    assert_eq!(
        error.code(),
        "component-failed",
        "25 MiB are allowed: {error}"
    );
}

#[tokio::test]
async fn a_memory_that_can_never_fit_is_not_loaded() {
    let refused = Setup::puppet()
        .component(modules::component("(memory 600)"))
        .load()
        .await;
    let error = refused.expect_err("it has 37 MiB");
    assert_eq!(error, HostError::Limit(Limit::Memory));
}

/// More than there are places, so some wait; each has asked the service before the first one ends.
#[tokio::test]
async fn more_steps_than_there_are_places_wait_for_one() {
    let bench = Setup::puppet().start().await;
    let path = "/v1.0/deviceManagement/managedDevices";
    let script = Script::new().send("find", "GET", path, &[("$select", "id")]);
    let steps = (0..200).map(|_| bench.find(&script));
    let ended = futures::future::join_all(steps).await;
    for step in ended {
        let saw = step.expect("it had a place");
        assert_eq!(saw.len(), 1, "{saw:?}");
    }
}

/// Takes a step of its own for each plan, as every reviewer does.
#[derive(Debug)]
struct Describing(Action);

#[async_trait::async_trait]
impl Reviewing for Describing {
    fn reviewers(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    async fn review(&self, _: &Plan, _: &Context) -> Vec<ReviewRecord> {
        self.0.describe().await.expect("it had a place");
        Vec::new()
    }
}

/// More plans than there are places: if each kept its place while it is reviewed, none would end.
#[tokio::test]
async fn a_plan_gives_its_place_back_before_it_is_reviewed() {
    let bench = Setup::puppet().start().await;
    let asked = Arc::new(Describing(bench.action.clone()));
    let action = bench.action.clone().reviewed_by(asked);
    let plans = (0..200).map(|number| {
        let mut wanted = bench.wanted("KIOSK-0001", Verb::Reset);
        wanted.reason = Some(Script::ordinary().text());
        wanted.ticket = Some(number.to_string());
        let action = action.clone();
        async move { action.prepare(&wanted).await }
    });
    let all = futures::future::join_all(plans);
    let ended = tokio::time::timeout(Duration::from_secs(30), all).await;
    for plan in ended.expect("they wait for each other") {
        plan.expect("a plan");
    }
}

#[tokio::test]
async fn many_memories_end_in_memory() {
    let bench = Setup::puppet()
        .component(modules::component(&"(memory 0) ".repeat(20)))
        .start()
        .await;
    let error = bench
        .action
        .describe()
        .await
        .expect_err("it has 21 memories");
    assert_eq!(error, HostError::Limit(Limit::Memory), "{error}");
}

#[tokio::test]
async fn a_large_table_ends_in_memory() {
    let refused = Setup::puppet()
        .component(modules::component("(table 10000000 funcref)"))
        .load()
        .await;
    let error = refused.expect_err("it has ten million elements");
    assert_eq!(error, HostError::Limit(Limit::Memory));
    let tables = "(table 5000 funcref) ".repeat(5);
    let bench = Setup::puppet()
        .component(modules::component(&tables))
        .start()
        .await;
    let error = bench
        .action
        .describe()
        .await
        .expect_err("they are 25,000 together");
    assert_eq!(error, HostError::Limit(Limit::Memory));
}

#[tokio::test]
async fn many_tables_end_in_memory() {
    let bench = Setup::puppet()
        .component(modules::component(&"(table 0 funcref) ".repeat(40)))
        .start()
        .await;
    let error = bench.action.describe().await.expect_err("it has 40 tables");
    assert_eq!(error, HostError::Limit(Limit::Memory), "{error}");
}

#[tokio::test]
async fn one_that_spins_before_it_is_called_ends_in_cpu() {
    let start = "(func $spin (loop $again br $again)) (start $spin)";
    let bench = Setup::puppet()
        .component(modules::component(start))
        .cpu(Duration::from_millis(200))
        .start()
        .await;
    let error = bench.action.describe().await.expect_err("it spins");
    assert_eq!(error, HostError::Limit(Limit::Cpu));
}

#[tokio::test]
async fn one_that_floods_the_log_ends_in_log() {
    let bench = Setup::puppet()
        .limits(Limits {
            cpu: Duration::from_secs(10),
            ..Limits::default()
        })
        .start()
        .await;
    let flood = json!({ "do": "log", "message": "x", "times": 1_000_000 });
    assert_eq!(ends(&bench, flood).await, HostError::Limit(Limit::Log));
}

#[tokio::test]
async fn log_lines_beyond_the_limit_are_dropped() {
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = heard.clone();
    let bench = Setup::puppet()
        .limits(Limits {
            log_bytes: 100,
            ..Limits::default()
        })
        .change(move |builder| {
            builder.log(std::sync::Arc::new(move |severity: &str, line: &str| {
                sink.lock().unwrap().push(format!("{severity} {line}"));
            }))
        })
        .start()
        .await;
    let script = Script::new().step(
        "find",
        json!({ "do": "log", "message": "x".repeat(30), "times": 50 }),
    );
    bench.find(&script).await.expect("find");
    assert_eq!(heard.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn one_that_hands_over_too_much_ends_in_transfer() {
    let bench = Setup::puppet().start().await;
    let far = 5 << 20;
    assert_eq!(
        ends(&bench, json!({ "do": "send", "path": "/", "pad": far })).await,
        HostError::Limit(Limit::Transfer)
    );
    let pairs = json!({ "do": "send", "path": "/", "pairs": 500_000 });
    assert_eq!(ends(&bench, pairs).await, HostError::Limit(Limit::Transfer));
    // A request of ordinary size passes.
    let script = Script::new().step("find", json!({ "do": "send", "path": "/", "pad": 1 << 20 }));
    assert!(bench.find(&script).await.is_ok());
}

#[tokio::test]
async fn one_that_answers_too_much_ends_in_transfer() {
    let bench = Setup::puppet().start().await;
    let script = Script::new()
        .looks("prepare")
        .then("prepare", json!({ "propose": {}, "huge": 5 << 20 }));
    let error = bench
        .prepare("KIOSK-0001", &script)
        .await
        .expect_err("five megabytes");
    assert_eq!(error, HostError::Limit(Limit::Transfer));
    bench.still_works().await;
}

#[tokio::test]
async fn one_that_traps_has_failed() {
    let bench = Setup::puppet().start().await;
    for how in ["trap", "panic"] {
        let error = ends(&bench, json!({ "do": how })).await;
        assert_eq!(error.code(), "component-failed", "{how}: {error}");
    }
}

#[tokio::test]
async fn one_that_waits_too_long_ends_in_wall() {
    let bench = Setup::puppet()
        .limits(Limits {
            wall: Duration::from_millis(300),
            ..Limits::default()
        })
        .start()
        .await;
    bench
        .tenant
        .inject_named("slow,seconds=1.5")
        .expect("fault");
    let list = json!({ "do": "send", "path": "/beta/deviceManagement/managedDevices", "query": [["$select", "id"]] });
    assert_eq!(ends(&bench, list).await, HostError::Limit(Limit::Wall));
}

#[tokio::test]
async fn an_answer_that_is_too_large_does_not_pass() {
    let bench = Setup::puppet().start().await;
    bench
        .tenant
        .inject_named("oversized-body,size=5000000")
        .expect("fault");
    let device = bench.id("KIOSK-0001");
    let script = Script::new().send(
        "find",
        "GET",
        &format!("/beta/deviceManagement/managedDevices/{device}"),
        &[("$select", "id")],
    );
    let seen = bench.find(&script).await.expect("find");
    assert_eq!(crate::support::word(&seen[0]), "unreadable");
    bench.still_works().await;
}
