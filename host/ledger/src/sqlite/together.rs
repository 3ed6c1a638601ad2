//! One transaction for everything that waits to be written. One that is refused leaves nothing
//! behind and its neighbours as they are: then all is undone, and done again with each in a
//! savepoint of its own. Always to have savepoints costs as much again as the writing. Nobody
//! hears anything before the commit. The lines of the audit chain are written last, all at once:
//! if they cannot be, nothing is.

use std::sync::Arc;

use async_trait::async_trait;
use passcode_host::ledger::{IntentRefused, LedgerError, LedgerFault};
use sqlx::SqliteConnection;
use tokio::sync::{Mutex, oneshot};

use super::SqliteLedger;
use super::book::Book;
use super::fault::fault;
use super::witness::Chain;
use crate::group::{Batch, Queue, Waiting};

/// Something to be written, with all that it needs.
#[async_trait]
pub(super) trait Write: Send + Sync + 'static {
    /// What its caller is told.
    type Answer: Send + 'static;
    /// What its caller is told if nothing was written.
    type Refusal: Refusal;

    /// Check and write, inside a transaction that has the write lock.
    async fn write(
        &self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> Result<Self::Answer, Self::Refusal>;
}

/// Why nothing was written.
pub(super) trait Refusal: From<LedgerError> + Send + 'static {
    /// What is wrong with the ledger, if anything is.
    fn fault(&self) -> Option<&LedgerError>;
}

impl Refusal for LedgerError {
    fn fault(&self) -> Option<&LedgerError> {
        Some(self)
    }
}

impl Refusal for IntentRefused {
    fn fault(&self) -> Option<&LedgerError> {
        match self {
            Self::Ledger(error) => Some(error),
            _ => None,
        }
    }
}

/// What an operation answers.
type Outcome<W> = Result<<W as Write>::Answer, <W as Write>::Refusal>;

/// One of the queue: an operation, its outcome, and who waits for it.
struct Entry<W: Write> {
    write: W,
    outcome: Option<Outcome<W>>,
    caller: oneshot::Sender<Outcome<W>>,
}

/// An [`Entry`] of any operation.
#[async_trait]
pub(super) trait Queued: Send {
    /// Whether its caller is still there.
    fn is_wanted(&self) -> bool;
    /// Run it; whether it wrote what it had to write.
    async fn run(
        &mut self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> bool;
    /// What it found wrong with the ledger.
    fn fault(&self) -> Option<LedgerError>;
    /// Tell the caller what came of it. Only after the commit.
    fn answer(self: Box<Self>);
    /// Tell the caller that nothing was written.
    fn fail(self: Box<Self>, error: LedgerError);
}

#[async_trait]
impl<W: Write> Queued for Entry<W> {
    fn is_wanted(&self) -> bool {
        !self.caller.is_closed()
    }

    async fn run(
        &mut self,
        book: &Book,
        connection: &mut SqliteConnection,
        chain: &mut Chain,
    ) -> bool {
        let outcome = self.write.write(book, connection, chain).await;
        let wrote = outcome.is_ok();
        self.outcome = Some(outcome);
        wrote
    }

    fn fault(&self) -> Option<LedgerError> {
        match &self.outcome {
            Some(Err(refusal)) => refusal.fault().cloned(),
            _ => None,
        }
    }

    fn answer(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            // A caller that is gone does not want to know.
            let _ = self.caller.send(outcome);
        }
    }

    fn fail(self: Box<Self>, error: LedgerError) {
        let _ = self.caller.send(Err(error.into()));
    }
}

impl Waiting for Box<dyn Queued> {
    fn is_wanted(&self) -> bool {
        Queued::is_wanted(&**self)
    }
}

