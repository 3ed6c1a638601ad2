//! Writing down and reading back. Every writing method is one IMMEDIATE transaction: the write
//! lock is taken before anything is read, so what was checked is still so when it is written,
//! against other processes too.

use std::sync::Arc;

use async_trait::async_trait;
use passcode_host::Budget;
use passcode_host::ledger::{
    Attempt, Ending, Intent, IntentRefused, LedgerError, PlanId, SendLedger, Sending, Settlement,
    StoredPlan,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction};
use time::OffsetDateTime;

use super::SqliteLedger;
use super::fault::{misuse, of};
use super::open;
use super::rows::{self, attempts, ending_word, name_of, sending_word, written};
use crate::rules;

const OF_PLAN: &str = attempts!("WHERE a.plan = ? ORDER BY a.seq");
const BY_NAME: &str = attempts!("WHERE a.client_request_id = ?");
const OPEN: &str = attempts!(
    "WHERE a.tenant = ? AND a.device = ? ",
    "AND (a.state IN ('intended', 'unknown') OR (a.state = 'accepted' AND a.ending IS NULL)) ",
    "ORDER BY a.seq"
);
const RECENT: &str = attempts!("ORDER BY a.seq DESC LIMIT ?");

impl SqliteLedger {
    fn words(&self) -> impl Fn(sqlx::Error) -> LedgerError {
        |error| of(&self.path, error)
    }

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

    fn all(&self, rows: &[SqliteRow]) -> Result<Vec<Attempt>, LedgerError> {
        rows.iter()
            .map(|row| rows::attempt(&self.path, row))
            .collect()
    }

