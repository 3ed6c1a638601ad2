//! Runs, from the outside: every method is one transaction, but what becomes of rows is written
//! [together](super::together) with what is sent.

use std::time::Duration;

use async_trait::async_trait;
use passcode_host::ledger::{Attempt, LedgerError, PlanId, StoredPlan};
use time::OffsetDateTime;

use super::together::Op;
use super::{PostgresLedger, run_rows, runs};
use crate::run::{
    Begun, Claim, KeptApproval, NewRow, NewRun, Row, Run, RunLedger, RunState, Step, Stepped, Tally,
};

#[async_trait]
impl RunLedger for PostgresLedger {
    async fn begin_run(&self, run: &NewRun) -> Result<Begun, LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = runs::begin(&mut tx, run).await;
        tx.end(outcome).await
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, LedgerError> {
        let mut tx = self.look().await?;
        let found = runs::find(&mut tx, id).await;
        tx.end(found).await
    }

    async fn run_of_key(&self, tenant: &str, key: &str) -> Result<Option<Run>, LedgerError> {
        let mut tx = self.look().await?;
        let found = tx.run_of_key(tenant, key).await;
        tx.end(found).await
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, LedgerError> {
        let mut tx = self.look().await?;
        let found = runs::newest(&mut tx, limit).await;
        tx.end(found).await
    }

    async fn move_run(
        &self,
        id: &str,
        from: &[RunState],
        to: RunState,
        why: Option<&str>,
        set: Option<&str>,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = runs::bring(&mut tx, id, from, to, why, set).await;
        tx.end(outcome).await
    }

    async fn add_rows(&self, run: &str, rows: &[NewRow]) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = run_rows::add(&mut tx, run, rows).await;
        tx.end(outcome).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Row>, LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = run_rows::claim(&mut tx, claim).await;
        tx.end(outcome).await
    }

    async fn renew(&self, run: &str, owner: &str, lease: Duration) -> Result<u64, LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = run_rows::renew(&mut tx, run, owner, lease).await;
        tx.end(outcome).await
    }

    async fn release(&self, run: &str, owner: &str) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = run_rows::release(&mut tx, run, owner).await;
        tx.end(outcome).await
    }

    async fn reopen(&self, run: &str, outcomes: &[&str]) -> Result<u64, LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = run_rows::reopen(&mut tx, run, outcomes).await;
        tx.end(outcome).await
    }

    async fn step(
        &self,
        run: &str,
        owner: &str,
        steps: &[Step],
    ) -> Result<Vec<Stepped>, LedgerError> {
        let op = Op::Step(run.to_owned(), owner.to_owned(), steps.to_vec());
        self.written(op).await
    }

    async fn rows(&self, run: &str, after: u64, limit: u32) -> Result<Vec<Row>, LedgerError> {
        let mut tx = self.look().await?;
        let found = run_rows::list(&mut tx, run, after, limit).await;
        tx.end(found).await
    }

    async fn plans_of(
        &self,
        run: &str,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, PlanId)>, LedgerError> {
        let mut tx = self.look().await?;
        let found = run_rows::plans(&mut tx, run, after, limit).await;
        tx.end(found).await
    }

    async fn tally(&self, run: &str) -> Result<Tally, LedgerError> {
        let mut tx = self.look().await?;
        let found = run_rows::tally(&mut tx, run).await;
        tx.end(found).await
    }

    async fn last_sent(
        &self,
        tenant: &str,
        device: &str,
    ) -> Result<Option<OffsetDateTime>, LedgerError> {
        let mut tx = self.look().await?;
        let found = runs::last_sent(&mut tx, tenant, device).await;
        tx.end(found).await
    }

    async fn keep_approval(&self, approval: &KeptApproval) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = runs::keep_approval(&mut tx, approval).await;
        tx.end(outcome).await
    }

    async fn approvals(&self, subject: &str) -> Result<Vec<KeptApproval>, LedgerError> {
        let mut tx = self.look().await?;
        let found = runs::approvals(&mut tx, subject).await;
        tx.end(found).await
    }

    async fn plans(&self, limit: u32) -> Result<Vec<(StoredPlan, Option<Attempt>)>, LedgerError> {
        let mut tx = self.look().await?;
        let found = runs::plans(&mut tx, limit).await;
        tx.end(found).await
    }
}
