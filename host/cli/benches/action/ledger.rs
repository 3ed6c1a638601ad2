//! A ledger that costs nothing, because the logic alone keeps none either.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use passcode_host::contract::types::Operator;
use passcode_host::ledger::{
    Attempt, Ending, Intent, IntentRefused, LedgerError, PlanId, SendLedger, Sending, Settlement,
    StoredPlan,
};
use time::OffsetDateTime;

/// Kept in memory, for one action.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    plans: HashMap<PlanId, StoredPlan>,
    attempts: Vec<Attempt>,
}

impl Memory {
    /// For the next action.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap() = Kept::default();
    }
}

#[async_trait]
impl SendLedger for Memory {
    fn practice(&self) -> bool {
        true
    }

    fn acting(&self, _: &Operator) {}

    async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), LedgerError> {
        self.0.lock().unwrap().plans.insert(plan.id, plan.clone());
        Ok(())
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        Ok(self.0.lock().unwrap().plans.get(id).cloned())
    }

    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused> {
        self.0.lock().unwrap().attempts.push(Attempt {
            intent: intent.clone(),
            sending: Sending::Intended,
            settlement: Settlement::default(),
            ending: None,
            delivered: None,
        });
        Ok(())
    }

    async fn settle(
        &self,
        client_request_id: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        for attempt in &mut self.0.lock().unwrap().attempts {
            if attempt.intent.client_request_id == client_request_id {
                attempt.sending = sending;
                attempt.settlement = settlement.clone();
            }
        }
        Ok(())
    }

    async fn end(&self, _: &str, _: Ending) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn deliver(&self, _: &str, _: OffsetDateTime, _: &str) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn attempts(&self, _: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        Ok(self.0.lock().unwrap().attempts.clone())
    }

    async fn open_attempts(&self, _: &str, _: &str) -> Result<Vec<Attempt>, LedgerError> {
        Ok(Vec::new())
    }

    async fn recent(&self, _: u32) -> Result<Vec<Attempt>, LedgerError> {
        Ok(Vec::new())
    }
}
