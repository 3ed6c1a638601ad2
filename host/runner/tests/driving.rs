//! The runner with the real component, a real host and the practice tenant.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use passcode_builtin::{COMPONENT, GRANT};
use passcode_host::contract::types::{Operator, Verb};
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use passcode_host::ledger::{
    Attempt, Ending, Intent, IntentRefused, LedgerError, LedgerFault, PlanId, SendLedger, Sending,
    Settlement, StoredPlan,
};
use passcode_host::{Authority, Destination, Host, HostError, PlanDocument, Wanted};
use passcode_ledger::SqliteLedger;
use passcode_practice::{Control, PracticeOptions, PracticeTenant, RemoteAction};
use passcode_runner::{Ended, Runner};
use time::OffsetDateTime;
use tokio::sync::watch;

const KIOSK: &str = "KIOSK-0001";

/// A ledger that can stop writing some things down.
#[derive(Debug)]
struct Failing {
    inner: SqliteLedger,
    settle: AtomicBool,
    deliver: AtomicBool,
    /// Told as soon as an intent is written down.
    intended: Mutex<Option<watch::Sender<bool>>>,
}

impl Failing {
    async fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: SqliteLedger::in_memory().await.unwrap(),
            settle: AtomicBool::new(false),
            deliver: AtomicBool::new(false),
            intended: Mutex::default(),
        })
    }
}

fn unless(fails: &AtomicBool) -> Result<(), LedgerError> {
    if !fails.load(Ordering::SeqCst) {
        return Ok(());
    }
    Err(LedgerError {
        fault: LedgerFault::Full,
        message: "there is no room".to_owned(),
        remedy: "make room".to_owned(),
    })
}

#[async_trait]
impl SendLedger for Failing {
    fn practice(&self) -> bool {
        true
    }
    fn acting(&self, operator: &Operator) {
        self.inner.acting(operator);
    }
    async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), LedgerError> {
        self.inner.keep_plan(plan).await
    }
    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        self.inner.plan(id).await
    }
    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused> {
        self.inner.intend(intent).await?;
        if let Some(told) = &*self.intended.lock().unwrap() {
            told.send_replace(true);
        }
        Ok(())
    }
    async fn settle(
        &self,
        name: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        unless(&self.settle)?;
        self.inner.settle(name, sending, settlement).await
    }
    async fn end(&self, name: &str, ending: Ending) -> Result<(), LedgerError> {
        self.inner.end(name, ending).await
    }
    async fn deliver(&self, name: &str, at: OffsetDateTime, to: &str) -> Result<(), LedgerError> {
        unless(&self.deliver)?;
        self.inner.deliver(name, at, to).await
    }
    async fn attempts(&self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        self.inner.attempts(plan).await
    }
    async fn open_attempts(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, LedgerError> {
        self.inner.open_attempts(tenant, device).await
    }
    async fn recent(&self, limit: u32) -> Result<Vec<Attempt>, LedgerError> {
        self.inner.recent(limit).await
    }
}

#[derive(Debug)]
struct HelpDesk(Control);

#[async_trait]
impl Credential for HelpDesk {
    async fn token(&self, _: &TokenRequest) -> Result<AccessToken, CredentialError> {
        let person = passcode_practice::TokenRequest::help_desk();
        Ok(AccessToken::new(self.0.mint_token(&person), None))
    }
    fn kind(&self) -> &'static str {
        "practice"
    }
}

fn tenant() -> PracticeTenant {
    PracticeTenant::start(PracticeOptions::immediate()).unwrap()
}

fn runner(tenant: &PracticeTenant, ledger: Arc<dyn SendLedger>) -> Runner {
    let credential = Arc::new(HelpDesk(tenant.control()));
    let graph = Destination::new("graph", tenant.url(), credential).unwrap();
    let host = Host::builder(ledger.clone())
        .destination(graph)
        .practice()
        .build()
        .unwrap();
    let action = host
        .load(COMPONENT, &Authority::parse(GRANT).unwrap())
        .unwrap();
    Runner::new(host, action, ledger, None)
}

async fn plan(tenant: &PracticeTenant, runner: &Runner) -> PlanDocument {
    let device = tenant.device_id(KIOSK).unwrap();
    runner
        .plan(&Wanted::new(&device, Verb::Reset))
        .await
        .unwrap()
}

#[tokio::test]
async fn an_attempt_that_a_crash_left_open_is_settled_by_the_next_run() {
    let tenant = tenant();
    let ledger = Failing::new().await;
    let first = runner(&tenant, ledger.clone());
    let document = plan(&tenant, &first).await;
    ledger.settle.store(true, Ordering::SeqCst);
    let carried = first.carry_out(&document).await.unwrap();
    assert!(carried.may_have_touched());
    let device = &document.plan.proposal.device.id;
    let open = ledger.attempts(&document.id).await.unwrap();
    assert_eq!(open[0].sending, Sending::Intended);

    ledger.settle.store(false, Ordering::SeqCst);
    let second = runner(&tenant, ledger.clone());
    assert!(second.tidy(device).await.unwrap().is_empty());
    let settled = ledger.attempts(&document.id).await.unwrap();
    assert_eq!(settled[0].sending, Sending::Accepted);
    assert_eq!(settled[0].ending, Some(Ending::Done));
    assert_eq!(tenant.count(KIOSK, RemoteAction::ResetPasscode).received, 1);
}

