//! A process' way to the store: slow, sometimes broken, and frozen with its process.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use passcode_host::ledger::{Attempt, LedgerError, LedgerFault, PlanId, StoredPlan};
use passcode_ledger::MemoryLedger;
use passcode_ledger::run::{
    Begun, Claim, KeptApproval, NewRow, NewRun, Row, Run, RunLedger, RunState, Step, Stepped, Tally,
};
use time::OffsetDateTime;
use tokio::sync::Mutex;

use crate::process::Life;

#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) ledger: Arc<MemoryLedger>,
    /// One question at a time, in the order in which they were put: whoever is given the turn and
    /// does not take it keeps all others waiting.
    pub(crate) turn: Arc<Mutex<()>>,
    pub(crate) life: Arc<Life>,
}

impl Store {
    /// The way there: it takes time, and the store may not answer.
    pub(crate) async fn reach(&self) -> Result<(), LedgerError> {
        self.life.pass(20).await;
        if self.life.network.chance(|chance| chance.below(1_000)) < self.life.broken {
            return Err(LedgerError {
                fault: LedgerFault::Busy,
                message: "the store does not answer".to_owned(),
                remedy: "try again".to_owned(),
            });
        }
        Ok(())
    }

    /// The way back: written, and nobody may ever hear of it.
    pub(crate) async fn back(&self) {
        self.life.pass(5).await;
    }
}

macro_rules! through {
    ($self:ident, $call:expr) => {{
        let _turn = $self.turn.lock().await;
        $self.reach().await?;
        let answer = $call.await;
        $self.back().await;
        answer
    }};
}

#[async_trait]
impl RunLedger for Store {
    async fn begin_run(&self, run: &NewRun) -> Result<Begun, LedgerError> {
        through!(self, self.ledger.begin_run(run))
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, LedgerError> {
        through!(self, self.ledger.run(id))
    }

    async fn run_of_key(&self, tenant: &str, key: &str) -> Result<Option<Run>, LedgerError> {
        through!(self, self.ledger.run_of_key(tenant, key))
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, LedgerError> {
        through!(self, self.ledger.runs(limit))
    }

    async fn move_run(
        &self,
        id: &str,
        from: &[RunState],
        to: RunState,
        why: Option<&str>,
        set: Option<&str>,
    ) -> Result<bool, LedgerError> {
        through!(self, self.ledger.move_run(id, from, to, why, set))
    }

    async fn add_rows(&self, run: &str, rows: &[NewRow]) -> Result<(), LedgerError> {
        through!(self, self.ledger.add_rows(run, rows))
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Row>, LedgerError> {
        through!(self, self.ledger.claim(claim))
    }

    async fn renew(&self, run: &str, owner: &str, lease: Duration) -> Result<u64, LedgerError> {
        through!(self, self.ledger.renew(run, owner, lease))
    }

    async fn release(&self, run: &str, owner: &str) -> Result<(), LedgerError> {
        through!(self, self.ledger.release(run, owner))
    }

    async fn reopen(&self, run: &str, outcomes: &[&str]) -> Result<u64, LedgerError> {
        through!(self, self.ledger.reopen(run, outcomes))
    }

    async fn step(
        &self,
        run: &str,
        owner: &str,
        steps: &[Step],
    ) -> Result<Vec<Stepped>, LedgerError> {
        through!(self, self.ledger.step(run, owner, steps))
    }

    async fn rows(&self, run: &str, after: u64, limit: u32) -> Result<Vec<Row>, LedgerError> {
        through!(self, self.ledger.rows(run, after, limit))
    }

    async fn plans_of(
        &self,
        run: &str,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, PlanId)>, LedgerError> {
        through!(self, self.ledger.plans_of(run, after, limit))
    }

    async fn tally(&self, run: &str) -> Result<Tally, LedgerError> {
        through!(self, self.ledger.tally(run))
    }

    async fn last_sent(
        &self,
        tenant: &str,
        device: &str,
    ) -> Result<Option<OffsetDateTime>, LedgerError> {
        through!(self, self.ledger.last_sent(tenant, device))
    }

    async fn keep_approval(&self, approval: &KeptApproval) -> Result<(), LedgerError> {
        through!(self, self.ledger.keep_approval(approval))
    }

    async fn approvals(&self, subject: &str) -> Result<Vec<KeptApproval>, LedgerError> {
        through!(self, self.ledger.approvals(subject))
    }

    async fn plans(&self, limit: u32) -> Result<Vec<(StoredPlan, Option<Attempt>)>, LedgerError> {
        through!(self, self.ledger.plans(limit))
    }
}
