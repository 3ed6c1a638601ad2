//! The file as an operation sees it: inside a transaction that somebody else began and will
//! commit.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use passcode_audit::Notary;
use passcode_host::ledger::{Attempt, Intent, LedgerError, PlanId, Sending, StoredPlan};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction};

use super::fault::{misuse, of};
use super::open;
use super::rows::{self, attempts};
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
    pub(super) notary: Option<Arc<Notary>>,
    /// Who acts, for the audit chain.
    pub(super) acting: Arc<Acting>,
}

impl Book {
    pub(super) fn words(&self) -> impl Fn(sqlx::Error) -> LedgerError {
        |error| of(&self.path, error)
    }

    /// Take the write lock, before anything is read: what is checked is still so when it is
    /// written, against other processes too.
    pub(super) async fn begin<'c>(
        &self,
        connection: &'c mut SqliteConnection,
    ) -> Result<Transaction<'c, Sqlite>, LedgerError> {
        // SQLite ends a transaction by itself when the disk is full, and sqlx, which counts
        // them, then believes for ever that one is open. Asking it anything first lets a
        // transaction that was merely dropped end; if one is left, it is that one.
        if connection.is_in_transaction() {
            connection.ping().await.map_err(self.words())?;
            if connection.is_in_transaction() {
                *connection = open::again(&self.path, self.practice, self.wait).await?;
            }
        }
        connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(self.words())
    }

    pub(super) fn all(&self, rows: &[SqliteRow]) -> Result<Vec<Attempt>, LedgerError> {
        rows.iter()
            .map(|row| rows::attempt(&self.path, row))
            .collect()
    }

    pub(super) async fn plan_in(
        &self,
        connection: &mut SqliteConnection,
        id: &PlanId,
    ) -> Result<Option<StoredPlan>, LedgerError> {
        sqlx::query("SELECT * FROM plans WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(connection)
            .await
            .map_err(self.words())?
            .map(|row| rows::plan(&self.path, &row))
            .transpose()
    }

    pub(super) async fn attempts_in(
        &self,
        connection: &mut SqliteConnection,
        plan: &PlanId,
    ) -> Result<Vec<Attempt>, LedgerError> {
        let rows = sqlx::query(OF_PLAN)
            .bind(plan.to_string())
            .fetch_all(connection)
            .await
            .map_err(self.words())?;
        self.all(&rows)
    }

    pub(super) async fn open_in(
        &self,
        connection: &mut SqliteConnection,
        tenant: &str,
        device: &str,
    ) -> Result<Vec<Attempt>, LedgerError> {
        let rows = sqlx::query(OPEN)
            .bind(tenant)
            .bind(device)
            .fetch_all(connection)
            .await
            .map_err(self.words())?;
        self.all(&rows)
    }

    pub(super) async fn attempt_in(
        &self,
        connection: &mut SqliteConnection,
        client_request_id: &str,
    ) -> Result<Option<(i64, Attempt)>, LedgerError> {
        let row = sqlx::query(BY_NAME)
            .bind(client_request_id)
            .fetch_optional(connection)
            .await
            .map_err(self.words())?;
        row.map(|row| {
            Ok((
                rows::seq(&self.path, &row)?,
                rows::attempt(&self.path, &row)?,
            ))
        })
        .transpose()
    }

    pub(super) async fn beside(
        &self,
        connection: &mut SqliteConnection,
        intent: &Intent,
    ) -> Result<Beside, LedgerError> {
        let found = sqlx::query(BESIDE)
            .bind(intent.plan.to_string())
            .bind(&intent.client_request_id)
            .bind(&intent.tenant)
            .bind(&intent.device)
            .fetch_all(connection)
            .await
            .map_err(self.words())?;
        let mut beside = Beside {
            of_plan: Vec::new(),
            open: Vec::new(),
            of_name: false,
        };
        for attempt in self.all(&found)? {
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

    pub(super) async fn existing_in(
        &self,
        connection: &mut SqliteConnection,
        client_request_id: &str,
    ) -> Result<(i64, Attempt), LedgerError> {
        self.attempt_in(connection, client_request_id)
            .await?
            .ok_or_else(|| misuse(&self.path, "there is no attempt of that client-request-id"))
    }
}