/// Somebody says that nothing is to be sent any more: before the sending, and between the intent
/// and the request.
#[tokio::test]
async fn what_had_not_left_is_taken_back_and_the_plan_is_as_good_as_before() {
    let tenant = tenant();
    let received = || tenant.count(KIOSK, RemoteAction::ResetPasscode).received;
    let ledger = Failing::new().await;
    let whole = runner(&tenant, ledger.clone());
    let document = plan(&tenant, &whole).await;
    for (told_before, attempts) in [(true, 0), (false, 1)] {
        let (say, told) = watch::channel(told_before);
        *ledger.intended.lock().unwrap() = Some(say);
        let error = match whole.clone().until(told).carry_out(&document).await {
            Ok(carried) => {
                assert!(!carried.may_have_touched());
                assert_eq!(carried.ended, Ended::Unavailable);
                carried.error
            }
            // It did not even come to the reads that precede it.
            Err(error) => Some(error),
        };
        assert!(matches!(error, Some(HostError::Stopping)), "{error:?}");
        let there = ledger.attempts(&document.id).await.unwrap();
        assert_eq!(there.len(), attempts, "told before: {told_before}");
        assert!(there.iter().all(|one| one.sending == Sending::NotExecuted));
        assert_eq!(received(), 0);
    }
    *ledger.intended.lock().unwrap() = None;
    let carried = whole.carry_out(&document).await.unwrap();
    assert_eq!(carried.ended, Ended::Accepted);
    assert_eq!(received(), 1);
    // What is on its way is looked after, also when nothing more is to be sent.
    let (_say, told) = watch::channel(true);
    let seen = whole.until(told).look(&document.id).await.unwrap();
    assert_eq!(seen.attempt.sending, Sending::Accepted);
}

#[tokio::test]
async fn without_evidence_an_attempt_stays_open_and_stands_in_the_way() {
    let tenant = tenant();
    let runner = runner(&tenant, Failing::new().await);
    let document = plan(&tenant, &runner).await;
    tenant.inject_named("drop-before-accept").unwrap();
    let carried = runner.carry_out(&document).await.unwrap();
    assert_eq!(carried.ended, Ended::Unknown);
    let device = &document.plan.proposal.device.id;
    let open = runner.tidy(device).await.unwrap();
    assert_eq!(open.len(), 1);
    assert!(Runner::in_the_way(&open, false, None).is_some());
    assert!(Runner::in_the_way(&open, true, None).is_some());
    assert!(Runner::in_the_way(&open, false, Some(document.id)).is_none());
}

#[tokio::test]
async fn a_passcode_is_not_handed_out_unless_that_was_written_down() {
    let tenant = tenant();
    let ledger = Failing::new().await;
    let runner = runner(&tenant, ledger.clone());
    let document = plan(&tenant, &runner).await;
    let sent = runner.carry_out(&document).await.unwrap().sent.unwrap();
    let watched = runner
        .watch(&document.id, sent.sending, Duration::ZERO, |_| {})
        .await;
    assert_eq!(watched.ended, Ended::Done);
    let observed = watched.last.unwrap();
    ledger.deliver.store(true, Ordering::SeqCst);
    let refused = runner.disclose(&observed, "terminal").await;
    assert!(matches!(refused, Err(HostError::Ledger(_))));
    ledger.deliver.store(false, Ordering::SeqCst);
    let passcode = runner.disclose(&observed, "terminal").await.unwrap();
    assert!(passcode.is_some());
    let attempts = ledger.attempts(&document.id).await.unwrap();
    assert!(attempts[0].delivered.is_some());
}

#[tokio::test]
async fn two_machines_never_send_two_and_a_colleagues_passcode_is_not_ours() {
    let tenant = tenant();
    let one = runner(&tenant, Failing::new().await);
    let other = runner(&tenant, Failing::new().await);
    let (first, second) = (plan(&tenant, &one).await, plan(&tenant, &other).await);
    assert_eq!(one.carry_out(&first).await.unwrap().ended, Ended::Accepted);
    let refused = other.carry_out(&second).await.unwrap();
    assert_eq!((refused.ended, refused.sent), (Ended::Refused, None));
    assert_eq!(tenant.count(KIOSK, RemoteAction::ResetPasscode).received, 1);

    tenant
        .colleague_resets(KIOSK, "colleague@contoso.example")
        .unwrap();
    let device = tenant.device_id(KIOSK).unwrap();
    let shown = one.results(&device).await.unwrap();
    assert_eq!(shown.len(), 2);
    assert!(shown.iter().filter(|one| one.ours.is_some()).count() <= 1);
}
