//! One transaction for what many tasks of this process write at the same time.
//!
//! A commit waits for the server's disk, and whoever adds to the audit chain holds its end until it
//! is committed: one by one, that is as many records a second as the disk has turns. So whoever gets
//! to write takes along everything that waits, as for a [file](crate::SqliteLedger). Nobody hears
//! anything before the commit.
//!
//! First all run as one. If one is refused, all is undone and done again with each in a savepoint of
//! its own, which leaves nothing of that one behind and its neighbours as they are. If the server has
//! two of our processes wait for each other, each is a transaction of its own: they have no order in
//! common then. Otherwise they do: all locks that can be named beforehand are taken at once, in the
//! order that every process takes them in.

use std::sync::Arc;

use passcode_host::ledger::{
    Ending, Intent, IntentRefused, LedgerError, LedgerFault, Sending, Settlement, StoredPlan,
};
use time::OffsetDateTime;
use tokio::sync::oneshot;

use super::fault::fault;
use super::locks::Lock;
use super::pool::{self, Pool, Tx, asked};
use super::{PostgresLedger, run_rows, sending};
use crate::group::{Batch, Queue, Waiting};
use crate::run::{Step, Stepped};

/// Something to be written, with all that it needs.
pub(super) enum Op {
    KeepPlan(StoredPlan),
    Intend(Intent),
    Settle(String, Sending, Settlement),
    End(String, Ending),
    Deliver(String, OffsetDateTime, String),
    Step(String, String, Vec<Step>),
}

/// What its caller is told: what became of the steps of a row, for those that have any.
pub(super) type Outcome = Result<Vec<Stepped>, IntentRefused>;

/// One of the queue: an operation, its outcome, and who waits for it.
pub(super) struct Entry {
    op: Op,
    outcome: Option<Outcome>,
    caller: oneshot::Sender<Outcome>,
}

impl Waiting for Entry {
    fn is_wanted(&self) -> bool {
        !self.caller.is_closed()
    }
}

impl Op {
    /// What it locks before it looks.
    fn locks(&self) -> Vec<Lock<'_>> {
        match self {
            Self::KeepPlan(plan) => vec![Lock::Plan(&plan.id)],
            Self::Intend(intent) => sending::alone(intent).to_vec(),
            // The row itself is locked when it is read, in whatever order they came.
            Self::Settle(name, ..) | Self::End(name, ..) | Self::Deliver(name, ..) => {
                vec![Lock::Name(name)]
            }
            Self::Step(run, ..) => vec![Lock::Run(run)],
        }
    }

    async fn run(&self, tx: &mut Tx) -> Outcome {
        match self {
            Self::KeepPlan(plan) => sending::keep_plan(tx, plan).await?,
            Self::Intend(intent) => sending::intend(tx, intent).await?,
            Self::Settle(name, sending, known) => {
                sending::settle(tx, name, *sending, known).await?
            }
            Self::End(name, ending) => sending::end(tx, name, *ending).await?,
            Self::Deliver(name, at, to) => sending::deliver(tx, name, *at, to).await?,
            Self::Step(run, owner, steps) => {
                return Ok(run_rows::step(tx, run, owner, steps).await?);
            }
        }
        Ok(Vec::new())
    }
}

impl Entry {
    fn answer(self) {
        if let Some(outcome) = self.outcome {
            // A caller that is gone does not want to know.
            let _ = self.caller.send(outcome);
        }
    }

    fn fail(self, error: LedgerError) {
        let _ = self.caller.send(Err(error.into()));
    }
}

impl PostgresLedger {
    /// Write one thing, in one commit with what else waits. Durable when it returns.
    pub(super) async fn write(&self, op: Op) -> Outcome {
        let (caller, answer) = oneshot::channel();
        let entry = Entry {
            op,
            outcome: None,
            caller,
        };
        let run = |queue| batch(self.pool.clone(), queue);
        let outcome = self.group.submit(entry, answer, run).await;
        outcome.unwrap_or_else(|| {
            let detail = "a write beside it failed in a way that it must not";
            Err(fault(LedgerFault::Other, self.place(), detail).into())
        })
    }

