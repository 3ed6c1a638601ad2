//! Runs: what is read, and what is written through the [queue].
//!
//! [queue]: super::together

use std::time::Duration;

use async_trait::async_trait;
use passcode_host::ledger::{Attempt, LedgerError, PlanId, StoredPlan};
use rusqlite::params;
use time::OffsetDateTime;

use super::SqliteLedger;
use super::book::Sql;
use super::claiming::{Release, Renew, Reopen, Steps, Take};
use super::rows::{Reader, attempt, is_what_its_name_says, that_counts};
use super::running::{AddRows, BeginRun, KeepApproval, MoveRun};
use crate::run::{
    Begun, Claim, KeptApproval, NewRow, NewRun, Row, Run, RunLedger, RunState, Stage, Step,
    Stepped, Tally,
};

/// Milliseconds since 1970, the same throughout a statement.
macro_rules! now {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    };
}
pub(super) use now;

/// Rows with the attempt that counts, in the order in which [`Reader::row`] reads their columns;
/// what follows chooses among them.
macro_rules! rows_and_attempts {
    ($tail:literal) => {
        concat!(
            "SELECT r.number, r.source, r.selector, r.stage, r.epoch, r.device, r.label, r.plan, \
             p.created, r.outcome, r.code, r.message, r.changed, ",
            attempt!(),
            " FROM run_rows r LEFT JOIN plans p ON p.id = r.plan LEFT JOIN attempts a ON a.seq = ",
            that_counts!("r.plan"),
            " LEFT JOIN deliveries d \
             ON d.seq = (SELECT max(seq) FROM deliveries WHERE attempt = a.seq) \
             WHERE r.run = (SELECT seq FROM runs WHERE id = ?1) AND ",
            $tail
        )
    };
}

pub(super) const ROWS_AFTER: &str = rows_and_attempts!("r.number > ?2 ORDER BY r.number LIMIT ?3");
pub(super) const ROWS_NAMED: &str =
    rows_and_attempts!("r.number IN (SELECT value FROM json_each(?2)) ORDER BY r.number");

pub(super) const PLANS_OF: &str = "SELECT number, plan FROM run_rows \
     WHERE run = (SELECT seq FROM runs WHERE id = ?1) AND number > ?2 AND plan IS NOT NULL \
     ORDER BY number LIMIT ?3";

/// The clock is read once: read for every row it takes longer than everything else.
pub(super) const TALLY: &str = concat!(
    "WITH clock AS MATERIALIZED (SELECT ",
    now!(),
    " AS now) SELECT stage, CASE WHEN stage = 'ended' THEN coalesce(outcome, 'ended') END AS word, \
     count(*) AS rows, count(plan) AS plans, sum(owner IS NOT NULL AND free > now) AS claimed, \
     min(CASE WHEN stage <> 'ended' AND (owner IS NULL OR free <= now) \
     THEN max(free - now, 0) END) AS due \
     FROM clock CROSS JOIN run_rows WHERE run = (SELECT seq FROM runs WHERE id = ?) GROUP BY 1, 2"
);

pub(super) const PLANS: &str = concat!(
    "SELECT p.seq AS plan_seq, p.id, p.tenant AS plan_tenant, p.device AS plan_device, p.created, \
     p.expires, p.document, ",
    attempt!(),
    " FROM plans p LEFT JOIN attempts a ON a.seq = ",
    that_counts!("p.id"),
    " LEFT JOIN deliveries d ON d.seq = (SELECT max(seq) FROM deliveries WHERE attempt = a.seq) \
     ORDER BY p.seq DESC LIMIT ?"
);

pub(super) const LAST_SENT: &str = "SELECT at FROM attempts WHERE tenant = ? AND device = ? \
     AND state IN ('intended', 'unknown', 'accepted') ORDER BY seq DESC LIMIT 1";

/// So many columns of a plan stand before those of its attempt.
const PLAN: usize = 7;

