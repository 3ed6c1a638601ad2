//! Links to further pages: kept by the host, followed unchanged, and nowhere else.

use passcode_tests::{Reply, Script, Service, Setup};
use serde_json::json;

use crate::support::word;

const DEVICES: &str = "/beta/deviceManagement/managedDevices";

#[tokio::test]
async fn a_page_that_no_answer_named_is_refused() {
    let bench = Setup::puppet().start().await;
    let script = Script::new().send("find", "GET", DEVICES, &[("$select", "id"), ("$top", "1")]);
    let mut names = vec![
        "page:0",
        "page:2",
        "page:",
        "page:-1",
        "page:+2",
        "page:1.0",
        "page: 1",
        "page:99999999999999999999",
        "page:https://elsewhere.example/",
    ];
    names.push("page:1/../2");
    let script = names
        .iter()
        .fold(script, |script, name| script.send("find", "GET", name, &[]));
    let seen = bench.find(&script).await.expect("find");
    assert_eq!(seen[0]["body"]["@odata.nextLink"], "page:1");
    for (said, name) in seen[1..].iter().zip(&names) {
        assert_eq!(word(said), "refused page", "{name}");
    }
    assert_eq!(bench.arrived(), 1);
}

#[tokio::test]
async fn a_page_is_read_as_it_is_or_not_at_all() {
    let bench = Setup::puppet().start().await;
    let script = Script::new()
        .send("find", "GET", DEVICES, &[("$select", "id"), ("$top", "1")])
        .send("find", "GET", "page:1", &[("$select", "id")])
        .send("find", "POST", "page:1", &[])
        .send("find", "DELETE", "page:1", &[])
        .step(
            "find",
            json!({ "do": "send", "path": "page:1", "body": "{}" }),
        )
        .step(
            "find",
            json!({ "do": "send", "path": "page:1", "destination": "elsewhere" }),
        );
    let seen = bench.find(&script).await.expect("find");
    for said in &seen[1..] {
        assert_eq!(word(said), "refused page");
    }
    assert_eq!(bench.arrived(), 1);
}

#[tokio::test]
async fn a_page_is_followed_with_the_bytes_of_its_link() {
    let service = Service::start(|request| match request.target.contains("skiptoken") {
        true => Reply::json(200, &json!({ "value": [] })),
        false => Reply::json(200, &json!({
            "value": [],
            "@odata.nextLink": format!("http://{}{DEVICES}?$skiptoken=a%2Fb%20c'd&$select=id", host(request)),
        })),
    })
    .await
    .expect("service");
    let bench = Setup::puppet().service(service.url()).start().await;
    let script = Script::new()
        .send("find", "GET", DEVICES, &[("$select", "id")])
        .step("find", json!({ "do": "follow" }));
    let seen = bench.find(&script).await.expect("find");
    assert_eq!(word(&seen[1]), "200");
    let asked = service.seen();
    assert_eq!(
        asked[1].target,
        format!("{DEVICES}?$skiptoken=a%2Fb%20c%27d&$select=id")
    );
}

fn host(request: &passcode_tests::Request) -> String {
    let host = request.headers.iter().find(|(name, _)| name == "host");
    host.map(|(_, host)| host.clone()).unwrap_or_default()
}

