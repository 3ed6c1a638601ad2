//! From a path to a connection on a ledger that is whole, ours, of the right kind and writable.

use std::path::Path;
use std::time::Duration;

use passcode_host::ledger::{LedgerError, LedgerFault};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};

use super::fault::{fault, of};
use super::{Checked, place, rows, schema};

/// Up to here, in bytes, the whole file is checked whenever it is opened. Takes less than a
/// tenth of a second.
const CHECKED_WHOLE: i64 = 16 << 20;

/// The path of a ledger that is nowhere.
pub(super) const IN_MEMORY: &str = ":memory:";

/// The ledger at `path`, made if nothing is there.
pub(super) async fn file(
    path: &Path,
    practice: bool,
    wait: Duration,
) -> Result<SqliteConnection, LedgerError> {
    if !place::look(path)? {
        let (workshop, draft) = place::workshop(path)?;
        place::local(path)?;
        let mut connection = connect(path, &draft, wait).await?;
        set_up(&mut connection, path, practice).await?;
        connection.close().await.map_err(|error| of(path, error))?;
        place::publish(&draft, path)?;
        drop(workshop);
        place::look(path)?;
    }
    place::local(path)?;
    let mut connection = connect(path, path, wait).await?;
    // Says whether it can be written at all, before anything depends on it.
    bring_up(&mut connection, path).await?;
    of_kind(&mut connection, path, practice).await?;
    let size: i64 = sqlx::query_scalar(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(|error| of(path, error))?;
    if size <= CHECKED_WHOLE {
        intact(&mut connection, path).await?;
    }
    Ok(connection)
}

/// A new connection in place of one that cannot be used any more.
pub(super) async fn again(
    path: &Path,
    practice: bool,
    wait: Duration,
) -> Result<SqliteConnection, LedgerError> {
    if path == Path::new(IN_MEMORY) {
        return Err(fault(LedgerFault::Full, path, "memory was used up"));
    }
    file(path, practice, wait).await
}

/// A second connection to a ledger that was opened before, for what need not outlast a power
/// failure.
pub(super) async fn counting(path: &Path, wait: Duration) -> Result<SqliteConnection, LedgerError> {
    place::look(path)?;
    options(wait)
        .synchronous(SqliteSynchronous::Normal)
        .filename(path)
        .create_if_missing(false)
        .connect()
        .await
        .map_err(|error| of(path, error))
}

/// A practice ledger that is nowhere.
pub(super) async fn memory(path: &Path) -> Result<SqliteConnection, LedgerError> {
    let mut connection = options(super::WAIT)
        .in_memory(true)
        .connect()
        .await
        .map_err(|error| of(path, error))?;
    set_up(&mut connection, path, true).await?;
    Ok(connection)
}

fn options(wait: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .foreign_keys(true)
        .busy_timeout(wait)
        .synchronous(SqliteSynchronous::Full)
        // Apple's disks report a sync before it is one.
        .pragma("fullfsync", "ON")
        .pragma("checkpoint_fullfsync", "ON")
        .pragma("cell_size_check", "ON")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// Connect to `file`; errors speak of `path`.
async fn connect(
    path: &Path,
    file: &Path,
    wait: Duration,
) -> Result<SqliteConnection, LedgerError> {
    let mut connection = options(wait)
        .filename(file)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .connect()
        .await
        .map_err(|error| of(path, error))?;
    let settings: (String, i64) = sqlx::query_as(
        "SELECT journal_mode, synchronous FROM pragma_journal_mode(), pragma_synchronous()",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(|error| of(path, error))?;
    if settings != ("wal".to_owned(), 2) {
        let detail = format!("it cannot be written ahead and in full, only {settings:?}");
        return Err(fault(LedgerFault::Other, path, &detail));
    }
    Ok(connection)
}

/// Make an empty database a ledger.
async fn set_up(
    connection: &mut SqliteConnection,
    path: &Path,
    practice: bool,
) -> Result<(), LedgerError> {
    // The number is a constant.
    let sql = format!("PRAGMA application_id = {}", schema::APPLICATION_ID);
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut *connection)
        .await
        .map_err(|error| of(path, error))?;
    bring_up(connection, path).await?;
    sqlx::query("INSERT INTO ledger (one, kind) VALUES (1, ?)")
        .bind(kind(practice))
        .execute(&mut *connection)
        .await
        .map_err(|error| of(path, error))?;
    Ok(())
}

/// Bring an older ledger to the present version; refuse a newer one.
async fn bring_up(connection: &mut SqliteConnection, path: &Path) -> Result<(), LedgerError> {
    let in_words = |error| of(path, error);
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(in_words)?;
    let version: u32 = sqlx::query_scalar("SELECT user_version FROM pragma_user_version()")
        .fetch_one(&mut *transaction)
        .await
        .map_err(in_words)?;
    place::known_version(path, version)?;
    if version < schema::VERSION {
        for migration in schema::MIGRATIONS.iter().skip(version as usize) {
            sqlx::raw_sql(*migration)
                .execute(&mut *transaction)
                .await
                .map_err(in_words)?;
        }
        // The number is a constant.
        let sql = format!("PRAGMA user_version = {}", schema::VERSION);
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *transaction)
            .await
            .map_err(in_words)?;
    }
    transaction.commit().await.map_err(in_words)
}

fn kind(practice: bool) -> &'static str {
    if practice { "practice" } else { "real" }
}

/// Refuse a ledger of the other kind.
async fn of_kind(
    connection: &mut SqliteConnection,
    path: &Path,
    practice: bool,
) -> Result<(), LedgerError> {
    let found: Option<String> = sqlx::query_scalar("SELECT kind FROM ledger WHERE one = 1")
        .fetch_optional(connection)
        .await
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
async fn intact(connection: &mut SqliteConnection, path: &Path) -> Result<(), LedgerError> {
    let in_words = |error| of(path, error);
    let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut *connection)
        .await
        .map_err(in_words)?;
    if found != "ok" {
        return Err(fault(LedgerFault::Corrupt, path, &found));
    }
    let dangling: i64 = sqlx::query_scalar("SELECT count(*) FROM pragma_foreign_key_check()")
        .fetch_one(&mut *connection)
        .await
        .map_err(in_words)?;
    if dangling != 0 {
        let detail = format!("{dangling} records refer to others that are gone");
        return Err(fault(LedgerFault::Corrupt, path, &detail));
    }
    Ok(())
}

/// As [`intact`], and every plan's hash. Audit lines are left to the [`Book`](super::Book).
pub(super) async fn check(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<Checked, LedgerError> {
    let in_words = |error| of(path, error);
    intact(connection, path).await?;
    let mut plans = 0;
    let mut last = 0_i64;
    while let Some(row) = sqlx::query("SELECT * FROM plans WHERE seq > ? ORDER BY seq LIMIT 1")
        .bind(last)
        .fetch_optional(&mut *connection)
        .await
        .map_err(in_words)?
    {
        rows::plan(path, &row)?;
        last = rows::seq(path, &row)?;
        plans += 1;
    }
    let (attempts, deliveries): (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM attempts), (SELECT count(*) FROM deliveries)")
            .fetch_one(connection)
            .await
            .map_err(in_words)?;
    Ok(Checked {
        plans,
        attempts: attempts.unsigned_abs(),
        deliveries: deliveries.unsigned_abs(),
        lines: 0,
    })
}
