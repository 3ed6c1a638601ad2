//! Signing in, https, control, state, journal.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test fail it by panicking"
)]

mod common;

use common::{Answer, address, get, reset, send, tenant};
use passcode_practice::{
    ActionState, Fleet, PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET, PRACTICE_TENANT_ID,
    PracticeError, PracticeOptions, PracticeTenant, RemoteAction,
};
use serde_json::{Value, json};
use std::sync::Arc;

fn form(tenant: &PracticeTenant, directory: &str, id: &str, secret: &str, scope: &str) -> Answer {
    let body = format!(
        "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={scope}"
    );
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    send(
        tenant,
        "POST",
        &format!("/{directory}/oauth2/v2.0/token"),
        &[kind],
        &body,
    )
    .expect("answer")
}

#[test]
fn a_client_secret_buys_a_token_that_works() {
    let tenant = tenant();
    let scope = format!("{}/.default", tenant.url())
        .replace(':', "%3A")
        .replace('/', "%2F");
    let answer = form(
        &tenant,
        PRACTICE_TENANT_ID,
        PRACTICE_CLIENT_ID,
        PRACTICE_CLIENT_SECRET,
        &scope,
    );
    assert_eq!(answer.status, 200);
    let token = format!(
        "Bearer {}",
        answer.json()["access_token"].as_str().expect("token")
    );
    let path = address(&tenant, "KIOSK-0001");
    assert_eq!(
        send(&tenant, "GET", &path, &[("Authorization", &token)], "")
            .expect("answer")
            .status,
        200
    );
    let journal = serde_json::to_string(&tenant.journal()).expect("journal");
    assert!(!journal.contains(PRACTICE_CLIENT_SECRET) && !journal.contains(&token[7..]));
    assert!(journal.contains("client_secret=***"));
}

#[test]
fn entra_says_no_in_its_own_words() {
    let tenant = tenant();
    let scope = format!("{}/.default", tenant.url());
    let (t, c, s) = (
        PRACTICE_TENANT_ID,
        PRACTICE_CLIENT_ID,
        PRACTICE_CLIENT_SECRET,
    );
    for (answer, status, error, code) in [
        (
            form(&tenant, t, c, "wrong", &scope),
            401,
            "invalid_client",
            7_000_215,
        ),
        (
            form(&tenant, t, "nobody", s, &scope),
            400,
            "unauthorized_client",
            700_016,
        ),
        (
            form(&tenant, "elsewhere", c, s, &scope),
            400,
            "invalid_request",
            90_002,
        ),
        (
            form(&tenant, t, c, s, "https://graph.microsoft.com/.default"),
            400,
            "invalid_scope",
            70_011,
        ),
        (
            form(&tenant, t, c, s, tenant.url()),
            400,
            "invalid_scope",
            70_011,
        ),
    ] {
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["error"], &body["error_codes"]),
            (status, &json!(error), &json!([code]))
        );
        assert!(
            body["error_description"]
                .as_str()
                .expect("text")
                .starts_with(&format!("AADSTS{code}: "))
        );
        for name in ["timestamp", "trace_id", "correlation_id"] {
            assert!(body[name].is_string(), "{name}");
        }
    }
    for (fault, status, code) in [
        ("429,route=token,seconds=7", 429, 90_055),
        ("500,route=token", 500, 90_006),
        ("503-before-accept,route=token", 503, 90_006),
    ] {
        tenant.inject_named(fault).expect("fault");
        let answer = form(&tenant, t, c, s, &scope);
        let body = answer.json();
        assert_eq!(answer.status, status, "{fault}");
        assert_eq!(body["error"], "temporarily_unavailable", "{fault}");
        assert_eq!(body["error_codes"], json!([code]), "{fault}");
        let wait = (status == 429).then_some("7");
        assert_eq!(answer.header("retry-after"), wait, "{fault}");
    }
    let path = format!("/{t}/v2.0/.well-known/openid-configuration");
    let discovery = send(&tenant, "GET", &path, &[], "").expect("answer").json();
    assert_eq!(
        discovery["token_endpoint"],
        format!("{}/{t}/oauth2/v2.0/token", tenant.url())
    );
}

