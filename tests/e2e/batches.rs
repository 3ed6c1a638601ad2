//! Reads that travel together: each answer reaches the read it belongs to, and what cannot be told
//! together is asked alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use passcode_practice::PRACTICE_TENANT_ID;
use passcode_tests::{Bench, Reply, Request, Script, Service, Setup};
use serde_json::{Value, json};

use crate::support::word;

const DEVICES: &str = "/beta/deviceManagement/managedDevices";

fn of(id: &str) -> Value {
    json!({ "path": format!("{DEVICES}/{id}"), "query": [["$select", "id,deviceName"]] })
}

/// What a device's address answers: the id that it names.
fn shown(target: &str) -> Value {
    let path = target.split('?').next().unwrap_or_default();
    let id = path.rsplit('/').next().unwrap_or_default();
    json!({ "id": id, "deviceName": format!("Sample {id}") })
}

fn asked(request: &Request) -> Vec<Value> {
    let body: Value = serde_json::from_str(&request.body).expect("a batch is JSON");
    body["requests"].as_array().expect("requests").clone()
}

/// A part's answer, as it should be.
fn part(asked: &Value) -> Value {
    json!({
        "id": asked["id"],
        "status": 200,
        "headers": { "Content-Type": "application/json" },
        "body": shown(asked["url"].as_str().expect("a url")),
    })
}

/// Graph, as far as these tests go; what it answers to a batch is changed.
async fn service(change: impl Fn(Vec<Value>) -> Reply + Send + Sync + 'static) -> Service {
    let answers = move |request: &Request| match request.target.as_str() {
        "/beta/$batch" => change(asked(request)),
        target => Reply::json(200, &shown(target)),
    };
    Service::start(answers).await.expect("service")
}

fn responses(parts: Vec<Value>) -> Reply {
    Reply::json(200, &json!({ "responses": parts }))
}

/// Any order, here the other way round.
fn honest(asked: Vec<Value>) -> Reply {
    responses(asked.iter().rev().map(part).collect())
}

/// A host that joins reads. Nothing is counted, so that reads of one step wait for nothing but each
/// other.
async fn joining(service: &Service) -> Bench {
    Setup::puppet()
        .service(service.url())
        .change(|builder| builder.join_reads("graph").unpaced(PRACTICE_TENANT_ID))
        .start()
        .await
}

async fn found(bench: &Bench, ids: &[&str]) -> Vec<Value> {
    let requests: Vec<Value> = ids.iter().map(|id| of(id)).collect();
    let script = Script::new().step("find", json!({ "do": "send-all", "requests": requests }));
    bench.find(&script).await.expect("find")
}

fn targets(service: &Service) -> Vec<(String, String)> {
    let seen = service.seen().into_iter();
    seen.map(|request| {
        let path = request.target.split('?').next().unwrap_or_default();
        (request.method, path.to_owned())
    })
    .collect()
}

fn batches(service: &Service) -> usize {
    let seen = targets(service);
    seen.iter()
        .filter(|(_, path)| path == "/beta/$batch")
        .count()
}

/// Each read of these has its own device's answer.
fn own(seen: &[Value], ids: &[&str]) {
    let named: Vec<&Value> = seen.iter().map(|said| &said["body"]["id"]).collect();
    assert_eq!(named, ids, "{seen:?}");
}

