//! What is wrong, to what, and what to do: for every way in which a server can fail.

use std::io;

use passcode_host::ledger::{LedgerError, LedgerFault};

/// The words for a fault, with what the server said. `at` names the database without a password.
pub(super) fn fault(fault: LedgerFault, at: &str, detail: &str) -> LedgerError {
    let (message, remedy) = match fault {
        LedgerFault::Corrupt => (
            format!(
                "the ledger {at} is damaged or not one of ours ({detail}); it was left as it is"
            ),
            "restore the database from a backup. a new ledger does not know what was sent: look at \
             each device's Device actions before repeating anything"
                .into(),
        ),
        LedgerFault::Full => (
            format!("there is no room to write the ledger {at} ({detail})"),
            "free space on the server's disk, or let it take more connections, and try again"
                .into(),
        ),
        LedgerFault::ReadOnly => (
            format!("the ledger {at} may not be written ({detail})"),
            "name the primary server in PASSCODE_DATABASE_URL, with a role that may select, insert \
             and update in the schema passcode; the first start needs one that may create it"
                .into(),
        ),
        LedgerFault::Busy => (
            format!("others hold the ledger {at} ({detail})"),
            "wait for them to end and try again".into(),
        ),
        LedgerFault::Newer => (
            format!("the ledger {at} was written by a newer version ({detail})"),
            "update this software; an older one could overlook what the newer one recorded".into(),
        ),
        LedgerFault::WrongKind => (
            format!("the ledger {at} is {detail}"),
            "name another database with PASSCODE_DATABASE_URL; practice and real data never share \
             one"
            .into(),
        ),
        LedgerFault::Other => (
            format!("the ledger {at} cannot be used ({detail})"),
            "see what it says in brackets; PASSCODE_DATABASE_URL says where it is".into(),
        ),
    };
    LedgerError {
        fault,
        message,
        remedy,
    }
}

/// A use that only an error in the calling software explains.
pub(super) fn misuse(at: &str, detail: &str) -> LedgerError {
    LedgerError {
        fault: LedgerFault::Other,
        message: format!("the ledger {at} refused a record: {detail}"),
        remedy: "this is an error in the software; please report it".into(),
    }
}

/// A commit whose answer was lost. It is an error, so nothing is sent; what was to be written may
/// stand there or not, and whoever asks again finds out.
pub(super) fn uncertain(at: &str, error: &sqlx::Error) -> LedgerError {
    LedgerError {
        fault: LedgerFault::Other,
        message: format!(
            "the connection to the ledger {at} was lost, and nobody knows whether the last record \
             was written ({})",
            said(error)
        ),
        remedy:
            "nothing was sent on the strength of it. try again when the server can be reached; \
                 an intent that was written is shown as unknown"
                .into(),
    }
}

/// What the server or the network said.
pub(super) fn of(at: &str, error: &sqlx::Error) -> LedgerError {
    let kind = match error {
        sqlx::Error::Database(inner) => inner
            .code()
            .map_or(LedgerFault::Other, |code| of_state(&code)),
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::Decode(_) => LedgerFault::Corrupt,
        sqlx::Error::Io(inner) if inner.kind() == io::ErrorKind::StorageFull => LedgerFault::Full,
        _ => LedgerFault::Other,
    };
    fault(kind, at, &said(error))
}

/// The server's own words. Its details are left out: they quote the values of a row.
fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(inner) => match inner.code() {
            Some(code) => format!("{}, SQLSTATE {code}", inner.message()),
            None => inner.message().to_owned(),
        },
        sqlx::Error::Io(inner) => inner.to_string(),
        // What was wrong with a setting can be the password in it.
        sqlx::Error::Configuration(_) => "its URL cannot be read".to_owned(),
        other => other.to_string(),
    }
}

/// PostgreSQL's codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_state(code: &str) -> LedgerFault {
    match code {
        // Privileges; a read-only transaction, as on a standby.
        "42501" | "25006" => LedgerFault::ReadOnly,
        // Disk, memory, connections, a limit of the configuration.
        _ if code.starts_with("53") => LedgerFault::Full,
        // Locks, deadlocks, serialization, a statement that took too long.
        "55P03" | "40P01" | "40001" | "57014" => LedgerFault::Busy,
        // Damaged data or indexes; tables, columns or triggers of ours that are not there.
        "XX001" | "XX002" | "42P01" | "42703" | "42883" | "3F000" => LedgerFault::Corrupt,
        _ => LedgerFault::Other,
    }
}

/// Whether a connection is of no use any more, and another may be.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        // Ended by an administrator, by a crash, by its own limit of idling; not started yet.
        sqlx::Error::Database(inner) => matches!(
            inner.code().as_deref(),
            Some("57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "08000" | "08003" | "08006")
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_has_a_kind() {
        for (code, kind) in [
            ("53100", LedgerFault::Full),
            ("53200", LedgerFault::Full),
            ("53300", LedgerFault::Full),
            ("42501", LedgerFault::ReadOnly),
            ("25006", LedgerFault::ReadOnly),
            ("55P03", LedgerFault::Busy),
            ("40P01", LedgerFault::Busy),
            ("57014", LedgerFault::Busy),
            ("XX001", LedgerFault::Corrupt),
            ("42P01", LedgerFault::Corrupt),
            ("28P01", LedgerFault::Other),
            ("57P03", LedgerFault::Other),
            ("23505", LedgerFault::Other),
        ] {
            assert_eq!(of_state(code), kind, "{code}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_read_is_not_repeated() {
        let error = sqlx::Error::Configuration("invalid port in hunter2@".into());
        let shown = format!("{:?}", of("postgres://db.contoso.example/passcode", &error));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
