mod audit;
mod budget;
mod crash;
mod faults;
mod formats;
mod interleaved;
mod place;
mod rules;
mod runs;
mod together;
mod writer;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use passcode_host::ledger::{Intent, LedgerError};
use rusqlite::{Connection, OpenFlags, Transaction};

use super::sending;
use crate::SqliteLedger;
use crate::conformance::Handle;
use crate::turns_tests::cases;

/// What a test does by hand, one step after another.
impl SqliteLedger {
    fn begin<'c>(&self, connection: &'c mut Connection) -> Result<Transaction<'c>, LedgerError> {
        self.book.begin(connection)
    }

    fn insert_in(&self, connection: &Connection, intent: &Intent) -> Result<(), LedgerError> {
        let mut chain = super::witness::Chain::default();
        let sql = self.book.on(connection);
        sending::insert(&sql, &mut chain, intent)?;
        sql.write_lines(&chain)
    }

    /// On the connection that writes.
    async fn run_sql(&self, sql: &str) {
        let connection = self.connection.lock().await;
        connection.execute_batch(sql).unwrap();
    }
}

/// A connection that knows nothing of our rules.
fn raw(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags(path, flags).unwrap();
    connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    connection
}

/// A folder that is gone after the test, and a ledger's path in it.
fn home() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("home").join("ledger.db");
    (home, path)
}

type Opening<H = Handle> = Pin<Box<dyn Future<Output = H> + Send>>;

/// Store `n` of a folder.
fn stores(home: &tempfile::TempDir) -> impl Fn(u32) -> Opening {
    let folder = home.path().to_owned();
    move |number| {
        let path = folder.join(format!("{number}.db"));
        Box::pin(async move { Arc::new(SqliteLedger::open(path, true).await.unwrap()) as Handle })
    }
}
