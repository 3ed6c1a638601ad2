//! How many requests one step, and one host, may make.

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
    let bench = Setup::puppet()
        .limits(Limits {
            wall: std::time::Duration::from_millis(700),
            ..Limits::default()
        })
        .change(|builder| builder.rate(Rate { writes: 1, any: 3 }))
        .start()
        .await;
    let seen = bench
        .find(&repeat(3))
        .await
        .expect("three are within the rate");
    assert_eq!(word(&seen[0]), "200");
    assert_eq!(
        bench.find(&repeat(1)).await,
        Err(HostError::Limit(Limit::Wall)),
        "the fourth waits"
    );
    assert_eq!(bench.arrived(), 3);
}
