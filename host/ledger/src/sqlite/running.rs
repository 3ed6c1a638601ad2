//! What is written about runs, and approvals that are handed in.

use async_trait::async_trait;
use passcode_host::ledger::LedgerError;
use sqlx::SqliteConnection;
use time::OffsetDateTime;

use super::book::Book;
use super::fault::misuse;
use super::rows::written;
use super::runs::now;
use super::together::Write;
use super::witness::Chain;
use crate::record;
use crate::run::{Begun, KeptApproval, NewRow, NewRun, Run, RunState};

impl Book {
    async fn run_in(
        &self,
        connection: &mut SqliteConnection,
        id: &str,
    ) -> Result<Option<Run>, LedgerError> {
        let found = sqlx::query("SELECT * FROM runs WHERE id = ?")
            .bind(id)
            .fetch_optional(connection)
            .await
            .map_err(self.words())?;
        found.map(|row| self.run_of(&row)).transpose()
    }
}

/// Begin a run, or find it.
pub(super) struct BeginRun(pub(super) NewRun);

#[async_trait]
impl Write for BeginRun {
    type Answer = Begun;
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> Result<Begun, LedgerError> {
        let Self(run) = self;
        let known = sqlx::query(
            "SELECT * FROM runs WHERE (tenant = ?1 AND key = ?2) OR id = ?3 \
             ORDER BY key IS NOT ?2, seq LIMIT 1",
        )
        .bind(&run.tenant)
        .bind(&run.key)
        .bind(&run.id)
        .fetch_optional(&mut *connection)
        .await
        .map_err(book.words())?;
        if let Some(known) = known {
            let known = book.run_of(&known)?;
            let same = known.new.digest == run.digest
                && known.new.tenant.eq_ignore_ascii_case(&run.tenant);
            return Ok(if same {
                Begun::Known(known)
            } else {
                Begun::Other(known)
            });
        }
        sqlx::query(concat!(
            "INSERT INTO runs (id, key, tenant, title, digest, document, planner, created, state, \
             changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'planning', ",
            now!(),
            ")"
        ))
        .bind(&run.id)
        .bind(&run.key)
        .bind(&run.tenant)
        .bind(&run.title)
        .bind(&run.digest)
        .bind(&run.document)
        .bind(&run.planner)
        .bind(written(&book.path, run.created)?)
        .execute(&mut *connection)
        .await
        .map_err(book.words())?;
        book.witness(connection, chain, &record::run_begun(run))
            .await?;
        let begun = book.run_in(connection, &run.id).await?;
        begun
            .map(Begun::New)
            .ok_or_else(|| misuse(&book.path, "a run that is not there after it was written"))
    }
}

/// Bring a run from one of some states to another.
pub(super) struct MoveRun {
    pub(super) id: String,
    pub(super) from: Vec<RunState>,
    pub(super) to: RunState,
    pub(super) why: Option<String>,
    pub(super) set: Option<String>,
}

#[async_trait]
impl Write for MoveRun {
    type Answer = bool;
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> Result<bool, LedgerError> {
        let run = match book.run_in(connection, &self.id).await? {
            Some(run) if self.from.contains(&run.state) => run,
            _ => return Ok(false),
        };
        let (set, why) = (self.set.as_deref(), self.why.as_deref());
        if set.is_some() && run.set.is_some() && run.set.as_deref() != set {
            return Err(misuse(&book.path, "the set of a run is never changed"));
        }
        sqlx::query(concat!(
            "UPDATE runs SET state = ?1, why = ?2, plans = coalesce(plans, ?3), \
             started = CASE WHEN ?1 = 'running' THEN coalesce(started, ",
            now!(),
            ") ELSE started END, changed = ",
            now!(),
            " WHERE id = ?4"
        ))
        .bind(self.to.word())
        .bind(why)
        .bind(set)
        .bind(&run.new.id)
        .execute(&mut *connection)
        .await
        .map_err(book.words())?;
        let moved = record::run_moved(&run, self.to, why, set, OffsetDateTime::now_utc());
        book.witness(connection, chain, &moved).await?;
        Ok(true)
    }
}

/// Add rows to a run.
pub(super) struct AddRows {
    pub(super) run: String,
    pub(super) rows: Vec<NewRow>,
}

#[async_trait]
impl Write for AddRows {
    type Answer = ();
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        _: &mut Chain,
    ) -> Result<(), LedgerError> {
        let run: Option<i64> = sqlx::query_scalar("SELECT seq FROM runs WHERE id = ?")
            .bind(&self.run)
            .fetch_optional(&mut *connection)
            .await
            .map_err(book.words())?;
        let run = run.ok_or_else(|| misuse(&book.path, "there is no run of that name"))?;
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let number = i64::try_from(row.number)
                .map_err(|_| misuse(&book.path, "a row's number is too large"))?;
            rows.push((number, &row.source, &row.selector));
        }
        // One statement for all: a list has a hundred thousand of them.
        let rows = serde_json::to_string(&rows)
            .map_err(|_| misuse(&book.path, "rows that cannot be written"))?;
        sqlx::query(concat!(
            "INSERT INTO run_rows (run, number, source, selector, changed) \
             SELECT ?1, value ->> 0, value ->> 1, value ->> 2, ",
            now!(),
            " FROM json_each(?2) WHERE true ON CONFLICT (run, number) DO NOTHING"
        ))
        .bind(run)
        .bind(rows)
        .execute(&mut *connection)
        .await
        .map_err(book.words())?;
        Ok(())
    }
}

/// Keep an approval or a denial.
pub(super) struct KeepApproval(pub(super) KeptApproval);

#[async_trait]
impl Write for KeepApproval {
    type Answer = ();
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> Result<(), LedgerError> {
        let Self(approval) = self;
        let done = sqlx::query(
            "INSERT INTO approvals (subject, document, at) VALUES (?, ?, ?) \
             ON CONFLICT (subject, document) DO NOTHING",
        )
        .bind(&approval.subject)
        .bind(&approval.document)
        .bind(written(&book.path, approval.at)?)
        .execute(&mut *connection)
        .await
        .map_err(book.words())?;
        if done.rows_affected() > 0 {
            let handed_in = record::handed_in(approval);
            book.witness(connection, chain, &handed_in).await?;
        }
        Ok(())
    }
}
