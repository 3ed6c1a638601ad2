//! The ledger as one SQLite file.

mod book;
mod budget;
mod claiming;
mod clock;
mod fault;
mod open;
mod place;
mod record;
mod rows;
mod running;
mod runs;
mod schema;
mod sending;
mod together;
mod witness;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use passcode_audit::Notary;
use passcode_host::ledger::{LedgerError, LedgerFault};
use rusqlite::Connection;
use tokio::sync::Mutex;
use tokio::task::{JoinError, spawn_blocking};

use self::book::{Book, Sql, Whole};
use self::writer::{Disk, Writer};
use crate::acting::Acting;

/// How long another process may hold the ledger before [`LedgerFault::Busy`] is reported.
///
/// [`LedgerFault::Busy`]: passcode_host::ledger::LedgerFault::Busy
const WAIT: Duration = Duration::from_secs(5);

/// A ledger in one SQLite file.
///
/// One connection writes and another reads, each used by one task at a time; other processes may
/// have theirs. The file is in WAL mode and every commit is synced to the disk before a method
/// returns; what many tasks write at the same time is one commit, the next is written while the
/// disk has the last, and nobody who reads waits for it. It also counts the requests of all who use
/// it ([`passcode_host::Budget`]), on a connection that syncs nothing.
///
/// ```
/// # use passcode_ledger::SqliteLedger;
/// # async fn example(home: &std::path::Path) -> Result<(), passcode_host::ledger::LedgerError> {
/// let ledger = SqliteLedger::open(home.join("ledger.db"), false).await?;
/// let checked = ledger.check().await?;
/// println!("{}: {} attempts", ledger.path().display(), checked.attempts);
/// # Ok(())
/// # }
/// ```
pub struct SqliteLedger {
    book: Arc<Book>,
    connection: Arc<Mutex<Connection>>,
    /// The same, where there is no file that a second one could be opened to.
    reading: Arc<Mutex<Connection>>,
    disk: Arc<Disk>,
    writer: Writer,
    counting: budget::Counting,
    clock: clock::Clock,
}

/// What a whole ledger was found to hold, every page and every hash of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Plans kept.
    pub plans: u64,
    /// Attempts written down.
    pub attempts: u64,
    /// Deliveries written down.
    pub deliveries: u64,
    /// Lines of the audit chain. Whether some were cut off the end only a kept head shows.
    pub lines: u64,
}

impl SqliteLedger {
    /// Open the ledger at `path`, or make a new one if nothing is there.
    ///
    /// A new file is readable by its owner only, and so are the folders made for it. It appears
    /// whole or not at all, so an empty file at `path` is damage and not a beginning. Waits up
    /// to 5 seconds for other processes.
    ///
    /// # Errors
    ///
    /// The file is left as it was in each of these cases:
    ///
    /// - `Corrupt`: not a ledger of ours, truncated or damaged; also where a `-wal` file has
    ///   lost its ledger. Files up to 16 MiB are checked whole, larger ones by [`Self::check`].
    /// - `Newer`: written by a newer version.
    /// - `WrongKind`: a practice ledger for a real tenant or the reverse.
    /// - `ReadOnly`: the file or its folder may not be written.
    /// - `Full`: there is no room.
    /// - `Busy`: another process holds it.
    /// - `Other`: `path` is a symbolic link or no file, others may write to it or replace it, or
    ///   it lies on a network file system, where SQLite's locks do not hold.
    pub async fn open(path: impl Into<PathBuf>, practice: bool) -> Result<Self, LedgerError> {
        Self::open_waiting(path, practice, WAIT).await
    }

