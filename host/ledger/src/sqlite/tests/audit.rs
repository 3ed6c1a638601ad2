//! The audit chain: the suite that every store passes, and what is done to the file behind our
//! back.

use std::path::Path;
use std::sync::Arc;

use passcode_audit::{Fault, Notary, Verdict, Verifier};
use passcode_host::ledger::{Ending, IntentRefused, LedgerFault, SendLedger as _, Sending};

use super::{Opening, home, raw};
use crate::conformance::{
    StoreHandle, all_lines, answer, every_rule_of_audit, intent, looked_through, plan, stands_at,
};
use crate::run::{KeptApproval, NewRun, RunLedger as _, RunState};
use crate::{AuditLog as _, SqliteLedger};

fn stores(home: &tempfile::TempDir) -> impl Fn(u32) -> Opening<StoreHandle> {
    let folder = home.path().to_owned();
    move |number| {
        let path = folder.join(format!("{number}.db"));
        Box::pin(
            async move { Arc::new(SqliteLedger::open(path, true).await.unwrap()) as StoreHandle },
        )
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_stands_in_one_chain() {
    let home = tempfile::tempdir().unwrap();
    every_rule_of_audit(stores(&home)).await;
}

/// A chain of some lines, closed.
async fn written(path: &Path) {
    let ledger = SqliteLedger::open(path, true).await.unwrap();
    for at in 0..5 {
        let name = format!("n{at}");
        let ending = Some(Ending::Done);
        stands_at(&ledger, &name, &name, Sending::Accepted, ending).await;
    }
    assert_eq!(ledger.head().await.unwrap().count, 20);
    ledger.close().await.unwrap();
}

/// As somebody who can write to the file, and takes its guards away.
fn behind_our_back(path: &Path, sql: &str) {
    let sql = format!(
        "DROP TRIGGER audit_lines_are_kept; DROP TRIGGER audit_lines_do_not_change; \
         DROP TRIGGER audit_lines_follow_one_another; {sql}"
    );
    raw(path).execute_batch(&sql).unwrap();
}

#[tokio::test]
async fn what_is_changed_behind_our_back_is_found() {
    let table = [
        (
            "UPDATE audit SET body = replace(body, 'accepted', 'rejected') WHERE number = 7",
            Some((7, Fault::Changed)),
        ),
        (
            "UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'z') WHERE number = 7",
            Some((7, Fault::Changed)),
        ),
        (
            "DELETE FROM audit WHERE number = 7",
            Some((7, Fault::Missing { to: 7 })),
        ),
        (
            "DELETE FROM audit WHERE number > 17",
            Some((18, Fault::Truncated { to: 20 })),
        ),
        (
            "UPDATE audit SET number = 99 WHERE number = 7; \
             UPDATE audit SET number = 7 WHERE number = 8; \
             UPDATE audit SET number = 8 WHERE number = 99",
            Some((7, Fault::Renumbered { body: 8 })),
        ),
        (
            "INSERT INTO audit SELECT 21, body, hash, key, signature FROM audit WHERE number = 7",
            Some((21, Fault::Renumbered { body: 7 })),
        ),
        ("", None),
    ];
    for (sql, expected) in table {
        let (_home, path) = home();
        written(&path).await;
        let ledger = SqliteLedger::open(&path, true).await.unwrap();
        let head = ledger.head().await.unwrap();
        ledger.close().await.unwrap();
        behind_our_back(&path, sql);
        let ledger = SqliteLedger::open(&path, true).await.unwrap();
        let mut verifier = Verifier::new(&[], Some(&head));
        for line in all_lines(&ledger).await {
            verifier.push(&line);
        }
        let verdict = verifier.finish();
        let found = |(line, fault): (u64, Fault)| {
            let found = verdict.findings.iter();
            found
                .clone()
                .any(|one| one.line == line && one.fault == fault)
        };
        assert_eq!(
            expected.is_none(),
            verdict.is_intact(),
            "{sql}: {verdict:?}"
        );
        assert!(expected.clone().is_none_or(found), "{sql}: {verdict:?}");
        // So does a check, but for what only a kept head shows.
        let checked = ledger.check().await;
        match expected {
            None => assert_eq!(checked.unwrap().lines, 20),
            Some((_, Fault::Truncated { .. })) => assert_eq!(checked.unwrap().lines, 17),
            Some(_) => assert_eq!(checked.unwrap_err().fault, LedgerFault::Corrupt, "{sql}"),
        }
    }
}

/// On a chain whose end cannot be read nothing is built.
#[tokio::test]
async fn after_a_last_line_without_a_hash_nothing_is_written() {
    let (_home, path) = home();
    written(&path).await;
    behind_our_back(
        &path,
        "UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'z') WHERE number = 20",
    );
    let ledger = SqliteLedger::open(&path, true).await.unwrap();
    let refused = ledger.keep_plan(&plan("new", "a")).await.unwrap_err();
    assert_eq!(refused.fault, LedgerFault::Corrupt);
}

/// The guarantee: without the record nothing is written, and so nothing is sent.
#[tokio::test]
async fn without_its_line_no_operation_is_written() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let used = stands_at(&ledger, "used", "used", Sending::Accepted, None).await;
    stands_at(&ledger, "open", "open", Sending::Intended, None).await;
    let kept = plan("kept", "a");
    ledger.keep_plan(&kept).await.unwrap();
    let run = NewRun {
        id: "run".to_owned(),
        key: None,
        tenant: "t".to_owned(),
        title: "t".to_owned(),
        digest: "d".to_owned(),
        document: "{}".to_owned(),
        planner: "{}".to_owned(),
        created: kept.created,
    };
    ledger.begin_run(&run).await.unwrap();
    let before = ledger.head().await.unwrap();
    ledger
        .run_sql(
            "CREATE TRIGGER no_more BEFORE INSERT ON audit \
         BEGIN SELECT RAISE(ABORT, 'on purpose'); END",
        )
        .await;

    let refused = ledger.intend(&intent(&kept, "kept")).await;
    assert!(
        matches!(refused, Err(IntentRefused::Ledger(_))),
        "{refused:?}"
    );
    assert!(ledger.attempts(&kept.id).await.unwrap().is_empty());
    let new = plan("new", "a");
    assert!(ledger.keep_plan(&new).await.is_err());
    assert_eq!(ledger.plan(&new.id).await.unwrap(), None);
    let settled = ledger.settle("open", Sending::Accepted, &answer(204)).await;
    assert!(settled.is_err());
    assert!(ledger.end("used", Ending::Done).await.is_err());
    let delivered = ledger.deliver("used", kept.created, "terminal");
    assert!(delivered.await.is_err());
    let attempts = ledger.attempts(&used.id).await.unwrap();
    assert_eq!(
        (attempts[0].ending, &attempts[0].delivered),
        (None, &None),
        "nothing of it is written"
    );
    let other = NewRun {
        id: "other".to_owned(),
        ..run
    };
    assert!(ledger.begin_run(&other).await.is_err());
    let from = [RunState::Planning];
    let moved = ledger.move_run("run", &from, RunState::Running, None, None);
    assert!(moved.await.is_err());
    let runs = ledger.runs(9).await.unwrap();
    assert_eq!(
        (runs.len(), runs[0].state),
        (1, RunState::Planning),
        "nor of runs"
    );
    let approval = KeptApproval {
        subject: "5e".to_owned(),
        document: "{}".to_owned(),
        at: kept.created,
    };
    assert!(ledger.keep_approval(&approval).await.is_err());
    assert!(ledger.approvals("5e").await.unwrap().is_empty());
    assert_eq!(ledger.head().await.unwrap(), before);
}

#[tokio::test]
async fn lines_are_signed_by_the_notary_that_is_given() {
    let (_home, path) = home();
    let keys = tempfile::tempdir().unwrap();
    let notary = Arc::new(Notary::open_or_create(&keys.path().join("audit.pem")).unwrap());
    let judge = async |ledger: &SqliteLedger| -> Verdict {
        let mut verifier = Verifier::new(&[notary.public_key()], None);
        for line in all_lines(ledger).await {
            verifier.push(&line);
        }
        verifier.finish()
    };
    let ledger = SqliteLedger::open(&path, true).await.unwrap();
    let ledger = ledger.sealed_by(notary.clone());
    stands_at(&ledger, "one", "one", Sending::Accepted, None).await;
    let verdict = judge(&ledger).await;
    assert!(verdict.is_intact(), "{verdict:?}");
    assert_eq!((verdict.lines, verdict.signed), (3, 3));
    // Somebody without the key goes on: chained, and seen not to be signed.
    let other = SqliteLedger::open(&path, true).await.unwrap();
    stands_at(&other, "two", "two", Sending::Accepted, None).await;
    let verdict = judge(&ledger).await;
    assert_eq!(
        (verdict.lines, verdict.signed, verdict.found),
        (6, 3, 3),
        "{verdict:?}"
    );
    assert!(looked_through(&other).await.is_intact());
}
