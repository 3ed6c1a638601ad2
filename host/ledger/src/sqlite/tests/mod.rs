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

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use passcode_host::ledger::{Intent, LedgerError};
use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::sending;
use crate::SqliteLedger;
use crate::conformance::Handle;
use crate::turns_tests::cases;

/// What a test does by hand, one step after another.
impl SqliteLedger {
    async fn begin<'c>(
        &self,
        connection: &'c mut SqliteConnection,
    ) -> Result<Transaction<'c, Sqlite>, LedgerError> {
        self.book.begin(connection).await
    }

    async fn insert_in(
        &self,
        connection: &mut SqliteConnection,
        intent: &Intent,
    ) -> Result<(), LedgerError> {
        let mut chain = super::witness::Chain::default();
        sending::insert(&self.book, connection, &mut chain, intent).await?;
        self.book.write_lines(connection, &chain).await
    }
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
