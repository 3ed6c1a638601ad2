//! Runs: what is read, and what is written through the [queue].
//!
//! [queue]: super::together

use std::time::Duration;

use async_trait::async_trait;
use passcode_host::ledger::{Attempt, LedgerError, LedgerFault, StoredPlan};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use time::OffsetDateTime;

use super::SqliteLedger;
use super::book::Book;
use super::claiming::{Release, Renew, Reopen, Steps, Take};
use super::fault::fault;
use super::rows::{self, Reader, that_counts};
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

/// Rows with the attempt that counts; what follows chooses among them.
macro_rules! rows_and_attempts {
    ($tail:literal) => {
        concat!(
            "SELECT r.number, r.source, r.selector, r.stage, r.epoch, r.device AS row_device, \
             r.label, r.plan AS row_plan, r.outcome, r.code, r.message, r.changed, \
             p.created AS planned, a.*, d.at AS delivered_at, d.target AS delivered_to \
             FROM run_rows r LEFT JOIN plans p ON p.id = r.plan LEFT JOIN attempts a ON a.seq = ",
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
     p.expires, p.document, a.*, d.at AS delivered_at, d.target AS delivered_to FROM plans p \
     LEFT JOIN attempts a ON a.seq = ",
    that_counts!("p.id"),
    " LEFT JOIN deliveries d ON d.seq = (SELECT max(seq) FROM deliveries WHERE attempt = a.seq) \
     ORDER BY p.seq DESC LIMIT ?"
);

pub(super) const LAST_SENT: &str = "SELECT at FROM attempts WHERE tenant = ? AND device = ? \
     AND state IN ('intended', 'unknown', 'accepted') ORDER BY seq DESC LIMIT 1";

impl Book {
    pub(super) fn run_of(&self, row: &SqliteRow) -> Result<Run, LedgerError> {
        let read = self.read(row);
        Ok(Run {
            new: NewRun {
                id: read.text("id")?,
                key: read.maybe("key")?,
                tenant: read.text("tenant")?,
                title: read.text("title")?,
                digest: read.text("digest")?,
                document: read.text("document")?,
                planner: read.text("planner")?,
                created: read.time("created")?,
            },
            state: RunState::of_word(&read.text("state")?)
                .ok_or_else(|| self.damaged("a run is in an unheard-of state"))?,
            why: read.maybe("why")?,
            set: read.maybe("plans")?,
            changed: read.moment("changed")?,
            started: read.maybe_moment("started")?,
        })
    }

    fn row_of(&self, row: &SqliteRow) -> Result<Row, LedgerError> {
        let read = self.read(row);
        let plan = read.maybe("row_plan")?.map(|plan| {
            plan.parse()
                .map_err(|_| self.damaged("the plan of a row has no name"))
        });
        Ok(Row {
            new: NewRow {
                number: read.count("number")?,
                source: read.text("source")?,
                selector: read.text("selector")?,
            },
            stage: Stage::of_word(&read.text("stage")?)
                .ok_or_else(|| self.damaged("a row is at an unheard-of stage"))?,
            epoch: read.count("epoch")?,
            device: read.maybe("row_device")?,
            label: read.maybe("label")?,
            plan: plan.transpose()?,
            planned: read.maybe_time("planned")?,
            outcome: read.maybe("outcome")?,
            code: read.maybe("code")?,
            message: read.maybe("message")?,
            changed: read.moment("changed")?,
            attempt: rows::maybe_attempt(&self.path, row)?,
        })
    }

    /// Rows of these numbers.
    pub(super) async fn rows_in(
        &self,
        connection: &mut SqliteConnection,
        run: &str,
        numbers: &[i64],
    ) -> Result<Vec<Row>, LedgerError> {
        let numbers = serde_json::to_string(numbers).unwrap_or_default();
        let found = sqlx::query(ROWS_NAMED)
            .bind(run)
            .bind(numbers)
            .fetch_all(connection)
            .await
            .map_err(self.words())?;
        found.iter().map(|row| self.row_of(row)).collect()
    }

    fn read<'a>(&'a self, row: &'a SqliteRow) -> Reader<'a> {
        Reader {
            path: &self.path,
            row,
        }
    }

    fn damaged(&self, detail: &str) -> LedgerError {
        fault(LedgerFault::Corrupt, &self.path, detail)
    }
}

#[async_trait]
impl RunLedger for SqliteLedger {
    async fn begin_run(&self, run: &NewRun) -> Result<Begun, LedgerError> {
        self.write(BeginRun(run.clone())).await
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, LedgerError> {
        let mut connection = self.connection.lock().await;
        // The whole name goes before a beginning; of two with the same beginning it is neither.
        // `substr` and not `LIKE`: what is asked for may hold a `%`.
        let mut found = sqlx::query(
            "SELECT * FROM runs WHERE id = ?1 UNION ALL SELECT * FROM runs \
             WHERE length(?1) >= 8 AND id <> ?1 AND substr(id, 1, length(?1)) = ?1 COLLATE NOCASE \
             LIMIT 2",
        )
        .bind(id)
        .fetch_all(&mut *connection)
        .await
        .map_err(self.book.words())?;
        let runs: Vec<Run> = found
            .drain(..)
            .map(|row| self.book.run_of(&row))
            .collect::<Result<_, _>>()?;
        let alone = runs.len() == 1;
        Ok(runs
            .into_iter()
            .next()
            .filter(|run| alone || run.new.id.eq_ignore_ascii_case(id)))
    }

    async fn run_of_key(&self, tenant: &str, key: &str) -> Result<Option<Run>, LedgerError> {
        let mut connection = self.connection.lock().await;
        let found = sqlx::query("SELECT * FROM runs WHERE tenant = ? AND key = ?")
            .bind(tenant)
            .bind(key)
            .fetch_optional(&mut *connection)
            .await
            .map_err(self.book.words())?;
        found.map(|row| self.book.run_of(&row)).transpose()
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, LedgerError> {
        let mut connection = self.connection.lock().await;
        let found = sqlx::query("SELECT * FROM runs ORDER BY seq DESC LIMIT ?")
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(self.book.words())?;
        found.iter().map(|row| self.book.run_of(row)).collect()
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
        let mut connection = self.connection.lock().await;
        let found = sqlx::query(ROWS_AFTER)
            .bind(run)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(self.book.words())?;
        found.iter().map(|row| self.book.row_of(row)).collect()
    }

    async fn tally(&self, run: &str) -> Result<Tally, LedgerError> {
        let mut connection = self.connection.lock().await;
        let found = sqlx::query(TALLY)
            .bind(run)
            .fetch_all(&mut *connection)
            .await
            .map_err(self.book.words())?;
        let mut tally = Tally::default();
        for row in &found {
            let read = self.book.read(row);
            let rows = read.count("rows")?;
            tally.rows += rows;
            tally.plans += read.count("plans")?;
            tally.claimed += read.count("claimed")?;
            if let Some(due) = read.get::<Option<i64>>("due")? {
                let due = due.unsigned_abs();
                tally.due_in = Some(tally.due_in.map_or(due, |known| known.min(due)));
            }
            match Stage::of_word(&read.text("stage")?) {
                Some(Stage::Listed) => tally.listed += rows,
                Some(Stage::Planned) => tally.planned += rows,
                Some(Stage::Sent) => tally.sent += rows,
                Some(Stage::Ended) | None => {
                    let word = read.maybe("word")?.unwrap_or_default();
                    tally.ended.insert(word, rows);
                }
            }
        }
        Ok(tally)
    }

    async fn last_sent(
        &self,
        tenant: &str,
        device: &str,
    ) -> Result<Option<OffsetDateTime>, LedgerError> {
        let mut connection = self.connection.lock().await;
        let found = sqlx::query(LAST_SENT)
            .bind(tenant)
            .bind(device)
            .fetch_optional(&mut *connection)
            .await
            .map_err(self.book.words())?;
        found.map(|row| self.book.read(&row).time("at")).transpose()
    }

    async fn keep_approval(&self, approval: &KeptApproval) -> Result<(), LedgerError> {
        self.write(KeepApproval(approval.clone())).await
    }

    async fn approvals(&self, subject: &str) -> Result<Vec<KeptApproval>, LedgerError> {
        let mut connection = self.connection.lock().await;
        let found = sqlx::query("SELECT * FROM approvals WHERE subject = ? ORDER BY seq")
            .bind(subject)
            .fetch_all(&mut *connection)
            .await
            .map_err(self.book.words())?;
        found
            .iter()
            .map(|row| {
                let read = self.book.read(row);
                Ok(KeptApproval {
                    subject: read.text("subject")?,
                    document: read.text("document")?,
                    at: read.time("at")?,
                })
            })
            .collect()
    }

    async fn plans(&self, limit: u32) -> Result<Vec<(StoredPlan, Option<Attempt>)>, LedgerError> {
        let mut connection = self.connection.lock().await;
        let found = sqlx::query(PLANS)
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(self.book.words())?;
        found
            .iter()
            .map(|row| {
                let read = self.book.read(row);
                let plan = StoredPlan {
                    id: read.plan_id("id")?,
                    tenant: read.text("plan_tenant")?,
                    device: read.text("plan_device")?,
                    created: read.time("created")?,
                    expires: read.time("expires")?,
                    document: read.text("document")?,
                };
                rows::is_what_its_name_says(&self.book.path, &plan)?;
                Ok((plan, rows::maybe_attempt(&self.book.path, row)?))
            })
            .collect()
    }
}
