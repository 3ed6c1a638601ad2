//! A ledger in memory, with the same rules and no disk: for simulations, in which thousands of
//! runs are played through, and for whoever embeds the host and keeps records elsewhere.
//!
//! Nothing survives the process, so it is a practice ledger always.

mod runs;
mod sends;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use passcode_audit::{Head, Line, Record};
use passcode_host::ledger::{Attempt, LedgerError, LedgerFault, PlanId, StoredPlan};
use time::OffsetDateTime;

use crate::AuditLog;
use crate::acting::Acting;
use crate::run::{KeptApproval, Row, Run};

/// A ledger in memory.
pub struct MemoryLedger {
    kept: Mutex<Kept>,
    clock: Box<dyn Fn() -> OffsetDateTime + Send + Sync>,
}

/// What it holds.
#[derive(Default)]
struct Kept {
    plans: BTreeMap<PlanId, StoredPlan>,
    /// In the order in which plans came.
    order: Vec<PlanId>,
    attempts: Vec<Attempt>,
    runs: Vec<Run>,
    rows: BTreeMap<(String, u64), Held>,
    approvals: Vec<KeptApproval>,
    /// The audit chain. Nobody signs what is gone with the process.
    lines: Vec<Line>,
    /// Who acts, for the audit chain.
    acting: Acting,
}

impl Kept {
    /// Add a line, before what it speaks of is written.
    fn witness(&mut self, record: &Record) -> Result<(), LedgerError> {
        let line = Line::unsigned(&self.head(), &self.acting.stamp(record));
        let line = line.map_err(|error| LedgerError {
            fault: LedgerFault::Other,
            message: error.to_string(),
            remedy: "set the clock of this machine".to_owned(),
        })?;
        self.lines.push(line);
        Ok(())
    }

    fn head(&self) -> Head {
        self.lines.last().map_or(Head::EMPTY, Line::head)
    }
}

/// A row, who has it and until when, and when its time comes.
struct Held {
    row: Row,
    owner: Option<String>,
    until: OffsetDateTime,
    /// None if it need not wait.
    due: Option<OffsetDateTime>,
}

impl Held {
    /// Since when it may be claimed; none: always.
    fn since(&self) -> Option<OffsetDateTime> {
        let lease = self.owner.as_ref().map(|_| self.until);
        self.due.max(lease)
    }
}

impl MemoryLedger {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(OffsetDateTime::now_utc)
    }

    /// An empty one whose leases follow a clock that is given.
    pub fn with_clock(clock: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self {
            kept: Mutex::default(),
            clock: Box::new(clock),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl AuditLog for MemoryLedger {
    async fn head(&self) -> Result<Head, LedgerError> {
        Ok(self.kept().head())
    }

    async fn lines(&self, after: u64, limit: u32) -> Result<Vec<Line>, LedgerError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let kept = self.kept();
        let lines = kept.lines.iter().filter(|line| line.number > after);
        Ok(lines.take(limit).cloned().collect())
    }
}

impl Default for MemoryLedger {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept();
        f.debug_struct("MemoryLedger")
            .field("plans", &kept.plans.len())
            .field("attempts", &kept.attempts.len())
            .field("rows", &kept.rows.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::future::{Ready, ready};
    use std::sync::{Arc, Mutex};

    use super::MemoryLedger;
    use crate::conformance;

    /// Store `n`, always the same.
    fn stores() -> impl Fn(u32) -> Ready<Arc<MemoryLedger>> {
        let stores: Mutex<BTreeMap<u32, Arc<MemoryLedger>>> = Mutex::default();
        move |store| ready(stores.lock().unwrap().entry(store).or_default().clone())
    }

    #[tokio::test]
    async fn it_keeps_every_rule() {
        let stores = stores();
        let open = |store| {
            let ledger = stores(store);
            async move { ledger.await as conformance::Handle }
        };
        conformance::every_rule(&open).await;
        conformance::races(&open, 20).await;
    }

    #[tokio::test]
    async fn it_keeps_every_rule_of_audit() {
        let stores = stores();
        let open = |store| {
            let ledger = stores(store);
            async move { ledger.await as conformance::StoreHandle }
        };
        conformance::every_rule_of_audit(&open).await;
    }

    #[tokio::test]
    async fn it_keeps_every_rule_of_runs() {
        let stores = stores();
        let open = |store| {
            let ledger = stores(store);
            async move { ledger.await as conformance::RunHandle }
        };
        conformance::every_rule_of_runs(&open).await;
        conformance::races_for_rows(&open, 100).await;
    }
}
