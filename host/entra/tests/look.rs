//! How far a request came that got no answer: name, connection, proxy, encryption, time, answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use passcode_entra::{Cloud, Http, HttpOptions, NotSeen, Stage};
use passcode_host::credential::AccessToken;
use passcode_practice::{PracticeOptions, PracticeTenant, TokenRequest};

fn http(roots: &[u8]) -> Http {
    // Fails only if one is installed already.
    let _ = rustls_provider();
    Http::new(&HttpOptions {
        extra_roots: roots.to_vec(),
        connect_timeout: Duration::from_secs(2),
        timeout: Duration::from_secs(2),
    })
    .unwrap()
}

fn rustls_provider() -> Result<(), ()> {
    tokio_rustls::rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| ())
}

/// Somebody who reads a little and answers this.
fn answering(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut some = [0; 256];
            let _ = stream.read(&mut some);
            let _ = stream.write_all(answer);
        }
    });
    address
}

async fn stage(http: &Http, origin: &str) -> Stage {
    let NotSeen { stage, cause } = http.look(origin, "/").await.unwrap_err();
    assert!(!cause.is_empty(), "{origin}");
    assert!(!cause.contains("127.0.0.1"), "{cause}");
    stage
}

#[tokio::test]
async fn a_failure_says_how_far_it_came() {
    let http = http(b"");
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap();
    drop(free);
    let plain = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let cut = answering(b"HTTP/1.1 200 OK\r\ncon");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_at = silent.local_addr().unwrap();
    for (origin, expected) in [
        (format!("http://{nobody}"), Stage::Connection),
        (format!("https://{nobody}"), Stage::Connection),
        (format!("https://{plain}"), Stage::Encryption),
        (format!("http://{cut}"), Stage::Answer),
        (format!("http://{silent_at}"), Stage::Time),
        (format!("https://{silent_at}"), Stage::Time),
        ("https://nowhere.invalid".to_owned(), Stage::Name),
    ] {
        assert_eq!(stage(&http, &origin).await, expected, "{origin}");
    }
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_told_from_no_connection() {
    let tenant = PracticeTenant::start(PracticeOptions::immediate().https(Some(0))).unwrap();
    let origin = tenant.https_url().unwrap();
    assert_eq!(stage(&http(b""), origin).await, Stage::Encryption);
    let trusting = http(tenant.ca_pem().unwrap().as_bytes());
    assert_eq!(trusting.look(origin, "/v1.0/x").await.unwrap().status, 401);
}

#[tokio::test]
async fn a_token_goes_to_the_clouds_graph_and_is_a_get() {
    let tenant = PracticeTenant::start(PracticeOptions::immediate()).unwrap();
    let cloud = Cloud::custom(tenant.url(), tenant.url(), &[]).unwrap();
    let token = AccessToken::new(tenant.mint_token(&TokenRequest::help_desk()), None);
    let path = "/v1.0/deviceManagement/getEffectivePermissions(scope='*')";
    let seen = http(b"").look_with(&cloud, path, &token).await.unwrap();
    assert_eq!(seen.status, 200);
    assert!(seen.date.is_some() && seen.request_id.is_some());
    let journal = tenant.journal();
    let entry = journal.last().unwrap();
    assert_eq!((entry.method.as_str(), entry.had_token), ("GET", true));
    assert_eq!(entry.route, "getEffectivePermissions");
    // What is appended to an origin could make a user name of it.
    let other = PracticeTenant::start(PracticeOptions::immediate()).unwrap();
    let (_, elsewhere) = other.url().split_once("//").unwrap();
    for stray in [format!("@{elsewhere}/v1.0/x"), ".example/".to_owned()] {
        assert!(http(b"").look_with(&cloud, &stray, &token).await.is_err());
    }
    assert!(other.journal().is_empty());
    assert_eq!(tenant.journal().len(), journal.len());
}
