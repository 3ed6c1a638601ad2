//! Many write at once: few commits, and each of them by itself.

use std::sync::Arc;
use std::time::Duration;

use passcode_host::ledger::{Intent, IntentRefused, SendLedger as _, Sending, StoredPlan};
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinSet;

use super::{by_hand, open};
use crate::conformance::{answer, intent, looked_through, plan};
use crate::{AuditLog as _, PostgresLedger, impatient_tests};

/// How many transactions wrote the lines after a number.
async fn commits(url: &str, after: u64) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("SELECT count(DISTINCT xmin::text) FROM passcode.audit WHERE number > $1")
        .bind(i64::try_from(after).unwrap())
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

async fn kept(ledger: &PostgresLedger, name: &str) -> StoredPlan {
    let plan = plan(name, "a");
    ledger.keep_plan(&plan).await.unwrap();
    plan
}

/// All of them wait behind one that has the floor.
async fn together(ledger: &PostgresLedger, intents: &[Intent]) -> Vec<Result<(), IntentRefused>> {
    let first = plan("the first of all", &intents[0].client_request_id);
    let (first, rest) = futures::future::join(
        ledger.keep_plan(&first),
        futures::future::join_all(intents.iter().map(|one| ledger.intend(one))),
    )
    .await;
    first.unwrap();
    rest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_that_intend_at_once_share_a_few_commits() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = Arc::new(open(&url).await);
    let mut plans = Vec::new();
    for at in 0..200 {
        plans.push(plan(&format!("together-{at}"), "a"));
    }
    let keeping = plans.iter().map(|plan| ledger.keep_plan(plan));
    for kept in futures::future::join_all(keeping).await {
        kept.unwrap();
    }
    let before = ledger.head().await.unwrap().count;
    let mut all = JoinSet::new();
    for plan in plans {
        let ledger = ledger.clone();
        all.spawn(async move {
            let name = plan.device.clone();
            ledger.intend(&intent(&plan, &name)).await
        });
    }
    for result in all.join_all().await {
        result.unwrap();
    }
    let made = commits(&url, before).await;
    assert!((1..=40).contains(&made), "{made} commits");
    assert_eq!(ledger.recent(500).await.unwrap().len(), 200);
    assert!(looked_through(&*ledger).await.is_intact());
}

#[tokio::test]
async fn one_that_is_refused_leaves_its_neighbours_as_they_are() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    let plans = [kept(&ledger, "left").await, kept(&ledger, "right").await];
    let unknown = plan("middle", "never kept");
    let before = ledger.head().await.unwrap().count;
    let intents = [
        intent(&plans[0], "left"),
        intent(&unknown, "unknown"),
        intent(&plans[0], "twice"),
        intent(&plans[1], "LEFT"),
        intent(&plans[1], "right"),
    ];
    let results = together(&ledger, &intents).await;
    assert!(
        matches!(
            &results[..],
            [
                Ok(()),
                Err(IntentRefused::UnknownPlan),
                Err(IntentRefused::PlanUsed(_)),
                Err(IntentRefused::Ledger(_)),
                Ok(()),
            ]
        ),
        "{results:?}"
    );
    // That of the plan before them, and theirs.
    let made = commits(&url, before).await;
    assert!((1..=2).contains(&made), "they were together: {made}");
    let other = open(&url).await;
    let attempts = other.recent(9).await.unwrap();
    let names: Vec<_> = attempts
        .iter()
        .map(|one| one.intent.client_request_id.as_str())
        .collect();
    assert_eq!(names, ["right", "left"]);
    let verdict = looked_through(&other).await;
    assert!(verdict.is_intact() && verdict.lines == before + 3);
}

