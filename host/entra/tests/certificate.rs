//! The certificate against an authority on this machine.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step is how a test says that it failed"
)]

mod common;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::{Authority, CLIENT, TENANT, http, refusal, token};
use p12_keystore::{
    Certificate as PfxCertificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain,
};
use passcode_entra::{Certificate, ClientCertificate};
use passcode_host::credential::Credential as _;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};
use serde_json::Value;

struct Made {
    key: KeyPair,
    certificate: rcgen::Certificate,
}

impl Made {
    fn new(algorithm: &'static rcgen::SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(vec!["app.example".into()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { key, certificate }
    }

    fn rsa() -> Self {
        Self::new(&PKCS_RSA_SHA256)
    }

    fn pem(&self) -> String {
        format!("{}{}", self.key.serialize_pem(), self.certificate.pem())
    }

    fn pfx(&self, password: &str) -> Vec<u8> {
        let key = PrivateKey::from_der(&self.key.serialize_der()).unwrap();
        let certificate = PfxCertificate::from_der(self.certificate.der()).unwrap();
        let chain = PrivateKeyChain::new("1".to_owned(), key, [certificate]);
        let mut store = KeyStore::new();
        store.add_entry("app", KeyStoreEntry::PrivateKeyChain(chain));
        store.writer(password).write().unwrap()
    }
}

fn app(authority: &Authority, certificate: Certificate) -> ClientCertificate {
    ClientCertificate::new(authority.cloud(), TENANT, CLIENT, certificate, http()).unwrap()
}

/// Header and claims, if the signature is this key's.
fn opened(assertion: &str, made: &Made) -> (Value, Value) {
    let (text, signature) = assertion.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = RsaKeyPair::from_pkcs8(&made.key.serialize_der()).unwrap();
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public_key().as_ref())
        .verify(text.as_bytes(), &signature)
        .unwrap();
    let (header, claims) = text.split_once('.').unwrap();
    let part = |text: &str| {
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    (part(header), part(claims))
}

#[tokio::test]
async fn each_request_carries_an_assertion_of_its_own() {
    let made = Made::rsa();
    let authority = Authority::start(vec![token("t", 3600)]).await;
    let app = app(
        &authority,
        Certificate::from_pem(made.pem().as_bytes()).unwrap(),
    );
    let mut request = authority.request();
    app.token(&request).await.unwrap();
    request.renew = true;
    app.token(&request).await.unwrap();

    let asked = authority.asked();
    let mut ids = Vec::new();
    for asked in &asked {
        assert_eq!(asked.field("grant_type").unwrap(), "client_credentials");
        assert_eq!(asked.field("client_id").unwrap(), CLIENT);
        assert_eq!(
            asked.field("client_assertion_type").unwrap(),
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        assert_eq!(
            asked.field("claims").unwrap(),
            r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#
        );
        let (header, claims) = opened(&asked.field("client_assertion").unwrap(), &made);
        let print = URL_SAFE_NO_PAD.encode(digest(&SHA256, made.certificate.der()));
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&"PS256".into(), &"JWT".into())
        );
        assert_eq!(header["x5t#S256"], print);
        assert!(header.get("x5c").is_none() && header.get("x5t").is_none());
        let endpoint = format!("{}/{TENANT}/oauth2/v2.0/token", authority.origin);
        assert_eq!(claims["aud"], endpoint);
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&CLIENT.into(), &CLIENT.into())
        );
        let at = |name: &str| claims[name].as_i64().unwrap();
        assert_eq!(at("exp") - at("nbf"), 300);
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        assert!((now - 30..=now).contains(&at("nbf")));
        ids.push(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    assert!(ids[0].len() >= 43, "256 bits");
    assert_eq!(app.kind(), "client-certificate");
}

#[tokio::test]
async fn a_second_try_carries_another_assertion() {
    let made = Made::rsa();
    let busy = refusal(503, "temporarily_unavailable", 90_033, "A transient error.");
    let authority = Authority::start(vec![busy, token("t", 3600)]).await;
    let app = app(
        &authority,
        Certificate::from_pem(made.pem().as_bytes()).unwrap(),
    );
    app.token(&authority.request()).await.unwrap();
    let asked = authority.asked();
    assert_eq!(asked.len(), 2);
    assert_ne!(
        asked[0].field("client_assertion"),
        asked[1].field("client_assertion")
    );
}

#[tokio::test]
async fn the_chain_is_sent_when_it_is_wanted() {
    let (made, issuer) = (Made::rsa(), Made::rsa());
    // The issuer's first: the order of the file is not the order of the chain.
    let pem = format!("{}{}", issuer.certificate.pem(), made.pem());
    let certificate = Certificate::from_pem(pem.as_bytes()).unwrap().with_chain();
    let authority = Authority::start(vec![token("t", 3600)]).await;
    app(&authority, certificate)
        .token(&authority.request())
        .await
        .unwrap();
    let (header, _) = opened(
        &authority.asked()[0].field("client_assertion").unwrap(),
        &made,
    );
    let own = STANDARD.encode(made.certificate.der());
    let other = STANDARD.encode(issuer.certificate.der());
    assert_eq!(header["x5c"], serde_json::json!([own, other]));
}

