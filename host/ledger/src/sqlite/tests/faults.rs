//! Files that cannot be used: each is named, and left as it was.

use std::fs;
use std::path::Path;
use std::time::Duration;

use passcode_host::ledger::{
    Ending, IntentRefused, LedgerError, LedgerFault, SendLedger as _, Sending,
};

use super::super::schema;
use super::{home, raw};
use crate::SqliteLedger;
use crate::conformance::{intent, plan, stands_at};

/// Open a file that cannot be used; say why, and make sure that it did not change.
async fn refused(path: &Path) -> LedgerError {
    let before = fs::read(path).ok();
    let error = SqliteLedger::open(path, false).await.unwrap_err();
    assert_eq!(
        fs::read(path).ok(),
        before,
        "the file was touched: {error:?}"
    );
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(error.message.contains(name), "names the file: {error:?}");
    assert!(!error.remedy.is_empty());
    error
}

/// A closed ledger with a few records, as bytes.
async fn written(path: &Path) -> Vec<u8> {
    let ledger = SqliteLedger::open(path, false).await.unwrap();
    for at in 0..40 {
        let name = format!("n{at}");
        stands_at(&ledger, &name, &name, Sending::Unknown, None).await;
    }
    ledger.close().await.unwrap();
    fs::read(path).unwrap()
}

fn run(path: &Path, sql: &str) {
    raw(path).execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_file_that_is_not_a_ledger_is_damage_and_stays() {
    let (_home, path) = home();
    let good = written(&path).await;
    let garbage: Vec<u8> = (0..good.len()).map(|at| (at % 251) as u8).collect();
    let mut headless = good.clone();
    headless[..16].copy_from_slice(b"SQLite format 2\0");
    let mut foreign = good.clone();
    foreign[68..72].copy_from_slice(&[0; 4]);
    let table = [
        ("empty", Vec::new()),
        ("a few bytes", b"hello".to_vec()),
        ("ninety-nine bytes", good[..99].to_vec()),
        ("the header only", good[..100].to_vec()),
        ("one page", good[..4096].to_vec()),
        ("half", good[..good.len() / 2].to_vec()),
        ("one byte short", good[..good.len() - 1].to_vec()),
        ("garbage", garbage.clone()),
        ("another header", headless),
        ("another program's", foreign),
        (
            "garbage after the header",
            [&good[..100], &garbage[100..]].concat(),
        ),
        (
            "garbage after the first page",
            [&good[..4096], &garbage[4096..]].concat(),
        ),
    ];
    for (case, bytes) in table {
        fs::write(&path, bytes).unwrap();
        println!("{case}");
        assert_eq!(refused(&path).await.fault, LedgerFault::Corrupt, "{case}");
    }
    fs::write(&path, &good).unwrap();
    let whole = SqliteLedger::open(&path, false)
        .await
        .unwrap()
        .check()
        .await
        .unwrap();
    assert_eq!((whole.plans, whole.attempts, whole.deliveries), (40, 40, 0));
}

/// Any page overwritten with zeros: never a ledger that has forgotten something.
#[tokio::test]
async fn no_lost_page_goes_unnoticed() {
    let (_home, path) = home();
    let good = written(&path).await;
    let pages = good.len() / 4096;
    assert!(pages > 8, "{pages}");
    for page in 0..pages {
        let mut damaged = good.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0);
        fs::write(&path, damaged).unwrap();
        assert_eq!(
            refused(&path).await.fault,
            LedgerFault::Corrupt,
            "page {page}"
        );
    }
}

#[tokio::test]
async fn another_programs_database_is_not_changed() {
    let (_home, path) = home();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    run(
        &path,
        "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)",
    );
    assert_eq!(refused(&path).await.fault, LedgerFault::Corrupt);
}

