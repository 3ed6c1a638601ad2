//! Runs: the suite that every ledger passes, and what only the file can be asked.

use std::sync::Arc;

use crate::SqliteLedger;
use crate::conformance::{RunHandle, every_rule_of_runs, races_for_rows};

fn stores(home: &tempfile::TempDir) -> impl Fn(u32) -> super::Opening<RunHandle> {
    let folder = home.path().to_owned();
    move |number| {
        let path = folder.join(format!("{number}.db"));
        Box::pin(
            async move { Arc::new(SqliteLedger::open(path, true).await.unwrap()) as RunHandle },
        )
    }
}

#[tokio::test]
async fn a_file_keeps_every_rule_of_runs() {
    let home = tempfile::tempdir().unwrap();
    every_rule_of_runs(stores(&home)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_is_held_twice_and_none_is_forgotten() {
    let home = tempfile::tempdir().unwrap();
    races_for_rows(stores(&home), 300).await;
}
