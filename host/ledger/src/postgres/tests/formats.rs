//! Schemas of older versions are brought forward, with all that is in them.

use passcode_host::ledger::{LedgerFault, SendLedger as _, Sending};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::super::schema::{MIGRATIONS, VERSION};
use super::{by_hand, open};
use crate::conformance::plan;
use crate::run::{RunLedger as _, RunState, Stage};
use crate::{AuditLog as _, PostgresLedger};

const RUN: &str = "99999999-0000-4000-8000-000000000009";

/// A practice ledger as the software of that version would have made it: a run that it carried
/// out, with one accepted attempt of one plan, delivered, and its line in the audit chain.
async fn of_format(url: &str, version: usize) {
    let kept = plan("Device", "kept");
    let mut sql = "CREATE SCHEMA passcode;".to_owned();
    sql.extend(MIGRATIONS.iter().take(version).copied());
    sql.push_str(&format!(
        "INSERT INTO passcode.ledger VALUES (1, 'practice', {version}); \
         INSERT INTO passcode.plans (id, tenant, device, created, expires, document) VALUES \
            ('{id}', '{tenant}', 'Device', '2024-10-04T00:00:00.000000007Z', \
             '2024-10-05T00:00:00.000000007Z', '{document}'); \
         INSERT INTO passcode.attempts (client_request_id, plan, tenant, device, request, at, \
            snapshot, again, state, status) VALUES ('one', '{id}', '{tenant}', 'Device', 'POST', \
            '2024-10-04T00:01:00Z', '[]', false, 'accepted', 204); \
         INSERT INTO passcode.deliveries (attempt, at, target) \
            SELECT seq, '2024-10-04T00:02:00Z', 'terminal' FROM passcode.attempts; \
         INSERT INTO passcode.runs (id, tenant, title, digest, document, planner, created, state, \
            changed) VALUES ('{RUN}', '{tenant}', 'kept', '', '', '', '2024-10-04T00:00:00Z', \
            'stopped', 1728000000000000); \
         INSERT INTO passcode.run_rows (run, number, source, selector, stage, device, plan, \
            changed) SELECT seq, 1, 'a', 'b', 'sent', 'Device', '{id}', 1728000000000000 \
            FROM passcode.runs;",
        id = kept.id,
        tenant = kept.tenant,
        document = kept.document,
    ));
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
}

/// What the schema holds, as the server describes it.
async fn described(url: &str) -> Vec<String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(
        "SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, \
            column_default) FROM information_schema.columns WHERE table_schema = 'passcode' \
         UNION ALL SELECT indexdef FROM pg_catalog.pg_indexes WHERE schemaname = 'passcode' \
         UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_catalog.pg_trigger t \
            JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid \
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
            WHERE n.nspname = 'passcode' AND NOT t.tgisinternal ORDER BY 1",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap()
}

#[tokio::test]
async fn every_older_schema_is_brought_forward_with_what_is_in_it() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let fresh = server.database();
    open(&fresh).await;
    let present = described(&fresh).await;
    assert!(present.len() > 100, "{}", present.len());
    for version in 1..=MIGRATIONS.len() {
        let url = server.database();
        of_format(&url, version).await;
        // Twice: what was brought forward is an ordinary ledger.
        for again in [false, true] {
            let ledger = open(&url).await;
            let kept = plan("Device", "kept");
            assert_eq!(ledger.plan(&kept.id).await.unwrap(), Some(kept.clone()));
            let rows = ledger.rows(RUN, 0, 9).await.unwrap();
            assert_eq!((rows.len(), rows[0].stage), (1, Stage::Sent));
            // A row of an older version says when it was planned, too: its plan always did.
            assert_eq!(rows[0].planned, Some(kept.created), "version {version}");
            let attempt = rows[0].attempt.as_ref().unwrap();
            assert_eq!(attempt.sending, Sending::Accepted);
            let delivered = attempt.delivered.as_ref();
            assert_eq!(delivered.map(|(_, to)| to.as_str()), Some("terminal"));
            let run = ledger.run(RUN).await.unwrap().unwrap();
            assert_eq!(run.started.is_some(), again, "version {version}");
            let (from, to) = ([RunState::Stopped, RunState::Running], RunState::Running);
            assert!(ledger.move_run(RUN, &from, to, None, None).await.unwrap());
            let moved = ledger.run(RUN).await.unwrap().unwrap();
            assert!(moved.started.is_some());
            assert!(!again || moved.started == run.started, "it starts once");
            assert_eq!(ledger.head().await.unwrap().count, 1 + u64::from(again));
        }
        assert_eq!(described(&url).await, present, "version {version}");
        let sql = "UPDATE passcode.runs SET started = 1";
        let said = by_hand(&url, sql).await.unwrap_err();
        assert!(said.contains("never starts a second time"), "{said}");
    }
}

/// Everybody who comes waits for the one that brings it forward, and none does it twice.
#[tokio::test]
async fn many_that_find_an_older_schema_bring_it_forward_once() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    of_format(&url, 1).await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let url = url.clone();
        all.spawn(async move { PostgresLedger::open(&url, true).await.map(drop) });
    }
    assert!(all.join_all().await.iter().all(Result::is_ok));
    let sql = "DO $$ BEGIN IF (SELECT version FROM passcode.ledger) <> 2 \
               THEN RAISE EXCEPTION 'not brought forward'; END IF; END $$";
    assert_eq!(VERSION, 2, "and the number in this statement");
    by_hand(&url, sql).await.unwrap();
}

/// Who may only write records cannot change tables: it is told so, and nothing is changed.
#[tokio::test]
async fn a_role_without_the_right_leaves_an_older_schema_as_it_is() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    of_format(&url, 1).await;
    let before = described(&url).await;
    by_hand(
        &url,
        "DO $$ BEGIN CREATE ROLE writer LOGIN; EXCEPTION WHEN duplicate_object THEN END $$; \
         GRANT USAGE ON SCHEMA passcode TO writer; \
         GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA passcode TO writer; \
         GRANT DELETE ON passcode.turns TO writer",
    )
    .await
    .unwrap();
    let role = url.replacen("postgres@", "writer@", 1);
    let error = PostgresLedger::open(&role, true).await.unwrap_err();
    assert_eq!(error.fault, LedgerFault::ReadOnly, "{error}");
    assert_eq!(described(&url).await, before);
    open(&url).await;
    PostgresLedger::open(&role, true).await.unwrap();
    by_hand(&url, "DROP OWNED BY writer").await.unwrap();
}
