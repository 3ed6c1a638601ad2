//! Guarantee 1 for couriers: a passcode goes to a granted place of a granted destination, once,
//! and whoever takes it there never reads it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use passcode_example_extensions::{ONE_TIME_SECRET, ONE_TIME_SECRET_GRANT};
use passcode_host::contract::types::{Context, Delivery, Device, Verb};
use passcode_host::ledger::SendLedger as _;
use passcode_host::{Authority, Carriage, ExtensionGrant, Handed, HostError, Passcode, World};
use passcode_runner::{Handover, Runner};
use passcode_tests::{
    Bench, COURIER_PUPPET, Fail, Reply, Request, Service, Setup, assert_absent, occurs,
};
use serde_json::{Value, json};

const TOKEN: &str = "Canary-Vault-Token-1";

/// A host with a passcode in its hands, and what it logs.
struct Scene {
    bench: Bench,
    passcode: Passcode,
    device: Device,
    plan: String,
    logged: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    async fn new() -> Self {
        let logged: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = logged.clone();
        let setup = Setup::real().change(move |builder| {
            builder.log(Arc::new(move |severity, line| {
                sink.lock().unwrap().push(format!("{severity} {line}"));
            }))
        });
        let bench = setup.start().await;
        let wanted = bench.wanted("d0000001-0000-4000-8000-000000000001", Verb::Reset);
        let plan = bench.action.prepare(&wanted).await.unwrap();
        bench.action.commit(&plan.id).await.unwrap();
        let observed = bench.action.observe(&plan.id).await.unwrap();
        Self {
            passcode: observed.passcode.unwrap(),
            device: plan.plan.proposal.device.clone(),
            plan: plan.id.to_string(),
            bench,
            logged,
        }
    }

    /// Let a courier deliver, with a script as the reason.
    async fn deliver(&self, bytes: &[u8], grant: &str, script: &Value) -> Handed {
        let grant = ExtensionGrant::parse(grant).unwrap();
        let courier = self.bench.host.extension(
            "contoso.example/vault",
            World::PasscodeCourier,
            bytes,
            &grant.authority,
            grant.destinations,
        );
        let plan = self.bench.action.plan(&self.plan.parse().unwrap()).await;
        let mut caller = plan.unwrap().plan.caller.clone();
        caller.reason = Some(script.to_string());
        let delivery = Delivery {
            plan_id: self.plan.clone(),
            device: self.device.clone(),
            effect: passcode_host::contract::types::Effect::ResetDevicePasscode,
            caller,
            passcode: 0,
        };
        let context = Context {
            now: "2026-03-02T10:00:00Z".to_owned(),
            time_zone: None,
            cloud: "global".to_owned(),
            practice: true,
        };
        let courier = courier.await.unwrap();
        courier.deliver(delivery, &self.passcode, &context).await
    }

    fn logged(&self) -> String {
        self.logged.lock().unwrap().join("\n")
    }
}

/// A vault that says back whatever it was sent, and the passcode in every place there is.
async fn chatty(status: u16, passcode: &Passcode) -> Service {
    let secret = passcode.reveal().to_owned();
    let answers = move |request: &Request| {
        let body = json!({ "id": "s-1", "note": request.body, "value": secret });
        Reply::json(status, &body)
            .header("request-id", &secret)
            .header("location", &format!("/api/secrets/{secret}"))
    };
    Service::start(answers).await.unwrap()
}

/// The file that holds the vault's credential.
fn token() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let path = std::env::temp_dir().join(format!("passcode-vault-{}", std::process::id()));
        std::fs::write(&path, TOKEN).unwrap();
        path
    })
}

/// Everything that the puppet asks for, but `elsewhere` and the other place.
fn grant(origin: &str) -> String {
    let route = |name: &str, method: &str, path: &str, more: &str| {
        format!(
            "[[route]]\nname = \"{name}\"\ndestination = \"vault\"\nmethod = \"{method}\"\n\
             path = \"{path}\"\nphases = [\"deliver\"]\n{more}\n"
        )
    };
    let token = token();
    let routes = [
        route(
            "new",
            "POST",
            "/api/secrets",
            "seal = \"/secret\"\nquery = [\"folder\"]",
        ),
        route("deep", "PUT", "/api/deep/{id}", "seal = \"/items/0/value\""),
        route("draft", "POST", "/api/drafts", "pass = [\"id\", \"note\"]"),
        route(
            "read",
            "GET",
            "/api/secrets/{id}",
            "query = [\"q\"]\npass = [\"id\", \"note\", \"value\"]",
        ),
    ];
    format!(
        "contract = \"0.1.0\"\n[[destination]]\nname = \"vault\"\norigin = \"{origin}\"\n\
         credential = {{ scheme = \"bearer\", file = \"{}\" }}\n{}",
        token.display(),
        routes.concat()
    )
}

