//! Runs, approvals, and what is asked of all plans.

use passcode_host::ledger::{Attempt, LedgerError, PlanId, StoredPlan};
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use super::fault::misuse;
use super::locks::Lock;
use super::pool::{Tx, asked};
use super::rows::{self, Reader, written};
use crate::record;
use crate::run::{Begun, KeptApproval, NewRun, Run, RunState};
use crate::words::name_of;

/// What the server's clock shows, in microseconds.
macro_rules! now {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    };
}
pub(super) use now;

fn run(at: &str, row: &PgRow) -> Result<Run, LedgerError> {
    let read = Reader { at, row };
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
            .ok_or_else(|| read.damaged("an unheard-of state"))?,
        why: read.maybe("why")?,
        set: read.maybe("plan_set")?,
        changed: read.moment("changed")?,
        started: read.maybe_moment("started")?,
    })
}

impl Tx {
    fn one_run(&self, row: Option<PgRow>) -> Result<Option<Run>, LedgerError> {
        row.map(|row| run(&self.at, &row)).transpose()
    }

    pub(super) async fn run_of_key(
        &mut self,
        tenant: &str,
        key: &str,
    ) -> Result<Option<Run>, LedgerError> {
        let row = sqlx::query(
            "SELECT * FROM passcode.runs \
             WHERE tenant_key = lower($1 COLLATE \"C\") AND key = $2",
        )
        .bind(tenant)
        .bind(key)
        .fetch_optional(&mut self.connection);
        let row = asked(&self.at, row).await?;
        self.one_run(row)
    }

    async fn run_of_id(&mut self, id: &str) -> Result<Option<Run>, LedgerError> {
        let row = sqlx::query("SELECT * FROM passcode.runs WHERE id_key = lower($1 COLLATE \"C\")")
            .bind(id)
            .fetch_optional(&mut self.connection);
        let row = asked(&self.at, row).await?;
        self.one_run(row)
    }

    /// The number under which the rows of a run stand.
    pub(super) async fn number_of(&mut self, id: &str) -> Result<Option<i64>, LedgerError> {
        let number = sqlx::query_scalar(
            "SELECT seq FROM passcode.runs WHERE id_key = lower($1 COLLATE \"C\")",
        )
        .bind(id)
        .fetch_optional(&mut self.connection);
        asked(&self.at, number).await
    }
}

pub(super) async fn begin(tx: &mut Tx, new: &NewRun) -> Result<Begun, LedgerError> {
    let mut alone = vec![Lock::Run(&new.id)];
    if let Some(key) = &new.key {
        alone.push(Lock::Key(&new.tenant, key));
    }
    tx.lock(&alone).await?;
    let of_key = match &new.key {
        Some(key) => tx.run_of_key(&new.tenant, key).await?,
        None => None,
    };
    let known = match of_key {
        Some(known) => Some(known),
        None => tx.run_of_id(&new.id).await?,
    };
    if let Some(known) = known {
        let is_same =
            known.new.digest == new.digest && known.new.tenant.eq_ignore_ascii_case(&new.tenant);
        return Ok(if is_same {
            Begun::Known(known)
        } else {
            Begun::Other(known)
        });
    }
    let row = sqlx::query(concat!(
        "INSERT INTO passcode.runs (id, key, tenant, title, digest, document, planner, created, \
         state, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'planning', ",
        now!(),
        ") RETURNING *"
    ))
    .bind(&new.id)
    .bind(&new.key)
    .bind(&new.tenant)
    .bind(&new.title)
    .bind(&new.digest)
    .bind(&new.document)
    .bind(&new.planner)
    .bind(written(&tx.at, new.created)?)
    .fetch_one(&mut tx.connection);
    let row = asked(&tx.at, row).await?;
    tx.records.push(record::run_begun(new));
    Ok(Begun::New(run(&tx.at, &row)?))
}

pub(super) async fn find(tx: &mut Tx, id: &str) -> Result<Option<Run>, LedgerError> {
    if let Some(exact) = tx.run_of_id(id).await? {
        return Ok(Some(exact));
    }
    if id.len() < 8 {
        return Ok(None);
    }
    let rows = sqlx::query(
        "SELECT * FROM passcode.runs WHERE starts_with(id_key, lower($1 COLLATE \"C\")) LIMIT 2",
    )
    .bind(id)
    .fetch_all(&mut tx.connection);
    let rows = asked(&tx.at, rows).await?;
    match rows.as_slice() {
        [only] => run(&tx.at, only).map(Some),
        _ => Ok(None),
    }
}

