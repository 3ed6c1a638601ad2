//! Connections, and transactions on them.
//!
//! A connection is lent for one transaction. It comes back only after a commit or a rollback that
//! the server confirmed; in every other case, a future dropped halfway among them, it is closed, and
//! the server undoes what was not committed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use passcode_audit::{Notary, Record};
use passcode_host::ledger::{LedgerError, LedgerFault};
use sqlx::{Connection as _, PgConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::address::Address;
use super::connect::{PATIENCE, connect, examine};
use super::fault::{fault, is_lost, of, uncertain};
use super::locks::{self, Lock};
use super::migrate;
use crate::acting::Acting;

/// So many connections at most. A server has a hundred for everybody unless it is told otherwise.
const MOST: usize = 8;

/// How long a server that is being started again is waited for.
const WAIT: Duration = Duration::from_secs(5);

/// How long a connection that was used before may take to say that it is there.
const ALIVE: Duration = Duration::from_secs(5);

/// Each statement sees what was committed before it: after a lock was waited for, what its holder
/// wrote.
pub(super) const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// All statements see the same.
pub(super) const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// For what need not outlast a power failure.
pub(super) const COUNT: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = off";

#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    address: Address,
    practice: bool,
    notary: Mutex<Option<Arc<Notary>>>,
    acting: Acting,
    idle: Mutex<Vec<PgConnection>>,
    lent: Arc<Semaphore>,
}

/// A transaction on a connection that was lent.
pub(super) struct Tx {
    pub(super) connection: PgConnection,
    /// How the ledger is named to a person.
    pub(super) at: Arc<str>,
    /// What the audit chain will say of it.
    pub(super) records: Vec<Record>,
    /// Numbers of the locks that it has: they last until it ends.
    held: Vec<i64>,
    shared: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
}

/// Wait for the server's answer, but not without end: a network that drops everything says nothing.
pub(super) async fn asked<T>(
    at: &str,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, LedgerError> {
    in_time(PATIENCE, answer)
        .await
        .map_err(|error| of(at, &error))
}

async fn in_time<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(patience, answer).await.unwrap_or_else(|_| {
        let detail = format!("no answer within {} seconds", patience.as_secs());
        Err(std::io::Error::new(std::io::ErrorKind::TimedOut, detail).into())
    })
}

impl Pool {
    /// Reach the server, bring its tables up, and see whether they can be used.
    pub(super) async fn open(address: Address, practice: bool) -> Result<Self, LedgerError> {
        let at = address.shown.clone();
        let mut first = asked(&at, connect(&address, practice)).await?;
        examine(&mut first, &address, practice).await?;
        migrate::bring_up(&mut first, &at, practice).await?;
        migrate::of_kind(&mut first, &at, practice).await?;
        migrate::rights(&mut first, &at).await?;
        Ok(Self(Arc::new(Shared {
            address,
            practice,
            notary: Mutex::new(None),
            acting: Acting::default(),
            idle: Mutex::new(vec![first]),
            lent: Arc::new(Semaphore::new(MOST)),
        })))
    }

    pub(super) fn place(&self) -> &str {
        &self.0.address.shown
    }

    pub(super) fn sealed_by(&self, notary: Arc<Notary>) {
        let mut sealed = self.0.notary.lock().unwrap_or_else(PoisonError::into_inner);
        *sealed = Some(notary);
    }

    /// Who acts, for the audit chain.
    pub(super) fn acting(&self) -> &Acting {
        &self.0.acting
    }

    pub(super) async fn close(self) {
        let idle = std::mem::take(&mut *self.0.idle());
        for connection in idle {
            // It ends either way.
            let _ = connection.close().await;
        }
    }

    pub(super) async fn begin(&self, how: &'static str) -> Result<Tx, LedgerError> {
        let at = self.place();
        let lent = timeout(PATIENCE, self.0.lent.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = lent else {
            let detail = "all our connections to it are in use";
            return Err(fault(LedgerFault::Busy, at, detail));
        };
        let connection = self.0.begun(how).await?;
        Ok(Tx {
            connection,
            at: at.into(),
            records: Vec::new(),
            held: Vec::new(),
            shared: self.0.clone(),
            _permit: permit,
        })
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection in a transaction in which nothing was done yet: up to here a connection that
    /// was lost costs nothing, and is replaced.
    async fn begun(&self, how: &'static str) -> Result<PgConnection, LedgerError> {
        let at = &self.address.shown;
        loop {
            let Some(mut used) = self.idle().pop() else {
                break;
            };
            match in_time(ALIVE, begin(&mut used, how)).await {
                Ok(()) => return Ok(used),
                Err(error) if is_lost(&error) => {}
                Err(error) => return Err(of(at, &error)),
            }
        }
        let since = Instant::now();
        let mut new = loop {
            match in_time(PATIENCE, connect(&self.address, self.practice)).await {
                Ok(new) => break new,
                Err(error) if is_lost(&error) && since.elapsed() < WAIT => {
                    sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(of(at, &error)),
            }
        };
        // It may be another server by now.
        examine(&mut new, &self.address, self.practice).await?;
        migrate::of_kind(&mut new, at, self.practice).await?;
        asked(at, begin(&mut new, how)).await?;
        Ok(new)
    }
}

async fn begin(connection: &mut PgConnection, how: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(how).execute(connection).await.map(drop)
}

impl Tx {
    /// Who signs the lines of the audit chain, if anybody does.
    pub(super) fn notary(&self) -> Option<Arc<Notary>> {
        let notary = &self.shared.notary;
        notary
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Take all of these that it does not have, in the order in which everybody takes them.
    pub(super) async fn lock(&mut self, locks: &[Lock<'_>]) -> Result<(), LedgerError> {
        let taken = locks::take(&mut self.connection, &self.at, locks, &self.held).await?;
        self.held.extend(taken);
        Ok(())
    }

    /// Where it is, before a savepoint.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.records.len(), self.held.len())
    }

    /// Forget what was undone since: its lines, and its locks, which the server let go with it.
    pub(super) fn back_to(&mut self, (records, held): (usize, usize)) {
        self.records.truncate(records);
        self.held.truncate(held);
    }

    /// What the audit chain will say, with who did it.
    pub(super) fn stamped(&self, record: &Record) -> Record {
        self.shared.acting.stamp(record)
    }

    /// Undo everything.
    pub(super) async fn undo(mut self) {
        let undone = in_time(
            PATIENCE,
            sqlx::raw_sql("ROLLBACK").execute(&mut self.connection),
        );
        // Else the connection is closed, and the server undoes it.
        if undone.await.is_ok() {
            self.shared.idle().push(self.connection);
        }
    }

    /// Commit what went well, with its lines of the audit chain; undo what did not; and hand on
    /// which it was.
    pub(super) async fn end<T, E: From<LedgerError>>(
        mut self,
        outcome: Result<T, E>,
    ) -> Result<T, E> {
        let outcome = match outcome {
            Ok(done) => match self.seal().await {
                Ok(()) => Ok(done),
                Err(error) => Err(error.into()),
            },
            refused => refused,
        };
        let is_good = outcome.is_ok();
        let how = if is_good { "COMMIT" } else { "ROLLBACK" };
        let ended = in_time(PATIENCE, sqlx::raw_sql(how).execute(&mut self.connection)).await;
        match ended {
            Ok(_) => {
                self.shared.idle().push(self.connection);
                outcome
            }
            // What went wrong first is what there is to say.
            Err(_) if !is_good => outcome,
            Err(error) if is_lost(&error) => Err(uncertain(&self.at, &error).into()),
            Err(error) => Err(of(&self.at, &error).into()),
        }
    }
}
