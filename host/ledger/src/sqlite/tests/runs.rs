//! Runs: the suite that every ledger passes, and what only the file can be asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use passcode_host::ledger::SendLedger as _;

use super::super::{book, claiming, runs};
use super::home;
use crate::SqliteLedger;
use crate::conformance::{RunHandle, every_rule_of_runs, plan, races_for_rows};
use crate::run::{Claim, NewRow, NewRun, RunLedger as _, Stage};

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

/// A run with so many rows, all planned.
async fn planned(ledger: &SqliteLedger, id: &str, rows: u64) {
    let kept = plan(&format!("{id}-device"), "a");
    ledger.keep_plan(&kept).await.unwrap();
    let run = NewRun {
        id: id.to_owned(),
        key: None,
        tenant: kept.tenant.clone(),
        title: "t".to_owned(),
        digest: "d".to_owned(),
        document: "{}".to_owned(),
        planner: "{}".to_owned(),
        created: kept.created,
    };
    ledger.begin_run(&run).await.unwrap();
    let rows: Vec<_> = (1..=rows)
        .map(|number| NewRow {
            number,
            source: format!("devices.csv:{number}"),
            selector: format!(r#"{{"serial":"SERIAL-{number}"}}"#),
        })
        .collect();
    for some in rows.chunks(10_000) {
        ledger.add_rows(id, some).await.unwrap();
    }
    // Each with a plan of its own, by one statement: planning is not what is measured.
    let name = format!("substr('{}', 1, 56) || printf('%08x', number)", kept.id);
    let sql = format!(
        "INSERT INTO plans (id, tenant, device, created, expires, document) \
         SELECT {name}, 't', '{id}-' || number, '2024-10-04T00:00:00Z', '2024-10-05T00:00:00Z', '{{}}' \
         FROM run_rows WHERE run = (SELECT seq FROM runs WHERE id = '{id}'); \
         UPDATE run_rows SET stage = 'planned', device = '{id}-' || number, plan = {name}, \
         label = '{{\"name\":\"someone''s telephone\",\"serial\":\"SERIAL\",\"user\":\"someone@contoso.example\"}}' \
         WHERE run = (SELECT seq FROM runs WHERE id = '{id}')"
    );
    ledger.run_sql(&sql).await;
}

fn wish(run: &str, owner: &str, stage: Stage) -> Claim {
    Claim {
        run: run.to_owned(),
        owner: owner.to_owned(),
        stage,
        limit: 50,
        lease: Duration::from_secs(600),
    }
}

/// What each worker does again and again looks at what it takes and not at the whole run.
#[tokio::test]
async fn no_claim_looks_at_every_row() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    planned(&ledger, "plan", 50).await;
    let connection = ledger.connection.lock().await;
    // What a statement brings along itself.
    let ours = ["json_each", "clock", "CONSTANT ROW"];
    for (sql, scans) in [
        (claiming::NEXT, false),
        (claiming::TAKE, false),
        (claiming::RENEW, false),
        (claiming::RELEASE, false),
        (claiming::HELD, false),
        (claiming::ONLY_MOVED, false),
        (claiming::MOVED, false),
        (runs::ROWS_NAMED, false),
        (runs::ROWS_AFTER, false),
        (runs::PLANS_OF, false),
        (runs::LAST_SENT, false),
        (book::BESIDE, false),
        // One run's rows, by their index.
        (runs::TALLY, false),
        // The newest plans, from the end.
        (runs::PLANS, true),
        // That a scan would be seen.
        ("SELECT number FROM run_rows WHERE label = 'x'", true),
    ] {
        let explained = format!("EXPLAIN QUERY PLAN {sql}");
        let mut explained = connection.prepare(&explained).unwrap();
        let mut found = explained.raw_query();
        let mut steps: Vec<String> = Vec::new();
        while let Some(step) = found.next().unwrap() {
            steps.push(step.get("detail").unwrap());
        }
        let scanned = steps
            .iter()
            .any(|step| step.starts_with("SCAN") && !ours.iter().any(|own| step.contains(own)));
        assert_eq!(scanned, scans, "{sql}: {steps:#?}");
        let sorted = steps.iter().any(|step| step.contains("ORDER BY"));
        assert!(!sorted || sql != claiming::NEXT, "{sql}: {steps:#?}");
    }
}

