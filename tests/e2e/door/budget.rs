//! How many requests one step, and one host, may make.

use std::time::{Duration, Instant};

use passcode_host::{HostError, Limit, Limits, Rate};
use passcode_tests::{Script, Setup};
use serde_json::json;

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
