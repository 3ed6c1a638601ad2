//! People: a code at another device, this machine's browser, and what is kept of a sign-in.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step is how a test says that it failed"
)]

mod common;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use common::{Authority, CLIENT, Canned, TENANT, http, json, refusal};
use passcode_entra::{
    Account, Browser, DeviceCode, DevicePrompt, EncryptedFile, Interaction, KeptSignIn, KeyStore,
    RefreshTokens,
};
use passcode_host::credential::{Credential, CredentialError};
use url::Url;
use zeroize::Zeroizing;

/// A person who does at once what is asked, and remembers it.
#[derive(Debug, Default)]
struct Sample {
    prompts: Mutex<Vec<DevicePrompt>>,
    opened: Mutex<Vec<Url>>,
    warned: Mutex<Vec<CredentialError>>,
    /// What the browser brings back: the query, in which STATE stands for the state.
    back: &'static [&'static str],
}

#[async_trait]
impl Interaction for Sample {
    async fn show_code(&self, prompt: &DevicePrompt) -> Result<(), CredentialError> {
        self.prompts.lock().unwrap().push(prompt.clone());
        Ok(())
    }

    async fn open_browser(&self, address: &Url) -> Result<(), CredentialError> {
        self.opened.lock().unwrap().push(address.clone());
        let query = |name: &str| {
            let mut pairs = address.query_pairs();
            pairs.find(|(n, _)| n == name).unwrap().1.into_owned()
        };
        let (redirect, state) = (query("redirect_uri"), query("state"));
        let port = redirect.strip_prefix("http://localhost:").unwrap();
        let to = format!("http://127.0.0.1:{port}");
        let targets: Vec<_> = self
            .back
            .iter()
            .map(|b| b.replace("STATE", &state))
            .collect();
        tokio::spawn(async move {
            for target in targets {
                let _ = reqwest::get(format!("{to}{target}")).await;
            }
        });
        Ok(())
    }

    async fn warn(&self, problem: &CredentialError) {
        self.warned.lock().unwrap().push(problem.clone());
    }
}

/// A keyring in memory.
#[derive(Debug, Default)]
struct Memory(Mutex<Option<Vec<u8>>>);

impl KeyStore for Memory {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialError> {
        Ok(self.0.lock().unwrap().clone().map(Zeroizing::new))
    }

    fn save(&self, key: &[u8]) -> Result<(), CredentialError> {
        *self.0.lock().unwrap() = Some(key.to_vec());
        Ok(())
    }
}

/// A machine without a keyring.
#[derive(Debug)]
struct None_;

impl KeyStore for None_ {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialError> {
        Err(CredentialError {
            code: "keyring-unavailable".into(),
            message: "there is none here".into(),
            remedy: String::new(),
            transient: false,
            said: None,
        })
    }

    fn save(&self, _key: &[u8]) -> Result<(), CredentialError> {
        self.load().map(|_| ())
    }
}

fn code(interval: &str) -> Canned {
    json(
        200,
        &format!(
            r#"{{"user_code":"C8H4M2","device_code":"CANARY-device","verification_uri":"https://microsoft.com/devicelogin","expires_in":900{interval},"message":"x"}}"#
        ),
    )
}

fn granted(token: &str, refresh: &str) -> Canned {
    json(
        200,
        &format!(
            r#"{{"token_type":"Bearer","scope":"x","expires_in":3600,"access_token":"{token}","refresh_token":"{refresh}"}}"#
        ),
    )
}

fn refused(error: &str) -> Canned {
    refusal(400, error, 70_016, "Something else.")
}

fn device(
    at: &Authority,
    person: &Arc<Sample>,
    kept: Option<Arc<dyn RefreshTokens>>,
) -> DeviceCode {
    DeviceCode::new(at.cloud(), TENANT, CLIENT, person.clone(), kept, http()).unwrap()
}

