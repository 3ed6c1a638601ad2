//! Locks that outlast a statement and end with the transaction, against every process that uses the
//! database.
//!
//! A unique index says that somebody else was first; it does not let a transaction read, decide and
//! write as if it were alone. These do. What is locked need not exist yet.

use passcode_host::ledger::{LedgerError, PlanId};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use super::pool::asked;

/// What nobody else may decide about at the same time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lock<'a> {
    /// The tables.
    Schema,
    /// What is sent of a plan.
    Plan(&'a PlanId),
    /// What is sent to a device: tenant and device.
    Device(&'a str, &'a str),
    /// The attempt of that client-request-id.
    Name(&'a str),
    /// Whose run a key is: tenant and key.
    Key(&'a str, &'a str),
    /// Who has which row of a run, and which row a device.
    Run(&'a str),
    /// The end of the audit chain. Always the last of a transaction, and held until it is committed:
    /// the next line hangs on this one.
    Chain,
    /// Who has a turn: tenant and application.
    Share(&'a str, &'a str),
}

impl Lock<'_> {
    /// PostgreSQL's locks are numbers. Two things of the same number wait for each other without
    /// need, and that is all.
    fn number(&self) -> i64 {
        let id;
        let (kind, one, two) = match *self {
            Self::Schema => ("schema", "", ""),
            Self::Plan(plan) => {
                id = plan.to_string();
                ("plan", id.as_str(), "")
            }
            Self::Device(tenant, device) => ("device", tenant, device),
            Self::Name(name) => ("name", name, ""),
            Self::Key(tenant, key) => ("key", tenant, key),
            Self::Run(run) => ("run", run, ""),
            Self::Chain => ("chain", "", ""),
            Self::Share(tenant, app) => ("share", tenant, app),
        };
        // As the tables do: one device spelled in two ways is one device. Keys of runs differ by
        // case; that two of them share a lock does no harm.
        let text = ["passcode", kind, one, two].join("\0").to_ascii_lowercase();
        let hash: [u8; 32] = Sha256::digest(text).into();
        let [a, b, c, d, e, f, g, h, ..] = hash;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Take all of them but those that are `held`, always in the same order: two that want the same ones
/// never wait for each other. The numbers of those that were taken.
pub(super) async fn take(
    connection: &mut PgConnection,
    at: &str,
    locks: &[Lock<'_>],
    held: &[i64],
) -> Result<Vec<i64>, LedgerError> {
    let mut numbers: Vec<i64> = locks.iter().map(Lock::number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.retain(|number| !held.contains(number));
    if numbers.is_empty() {
        return Ok(numbers);
    }
    // One way to the server and back. An array is unfolded in its order.
    let taken = sqlx::query("SELECT pg_advisory_xact_lock(number) FROM unnest($1) AS number")
        .bind(&numbers)
        .execute(&mut *connection);
    asked(at, taken).await?;
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_has_the_same_number_and_nothing_else() {
        let plan = PlanId([7; 32]);
        let number = Lock::Device("Tenant", "DEVICE").number();
        assert_eq!(number, Lock::Device("tenant", "device").number());
        for other in [
            Lock::Schema,
            Lock::Chain,
            Lock::Plan(&plan),
            Lock::Device("tenantd", "evice"),
            Lock::Key("tenant", "device"),
            Lock::Share("tenant", "device"),
            Lock::Run("tenant"),
            Lock::Name("tenant"),
        ] {
            assert_ne!(number, other.number(), "{other:?}");
        }
    }
}
