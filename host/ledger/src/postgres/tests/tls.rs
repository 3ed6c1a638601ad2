//! A server elsewhere proves who it is. This one is here, by an address that its certificate names.

use std::time::Duration;

use passcode_host::ledger::LedgerError;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use sqlx::Row as _;

use crate::PostgresLedger;
use crate::postgres::pool;

/// An authority, and what it says of a server of that name.
struct Signed {
    authority: String,
    certificate: String,
    key: String,
}

fn signed(name: &str) -> Signed {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.to_owned()]).unwrap();
    Signed {
        authority: pem,
        certificate: leaf.signed_by(&key, &issuer).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

async fn encrypted(url: &str) -> Result<bool, LedgerError> {
    let ledger = PostgresLedger::open(url, true).await?;
    let mut tx = ledger.pool.begin(pool::READ).await?;
    let row = sqlx::query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        .fetch_one(&mut tx.connection)
        .await
        .unwrap();
    tx.end(Ok(row.get(0))).await
}

#[tokio::test]
async fn a_server_that_does_not_prove_who_it_is_is_refused() {
    let Some(server) = passcode_test_postgres::own(&[]) else {
        return;
    };
    let database = server.named_database();
    let plain = server.address_url(&database);
    let refused = encrypted(&format!("{plain}?sslmode=verify-full")).await;
    assert!(refused.is_err(), "no TLS at all: {refused:?}");

    let stranger = server.file("stranger.pem", &signed("127.0.0.1").authority);
    for name in ["127.0.0.1", "db.contoso.example"] {
        let ours = signed(name);
        let authority = server.file("authority.pem", &ours.authority);
        let certificate = server.file("server.crt", &ours.certificate);
        let key = server.file("server.key", &ours.key);
        server.set(&[
            "ssl = on",
            &format!("ssl_cert_file = '{}'", certificate.display()),
            &format!("ssl_key_file = '{}'", key.display()),
        ]);
        let with = |mode: &str, root: &std::path::Path| {
            format!("{plain}?sslmode={mode}&sslrootcert={}", root.display())
        };
        // It reads its settings in its own time.
        let known = with("verify-ca", &authority);
        let ready = async {
            while !matches!(encrypted(&known).await, Ok(true)) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ready)
            .await
            .expect("the server speaks TLS");
        let is_named = name == "127.0.0.1";
        let full = encrypted(&with("verify-full", &authority)).await;
        assert_eq!(full.is_ok(), is_named, "{name}: {full:?}");
        for (case, url) in [
            (
                "an unknown authority",
                format!("{plain}?sslmode=verify-full"),
            ),
            ("another authority", with("verify-full", &stranger)),
            ("another authority", with("verify-ca", &stranger)),
        ] {
            let refused = encrypted(&url).await;
            assert!(refused.is_err(), "{name}, {case}: {refused:?}");
        }
        // Whoever says that it need not prove it, is believed.
        assert_eq!(
            encrypted(&format!("{plain}?sslmode=require")).await,
            Ok(true)
        );
    }
}
