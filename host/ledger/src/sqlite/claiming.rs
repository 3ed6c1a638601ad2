//! Who works on which row. Leases are times of this machine's clock: if it is set, they are
//! longer or shorter, and no worse. What is written about a row names the claim it was written
//! under, and a claim that was lost writes nothing.

use std::time::Duration;

use async_trait::async_trait;
use passcode_host::ledger::LedgerError;
use sqlx::{Row as _, SqliteConnection};

use super::book::Book;
use super::budget::milliseconds;
use super::fault::misuse;
use super::runs::now;
use super::together::Write;
use super::witness::Chain;
use crate::run::{Claim, Row, Stage, Step, Stepped, duplicate_of};

pub(super) const NEXT: &str = concat!(
    "SELECT number FROM run_rows WHERE run = (SELECT seq FROM runs WHERE id = ?1) AND stage = ?2 \
     AND free <= ",
    now!(),
    " ORDER BY free, number LIMIT ?3"
);

pub(super) const TAKE: &str = concat!(
    "UPDATE run_rows SET owner = ?2, epoch = epoch + 1, free = ?3 + ",
    now!(),
    " WHERE run = (SELECT seq FROM runs WHERE id = ?1) \
     AND number IN (SELECT value FROM json_each(?4))"
);

pub(super) const RENEW: &str = concat!(
    "UPDATE run_rows SET free = ?3 + ",
    now!(),
    " WHERE run = (SELECT seq FROM runs WHERE id = ?1) AND owner = ?2"
);

pub(super) const RELEASE: &str = "UPDATE run_rows SET owner = NULL, free = 0 \
     WHERE run = (SELECT seq FROM runs WHERE id = ?1) AND owner = ?2";

pub(super) const HELD: &str = "SELECT r.run, r.plan, (SELECT o.number FROM run_rows o \
     WHERE o.run = r.run AND o.device = ?5 AND o.number <> r.number) AS other FROM run_rows r \
     WHERE r.run = (SELECT seq FROM runs WHERE id = ?1) AND r.number = ?2 \
     AND r.owner = ?3 AND r.epoch = ?4";

/// Take rows whose time has come and which nobody has.
pub(super) struct Take(pub(super) Claim);

#[async_trait]
impl Write for Take {
    type Answer = Vec<Row>;
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        _: &mut Chain,
    ) -> Result<Vec<Row>, LedgerError> {
        let Self(claim) = self;
        let numbers: Vec<i64> = sqlx::query_scalar(NEXT)
            .bind(&claim.run)
            .bind(claim.stage.word())
            .bind(i64::from(claim.limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(book.words())?;
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        sqlx::query(TAKE)
            .bind(&claim.run)
            .bind(&claim.owner)
            .bind(milliseconds(claim.lease))
            .bind(serde_json::to_string(&numbers).unwrap_or_default())
            .execute(&mut *connection)
            .await
            .map_err(book.words())?;
        book.rows_in(connection, &claim.run, &numbers).await
    }
}

/// Go on holding rows.
pub(super) struct Renew {
    pub(super) run: String,
    pub(super) owner: String,
    pub(super) lease: Duration,
}

#[async_trait]
impl Write for Renew {
    type Answer = u64;
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        _: &mut Chain,
    ) -> Result<u64, LedgerError> {
        let done = sqlx::query(RENEW)
            .bind(&self.run)
            .bind(&self.owner)
            .bind(milliseconds(self.lease))
            .execute(connection)
            .await
            .map_err(book.words())?;
        Ok(done.rows_affected())
    }
}

/// Give rows back.
pub(super) struct Release {
    pub(super) run: String,
    pub(super) owner: String,
}

#[async_trait]
impl Write for Release {
    type Answer = ();
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        _: &mut Chain,
    ) -> Result<(), LedgerError> {
        sqlx::query(RELEASE)
            .bind(&self.run)
            .bind(&self.owner)
            .execute(connection)
            .await
            .map_err(book.words())?;
        Ok(())
    }
}

/// Write what was done with rows.
pub(super) struct Steps {
    pub(super) run: String,
    pub(super) owner: String,
    pub(super) steps: Vec<Step>,
}

#[async_trait]
impl Write for Steps {
    type Answer = Vec<Stepped>;
    type Refusal = LedgerError;

    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        _: &mut Chain,
    ) -> Result<Vec<Stepped>, LedgerError> {
        let mut all = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            all.push(self.one(book, connection, step).await?);
        }
        Ok(all)
    }
}

/// A row as a step finds it.
struct Found {
    run: i64,
    plan: Option<String>,
    /// Another row that has the step's device.
    other: Option<u64>,
}

impl Steps {
    async fn one(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        step: &Step,
    ) -> Result<Stepped, LedgerError> {
        let Some(found) = self.held(book, connection, step).await? else {
            return Ok(Stepped::Lost);
        };
        if let Some(other) = found.other {
            let aside = Step {
                number: step.number,
                epoch: step.epoch,
                to: Stage::Ended,
                after: Duration::ZERO,
                device: None,
                label: step.label.clone(),
                plan: None,
                outcome: Some("duplicate".to_owned()),
                code: Some("duplicate".to_owned()),
                message: Some(duplicate_of(other)),
            };
            write(book, connection, found.run, &aside).await?;
            return Ok(Stepped::Duplicate(other));
        }
        let plan = step.plan.map(|plan| plan.to_string());
        if plan.is_some() && found.plan.is_some() && plan != found.plan {
            return Err(misuse(&book.path, "the plan of a row is never changed"));
        }
        write(book, connection, found.run, step).await?;
        Ok(Stepped::Written)
    }

    /// The row, if it is still held under the claim that the step names.
    async fn held(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        step: &Step,
    ) -> Result<Option<Found>, LedgerError> {
        let (Ok(number), Ok(epoch)) = (i64::try_from(step.number), i64::try_from(step.epoch))
        else {
            return Ok(None);
        };
        let row = sqlx::query(HELD)
            .bind(&self.run)
            .bind(number)
            .bind(&self.owner)
            .bind(epoch)
            .bind(&step.device)
            .fetch_optional(connection)
            .await
            .map_err(book.words())?;
        let Some(row) = row else { return Ok(None) };
        let other: Option<i64> = row.try_get("other").map_err(book.words())?;
        Ok(Some(Found {
            run: row.try_get("run").map_err(book.words())?,
            plan: row.try_get("plan").map_err(book.words())?,
            other: other.map(i64::unsigned_abs),
        }))
    }
}

async fn write(
    book: &Book,
    connection: &mut SqliteConnection,
    run: i64,
    step: &Step,
) -> Result<(), LedgerError> {
    sqlx::query(concat!(
        "UPDATE run_rows SET owner = NULL, free = CASE WHEN ?3 = 0 THEN 0 ELSE ?3 + ",
        now!(),
        " END, changed = CASE WHEN stage = ?4 THEN changed ELSE ",
        now!(),
        " END, stage = ?4, device = coalesce(?5, device), label = coalesce(?6, label), \
         plan = coalesce(?7, plan), outcome = coalesce(?8, outcome), code = coalesce(?9, code), \
         message = coalesce(?10, message) WHERE run = ?1 AND number = ?2"
    ))
    .bind(run)
    .bind(i64::try_from(step.number).unwrap_or(0))
    .bind(milliseconds(step.after))
    .bind(step.to.word())
    .bind(&step.device)
    .bind(&step.label)
    .bind(step.plan.map(|plan| plan.to_string()))
    .bind(&step.outcome)
    .bind(&step.code)
    .bind(&step.message)
    .execute(connection)
    .await
    .map_err(book.words())?;
    Ok(())
}
