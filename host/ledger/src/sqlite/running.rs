//! What is written about runs, and approvals that are handed in.

use passcode_host::ledger::LedgerError;
use rusqlite::params;
use time::OffsetDateTime;

use super::book::Sql;
use super::rows::written;
use super::runs::now;
use super::together::Write;
use super::witness::Chain;
use crate::record;
use crate::run::{Begun, KeptApproval, NewRow, NewRun, Run, RunState};

impl Sql<'_> {
    fn run(&self, id: &str) -> Result<Option<Run>, LedgerError> {
        self.maybe("SELECT * FROM runs WHERE id = ?", [id], |row| row.run())
    }
}

/// Begin a run, or find it.
pub(super) struct BeginRun(pub(super) NewRun);

impl Write for BeginRun {
    type Answer = Begun;
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, chain: &mut Chain) -> Result<Begun, LedgerError> {
        let Self(run) = self;
        let known = sql.maybe(
            "SELECT * FROM runs WHERE (tenant = ?1 AND key = ?2) OR id = ?3 \
             ORDER BY key IS NOT ?2, seq LIMIT 1",
            params![run.tenant, run.key, run.id],
            |row| row.run(),
        )?;
        if let Some(known) = known {
            let same = known.new.digest == run.digest
                && known.new.tenant.eq_ignore_ascii_case(&run.tenant);
            return Ok(if same {
                Begun::Known(known)
            } else {
                Begun::Other(known)
            });
        }
        sql.execute(concat!(
            "INSERT INTO runs (id, key, tenant, title, digest, document, planner, created, state, \
             changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'planning', ",
            now!(),
            ")"
        ), params![run.id, run.key, run.tenant, run.title, run.digest, run.document, run.planner, written(&sql.book.path, run.created)?])?;
        sql.witness(chain, &record::run_begun(run))?;
        let begun = sql.run(&run.id)?;
        begun
            .map(Begun::New)
            .ok_or_else(|| sql.misuse("a run that is not there after it was written"))
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

impl Write for MoveRun {
    type Answer = bool;
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, chain: &mut Chain) -> Result<bool, LedgerError> {
        let run = match sql.run(&self.id)? {
            Some(run) if self.from.contains(&run.state) => run,
            _ => return Ok(false),
        };
        let (set, why) = (self.set.as_deref(), self.why.as_deref());
        if set.is_some() && run.set.is_some() && run.set.as_deref() != set {
            return Err(sql.misuse("the set of a run is never changed"));
        }
        sql.execute(
            concat!(
                "UPDATE runs SET state = ?1, why = ?2, plans = coalesce(plans, ?3), \
                 started = CASE WHEN ?1 = 'running' THEN coalesce(started, ",
                now!(),
                ") ELSE started END, changed = ",
                now!(),
                " WHERE id = ?4"
            ),
            params![self.to.word(), why, set, run.new.id],
        )?;
        let moved = record::run_moved(&run, self.to, why, set, OffsetDateTime::now_utc());
        sql.witness(chain, &moved)?;
        Ok(true)
    }
}

/// Add rows to a run.
pub(super) struct AddRows {
    pub(super) run: String,
    pub(super) rows: Vec<NewRow>,
}

impl Write for AddRows {
    type Answer = ();
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, _: &mut Chain) -> Result<(), LedgerError> {
        let of = "SELECT seq FROM runs WHERE id = ?";
        let run: Option<i64> = sql.maybe(of, [&self.run], |row| row.get("seq"))?;
        let run = run.ok_or_else(|| sql.misuse("there is no run of that name"))?;
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let number =
                i64::try_from(row.number).map_err(|_| sql.misuse("a row's number is too large"))?;
            rows.push((number, &row.source, &row.selector));
        }
        // One statement for all: a list has a hundred thousand of them.
        let rows =
            serde_json::to_string(&rows).map_err(|_| sql.misuse("rows that cannot be written"))?;
        sql.execute(
            concat!(
                "INSERT INTO run_rows (run, number, source, selector, changed) \
             SELECT ?1, value ->> 0, value ->> 1, value ->> 2, ",
                now!(),
                " FROM json_each(?2) WHERE true ON CONFLICT (run, number) DO NOTHING"
            ),
            params![run, rows],
        )?;
        Ok(())
    }
}

/// Keep an approval or a denial.
pub(super) struct KeepApproval(pub(super) KeptApproval);

impl Write for KeepApproval {
    type Answer = ();
    type Refusal = LedgerError;

    fn write(&self, sql: &Sql<'_>, chain: &mut Chain) -> Result<(), LedgerError> {
        let Self(approval) = self;
        let done = sql.execute(
            "INSERT INTO approvals (subject, document, at) VALUES (?, ?, ?) \
             ON CONFLICT (subject, document) DO NOTHING",
            params![
                approval.subject,
                approval.document,
                written(&sql.book.path, approval.at)?
            ],
        )?;
        if done > 0 {
            let handed_in = record::handed_in(approval);
            sql.witness(chain, &handed_in)?;
        }
        Ok(())
    }
}
