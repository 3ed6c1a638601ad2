//! The two threads of a ledger: one writes, the other syncs what was written.
//!
//! SQLite would sync each commit before anybody writes the next. Here the next one is written while
//! the disk has the last, and whoever comes meanwhile is taken along. Nobody hears anything before
//! the disk has it; since all commits lie in one log, in their order, whoever hears that his own is
//! there knows it of everything that stood before it. Other connections see a commit that the disk
//! does not have yet: what they do about it is written after it.

use std::fs::OpenOptions;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};
use std::thread::{Builder, JoinHandle};

use passcode_host::ledger::{LedgerError, LedgerFault};
use rusqlite::Connection;
use tokio::sync::Mutex;

use super::book::Book;
use super::fault::{fault, of_io};
use super::open::IN_MEMORY;
use super::place;
use super::together::{Queued, commit};
use crate::group::MOST;

/// Has a disk take what was written to it.
type Syncing = dyn FnMut() -> io::Result<()> + Send;

/// What the log of a ledger lies on.
pub(super) struct Disk {
    path: PathBuf,
    sync: StdMutex<Box<Syncing>>,
    /// What the disk refused once is lost, whatever it says later: from then on nothing is written.
    lost: OnceLock<LedgerError>,
}

impl Disk {
    /// Under the log of the ledger at `path`, which is there as long as anybody is connected to it.
    pub(super) fn under(path: &Path) -> Arc<Self> {
        let log = place::log(path);
        let mut opened = None;
        let sync = move || {
            let file = match &mut opened {
                Some(file) => file,
                // To write: not every system syncs what was opened to be read.
                none => none.insert(OpenOptions::new().read(true).write(true).open(&log)?),
            };
            file.sync_data()
        };
        Self::that(path, sync)
    }

    /// Under a ledger that is nowhere.
    pub(super) fn nowhere() -> Arc<Self> {
        Self::that(Path::new(IN_MEMORY), || Ok(()))
    }

    /// One that takes what it is given in this way.
    pub(super) fn that(
        path: &Path,
        sync: impl FnMut() -> io::Result<()> + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            sync: StdMutex::new(Box::new(sync)),
            lost: OnceLock::new(),
        })
    }

    /// Wait until the disk has all that was committed before. Blocks.
    pub(super) fn sync(&self) -> Result<(), LedgerError> {
        let mut sync = self.sync.lock().unwrap_or_else(PoisonError::into_inner);
        self.whole()?;
        sync().map_err(|error| {
            let said = of_io(&self.path, &error);
            let detail = format!("what was written last may not be on the disk: {error}");
            let lost = || fault(said.fault, &self.path, &detail);
            self.lost.get_or_init(lost).clone()
        })
    }

    /// Whether it has all that it was asked to take.
    fn whole(&self) -> Result<(), LedgerError> {
        match self.lost.get() {
            None => Ok(()),
            Some(lost) => Err(lost.clone()),
        }
    }
}

/// Both threads. Dropped, they do what they were given and end.
pub(super) struct Writer {
    queue: Sender<Box<dyn Queued>>,
    writing: JoinHandle<()>,
}

impl Writer {
    pub(super) fn start(
        book: Arc<Book>,
        connection: Arc<Mutex<Connection>>,
        disk: Arc<Disk>,
    ) -> Result<Self, LedgerError> {
        let path = book.path.clone();
        let in_words = |error| of_io(&path, &error);
        let (queue, waiting) = channel();
        // No room: one commit is written while the disk has another, and not two.
        let (committed, unsynced) = sync_channel(0);
        let beside = Arc::clone(&disk);
        let syncing = thread("ledger-sync", move || sync(&beside, &unsynced)).map_err(in_words)?;
        let writing = move || {
            write(&book, &connection, &disk, &waiting, &committed);
            drop(committed);
            // It has nothing to return, and whom it owed an answer has heard.
            let _ = syncing.join();
        };
        let writing = thread("ledger-write", writing).map_err(in_words)?;
        Ok(Self { queue, writing })
    }

    /// Have an operation written, together with what else waits.
    pub(super) fn submit(&self, entry: Box<dyn Queued>) {
        // An entry that is dropped tells its caller so.
        let _ = self.queue.send(entry);
    }

    /// Wait until both have ended. Blocks.
    pub(super) fn close(self) {
        drop(self.queue);
        let _ = self.writing.join();
    }
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(run)
}

/// Commit what waits, until nobody can come any more.
fn write(
    book: &Book,
    connection: &Mutex<Connection>,
    disk: &Disk,
    waiting: &Receiver<Box<dyn Queued>>,
    committed: &SyncSender<Vec<Box<dyn Queued>>>,
) {
    while let Ok(first) = waiting.recv() {
        let mut entries = Vec::from([first]);
        let mut take = |entries: &mut Vec<Box<dyn Queued>>| {
            entries.extend(waiting.try_iter().take(MOST.saturating_sub(entries.len())));
            entries.retain(|entry| entry.is_wanted());
        };
        take(&mut entries);
        if entries.is_empty() {
            continue;
        }
        let all = || {
            disk.whole()?;
            commit(
                book,
                &mut connection.blocking_lock(),
                &mut take,
                &mut entries,
            )
        };
        // A panic undoes the transaction; the entries are dropped, and their callers hear of it.
        let Ok(done) = catch_unwind(AssertUnwindSafe(all)) else {
            continue;
        };
        match done {
            Ok(()) => {
                let _ = committed.send(entries);
            }
            Err(error) => fail(entries, &error),
        }
    }
}

/// Have the disk take what was committed, and answer.
fn sync(disk: &Disk, unsynced: &Receiver<Vec<Box<dyn Queued>>>) {
    while let Ok(entries) = unsynced.recv() {
        match disk.sync() {
            Ok(()) => entries.into_iter().for_each(Queued::answer),
            Err(error) => fail(entries, &error),
        }
    }
}

fn fail(entries: Vec<Box<dyn Queued>>, error: &LedgerError) {
    for entry in entries {
        entry.fail(error.clone());
    }
}

/// What a caller is told whose entry was dropped.
pub(super) fn dropped(path: &Path) -> LedgerError {
    let detail = "a write beside it failed in a way that it must not";
    fault(LedgerFault::Other, path, detail)
}
