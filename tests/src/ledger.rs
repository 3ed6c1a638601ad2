//! A ledger that keeps its word until a test says otherwise.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use passcode_host::Budget;
use passcode_host::contract::types::Operator;
use passcode_host::ledger::{
    Attempt, Ending, Intent, IntentRefused, LedgerError, LedgerFault, PlanId, SendLedger, Sending,
    Settlement, StoredPlan,
};
use time::OffsetDateTime;
use tokio::sync::Notify;

/// A call that fails, as on a full disk, and leaves nothing behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fail {
    /// Plans cannot be kept.
    KeepPlan,
    /// Plans cannot be read.
    Plan,
    /// Intents cannot be written.
    Intend,
    /// What became of an attempt cannot be written.
    Settle,
    /// Attempts cannot be read.
    Attempts,
    /// That a passcode is disclosed cannot be written.
    Deliver,
}

/// A moment at which the machine stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hang {
    /// Just before the intent is written.
    BeforeIntend,
    /// When it is written and nothing has been sent.
    AfterIntend,
    /// When the service has answered and the answer is not written.
    BeforeSettle,
}

/// Passes everything on to another ledger, except what it was told not to.
#[derive(Debug)]
pub struct FaultyLedger {
    inner: Arc<dyn SendLedger>,
    failing: Mutex<BTreeSet<Fail>>,
    hanging: Mutex<BTreeSet<Hang>>,
    mistaken: Mutex<Option<PlanId>>,
    reached: Notify,
    practice: bool,
}

impl FaultyLedger {
    /// In front of another ledger.
    #[must_use]
    pub fn new(inner: Arc<dyn SendLedger>) -> Self {
        Self {
            practice: inner.practice(),
            inner,
            failing: Mutex::default(),
            hanging: Mutex::default(),
            mistaken: Mutex::default(),
            reached: Notify::new(),
        }
    }

    /// As [`FaultyLedger::new`], and says it is of the other kind.
    #[must_use]
    pub fn disguised(inner: Arc<dyn SendLedger>) -> Self {
        let mut ledger = Self::new(inner);
        ledger.practice = !ledger.practice;
        ledger
    }

    /// From now on it answers with this plan, whichever is asked for.
    pub fn answers_with(&self, plan: PlanId) {
        *lock(&self.mistaken) = Some(plan);
    }

    /// From now on this fails.
    pub fn fail(&self, what: Fail) {
        lock(&self.failing).insert(what);
    }

    /// From now on time stands still here.
    pub fn hang(&self, when: Hang) {
        lock(&self.hanging).insert(when);
    }

    /// Everything works again.
    pub fn recover(&self) {
        lock(&self.failing).clear();
        lock(&self.hanging).clear();
    }

    /// Until somebody hangs.
    pub async fn hung(&self) {
        self.reached.notified().await;
    }

    /// What is known of each attempt of a plan, oldest first.
    ///
    /// # Errors
    ///
    /// As the ledger behind.
    pub async fn sendings(&self, plan: &PlanId) -> Result<Vec<Sending>, LedgerError> {
        let attempts = self.inner.attempts(plan).await?;
        Ok(attempts
            .into_iter()
            .map(|attempt| attempt.sending)
            .collect())
    }

    fn works(&self, what: Fail) -> Result<(), LedgerError> {
        if lock(&self.failing).contains(&what) {
            return Err(LedgerError {
                fault: LedgerFault::Full,
                message: "there is no room left on the ledger's disk".to_owned(),
                remedy: "make room and try again".to_owned(),
            });
        }
        Ok(())
    }

    async fn passes(&self, when: Hang) {
        if lock(&self.hanging).contains(&when) {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[async_trait]
impl SendLedger for FaultyLedger {
    fn practice(&self) -> bool {
        self.practice
    }

    fn acting(&self, operator: &Operator) {
        self.inner.acting(operator);
    }

    fn budget(self: Arc<Self>) -> Option<Arc<dyn Budget>> {
        self.inner.clone().budget()
    }

    async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), LedgerError> {
        self.works(Fail::KeepPlan)?;
        self.inner.keep_plan(plan).await
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        self.works(Fail::Plan)?;
        let id = lock(&self.mistaken).unwrap_or(*id);
        self.inner.plan(&id).await
    }

    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused> {
        self.works(Fail::Intend)?;
        self.passes(Hang::BeforeIntend).await;
        self.inner.intend(intent).await?;
        self.passes(Hang::AfterIntend).await;
        Ok(())
    }

    async fn settle(
        &self,
        client_request_id: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        self.works(Fail::Settle)?;
        self.passes(Hang::BeforeSettle).await;
        self.inner
            .settle(client_request_id, sending, settlement)
            .await
    }

    async fn end(&self, client_request_id: &str, ending: Ending) -> Result<(), LedgerError> {
        self.inner.end(client_request_id, ending).await
    }

    async fn deliver(
        &self,
        client_request_id: &str,
        at: OffsetDateTime,
        to: &str,
    ) -> Result<(), LedgerError> {
        self.works(Fail::Deliver)?;
        self.inner.deliver(client_request_id, at, to).await
    }

    async fn attempts(&self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        self.works(Fail::Attempts)?;
        self.inner.attempts(plan).await
    }

    async fn open_attempts(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, LedgerError> {
        self.inner.open_attempts(tenant, device).await
    }

    async fn recent(&self, limit: u32) -> Result<Vec<Attempt>, LedgerError> {
        self.inner.recent(limit).await
    }
}
