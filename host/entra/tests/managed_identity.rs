//! Managed identities, and apps that trust an assertion: their platforms and an authority, all
//! on this machine.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step is how a test says that it failed"
)]

mod common;

use std::sync::Arc;

use common::{Authority, CLIENT, Canned, TENANT, http, json, refusal, token};
use passcode_entra::{
    AssertionSource, Federated, GitHubOidc, Identity, ManagedIdentity, ManagedIdentityAssertion,
    Platform, WorkloadIdentityFile,
};
use passcode_host::credential::{Credential as _, CredentialError};
use url::Url;
use zeroize::Zeroizing;

const HEADER: &str = "CANARY-header";

fn endpoint(at: &Authority) -> Url {
    format!("{}/msi/token", at.origin).parse().unwrap()
}

fn app_service(at: &Authority) -> Platform {
    Platform::AppService {
        endpoint: endpoint(at),
        header: Zeroizing::new(HEADER.into()),
    }
}

fn identity(at: &Authority, platform: Platform, identity: Identity) -> ManagedIdentity {
    ManagedIdentity::new(at.cloud(), platform, identity, http()).unwrap()
}

fn given(value: &str, seconds: i64) -> Canned {
    let end = time::OffsetDateTime::now_utc().unix_timestamp() + seconds;
    json(
        200,
        &format!(
            r#"{{"access_token":"{value}","expires_on":"{end}","resource":"x","token_type":"Bearer"}}"#
        ),
    )
}

#[tokio::test]
async fn app_service_is_asked_with_its_header_and_the_token_is_kept() {
    let at = Authority::start(vec![given("t1", 3600), given("t2", 3600)]).await;
    let id = identity(
        &at,
        app_service(&at),
        Identity::ResourceId("/subscriptions/x".into()),
    );
    for _ in 0..3 {
        assert_eq!(id.token(&at.request()).await.unwrap().secret(), "t1");
    }
    let asked = at.asked();
    assert_eq!(asked.len(), 1);
    let only = &asked[0];
    assert_eq!(
        (only.method.as_str(), only.uri.path()),
        ("GET", "/msi/token")
    );
    assert_eq!(only.headers["x-identity-header"], HEADER);
    assert_eq!(only.headers["metadata"], "true");
    assert_eq!(only.query("resource").unwrap(), at.origin);
    assert_eq!(only.query("mi_res_id").unwrap(), "/subscriptions/x");
    let mut request = at.request();
    request.renew = true;
    assert_eq!(id.token(&request).await.unwrap().secret(), "t2");
    let printed = format!("{id:?} {id:#?}");
    assert!(!printed.contains("CANARY"), "{printed}");
}

