//! How many requests one step, and one host, may make.

use std::sync::Arc;
use std::time::{Duration, Instant};

use passcode_host::ledger::Sending;
use passcode_host::{HostError, Limit, Limits, Rate, Retry};
use passcode_ledger::SqliteLedger;
use passcode_practice::PRACTICE_TENANT_ID;
use passcode_tests::{FaultyLedger, Script, Setup};
use serde_json::json;
use tempfile::TempDir;

use crate::support::word;

const DEVICES: &str = "/beta/deviceManagement/managedDevices";

fn repeat(times: u32) -> Script {
    Script::new().step(
        "find",
        json!({
            "do": "repeat",
            "times": times,
            "step": { "do": "send", "path": DEVICES, "query": [["$select", "id"], ["$top", "1"]] },
        }),
    )
}

#[tokio::test]
async fn a_step_has_so_many_requests() {
    let bench = Setup::puppet()
        .limits(Limits {
            requests: 5,
            ..Limits::default()
        })
        .start()
        .await;
    let seen = bench.find(&repeat(5)).await.expect("find");
    assert_eq!(word(&seen[0]), "200");
    let seen = bench.find(&repeat(6)).await.expect("find");
    assert_eq!(word(&seen[0]), "exhausted requests");
    assert_eq!(seen[0]["sent"], "no");
    assert_eq!(bench.arrived(), 10);
}

#[tokio::test]
async fn refused_requests_count_as_well() {
    let bench = Setup::puppet()
        .limits(Limits {
            requests: 5,
            ..Limits::default()
        })
        .start()
        .await;
    let script = (0..6).fold(Script::new(), |script, _| {
        script.send("find", "GET", "//", &[])
    });
    let seen = bench.find(&script).await.expect("find");
    assert_eq!(
        (word(&seen[4]), word(&seen[5])),
        ("refused path".into(), "exhausted requests".into())
    );
}

#[tokio::test]
async fn a_component_that_goes_on_asking_is_ended() {
    let bench = Setup::puppet()
        .limits(Limits {
            requests: 5,
            ..Limits::default()
        })
        .start()
        .await;
    let ended = bench.find(&repeat(20_000)).await;
    assert_eq!(ended, Err(HostError::Limit(Limit::Requests)));
    assert_eq!(bench.arrived(), 5);
    bench.still_works().await;
}

#[tokio::test]
async fn beyond_its_rate_a_host_waits() {
    let rate = Rate {
        writes: 1,
        any: 3,
        window: Duration::from_millis(400),
    };
    let bench = Setup::puppet()
        .change(move |builder| builder.rate(rate))
        .start()
        .await;
    let begun = Instant::now();
    bench.find(&repeat(3)).await.expect("within the rate");
    assert!(begun.elapsed() < rate.window, "three at once");
    bench.find(&repeat(1)).await.expect("after a while");
    assert!(begun.elapsed() >= rate.window, "the fourth waits");
    assert_eq!(bench.arrived(), 4);
}

/// Nobody has to be spared there, so a measurement may ask as fast as it is answered.
#[tokio::test]
async fn only_a_practice_tenants_own_requests_go_uncounted() {
    let rate = Rate {
        writes: 1,
        any: 3,
        window: Duration::from_millis(400),
    };
    for (tenant, counted) in [
        (PRACTICE_TENANT_ID, false),
        // Its token says otherwise, whatever the setting.
        ("7e4a0000-0000-4000-8000-00000000000a", true),
    ] {
        let bench = Setup::puppet()
            .change(move |builder| builder.rate(rate).unpaced(tenant))
            .start()
            .await;
        let begun = Instant::now();
        bench.find(&repeat(4)).await.expect("find");
        assert_eq!(begun.elapsed() >= rate.window, counted, "{tenant}");
        assert_eq!(bench.arrived(), 4);
    }
}