    /// The same, of what nothing can refuse but the ledger itself.
    pub(super) async fn written(&self, op: Op) -> Result<Vec<Stepped>, LedgerError> {
        self.write(op).await.map_err(|refused| match refused {
            IntentRefused::Ledger(error) => error,
            other => fault(LedgerFault::Other, self.place(), &other.to_string()),
        })
    }
}

fn batch(pool: Pool, queue: Arc<Queue<Entry>>) -> Batch {
    Box::pin(async move {
        let mut entries = Vec::new();
        queue.take(&mut entries);
        let written = match together(&pool, &queue, &mut entries, false).await {
            Ok(false) => together(&pool, &queue, &mut entries, true).await,
            written => written,
        };
        match written {
            Ok(_) => entries.into_iter().for_each(Entry::answer),
            Err(error) if error.fault == LedgerFault::Busy && entries.len() > 1 => {
                for entry in entries.into_iter().filter(Waiting::is_wanted) {
                    alone(&pool, entry).await;
                }
            }
            Err(error) => entries
                .into_iter()
                .for_each(|entry| entry.fail(error.clone())),
        }
    })
}

/// One in a transaction of its own.
async fn alone(pool: &Pool, mut entry: Entry) {
    let outcome = match pool.begin(pool::WRITE).await {
        Ok(mut tx) => {
            let outcome = entry.op.run(&mut tx).await;
            tx.end(outcome).await
        }
        Err(error) => Err(error.into()),
    };
    entry.outcome = Some(outcome);
    entry.answer();
}

/// Run what is wanted in one transaction. False: one was refused where they were not kept apart, and
/// nothing is written. An error: nothing is written, unless nobody knows.
async fn together(
    pool: &Pool,
    queue: &Queue<Entry>,
    entries: &mut Vec<Entry>,
    apart: bool,
) -> Result<bool, LedgerError> {
    let mut tx = pool.begin(pool::WRITE).await?;
    // Who came while a connection was waited for is taken along.
    queue.take(entries);
    match all(&mut tx, entries, apart).await {
        Ok(false) => {
            tx.undo().await;
            // It was refused on its own account, and that is its answer.
            Ok(entries.len() == 1)
        }
        done => tx.end(done).await,
    }
}

/// Take the locks of all, and run one after the other.
async fn all(tx: &mut Tx, entries: &mut [Entry], apart: bool) -> Result<bool, LedgerError> {
    let wanted: Vec<Lock<'_>> = entries.iter().flat_map(|entry| entry.op.locks()).collect();
    if entries.len() > 1 && !wanted.is_empty() {
        tx.lock(&wanted).await?;
    }
    for entry in entries.iter_mut().filter(|entry| entry.is_wanted()) {
        let before = tx.mark();
        if apart {
            execute(tx, "SAVEPOINT one").await?;
        }
        let outcome = entry.op.run(tx).await;
        let busy = match &outcome {
            Err(IntentRefused::Ledger(error)) if error.fault == LedgerFault::Busy => {
                Some(error.clone())
            }
            _ => None,
        };
        let refused = outcome.is_err();
        entry.outcome = Some(outcome);
        match (refused, apart) {
            (false, false) => {}
            (false, true) => execute(tx, "RELEASE SAVEPOINT one").await?,
            (true, false) => return Ok(false),
            (true, true) => {
                if let Some(error) = busy {
                    return Err(error);
                }
                execute(tx, "ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one").await?;
                tx.back_to(before);
            }
        }
    }
    Ok(true)
}

async fn execute(tx: &mut Tx, sql: &'static str) -> Result<(), LedgerError> {
    let done = sqlx::raw_sql(sql).execute(&mut tx.connection);
    asked(&tx.at, done).await.map(drop)
}