#[tokio::test]
async fn a_code_is_shown_and_waited_for() {
    let at = Authority::start(vec![
        code(r#","interval":1"#),
        refused("authorization_pending"),
        granted("t1", "CANARY-refresh"),
    ])
    .await;
    let person = Arc::new(Sample::default());
    let app = device(&at, &person, None);
    let began = std::time::Instant::now();
    assert_eq!(app.token(&at.request()).await.unwrap().secret(), "t1");
    assert!(
        began.elapsed().as_millis() >= 2_000,
        "one second before each question"
    );
    let shown = person.prompts.lock().unwrap().clone();
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].user_code.as_str(), shown[0].seconds),
        ("C8H4M2", 900)
    );
    assert_eq!(shown[0].address, "https://microsoft.com/devicelogin");

    let asked = at.asked();
    assert_eq!(
        asked[0].uri.path(),
        format!("/{TENANT}/oauth2/v2.0/devicecode")
    );
    let scope = format!("openid profile offline_access {}/.default", at.origin);
    assert_eq!(asked[0].field("scope").unwrap(), scope);
    for asked in &asked[1..] {
        assert_eq!(asked.uri.path(), format!("/{TENANT}/oauth2/v2.0/token"));
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        assert_eq!(asked.field("grant_type").unwrap(), grant);
        assert_eq!(asked.field("device_code").unwrap(), "CANARY-device");
        assert!(asked.field("claims").unwrap().contains("CP1"));
    }
    assert_eq!(app.kind(), "device-code");
    assert!(!format!("{app:?}").contains("CANARY"));
}

