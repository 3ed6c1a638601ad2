//! Where a run is kept: what the processes are told about it, and how it is read from outside.

use std::path::Path;
use std::sync::Arc;

use passcode_ledger::{SqliteLedger, Store};

/// A place for the ledger.
#[derive(Clone, Copy, Debug)]
pub enum Database {
    /// The file in the home folder.
    Home,
}

impl Database {
    /// What a process needs to find it.
    pub fn environment(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Home => Vec::new(),
        }
    }

    /// The ledger itself, beside the processes that use it.
    pub async fn store(self, home: &Path) -> Arc<dyn Store> {
        match self {
            Self::Home => {
                let file = home.join("practice/ledger.db");
                Arc::new(SqliteLedger::open(file, true).await.unwrap())
            }
        }
    }
}
