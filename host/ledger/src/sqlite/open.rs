//! From a path to a connection on a ledger that is whole, ours, of the right kind and writable.

use std::path::Path;
use std::time::Duration;

use passcode_host::ledger::{LedgerError, LedgerFault};
use rusqlite::config::DbConfig;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};

use super::book::Sql;
use super::fault::{fault, of};
use super::{Checked, place, schema};

/// Up to here, in bytes, the whole file is checked whenever it is opened. Takes less than a
/// tenth of a second.
const CHECKED_WHOLE: i64 = 16 << 20;

/// The path of a ledger that is nowhere.
pub(super) const IN_MEMORY: &str = ":memory:";

/// The ledger at `path`, made if nothing is there.
pub(super) fn file(path: &Path, practice: bool, wait: Duration) -> Result<Connection, LedgerError> {
    if !place::look(path)? {
        let (workshop, draft) = place::workshop(path)?;
        place::local(path)?;
        let mut connection = connect(path, &draft, wait)?;
        set_up(&mut connection, path, practice)?;
        close(path, connection)?;
        place::publish(&draft, path)?;
        drop(workshop);
        place::look(path)?;
    }
    place::local(path)?;
    let mut connection = connect(path, path, wait)?;
    // Says whether it can be written at all, before anything depends on it.
    bring_up(&mut connection, path)?;
    unsynced(&connection, path)?;
    of_kind(&connection, path, practice)?;
    let size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    let size: i64 = one(&connection, path, size)?;
    if size <= CHECKED_WHOLE {
        intact(&connection, path)?;
    }
    Ok(connection)
}

/// A second connection to a ledger that was opened before, for what need not outlast a power
/// failure.
pub(super) fn counting(path: &Path, wait: Duration) -> Result<Connection, LedgerError> {
    let connection = beside(path, wait)?;
    unsynced(&connection, path)?;
    Ok(connection)
}

/// From now on commits are not synced: nobody has to, or [somebody else](super::writer) does. The
/// log is still synced before the file takes anything over from it.
fn unsynced(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    set(connection, path, "PRAGMA synchronous = NORMAL")
}

/// A second connection to a ledger that was opened before.
pub(super) fn beside(path: &Path, wait: Duration) -> Result<Connection, LedgerError> {
    place::look(path)?;
    plain(path, path, wait)
}

/// A practice ledger that is nowhere.
pub(super) fn memory(path: &Path) -> Result<Connection, LedgerError> {
    let mut connection = Connection::open_in_memory().map_err(|error| of(path, error))?;
    prepare(&connection, path, super::WAIT)?;
    set_up(&mut connection, path, true)?;
    Ok(connection)
}

/// Close a connection, and hear whether that went well.
pub(super) fn close(path: &Path, connection: Connection) -> Result<(), LedgerError> {
    connection.close().map_err(|(_, error)| of(path, error))
}

/// So many statements are kept ready: more than there are.
const STATEMENTS: usize = 64;

/// What every connection is told before anything else.
fn prepare(connection: &Connection, path: &Path, wait: Duration) -> Result<(), LedgerError> {
    connection
        .busy_timeout(wait)
        .map_err(|error| of(path, error))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // How a statement is carried out does not depend on the values that are given to it: otherwise
    // it is planned anew whenever these change, which takes as long as to carry it out.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(|error| of(path, error))?;
    // Apple's disks report a sync before it is one. The log is taken over when it has 16 MB: what is
    // written again and again, as the ends of indexes are, is taken over once.
    set(
        connection,
        path,
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; \
         PRAGMA checkpoint_fullfsync = ON; PRAGMA cell_size_check = ON; \
         PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 4000",
    )
}

/// Connect to `file`, which is there; errors speak of `path`.
fn plain(path: &Path, file: &Path, wait: Duration) -> Result<Connection, LedgerError> {
    // No connection is used by two threads at once: each has a lock of its own around it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(|error| of(path, error))?;
    prepare(&connection, path, wait)?;
    Ok(connection)
}

/// As [`plain`], and its file is written ahead from now on.
fn connect(path: &Path, file: &Path, wait: Duration) -> Result<Connection, LedgerError> {
    let connection = plain(path, file, wait)?;
    set(&connection, path, "PRAGMA journal_mode = WAL")?;
    let settings = "SELECT journal_mode || ' ' || synchronous \
         FROM pragma_journal_mode(), pragma_synchronous()";
    let settings: String = one(&connection, path, settings)?;
    if settings != "wal 2" {
        let detail = format!("it cannot be written ahead and in full, only {settings}");
        return Err(fault(LedgerFault::Other, path, &detail));
    }
    Ok(connection)
}