/// Guarantee 3: a link is how a service would send our credential elsewhere.
#[tokio::test]
async fn a_link_to_another_origin_or_route_is_refused_with_its_answer() {
    let trap = Service::start(|_| Reply::json(200, &json!({ "value": [] })))
        .await
        .expect("service");
    let elsewhere = trap.url().to_owned();
    for link in [
        format!("{elsewhere}{DEVICES}"),
        format!("OWN@{}{DEVICES}", elsewhere.trim_start_matches("http://")),
        format!("OWN.elsewhere.example{DEVICES}"),
        "https://graph.elsewhere.example/beta/deviceManagement/managedDevices".to_owned(),
        format!("OWN{DEVICES}/d0000001-0000-4000-8000-000000000001/wipe"),
        "OWN/beta/users".to_owned(),
        format!("OWN{DEVICES}#fragment"),
        format!("http://user:word@HOST{DEVICES}"),
        format!("OWN{DEVICES}/../users"),
        format!("OWN{DEVICES}/%2e%2e/users"),
        DEVICES.to_owned(),
        format!("//HOST{DEVICES}"),
        format!("ftp://HOST{DEVICES}"),
        "page:1".to_owned(),
        "not a link".to_owned(),
    ] {
        let template = link.clone();
        let service = Service::start(move |request| {
            let link = template
                .replace("OWN", &format!("http://{}", host(request)))
                .replace("HOST", &host(request));
            Reply::json(
                200,
                &json!({ "value": [{ "id": "a" }], "@odata.nextLink": link }),
            )
        })
        .await
        .expect("service");
        let bench = Setup::puppet().service(service.url()).start().await;
        let script = Script::new()
            .send("find", "GET", DEVICES, &[("$select", "id")])
            .send("find", "GET", "page:1", &[]);
        let seen = bench.find(&script).await.expect("find");
        assert_eq!(word(&seen[0]), "unreadable", "{link}");
        assert_eq!(word(&seen[1]), "refused page", "{link}");
        assert_eq!(service.seen().len(), 1, "{link}");
    }
    assert!(trap.seen().is_empty(), "a link was followed elsewhere");
}

#[tokio::test]
async fn hostile_links_of_the_practice_tenant_are_refused() {
    for fault in ["next-link-other-origin", "next-link-other-route"] {
        let bench = Setup::puppet().start().await;
        bench.tenant.inject_named(fault).expect("fault");
        let script = Script::new()
            .send("find", "GET", DEVICES, &[("$select", "id")])
            .send("find", "GET", "page:1", &[]);
        let seen = bench.find(&script).await.expect("find");
        assert_eq!(
            (word(&seen[0]), word(&seen[1])),
            ("unreadable".into(), "refused page".into()),
            "{fault}"
        );
        assert_eq!(bench.arrived(), 1);
    }
}

/// Guarantee 3.
#[tokio::test]
async fn a_redirect_is_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let trap = Service::start(|_| Reply::json(200, &json!({ "value": [] })))
            .await
            .expect("service");
        let to = format!("{}{DEVICES}", trap.url());
        let service = Service::start(move |request| match request.target.as_str() {
            "/local" => Reply::json(200, &json!({})),
            target if target.ends_with("resetPasscode") || target.contains("$top") => {
                Reply::raw(status, "").header("location", &to)
            }
            _ => Reply::raw(status, "").header("location", "/local"),
        })
        .await
        .expect("service");
        let bench = Setup::puppet().service(service.url()).start().await;
        let script = Script::new()
            .send("find", "GET", DEVICES, &[("$top", "1")])
            .send("find", "GET", DEVICES, &[("$select", "id")]);
        let seen = bench.find(&script).await.expect("find");
        assert_eq!(
            (seen[0]["status"].clone(), seen[1]["status"].clone()),
            (status.into(), status.into())
        );
        assert!(
            trap.seen().is_empty(),
            "{status} was followed to another origin"
        );
        assert_eq!(service.seen().len(), 2, "{status} was followed");
    }
}

/// Guarantee 3.
#[tokio::test]
async fn a_redirected_post_is_unknown_and_goes_nowhere() {
    let trap = Service::start(|_| Reply::json(200, &json!({})))
        .await
        .expect("service");
    let bench = Setup::puppet().start().await;
    bench
        .tenant
        .inject_named(&format!("redirect,method=POST,to={}/x", trap.url()))
        .expect("fault");
    let script = Script::ordinary()
        .looks("commit")
        .resets("commit")
        .claims_success("commit");
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    assert_eq!(
        committed.sent.expect("sent").sending,
        passcode_host::ledger::Sending::Unknown
    );
    assert!(trap.seen().is_empty(), "it was followed");
}
