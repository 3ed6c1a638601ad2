//! What is refused, and what is never shown.

use passcode_host::ledger::{LedgerFault, SendLedger as _};
use passcode_test_postgres::Server;
use tokio::task::JoinSet;

use super::{by_hand, open};
use crate::PostgresLedger;
use crate::conformance::plan;

async fn refused(url: &str, practice: bool) -> LedgerFault {
    let error = PostgresLedger::open(url, practice).await.unwrap_err();
    assert!(!error.remedy.is_empty());
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(Server::PASSWORD), "{shown}");
    error.fault
}

#[tokio::test]
async fn practice_and_real_data_never_share_a_database() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    for practice in [true, false] {
        let url = server.database();
        PostgresLedger::open(&url, practice).await.unwrap();
        assert_eq!(refused(&url, !practice).await, LedgerFault::WrongKind);
        assert_eq!(
            PostgresLedger::open(&url, practice)
                .await
                .unwrap()
                .practice(),
            practice
        );
    }
}

#[tokio::test]
async fn what_is_newer_or_not_ours_is_left_as_it_is() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    open(&url).await;
    by_hand(&url, "UPDATE passcode.ledger SET version = version + 1")
        .await
        .unwrap();
    assert_eq!(refused(&url, true).await, LedgerFault::Newer);
    by_hand(&url, "DELETE FROM passcode.ledger").await.unwrap();
    assert_eq!(refused(&url, true).await, LedgerFault::Corrupt);

    let url = server.database();
    by_hand(
        &url,
        "CREATE SCHEMA passcode; CREATE TABLE passcode.words (a int)",
    )
    .await
    .unwrap();
    assert_eq!(refused(&url, true).await, LedgerFault::Corrupt);
    by_hand(&url, "SELECT a FROM passcode.words").await.unwrap();
    // An empty schema that an administrator made is a beginning.
    by_hand(&url, "DROP TABLE passcode.words").await.unwrap();
    open(&url).await;
}

#[tokio::test]
async fn many_that_start_at_once_make_the_tables_once() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let mut all = JoinSet::new();
    for _ in 0..8 {
        let url = url.clone();
        all.spawn(async move { open(&url).await });
    }
    assert_eq!(all.join_all().await.len(), 8);
}

#[tokio::test]
async fn a_role_needs_what_the_readme_grants_and_no_more() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let role = url.replacen("postgres@", "runner@", 1);
    by_hand(
        &url,
        "DO $$ BEGIN CREATE ROLE runner LOGIN; EXCEPTION WHEN duplicate_object THEN END $$",
    )
    .await
    .unwrap();
    assert_eq!(
        refused(&role, true).await,
        LedgerFault::ReadOnly,
        "no tables"
    );
    open(&url).await;
    assert_eq!(
        refused(&role, true).await,
        LedgerFault::ReadOnly,
        "no rights"
    );
    by_hand(
        &url,
        "GRANT USAGE ON SCHEMA passcode TO runner; \
         GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA passcode TO runner",
    )
    .await
    .unwrap();
    let error = PostgresLedger::open(&role, true).await.unwrap_err();
    assert!(error.message.contains("UPDATE in passcode."), "{error}");
    by_hand(
        &url,
        "GRANT UPDATE ON ALL TABLES IN SCHEMA passcode TO runner; \
         GRANT DELETE ON passcode.turns TO runner",
    )
    .await
    .unwrap();
    let ledger = open(&role).await;
    crate::conformance::stands_at(
        &ledger,
        "device",
        "name",
        passcode_host::ledger::Sending::Accepted,
        None,
    )
    .await;
    // And it cannot take the triggers away.
    let said = by_hand(&role, "ALTER TABLE passcode.attempts DISABLE TRIGGER ALL").await;
    assert!(said.unwrap_err().contains("must be owner"));
    by_hand(&url, "DROP OWNED BY runner").await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_and_a_server_that_is_not_there_say_so_and_no_more() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.address_url(&server.named_database());
    let ledger = open(&url).await;
    let shown = format!("{ledger:?} {}", ledger.place());
    assert!(!shown.contains(Server::PASSWORD), "{shown}");
    let wrong = url.replace(Server::PASSWORD, "hunter2");
    let error = PostgresLedger::open(&wrong, true).await.unwrap_err();
    assert!(error.message.contains("28P01"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
    let nowhere = url.replace(&format!(":{}/", server.port()), ":1/");
    assert_eq!(refused(&nowhere, true).await, LedgerFault::Other);
}

#[tokio::test]
async fn damage_is_named() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    let kept = plan("device", "kept");
    ledger.keep_plan(&kept).await.unwrap();
    by_hand(
        &url,
        "ALTER TABLE passcode.plans DISABLE TRIGGER ALL; \
         UPDATE passcode.plans SET document = replace(document, 'kept', 'gone')",
    )
    .await
    .unwrap();
    let error = ledger.plan(&kept.id).await.unwrap_err();
    assert_eq!(error.fault, LedgerFault::Corrupt);
    assert!(error.message.contains("not what its name says"), "{error}");
    by_hand(&url, "DROP TABLE passcode.deliveries")
        .await
        .unwrap();
    let error = ledger.recent(1).await.unwrap_err();
    assert_eq!(error.fault, LedgerFault::Corrupt);
}