#[tokio::test]
async fn a_sign_in_ends_as_the_authority_says() {
    let table = [
        ("authorization_declined", "sign-in-declined"),
        ("access_denied", "sign-in-declined"),
        ("expired_token", "sign-in-expired"),
        ("invalid_client", "sign-in-refused"),
    ];
    for (error, expected) in table {
        let at = Authority::start(vec![code(r#","interval":1"#), refused(error)]).await;
        let person = Arc::new(Sample::default());
        let refused = device(&at, &person, None)
            .token(&at.request())
            .await
            .unwrap_err();
        assert_eq!(refused.code, expected);
        assert!(!format!("{refused:?}").contains("CANARY"));
    }
    let at = Authority::start(vec![json(200, "{}")]).await;
    let person = Arc::new(Sample::default());
    let refused = device(&at, &person, None)
        .token(&at.request())
        .await
        .unwrap_err();
    assert_eq!(refused.code, "sign-in-answer");
    assert!(person.prompts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn slow_down_is_heeded() {
    let at = Authority::start(vec![
        code(r#","interval":1"#),
        refused("slow_down"),
        granted("t", "r"),
    ])
    .await;
    let person = Arc::new(Sample::default());
    let began = std::time::Instant::now();
    device(&at, &person, None)
        .token(&at.request())
        .await
        .unwrap();
    assert!(
        began.elapsed().as_secs() >= 7,
        "one second, and then five more"
    );
}

#[tokio::test]
async fn nobody_waits_for_longer_than_the_code_lasts() {
    let short = json(
        200,
        r#"{"user_code":"C","device_code":"d","verification_uri":"https://x.example","expires_in":2,"interval":1}"#,
    );
    let at = Authority::start(vec![short, refused("authorization_pending")]).await;
    let person = Arc::new(Sample::default());
    let ended = device(&at, &person, None)
        .token(&at.request())
        .await
        .unwrap_err();
    assert_eq!(ended.code, "sign-in-expired");
}

#[tokio::test]
async fn the_browser_brings_a_code_that_only_we_can_use() {
    let at = Authority::start(vec![granted("t", "CANARY-refresh")]).await;
    let person = Arc::new(Sample {
        back: &[
            "/favicon.ico",
            "/?code=stolen&state=guess",
            "/?error=access_denied&state=guess",
            "/?code=CANARY-code&state=STATE&session_state=x",
        ],
        ..Sample::default()
    });
    let app = Browser::new(at.cloud(), TENANT, CLIENT, person.clone(), None, http()).unwrap();
    assert_eq!(app.token(&at.request()).await.unwrap().secret(), "t");
    let opened = person.opened.lock().unwrap()[0].clone();
    let query = |name: &str| {
        let mut pairs = opened.query_pairs();
        pairs.find(|(n, _)| n == name).unwrap().1.into_owned()
    };
    assert_eq!(opened.path(), format!("/{TENANT}/oauth2/v2.0/authorize"));
    assert_eq!(
        (query("response_type"), query("client_id")),
        ("code".into(), CLIENT.into())
    );
    assert_eq!(query("code_challenge_method"), "S256");
    assert_eq!(query("response_mode"), "query");
    assert_eq!(query("prompt"), "select_account");
    assert!(query("state").len() >= 43);

    let asked = &at.asked()[0];
    assert_eq!(asked.field("grant_type").unwrap(), "authorization_code");
    assert_eq!(asked.field("code").unwrap(), "CANARY-code");
    assert_eq!(asked.field("redirect_uri").unwrap(), query("redirect_uri"));
    let verifier = asked.field("code_verifier").unwrap();
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest);
    assert_eq!(query("code_challenge"), challenge);
    assert!(!opened.as_str().contains(&verifier));
    assert!(!format!("{app:?}").contains("CANARY"));
}

#[tokio::test]
async fn a_browser_that_brings_no_code_says_why() {
    let table: &[(&'static [&'static str], &str)] = &[
        (&["/?error=access_denied&state=STATE"], "sign-in-declined"),
        (
            &["/?error=invalid_request&error_description=AADSTS50011%1b%5b2J&state=STATE"],
            "sign-in-failed",
        ),
    ];
    for (back, expected) in table {
        let at = Authority::start(vec![granted("t", "r")]).await;
        let person = Arc::new(Sample {
            back,
            ..Sample::default()
        });
        let app = Browser::new(at.cloud(), TENANT, CLIENT, person, None, http()).unwrap();
        let refused = app.token(&at.request()).await.unwrap_err();
        assert_eq!(refused.code, *expected);
        assert!(!refused.message.contains('\u{1b}'));
        assert!(at.asked().is_empty());
    }
}

struct Kept {
    folder: tempfile::TempDir,
    file: EncryptedFile,
    keys: Arc<Memory>,
}

impl Kept {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(Memory::default());
        let file = EncryptedFile::new(folder.path().join("sign-ins"), keys.clone());
        Self { folder, file, keys }
    }

    fn again(&self, at: &Authority) -> KeptSignIn {
        let kept = Arc::new(self.file.clone());
        KeptSignIn::new(at.cloud(), TENANT, CLIENT, kept, http()).unwrap()
    }

    fn files(&self) -> Vec<Vec<u8>> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect()
    }
}

#[tokio::test]
async fn a_kept_sign_in_goes_on_without_the_person_until_it_is_forgotten() {
    let at = Authority::start(vec![
        code(r#","interval":1"#),
        granted("CANARY-access", "CANARY-refresh-1"),
        granted("t2", "CANARY-refresh-2"),
        granted("t3", "CANARY-refresh-3"),
    ])
    .await;
    let kept = Kept::new();
    let person = Arc::new(Sample::default());
    let first = device(&at, &person, Some(Arc::new(kept.file.clone())));
    first.token(&at.request()).await.unwrap();
    let files = kept.files();
    assert_eq!(files.len(), 1);
    let text = String::from_utf8_lossy(&files[0]).into_owned();
    assert!(!text.contains("CANARY") && !text.contains(CLIENT), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::fs::metadata(kept.folder.path().join("sign-ins")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }

    // As another process would, twice: the second uses what the first was given.
    assert_eq!(
        kept.again(&at).token(&at.request()).await.unwrap().secret(),
        "t2"
    );
    assert_eq!(
        kept.again(&at).token(&at.request()).await.unwrap().secret(),
        "t3"
    );
    let asked = at.asked();
    for (asked, refresh) in asked[2..]
        .iter()
        .zip(["CANARY-refresh-1", "CANARY-refresh-2"])
    {
        assert_eq!(asked.field("grant_type").unwrap(), "refresh_token");
        assert_eq!(asked.field("refresh_token").unwrap(), refresh);
    }
    assert_eq!(person.prompts.lock().unwrap().len(), 1);

    kept.again(&at).forget().await.unwrap();
    assert!(kept.files().is_empty());
    let refused = kept.again(&at).token(&at.request()).await.unwrap_err();
    assert_eq!(refused.code, "not-signed-in");
    assert_eq!(refused.remedy, "sign in: `passcode login`");
    assert_eq!(at.asked().len(), 4);
}

#[tokio::test]
async fn a_refresh_token_that_has_ended_is_forgotten_and_what_is_demanded_is_passed_on() {
    let demands = json(
        400,
        r#"{"error":"interaction_required","error_description":"AADSTS50079","claims":"{\"access_token\":{\"polids\":{\"essential\":true,\"values\":[\"p\"]}}}"}"#,
    );
    let at = Authority::start(vec![
        code(r#","interval":1"#),
        granted("t1", "r1"),
        demands,
        code(r#","interval":1"#),
        granted("t2", "r2"),
        refusal(
            400,
            "invalid_grant",
            70_043,
            "The refresh token has expired.",
        ),
        code(r#","interval":1"#),
        granted("t3", "r3"),
    ])
    .await;
    let kept = Kept::new();
    let person = Arc::new(Sample::default());
    let app = device(&at, &person, Some(Arc::new(kept.file.clone())));
    let mut request = at.request();
    assert_eq!(app.token(&request).await.unwrap().secret(), "t1");
    request.renew = true;
    assert_eq!(app.token(&request).await.unwrap().secret(), "t2");
    assert_eq!(app.token(&request).await.unwrap().secret(), "t3");
    let asked = at.asked();
    let claims: serde_json::Value =
        serde_json::from_str(&asked[4].field("claims").unwrap()).unwrap();
    assert_eq!(claims["access_token"]["polids"]["values"][0], "p");
    assert_eq!(claims["access_token"]["xms_cc"]["values"][0], "CP1");
    assert_eq!(asked[5].field("refresh_token").unwrap(), "r2");
    assert_eq!(person.prompts.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn without_a_keyring_nothing_is_written_and_the_sign_in_works() {
    let at = Authority::start(vec![code(r#","interval":1"#), granted("t", "CANARY")]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = EncryptedFile::new(folder.path().join("sign-ins"), Arc::new(None_));
    let person = Arc::new(Sample::default());
    let app = device(&at, &person, Some(Arc::new(file)));
    assert_eq!(app.token(&at.request()).await.unwrap().secret(), "t");
    let warned = person.warned.lock().unwrap();
    assert_eq!(warned.len(), 1);
    assert_eq!(warned[0].code, "keyring-unavailable");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn sign_ins_of_two_apps_rest_side_by_side_and_a_lost_key_loses_both() {
    let kept = Kept::new();
    let account = |tenant: &str| Account {
        authority: "https://login.microsoftonline.com".into(),
        tenant: tenant.into(),
        client_id: CLIENT.into(),
    };
    let (one, two) = (account("one"), account("two"));
    kept.file.save(&one, "r1").await.unwrap();
    kept.file.save(&two, "r2").await.unwrap();
    assert_eq!(kept.file.load(&one).await.unwrap().unwrap().as_str(), "r1");
    kept.file.forget(&one).await.unwrap();
    assert!(kept.file.load(&one).await.unwrap().is_none());
    assert_eq!(kept.file.load(&two).await.unwrap().unwrap().as_str(), "r2");
    *kept.keys.0.lock().unwrap() = None;
    let refused = kept.file.load(&two).await.unwrap_err();
    assert_eq!(refused.code, "sign-ins-unreadable");
    kept.file.forget(&two).await.unwrap();
    assert!(kept.files().is_empty(), "signing out works all the same");
}
