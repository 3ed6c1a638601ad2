//! The file as an operation sees it: a connection inside a transaction that somebody else began
//! and will commit, or outside of any, to read.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use passcode_audit::Notary;
use passcode_host::ledger::{Attempt, Intent, LedgerError, PlanId, Sending, StoredPlan};
use rusqlite::{Connection, Params, Transaction, TransactionBehavior, params};

use super::fault::{misuse, of};
use super::rows::{Reader, attempt, attempts};
use crate::acting::Acting;

const OF_PLAN: &str = attempts!("WHERE a.plan = ? ORDER BY a.seq");
const BY_NAME: &str = attempts!("WHERE a.client_request_id = ?");
const OPEN: &str = attempts!(
    "WHERE a.tenant = ? AND a.device = ? ",
    "AND (a.state IN ('intended', 'unknown') OR (a.state = 'accepted' AND a.ending IS NULL)) ",
    "ORDER BY a.seq"
);

/// Everything that has a say in an intent, by three indexes.
pub(super) const BESIDE: &str = attempts!(
    "WHERE a.plan = ?1 OR a.client_request_id = ?2 OR (a.tenant = ?3 AND a.device = ?4 ",
    "AND (a.state IN ('intended', 'unknown') OR (a.state = 'accepted' AND a.ending IS NULL))) ",
    "ORDER BY a.seq"
);

/// Several times as many as a process works on at once.
const PLACES: usize = 1024;

/// What there is beside an intent.
pub(super) struct Beside {
    /// Every attempt of its plan.
    pub(super) of_plan: Vec<Attempt>,
    /// Every attempt on its device that is undecided, or accepted without an ending.
    pub(super) open: Vec<Attempt>,
    /// Whether an attempt has its name.
    pub(super) of_name: bool,
}

/// Which file, and how it is used.
pub(super) struct Book {
    pub(super) path: PathBuf,
    pub(super) practice: bool,
    pub(super) wait: Duration,
    /// Who signs the audit chain, if anybody does.
    pub(super) notary: OnceLock<Arc<Notary>>,
    /// Who acts, for the audit chain.
    pub(super) acting: Acting,
    /// Plans that were read.
    pub(super) whole: Whole,
}

/// Plans whose documents were read and found to be what their names say. What is sent is made of
/// what was read, so that a document need not be read again when that is intended. Each has one
/// place, which another may take: then it is read again.
pub(super) struct Whole(Mutex<Vec<Option<PlanId>>>);

impl Whole {
    fn place(plan: &PlanId) -> usize {
        let [high, low, ..] = plan.0;
        usize::from(u16::from_be_bytes([high, low])) % PLACES
    }

    fn add(&self, plan: &PlanId) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get_mut(Self::place(plan)) {
            *place = Some(*plan);
        }
    }

    fn has(&self, plan: &PlanId) -> bool {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(Self::place(plan)) == Some(&Some(*plan))
    }
}

impl Default for Whole {
    fn default() -> Self {
        Self(Mutex::new(vec![None; PLACES]))
    }
}

impl Book {
    pub(super) fn words(&self) -> impl Fn(rusqlite::Error) -> LedgerError {
        |error| of(&self.path, error)
    }

    pub(super) fn on<'a>(&'a self, connection: &'a Connection) -> Sql<'a> {
        Sql {
            book: self,
            connection,
        }
    }

    /// Take the write lock, before anything is read: what is checked is still so when it is
    /// written, against other processes too. Dropped, the transaction is undone.
    pub(super) fn begin<'c>(
        &self,
        connection: &'c mut Connection,
    ) -> Result<Transaction<'c>, LedgerError> {
        // Left open only where it could not be undone, as on a disk that failed. Maybe it can now.
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK").map_err(self.words())?;
        }
        connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(self.words())
    }
}

/// What is asked of a connection to a book.
#[derive(Clone, Copy)]
pub(super) struct Sql<'a> {
    pub(super) book: &'a Book,
    pub(super) connection: &'a Connection,
}