fn set(connection: &Connection, path: &Path, sql: &str) -> Result<(), LedgerError> {
    connection
        .execute_batch(sql)
        .map_err(|error| of(path, error))
}

/// The one value that there is.
fn one<T: FromSql>(connection: &Connection, path: &Path, sql: &str) -> Result<T, LedgerError> {
    connection
        .query_row(sql, [], |row| row.get(0))
        .map_err(|error| of(path, error))
}

/// Make an empty database a ledger.
fn set_up(connection: &mut Connection, path: &Path, practice: bool) -> Result<(), LedgerError> {
    let id = schema::APPLICATION_ID;
    set(connection, path, &format!("PRAGMA application_id = {id}"))?;
    bring_up(connection, path)?;
    connection
        .execute(
            "INSERT INTO ledger (one, kind) VALUES (1, ?)",
            [kind(practice)],
        )
        .map_err(|error| of(path, error))?;
    Ok(())
}

/// Bring an older ledger to the present version; refuse a newer one.
fn bring_up(connection: &mut Connection, path: &Path) -> Result<(), LedgerError> {
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(|error| of(path, error))?;
    let version = "SELECT user_version FROM pragma_user_version()";
    let version: u32 = one(&transaction, path, version)?;
    place::known_version(path, version)?;
    if version < schema::VERSION {
        for migration in schema::MIGRATIONS.iter().skip(version as usize) {
            set(&transaction, path, migration)?;
        }
        let version = schema::VERSION;
        set(
            &transaction,
            path,
            &format!("PRAGMA user_version = {version}"),
        )?;
    }
    transaction.commit().map_err(|error| of(path, error))
}

fn kind(practice: bool) -> &'static str {
    if practice { "practice" } else { "real" }
}

/// Refuse a ledger of the other kind.
fn of_kind(connection: &Connection, path: &Path, practice: bool) -> Result<(), LedgerError> {
    let sql = "SELECT kind FROM ledger WHERE one = 1";
    let found: Option<String> = connection
        .query_row(sql, [], |row| row.get(0))
        .optional()
        .map_err(|error| match of(path, error) {
            // No such table: the header is ours and the rest is not.
            error if error.fault == LedgerFault::Other => {
                fault(LedgerFault::Corrupt, path, "its tables are missing")
            }
            error => error,
        })?;
    match found.as_deref() {
        Some(found) if found == kind(practice) => Ok(()),
        Some("practice") => Err(fault(
            LedgerFault::WrongKind,
            path,
            "a practice ledger, and this is a real tenant",
        )),
        Some("real") => Err(fault(
            LedgerFault::WrongKind,
            path,
            "a real tenant's ledger, and this is the practice tenant",
        )),
        _ => Err(fault(LedgerFault::Corrupt, path, "it has no kind")),
    }
}

/// Every page, index and reference.
fn intact(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let found: String = one(connection, path, "PRAGMA integrity_check(1)")?;
    if found != "ok" {
        return Err(fault(LedgerFault::Corrupt, path, &found));
    }
    let dangling = "SELECT count(*) FROM pragma_foreign_key_check()";
    let dangling: i64 = one(connection, path, dangling)?;
    if dangling != 0 {
        let detail = format!("{dangling} records refer to others that are gone");
        return Err(fault(LedgerFault::Corrupt, path, &detail));
    }
    Ok(())
}

/// As [`intact`], and every plan's hash and every line of the audit chain.
pub(super) fn check(sql: &Sql<'_>) -> Result<Checked, LedgerError> {
    let (connection, path) = (sql.connection, &sql.book.path);
    intact(connection, path)?;
    let (mut plans, mut last) = (0, 0_i64);
    let next = "SELECT * FROM plans WHERE seq > ? ORDER BY seq LIMIT 1";
    while let Some(seq) = sql.maybe(next, [last], |row| row.plan().and_then(|_| row.get("seq")))? {
        (plans, last) = (plans + 1, seq);
    }
    let attempts: i64 = one(connection, path, "SELECT count(*) FROM attempts")?;
    let deliveries: i64 = one(connection, path, "SELECT count(*) FROM deliveries")?;
    Ok(Checked {
        plans,
        attempts: attempts.unsigned_abs(),
        deliveries: deliveries.unsigned_abs(),
        lines: sql.check_lines()?,
    })
}
