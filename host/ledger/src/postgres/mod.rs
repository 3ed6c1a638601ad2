//! The ledger as tables of a PostgreSQL database that several machines share.

mod address;
mod book;
mod budget;
mod connect;
mod fault;
mod locks;
mod migrate;
mod pool;
mod record;
mod rows;
mod run_record;
mod run_rows;
mod runs;
mod schema;
mod sending;
mod together;
mod witness;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use passcode_audit::Notary;
use passcode_host::ledger::LedgerError;

use self::address::Address;
use self::pool::{Pool, Tx};
use self::together::Entry;
use crate::group::Group;

/// A ledger in a PostgreSQL database, in the schema `passcode`.
///
/// Up to eight connections, made as they are needed; one that was lost is replaced at the next
/// call. Every commit is on the server's disk before a method returns; what many tasks write about
/// devices at the same time is one commit. It also counts the requests
/// of all who use it ([`passcode_host::Budget`]), by the server's clock.
///
/// ```no_run
/// # use passcode_ledger::PostgresLedger;
/// # async fn example() -> Result<(), passcode_host::ledger::LedgerError> {
/// let url = "postgres://passcode@db.contoso.example/passcode";
/// let ledger = PostgresLedger::open(url, false).await?;
/// println!("{}", ledger.place());
/// # Ok(())
/// # }
/// ```
pub struct PostgresLedger {
    pool: Pool,
    group: Group<Entry>,
    practice: bool,
    clock: budget::Clock,
}

impl PostgresLedger {
    /// Open the ledger in the database that `url` names
    /// (`postgres://USER:PASSWORD@HOST:PORT/DATABASE`), and make its tables if it has none.
    ///
    /// A server on another machine has to prove who it is (`sslmode=verify-full`), unless the URL
    /// or `PGSSLMODE` says otherwise. No error and nothing that is printed shows the password.
    ///
    /// # Errors
    ///
    /// The database is left as it was in each of these cases:
    ///
    /// - `Corrupt`: the schema `passcode` is there and not ours, or damaged.
    /// - `Newer`: written by a newer version.
    /// - `WrongKind`: a practice ledger for a real tenant or the reverse.
    /// - `ReadOnly`: a standby, or the role lacks a right.
    /// - `Full`: no room on the server, or no connection free.
    /// - `Busy`: somebody holds its tables.
    /// - `Other`: it cannot be reached, does not prove who it is, is older than PostgreSQL 12, or
    ///   forgets what it confirmed (`fsync = off`; a practice ledger may).
    pub async fn open(url: &str, practice: bool) -> Result<Self, LedgerError> {
        let address = Address::read(url)?;
        let pool = Pool::open(address, practice).await?;
        Ok(Self {
            pool,
            group: Group::new(),
            practice,
            clock: None,
        })
    }

    /// Where it is: host, port and database, without user and password.
    #[must_use]
    pub fn place(&self) -> &str {
        self.pool.place()
    }

    /// Have every line of its audit chain signed from now on. Without a notary lines are chained
    /// and not signed: whoever can write to the database could write the whole chain anew.
    #[must_use]
    pub fn sealed_by(self, notary: Arc<Notary>) -> Self {
        self.pool.sealed_by(notary);
        self
    }

    /// Close the connections. Dropping does the same, without a word to the server.
    pub async fn close(self) {
        // Nobody is writing any more: that would take a reference to this ledger.
        drop(self.group);
        self.pool.close().await;
    }

    async fn begin(&self) -> Result<Tx, LedgerError> {
        self.pool.begin(pool::WRITE).await
    }

    async fn look(&self) -> Result<Tx, LedgerError> {
        self.pool.begin(pool::READ).await
    }
}

impl fmt::Debug for PostgresLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresLedger")
            .field("place", &self.place())
            .field("practice", &self.practice)
            .finish_non_exhaustive()
    }
}
