//! The steps of the example, against a practice tenant.

use std::sync::Arc;

use passcode_host::contract::types::{ProgressState, Selector, Verb};
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest as Asked};
use passcode_host::ledger::Sending;
use passcode_host::{Authority, Destination, Host, Wanted};
use passcode_ledger::SqliteLedger;
use passcode_practice::{PracticeOptions, PracticeTenant, RemoteAction, TokenRequest};

/// Any way of getting a token can be a credential.
#[derive(Debug)]
struct Minted(String);

#[async_trait::async_trait]
impl Credential for Minted {
    async fn token(&self, _: &Asked) -> Result<AccessToken, CredentialError> {
        Ok(AccessToken::new(self.0.clone(), None))
    }

    fn kind(&self) -> &'static str {
        "minted"
    }
}

#[tokio::test]
async fn a_device_is_found_planned_reset_and_watched() {
    let tenant = PracticeTenant::start(PracticeOptions::immediate()).unwrap();
    let token = tenant.mint_token(&TokenRequest::help_desk());
    let home = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(&home.path().join("ledger.db"), true)
        .await
        .unwrap();
    let graph = Destination::new("graph", tenant.url(), Arc::new(Minted(token))).unwrap();
    let host = Host::builder(Arc::new(ledger))
        .destination(graph)
        .cache(home.path().join("cache"))
        .practice()
        .build()
        .unwrap();
    let action = host
        .load(
            passcode_builtin::COMPONENT,
            &Authority::parse(passcode_builtin::GRANT).unwrap(),
        )
        .unwrap();

    let found = action
        .find(&Selector::SerialNumber("SAMPLE-COSU-0001".into()))
        .await
        .unwrap();
    let device = &found.matched.first().unwrap().id;
    let plan = action
        .prepare(&Wanted::new(device, Verb::Reset))
        .await
        .unwrap();
    let committed = action.commit(&plan.id).await.unwrap();
    assert_eq!(committed.sent.unwrap().sending, Sending::Accepted);
    committed.progress.unwrap();
    let observed = action.observe(&plan.id).await.unwrap();
    assert_eq!(observed.progress.state, ProgressState::Done);
    let theirs = tenant.resets(device).unwrap().pop().unwrap().1.unwrap();
    assert_eq!(observed.passcode.unwrap().reveal(), theirs);
    assert!(
        action.commit(&plan.id).await.is_err(),
        "a plan is used once"
    );
    assert_eq!(
        tenant.count(device, RemoteAction::ResetPasscode).received,
        1
    );
    assert_eq!(tenant.total(RemoteAction::Wipe).received, 0);
}
