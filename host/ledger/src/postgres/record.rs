//! Writing down and reading back: every method is one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use passcode_host::Budget;
use passcode_host::contract::types::Operator;
use passcode_host::ledger::{
    Attempt, Ending, Intent, IntentRefused, LedgerError, PlanId, SendLedger, Sending, Settlement,
    StoredPlan,
};
use time::OffsetDateTime;

use super::fault::misuse;
use super::{PostgresLedger, sending};
use crate::words::name_of;

#[async_trait]
impl SendLedger for PostgresLedger {
    fn practice(&self) -> bool {
        self.practice
    }

    fn acting(&self, operator: &Operator) {
        self.pool.acting().tell(operator);
    }

    fn budget(self: Arc<Self>) -> Option<Arc<dyn Budget>> {
        Some(self)
    }

    async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), LedgerError> {
        if name_of(&plan.document) != plan.id {
            return Err(misuse(self.place(), "the plan is not what its name says"));
        }
        let mut tx = self.begin().await?;
        let outcome = sending::keep_plan(&mut tx, plan).await;
        tx.end(outcome).await
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        let mut tx = self.look().await?;
        let found = tx.plan(id).await;
        tx.end(found).await
    }

    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused> {
        let mut tx = self.begin().await?;
        let outcome = sending::intend(&mut tx, intent).await;
        tx.end(outcome).await
    }

    async fn settle(
        &self,
        client_request_id: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = sending::settle(&mut tx, client_request_id, sending, settlement).await;
        tx.end(outcome).await
    }

    async fn end(&self, client_request_id: &str, ending: Ending) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = sending::end(&mut tx, client_request_id, ending).await;
        tx.end(outcome).await
    }

    async fn deliver(
        &self,
        client_request_id: &str,
        at: OffsetDateTime,
        to: &str,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let outcome = sending::deliver(&mut tx, client_request_id, at, to).await;
        tx.end(outcome).await
    }

    async fn attempts(&self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        let mut tx = self.look().await?;
        let found = tx.attempts(plan).await;
        tx.end(found).await
    }

    async fn open_attempts(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, LedgerError> {
        let mut tx = self.look().await?;
        let found = tx.open(tenant, device).await;
        tx.end(found).await
    }

    async fn recent(&self, limit: u32) -> Result<Vec<Attempt>, LedgerError> {
        let mut tx = self.look().await?;
        let found = tx.recent(limit).await;
        tx.end(found).await
    }
}
