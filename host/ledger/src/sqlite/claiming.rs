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

/// What stands in the way of a step: no row at all if the claim was lost; else another row of the
/// device; else another plan.
pub(super) const HELD: &str = "SELECT (SELECT o.number FROM run_rows o \
     WHERE o.run = r.run AND o.device = ?5 AND o.number <> r.number) AS other FROM run_rows r \
     WHERE r.run = (SELECT seq FROM runs WHERE id = ?1) AND r.number = ?2 \
     AND r.owner = ?3 AND r.epoch = ?4";

/// What every step writes; what follows are further columns, and under which claim.
macro_rules! moved {
    ($more:literal, $tail:literal) => {
        concat!(
            "UPDATE run_rows SET owner = NULL, free = CASE WHEN ?5 = 0 THEN 0 ELSE ?5 + ",
            now!(),
            " END, changed = CASE WHEN stage = ?6 THEN changed ELSE ",
            now!(),
            " END, stage = ?6, outcome = coalesce(?7, outcome), code = coalesce(?8, code), \
             message = coalesce(?9, message)",
            $more,
            " WHERE run = ?1 AND number = ?2 AND owner = ?3 AND epoch = ?4",
            $tail
        )
    };
}

/// A step that found nothing out about the device: columns that are not named are not compared
/// with what stands in them, nor looked for in other rows.
pub(super) const ONLY_MOVED: &str = moved!("", "");

/// Any step, where nothing stands in its way: see [`HELD`].
pub(super) const MOVED: &str = moved!(
    ", device = coalesce(?10, device), label = coalesce(?11, label), plan = coalesce(?12, plan)",
    " AND (?12 IS NULL OR plan IS NULL OR plan = ?12) AND NOT EXISTS (SELECT 1 FROM run_rows o \
     WHERE o.run = ?1 AND o.device = ?10 AND o.number <> ?2)"
);

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
        let of = "SELECT seq FROM runs WHERE id = ?";
        let run: Option<i64> = sql.maybe(of, [&self.run], |row| row.get(0))?;
        let Some(run) = run else {
            return Ok(vec![Stepped::Lost; self.steps.len()]);
        };
        let steps = self.steps.iter();
        steps.map(|step| self.one(sql, run, step)).collect()
    }
}

/// A row as a step finds it.
struct Found {
    /// Another row that has the step's device.
    other: Option<u64>,
}

impl Steps {
    fn one(&self, sql: &Sql<'_>, run: i64, step: &Step) -> Result<Stepped, LedgerError> {
        if self.moved(sql, run, step)? {
            return Ok(Stepped::Written);
        }
        // Something stands in its way.
        let Some(found) = self.held(sql, step)? else {
            return Ok(Stepped::Lost);
        };
        let Some(other) = found.other else {
            return Err(sql.misuse("the plan of a row is never changed"));
        };
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
        self.moved(sql, run, &aside)?;
        Ok(Stepped::Duplicate(other))
    }

    /// Write a step; whether there was nothing in its way.
    fn moved(&self, sql: &Sql<'_>, run: i64, step: &Step) -> Result<bool, LedgerError> {
        let (Ok(number), Ok(epoch)) = (i64::try_from(step.number), i64::try_from(step.epoch))
        else {
            return Ok(false);
        };
        let (after, to) = (milliseconds(step.after), step.to.word());
        let Step {
            device,
            label,
            outcome,
            code,
            message,
            ..
        } = step;
        let plan = step.plan.map(|plan| plan.to_string());
        let owner = &self.owner;
        let written = if device.is_none() && label.is_none() && plan.is_none() {
            let values = params![run, number, owner, epoch, after, to, outcome, code, message];
            sql.execute(ONLY_MOVED, values)?
        } else {
            let values = params![
                run, number, owner, epoch, after, to, outcome, code, message, device, label, plan
            ];
            sql.execute(MOVED, values)?
        };
        Ok(written > 0)
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
                other: other.map(i64::unsigned_abs),
            })
        })
    }
}
