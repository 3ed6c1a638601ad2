//! Two processes on one file.

use super::cases;
use crate::SqliteLedger;
use crate::interleaved_tests as shared;

#[test]
fn no_interleaving_of_two_processes_sends_one_plan_twice() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::cell::Cell::new(0);
    shared::no_interleaving_of_two_processes_sends_one_plan_twice(
        cases(48),
        || {
            made.set(made.get() + 1);
            folder.path().join(format!("{}.db", made.get()))
        },
        async |path| SqliteLedger::open(path, true).await.unwrap(),
    );
}
