//! One transaction for everything that waits to be written. One that is refused leaves nothing
//! behind and its neighbours as they are: then the transaction is undone, and another does it again
//! with each in a savepoint of its own. With any savepoint, every page is copied before it is
//! written, which costs as much again as the writing. Nobody hears anything before the commit. The lines of the audit chain are written last, all at once:
//! if they cannot be, nothing is.

use std::sync::Arc;

use passcode_host::ledger::{IntentRefused, LedgerError, LedgerFault};
use rusqlite::{Connection, Transaction};
use tokio::sync::{Mutex, oneshot};
use tokio::task::spawn_blocking;

use super::SqliteLedger;
use super::book::{Book, Sql};
use super::fault::fault;
use super::witness::Chain;
use crate::group::{Batch, Queue, Waiting};

/// Something to be written, with all that it needs.
pub(super) trait Write: Send + Sync + 'static {
    /// What its caller is told.
    type Answer: Send + 'static;
    /// What its caller is told if nothing was written.
    type Refusal: Refusal;

    /// Check and write, inside a transaction that has the write lock.
    fn write(&self, sql: &Sql<'_>, chain: &mut Chain) -> Result<Self::Answer, Self::Refusal>;
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
pub(super) trait Queued: Send {
    /// Whether its caller is still there.
    fn is_wanted(&self) -> bool;
    /// Run it; whether it wrote what it had to write.
    fn run(&mut self, sql: &Sql<'_>, chain: &mut Chain) -> bool;
    /// What it found wrong with the ledger.
    fn fault(&self) -> Option<LedgerError>;
    /// Tell the caller what came of it. Only after the commit.
    fn answer(self: Box<Self>);
    /// Tell the caller that nothing was written.
    fn fail(self: Box<Self>, error: LedgerError);
}

impl<W: Write> Queued for Entry<W> {
    fn is_wanted(&self) -> bool {
        !self.caller.is_closed()
    }

    fn run(&mut self, sql: &Sql<'_>, chain: &mut Chain) -> bool {
        let outcome = self.write.write(sql, chain);
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

/// On a thread of its own, for a commit waits for the disk: all of the batch, so that its
/// statements do not wait for threads.
fn batch(
    book: Arc<Book>,
    connection: Arc<Mutex<Connection>>,
    queue: Arc<Queue<Box<dyn Queued>>>,
) -> Batch {
    Box::pin(async move {
        let mut connection = connection.lock_owned().await;
        let all = move || {
            let mut entries = Vec::new();
            match commit(&book, &mut connection, &queue, &mut entries) {
                Ok(()) => entries.into_iter().for_each(Queued::answer),
                Err(error) => entries
                    .into_iter()
                    .for_each(|entry| entry.fail(error.clone())),
            }
        };
        // A panic drops the entries, and their callers hear of it.
        let _ = spawn_blocking(all).await;
    })
}

/// Run what waits and commit it. An error: none of it is written.
fn commit(
    book: &Book,
    connection: &mut Connection,
    queue: &Queue<Box<dyn Queued>>,
    entries: &mut Vec<Box<dyn Queued>>,
) -> Result<(), LedgerError> {
    // These wait as long as another process may hold the ledger; who comes meanwhile is taken
    // along if there is something to be taken along to, and else begins to wait itself.
    queue.take(entries);
    let transaction = book.begin(connection)?;
    queue.take(entries);
    let mut chain = Chain::default();
    if all(&book.on(&transaction), &mut chain, entries) {
        return end(book, transaction, &chain);
    }
    // Dropped, a transaction undoes all that there is.
    drop(transaction);
    if entries.len() == 1 {
        return Ok(());
    }
    // Other processes may have written meanwhile: the chain's end is looked up anew.
    let (transaction, mut chain) = (book.begin(connection)?, Chain::default());
    each(&book.on(&transaction), &mut chain, entries)?;
    end(book, transaction, &chain)
}

/// Write the lines, and commit.
fn end(book: &Book, transaction: Transaction<'_>, chain: &Chain) -> Result<(), LedgerError> {
    book.on(&transaction).write_lines(chain)?;
    transaction.commit().map_err(book.words())
}

/// Run all that is wanted, up to the first that did not write what it had to; whether all did.
fn all(sql: &Sql<'_>, chain: &mut Chain, entries: &mut [Box<dyn Queued>]) -> bool {
    let mut wanted = entries.iter_mut().filter(|entry| entry.is_wanted());
    wanted.all(|entry| entry.run(sql, chain))
}

/// Run what is wanted, each in a savepoint of its own.
fn each(
    sql: &Sql<'_>,
    chain: &mut Chain,
    entries: &mut [Box<dyn Queued>],
) -> Result<(), LedgerError> {
    sql.execute("SAVEPOINT one", [])?;
    for entry in entries.iter_mut().filter(|entry| entry.is_wanted()) {
        let lines = chain.len();
        if entry.run(sql, chain) {
            sql.execute("RELEASE one", [])?;
            sql.execute("SAVEPOINT one", [])?;
        } else {
            chain.truncate(lines);
            undo(sql, entry.fault())?;
        }
    }
    Ok(())
}

/// Go back to the savepoint, because of one that was refused.
fn undo(sql: &Sql<'_>, fault: Option<LedgerError>) -> Result<(), LedgerError> {
    let undone = sql.execute("ROLLBACK TO one", []);
    // SQLite ends the whole transaction by itself where the disk is full. Going on would
    // commit what follows one by one, without what went before it.
    undone.map(drop).map_err(|error| fault.unwrap_or(error))
}
