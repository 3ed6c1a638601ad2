//! What goes over the wire, and to whom: certificates and proxies.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step is how a test says that it failed"
)]

use std::process::Command;
use std::sync::{Arc, Mutex};

use passcode_entra::{ClientSecret, Cloud, Http, HttpOptions};
use passcode_host::credential::{Credential as _, CredentialError, TokenRequest};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};

const SECRET: &str = "CANARY-secret";

async fn token(cloud: Cloud, http: Http) -> Result<String, CredentialError> {
    let scope = cloud.scope();
    let app = ClientSecret::new(cloud, "contoso.example", "an-app", SECRET.into(), http)?;
    let request = TokenRequest {
        scope,
        claims: None,
        renew: false,
    };
    let token = app.token(&request).await?;
    Ok(token.secret().to_owned())
}

/// Read one request, remember it, answer with a token.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    // The form ends with the claims.
    while !request.ends_with(b"%7D%7D%7D") && !request.ends_with(b"\r\n\r\n")
        || request.starts_with(b"POST") && !request.ends_with(b"%7D%7D%7D")
    {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(length) => request.extend_from_slice(&chunk[..length]),
        }
    }
    seen.lock()
        .unwrap()
        .push(String::from_utf8_lossy(&request).into_owned());
    let body = r#"{"token_type":"Bearer","expires_in":3600,"access_token":"t"}"#;
    let head = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A listener that answers anything with a token, or, where it may not, hangs up.
async fn listen(tls: Option<TlsAcceptor>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            match &tls {
                None => answer(stream, &noted).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        answer(stream, &noted).await;
                    }
                }
            }
        }
    });
    (address, seen)
}

/// A certificate authority, and a server with its certificate for `name`.
fn certificates(name: &str) -> (String, TlsAcceptor) {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let ca_key = KeyPair::generate().unwrap();
    let pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (pem, TlsAcceptor::from(Arc::new(config)))
}

fn http(extra_roots: &str) -> Http {
    Http::new(&HttpOptions {
        extra_roots: extra_roots.as_bytes().to_vec(),
        ..HttpOptions::default()
    })
    .unwrap()
}

#[tokio::test]
async fn an_authority_has_to_prove_who_it_is() {
    let (ours, server) = certificates("127.0.0.1");
    let (theirs, _) = certificates("127.0.0.1");
    let (address, seen) = listen(Some(server)).await;
    let origin = format!("https://{address}");
    let cloud = || Cloud::custom(&origin, &origin, &[]).unwrap();

    for untrusted in ["", theirs.as_str()] {
        let refused = token(cloud(), http(untrusted)).await.unwrap_err();
        assert_eq!(refused.code, "sign-in-tls", "{refused:?}");
        assert!(!refused.transient);
        assert!(refused.remedy.contains("SSL_CERT_FILE"));
    }
    assert!(
        seen.lock().unwrap().is_empty(),
        "nothing was said to a stranger"
    );
    assert_eq!(token(cloud(), http(&ours)).await.unwrap(), "t");
    let both = format!("{theirs}{ours}");
    assert_eq!(token(cloud(), http(&both)).await.unwrap(), "t");

    // A certificate for another name.
    let (pem, server) = certificates("login.example.com");
    let (address, seen) = listen(Some(server)).await;
    let origin = format!("https://{address}");
    let cloud = Cloud::custom(&origin, &origin, &[]).unwrap();
    assert_eq!(
        token(cloud, http(&pem)).await.unwrap_err().code,
        "sign-in-tls"
    );
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn localhost_is_this_machine() {
    let (address, _) = listen(None).await;
    let origin = address.replace("127.0.0.1", "http://localhost");
    let cloud = Cloud::custom(&origin, &origin, &[]).unwrap();
    assert_eq!(token(cloud, http("")).await.unwrap(), "t");
}

/// Proxies are read from the environment when a client is made, so this part runs in a process
/// of its own.
#[tokio::test]
async fn the_child() {
    let Ok(authority) = std::env::var("PASSCODE_ENTRA_TEST_AUTHORITY") else {
        return;
    };
    let cloud = Cloud::custom(&authority, &authority, &["https://login.invalid".into()]).unwrap();
    let result = token(cloud, http("")).await.map_err(|error| error.code);
    println!("result {result:?}");
}

async fn run_with_proxy(authority: &str, proxy: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", "the_child"]);
    command.env("PASSCODE_ENTRA_TEST_AUTHORITY", authority);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
    ] {
        command.env(name, proxy);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_proxy_is_used_but_never_told_the_secret() {
    let (proxy, through_proxy) = listen(None).await;
    let with_user = format!("http://user:CANARY-proxy@{proxy}");

    // A loopback address is reached directly, whatever the environment says.
    let (authority, reached) = listen(None).await;
    let said = run_with_proxy(&format!("http://{authority}"), &with_user).await;
    assert!(said.contains(r#"result Ok("t")"#), "{said}");
    assert_eq!(reached.lock().unwrap().len(), 1);
    assert!(
        reached.lock().unwrap()[0].contains(SECRET),
        "the canary was sent to whom it is for"
    );
    assert!(through_proxy.lock().unwrap().is_empty());

    // Any other is asked of the proxy, which sees a name and nothing else.
    let said = run_with_proxy("https://login.invalid", &with_user).await;
    assert!(said.contains("result Err("), "{said}");
    assert!(!said.contains("CANARY"), "{said}");
    let through_proxy = through_proxy.lock().unwrap();
    assert!(!through_proxy.is_empty());
    for request in through_proxy.iter() {
        assert!(
            request.starts_with("CONNECT login.invalid:443 "),
            "{request}"
        );
        assert!(!request.contains("CANARY"), "{request}");
    }
}
