//! Methods, destinations, bodies, and what must never be reachable.

use passcode_tests::{Script, Setup};
use serde_json::json;

use super::asks;
use crate::support::{changes, seen, word};

const ID: &str = "d0000001-0000-4000-8000-000000000001";

#[tokio::test]
async fn only_granted_methods_lead_anywhere() {
    let bench = Setup::puppet().start().await;
    let device = format!("/beta/deviceManagement/managedDevices/{ID}");
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert_eq!(
            asks(&bench, method, &device, &[]).await,
            "refused route",
            "{method}"
        );
    }
    assert_eq!(
        asks(&bench, "GET", &format!("{device}/resetPasscode"), &[]).await,
        "refused route"
    );
    assert_eq!(bench.tenant.journal(), [], "something arrived");
}

#[tokio::test]
async fn nothing_destructive_is_reachable_although_the_manifest_asks_for_it() {
    let bench = Setup::puppet().start().await;
    let device = "/beta/deviceManagement/managedDevices/{device}";
    let attempts = [
        ("POST", format!("{device}/wipe")),
        ("POST", format!("{device}/retire")),
        ("POST", format!("{device}/remoteLock")),
        ("POST", format!("{device}/syncDevice")),
        ("POST", format!("{device}/bypassActivationLock")),
        ("DELETE", device.to_owned()),
        ("PATCH", device.to_owned()),
        ("PUT", device.to_owned()),
        ("POST", "/v1.0/$batch".to_owned()),
        (
            "POST",
            "/beta/deviceManagement/managedDevices/executeAction".to_owned(),
        ),
    ];
    let mut script = Script::ordinary().looks("commit");
    for (method, path) in &attempts {
        script = script.send("commit", method, path, &[]);
    }
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    assert_eq!(committed.sent, None);
    for (said, (method, path)) in seen(&committed)[1..].iter().zip(&attempts) {
        let rule = if path.contains('$') {
            "refused path"
        } else {
            "refused route"
        };
        assert_eq!(word(said), rule, "{method} {path}");
        assert_eq!(said["sent"], "no", "{method} {path}");
    }
    assert_eq!(changes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn another_destination_is_refused_although_the_manifest_asks_for_it() {
    let bench = Setup::puppet().start().await;
    for destination in [
        "elsewhere",
        "",
        "Graph",
        "graph ",
        "https://graph.microsoft.com",
        "login",
    ] {
        let script = Script::new().step(
            "find",
            json!({ "do": "send", "destination": destination, "path": "/beta/deviceManagement/managedDevices" }),
        );
        let seen = bench.find(&script).await.expect("find");
        assert_eq!(word(&seen[0]), "refused destination", "{destination:?}");
    }
    assert_eq!(bench.tenant.journal(), []);
}

#[tokio::test]
async fn a_request_that_only_reads_has_no_body() {
    let bench = Setup::puppet().start().await;
    for body in ["", "{}", "{\"$sealed\":1}"] {
        let script = Script::new().step(
            "find",
            json!({ "do": "send", "path": "/beta/deviceManagement/managedDevices", "body": body }),
        );
        let seen = bench.find(&script).await.expect("find");
        assert_eq!(word(&seen[0]), "refused body", "{body:?}");
    }
    assert_eq!(bench.tenant.journal(), []);
}

#[tokio::test]
async fn the_host_alone_writes_headers() {
    let bench = Setup::puppet().start().await;
    let script = Script::ordinary().looks("commit").resets("commit");
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    let sent = committed.sent.expect("sent");
    let journal = bench.tenant.journal();
    let post = journal
        .iter()
        .find(|entry| entry.method == "POST")
        .expect("post");
    let header = |name: &str| {
        post.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        header("client-request-id"),
        Some(sent.client_request_id.as_str())
    );
    assert_eq!(header("accept"), Some("application/json"));
    assert_eq!(header("content-length"), Some("0"));
    assert_eq!(header("content-type"), None);
    assert_eq!(header("referer"), None);
    assert_eq!(header("cookie"), None);
    assert_eq!((post.body.as_str(), post.query.as_str()), ("", ""));
    let mut ids: Vec<_> = journal
        .iter()
        .flat_map(|entry| {
            entry
                .headers
                .iter()
                .filter(|(name, _)| name == "client-request-id")
        })
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(
        (all, ids.len()),
        (journal.len(), journal.len()),
        "each request has an id of its own"
    );
}