/// The same, measured: beside 100,000 rows that are not due a claim takes as long as beside a few.
#[tokio::test]
async fn a_claim_takes_as_long_in_a_large_run() {
    let (_home, path) = home();
    let ledger = SqliteLedger::open(&path, true).await.unwrap();
    let mut took = Vec::new();
    for (run, rows) in [("few", 1_000), ("many", 100_000)] {
        planned(&ledger, run, rows).await;
        let taking = fastest(&ledger, run, 50).await;
        // Nothing of what is left is due.
        let later = "UPDATE run_rows SET free = 99999999999999 WHERE owner IS NULL";
        ledger.run_sql(later).await;
        let waiting = fastest(&ledger, run, 0).await;
        let begun = Instant::now();
        assert_eq!(ledger.tally(run).await.unwrap().planned, rows);
        let tally = begun.elapsed();
        println!("{rows} rows: claim {taking:?}, in vain {waiting:?}, tally {tally:?}");
        took.push([taking, waiting]);
    }
    // A look at every row takes a hundred times as long.
    let (few, many) = (took[0], took[1]);
    assert!(many[0] < few[0] * 10 && many[1] < few[1] * 10, "{took:?}");
}

/// The shortest time of several claims that take so many rows.
async fn fastest(ledger: &SqliteLedger, run: &str, rows: usize) -> Duration {
    let mut fastest = Duration::MAX;
    for round in 0..5 {
        let wish = wish(run, &format!("w{round}"), Stage::Planned);
        let begun = Instant::now();
        assert_eq!(ledger.claim(&wish).await.unwrap().len(), rows);
        fastest = fastest.min(begun.elapsed());
    }
    fastest
}

#[tokio::test]
async fn the_file_itself_refuses_to_forget() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    planned(&ledger, "kept", 2).await;
    let set = Some("5e");
    let from = [crate::run::RunState::Planning];
    let moved = ledger.move_run("kept", &from, crate::run::RunState::Planned, None, set);
    assert!(moved.await.unwrap());
    ledger
        .claim(&wish("kept", "w1", Stage::Planned))
        .await
        .unwrap();
    let approval = crate::run::KeptApproval {
        subject: "5e".to_owned(),
        document: "{}".to_owned(),
        at: time::OffsetDateTime::UNIX_EPOCH,
    };
    ledger.keep_approval(&approval).await.unwrap();
    let table = [
        "DELETE FROM runs",
        "DELETE FROM run_rows",
        "DELETE FROM approvals",
        "DELETE FROM audit",
        "UPDATE runs SET digest = 'another'",
        "UPDATE runs SET planner = 'another'",
        "UPDATE runs SET plans = '6f'",
        "UPDATE runs SET plans = NULL",
        "UPDATE runs SET state = 'unheard-of'",
        "UPDATE run_rows SET selector = 'another'",
        "UPDATE run_rows SET number = number + 10",
        "UPDATE run_rows SET plan = NULL WHERE number = 1",
        "UPDATE run_rows SET plan = (SELECT id FROM plans ORDER BY seq LIMIT 1) WHERE number = 1",
        "UPDATE run_rows SET device = 'another' WHERE number = 1",
        "UPDATE run_rows SET stage = 'unheard-of'",
        // Taken from who has it, without a number of its own.
        "UPDATE run_rows SET owner = 'w2'",
        "UPDATE run_rows SET epoch = epoch - 1",
        "INSERT INTO run_rows (run, number, source, selector, changed) VALUES (1, 0, '', '', 0)",
        "INSERT INTO run_rows (run, number, source, selector, changed) VALUES (9, 1, '', '', 0)",
        "INSERT INTO run_rows (run, number, source, selector, changed, device) \
         VALUES (1, 9, '', '', 0, 'KEPT-1')",
        "INSERT INTO run_rows (run, number, source, selector, changed, plan) \
         VALUES (1, 9, '', '', 0, 'never kept')",
        "UPDATE approvals SET document = 'another'",
        "UPDATE audit SET body = 'another'",
        "INSERT INTO audit SELECT number + 10, body, hash, key, signature FROM audit LIMIT 1",
        "INSERT INTO audit SELECT 0, body, hash, key, signature FROM audit LIMIT 1",
    ];
    let connection = ledger.connection.lock().await;
    for sql in table {
        assert!(connection.execute_batch(sql).is_err(), "{sql}");
    }
    // What is allowed, so that the others were not refused for something else.
    connection
        .execute_batch("UPDATE run_rows SET owner = 'w2', epoch = epoch + 1")
        .unwrap();
}