fn post(body: &str) -> Value {
    json!({ "do": "send", "method": "POST", "path": "/api/secrets", "body": body })
}

/// What a courier was told, as the puppet tells it on.
fn told(handed: &Handed) -> String {
    match &handed.said {
        Err(HostError::Problem(problem)) => problem.message.clone(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn the_example_takes_the_passcode_there_and_never_sees_it() {
    let scene = Scene::new().await;
    let vault = chatty(201, &scene.passcode).await;
    let (bytes, grant) = (ONE_TIME_SECRET, ONE_TIME_SECRET_GRANT);
    let grant = grant
        .replace("https://vault.contoso.example", vault.url())
        .replace(
            "variable = \"CONTOSO_VAULT_TOKEN\"",
            &format!("file = \"{}\"", token().display()),
        );
    let handed = scene.deliver(bytes, &grant, &json!("on the phone")).await;
    assert!(handed.arrived(), "{handed:?}");
    let seen = vault.seen();
    assert_eq!(seen.len(), 1);
    let body: Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!(body["secret"], json!(scene.passcode.reveal()));
    // A kiosk has no user.
    assert_eq!(scene.device.user_principal_name, None);
    assert_eq!(body["recipient"], "helpdesk@contoso.example");
    let bearer = format!("Bearer {TOKEN}");
    let authorization = seen[0].headers.iter().find(|(n, _)| n == "authorization");
    assert_eq!(authorization.map(|(_, value)| value), Some(&bearer));
    let secrets = [scene.passcode.reveal().to_owned(), TOKEN.to_owned()];
    assert_absent("the log", scene.logged().as_bytes(), &secrets);
    let graph = scene.bench.credential.token_text();
    let sent = format!("{seen:?}");
    assert_absent("what the vault got", sent.as_bytes(), &[graph]);
}

#[tokio::test]
async fn of_the_answer_to_a_passcode_only_the_class_of_the_status_passes() {
    let scene = Scene::new().await;
    let cases = [
        (200, 200, true),
        (201, 200, true),
        (204, 200, true),
        (302, 300, false),
        (401, 400, false),
        (409, 400, false),
        (503, 500, false),
    ];
    for (status, class, arrived) in cases {
        let vault = chatty(status, &scene.passcode).await;
        let step = post(r#"{"secret":SEAL}"#);
        let script = json!({ "steps": [step], "then": "told" });
        let handed = scene
            .deliver(COURIER_PUPPET, &grant(vault.url()), &script)
            .await;
        let expected = json!([{ "status": class, "headers": [], "body": null }]);
        assert_eq!(told(&handed), expected.to_string(), "{status}");
        assert_eq!(handed.carriage, Carriage::Answered(class));
        // A redirect is not followed: once means once.
        assert_eq!(vault.seen().len(), 1, "{status}");
        let script = json!({ "steps": [post(r#"{"secret":SEAL}"#)], "then": "ok" });
        let handed = scene
            .deliver(COURIER_PUPPET, &grant(vault.url()), &script)
            .await;
        assert_eq!(handed.arrived(), arrived, "{status}");
    }
}

#[tokio::test]
async fn a_seal_anywhere_but_at_its_place_is_refused_and_nothing_is_sent() {
    let scene = Scene::new().await;
    let vault = chatty(200, &scene.passcode).await;
    let other = chatty(200, &scene.passcode).await;
    let send = |method: &str, path: &str, body: &str| json!({ "do": "send", "method": method, "path": path, "body": body });
    let with = |mut step: Value, name: &str, value: Value| {
        step[name] = value;
        step
    };
    let get = json!({ "do": "send", "path": "/api/secrets/x", "query": [["q", "SEAL"]] });
    let cases = [
        ("seal-place", post(r#"{"comment":SEAL}"#)),
        ("seal-place", post("SEAL")),
        ("seal-place", post(r#"{"secret":{"value":SEAL}}"#)),
        ("seal-place", post(r#"{"secret":"{\"$sealed\":NUMBER}"}"#)),
        ("seal-twice", post(r#"{"secret":SEAL,"comment":SEAL}"#)),
        ("seal-place", post(r#"{"secret":SEAL,"comment":"$sealed"}"#)),
        ("body", post(r#"{"secret":SEAL,"secret":SEAL}"#)),
        ("seal-missing", post(r#"{"secret":"NUMBER"}"#)),
        ("seal-unknown", post(r#"{"secret":{"$sealed":1}}"#)),
        (
            "seal-place",
            with(
                post(r#"{"secret":SEAL}"#),
                "query",
                json!([["folder", "SEAL"]]),
            ),
        ),
        (
            "seal-place",
            send("POST", "/api/secrets/SEAL", r#"{"secret":SEAL}"#),
        ),
        (
            "seal-place",
            send("PUT", "/api/deep/1", r#"{"items":[0,SEAL]}"#),
        ),
        ("seal-place", send("POST", "/api/drafts", r#"{"id":SEAL}"#)),
        (
            "route",
            send("PUT", "/api/other-place", r#"{"comment":SEAL}"#),
        ),
        ("route", send("PATCH", "/api/secrets", r#"{"secret":SEAL}"#)),
        (
            "path",
            send(
                "POST",
                "//contoso.example/api/secrets",
                r#"{"secret":SEAL}"#,
            ),
        ),
        (
            "destination",
            with(
                post(r#"{"secret":SEAL}"#),
                "destination",
                json!("elsewhere"),
            ),
        ),
        (
            "destination",
            with(post(r#"{"secret":SEAL}"#), "destination", json!("graph")),
        ),
        (
            "destination",
            with(
                post(r#"{"secret":SEAL}"#),
                "destination",
                json!(other.url()),
            ),
        ),
        ("seal-place", get.clone()),
        ("seal-place", json!({ "do": "send-all", "requests": [get] })),
        (
            "reads-only",
            json!({ "do": "send-all", "requests": [post(r#"{"secret":SEAL}"#)] }),
        ),
    ];
    for (rule, step) in cases {
        let script = json!({ "steps": [step], "then": "told" });
        let handed = scene
            .deliver(COURIER_PUPPET, &grant(vault.url()), &script)
            .await;
        let expected = format!("Refused(\\\"{rule}\\\")");
        let told = told(&handed);
        let message = format!("{expected} {told} {step}");
        assert!(
            told.contains(&expected.replace("\\\"", "\\\\\\\"")) || told.contains(&expected),
            "{message}"
        );
        assert_eq!(handed.carriage, Carriage::NotSent, "{step}");
        assert!(!handed.arrived());
    }
    assert!(vault.seen().is_empty() && other.seen().is_empty());
}

#[tokio::test]
async fn a_passcode_is_placed_once_and_counts_as_placed_whatever_becomes_of_it() {
    let scene = Scene::new().await;
    let step = post(r#"{"secret":SEAL}"#);
    let deep = json!({ "do": "send", "method": "PUT", "path": "/api/deep/1", "body": r#"{"items":[{"value":SEAL}]}"# });
    for status in [200, 302, 429, 500, 503] {
        let vault = chatty(status, &scene.passcode).await;
        let script = json!({ "steps": [step, deep, step], "then": "told" });
        let handed = scene
            .deliver(COURIER_PUPPET, &grant(vault.url()), &script)
            .await;
        assert_eq!(vault.seen().len(), 1, "{status}");
        assert_eq!(told(&handed).matches("seal-spent").count(), 2, "{status}");
    }
    // The first try may be at any granted place.
    let vault = chatty(200, &scene.passcode).await;
    let script = json!({ "steps": [deep, step], "then": "ok" });
    let handed = scene
        .deliver(COURIER_PUPPET, &grant(vault.url()), &script)
        .await;
    assert!(handed.arrived());
    let seen = vault.seen();
    let expected = json!({ "items": [{ "value": scene.passcode.reveal() }] });
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].body, expected.to_string());
}

#[tokio::test]
async fn what_a_courier_reads_otherwise_never_brings_the_passcode_back() {
    let scene = Scene::new().await;
    let vault = chatty(200, &scene.passcode).await;
    let read = json!({ "do": "send", "path": "/api/secrets/s-1" });
    let draft = json!({ "do": "send", "method": "POST", "path": "/api/drafts", "body": r#"{"note":"plain"}"# });
    let log = json!({ "do": "log", "message": "the passcode is SEAL" });
    let steps = [log, post(r#"{"secret":SEAL}"#), read, draft];
    let script = json!({ "steps": steps, "then": "told" });
    let handed = scene
        .deliver(COURIER_PUPPET, &grant(vault.url()), &script)
        .await;
    let told = told(&handed);
    // The vault shows the passcode to whoever reads the secret: that answer stays outside.
    assert!(told.contains("Withheld"), "{told}");
    // An answer without it passes, as far as the route lets it.
    assert!(
        told.contains(r#"\"note\":\"{\\\"note\\\":\\\"plain\\\"}\""#),
        "{told}"
    );
    assert!(!told.contains("location"), "{told}");
    let logged = scene.logged();
    assert!(logged.contains("$sealed"), "the courier logs what it has");
    assert!(logged.contains("one-time") || logged.contains("/api/secrets: 200"));
    let secrets = [scene.passcode.reveal().to_owned(), TOKEN.to_owned()];
    assert_absent("what the courier was told", told.as_bytes(), &secrets);
    assert_absent("the log", logged.as_bytes(), &secrets);
    assert_absent(
        "what was handed",
        format!("{handed:?}").as_bytes(),
        &secrets,
    );
    // The search finds what is there.
    let sent = format!("{:?}", vault.seen());
    assert!(occurs(sent.as_bytes(), scene.passcode.reveal()));
}

#[tokio::test]
async fn a_couriers_word_alone_is_not_believed() {
    let scene = Scene::new().await;
    let vault = chatty(200, &scene.passcode).await;
    let cases = [
        (json!([]), "ok", Carriage::NotSent, false),
        (
            json!([post(r#"{"secret":SEAL}"#)]),
            "ok",
            Carriage::Answered(200),
            true,
        ),
        (
            json!([post(r#"{"secret":SEAL}"#)]),
            "told",
            Carriage::Answered(200),
            false,
        ),
        (
            json!([post(r#"{"secret":SEAL}"#)]),
            "trap",
            Carriage::Answered(200),
            false,
        ),
    ];
    for (steps, then, carriage, arrived) in cases {
        let script = json!({ "steps": steps, "then": then });
        let handed = scene
            .deliver(COURIER_PUPPET, &grant(vault.url()), &script)
            .await;
        assert_eq!(
            (handed.carriage, handed.arrived()),
            (carriage, arrived),
            "{then}"
        );
    }
    // Nobody there, and no credential: nothing was sent.
    let gone = grant("http://127.0.0.1:1");
    let script = json!({ "steps": [post(r#"{"secret":SEAL}"#)], "then": "ok" });
    let handed = scene.deliver(COURIER_PUPPET, &gone, &script).await;
    assert_eq!(handed.carriage, Carriage::NotSent);
    assert!(!handed.arrived());
    let file = grant(vault.url())
        .lines()
        .find(|line| line.contains("credential"))
        .unwrap()
        .to_owned();
    let nothing = grant(vault.url()).replace(
        &file,
        "credential = { scheme = \"bearer\", file = \"/nowhere/at/all\" }",
    );
    let script = json!({ "steps": [post(r#"{"secret":SEAL}"#)], "then": "told" });
    let handed = scene.deliver(COURIER_PUPPET, &nothing, &script).await;
    assert_eq!(handed.carriage, Carriage::NotSent);
    assert_eq!(handed.said.unwrap_err().code(), "extension-credential");
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_sent() {
    let scene = Scene::new().await;
    let vault = chatty(200, &scene.passcode).await;
    let (bytes, grant) = (COURIER_PUPPET, grant(vault.url()));
    let grant = ExtensionGrant::parse(&grant).unwrap();
    let host = &scene.bench.host;
    let (name, world) = ("contoso.example/vault", World::PasscodeCourier);
    let loaded = host.extension(name, world, bytes, &grant.authority, grant.destinations);
    let courier = loaded.await.unwrap();
    let ledger = scene.bench.ledger.clone();
    let runner = Runner::new(
        host.clone(),
        scene.bench.action.clone(),
        ledger.clone(),
        None,
    );
    let mut wanted = scene.bench.wanted(&scene.device.id, Verb::Reset);
    wanted.again = true;
    let script = json!({ "steps": [post(r#"{"secret":SEAL}"#)], "then": "ok" });
    wanted.reason = Some(script.to_string());
    let plan = scene.bench.action.prepare(&wanted).await.unwrap();
    scene.bench.action.commit(&plan.id).await.unwrap();
    let observed = runner.look(&plan.id).await.unwrap();
    assert!(observed.passcode.is_some());

    ledger.fail(Fail::Deliver);
    let handed = runner.hand_over(&plan, &observed, &courier).await;
    assert!(matches!(handed, Err(HostError::Ledger(_))), "{handed:?}");
    assert!(vault.seen().is_empty());
    ledger.recover();
    let handed = runner.hand_over(&plan, &observed, &courier).await.unwrap();
    assert_eq!(handed, Some(Handover::Delivered));
    assert_eq!(vault.seen().len(), 1);
    let attempts = ledger.attempts(&plan.id).await.unwrap();
    let to = attempts[0].delivery().map(|(_, to)| to.as_str());
    assert_eq!(to, Some("courier contoso.example/vault"));
}

#[tokio::test]
async fn without_a_grant_a_courier_reaches_nothing() {
    let scene = Scene::new().await;
    let nothing = "contract = \"0.1.0\"";
    let script = json!({ "steps": [post(r#"{"secret":SEAL}"#)], "then": "told" });
    let handed = scene.deliver(COURIER_PUPPET, nothing, &script).await;
    assert!(told(&handed).contains("destination"), "{handed:?}");
    assert_eq!(handed.carriage, Carriage::NotSent);
    assert_eq!(Authority::none().routes().len(), 0);
}