#[tokio::test]
async fn a_hybrid_workers_odd_end_is_understood() {
    let end = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
    let (day, clock) = (end.date(), end.time());
    let text = format!(
        "{day} {:02}:{:02}:{:02}Z",
        clock.hour(),
        clock.minute(),
        clock.second()
    );
    let body = format!(r#"{{"access_token":"t","expires_on":"{text}","token_type":"Bearer"}}"#);
    let at = Authority::start(vec![json(200, &body)]).await;
    let platform = Platform::Msi {
        endpoint: endpoint(&at),
        secret: Zeroizing::new("CANARY-secret".into()),
    };
    let id = identity(&at, platform, Identity::ClientId("an-id".into()));
    let given = id.token(&at.request()).await.unwrap();
    assert!((given.expires().unwrap() - end).abs() < time::Duration::seconds(2));
    id.token(&at.request()).await.unwrap();
    let asked = at.asked();
    assert_eq!(asked.len(), 1, "an end that was read is kept to");
    assert_eq!(asked[0].headers["secret"], "CANARY-secret");
    assert_eq!(asked[0].query("api-version").unwrap(), "2017-09-01");
    assert_eq!(asked[0].query("clientid").unwrap(), "an-id");
}

#[tokio::test]
async fn a_token_for_something_else_is_refused() {
    // {"aud":"https://management.azure.com"}
    let other = "e30.eyJhdWQiOiJodHRwczovL21hbmFnZW1lbnQuYXp1cmUuY29tIn0.CANARY";
    let at = Authority::start(vec![given(other, 3600)]).await;
    let id = identity(&at, app_service(&at), Identity::System);
    let refused = id.token(&at.request()).await.unwrap_err();
    assert_eq!(refused.code, "token-audience");
    assert!(!format!("{refused:?}").contains("CANARY"));
}

#[tokio::test]
async fn a_platform_that_is_not_ready_is_asked_again_and_a_claims_challenge_is_not_answered() {
    let at = Authority::start(vec![json(404, ""), json(410, ""), given("t", 3600)]).await;
    let id = identity(&at, app_service(&at), Identity::System);
    assert_eq!(id.token(&at.request()).await.unwrap().secret(), "t");
    assert_eq!(at.asked().len(), 3);
    let mut request = at.request();
    request.claims = Some("{}".into());
    let refused = id.token(&request).await.unwrap_err();
    assert_eq!(refused.code, "managed-identity-claims");
    assert_eq!(at.asked().len(), 3, "nothing was asked");
    assert!(
        at.asked()
            .iter()
            .all(|asked| asked.query("claims").is_none())
    );
}

struct Arc2 {
    at: Authority,
    folder: tempfile::TempDir,
}

impl Arc2 {
    /// An agent that names this key file, and then gives a token.
    async fn start(named: impl FnOnce(&std::path::Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = folder.path().join("tokens");
        std::fs::create_dir(&tokens).unwrap();
        std::fs::write(tokens.join("a.key"), "CANARY-key").unwrap();
        std::fs::write(tokens.join("a.txt"), "CANARY-text").unwrap();
        std::fs::write(tokens.join("big.key"), "x".repeat(4097)).unwrap();
        std::fs::write(tokens.join("limit.key"), "x".repeat(4096)).unwrap();
        std::fs::write(folder.path().join("outside.key"), "CANARY-outside").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path().join("outside.key"), tokens.join("link.key"))
            .unwrap();
        let challenge = named(&tokens);
        let challenged = Canned(401, vec![("www-authenticate", challenge)], String::new());
        let at = Authority::start(vec![challenged, given("t", 3600)]).await;
        Self { at, folder }
    }

    async fn token(&self) -> Result<String, CredentialError> {
        let platform = Platform::Arc {
            endpoint: endpoint(&self.at),
            directory: self.folder.path().join("tokens"),
        };
        let id = identity(&self.at, platform, Identity::System);
        let given = id.token(&self.at.request()).await?;
        Ok(given.secret().to_owned())
    }
}

#[tokio::test]
async fn arcs_key_is_read_from_its_own_directory_and_sent() {
    for name in ["a.key", "limit.key"] {
        let arc =
            Arc2::start(|tokens| format!("Basic realm={}", tokens.join(name).display())).await;
        assert_eq!(arc.token().await.unwrap(), "t");
        let asked = arc.at.asked();
        assert_eq!(asked.len(), 2);
        assert!(!asked[0].headers.contains_key("authorization"));
        let key = std::fs::read_to_string(arc.folder.path().join("tokens").join(name)).unwrap();
        assert_eq!(
            asked[1].headers["authorization"],
            format!("Basic {key}").as_str()
        );
        assert_eq!(asked[1].headers["metadata"], "true");
    }
}

#[tokio::test]
async fn no_other_file_is_read_for_whoever_listens_there() {
    type Named = fn(&std::path::Path) -> String;
    let table: &[(&str, Named)] = &[
        ("outside", |t| {
            format!(
                "Basic realm={}",
                t.parent().unwrap().join("outside.key").display()
            )
        }),
        ("dots", |t| {
            format!("Basic realm={}/../outside.key", t.display())
        }),
        ("a link", |t| {
            format!("Basic realm={}", t.join("link.key").display())
        }),
        ("another kind", |t| {
            format!("Basic realm={}", t.join("a.txt").display())
        }),
        ("too long", |t| {
            format!("Basic realm={}", t.join("big.key").display())
        }),
        ("a folder", |t| format!("Basic realm={}", t.display())),
        ("not there", |t| {
            format!("Basic realm={}", t.join("b.key").display())
        }),
        ("relative", |_| "Basic realm=a.key".into()),
        ("a system file", |_| "Basic realm=/etc/passwd".into()),
        ("another scheme", |t| {
            format!("Bearer realm={}", t.join("a.key").display())
        }),
        ("nothing", |_| "Basic realm=".into()),
        ("no realm", |_| "Basic".into()),
    ];
    for (case, named) in table {
        let arc = Arc2::start(named).await;
        let refused = arc.token().await.unwrap_err();
        assert_eq!(refused.code, "managed-identity-arc", "{case}");
        assert_eq!(arc.at.asked().len(), 1, "{case}: nothing was sent");
        assert!(!format!("{refused:?}").contains("CANARY"), "{case}");
    }
}

fn federated(at: &Authority, source: Arc<dyn AssertionSource>) -> Federated {
    Federated::new(at.cloud(), TENANT, CLIENT, source, http()).unwrap()
}

#[tokio::test]
async fn a_workloads_file_is_read_again_for_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let at = Authority::start(vec![token("t", 3600)]).await;
    let app = federated(&at, Arc::new(WorkloadIdentityFile::new(&path)));
    let mut request = at.request();
    let refused = app.token(&request).await.unwrap_err();
    assert_eq!(refused.code, "assertion-file", "it need not be there yet");
    std::fs::write(&path, "CANARY-one\n").unwrap();
    app.token(&request).await.unwrap();
    std::fs::write(&path, "CANARY-two\n").unwrap();
    request.renew = true;
    app.token(&request).await.unwrap();
    let asked = at.asked();
    let sent: Vec<_> = asked
        .iter()
        .map(|a| a.field("client_assertion").unwrap())
        .collect();
    assert_eq!(sent, ["CANARY-one", "CANARY-two"]);
    assert!(asked[0].field("client_secret").is_none());
    assert_eq!(app.kind(), "workload-identity");
    for bad in ["", "two words", "line\nline"] {
        std::fs::write(&path, bad).unwrap();
        let refused = app.token(&request).await.unwrap_err();
        assert_eq!(refused.code, "assertion-malformed");
    }
    std::fs::write(&path, "x".repeat(100_000)).unwrap();
    assert_eq!(
        app.token(&request).await.unwrap_err().code,
        "assertion-file"
    );
    assert!(!format!("{app:?}").contains("CANARY"));
}