impl Reader<'_> {
    pub(super) fn run(&self) -> Result<Run, LedgerError> {
        Ok(Run {
            new: NewRun {
                id: self.text("id")?,
                key: self.maybe("key")?,
                tenant: self.text("tenant")?,
                title: self.text("title")?,
                digest: self.text("digest")?,
                document: self.text("document")?,
                planner: self.text("planner")?,
                created: self.time("created")?,
            },
            state: RunState::of_word(&self.text("state")?)
                .ok_or_else(|| self.damaged("a run is in an unheard-of state"))?,
            why: self.maybe("why")?,
            set: self.maybe("plans")?,
            changed: self.moment("changed")?,
            started: self.maybe_moment("started")?,
        })
    }

    fn row(&self) -> Result<Row, LedgerError> {
        let mut columns = 0..;
        let mut next = || columns.next().unwrap_or(0);
        let new = NewRow {
            number: self.count(next())?,
            source: self.text(next())?,
            selector: self.text(next())?,
        };
        let stage = Stage::of_word(&self.text(next())?);
        Ok(Row {
            new,
            stage: stage.ok_or_else(|| self.damaged("a row is at an unheard-of stage"))?,
            epoch: self.count(next())?,
            device: self.maybe(next())?,
            label: self.maybe(next())?,
            plan: match self.maybe(next())? {
                None => None,
                Some(plan) => {
                    let unnamed = |_| self.damaged("the plan of a row has no name");
                    Some(plan.parse().map_err(unnamed)?)
                }
            },
            planned: self.maybe_time(next())?,
            outcome: self.maybe(next())?,
            code: self.maybe(next())?,
            message: self.maybe(next())?,
            changed: self.moment(next())?,
            attempt: self.maybe_attempt(next())?,
        })
    }

    fn approval(&self) -> Result<KeptApproval, LedgerError> {
        Ok(KeptApproval {
            subject: self.text("subject")?,
            document: self.text("document")?,
            at: self.time("at")?,
        })
    }

    fn plan_and_attempt(&self) -> Result<(StoredPlan, Option<Attempt>), LedgerError> {
        let plan = StoredPlan {
            id: self.plan_id("id")?,
            tenant: self.text("plan_tenant")?,
            device: self.text("plan_device")?,
            created: self.time("created")?,
            expires: self.time("expires")?,
            document: self.text("document")?,
        };
        is_what_its_name_says(self.path, &plan)?;
        Ok((plan, self.maybe_attempt(PLAN)?))
    }
}

impl Sql<'_> {
    /// Rows of these numbers.
    pub(super) fn rows(&self, run: &str, numbers: &[i64]) -> Result<Vec<Row>, LedgerError> {
        let numbers = serde_json::to_string(numbers).unwrap_or_default();
        self.all(ROWS_NAMED, params![run, numbers], |row| row.row())
    }

    /// The whole name goes before a beginning; of two with the same beginning it is neither.
    fn run_named(&self, id: &str) -> Result<Option<Run>, LedgerError> {
        // `substr` and not `LIKE`: what is asked for may hold a `%`.
        let runs = self.all(
            "SELECT * FROM runs WHERE id = ?1 UNION ALL SELECT * FROM runs \
             WHERE length(?1) >= 8 AND id <> ?1 AND substr(id, 1, length(?1)) = ?1 COLLATE NOCASE \
             LIMIT 2",
            [id],
            |row| row.run(),
        )?;
        let alone = runs.len() == 1;
        Ok(runs
            .into_iter()
            .next()
            .filter(|run| alone || run.new.id.eq_ignore_ascii_case(id)))
    }

    fn tally(&self, run: &str) -> Result<Tally, LedgerError> {
        let mut tally = Tally::default();
        self.all(TALLY, [run], |row| {
            let rows = row.count("rows")?;
            tally.rows += rows;
            tally.plans += row.count("plans")?;
            tally.claimed += row.count("claimed")?;
            if let Some(due) = row.get::<Option<i64>>("due")? {
                let due = due.unsigned_abs();
                tally.due_in = Some(tally.due_in.map_or(due, |known| known.min(due)));
            }
            match Stage::of_word(&row.text("stage")?) {
                Some(Stage::Listed) => tally.listed += rows,
                Some(Stage::Planned) => tally.planned += rows,
                Some(Stage::Sent) => tally.sent += rows,
                Some(Stage::Ended) | None => {
                    let word = row.maybe("word")?.unwrap_or_default();
                    tally.ended.insert(word, rows);
                }
            }
            Ok(())
        })?;
        Ok(tally)
    }
}

