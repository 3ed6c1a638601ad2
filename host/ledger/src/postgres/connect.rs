//! From an address to a connection on which a commit is a promise.

use std::time::Duration;

use passcode_host::ledger::{LedgerError, LedgerFault};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};

use super::address::Address;
use super::fault::{fault, of};

/// How long others may hold what we need before [`LedgerFault::Busy`] is reported; how long a
/// statement may take; after what time the server gives up on us in the middle of a transaction,
/// and lets go of what we hold. In milliseconds.
const LIMITS: &str = "
SET lock_timeout = 10000;
SET statement_timeout = 30000;
SET idle_in_transaction_session_timeout = 30000;
SET default_transaction_isolation = 'read committed';
SET timezone = 'UTC';
SET client_min_messages = 'warning'";

/// How long until a server that says nothing is given up.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);

/// The settings of a server that decide whether what it confirms is still there afterwards.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Promises {
    pub(super) fsync: String,
    pub(super) full_page_writes: String,
    pub(super) synchronous_commit: String,
    pub(super) encoding: String,
    pub(super) recovering: bool,
    pub(super) version: i32,
}

/// What has to be done with a session before it may be relied on, or what no session can mend.
pub(super) fn judge(
    found: &Promises,
    practice: bool,
) -> Result<Option<&'static str>, (LedgerFault, String)> {
    /// Generated columns; `sha256`.
    const OLDEST: i32 = 120_000;
    let refused = |kind, detail: &str| Err((kind, detail.to_owned()));
    if found.version < OLDEST {
        return refused(LedgerFault::Other, "the server is older than PostgreSQL 12");
    }
    if found.recovering {
        return refused(LedgerFault::ReadOnly, "it is a standby");
    }
    if found.encoding != "UTF8" {
        return refused(
            LedgerFault::Other,
            "its encoding is not UTF8; make the database with ENCODING 'UTF8'",
        );
    }
    if !practice && found.fsync != "on" {
        return refused(
            LedgerFault::Other,
            "the server runs with fsync = off and forgets in a power failure what it confirmed; \
             set fsync = on",
        );
    }
    if !practice && found.full_page_writes != "on" {
        return refused(
            LedgerFault::Other,
            "the server runs with full_page_writes = off and may come damaged out of a power \
             failure; set full_page_writes = on",
        );
    }
    // `remote_apply` promises more, and stays.
    Ok(match found.synchronous_commit.as_str() {
        "on" | "remote_apply" => None,
        _ => Some("SET synchronous_commit = on"),
    })
}

/// A new connection, set up.
pub(super) async fn connect(
    address: &Address,
    practice: bool,
) -> Result<PgConnection, sqlx::Error> {
    let mut connection = address
        .options
        .clone()
        .disable_statement_logging()
        .connect()
        .await?;
    sqlx::raw_sql(LIMITS).execute(&mut connection).await?;
    if let Ok(Some(mend)) = judge(&promises(&mut connection).await?, practice) {
        sqlx::raw_sql(AssertSqlSafe(mend))
            .execute(&mut connection)
            .await?;
    }
    Ok(connection)
}

/// Whether this server, reached for the first time or after it was lost, keeps its promises.
pub(super) async fn examine(
    connection: &mut PgConnection,
    address: &Address,
    practice: bool,
) -> Result<(), LedgerError> {
    let found = promises(connection)
        .await
        .map_err(|error| of(&address.shown, &error))?;
    judge(&found, practice)
        .map(drop)
        .map_err(|(kind, detail)| fault(kind, &address.shown, &detail))
}

async fn promises(connection: &mut PgConnection) -> Result<Promises, sqlx::Error> {
    let (fsync, full_page_writes, synchronous_commit, encoding, recovering, version): (
        String,
        String,
        String,
        String,
        bool,
        i32,
    ) = sqlx::query_as(
        "SELECT current_setting('fsync'), current_setting('full_page_writes'), \
         current_setting('synchronous_commit'), current_setting('server_encoding'), \
         pg_is_in_recovery(), current_setting('server_version_num')::int",
    )
    .fetch_one(connection)
    .await?;
    Ok(Promises {
        fsync,
        full_page_writes,
        synchronous_commit,
        encoding,
        recovering,
        version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> Promises {
        Promises {
            fsync: "on".into(),
            full_page_writes: "on".into(),
            synchronous_commit: "on".into(),
            encoding: "UTF8".into(),
            recovering: false,
            version: 150_000,
        }
    }

    #[test]
    fn a_server_that_forgets_is_mended_or_refused() {
        const MENDED: Result<Option<&str>, LedgerFault> = Ok(Some("SET synchronous_commit = on"));
        type Change = fn(&mut Promises);
        let table: [(&str, Change, _, _); 10] = [
            ("usual", |_| {}, Ok(None), Ok(None)),
            (
                "off",
                |p| p.synchronous_commit = "off".into(),
                MENDED,
                MENDED,
            ),
            (
                "local",
                |p| p.synchronous_commit = "local".into(),
                MENDED,
                MENDED,
            ),
            (
                "write",
                |p| p.synchronous_commit = "remote_write".into(),
                MENDED,
                MENDED,
            ),
            (
                "apply",
                |p| p.synchronous_commit = "remote_apply".into(),
                Ok(None),
                Ok(None),
            ),
            (
                "fsync",
                |p| p.fsync = "off".into(),
                Err(LedgerFault::Other),
                Ok(None),
            ),
            (
                "pages",
                |p| p.full_page_writes = "off".into(),
                Err(LedgerFault::Other),
                Ok(None),
            ),
            (
                "standby",
                |p| p.recovering = true,
                Err(LedgerFault::ReadOnly),
                Err(LedgerFault::ReadOnly),
            ),
            (
                "latin",
                |p| p.encoding = "LATIN1".into(),
                Err(LedgerFault::Other),
                Err(LedgerFault::Other),
            ),
            (
                "old",
                |p| p.version = 110_022,
                Err(LedgerFault::Other),
                Err(LedgerFault::Other),
            ),
        ];
        for (case, change, real, practice) in table {
            let mut found = usual();
            change(&mut found);
            let of = |practice| judge(&found, practice).map_err(|(kind, _)| kind);
            assert_eq!(of(false), real, "{case}");
            assert_eq!(of(true), practice, "{case}, practice");
        }
    }
}
