//! Who works on which row. Leases are times of this machine's clock: if it is set, they are
//! longer or shorter, and no worse. What is written about a row names the claim it was written
//! under, and a claim that was lost writes nothing.

use std::time::Duration;

use passcode_host::ledger::LedgerError;
use rusqlite::params;

use super::book::Sql;
use super::budget::milliseconds;
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

const REOPEN: &str = "UPDATE run_rows SET stage = 'planned', outcome = NULL, free = 0, \
     changed = CAST(unixepoch('subsec') * 1000 AS INTEGER) \
     WHERE run = (SELECT seq FROM runs WHERE id = ?1) AND stage = 'ended' AND plan IS NOT NULL \
     AND outcome IN (SELECT value FROM json_each(?2))";

pub(super) const HELD: &str = "SELECT r.run, r.plan, (SELECT o.number FROM run_rows o \
     WHERE o.run = r.run AND o.device = ?5 AND o.number <> r.number) AS other FROM run_rows r \
     WHERE r.run = (SELECT seq FROM runs WHERE id = ?1) AND r.number = ?2 \
     AND r.owner = ?3 AND r.epoch = ?4";

/// Take rows whose time has come and which nobody has.
pub(super) struct Take(pub(super) Claim);

impl Write for Take {
    type Answer = Vec<Row>;
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, _: &mut Chain) -> Result<Vec<Row>, LedgerError> {
        let Self(claim) = self;
        let stage = claim.stage.word();
        let free = params![claim.run, stage, claim.limit];
        let numbers: Vec<i64> = sql.all(NEXT, free, |row| row.get("number"))?;
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        sql.execute(
            TAKE,
            params![
                claim.run,
                claim.owner,
                milliseconds(claim.lease),
                serde_json::to_string(&numbers).unwrap_or_default()
            ],
        )?;
        sql.rows(&claim.run, &numbers)
    }
}

/// Go on holding rows.
pub(super) struct Renew {
    pub(super) run: String,
    pub(super) owner: String,
    pub(super) lease: Duration,
}

impl Write for Renew {
    type Answer = u64;
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, _: &mut Chain) -> Result<u64, LedgerError> {
        let done = sql.execute(
            RENEW,
            params![self.run, self.owner, milliseconds(self.lease)],
        )?;
        Ok(written(done))
    }
}

/// Give rows back.
pub(super) struct Release {
    pub(super) run: String,
    pub(super) owner: String,
}

impl Write for Release {
    type Answer = ();
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, _: &mut Chain) -> Result<(), LedgerError> {
        sql.execute(RELEASE, params![self.run, self.owner])?;
        Ok(())
    }
}

fn written(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// Take up again what ended only for the time being.
pub(super) struct Reopen {
    pub(super) run: String,
    pub(super) outcomes: Vec<String>,
}

impl Write for Reopen {
    type Answer = u64;
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, _: &mut Chain) -> Result<u64, LedgerError> {
        let outcomes = serde_json::to_string(&self.outcomes).unwrap_or_default();
        let reopened = sql.execute(REOPEN, params![self.run, outcomes])?;
        Ok(written(reopened))
    }
}

/// Write what was done with rows.
pub(super) struct Steps {
    pub(super) run: String,
    pub(super) owner: String,
    pub(super) steps: Vec<Step>,
}

impl Write for Steps {
    type Answer = Vec<Stepped>;
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, _: &mut Chain) -> Result<Vec<Stepped>, LedgerError> {
        let mut all = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            all.push(self.one(sql, step)?);
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
    fn one(&self, sql: &Sql<'_>, step: &Step) -> Result<Stepped, LedgerError> {
        let Some(found) = self.held(sql, step)? else {
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
            write(sql, found.run, &aside)?;
            return Ok(Stepped::Duplicate(other));
        }
        let plan = step.plan.map(|plan| plan.to_string());
        if plan.is_some() && found.plan.is_some() && plan != found.plan {
            return Err(sql.misuse("the plan of a row is never changed"));
        }
        write(sql, found.run, step)?;
        Ok(Stepped::Written)
    }

    /// The row, if it is still held under the claim that the step names.
    fn held(&self, sql: &Sql<'_>, step: &Step) -> Result<Option<Found>, LedgerError> {
        let (Ok(number), Ok(epoch)) = (i64::try_from(step.number), i64::try_from(step.epoch))
        else {
            return Ok(None);
        };
        let values = params![self.run, number, self.owner, epoch, step.device];
        sql.maybe(HELD, values, |row| {
            let other: Option<i64> = row.get("other")?;
            Ok(Found {
                run: row.get("run")?,
                plan: row.maybe("plan")?,
                other: other.map(i64::unsigned_abs),
            })
        })
    }
}

fn write(sql: &Sql<'_>, run: i64, step: &Step) -> Result<(), LedgerError> {
    sql.execute(
        concat!(
            "UPDATE run_rows SET owner = NULL, free = CASE WHEN ?3 = 0 THEN 0 ELSE ?3 + ",
            now!(),
            " END, changed = CASE WHEN stage = ?4 THEN changed ELSE ",
            now!(),
            " END, stage = ?4, device = coalesce(?5, device), label = coalesce(?6, label), \
         plan = coalesce(?7, plan), outcome = coalesce(?8, outcome), code = coalesce(?9, code), \
         message = coalesce(?10, message) WHERE run = ?1 AND number = ?2"
        ),
        params![
            run,
            i64::try_from(step.number).unwrap_or(0),
            milliseconds(step.after),
            step.to.word(),
            step.device,
            step.label,
            step.plan.map(|plan| plan.to_string()),
            step.outcome,
            step.code,
            step.message
        ],
    )?;
    Ok(())
}
