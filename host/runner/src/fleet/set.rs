//! The hash of everything that would be carried out.

use std::fmt::Write as _;

use passcode_host::ledger::{LedgerError, PlanId};
use passcode_ledger::run::{Run, RunLedger};
use sha2::{Digest as _, Sha256};

/// How many plans are named at once. Memory stays the same however long a run is.
const PAGE: u32 = 1_000;

/// The hash of a set of plans, as it is made: the run's name, tenant and digest, and each planned
/// row's number and plan, in order. What was set aside has no part in it.
#[derive(Clone, Debug)]
pub struct SetHash {
    hash: Sha256,
    plans: u64,
}

impl SetHash {
    /// Of a run, still without plans.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let mut hash = Sha256::new();
        let new = &run.new;
        let tenant = new.tenant.to_ascii_lowercase();
        for part in ["passcode/plan-set/v1", &new.id, &tenant, &new.digest] {
            hash.update(part);
            hash.update("\n");
        }
        Self { hash, plans: 0 }
    }

    /// Add the plan of a row.
    pub fn add(&mut self, number: u64, plan: &PlanId) {
        self.plans += 1;
        self.hash.update(format!("{number} {plan}\n"));
    }

    /// The hash in hexadecimal, and of how many plans.
    #[must_use]
    pub fn end(self) -> (String, u64) {
        let hash = self.hash.finalize();
        let digits = hash.iter().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        (digits, self.plans)
    }
}

/// The hash of a run's set as it stands, and of how many plans.
///
/// # Errors
///
/// If the ledger cannot be read.
pub async fn plan_set(ledger: &dyn RunLedger, run: &Run) -> Result<(String, u64), LedgerError> {
    let mut set = SetHash::of(run);
    let mut after = 0;
    loop {
        let page = ledger.plans_of(&run.new.id, after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(set.end());
        };
        after = *last;
        page.iter()
            .for_each(|(number, plan)| set.add(*number, plan));
    }
}