#[tokio::test]
async fn a_newer_ledger_is_refused() {
    let (_home, path) = home();
    written(&path).await;
    let version = schema::VERSION;
    run(&path, &format!("PRAGMA user_version = {}", version + 1));
    assert_eq!(refused(&path).await.fault, LedgerFault::Newer);
    // In the write-ahead log only: the header in the file is still the old one.
    run(&path, &format!("PRAGMA user_version = {version}"));
    let other = raw(&path);
    let newer = format!("PRAGMA user_version = {}", version + 2);
    other.execute_batch(&newer).unwrap();
    let error = SqliteLedger::open(&path, false).await.unwrap_err();
    assert_eq!(error.fault, LedgerFault::Newer);
}

#[tokio::test]
async fn practice_and_real_never_share_a_ledger() {
    for practice in [true, false] {
        let (_home, path) = home();
        let ledger = SqliteLedger::open(&path, practice).await.unwrap();
        assert_eq!(ledger.practice(), practice);
        ledger.close().await.unwrap();
        let error = SqliteLedger::open(&path, !practice).await.unwrap_err();
        assert_eq!(error.fault, LedgerFault::WrongKind);
        SqliteLedger::open(&path, practice).await.unwrap();
    }
    assert!(SqliteLedger::in_memory().await.unwrap().practice());
}

#[tokio::test]
async fn a_plan_that_was_edited_in_the_file_is_damage() {
    let (_home, path) = home();
    written(&path).await;
    run(
        &path,
        "DROP TRIGGER plans_do_not_change; \
         UPDATE plans SET document = replace(document, 'n7', 'n8') WHERE device = 'n7'; \
         CREATE TRIGGER plans_do_not_change BEFORE UPDATE ON plans BEGIN SELECT RAISE(ABORT, ''); END",
    );
    let ledger = SqliteLedger::open(&path, false).await.unwrap();
    let edited = plan("n7", "n7");
    assert_eq!(
        ledger.plan(&edited.id).await.unwrap_err().fault,
        LedgerFault::Corrupt
    );
    let refused = ledger.intend(&intent(&edited, "again")).await.unwrap_err();
    assert!(matches!(refused, IntentRefused::Ledger(error) if error.fault == LedgerFault::Corrupt));
    assert_eq!(
        ledger.check().await.unwrap_err().fault,
        LedgerFault::Corrupt
    );
    assert!(
        ledger.plan(&plan("n8", "n8").id).await.unwrap().is_some(),
        "the others are whole"
    );
}

#[tokio::test]
async fn the_file_itself_refuses_what_the_rules_refuse() {
    let (_home, path) = home();
    let ledger = SqliteLedger::open(&path, false).await.unwrap();
    let first = stands_at(&ledger, "d", "one", Sending::Unknown, None).await;
    let ended = Some(Ending::Done);
    let accepted = stands_at(&ledger, "e", "two", Sending::Accepted, ended).await;
    let second = plan("d", "second");
    ledger.keep_plan(&second).await.unwrap();
    ledger
        .deliver("two", first.created, "terminal")
        .await
        .unwrap();
    let copy = |plan: &str, name: &str| {
        format!(
            "INSERT INTO attempts (client_request_id, plan, tenant, device, request, at, snapshot, again) \
             SELECT '{name}', '{plan}', tenant, upper(device), request, at, snapshot, 0 FROM attempts \
             WHERE client_request_id = 'one'"
        )
    };
    let table = [
        copy(&first.id.to_string(), "three"),
        copy(&second.id.to_string(), "three"),
        // Accepted and ended: nothing is open on the device, and the plan is still used.
        copy(&accepted.id.to_string(), "three").replace("= 'one'", "= 'two'"),
        copy(&plan("d", "never kept").id.to_string(), "three"),
        "DELETE FROM plans".into(),
        "DELETE FROM attempts".into(),
        "DELETE FROM deliveries".into(),
        "UPDATE plans SET expires = '9999-01-01T00:00:00Z'".into(),
        "UPDATE attempts SET device = 'f' WHERE client_request_id = 'one'".into(),
        "UPDATE attempts SET state = 'intended' WHERE client_request_id = 'one'".into(),
        "UPDATE attempts SET state = 'not-executed' WHERE client_request_id = 'two'".into(),
        "UPDATE attempts SET ending = 'done' WHERE client_request_id = 'one'".into(),
        "UPDATE attempts SET state = 'sent' WHERE client_request_id = 'one'".into(),
        "UPDATE deliveries SET target = 'nobody'".into(),
        "INSERT INTO deliveries (attempt, at, target) VALUES (99, '', '')".into(),
        "INSERT INTO ledger (one, kind) VALUES (2, 'practice')".into(),
    ];
    let other = raw(&path);
    other.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    for sql in table {
        assert!(other.execute_batch(&sql).is_err(), "{sql}");
    }
    let checked = ledger.check().await.unwrap();
    assert_eq!(
        (checked.plans, checked.attempts, checked.deliveries),
        (3, 2, 1)
    );
}