#[tokio::test]
async fn pem_and_pfx_files_are_told_apart_by_what_is_in_them() {
    let made = Made::rsa();
    let folder = tempfile::tempdir().unwrap();
    let print = digest(&SHA256, made.certificate.der());
    for (bytes, password) in [
        (made.pem().into_bytes(), ""),
        (made.pfx("CANARY-password"), "CANARY-password"),
        (made.pfx(""), ""),
    ] {
        let path = folder.path().join("certificate");
        std::fs::write(&path, bytes).unwrap();
        let read = Certificate::read(&path, password).unwrap();
        assert_eq!(read.thumbprint(), print.as_ref());
        let authority = Authority::start(vec![token("t", 3600)]).await;
        app(&authority, read)
            .token(&authority.request())
            .await
            .unwrap();
        opened(
            &authority.asked()[0].field("client_assertion").unwrap(),
            &made,
        );
    }
}

#[test]
fn what_cannot_sign_for_its_certificate_is_refused() {
    let (made, other, curve) = (Made::rsa(), Made::rsa(), Made::new(&PKCS_ECDSA_P256_SHA256));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("CANARY-is-no-secret-here");
    let key = made.key.serialize_pem();
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let table: &[(&str, Vec<u8>, &str)] = &[
        ("nothing", vec![], "neither PEM nor PFX"),
        ("garbage", b"garbage".to_vec(), "neither PEM nor PFX"),
        (
            "another password",
            made.pfx("another"),
            "its password is another one",
        ),
        (
            "a key alone",
            key.clone().into_bytes(),
            "no certificate in it belongs",
        ),
        (
            "a certificate alone",
            made.certificate.pem().into_bytes(),
            "no private key",
        ),
        (
            "another's certificate",
            format!("{key}{}", other.certificate.pem()).into_bytes(),
            "no certificate in it belongs",
        ),
        (
            "an elliptic curve",
            curve.pem().into_bytes(),
            "not an RSA key",
        ),
        (
            "an encrypted key",
            format!("{encrypted}{}", made.certificate.pem()).into_bytes(),
            "is encrypted",
        ),
    ];
    for (case, bytes, says) in table {
        std::fs::write(&path, bytes).unwrap();
        let refused = Certificate::read(&path, "wrong").unwrap_err();
        assert_eq!(refused.code, "certificate-invalid", "{case}");
        assert!(
            refused.message.contains(says),
            "{case}: {}",
            refused.message
        );
    }
    let refused = Certificate::read(&folder.path().join("none"), "").unwrap_err();
    assert_eq!(refused.code, "certificate-unreadable");
    let refused = Certificate::read(folder.path(), "").unwrap_err();
    assert_eq!(refused.code, "certificate-unreadable");
    std::fs::write(&path, vec![b'-'; 2_000_000]).unwrap();
    let refused = Certificate::read(&path, "").unwrap_err();
    assert_eq!(refused.code, "certificate-unreadable");
}

#[tokio::test]
async fn neither_the_key_nor_an_assertion_is_printed() {
    let made = Made::rsa();
    let key = made.key.serialize_pem();
    let line = key.lines().nth(2).unwrap();
    let authority = Authority::start(vec![token("CANARY-token", 3600)]).await;
    let certificate = Certificate::from_pem(made.pem().as_bytes()).unwrap();
    let printed = format!("{certificate:?}");
    assert!(printed.contains("****"), "{printed}");
    let app = app(&authority, certificate);
    let given = app.token(&authority.request()).await.unwrap();
    let printed = format!("{printed} {app:?} {app:#?} {given:?}");
    assert!(
        !printed.contains(line) && !printed.contains("CANARY"),
        "{printed}"
    );

    // An authority that repeats the assertion in its refusal.
    let asked = authority.asked()[0].field("client_assertion").unwrap();
    assert!(asked.len() > 300, "the canary is there");
    let echo = Echo::start().await;
    let app = ClientCertificate::new(
        echo.cloud(),
        TENANT,
        CLIENT,
        Certificate::from_pem(made.pem().as_bytes()).unwrap(),
        http(),
    )
    .unwrap();
    let refused = app.token(&echo.request()).await.unwrap_err();
    assert!(refused.message.contains("****"), "{}", refused.message);
    assert!(!format!("{refused:?}").contains("eyJ"), "{refused:?}");
}

/// An authority that repeats what it was sent.
struct Echo(String);

impl Echo {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(|body: String| async move {
            let assertion = url::form_urlencoded::parse(body.as_bytes())
                .find(|(name, _)| name == "client_assertion")
                .map(|(_, value)| value.into_owned())
                .unwrap();
            let body =
                serde_json::json!({"error": "invalid_client", "error_description": assertion});
            (axum::http::StatusCode::UNAUTHORIZED, body.to_string())
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self(origin)
    }

    fn cloud(&self) -> passcode_entra::Cloud {
        passcode_entra::Cloud::custom(&self.0, &self.0, &[]).unwrap()
    }

    fn request(&self) -> passcode_host::credential::TokenRequest {
        passcode_host::credential::TokenRequest {
            scope: self.cloud().scope(),
            claims: None,
            renew: false,
        }
    }
}
