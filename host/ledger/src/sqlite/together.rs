//! One transaction for everything that waits to be written. One that is refused leaves nothing
//! behind and its neighbours as they are: then the transaction is undone, and another does it again
//! with each in a savepoint of its own. With any savepoint, every page is copied before it is
//! written, which costs as much again as the writing. The lines of the audit chain are written last,
//! all at once: if they cannot be, nothing is. [Who](super::writer) commits also answers.

use passcode_host::ledger::{IntentRefused, LedgerError};
use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use super::SqliteLedger;
use super::book::{Book, Sql};
use super::witness::Chain;
use super::writer;

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
    /// Tell the caller what came of it. Only when the disk has it.
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

impl SqliteLedger {
    /// Write one thing, in one commit with what else waits. Durable when it returns.
    pub(super) async fn write<W: Write>(&self, write: W) -> Outcome<W> {
        let (caller, answer) = oneshot::channel();
        let entry: Box<dyn Queued> = Box::new(Entry {
            write,
            outcome: None,
            caller,
        });
        self.writer.submit(entry);
        let outcome = answer.await;
        outcome.unwrap_or_else(|_| Err(writer::dropped(&self.book.path).into()))
    }
}

/// Run what waits and commit it. An error: none of it is written.
pub(super) fn commit(
    book: &Book,
    connection: &mut Connection,
    take: &mut impl FnMut(&mut Vec<Box<dyn Queued>>),
    entries: &mut Vec<Box<dyn Queued>>,
) -> Result<(), LedgerError> {
    // These wait as long as another process may hold the ledger; who comes meanwhile is taken
    // along if there is something to be taken along to, and else begins to wait itself.
    let transaction = book.begin(connection)?;
    take(entries);
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
