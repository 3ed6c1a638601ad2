//! What is wrong, to what, and what to do: for every way in which a file can fail.

use std::io;
use std::path::Path;

use passcode_host::ledger::{LedgerError, LedgerFault};

/// The words for a fault, with what the system said.
pub(super) fn fault(fault: LedgerFault, path: &Path, detail: &str) -> LedgerError {
    let at = path.display();
    let (message, remedy) = match fault {
        LedgerFault::Corrupt => (
            format!(
                "the ledger {at} is damaged or not one of ours ({detail}); it was left as it is"
            ),
            format!(
                "restore it from a backup, or keep it and move it away: mv '{at}' '{at}.damaged'. \
                 a new ledger does not know what was sent: look at each device's Device actions \
                 before repeating anything"
            ),
        ),
        LedgerFault::Full => (
            format!("there is no room to write the ledger {at} ({detail})"),
            "free space on its disk, or lift the quota or file size limit, and try again".into(),
        ),
        LedgerFault::ReadOnly => (
            format!("the ledger {at} may not be written ({detail})"),
            "make the file and its folder writable for you, or name another folder with \
             PASSCODE_HOME"
                .into(),
        ),
        LedgerFault::Busy => (
            format!("another process holds the ledger {at} ({detail})"),
            "wait for it to end and try again".into(),
        ),
        LedgerFault::Newer => (
            format!("the ledger {at} was written by a newer version ({detail})"),
            "update this software; an older one could overlook what the newer one recorded".into(),
        ),
        LedgerFault::WrongKind => (
            format!("the ledger {at} is {detail}"),
            "name another ledger with PASSCODE_HOME; practice and real data never share one".into(),
        ),
        LedgerFault::Other => (
            format!("the ledger {at} cannot be used ({detail})"),
            "see what it says in brackets".into(),
        ),
    };
    LedgerError {
        fault,
        message,
        remedy,
    }
}

/// A use that only an error in the calling software explains.
pub(super) fn misuse(path: &Path, detail: &str) -> LedgerError {
    LedgerError {
        fault: LedgerFault::Other,
        message: format!("the ledger {} refused a record: {detail}", path.display()),
        remedy: "this is an error in the software; please report it".into(),
    }
}

/// What SQLite said.
pub(super) fn of(path: &Path, error: rusqlite::Error) -> LedgerError {
    match &error {
        rusqlite::Error::SqliteFailure(code, message) => {
            let said = message.clone().unwrap_or_else(|| code.to_string());
            fault(kind(code.extended_code), path, &said)
        }
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::Utf8Error(..) => fault(LedgerFault::Corrupt, path, &error.to_string()),
        _ => fault(LedgerFault::Other, path, &error.to_string()),
    }
}

/// What the file system said.
pub(super) fn of_io(path: &Path, error: &io::Error) -> LedgerError {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            LedgerFault::ReadOnly
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            LedgerFault::Full
        }
        _ => LedgerFault::Other,
    };
    fault(kind, path, &error.to_string())
}

/// SQLite's (extended) result codes: <https://www.sqlite.org/rescode.html>.
fn kind(code: i32) -> LedgerFault {
    /// A write failed for another reason than `ENOSPC`: a quota or a file size limit.
    const IOERR_WRITE: i32 = 10 | (3 << 8);
    /// The shared-memory file could not grow.
    const IOERR_SHMSIZE: i32 = 10 | (19 << 8);
    match (code, code & 0xff) {
        (IOERR_WRITE | IOERR_SHMSIZE, _) | (_, 13) => LedgerFault::Full,
        (_, 5 | 6) => LedgerFault::Busy,
        (_, 3 | 8 | 14) => LedgerFault::ReadOnly,
        (_, 11 | 26) => LedgerFault::Corrupt,
        _ => LedgerFault::Other,
    }
}