    async fn plan_in(
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

    async fn attempts_in(
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

    async fn open_in(
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

    async fn attempt_in(
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

    async fn existing_in(
        &self,
        connection: &mut SqliteConnection,
        client_request_id: &str,
    ) -> Result<(i64, Attempt), LedgerError> {
        self.attempt_in(connection, client_request_id)
            .await?
            .ok_or_else(|| misuse(&self.path, "there is no attempt of that client-request-id"))
    }

    /// The intent must be the kept plan's, or the record would speak of another device than
    /// the request.
    fn belongs(&self, intent: &Intent, plan: &StoredPlan) -> Result<(), LedgerError> {
        if plan.tenant.eq_ignore_ascii_case(&intent.tenant)
            && plan.device.eq_ignore_ascii_case(&intent.device)
        {
            Ok(())
        } else {
            Err(misuse(
                &self.path,
                "the intent is for another tenant or device than its plan",
            ))
        }
    }

    pub(super) async fn insert_in(
        &self,
        connection: &mut SqliteConnection,
        intent: &Intent,
    ) -> Result<(), LedgerError> {
        // A seal means something only to the process that made it.
        let mut snapshot = intent.snapshot.clone();
        for result in &mut snapshot {
            result.passcode = None;
        }
        let snapshot = serde_json::to_string(&snapshot)
            .map_err(|_| misuse(&self.path, "a snapshot that cannot be written"))?;
        if let Some(followed) = intent.after_unknown {
            // Whoever follows it up has decided that nobody is waiting for its answer any more.
            sqlx::query(
                "UPDATE attempts SET state = 'unknown' WHERE plan = ? AND state = 'intended'",
            )
            .bind(followed.to_string())
            .execute(&mut *connection)
            .await
            .map_err(self.words())?;
        }
        sqlx::query(
            "INSERT INTO attempts (client_request_id, plan, tenant, device, request, at, \
             sent_after, snapshot, after_unknown, again) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&intent.client_request_id)
        .bind(intent.plan.to_string())
        .bind(&intent.tenant)
        .bind(&intent.device)
        .bind(&intent.request)
        .bind(written(&self.path, intent.at)?)
        .bind(&intent.service_date)
        .bind(snapshot)
        .bind(intent.after_unknown.map(|plan| plan.to_string()))
        .bind(i64::from(intent.again))
        .execute(connection)
        .await
        .map_err(self.words())?;
        Ok(())
    }
}

#[async_trait]
impl SendLedger for SqliteLedger {
    fn practice(&self) -> bool {
        self.practice
    }

    fn budget(self: Arc<Self>) -> Option<Arc<dyn Budget>> {
        self.as_budget()
    }

    async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), LedgerError> {
        if name_of(&plan.document) != plan.id {
            return Err(misuse(&self.path, "the plan is not what its name says"));
        }
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        match self.plan_in(&mut transaction, &plan.id).await? {
            Some(kept) if kept == *plan => return Ok(()),
            Some(_) => {
                return Err(misuse(
                    &self.path,
                    "the plan is kept with another device or other times",
                ));
            }
            None => {}
        }
        sqlx::query(
            "INSERT INTO plans (id, tenant, device, created, expires, document) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(plan.id.to_string())
        .bind(&plan.tenant)
        .bind(&plan.device)
        .bind(written(&self.path, plan.created)?)
        .bind(written(&self.path, plan.expires)?)
        .bind(&plan.document)
        .execute(&mut *transaction)
        .await
        .map_err(self.words())?;
        transaction.commit().await.map_err(self.words())
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, LedgerError> {
        let mut connection = self.connection.lock().await;
        self.plan_in(&mut connection, id).await
    }

    async fn intend(&self, intent: &Intent) -> Result<(), IntentRefused> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let plan = self
            .plan_in(&mut transaction, &intent.plan)
            .await?
            .ok_or(IntentRefused::UnknownPlan)?;
        self.belongs(intent, &plan)?;
        let of_plan = self.attempts_in(&mut transaction, &intent.plan).await?;
        let open = self
            .open_in(&mut transaction, &intent.tenant, &intent.device)
            .await?;
        rules::may_intend(intent, &of_plan, &open)?;
        if self
            .attempt_in(&mut transaction, &intent.client_request_id)
            .await?
            .is_some()
        {
            return Err(misuse(&self.path, "the client-request-id was used before").into());
        }
        self.insert_in(&mut transaction, intent).await?;
        transaction.commit().await.map_err(self.words())?;
        Ok(())
    }

    async fn settle(
        &self,
        client_request_id: &str,
        sending: Sending,
        settlement: &Settlement,
    ) -> Result<(), LedgerError> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let (seq, attempt) = self
            .existing_in(&mut transaction, client_request_id)
            .await?;
        let (state, known) =
            rules::settled(attempt.sending, &attempt.settlement, sending, settlement).ok_or_else(
                || {
                    let detail = format!(
                        "an attempt that is {} cannot become {} with what is known",
                        sending_word(attempt.sending),
                        sending_word(sending)
                    );
                    misuse(&self.path, &detail)
                },
            )?;
        sqlx::query(
            "UPDATE attempts SET state = ?, status = ?, request_id = ?, answer_date = ?, \
             approval_code = ?, settled_by = ? WHERE seq = ?",
        )
        .bind(sending_word(state))
        .bind(known.status.map(i64::from))
        .bind(known.request_id)
        .bind(known.service_date)
        .bind(known.approval_code)
        .bind(known.settled_by)
        .bind(seq)
        .execute(&mut *transaction)
        .await
        .map_err(self.words())?;
        transaction.commit().await.map_err(self.words())
    }

    async fn end(&self, client_request_id: &str, ending: Ending) -> Result<(), LedgerError> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let (seq, attempt) = self
            .existing_in(&mut transaction, client_request_id)
            .await?;
        if attempt.sending != Sending::Accepted {
            let detail = format!(
                "an attempt that is {} cannot end on the device; settle it first",
                sending_word(attempt.sending)
            );
            return Err(misuse(&self.path, &detail));
        }
        sqlx::query("UPDATE attempts SET ending = ? WHERE seq = ?")
            .bind(ending_word(ending))
            .bind(seq)
            .execute(&mut *transaction)
            .await
            .map_err(self.words())?;
        transaction.commit().await.map_err(self.words())
    }

    async fn deliver(
        &self,
        client_request_id: &str,
        at: OffsetDateTime,
        to: &str,
    ) -> Result<(), LedgerError> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let (seq, _) = self
            .existing_in(&mut transaction, client_request_id)
            .await?;
        sqlx::query("INSERT INTO deliveries (attempt, at, target) VALUES (?, ?, ?)")
            .bind(seq)
            .bind(written(&self.path, at)?)
            .bind(to)
            .execute(&mut *transaction)
            .await
            .map_err(self.words())?;
        transaction.commit().await.map_err(self.words())
    }

    async fn attempts(&self, plan: &PlanId) -> Result<Vec<Attempt>, LedgerError> {
        let mut connection = self.connection.lock().await;
        self.attempts_in(&mut connection, plan).await
    }

    async fn open_attempts(&self, tenant: &str, device: &str) -> Result<Vec<Attempt>, LedgerError> {
        let mut connection = self.connection.lock().await;
        self.open_in(&mut connection, tenant, device).await
    }

    async fn recent(&self, limit: u32) -> Result<Vec<Attempt>, LedgerError> {
        let mut connection = self.connection.lock().await;
        let rows = sqlx::query(RECENT)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(self.words())?;
        self.all(&rows)
    }
}