#[tokio::test]
async fn what_cannot_have_its_turn_in_time_is_not_sent() {
    let bench = Setup::puppet()
        .limits(Limits {
            wall: Duration::from_secs(2),
            ..Limits::default()
        })
        .change(|builder| {
            builder.rate(Rate {
                any: 3,
                ..Rate::default()
            })
        })
        .start()
        .await;
    bench.find(&repeat(3)).await.expect("within the rate");
    let begun = Instant::now();
    let ended = bench.find(&repeat(1)).await;
    assert!(
        matches!(ended, Err(HostError::Throttled { seconds: 18..=21 })),
        "{ended:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(1), "said at once");
    assert_eq!(bench.arrived(), 3);
}

/// A host with a handle of its own on a ledger's file, that asks again only so often.
async fn host(home: &TempDir, rate: Rate, times: u32) -> Setup {
    let file = home.path().join("ledger.db");
    let ledger = SqliteLedger::open(file, true).await.expect("ledger");
    let retry = Retry {
        times,
        first: Duration::from_millis(10),
        ..Retry::default()
    };
    Setup::puppet()
        .ledger(Arc::new(FaultyLedger::new(Arc::new(ledger))))
        .change(move |builder| builder.rate(rate).retry(retry))
}

#[tokio::test]
async fn hosts_that_share_a_ledger_share_its_rate() {
    let home = tempfile::tempdir().expect("folder");
    let rate = Rate {
        writes: 1,
        any: 3,
        window: Duration::from_secs(1),
    };
    let one = host(&home, rate, 0).await.start().await;
    let two = host(&home, rate, 0).await.beside(&one).start().await;
    let begun = Instant::now();
    one.find(&repeat(2)).await.expect("within the rate");
    two.find(&repeat(2)).await.expect("after a while");
    assert!(begun.elapsed() >= rate.window, "the fourth waits");
    assert_eq!(one.arrived(), 4);
}

/// It may have arrived just before it was answered, so it counts from then.
#[tokio::test]
async fn a_turn_lasts_a_window_beyond_the_answer() {
    let home = tempfile::tempdir().expect("folder");
    let rate = Rate {
        writes: 1,
        any: 1,
        window: Duration::from_secs(1),
    };
    for shared in [true, false] {
        let setup = match shared {
            true => host(&home, rate, 0).await,
            false => Setup::puppet().change(move |builder| builder.rate(rate)),
        };
        let bench = setup.start().await;
        bench.tenant.inject_named("slow,seconds=1").expect("fault");
        let begun = Instant::now();
        bench.find(&repeat(2)).await.expect("find");
        assert!(begun.elapsed() >= 2 * rate.window, "{shared}");
    }
}

#[tokio::test]
async fn a_throttled_read_is_asked_again_after_the_pause() {
    let bench = Setup::puppet().start().await;
    bench.tenant.inject_named("429,seconds=1").expect("fault");
    let begun = Instant::now();
    let seen = bench.find(&repeat(1)).await.expect("find");
    assert_eq!(word(&seen[0]), "200");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(bench.arrived(), 2);
}

#[tokio::test]
async fn a_read_is_asked_again_only_so_often() {
    let home = tempfile::tempdir().expect("folder");
    for fault in [
        "429-no-retry-after,count=0",
        "503-before-accept,count=0,method=GET,route=*",
    ] {
        let bench = host(&home, Rate::default(), 3).await.start().await;
        bench.tenant.inject_named(fault).expect("fault");
        let seen = bench.find(&repeat(1)).await.expect("find");
        assert_eq!(
            word(&seen[0]),
            fault.split(['-', ',']).next().unwrap_or_default()
        );
        assert_eq!(bench.arrived(), 4, "{fault}");
    }
}

#[tokio::test]
async fn a_pause_beyond_the_longest_is_not_waited_for() {
    let bench = Setup::puppet().start().await;
    bench.tenant.inject_named("429,seconds=31").expect("fault");
    let begun = Instant::now();
    let seen = bench.find(&repeat(1)).await.expect("find");
    assert_eq!(word(&seen[0]), "429");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn one_that_is_throttled_holds_back_all_that_share_the_ledger() {
    let home = tempfile::tempdir().expect("folder");
    let one = host(&home, Rate::default(), 0).await.start().await;
    let two = host(&home, Rate::default(), 0)
        .await
        .beside(&one)
        .start()
        .await;
    one.tenant.inject_named("429,seconds=2").expect("fault");
    let begun = Instant::now();
    let seen = one.find(&repeat(1)).await.expect("find");
    assert_eq!(word(&seen[0]), "429");
    assert!(begun.elapsed() < Duration::from_secs(2), "it does not wait");
    let seen = two.find(&repeat(1)).await.expect("find");
    assert_eq!(word(&seen[0]), "200");
    assert!(begun.elapsed() >= Duration::from_secs(2), "the other does");
}

#[tokio::test]
async fn a_throttled_change_is_not_repeated_and_holds_back_the_next_request() {
    let bench = Setup::real().start().await;
    let fault = "429,seconds=1,method=POST,route=resetPasscode";
    bench.tenant.inject_named(fault).expect("fault");
    let plan = bench
        .prepare("KIOSK-0001", &Script::new())
        .await
        .expect("plan");
    let begun = Instant::now();
    let committed = bench.action.commit(&plan.id).await.expect("commit");
    let sent = committed.sent.expect("sent");
    assert_eq!(
        (sent.sending, sent.settlement.status),
        (Sending::NotExecuted, Some(429))
    );
    let again = bench.action.commit(&plan.id).await.expect("commit");
    assert_eq!(again.sent.expect("sent").sending, Sending::Accepted);
    assert!(begun.elapsed() >= Duration::from_secs(1), "held back");
    let sendings = bench.ledger.sendings(&plan.id).await.expect("attempts");
    assert_eq!(sendings, [Sending::NotExecuted, Sending::Accepted]);
}
