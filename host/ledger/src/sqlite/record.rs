//! The sending of one device: what is read, and what is written through the [queue].
//!
//! [queue]: super::together

use std::sync::Arc;

use async_trait::async_trait;
use passcode_host::Budget;
use passcode_host::contract::types::Operator;
use passcode_host::ledger::{
    Attempt, Ending, Intent, IntentRefused, LedgerError, PlanId, SendLedger, Sending, Settlement,
    StoredPlan,
};
use time::OffsetDateTime;

use super::SqliteLedger;
use super::fault::misuse;
use super::rows::{attempt, attempts, name_of};
use super::sending::{Deliver, End, Intend, KeepPlan, Settle};

const RECENT: &str = attempts!("ORDER BY a.seq DESC LIMIT ?");

#[async_trait]
impl SendLedger for SqliteLedger {
    fn practice(&self) -> bool {
        self.book.practice
    }

    fn acting(&self, operator: &Operator) {
        self.book.acting.tell(operator);
    }

    fn budget(self: Arc<Self>) -> Option<Arc<dyn Budget>> {
        self.as_budget()
    }

    async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), LedgerError> {
        if name_of(&plan.document) != plan.id {
            return Err(misuse(
                &self.book.path,
                "the plan is not what its name says",
            ));
        }
        self.write(KeepPlan(plan.clone())).await
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        self.read(|sql| sql.plan(id)).await
    }

    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused> {
        self.write(Intend(intent.clone())).await
    }

    async fn settle(
        &self,
        client_request_id: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        self.write(Settle {
            client_request_id: client_request_id.to_owned(),
            sending,
            settlement: settlement.clone(),
        })
        .await
    }

    async fn end(&self, client_request_id: &str, ending: Ending) -> Result<(), LedgerError> {
        self.write(End {
            client_request_id: client_request_id.to_owned(),
            ending,
        })
        .await
    }

    async fn deliver(
        &self,
        client_request_id: &str,
        at: OffsetDateTime,
        to: &str,
    ) -> Result<(), LedgerError> {
        self.write(Deliver {
            client_request_id: client_request_id.to_owned(),
            at,
            to: to.to_owned(),
        })
        .await
    }

    async fn attempts(&self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        self.read(|sql| sql.attempts(plan)).await
    }

    async fn open_attempts(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, LedgerError> {
        self.read(|sql| sql.open(tenant, device)).await
    }

    async fn recent(&self, limit: u32) -> Result<Vec<Attempt>, LedgerError> {
        self.read_much(move |sql| sql.all(RECENT, [limit], |row| row.attempt(1)))
            .await
    }
}