pub(super) async fn newest(tx: &mut Tx, limit: u32) -> Result<Vec<Run>, LedgerError> {
    let rows = sqlx::query("SELECT * FROM passcode.runs ORDER BY seq DESC LIMIT $1")
        .bind(i64::from(limit))
        .fetch_all(&mut tx.connection);
    let rows = asked(&tx.at, rows).await?;
    rows.iter().map(|row| run(&tx.at, row)).collect()
}

pub(super) async fn bring(
    tx: &mut Tx,
    id: &str,
    from: &[RunState],
    to: RunState,
    why: Option<&str>,
    set: Option<&str>,
) -> Result<bool, LedgerError> {
    tx.lock(&[Lock::Run(id)]).await?;
    let Some(known) = tx.run_of_id(id).await? else {
        return Ok(false);
    };
    if !from.contains(&known.state) {
        return Ok(false);
    }
    if set.is_some() && known.set.is_some() && known.set.as_deref() != set {
        return Err(misuse(&tx.at, "the set of a run changes to another"));
    }
    let written = sqlx::query(concat!(
        "UPDATE passcode.runs SET state = $2, why = $3, plan_set = coalesce(plan_set, $4), \
         started = CASE WHEN $2 = 'running' THEN coalesce(started, clock.now) ELSE started END, \
         changed = clock.now FROM (SELECT ",
        now!(),
        " AS now OFFSET 0) AS clock WHERE id = $1"
    ))
    .bind(&known.new.id)
    .bind(to.word())
    .bind(why)
    .bind(set)
    .execute(&mut tx.connection);
    asked(&tx.at, written).await?;
    let line = record::run_moved(&known, to, why, set, OffsetDateTime::now_utc());
    tx.records.push(line);
    Ok(true)
}

pub(super) async fn last_sent(
    tx: &mut Tx,
    tenant: &str,
    device: &str,
) -> Result<Option<OffsetDateTime>, LedgerError> {
    let row = sqlx::query(
        "SELECT at FROM passcode.attempts \
         WHERE tenant_key = lower($1 COLLATE \"C\") AND device_key = lower($2 COLLATE \"C\") \
         AND state IN ('intended', 'accepted', 'unknown') ORDER BY seq DESC LIMIT 1",
    )
    .bind(tenant)
    .bind(device)
    .fetch_optional(&mut tx.connection);
    let row = asked(&tx.at, row).await?;
    row.map(|row| {
        Reader {
            at: &tx.at,
            row: &row,
        }
        .time("at")
    })
    .transpose()
}

pub(super) async fn keep_approval(tx: &mut Tx, approval: &KeptApproval) -> Result<(), LedgerError> {
    let written = sqlx::query(
        "INSERT INTO passcode.approvals (subject, digest, document, at) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (subject, digest) DO NOTHING",
    )
    .bind(&approval.subject)
    .bind(name_of(&approval.document).to_string())
    .bind(&approval.document)
    .bind(written(&tx.at, approval.at)?)
    .execute(&mut tx.connection);
    if asked(&tx.at, written).await?.rows_affected() > 0 {
        tx.records.push(record::handed_in(approval));
    }
    Ok(())
}

pub(super) async fn approvals(
    tx: &mut Tx,
    subject: &str,
) -> Result<Vec<KeptApproval>, LedgerError> {
    let rows = sqlx::query("SELECT * FROM passcode.approvals WHERE subject = $1 ORDER BY seq")
        .bind(subject)
        .fetch_all(&mut tx.connection);
    let rows = asked(&tx.at, rows).await?;
    let approval = |row| {
        let read = Reader { at: &tx.at, row };
        Ok(KeptApproval {
            subject: read.text("subject")?,
            document: read.text("document")?,
            at: read.time("at")?,
        })
    };
    rows.iter().map(approval).collect()
}

pub(super) async fn plans(
    tx: &mut Tx,
    limit: u32,
) -> Result<Vec<(StoredPlan, Option<Attempt>)>, LedgerError> {
    let rows = sqlx::query("SELECT * FROM passcode.plans ORDER BY seq DESC LIMIT $1")
        .bind(i64::from(limit))
        .fetch_all(&mut tx.connection);
    let rows = asked(&tx.at, rows).await?;
    let plans: Result<Vec<StoredPlan>, _> =
        rows.iter().map(|row| rows::plan(&tx.at, row)).collect();
    let plans = plans?;
    let names: Vec<PlanId> = plans.iter().map(|plan| plan.id).collect();
    let mut counts = tx.that_count(&names).await?;
    Ok(plans
        .into_iter()
        .map(|plan| {
            let attempt = counts.remove(&plan.id);
            (plan, attempt)
        })
        .collect())
}
