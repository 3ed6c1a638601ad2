//! The sending of one device: what is read, each in one transaction, and what is written
//! [together](super::together).

use std::sync::Arc;

use async_trait::async_trait;
use passcode_host::Budget;
use passcode_host::contract::types::Operator;
use passcode_host::ledger::{
    Attempt, Ending, Intent, IntentRefused, LedgerError, PlanId, SendLedger, Sending, Settlement,
    StoredPlan,
};
use time::OffsetDateTime;

use super::PostgresLedger;
use super::fault::misuse;
use super::together::Op;
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
        self.written(Op::KeepPlan(plan.clone())).await.map(drop)
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        let mut tx = self.look().await?;
        let found = tx.plan(id).await;
        tx.end(found).await
    }

    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused> {
        self.write(Op::Intend(intent.clone())).await.map(drop)
    }

    async fn settle(
        &self,
        client_request_id: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        let name = client_request_id.to_owned();
        let op = Op::Settle(name, sending, settlement.clone());
        self.written(op).await.map(drop)
    }

    async fn end(&self, client_request_id: &str, ending: Ending) -> Result<(), LedgerError> {
        let op = Op::End(client_request_id.to_owned(), ending);
        self.written(op).await.map(drop)
    }

    async fn deliver(
        &self,
        client_request_id: &str,
        at: OffsetDateTime,
        to: &str,
    ) -> Result<(), LedgerError> {
        let op = Op::Deliver(client_request_id.to_owned(), at, to.to_owned());
        self.written(op).await.map(drop)
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
