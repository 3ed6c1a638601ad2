//! Gathering against practice tenants, with credentials that no command makes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use passcode_doctor::{Answer, Hindrance, SignIn, Subject, Why, examine, judge};
use passcode_entra::{Cloud, Http, HttpOptions};
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use passcode_practice::{PracticeOptions, PracticeTenant, TokenRequest as Minted};

/// Gives this token, whatever it is asked for.
#[derive(Debug)]
struct Whatever(String);

#[async_trait]
impl Credential for Whatever {
    async fn token(&self, _: &TokenRequest) -> Result<AccessToken, CredentialError> {
        Ok(AccessToken::new(self.0.clone(), None))
    }

    fn kind(&self) -> &'static str {
        "whatever"
    }
}

fn subject(at: &PracticeTenant, token: String, home: &std::path::Path) -> Subject {
    Subject {
        cloud: Cloud::custom(at.url(), at.url(), &[]).unwrap(),
        credential: Ok(Arc::new(Whatever(token))),
        http: Http::new(&HttpOptions {
            timeout: Duration::from_secs(10),
            ..HttpOptions::default()
        })
        .unwrap(),
        ca_file: None,
        home: home.to_owned(),
        ledger: home.join("ledger.db"),
        cache: home.join("cache"),
        practice: true,
    }
}

fn tenant() -> PracticeTenant {
    PracticeTenant::start(PracticeOptions::immediate()).unwrap()
}

#[tokio::test]
async fn a_token_for_something_else_is_never_sent() {
    let (here, elsewhere) = (tenant(), tenant());
    let home = tempfile::tempdir().unwrap();
    let foreign = elsewhere.mint_token(&Minted::help_desk());
    let facts = examine(&subject(&here, foreign, home.path())).await;
    assert_eq!(facts.devices, Answer::NotAsked(Why::NoToken));
    assert!(matches!(&facts.sign_in, SignIn::In(signed) if !signed.fits));
    assert_eq!(judge(&facts).hindrance(), Some(Hindrance::NotSignedIn));
    assert!(here.journal().iter().all(|entry| !entry.had_token));
    assert!(elsewhere.journal().is_empty());
    assert_eq!(facts.graph, Ok(401), "Graph was asked whether it is there");
}

#[tokio::test]
async fn what_is_gathered_prints_no_token() {
    let here = tenant();
    let home = tempfile::tempdir().unwrap();
    let token = here.mint_token(&Minted::help_desk());
    let subject = subject(&here, token.clone(), home.path());
    let facts = examine(&subject).await;
    assert!(facts.devices.is_told());
    for text in [format!("{facts:?}"), format!("{:?}", judge(&facts))] {
        assert!(!text.contains(&token));
        assert!(!text.contains(token.rsplit('.').next().unwrap()));
    }
}
