//! Several reads at once: each goes through the door by itself, and counts.

use std::time::{Duration, Instant};

use passcode_host::{HostError, Limit, Limits};
use passcode_tests::{Bench, Script, Setup};
use serde_json::{Value, json};

use crate::support::{changes, word};

const SELECT: &str = "id,deviceName,deviceActionResults";

fn device(bench: &Bench, name: &str) -> Value {
    let id = bench.id(name);
    json!({ "path": format!("/beta/deviceManagement/managedDevices/{id}"), "query": [["$select", SELECT]] })
}

fn states(id: &str) -> Value {
    json!({ "path": format!("/beta/deviceManagement/managedDevices/{id}/deviceConfigurationStates") })
}

fn all(requests: &[Value]) -> Value {
    json!({ "do": "send-all", "requests": requests })
}

async fn found(bench: &Bench, requests: &[Value]) -> Vec<Value> {
    let script = Script::new().step("find", all(requests));
    bench.find(&script).await.expect("find")
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_requests() {
    let bench = Setup::puppet().start().await;
    // The first is the last to be answered.
    bench
        .tenant
        .inject_named("slow:KIOSK-0001,seconds=0.5")
        .expect("fault");
    let names = ["KIOSK-0001", "COBO-0002", "COPE-0003"];
    let seen = found(&bench, &names.map(|name| device(&bench, name))).await;
    let shown: Vec<&Value> = seen
        .iter()
        .map(|said| &said["body"]["deviceName"])
        .collect();
    assert_eq!(shown, names);
}

#[tokio::test]
async fn several_are_under_way_at_once_and_not_all() {
    let bench = Setup::puppet().start().await;
    bench
        .tenant
        .inject_named("slow,seconds=0.5,count=12")
        .expect("fault");
    let requests: Vec<Value> = (0..12).map(|_| device(&bench, "KIOSK-0001")).collect();
    let begun = Instant::now();
    let seen = found(&bench, &requests).await;
    let took = begun.elapsed();
    assert_eq!(seen.len(), 12);
    assert!(
        took < Duration::from_secs(5),
        "one after the other: {took:?}"
    );
    assert!(took >= Duration::from_millis(950), "all at once: {took:?}");
}

#[tokio::test]
async fn a_write_among_reads_is_refused_and_the_reads_are_made() {
    let bench = Setup::puppet().start().await;
    let id = bench.id("KIOSK-0001");
    let reset = format!("/v1.0/deviceManagement/managedDevices/{id}/resetPasscode");
    let script = Script::ordinary().step(
        "commit",
        all(&[
            device(&bench, "KIOSK-0001"),
            json!({ "method": "POST", "path": reset }),
            json!({ "method": "DELETE", "path": reset }),
            json!({ "method": "POST", "path": "page:1" }),
            device(&bench, "KIOSK-0001"),
        ]),
    );
    let plan = bench.prepare("KIOSK-0001", &script).await.expect("a plan");
    // It is the very request of the approved plan, and the results were read first.
    let committed = bench.action.commit(&plan.id).await.expect("it ran");
    let seen = crate::support::seen(&committed);
    let words: Vec<String> = seen.iter().map(word).collect();
    assert_eq!(
        words,
        [
            "200",
            "refused reads-only",
            "refused reads-only",
            "refused reads-only",
            "200"
        ]
    );
    assert_eq!(changes(&bench), [""; 0]);
}

#[tokio::test]
async fn every_rule_holds_for_each() {
    let bench = Setup::puppet().start().await;
    let (own, other) = (bench.id("KIOSK-0001"), bench.id("COBO-0002"));
    let script = Script::new().step(
        "prepare",
        all(&[
            states(&own),
            states(&other),
            states("x(scope='*')"),
            json!({ "path": "/beta/deviceManagement/managedDevices/a/../b" }),
            json!({ "path": "/beta/deviceManagement/deviceConfigurations('x')" }),
            json!({ "path": "/beta/deviceManagement/getEffectivePermissions(scope='0')" }),
            json!({ "path": "/beta/deviceManagement/roleDefinitions" }),
            json!({ "path": "/beta/deviceManagement/managedDevices" }),
            json!({ "path": "/beta/deviceManagement/configurationPolicies", "query": [["$select", "settings"]] }),
            json!({ "path": "/beta/deviceManagement/deviceConfigurations", "query": [["$expand", "assignments"]] }),
            json!({ "path": "page:1" }),
            json!({ "path": "/beta/deviceManagement/deviceConfigurations", "body": "{}" }),
        ]),
    );
    let error = bench
        .prepare("KIOSK-0001", &script)
        .await
        .expect_err("told");
    let seen = passcode_tests::told(&error).expect("what it saw");
    let words: Vec<String> = seen.iter().map(word).collect();
    assert_eq!(
        words,
        [
            "200",
            "refused device",
            "refused route",
            "refused path",
            "refused path",
            "refused route",
            "refused route",
            "refused phase",
            "refused select",
            "refused query-name",
            "refused page",
            "refused body",
        ]
    );
    assert_eq!(bench.tenant.journal().len(), 1);
    // Only what the grant lists of a policy passes.
    let states = &seen[0]["body"]["value"][0];
    assert!(
        states["displayName"].is_string() && states["settingStates"].is_null(),
        "{states}"
    );
}

#[tokio::test]
async fn requests_made_together_count_one_by_one() {
    let bench = Setup::puppet()
        .limits(Limits {
            requests: 5,
            ..Limits::default()
        })
        .start()
        .await;
    let requests: Vec<Value> = (0..8).map(|_| device(&bench, "KIOSK-0001")).collect();
    let seen = found(&bench, &requests).await;
    let words: Vec<String> = seen.iter().map(word).collect();
    assert_eq!(words[..5], ["200"; 5]);
    assert_eq!(words[5..], ["exhausted requests"; 3]);
    assert_eq!(bench.tenant.journal().len(), 5);
}

#[tokio::test]
async fn a_million_made_together_end_in_their_limit() {
    let bench = Setup::puppet()
        .limits(Limits {
            cpu: Duration::from_secs(10),
            ..Limits::default()
        })
        .start()
        .await;
    let ends = async |step: Value| -> HostError {
        let ended = bench.find(&Script::new().step("find", step)).await;
        let error = ended.expect_err("it went on for ever");
        bench.still_works().await;
        error
    };
    let list = json!({ "path": "/", "query": [] });
    // In one list, which the host refuses to take over; in a shorter one; and in very many.
    let million = json!({ "do": "send-all", "requests": [list], "times": 100_000 });
    assert_eq!(ends(million).await, HostError::Limit(Limit::Transfer));
    let sent = bench.tenant.journal().len();
    let many =
        json!({ "do": "send-all", "requests": [device(&bench, "KIOSK-0001")], "times": 1_000 });
    assert_eq!(ends(many).await, HostError::Limit(Limit::Requests));
    let after = bench.tenant.journal().len();
    let works = after - sent;
    let again = json!({ "do": "repeat", "times": 1_000_000, "step": all(&[list]) });
    assert_eq!(ends(again).await, HostError::Limit(Limit::Requests));
    // Counted before the first leaves: what arrived is what shows that the host still works.
    assert_eq!(bench.tenant.journal().len() - after, works);
}

#[tokio::test]
async fn what_one_answer_seals_stands_in_no_other_whichever_came_first() {
    let bench = Setup::puppet().start().await;
    let id = bench.id("SAMPLE-COSU-0029");
    bench
        .tenant
        .set_property("SAMPLE-COSU-0029", "deviceName", json!("OldSample29"))
        .expect("a property");
    let path = format!("/beta/deviceManagement/managedDevices/{id}");
    let named = json!({ "path": path, "query": [["$select", "id,deviceName"]] });
    let results = json!({ "path": path, "query": [["$select", "id,deviceActionResults"]] });
    for order in [[&named, &results], [&results, &named]] {
        let script = Script::new().step("prepare", all(&order.map(Clone::clone)));
        let error = bench
            .prepare("SAMPLE-COSU-0029", &script)
            .await
            .expect_err("told");
        let seen = passcode_tests::told(&error).expect("what it saw");
        let mut words: Vec<String> = seen.iter().map(word).collect();
        words.sort();
        assert_eq!(words, ["200", "withheld"]);
        let text = json!(seen).to_string();
        assert!(text.contains("$sealed") && !text.contains("OldSample29"));
    }
}