#[tokio::test]
async fn githubs_assertion_is_asked_for_anew_each_time() {
    let issuer = Authority::start(vec![
        json(503, ""),
        json(200, r#"{"count":1,"value":"CANARY-one"}"#),
        json(200, r#"{"count":1,"value":"CANARY-two"}"#),
        json(403, r#"{"message":"CANARY"}"#),
    ])
    .await;
    let at = Authority::start(vec![token("t", 3600)]).await;
    let address = format!("{}/_apis/token?api-version=2.0", issuer.origin);
    let audience = at.cloud().exchange_audience();
    let source = GitHubOidc::new(&address, "CANARY-bearer".into(), audience, http()).unwrap();
    let app = federated(&at, Arc::new(source));
    let mut request = at.request();
    app.token(&request).await.unwrap();
    request.renew = true;
    app.token(&request).await.unwrap();
    let sent: Vec<_> = at
        .asked()
        .iter()
        .map(|a| a.field("client_assertion").unwrap())
        .collect();
    assert_eq!(sent, ["CANARY-one", "CANARY-two"]);
    let asked = &issuer.asked()[0];
    assert_eq!(asked.headers["authorization"], "Bearer CANARY-bearer");
    assert_eq!(
        asked.query("audience").unwrap(),
        "api://AzureADTokenExchange"
    );
    assert_eq!(asked.query("api-version").unwrap(), "2.0");
    let refused = app.token(&request).await.unwrap_err();
    assert_eq!(refused.code, "github-oidc");
    assert!(refused.remedy.contains("id-token: write"));
    assert!(!format!("{refused:?} {app:?}").contains("CANARY"));
    let plain = GitHubOidc::new("http://token.example/", "x".into(), audience, http());
    assert_eq!(plain.unwrap_err().code, "github-oidc");
}

#[tokio::test]
async fn a_managed_identity_stands_for_an_app() {
    let platform = Authority::start(vec![given("CANARY-assertion", 3600)]).await;
    let at = Authority::start(vec![
        refusal(
            401,
            "invalid_client",
            700_213,
            "No matching federated identity record found.",
        ),
        token("t", 3600),
    ])
    .await;
    let source = ManagedIdentityAssertion::new(
        app_service(&platform),
        Identity::ClientId("the-identity".into()),
        at.cloud().exchange_audience(),
        http(),
    );
    let app = federated(&at, Arc::new(source.unwrap()));
    let refused = app.token(&at.request()).await.unwrap_err();
    assert_eq!(refused.code, "federation-mismatch");
    assert!(
        refused.message.contains("federated credential"),
        "{}",
        refused.message
    );
    assert_eq!(app.token(&at.request()).await.unwrap().secret(), "t");
    let asked = &platform.asked()[0];
    assert_eq!(
        asked.query("resource").unwrap(),
        "api://AzureADTokenExchange"
    );
    assert_eq!(asked.query("client_id").unwrap(), "the-identity");
    let sent = at.asked()[1].field("client_assertion").unwrap();
    assert_eq!(sent, "CANARY-assertion");
    assert_eq!(app.kind(), "managed-identity-federated");
    assert!(!format!("{app:?}").contains("CANARY"));
}
