//! The home folder, the ledger, the cache.

use std::path::Path;

use passcode_ledger::SqliteLedger;

use super::Subject;
use crate::facts::{Disk, Folder, Ledger};

pub(super) async fn look(subject: &Subject) -> Disk {
    Disk {
        home: folder(&subject.home),
        ledger: ledger(&subject.ledger, subject.practice).await,
        cache: folder(&subject.cache),
    }
}

/// One that is not there is not made: nobody asked for a plan.
async fn ledger(path: &Path, practice: bool) -> Ledger {
    if std::fs::symlink_metadata(path)
        .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    {
        return Ledger::NotThere(path.to_owned());
    }
    // To open it is to write to it: it is brought up to date in a transaction of its own.
    match SqliteLedger::open(path, practice).await {
        Ok(ledger) => {
            // What it held is on the disk already.
            let _ = ledger.close().await;
            Ledger::Works(path.to_owned())
        }
        Err(error) => Ledger::Unusable(error.message, error.remedy),
    }
}

fn folder(path: &Path) -> Folder {
    Folder {
        path: path.to_owned(),
        exists: path.exists(),
        writable: writable(path),
        open_to_all: open_to_all(path),
    }
}

/// Of the folder, or of the nearest one that is there.
#[cfg(unix)]
fn writable(path: &Path) -> Option<bool> {
    use rustix::fs::{Access, access};
    let there = path.ancestors().find(|folder| folder.exists())?;
    Some(there.is_dir() && access(there, Access::WRITE_OK | Access::EXEC_OK).is_ok())
}

#[cfg(not(unix))]
fn writable(_: &Path) -> Option<bool> {
    None
}

#[cfg(unix)]
fn open_to_all(path: &Path) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    match std::fs::metadata(path) {
        Ok(found) => Some(found.permissions().mode() & 0o007 != 0),
        Err(_) => Some(false),
    }
}

#[cfg(not(unix))]
fn open_to_all(_: &Path) -> Option<bool> {
    None
}
