//! Microsoft's own credentials behind ours: their code runs, the programs they call do not.

#![cfg(all(unix, feature = "azure-identity"))]
#![allow(
    clippy::unwrap_used,
    reason = "a failed step is how a test says that it failed"
)]

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Output};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_identity::Executor;
use passcode_entra::{AzureCredential, Cloud};
use passcode_host::credential::{Credential as _, TokenRequest};

fn request() -> TokenRequest {
    TokenRequest {
        scope: Cloud::global().scope(),
        claims: None,
        renew: false,
    }
}

/// A program that answers what it is told to.
#[derive(Debug)]
struct Program {
    code: i32,
    stdout: String,
    stderr: &'static str,
    run: Mutex<Vec<String>>,
}

impl Program {
    fn new(code: i32, stdout: &str, stderr: &'static str) -> Arc<Self> {
        Arc::new(Self {
            code,
            stdout: stdout.into(),
            stderr,
            run: Mutex::default(),
        })
    }
}

#[async_trait]
impl Executor for Program {
    async fn run(&self, _program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let line: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        self.run.lock().unwrap().push(line.join(" "));
        Ok(Output {
            status: ExitStatus::from_raw(self.code << 8),
            stdout: self.stdout.clone().into(),
            stderr: self.stderr.into(),
        })
    }
}

const SIGNED_IN: &str = r#"{"accessToken":"CANARY-token","expiresOn":"2099-01-01 00:00:00.000000","expires_on":4070908800,"subscription":"s","tenant":"t","tokenType":"Bearer"}"#;

#[tokio::test]
async fn azure_cli_is_asked_for_the_clouds_scope_once() {
    let program = Program::new(0, SIGNED_IN, "");
    let app = AzureCredential::azure_cli(
        Cloud::global(),
        Some("contoso.example"),
        Some(program.clone()),
    )
    .unwrap();
    for _ in 0..2 {
        assert_eq!(
            app.token(&request()).await.unwrap().secret(),
            "CANARY-token"
        );
    }
    let run = program.run.lock().unwrap().clone();
    assert_eq!(run.len(), 1, "the token is kept");
    assert!(
        run[0].contains("--scope https://graph.microsoft.com/.default"),
        "{}",
        run[0]
    );
    assert!(run[0].contains("--tenant contoso.example"), "{}", run[0]);
    assert!(!format!("{app:?}").contains("CANARY"));
    assert_eq!(app.kind(), "azure-cli");
}

#[tokio::test]
async fn a_claims_challenge_ends_in_the_command_that_answers_it() {
    let program = Program::new(0, SIGNED_IN, "");
    let app = AzureCredential::azure_cli(Cloud::global(), None, Some(program.clone())).unwrap();
    let mut request = request();
    request.claims = Some(r#"{"access_token":{}}"#.into());
    let refused = app.token(&request).await.unwrap_err();
    assert_eq!(refused.code, "azure-claims");
    assert_eq!(
        refused.remedy,
        "az login --scope https://graph.microsoft.com/.default --claims-challenge eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="
    );
    assert!(program.run.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_program_that_is_not_signed_in_says_so() {
    let table = [
        (
            1,
            "ERROR: Please run 'az login' to setup account.",
            "az login",
        ),
        (127, "", "az not found on PATH"),
        (1, "eyJhbGciOiJub25lIn0.CANARY.x \u{1b}[31m", "****"),
    ];
    for (code, stderr, says) in table {
        let program = Program::new(code, "", stderr);
        let app = AzureCredential::azure_cli(Cloud::global(), None, Some(program)).unwrap();
        let refused = app.token(&request()).await.unwrap_err();
        assert_eq!(refused.code, "azure-cli");
        assert!(refused.message.contains(says), "{}", refused.message);
        assert!(refused.remedy.contains("az login"));
        let printed = format!("{refused:?} {refused}");
        assert!(
            !printed.contains("CANARY") && !printed.contains('\u{1b}'),
            "{printed}"
        );
    }
}

#[tokio::test]
async fn azd_gives_its_token() {
    let body = r#"{"token":"t","expiresOn":"2099-01-01T00:00:00Z"}"#;
    let program = Program::new(0, body, "");
    let app =
        AzureCredential::azure_developer_cli(Cloud::global(), None, Some(program.clone())).unwrap();
    assert_eq!(app.token(&request()).await.unwrap().secret(), "t");
    let run = program.run.lock().unwrap().clone();
    assert!(run[0].contains("azd auth token"), "{}", run[0]);
    assert!(
        run[0].contains("https://graph.microsoft.com/.default"),
        "{}",
        run[0]
    );
    assert_eq!(app.kind(), "azure-developer-cli");
}

/// A credential that a program already has.
#[derive(Debug)]
struct Held(&'static str);

#[async_trait]
impl TokenCredential for Held {
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://graph.microsoft.com/.default"]);
        let end = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
        Ok(AccessToken::new(Secret::new(self.0), end))
    }
}

#[tokio::test]
async fn any_credential_of_azure_core_can_be_passed_for_graph_and_nothing_else() {
    let app = AzureCredential::new(Arc::new(Held("CANARY-held")), Cloud::global());
    assert_eq!(app.token(&request()).await.unwrap().secret(), "CANARY-held");
    assert_eq!(app.kind(), "azure-core");
    let mut other = request();
    other.scope = "https://management.azure.com/.default".into();
    assert_eq!(app.token(&other).await.unwrap_err().code, "scope-mismatch");
    // {"aud":"https://management.azure.com"}
    let wrong = "e30.eyJhdWQiOiJodHRwczovL21hbmFnZW1lbnQuYXp1cmUuY29tIn0.CANARY";
    let app = AzureCredential::new(Arc::new(Held(wrong)), Cloud::global());
    let refused = app.token(&request()).await.unwrap_err();
    assert_eq!(refused.code, "token-audience");
    assert!(!format!("{refused:?} {app:?}").contains("CANARY-"));
}