impl Sql<'_> {
    fn words(&self) -> impl Fn(rusqlite::Error) -> LedgerError {
        self.book.words()
    }

    pub(super) fn misuse(&self, detail: &str) -> LedgerError {
        misuse(&self.book.path, detail)
    }

    /// Run a statement; how many rows it wrote.
    pub(super) fn execute(&self, sql: &str, values: impl Params) -> Result<usize, LedgerError> {
        let statement = self.connection.prepare_cached(sql);
        let mut statement = statement.map_err(self.words())?;
        statement.execute(values).map_err(self.words())
    }

    /// Every row that a statement finds.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        mut read: impl FnMut(&Reader<'_>) -> Result<T, LedgerError>,
    ) -> Result<Vec<T>, LedgerError> {
        let statement = self.connection.prepare_cached(sql);
        let mut statement = statement.map_err(self.words())?;
        let mut found = statement.query(values).map_err(self.words())?;
        let mut all = Vec::new();
        while let Some(row) = found.next().map_err(self.words())? {
            let path = &self.book.path;
            all.push(read(&Reader { path, row })?);
        }
        Ok(all)
    }

    /// The first row that a statement finds.
    pub(super) fn maybe<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Reader<'_>) -> Result<T, LedgerError>,
    ) -> Result<Option<T>, LedgerError> {
        let statement = self.connection.prepare_cached(sql);
        let mut statement = statement.map_err(self.words())?;
        let mut found = statement.query(values).map_err(self.words())?;
        let row = found.next().map_err(self.words())?;
        let path = &self.book.path;
        row.map(|row| read(&Reader { path, row })).transpose()
    }

    pub(super) fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        let sql = "SELECT * FROM plans WHERE id = ?";
        let plan = self.maybe(sql, [id.to_string()], |row| row.plan())?;
        if plan.is_some() {
            self.book.whole.add(id);
        }
        Ok(plan)
    }

    /// The tenant and the device of a plan that is whole.
    pub(super) fn whole(&self, id: &PlanId) -> Result<Option<(String, String)>, LedgerError> {
        if !self.book.whole.has(id) {
            return Ok(self.plan(id)?.map(|plan| (plan.tenant, plan.device)));
        }
        let sql = "SELECT tenant, device FROM plans WHERE id = ?";
        self.maybe(sql, [id.to_string()], |row| {
            Ok((row.text(0)?, row.text(1)?))
        })
    }

    pub(super) fn attempts(&self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        self.all(OF_PLAN, [plan.to_string()], |row| row.attempt(1))
    }

    pub(super) fn open(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, LedgerError> {
        self.all(OPEN, [tenant, device], |row| row.attempt(1))
    }

    fn attempt(&self, client_request_id: &str) -> Result<Option<(i64, Attempt)>, LedgerError> {
        self.maybe(BY_NAME, [client_request_id], |row| {
            Ok((row.get(0)?, row.attempt(1)?))
        })
    }

    pub(super) fn beside(&self, intent: &Intent) -> Result<Beside, LedgerError> {
        let mut beside = Beside {
            of_plan: Vec::new(),
            open: Vec::new(),
            of_name: false,
        };
        let values = params![
            intent.plan.to_string(),
            intent.client_request_id,
            intent.tenant,
            intent.device
        ];
        for attempt in self.all(BESIDE, values, |row| row.attempt(1))? {
            let of = &attempt.intent;
            beside.of_name |= of
                .client_request_id
                .eq_ignore_ascii_case(&intent.client_request_id);
            let on_device = of.tenant.eq_ignore_ascii_case(&intent.tenant)
                && of.device.eq_ignore_ascii_case(&intent.device);
            let open = attempt.sending.is_undecided()
                || (attempt.sending == Sending::Accepted && attempt.ending.is_none());
            if on_device && open {
                beside.open.push(attempt.clone());
            }
            if of.plan == intent.plan {
                beside.of_plan.push(attempt);
            }
        }
        Ok(beside)
    }

    pub(super) fn existing(&self, client_request_id: &str) -> Result<(i64, Attempt), LedgerError> {
        self.attempt(client_request_id)?
            .ok_or_else(|| self.misuse("there is no attempt of that client-request-id"))
    }
}