#[tokio::test]
async fn a_ledger_that_another_process_holds_is_busy() {
    let (_home, path) = home();
    written(&path).await;
    let wait = Duration::from_millis(100);
    let open = SqliteLedger::open_waiting(&path, false, wait)
        .await
        .unwrap();
    let next = plan("busy", "a");
    open.keep_plan(&next).await.unwrap();

    let other = raw(&path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = std::time::Instant::now();
    let error = SqliteLedger::open_waiting(&path, false, wait)
        .await
        .unwrap_err();
    assert_eq!(error.fault, LedgerFault::Busy);
    assert!(began.elapsed() >= wait, "it did wait");
    let refused = open.intend(&intent(&next, "busy")).await.unwrap_err();
    assert!(
        matches!(&refused, IntentRefused::Ledger(error) if error.fault == LedgerFault::Busy),
        "{refused:?}"
    );
    // Reading goes on.
    assert!(open.attempts(&next.id).await.unwrap().is_empty());

    other.execute_batch("ROLLBACK").unwrap();
    open.intend(&intent(&next, "busy")).await.unwrap();
}

#[tokio::test]
async fn without_room_nothing_is_intended() {
    let (_home, path) = home();
    let ledger = SqliteLedger::open(&path, false).await.unwrap();
    let next = plan("full", "a");
    ledger.keep_plan(&next).await.unwrap();
    ledger.run_sql("PRAGMA max_page_count = 1").await;
    let mut written = 0;
    let refused = loop {
        let mut large = intent(&next, &format!("full-{written}"));
        large.request = "x".repeat(8000);
        match ledger.intend(&large).await {
            Ok(()) => written += 1,
            Err(refused) => break refused,
        }
        assert!(written < 1, "the second attempt of a plan");
    };
    assert!(
        matches!(&refused, IntentRefused::Ledger(error) if error.fault == LedgerFault::Full),
        "{refused:?}"
    );
    assert_eq!(
        ledger.attempts(&next.id).await.unwrap().len(),
        written,
        "nothing half-written"
    );
    // When there is room again, it goes on.
    ledger.run_sql("PRAGMA max_page_count = 100000").await;
    ledger.intend(&intent(&next, "fits")).await.unwrap();
    ledger.check().await.unwrap();
}

#[tokio::test]
async fn a_log_without_its_ledger_is_not_taken_for_a_beginning() {
    let (_home, path) = home();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path.with_extension("db-wal"), b"frames").unwrap();
    assert_eq!(refused(&path).await.fault, LedgerFault::Corrupt);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_dropped_call_leaves_a_usable_ledger() {
    let (_home, path) = home();
    let ledger = SqliteLedger::open(&path, false).await.unwrap();
    for round in 0..100_u64 {
        let next = plan(&format!("dropped-{round}"), "a");
        ledger.keep_plan(&next).await.unwrap();
        let intent = intent(&next, &format!("dropped-{round}"));
        let wait = Duration::from_micros(round * 15);
        let finished = tokio::time::timeout(wait, ledger.intend(&intent))
            .await
            .is_ok();
        let written = ledger.attempts(&next.id).await.unwrap().len();
        assert!(written == 1 || !finished, "what returned is written");
        assert!(written <= 1);
    }
    ledger.check().await.unwrap();
}
