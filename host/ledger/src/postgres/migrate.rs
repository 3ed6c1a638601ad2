//! Making the tables, bringing older ones forward, refusing what is not for us.

use passcode_host::ledger::{LedgerError, LedgerFault};
use sqlx::{Connection as _, PgConnection};

use super::fault::fault;
use super::locks::{self, Lock};
use super::pool::asked;
use super::schema;

/// Bring the schema to the present version, in one transaction; refuse a newer one. Whoever starts
/// at the same time waits.
pub(super) async fn bring_up(
    connection: &mut PgConnection,
    at: &str,
    practice: bool,
) -> Result<(), LedgerError> {
    let mut transaction = asked(at, connection.begin()).await?;
    locks::take(&mut transaction, at, &[Lock::Schema], &[]).await?;
    let (is_there, is_ours, holds): (bool, bool, i64) = asked(
        at,
        sqlx::query_as(
            "SELECT to_regnamespace('passcode') IS NOT NULL, EXISTS (\
                SELECT 1 FROM pg_catalog.pg_class c \
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                WHERE n.nspname = 'passcode' AND c.relname = 'ledger'), \
             (SELECT count(*) FROM pg_catalog.pg_class c \
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                WHERE n.nspname = 'passcode')",
        )
        .fetch_one(&mut *transaction),
    )
    .await?;
    let version = if is_ours {
        let row = sqlx::query_scalar("SELECT version FROM passcode.ledger WHERE one = 1")
            .fetch_optional(&mut *transaction);
        let found: Option<i32> = asked(at, row).await?;
        found.ok_or_else(|| fault(LedgerFault::Corrupt, at, "it has no version"))?
    } else if holds == 0 {
        0
    } else {
        let detail = "its schema passcode holds tables of something else";
        return Err(fault(LedgerFault::Corrupt, at, detail));
    };
    known(at, version)?;
    let present = usize::try_from(version).unwrap_or_default();
    if version == schema::VERSION {
        return Ok(());
    }
    if !is_there {
        asked(
            at,
            sqlx::raw_sql("CREATE SCHEMA passcode").execute(&mut *transaction),
        )
        .await?;
    }
    for migration in schema::MIGRATIONS.iter().skip(present) {
        asked(at, sqlx::raw_sql(*migration).execute(&mut *transaction)).await?;
    }
    let written = if is_ours {
        sqlx::query("UPDATE passcode.ledger SET version = $1 WHERE one = 1").bind(schema::VERSION)
    } else {
        sqlx::query("INSERT INTO passcode.ledger (one, kind, version) VALUES (1, $2, $1)")
            .bind(schema::VERSION)
            .bind(kind(practice))
    };
    asked(at, written.execute(&mut *transaction)).await?;
    asked(at, transaction.commit()).await
}

fn known(at: &str, version: i32) -> Result<(), LedgerError> {
    if version > schema::VERSION {
        let detail = format!("version {version}, and this one knows {}", schema::VERSION);
        return Err(fault(LedgerFault::Newer, at, &detail));
    }
    if version < 0 {
        return Err(fault(LedgerFault::Corrupt, at, "an unheard-of version"));
    }
    Ok(())
}

fn kind(practice: bool) -> &'static str {
    if practice { "practice" } else { "real" }
}

/// Refuse a ledger of the other kind or a newer version. Asked on every new connection: behind a
/// name there may be another server than before.
pub(super) async fn of_kind(
    connection: &mut PgConnection,
    at: &str,
    practice: bool,
) -> Result<(), LedgerError> {
    let row = sqlx::query_as("SELECT kind, version FROM passcode.ledger WHERE one = 1")
        .fetch_optional(connection);
    let found: Option<(String, i32)> = asked(at, row).await?;
    let Some((found, version)) = found else {
        return Err(fault(LedgerFault::Corrupt, at, "it has no kind"));
    };
    known(at, version)?;
    match found.as_str() {
        found if found == kind(practice) => Ok(()),
        "practice" => Err(fault(
            LedgerFault::WrongKind,
            at,
            "a practice ledger, and this is a real tenant",
        )),
        "real" => Err(fault(
            LedgerFault::WrongKind,
            at,
            "a real tenant's ledger, and this is the practice tenant",
        )),
        _ => Err(fault(LedgerFault::Corrupt, at, "it has no kind")),
    }
}

/// Say now what may not be written, and not after something depends on it.
pub(super) async fn rights(connection: &mut PgConnection, at: &str) -> Result<(), LedgerError> {
    let (tables, rights): (Vec<&str>, Vec<&str>) = schema::TABLES
        .iter()
        .flat_map(|(table, rights)| rights.split(", ").map(move |right| (*table, right)))
        .unzip();
    let row = sqlx::query_as(
        "SELECT t, r FROM unnest($1::text[], $2::text[]) AS needed (t, r) \
         WHERE NOT has_table_privilege(('passcode.' || t)::regclass, r) LIMIT 1",
    )
    .bind(tables)
    .bind(rights)
    .fetch_optional(connection);
    let lacking: Option<(String, String)> = asked(at, row).await?;
    match lacking {
        None => Ok(()),
        Some((table, right)) => {
            let detail = format!("the role has no right to {right} in passcode.{table}");
            Err(fault(LedgerFault::ReadOnly, at, &detail))
        }
    }
}