#[test]
fn https_is_trusted_by_its_own_authority_only() {
    let options = PracticeOptions::immediate().http(None).https(Some(0));
    let tenant = PracticeTenant::start(options).expect("tenant");
    assert!(tenant.http_url().is_none() && tenant.url().starts_with("https://"));
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("ca.pem");
    tenant.write_ca(&file).expect("written");
    let pem = std::fs::read_to_string(&file).expect("pem");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));

    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
    let mut roots = rustls::RootCertStore::empty();
    let trusting = |roots: rustls::RootCertStore| {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("name");
        let mut session = rustls::ClientConnection::new(Arc::new(config), name).expect("session");
        let authority = tenant.url().strip_prefix("https://").expect("https");
        let mut socket = std::net::TcpStream::connect(authority).expect("connect");
        let mut stream = rustls::Stream::new(&mut session, &mut socket);
        use std::io::{Read as _, Write as _};
        stream
            .write_all(b"GET /beta/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).into_owned())
    };
    assert!(trusting(roots.clone()).is_err());
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("der"))
        .expect("root");
    assert!(trusting(roots).expect("answer").starts_with("HTTP/1.1 401"));
}

#[test]
fn the_tenant_can_be_steered_over_http() {
    let tenant =
        PracticeTenant::start(PracticeOptions::new().control_key("sesame")).expect("tenant");
    let call = |method: &str, path: &str, body: &str| {
        send(
            &tenant,
            method,
            &format!("/practice/{path}"),
            &[("X-Practice-Key", "sesame")],
            body,
        )
        .expect("answer")
    };
    assert_eq!(
        send(&tenant, "GET", "/practice/state", &[], "")
            .expect("answer")
            .status,
        401
    );
    assert_eq!(
        send(
            &tenant,
            "GET",
            "/practice/state",
            &[("X-Practice-Key", "x")],
            ""
        )
        .expect("answer")
        .status,
        401
    );

    let token = call("POST", "tokens", r#"{"user":"ops@contoso.example"}"#).json();
    let token = format!("Bearer {}", token["token"].as_str().expect("token"));
    let post = |device: &str| {
        let path = format!("{}/resetPasscode", address(&tenant, device));
        send(
            &tenant,
            "POST",
            &path,
            &[("Authorization", &token), ("Content-Length", "0")],
            "",
        )
    };
    assert_eq!(call("POST", "time", r#"{"pace":0}"#).status, 204);
    assert_eq!(
        call(
            "POST",
            "faults",
            r#"{"faults":["drop-after-accept:KIOSK-0001"]}"#
        )
        .status,
        204
    );
    assert_eq!(
        call("GET", "faults", "").json()["waiting"],
        json!(["drop-after-accept"])
    );
    assert!(post("KIOSK-0001").is_none());
    let counts = call("GET", "counts", "").json();
    assert_eq!(counts[0]["accepted"], 1);
    assert_eq!(
        call("GET", "journal", "").json()[0]["caller"],
        "ops@contoso.example"
    );
    let device = call(
        "POST",
        "devices",
        r#"{"device":"KIOSK-0001","online":false,"properties":{"lostModeState":"enabled"}}"#,
    )
    .json();
    assert_eq!(device["lostModeState"], "enabled");
    assert_eq!(device["deviceActionResults"][0]["actionState"], "done");
    assert_eq!(post("KIOSK-0001").expect("answer").status, 204);
    assert_eq!(
        tenant.resets("KIOSK-0001").expect("resets")[1].0,
        ActionState::Pending
    );
    assert_eq!(call("DELETE", "tokens", "").status, 204);
    assert_eq!(post("KIOSK-0001").expect("answer").status, 401);

    let state = call("GET", "state", "").json().to_string();
    assert_eq!(call("PUT", "state", &state).status, 204);
    for (method, path, body, status) in [
        ("POST", "faults", r#"{"faults":["nonsense"]}"#, 400),
        ("POST", "time", r#"{"speed":1}"#, 400),
        ("PUT", "state", "{}", 400),
        ("POST", "devices", r#"{"device":"NOBODY"}"#, 400),
        ("GET", "nothing", "", 404),
    ] {
        assert_eq!(call(method, path, body).status, status, "{method} {path}");
    }
}

#[test]
fn a_saved_state_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("state.json");
    {
        let tenant = PracticeTenant::start(PracticeOptions::new()).expect("tenant");
        tenant.next_passcode("Kept-80");
        reset(&tenant, "KIOSK-0001");
        tenant.save_state(&file).expect("saved");
    }
    let tenant = PracticeTenant::start(PracticeOptions::new().state(&file)).expect("tenant");
    assert_eq!(tenant.resets("KIOSK-0001").expect("resets")[0].1, None);
    tenant.advance(std::time::Duration::from_secs(30));
    assert_eq!(
        tenant.resets("KIOSK-0001").expect("resets")[0].1.as_deref(),
        Some("Kept-80")
    );
    std::fs::write(&file, "{").expect("written");
    let refused = PracticeTenant::start(PracticeOptions::new().state(&file));
    assert!(matches!(refused, Err(PracticeError::State(_))));
}

#[test]
fn writes_stand_in_the_journal_file_before_the_answer() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("writes.jsonl");
    let options = PracticeOptions::immediate().journal_file(&file);
    let tenant = PracticeTenant::start(options).expect("tenant");
    reset(&tenant, "KIOSK-0001");
    tenant.inject_named("drop-after-accept").expect("fault");
    let path = format!("{}/resetPasscode", address(&tenant, "COBO-0002"));
    assert!(common::try_post(&tenant, &path).is_none());
    get(&tenant, &address(&tenant, "COBO-0002"));
    let text = std::fs::read_to_string(&file).expect("file");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("json"))
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines
            .iter()
            .all(|line| line["accepted"] == true && line["route"] == "resetPasscode")
    );
    assert!(!text.to_lowercase().contains("bearer"));
}

#[test]
fn ids_are_echoed_and_the_date_is_the_services_own() {
    let tenant = tenant();
    tenant.set_clock_offset(-3_600);
    let token = common::bearer(&tenant);
    let headers = [
        ("Authorization", token.as_str()),
        ("client-request-id", "mine-1"),
    ];
    let answer = send(
        &tenant,
        "GET",
        "/beta/deviceManagement/nothing",
        &headers,
        "",
    )
    .expect("answer");
    assert_eq!(answer.header("client-request-id"), Some("mine-1"));
    assert_eq!(
        answer.json()["error"]["innerError"]["client-request-id"],
        "mine-1"
    );
    assert_eq!(
        Some(
            answer.json()["error"]["innerError"]["request-id"]
                .as_str()
                .expect("id")
        ),
        answer.header("request-id")
    );
    let date = time::OffsetDateTime::parse(
        &answer.header("date").expect("date").replace("GMT", "+0000"),
        &time::format_description::well_known::Rfc2822,
    )
    .expect("date");
    let behind = time::OffsetDateTime::now_utc() - date;
    assert!((3_590..3_620).contains(&behind.whole_seconds()), "{behind}");
}

#[test]
fn only_loopback_is_served() {
    let options = PracticeOptions::new().address("0.0.0.0".parse().expect("address"));
    assert!(matches!(
        PracticeTenant::start(options),
        Err(PracticeError::NotLoopback(_))
    ));
}

#[test]
fn a_fleet_file_gives_the_devices() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("fleet.toml");
    std::fs::write(
        &file,
        "[[device]]\nkind = \"cosu\"\nname = \"ONE\"\nserial = \"S1\"\n",
    )
    .expect("written");
    let fleet = Fleet::read(&file).expect("fleet");
    let tenant = PracticeTenant::start(PracticeOptions::immediate().fleet(fleet)).expect("tenant");
    assert_eq!(tenant.device_ids().len(), 1);
    assert_eq!(reset(&tenant, "ONE").status, 204);
    assert_eq!(tenant.count("S1", RemoteAction::ResetPasscode).received, 1);
    std::fs::write(
        &file,
        "[[device]]\nkind = \"cosu\"\nname = \"ONE\"\nserial = \"S1\"\nsize = 3\n",
    )
    .expect("written");
    let message = Fleet::read(&file).expect_err("refused").to_string();
    assert!(
        message.contains("fleet.toml") && message.contains("line 5"),
        "{message}"
    );
}
