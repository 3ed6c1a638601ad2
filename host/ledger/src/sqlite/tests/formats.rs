//! Ledgers of older formats are brought forward, with all that is in them.

use std::path::Path;

use passcode_host::ledger::{Ending, SendLedger as _, Sending};

use super::super::schema::{APPLICATION_ID, MIGRATIONS, VERSION};
use super::{home, raw};
use crate::conformance::plan;
use crate::run::RunLedger as _;
use crate::{AuditLog as _, SqliteLedger};

/// A practice ledger as the software of that version would have made it, with one accepted attempt
/// of one plan, delivered.
pub(super) fn of_format(path: &Path, version: usize) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let connection = raw(path);
    for migration in &MIGRATIONS[..version] {
        connection.execute_batch(migration).unwrap();
    }
    let kept = plan("device", "kept");
    let all = format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version}; \
             INSERT INTO ledger VALUES (1, 'practice'); \
             INSERT INTO plans VALUES (1, '{id}', '{tenant}', 'device', \
                '2024-10-04T00:00:00.000000007Z', '2024-10-05T00:00:00.000000007Z', '{document}'); \
             INSERT INTO attempts (seq, client_request_id, plan, tenant, device, request, at, \
                snapshot, again, state, status) VALUES (1, 'one', '{id}', '{tenant}', 'device', \
                'POST', '2024-10-04T00:01:00Z', '[]', 0, 'accepted', 204); \
             INSERT INTO deliveries VALUES (1, 1, '2024-10-04T00:02:00Z', 'terminal');",
        id = kept.id,
        tenant = kept.tenant,
        document = kept.document,
    );
    connection.execute_batch(&all).unwrap();
}

#[tokio::test]
async fn every_older_format_is_brought_forward_with_what_is_in_it() {
    for version in 1..=MIGRATIONS.len() {
        let (_home, path) = home();
        of_format(&path, version);
        // Twice: what was brought forward is an ordinary ledger.
        for _ in 0..2 {
            let ledger = SqliteLedger::open(&path, true).await.unwrap();
            let kept = plan("device", "kept");
            assert_eq!(ledger.plan(&kept.id).await.unwrap(), Some(kept.clone()));
            let attempts = ledger.attempts(&kept.id).await.unwrap();
            assert_eq!(attempts.len(), 1, "format {version}");
            assert_eq!(attempts[0].sending, Sending::Accepted);
            let delivered = attempts[0].delivered.as_ref();
            assert_eq!(delivered.map(|(_, to)| to.as_str()), Some("terminal"));
            let sent = ledger.last_sent(&kept.tenant, "DEVICE").await.unwrap();
            assert_eq!(sent, Some(attempts[0].intent.at));
            assert_eq!(ledger.plans(9).await.unwrap().len(), 1);
            assert!(ledger.runs(9).await.unwrap().is_empty());
            ledger.check().await.unwrap();
            let connection = ledger.connection.lock().await;
            let found: u32 = connection
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .unwrap();
            assert_eq!(found, VERSION);
        }
        // The chain begins with what is written from then on.
        let ledger = SqliteLedger::open(&path, true).await.unwrap();
        assert_eq!(ledger.head().await.unwrap().count, 0);
        ledger.end("one", Ending::Done).await.unwrap();
        assert_eq!(ledger.head().await.unwrap().count, 1);
    }
}

/// A file has the same tables, indexes and triggers whenever it was begun.
#[tokio::test]
async fn a_ledger_brought_forward_is_as_a_new_one() {
    let mut schemas = Vec::new();
    for version in 1..=MIGRATIONS.len() {
        let (_home, path) = home();
        of_format(&path, version);
        let ledger = SqliteLedger::open(&path, true).await.unwrap();
        let connection = ledger.connection.lock().await;
        let mut all = connection
            .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name, sql")
            .unwrap();
        let schema: Vec<(String, String)> = all
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        schemas.push(schema);
    }
    assert!(schemas[0].len() > 30);
    assert!(schemas.windows(2).all(|pair| pair[0] == pair[1]));
}
