//! Guarantee 5: waiting is not computing, and one that waits or spins keeps nobody else.

use std::time::{Duration, Instant};

use passcode_host::contract::types::Verb;
use passcode_host::ledger::Sending;
use passcode_host::{HostError, Limit};
use passcode_practice::RemoteAction;
use passcode_tests::{Script, Setup};
use serde_json::json;

use crate::support::{changes, code, word};

const DEVICES: &str = "/beta/deviceManagement/managedDevices";

fn list() -> Script {
    Script::new().send("find", "GET", DEVICES, &[("$select", "id"), ("$top", "1")])
}

#[tokio::test]
async fn a_slow_network_is_never_computing_time() {
    // Each answer takes ten ticks of the clock that computing is measured by; three are allowed.
    let bench = Setup::puppet().cpu(Duration::from_millis(30)).start().await;
    bench
        .tenant
        .inject_named("slow,seconds=0.1,count=0")
        .expect("fault");
    let script = (0..12).fold(Script::new(), |script, _| {
        script.send("find", "GET", DEVICES, &[("$select", "id"), ("$top", "1")])
    });
    let before = Instant::now();
    let seen = bench
        .find(&script)
        .await
        .expect("it computed next to nothing");
    assert!(before.elapsed() >= Duration::from_millis(1_200));
    assert!(seen.iter().all(|said| word(said) == "200"), "{seen:?}");
}

#[tokio::test]
async fn computing_between_requests_still_counts() {
    let bench = Setup::puppet()
        .cpu(Duration::from_millis(100))
        .start()
        .await;
    let script = list().step("find", json!({ "do": "spin" }));
    assert_eq!(bench.find(&script).await, Err(HostError::Limit(Limit::Cpu)));
}

#[tokio::test(flavor = "current_thread")]
async fn one_that_waits_keeps_nobody_waiting() {
    let bench = Setup::puppet().start().await;
    bench
        .tenant
        .inject_named("slow,seconds=1.5,count=4")
        .expect("fault");
    let (script, before) = (list(), Instant::now());
    let (one, two, three, four) = tokio::join!(
        bench.find(&script),
        bench.find(&script),
        bench.find(&script),
        bench.find(&script)
    );
    for seen in [one, two, three, four] {
        assert_eq!(word(&seen.expect("find")[0]), "200");
    }
    let took = before.elapsed();
    assert!(
        took >= Duration::from_millis(1_500) && took < Duration::from_millis(3_000),
        "{took:?}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn one_that_spins_lets_others_on() {
    let bench = Setup::puppet().cpu(Duration::from_secs(2)).start().await;
    let spin = Script::new().step("find", json!({ "do": "spin" }));
    let before = Instant::now();
    let others = async {
        bench.still_works().await;
        before.elapsed()
    };
    let (spun, others) = tokio::join!(bench.find(&spin), others);
    assert_eq!(spun, Err(HostError::Limit(Limit::Cpu)));
    assert!(
        others < Duration::from_millis(1_500),
        "others waited {others:?} on one thread"
    );
}

#[tokio::test]
async fn a_dropped_future_equals_a_crash() {
    let bench = Setup::real().start().await;
    let plan = bench
        .action
        .prepare(&bench.wanted("KIOSK-0001", Verb::Reset))
        .await
        .expect("plan");
    bench
        .tenant
        .inject_named("slow,route=resetPasscode,seconds=1.5")
        .expect("fault");
    let dropped =
        tokio::time::timeout(Duration::from_millis(700), bench.action.commit(&plan.id)).await;
    assert!(
        dropped.is_err(),
        "it was to be dropped while the service is at it"
    );
    assert_eq!(
        bench.ledger.sendings(&plan.id).await,
        Ok(vec![Sending::Intended])
    );
    assert_eq!(code(bench.action.commit(&plan.id).await), "plan-used");
    assert_eq!(
        bench
            .tenant
            .count("KIOSK-0001", RemoteAction::ResetPasscode)
            .received,
        1
    );

    // What the device lists afterwards is its own: the watch goes on where the crash left it.
    let observed = bench.action.observe(&plan.id).await.expect("observe");
    assert_eq!(observed.attempt.sending, Sending::Intended);
    assert!(observed.passcode.is_some(), "{:?}", observed.progress);
}

#[tokio::test]
async fn a_wall_limit_while_the_service_is_at_it_leaves_it_unknown() {
    let limits = passcode_host::Limits {
        wall: Duration::from_millis(700),
        ..passcode_host::Limits::default()
    };
    let bench = Setup::real().limits(limits).start().await;
    let plan = bench
        .action
        .prepare(&bench.wanted("KIOSK-0001", Verb::Reset))
        .await
        .expect("plan");
    bench
        .tenant
        .inject_named("slow,route=resetPasscode,seconds=1.5")
        .expect("fault");
    let committed = bench.action.commit(&plan.id).await.expect("commit");
    assert_eq!(committed.progress, Err(HostError::Limit(Limit::Wall)));
    assert!(committed.sent.expect("sent").sending.is_undecided());
    assert_eq!(code(bench.action.commit(&plan.id).await), "plan-used");
    assert_eq!(changes(&bench).len(), 1);
}