#[async_trait]
impl RunLedger for SqliteLedger {
    async fn begin_run(&self, run: &NewRun) -> Result<Begun, LedgerError> {
        self.write(BeginRun(run.clone())).await
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, LedgerError> {
        self.read(|sql| sql.run_named(id)).await
    }

    async fn run_of_key(&self, tenant: &str, key: &str) -> Result<Option<Run>, LedgerError> {
        let of_key = "SELECT * FROM runs WHERE tenant = ? AND key = ?";
        self.read(|sql| sql.maybe(of_key, [tenant, key], |row| row.run()))
            .await
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, LedgerError> {
        let newest = "SELECT * FROM runs ORDER BY seq DESC LIMIT ?";
        self.read_much(move |sql| sql.all(newest, [limit], |row| row.run()))
            .await
    }

    async fn move_run(
        &self,
        id: &str,
        from: &[RunState],
        to: RunState,
        why: Option<&str>,
        set: Option<&str>,
    ) -> Result<bool, LedgerError> {
        self.write(MoveRun {
            id: id.to_owned(),
            from: from.to_vec(),
            to,
            why: why.map(str::to_owned),
            set: set.map(str::to_owned),
        })
        .await
    }

    async fn add_rows(&self, run: &str, rows: &[NewRow]) -> Result<(), LedgerError> {
        self.write(AddRows {
            run: run.to_owned(),
            rows: rows.to_vec(),
        })
        .await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Row>, LedgerError> {
        self.write(Take(claim.clone())).await
    }

    async fn renew(&self, run: &str, owner: &str, lease: Duration) -> Result<u64, LedgerError> {
        self.write(Renew {
            run: run.to_owned(),
            owner: owner.to_owned(),
            lease,
        })
        .await
    }

    async fn release(&self, run: &str, owner: &str) -> Result<(), LedgerError> {
        self.write(Release {
            run: run.to_owned(),
            owner: owner.to_owned(),
        })
        .await
    }

    async fn reopen(&self, run: &str, outcomes: &[&str]) -> Result<u64, LedgerError> {
        self.write(Reopen {
            run: run.to_owned(),
            outcomes: outcomes.iter().map(|&one| one.to_owned()).collect(),
        })
        .await
    }

    async fn step(
        &self,
        run: &str,
        owner: &str,
        steps: &[Step],
    ) -> Result<Vec<Stepped>, LedgerError> {
        self.write(Steps {
            run: run.to_owned(),
            owner: owner.to_owned(),
            steps: steps.to_vec(),
        })
        .await
    }

    async fn rows(&self, run: &str, after: u64, limit: u32) -> Result<Vec<Row>, LedgerError> {
        let Ok(after) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let run = run.to_owned();
        self.read_much(move |sql| sql.all(ROWS_AFTER, params![run, after, limit], |row| row.row()))
            .await
    }

    async fn plans_of(
        &self,
        run: &str,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, PlanId)>, LedgerError> {
        let Ok(after) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let run = run.to_owned();
        self.read_much(move |sql| {
            let values = params![run, after, limit];
            sql.all(PLANS_OF, values, |row| Ok((row.count(0)?, row.plan_id(1)?)))
        })
        .await
    }

    async fn tally(&self, run: &str) -> Result<Tally, LedgerError> {
        let run = run.to_owned();
        self.read_much(move |sql| sql.tally(&run)).await
    }

    async fn last_sent(
        &self,
        tenant: &str,
        device: &str,
    ) -> Result<Option<OffsetDateTime>, LedgerError> {
        self.read(|sql| sql.maybe(LAST_SENT, [tenant, device], |row| row.time("at")))
            .await
    }

    async fn keep_approval(&self, approval: &KeptApproval) -> Result<(), LedgerError> {
        self.write(KeepApproval(approval.clone())).await
    }

    async fn approvals(&self, subject: &str) -> Result<Vec<KeptApproval>, LedgerError> {
        let handed_in = "SELECT * FROM approvals WHERE subject = ? ORDER BY seq";
        self.read(|sql| sql.all(handed_in, [subject], |row| row.approval()))
            .await
    }

    async fn plans(&self, limit: u32) -> Result<Vec<(StoredPlan, Option<Attempt>)>, LedgerError> {
        self.read_much(move |sql| sql.all(PLANS, [limit], |row| row.plan_and_attempt()))
            .await
    }
}