impl SqliteLedger {
    /// Write one thing, in one commit with what else waits. Durable when it returns.
    pub(super) async fn write<W: Write>(&self, write: W) -> Outcome<W> {
        let (caller, answer) = oneshot::channel();
        let entry: Box<dyn Queued> = Box::new(Entry {
            write,
            outcome: None,
            caller,
        });
        let run = |queue| batch(self.book.clone(), self.connection.clone(), queue);
        let outcome = self.group.submit(entry, answer, run).await;
        outcome.unwrap_or_else(|| {
            let detail = "a write beside it failed in a way that it must not";
            Err(fault(LedgerFault::Other, &self.book.path, detail).into())
        })
    }
}

fn batch(
    book: Arc<Book>,
    connection: Arc<Mutex<SqliteConnection>>,
    queue: Arc<Queue<Box<dyn Queued>>>,
) -> Batch {
    Box::pin(async move {
        let mut connection = connection.lock_owned().await;
        let mut entries = Vec::new();
        match commit(&book, &mut connection, &queue, &mut entries).await {
            Ok(()) => entries.into_iter().for_each(Queued::answer),
            Err(error) => entries
                .into_iter()
                .for_each(|entry| entry.fail(error.clone())),
        }
    })
}

/// Run what waits and commit it. An error: none of it is written.
async fn commit(
    book: &Book,
    connection: &mut SqliteConnection,
    queue: &Queue<Box<dyn Queued>>,
    entries: &mut Vec<Box<dyn Queued>>,
) -> Result<(), LedgerError> {
    // These wait as long as another process may hold the ledger; who comes meanwhile is taken
    // along if there is something to be taken along to, and else begins to wait itself.
    queue.take(entries);
    let mut transaction = book.begin(connection).await?;
    queue.take(entries);
    let mut chain = Chain::default();
    let alone = entries.len() == 1;
    if !alone {
        execute(book, &mut transaction, "SAVEPOINT one").await?;
    }
    if let Err(fault) = all(book, &mut transaction, &mut chain, entries).await {
        if alone {
            // Dropped, the transaction undoes all that there is.
            return Ok(());
        }
        undo(book, &mut transaction, fault).await?;
        chain.truncate(0);
        each(book, &mut transaction, &mut chain, entries).await?;
    }
    book.write_lines(&mut transaction, &chain).await?;
    transaction.commit().await.map_err(book.words())
}

/// Run all that is wanted, up to the first that did not write what it had to; what that one found
/// wrong with the ledger, if anything.
async fn all(
    book: &Book,
    connection: &mut SqliteConnection,
    chain: &mut Chain,
    entries: &mut [Box<dyn Queued>],
) -> Result<(), Option<LedgerError>> {
    for entry in entries.iter_mut().filter(|entry| entry.is_wanted()) {
        if !entry.run(book, connection, chain).await {
            return Err(entry.fault());
        }
    }
    Ok(())
}

/// Run what is wanted, each in a savepoint of its own.
async fn each(
    book: &Book,
    connection: &mut SqliteConnection,
    chain: &mut Chain,
    entries: &mut [Box<dyn Queued>],
) -> Result<(), LedgerError> {
    for entry in entries.iter_mut().filter(|entry| entry.is_wanted()) {
        let lines = chain.len();
        if entry.run(book, connection, chain).await {
            execute(book, connection, "RELEASE one; SAVEPOINT one").await?;
        } else {
            chain.truncate(lines);
            undo(book, connection, entry.fault()).await?;
        }
    }
    Ok(())
}

/// Go back to the savepoint, because of one that was refused.
async fn undo(
    book: &Book,
    connection: &mut SqliteConnection,
    fault: Option<LedgerError>,
) -> Result<(), LedgerError> {
    let undone = execute(book, connection, "ROLLBACK TO one").await;
    // SQLite ends the whole transaction by itself where the disk is full. Going on would
    // commit what follows one by one, without what went before.
    undone.map_err(|error| fault.unwrap_or(error))
}

async fn execute(
    book: &Book,
    connection: &mut SqliteConnection,
    sql: &'static str,
) -> Result<(), LedgerError> {
    let done = sqlx::raw_sql(sql).execute(connection).await;
    done.map(drop).map_err(book.words())
}