    /// As [`Self::open`], but other processes are waited for `wait` at a time, when opening and
    /// at every later call. At most a day.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub async fn open_waiting(
        path: impl Into<PathBuf>,
        practice: bool,
        wait: Duration,
    ) -> Result<Self, LedgerError> {
        let path = path.into();
        let wait = wait.min(Duration::from_secs(24 * 60 * 60));
        let at = path.clone();
        let opened = spawn_blocking(move || {
            let connection = open::file(&at, practice, wait)?;
            Ok((connection, open::beside(&at, wait)?))
        });
        let (connection, reading) = match opened.await {
            Ok(opened) => opened?,
            Err(error) => return Err(broken(&path, &error)),
        };
        let reading = Arc::new(Mutex::new(reading));
        let connection = Arc::new(Mutex::new(connection));
        let disk = Disk::under(&path);
        Self::with(path, practice, wait, [connection, reading], disk)
    }

    /// A ledger that is gone when it is dropped. For tests and the embedded practice tenant
    /// only, hence always a practice ledger.
    ///
    /// # Errors
    ///
    /// There is no memory.
    pub async fn in_memory() -> Result<Self, LedgerError> {
        let path = PathBuf::from(open::IN_MEMORY);
        let connection = Arc::new(Mutex::new(open::memory(&path)?));
        let reading = Arc::clone(&connection);
        Self::with(path, true, WAIT, [connection, reading], Disk::nowhere())
    }

    fn with(
        path: PathBuf,
        practice: bool,
        wait: Duration,
        [connection, reading]: [Arc<Mutex<Connection>>; 2],
        disk: Arc<Disk>,
    ) -> Result<Self, LedgerError> {
        let book = Arc::new(Book {
            path,
            practice,
            wait,
            notary: OnceLock::new(),
            acting: Acting::default(),
            whole: Whole::default(),
        });
        let writer = Writer::start(
            Arc::clone(&book),
            Arc::clone(&connection),
            Arc::clone(&disk),
        )?;
        Ok(Self {
            book,
            connection,
            reading,
            disk,
            writer,
            counting: budget::Counting::default(),
            clock: Arc::new(clock::steady),
        })
    }

    /// Have every line of its audit chain signed from now on, always by the same. Without a notary
    /// lines are chained and not signed: whoever can write to the file could write the whole chain
    /// anew.
    #[must_use]
    pub fn sealed_by(self, notary: Arc<Notary>) -> Self {
        let _ = self.book.notary.set(notary);
        self
    }

    /// Where it is; `:memory:` if nowhere.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.book.path
    }

    /// Read everything and compare it with its own indexes, references and hashes, and with the
    /// audit chain's order. Takes about
    /// a second for 100 MB.
    ///
    /// # Errors
    ///
    /// `Corrupt` with the first thing found; else as any read.
    pub async fn check(&self) -> Result<Checked, LedgerError> {
        self.read_much(open::check).await
    }

    /// Read a few rows, where we are: to have another thread do it takes longer than to do it.
    async fn read<T>(
        &self,
        read: impl FnOnce(&Sql<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let connection = self.reading.lock().await;
        read(&self.book.on(&connection))
    }

    /// Wait until the disk has all that anybody can have read before: other processes' commits, and
    /// ours while they are waited for, are seen a moment before.
    async fn synced(&self) -> Result<(), LedgerError> {
        let disk = Arc::clone(&self.disk);
        match spawn_blocking(move || disk.sync()).await {
            Ok(synced) => synced,
            Err(error) => Err(broken(&self.book.path, &error)),
        }
    }

    /// Read what may be much, on a thread of its own.
    async fn read_much<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Sql<'_>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let book = Arc::clone(&self.book);
        let connection = Arc::clone(&self.reading).lock_owned().await;
        match spawn_blocking(move || read(&book.on(&connection))).await {
            Ok(read) => read,
            Err(error) => Err(broken(&self.book.path, &error)),
        }
    }

    /// Close the file. Dropping does the same, later and in the background.
    ///
    /// # Errors
    ///
    /// What was written is safe whatever this returns; an error means that the write-ahead log
    /// stays beside the ledger.
    pub async fn close(self) -> Result<(), LedgerError> {
        let Self {
            book,
            connection,
            reading,
            writer,
            counting,
            ..
        } = self;
        // Nobody is writing any more: that would take a reference to this ledger. The last
        // connection that is closed empties the log, so the one that may fail goes last.
        let path = book.path.clone();
        let closed = spawn_blocking(move || {
            writer.close();
            let alone = |connection: Arc<Mutex<Connection>>| {
                Arc::into_inner(connection).map(Mutex::into_inner)
            };
            let all = [counting.into_inner(), alone(reading), alone(connection)];
            for connection in all.into_iter().flatten() {
                open::close(&book.path, connection)?;
            }
            Ok(())
        });
        match closed.await {
            Ok(closed) => closed,
            Err(error) => Err(broken(&path, &error)),
        }
    }
}

/// A thread that did not come to its end.
fn broken(path: &Path, error: &JoinError) -> LedgerError {
    fault::fault(LedgerFault::Other, path, &error.to_string())
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteLedger")
            .field("path", &self.book.path)
            .field("practice", &self.book.practice)
            .finish_non_exhaustive()
    }
}
