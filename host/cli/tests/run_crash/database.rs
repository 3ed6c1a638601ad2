//! Where a run is kept: what the processes are told about it, and how it is read from outside.

use std::path::Path;
use std::sync::Arc;

use passcode_audit::Notary;
use passcode_host::contract::types::{Operator, Proof};
use passcode_ledger::{PostgresLedger, SqliteLedger, Store};

/// A place for the ledger.
#[derive(Clone, Debug)]
pub enum Database {
    /// The file in the home folder.
    Home,
    /// A database of a server, at this address.
    Postgres(String),
}

impl Database {
    /// A new database of this program's server. `None` where PostgreSQL is not installed.
    pub fn postgres() -> Option<Self> {
        let server = passcode_test_postgres::shared()?;
        Some(Self::Postgres(server.database()))
    }

    /// What a process needs to find it.
    pub fn environment(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Home => None,
            Self::Postgres(url) => Some(("PASSCODE_DATABASE_URL", url)),
        }
    }

    /// The ledger itself, beside the processes that use it, and signed as they sign it.
    pub async fn store(&self, home: &Path) -> Arc<dyn Store> {
        let folder = home.join("practice");
        let notary = Arc::new(Notary::open_or_create(&folder.join("audit.key")).unwrap());
        let store: Arc<dyn Store> = match self {
            Self::Home => {
                let ledger = SqliteLedger::open(folder.join("ledger.db"), true).await;
                Arc::new(ledger.unwrap().sealed_by(notary))
            }
            Self::Postgres(url) => {
                let ledger = PostgresLedger::open(url, true).await;
                Arc::new(ledger.unwrap().sealed_by(notary))
            }
        };
        store.acting(&Operator {
            name: "beside".to_owned(),
            id: None,
            proof: Proof::SignedIn("none".to_owned()),
        });
        store
    }
}
