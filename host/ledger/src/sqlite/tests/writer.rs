//! What the disk has to do with it.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use passcode_host::ledger::{LedgerError, LedgerFault, SendLedger as _};

use super::super::writer::Disk;
use super::super::{WAIT, open};
use super::{home, raw};
use crate::conformance::plan;
use crate::{AuditLog as _, SqliteLedger};

/// A ledger on a disk of ours.
fn on(path: &Path, sync: impl FnMut() -> io::Result<()> + Send + 'static) -> SqliteLedger {
    let shared = |connection| Arc::new(tokio::sync::Mutex::new(connection));
    let writing = shared(open::file(path, true, WAIT).unwrap());
    let reading = shared(open::beside(path, WAIT).unwrap());
    SqliteLedger::with(
        path.to_owned(),
        true,
        WAIT,
        [writing, reading],
        Disk::that(path, sync),
    )
    .unwrap()
}

/// So many plans are committed, whoever has heard of it.
fn committed(path: &Path) -> i64 {
    let count = "SELECT count(*) FROM plans";
    raw(path).query_row(count, [], |row| row.get(0)).unwrap()
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("in ten seconds it did not come about");
}

#[tokio::test]
async fn nobody_hears_before_the_disk_has_it_and_the_next_is_written_meanwhile() {
    let (_home, path) = home();
    let (spins, turning) = mpsc::channel::<()>();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let disk = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        turning.recv().map_err(io::Error::other)
    };
    let ledger = Arc::new(on(&path, disk));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keep = |name: &'static str| {
        let (ledger, heard) = (Arc::clone(&ledger), Arc::clone(&heard));
        tokio::spawn(async move {
            ledger.keep_plan(&plan(name, "a")).await.unwrap();
            heard.lock().unwrap().push(name);
        })
    };
    let first = keep("first");
    until(|| asked.load(Ordering::SeqCst) == 1 && committed(&path) == 1).await;
    let second = keep("second");
    until(|| committed(&path) == 2).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1, "one at a time");
    assert!(heard.lock().unwrap().is_empty());
    spins.send(()).unwrap();
    first.await.unwrap();
    until(|| asked.load(Ordering::SeqCst) == 2).await;
    assert_eq!(*heard.lock().unwrap(), ["first"]);
    spins.send(()).unwrap();
    second.await.unwrap();
    assert_eq!(*heard.lock().unwrap(), ["first", "second"]);
}

#[tokio::test]
async fn what_the_disk_refused_once_is_lost_and_nothing_follows_it() {
    let (_home, path) = home();
    let mut times = 0;
    let disk = move || {
        times += 1;
        match times {
            2 => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    };
    let ledger = on(&path, disk);
    ledger.keep_plan(&plan("one", "a")).await.unwrap();
    let full = |refused: Result<(), LedgerError>| {
        let error = refused.unwrap_err();
        assert_eq!(error.fault, LedgerFault::Full);
        assert!(error.message.contains("may not be on the disk"), "{error}");
    };
    full(ledger.keep_plan(&plan("two", "a")).await);
    let before = committed(&path);
    full(ledger.keep_plan(&plan("three", "a")).await);
    assert_eq!(committed(&path), before, "nothing was written after it");
    // Another beginning knows what is there.
    drop(ledger);
    let again = SqliteLedger::open(&path, true).await.unwrap();
    again.keep_plan(&plan("three", "a")).await.unwrap();
}

#[tokio::test]
async fn a_head_that_is_told_is_on_the_disk() {
    let (_home, path) = home();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let ledger = on(&path, move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    // Another process does not wait for our disk.
    let other = SqliteLedger::open(&path, true).await.unwrap();
    other.keep_plan(&plan("one", "a")).await.unwrap();
    assert_eq!(ledger.head().await.unwrap().count, 1);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_log_is_what_is_synced() {
    let (_home, path) = home();
    let ledger = SqliteLedger::open(&path, true).await.unwrap();
    ledger.keep_plan(&plan("one", "a")).await.unwrap();
    Disk::under(&path).sync().unwrap();
    ledger.close().await.unwrap();
    let gone = Disk::under(&path).sync().unwrap_err();
    assert!(gone.message.contains("may not be on the disk"), "{gone}");
}