#[tokio::test]
async fn each_read_of_a_batch_has_its_own_answer() {
    let service = service(honest).await;
    let bench = joining(&service).await;
    let ids = ["a1", "b2", "c3", "d4"];
    own(&found(&bench, &ids).await, &ids);

    let seen = service.seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    let header = |name: &str| {
        let found = seen[0].headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(seen[0].method, "POST");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(
        header("authorization"),
        format!("Bearer {}", bench.credential.token_text())
    );
    for (asked, id) in asked(&seen[0]).iter().zip(["a1", "b2", "c3", "d4"]) {
        assert_eq!(asked["method"], "GET");
        assert_eq!(asked["body"], Value::Null);
        let url = asked["url"].as_str().unwrap();
        assert!(
            url.starts_with("/deviceManagement/managedDevices/"),
            "{url}"
        );
        assert_ne!(
            asked["headers"]["client-request-id"],
            header("client-request-id"),
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_read_that_stays_alone_is_asked_alone() {
    let service = service(honest).await;
    let bench = joining(&service).await;
    own(&found(&bench, &["a1"]).await, &["a1"]);
    assert_eq!(
        targets(&service),
        [("GET".to_owned(), format!("{DEVICES}/a1"))]
    );
}

#[tokio::test]
async fn nothing_is_joined_unless_it_is_asked_for() {
    let service = service(honest).await;
    let bench = Setup::puppet().service(service.url()).start().await;
    own(&found(&bench, &["a1", "b2"]).await, &["a1", "b2"]);
    assert_eq!(batches(&service), 0);
}

#[tokio::test]
async fn what_cannot_be_assigned_is_asked_again_alone() {
    type Change = fn(Vec<Value>) -> Reply;
    let cases: [(&str, Change); 6] = [
        ("one answer twice", |asked| {
            let mut parts: Vec<Value> = asked.iter().map(part).collect();
            parts[1]["id"] = parts[0]["id"].clone();
            responses(parts)
        }),
        ("an answer to nothing", |asked| {
            let mut parts: Vec<Value> = asked.iter().map(part).collect();
            parts[0]["id"] = "7".into();
            responses(parts)
        }),
        ("too few answers", |asked| responses(vec![part(&asked[1])])),
        ("no JSON", |_| Reply::raw(200, "<html>")),
        ("something else", |_| {
            Reply::json(200, &json!({ "value": [] }))
        }),
        ("too much", |asked| {
            let mut parts: Vec<Value> = asked.iter().map(part).collect();
            parts[0]["body"]["deviceName"] = "x".repeat(5 << 20).into();
            responses(parts)
        }),
    ];
    for (name, change) in cases {
        let service = service(change).await;
        let bench = joining(&service).await;
        own(&found(&bench, &["a1", "b2"]).await, &["a1", "b2"]);
        assert_eq!(batches(&service), 1, "{name}");
        assert!(service.seen().len() >= 2, "{name}");
        // The next ones try it again.
        own(&found(&bench, &["c3", "d4"]).await, &["c3", "d4"]);
        assert_eq!(batches(&service), 2, "{name}");
    }
}

#[tokio::test]
async fn where_there_are_no_batches_none_is_tried_again() {
    for status in [400, 403, 404, 405] {
        let refusal = json!({ "error": { "code": "BadRequest", "message": "no batches here" } });
        let service = service(move |_| Reply::json(status, &refusal)).await;
        let bench = joining(&service).await;
        for ids in [["a1", "b2"], ["c3", "d4"]] {
            own(&found(&bench, &ids).await, &ids);
        }
        assert_eq!(
            (batches(&service), service.seen().len()),
            (1, 5),
            "{status}"
        );
    }
}

#[tokio::test]
async fn an_answer_for_another_device_is_refused_as_it_is_alone() {
    let service = service(|asked| {
        let mut parts: Vec<Value> = asked.iter().map(part).collect();
        let (first, second) = (parts[0]["body"].clone(), parts[1]["body"].clone());
        (parts[0]["body"], parts[1]["body"]) = (second, first);
        responses(parts)
    })
    .await;
    let bench = joining(&service).await;
    let seen = found(&bench, &["a1", "b2"]).await;
    let words: Vec<String> = seen.iter().map(word).collect();
    assert_eq!(words, ["unreadable", "unreadable"], "{seen:?}");
}

#[tokio::test]
async fn a_part_that_is_throttled_is_asked_again_and_the_others_are_not() {
    let times = Arc::new(AtomicUsize::new(0));
    let counted = times.clone();
    let service = service(move |asked| {
        let mut parts: Vec<Value> = asked.iter().map(part).collect();
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            parts[1] = json!({
                "id": asked[1]["id"],
                "status": 429,
                "headers": { "Retry-After": "0", "Content-Type": "application/json" },
                "body": { "error": { "code": "TooManyRequests", "message": "later" } },
            });
        }
        responses(parts)
    })
    .await;
    let bench = joining(&service).await;
    own(
        &found(&bench, &["a1", "b2", "c3"]).await,
        &["a1", "b2", "c3"],
    );
    let again = format!("{DEVICES}/b2");
    assert_eq!(targets(&service)[1..], [("GET".to_owned(), again)]);
}

#[tokio::test]
async fn a_token_that_is_no_good_is_renewed_for_each() {
    let times = Arc::new(AtomicUsize::new(0));
    let counted = times.clone();
    let service = service(move |asked| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => {
            let error = json!({ "error": { "code": "InvalidAuthenticationToken", "message": "" } });
            Reply::json(401, &error).header("www-authenticate", "Bearer error=\"invalid_token\"")
        }
        _ => honest(asked),
    })
    .await;
    let bench = joining(&service).await;
    let old = bench.credential.token_text();
    own(&found(&bench, &["a1", "b2"]).await, &["a1", "b2"]);
    assert_ne!(bench.credential.token_text(), old);
}

#[tokio::test]
async fn versions_do_not_mix() {
    let service = service(honest).await;
    let bench = joining(&service).await;
    let mut requests: Vec<Value> = ["a1", "b2"].map(of).into();
    requests.push(
        json!({ "path": "/v1.0/deviceManagement/managedDevices/c3", "query": [["$select", "id"]] }),
    );
    let script = Script::new().step("find", json!({ "do": "send-all", "requests": requests }));
    own(
        &bench.find(&script).await.expect("find"),
        &["a1", "b2", "c3"],
    );
    assert_eq!((batches(&service), service.seen().len()), (1, 2));
}
