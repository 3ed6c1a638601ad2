//! Plans and attempts.

use async_trait::async_trait;
use passcode_host::contract::types::Operator;
use passcode_host::ledger::{
    Attempt, Ending, Intent, IntentRefused, LedgerError, LedgerFault, PlanId, SendLedger, Sending,
    Settlement, StoredPlan,
};
use time::OffsetDateTime;

use super::{Kept, MemoryLedger};
use crate::{record, rules};

pub(super) fn misuse(message: impl Into<String>) -> LedgerError {
    LedgerError {
        fault: LedgerFault::Other,
        message: message.into(),
        remedy: "this is a fault in the software that uses the ledger".to_owned(),
    }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl Kept {
    fn attempt(&mut self, name: &str) -> Result<&mut Attempt, LedgerError> {
        self.attempts
            .iter_mut()
            .find(|attempt| same(&attempt.intent.client_request_id, name))
            .ok_or_else(|| misuse(format!("no attempt is named {name}")))
    }

    pub(super) fn of_plan(&self, plan: &PlanId) -> Vec<Attempt> {
        let of_plan = |attempt: &&Attempt| attempt.intent.plan == *plan;
        self.attempts.iter().filter(of_plan).cloned().collect()
    }

    fn open(&self, tenant: &str, device: &str) -> Vec<Attempt> {
        self.attempts
            .iter()
            .filter(|attempt| {
                same(&attempt.intent.tenant, tenant) && same(&attempt.intent.device, device)
            })
            .filter(|attempt| {
                attempt.sending.is_undecided()
                    || (attempt.sending == Sending::Accepted && attempt.ending.is_none())
            })
            .cloned()
            .collect()
    }

    fn intend(&mut self, intent: &Intent) -> Result<(), IntentRefused> {
        let kept = self.plans.get(&intent.plan);
        let Some(plan) = kept else {
            return Err(IntentRefused::UnknownPlan);
        };
        if !same(&plan.tenant, &intent.tenant) || !same(&plan.device, &intent.device) {
            return Err(misuse("the plan is for another tenant or device").into());
        }
        if self
            .attempts
            .iter()
            .any(|one| same(&one.intent.client_request_id, &intent.client_request_id))
        {
            return Err(misuse("an attempt of that name is there already").into());
        }
        let open = self.open(&intent.tenant, &intent.device);
        rules::may_intend(intent, &self.of_plan(&intent.plan), &open)?;
        if let Some(followed) = intent.after_unknown {
            if !self.plans.contains_key(&followed) {
                return Err(misuse("the plan that is followed up is not in this ledger").into());
            }
            // Nobody will settle it any more.
            for at in 0..self.attempts.len() {
                let Some(attempt) = self.attempts.get_mut(at) else {
                    continue;
                };
                if attempt.intent.plan == followed && attempt.sending == Sending::Intended {
                    let line = record::followed_up(attempt, intent);
                    attempt.sending = Sending::Unknown;
                    self.witness(&line)?;
                }
            }
        }
        self.witness(&record::intended(intent))?;
        let mut written = intent.clone();
        for listed in &mut written.snapshot {
            // A seal means nothing outside the step that it was made in.
            listed.passcode = None;
        }
        self.attempts.push(Attempt {
            intent: written,
            sending: Sending::Intended,
            settlement: Settlement::default(),
            ending: None,
            delivered: None,
        });
        Ok(())
    }
}

#[async_trait]
impl SendLedger for MemoryLedger {
    fn practice(&self) -> bool {
        true
    }

    fn acting(&self, operator: &Operator) {
        self.kept().acting.tell(operator);
    }

    async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), LedgerError> {
        let mut kept = self.kept();
        match kept.plans.get(&plan.id) {
            Some(there) if there == plan => Ok(()),
            Some(_) => Err(misuse("another plan of that id is kept")),
            None => {
                kept.witness(&record::planned(plan))?;
                kept.order.push(plan.id);
                kept.plans.insert(plan.id, plan.clone());
                Ok(())
            }
        }
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        Ok(self.kept().plans.get(id).cloned())
    }

    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused> {
        self.kept().intend(intent)
    }

    async fn settle(
        &self,
        client_request_id: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        let mut kept = self.kept();
        let attempt = kept.attempt(client_request_id)?.clone();
        let (state, known) =
            rules::settled(attempt.sending, &attempt.settlement, sending, settlement).ok_or_else(
                || misuse(format!("{:?} cannot become {sending:?}", attempt.sending)),
            )?;
        if (state, &known) == (attempt.sending, &attempt.settlement) {
            return Ok(());
        }
        kept.witness(&record::settled(&attempt, state, &known, (self.clock)()))?;
        let attempt = kept.attempt(client_request_id)?;
        attempt.sending = state;
        attempt.settlement = known;
        Ok(())
    }

    async fn end(&self, client_request_id: &str, ending: Ending) -> Result<(), LedgerError> {
        let mut kept = self.kept();
        let attempt = kept.attempt(client_request_id)?.clone();
        if attempt.sending != Sending::Accepted {
            return Err(misuse("an attempt that was not accepted cannot end"));
        }
        if attempt.ending != Some(ending) {
            kept.witness(&record::ended(&attempt, ending, (self.clock)()))?;
            kept.attempt(client_request_id)?.ending = Some(ending);
        }
        Ok(())
    }

    async fn deliver(
        &self,
        client_request_id: &str,
        at: OffsetDateTime,
        to: &str,
    ) -> Result<(), LedgerError> {
        let mut kept = self.kept();
        let attempt = kept.attempt(client_request_id)?.clone();
        kept.witness(&record::disclosed(&attempt, at, to))?;
        kept.attempt(client_request_id)?.delivered = Some((at, to.to_owned()));
        Ok(())
    }

    async fn attempts(&self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        Ok(self.kept().of_plan(plan))
    }

    async fn open_attempts(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, LedgerError> {
        Ok(self.kept().open(tenant, device))
    }

    async fn recent(&self, limit: u32) -> Result<Vec<Attempt>, LedgerError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let kept = self.kept();
        Ok(kept.attempts.iter().rev().take(limit).cloned().collect())
    }
}
