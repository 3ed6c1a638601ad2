//! Where the file may be, and who may write to it.

#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use passcode_host::ledger::{LedgerFault, SendLedger as _};

use super::home;
use crate::SqliteLedger;
use crate::conformance::plan;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn what_is_made_is_its_owners_alone() {
    let (root, path) = home();
    let deep = root.path().join("a/b/ledger.db");
    for path in [path, deep.clone()] {
        let ledger = SqliteLedger::open(&path, false).await.unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        // Written ahead, and shared memory: as private as the ledger.
        for suffix in ["db-wal", "db-shm"] {
            assert_eq!(mode(&path.with_extension(suffix)), 0o600, "{suffix}");
        }
        drop(ledger);
        let names: Vec<_> = fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(
            names.iter().all(|name| name.starts_with("ledger.db")),
            "{names:?}"
        );
    }
    assert_eq!(mode(&root.path().join("a")), 0o700);
}

#[tokio::test]
async fn what_everybody_may_rewrite_is_refused() {
    let (_home, path) = home();
    SqliteLedger::open(&path, false)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    let folder = path.parent().unwrap();
    let table = [
        (0o700, 0o600, true),
        (0o750, 0o640, true),
        (0o770, 0o660, true),
        (0o755, 0o644, true),
        (0o1777, 0o600, true),
        (0o777, 0o600, false),
        (0o700, 0o666, false),
        (0o700, 0o602, false),
    ];
    for (of_folder, of_file, accepted) in table {
        chmod(folder, of_folder);
        chmod(&path, of_file);
        let opened = SqliteLedger::open(&path, false).await;
        assert_eq!(opened.is_ok(), accepted, "{of_folder:o} {of_file:o}");
        if let Err(error) = opened {
            assert_eq!(error.fault, LedgerFault::Other);
            assert!(error.message.contains("chmod o-w"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_link_and_a_folder_are_no_ledger() {
    let (root, path) = home();
    SqliteLedger::open(&path, false)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    let link = root.path().join("link.db");
    symlink(&path, &link).unwrap();
    let dangling = root.path().join("dangling.db");
    symlink(root.path().join("nothing"), &dangling).unwrap();
    for (not_a_file, says) in [
        (&link, "symbolic link"),
        (&dangling, "symbolic link"),
        (&root.path().to_owned(), "not a file"),
    ] {
        let error = SqliteLedger::open(not_a_file, false).await.unwrap_err();
        assert_eq!(error.fault, LedgerFault::Other, "{error:?}");
        assert!(error.message.contains(says), "{error:?}");
    }
    assert!(!root.path().join("nothing").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_begin_at_once_begin_the_same_ledger() {
    for _ in 0..20 {
        let (_home, path) = home();
        let tasks: Vec<_> = (0..8)
            .map(|at| {
                let path = path.clone();
                tokio::spawn(async move {
                    let ledger = SqliteLedger::open(path, false).await.unwrap();
                    ledger
                        .keep_plan(&plan(&format!("d{at}"), "a"))
                        .await
                        .unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let ledger = SqliteLedger::open(&path, false).await.unwrap();
        assert_eq!(
            ledger.check().await.unwrap().plans,
            8,
            "none wrote into another file"
        );
    }
}