/// One that the server refuses after something of it was written: that is undone, and nothing else.
#[tokio::test]
async fn what_the_server_refuses_is_undone_by_itself() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let ledger = open(&url).await;
    let first = kept(&ledger, "first").await;
    let second = plan("first", "b");
    ledger.keep_plan(&second).await.unwrap();
    ledger.intend(&intent(&first, "first")).await.unwrap();
    let beside = kept(&ledger, "beside").await;
    by_hand(
        &url,
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN RAISE EXCEPTION 'on purpose'; END $$; \
         CREATE TRIGGER fails BEFORE INSERT ON passcode.attempts FOR EACH ROW \
         WHEN (NEW.client_request_id = 'second') EXECUTE FUNCTION fails()",
    )
    .await
    .unwrap();
    // Makes the first unknown, and then fails.
    let mut following = intent(&second, "second");
    following.after_unknown = Some(first.id);
    let before = ledger.head().await.unwrap().count;
    let results = together(&ledger, &[following, intent(&beside, "beside")]).await;
    assert!(
        matches!(&results[..], [Err(IntentRefused::Ledger(_)), Ok(())]),
        "{results:?}"
    );
    let attempts = ledger.attempts(&first.id).await.unwrap();
    assert_eq!(attempts[0].sending, Sending::Intended);
    assert_eq!(ledger.recent(9).await.unwrap().len(), 2);
    let verdict = looked_through(&ledger).await;
    assert!(verdict.is_intact(), "{verdict:?}");
    assert_eq!(verdict.lines, before + 2, "nor is there a line of it");
}

/// Two processes write about the same devices, each in an order of its own. PostgreSQL ends one of
/// two that wait for each other, which nobody may notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_in_opposite_orders_both_come_through() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let handles = [Arc::new(open(&url).await), Arc::new(open(&url).await)];
    for round in 0..6 {
        let mut names = Vec::new();
        for at in 0..12 {
            let name = format!("cross-{round}-{at}");
            let plan = kept(&handles[0], &name).await;
            handles[0].intend(&intent(&plan, &name)).await.unwrap();
            names.push(name);
        }
        let mut all = JoinSet::new();
        for (side, ledger) in handles.iter().enumerate() {
            let mut names = names.clone();
            if side == 1 {
                names.reverse();
            }
            for name in names {
                let ledger = ledger.clone();
                all.spawn(
                    async move { ledger.settle(&name, Sending::Accepted, &answer(204)).await },
                );
            }
        }
        for settled in all.join_all().await {
            settled.unwrap();
        }
    }
    assert!(looked_through(&*handles[0]).await.is_intact());
}

/// Tasks that lose their patience at any moment, on two handles: what was confirmed is written,
/// nothing is written twice, and nobody hangs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_at_any_moment_no_confirmed_write_is_lost() {
    let Some(server) = passcode_test_postgres::shared() else {
        return;
    };
    let url = server.database();
    let handles = [Arc::new(open(&url).await), Arc::new(open(&url).await)];
    let mut all = JoinSet::new();
    for task in 0..24_u64 {
        let ledger = handles[task as usize % 2].clone();
        all.spawn(async move {
            let mut confirmed = Vec::new();
            for round in 0..8_u64 {
                let name = format!("{task}-{round}");
                let plan = plan(&name, "a");
                ledger.keep_plan(&plan).await.unwrap();
                let intent = intent(&plan, &name);
                // From nothing to several commits.
                let patience = Duration::from_micros((task * 7_919 + round * 104_729) % 120_000);
                match impatient_tests::intend(&*ledger, &intent, round, patience).await {
                    Some(Ok(())) => confirmed.push(plan.id),
                    Some(Err(refused)) => panic!("{refused}"),
                    None => {}
                }
            }
            confirmed
        });
    }
    let confirmed = tokio::time::timeout(Duration::from_secs(120), all.join_all())
        .await
        .expect("nobody hangs")
        .concat();
    assert!((48..=144).contains(&confirmed.len()), "{}", confirmed.len());
    let after = open(&url).await;
    for plan in &confirmed {
        assert_eq!(after.attempts(plan).await.unwrap().len(), 1);
    }
    assert!(looked_through(&after).await.is_intact());
}
