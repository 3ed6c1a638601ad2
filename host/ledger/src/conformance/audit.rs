//! What stands in the audit chain: everything that was written, and nothing that was not.

use std::future::Future;
use std::sync::Arc;

use passcode_audit::{Line, Proof, Record, Verdict, Verifier, What};
use passcode_host::contract::types::{self as contract, Operator};
use passcode_host::ledger::{Ending, PlanId, Sending, Settlement, StoredPlan};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::{TENANT, answer, intent, plan};
use crate::Store;
use crate::run::{KeptApproval, NewRun, RunState};

/// A handle on a store that keeps everything.
pub type StoreHandle = Arc<dyn Store>;

/// Run every case. `open` as for [`every_rule`](super::every_rule); the numbers of its stores
/// begin at 60.
pub async fn every_rule_of_audit<F, R>(open: F)
where
    F: Fn(u32) -> R,
    R: Future<Output = StoreHandle>,
{
    what_is_said(open(60).await, open(60).await).await;
    what_is_not(open(61).await).await;
    followed_up(open(62).await).await;
    who_did_it(open(75).await, open(75).await).await;
    for seed in 1..=4_u64 {
        let store = 62 + u32::try_from(seed).expect("few");
        anything(open(store).await, open(store).await, seed).await;
    }
    at_once(&[open(70).await, open(70).await]).await;
}

/// Every line, some at a time.
pub async fn all_lines(ledger: &dyn Store) -> Vec<Line> {
    let mut all: Vec<Line> = Vec::new();
    loop {
        let after = all.last().map_or(0, |line| line.number);
        let next = ledger.lines(after, 7).await.expect("lines");
        assert!(next.len() <= 7, "no more than was asked for");
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

/// What looking through them shows.
pub async fn looked_through(ledger: &dyn Store) -> Verdict {
    let head = ledger.head().await.expect("a head");
    let mut verifier = Verifier::new(&[], Some(&head));
    for line in all_lines(ledger).await {
        verifier.push(&line);
    }
    verifier.finish()
}

async fn intact(ledger: &dyn Store) -> u64 {
    let verdict = looked_through(ledger).await;
    assert!(verdict.is_intact(), "{verdict:?}");
    assert_eq!(verdict.head, ledger.head().await.expect("a head"));
    verdict.lines
}

async fn records(ledger: &dyn Store) -> Vec<Record> {
    let lines = all_lines(ledger).await;
    let records = lines.iter().map(|line| line.record().expect("a record"));
    records.collect()
}

/// A plan as the host writes it, as far as the chain is concerned.
fn called_for(device: &str) -> StoredPlan {
    let document = format!(
        r#"{{"plan":{{"caller":{{"operator":{{"id":null,"name":"ada@contoso.example","proof":{{"signed-in":"device-code"}}}},"reason":"forgotten","ticket":"INC-7"}},"device":"{device}"}}}}"#
    );
    StoredPlan {
        id: PlanId(Sha256::digest(&document).into()),
        document,
        ..plan(device, "")
    }
}

fn run(id: &str) -> NewRun {
    NewRun {
        id: id.to_owned(),
        key: Some(id.to_owned()),
        tenant: TENANT.to_owned(),
        title: "spring cleaning".to_owned(),
        digest: "d1".repeat(32),
        document: "{}".to_owned(),
        planner: r#"{"name":"ada","id":null,"proof":"claimed"}"#.to_owned(),
        created: OffsetDateTime::UNIX_EPOCH,
    }
}

fn approval(document: &str) -> KeptApproval {
    KeptApproval {
        subject: "5e".repeat(32),
        document: document.to_owned(),
        at: OffsetDateTime::UNIX_EPOCH,
    }
}

async fn what_is_said(one: StoreHandle, two: StoreHandle) {
    assert_eq!(intact(&*one).await, 0, "an empty chain");
    let kept = called_for("said");
    one.keep_plan(&kept).await.expect("a plan is kept");
    let next = intent(&kept, "said-1");
    two.intend(&next).await.expect("an intent");
    one.settle("said-1", Sending::Accepted, &answer(204))
        .await
        .expect("settled");
    two.end("said-1", Ending::Done).await.expect("ended");
    one.deliver("said-1", next.at, "terminal")
        .await
        .expect("delivered");
    let set = "5e".repeat(32);
    two.begin_run(&run("run-1")).await.expect("a run");
    for (from, to, why, set) in [
        (RunState::Planning, RunState::Planned, None, Some(&set)),
        (RunState::Planned, RunState::Running, None, None),
        (
            RunState::Running,
            RunState::Stopped,
            Some("failure-share"),
            None,
        ),
        (RunState::Stopped, RunState::Running, None, None),
        (RunState::Running, RunState::Finished, None, None),
        (RunState::Finished, RunState::Running, None, None),
        (RunState::Running, RunState::Finished, None, None),
        (RunState::Finished, RunState::Denied, None, None),
    ] {
        let set = set.map(String::as_str);
        let moved = one.move_run("run-1", &[from], to, why, set).await;
        assert_eq!(moved, Ok(true));
    }
    for document in [
        "{\"decision\":\"approve\",\"tenant\":\"t\"}\nsigned",
        "{\"decision\":\"deny\"}",
        "hello",
    ] {
        let kept = two.keep_approval(&approval(document)).await;
        kept.expect("kept");
    }

    let found = records(&*two).await;
    let whats: Vec<What> = found.iter().map(|record| record.what).collect();
    let expected = [
        What::Planned,
        What::Intended,
        What::Settled,
        What::Ended,
        What::Disclosed,
        What::RunBegun,
        What::RunPlanned,
        What::RunStarted,
        What::RunStopped,
        What::RunResumed,
        What::RunFinished,
        What::RunResumed,
        What::RunFinished,
        What::Denied,
        What::Approved,
        What::Denied,
        What::Refused,
    ];
    assert_eq!(whats, expected);
    let of_plan = kept.id.to_string();
    for record in &found[..5] {
        assert_eq!(record.plan.as_deref(), Some(of_plan.as_str()));
        assert_eq!(record.device.as_deref(), Some("said"));
        assert_eq!(record.tenant.as_deref(), Some(TENANT));
    }
    for record in &found[1..5] {
        assert_eq!(record.client_request_id.as_deref(), Some("said-1"));
    }
    let planned = &found[0];
    let who = planned.who.as_ref().expect("who made it");
    assert_eq!(who.name, "ada@contoso.example");
    assert_eq!(who.proof, Proof::SignedIn("device-code".to_owned()));
    assert_eq!(planned.reason.as_deref(), Some("forgotten"));
    assert_eq!(planned.ticket.as_deref(), Some("INC-7"));
    let detail = |at: usize| found[at].detail.clone().unwrap_or_default();
    assert!(detail(1).starts_with("POST /"), "{}", detail(1));
    assert_eq!(detail(2), "accepted; status 204; request-id 5c0f0c1e");
    assert_eq!((detail(3), detail(4)), ("done".into(), "terminal".into()));
    let who = found[5].who.as_ref().expect("who planned it");
    assert_eq!(who.proof, Proof::Claimed);
    for record in &found[5..14] {
        assert_eq!(record.run.as_deref(), Some("run-1"));
    }
    for record in &found[6..17] {
        assert_eq!(record.plan.as_ref(), Some(&set));
    }
    assert_eq!(detail(8), "from running to stopped; failure-share");
    assert!(detail(14).starts_with("handed in; sha256 "));
    assert_eq!(intact(&*one).await, 17);
    assert!(one.lines(17, 9).await.expect("lines").is_empty());
    assert!(one.lines(u64::MAX, 9).await.expect("lines").is_empty());
    assert!(one.lines(0, 0).await.expect("lines").is_empty());
}

/// What was refused, or had been written before, leaves no line.
async fn what_is_not(ledger: StoreHandle) {
    let kept = plan("not", "a");
    let next = intent(&kept, "not-1");
    assert!(ledger.intend(&next).await.is_err(), "an unknown plan");
    ledger.keep_plan(&kept).await.expect("a plan is kept");
    ledger.intend(&next).await.expect("an intent");
    ledger
        .settle("not-1", Sending::Accepted, &answer(204))
        .await
        .expect("settled");
    ledger.end("not-1", Ending::Failed).await.expect("ended");
    let begun = run("not");
    ledger.begin_run(&begun).await.expect("a run");
    let handed_in = approval("{\"decision\":\"deny\"}");
    ledger.keep_approval(&handed_in).await.expect("kept");
    assert_eq!(intact(&*ledger).await, 6);

    ledger.keep_plan(&kept).await.expect("kept before");
    assert!(ledger.intend(&next).await.is_err(), "the plan is used");
    ledger
        .settle("not-1", Sending::Accepted, &answer(204))
        .await
        .expect("known before");
    let refused = ledger
        .settle("not-1", Sending::Rejected, &answer(403))
        .await;
    assert!(refused.is_err(), "decided");
    ledger.end("not-1", Ending::Failed).await.expect("known");
    assert!(ledger.end("nobody", Ending::Done).await.is_err());
    let nobody = ledger.deliver("nobody", next.at, "terminal");
    assert!(nobody.await.is_err());
    ledger.begin_run(&begun).await.expect("known");
    let not_from = ledger.move_run("not", &[RunState::Running], RunState::Stopped, None, None);
    assert_eq!(not_from.await, Ok(false));
    ledger.keep_approval(&handed_in).await.expect("kept before");
    assert_eq!(intact(&*ledger).await, 6);
    // What corrects is written.
    ledger.end("not-1", Ending::Done).await.expect("corrected");
    assert_eq!(intact(&*ledger).await, 7);
}

async fn followed_up(ledger: StoreHandle) {
    let (first, second) = (plan("follow", "a"), plan("follow", "b"));
    for plan in [&first, &second] {
        ledger.keep_plan(plan).await.expect("a plan is kept");
    }
    ledger
        .intend(&intent(&first, "f1"))
        .await
        .expect("an intent");
    let mut next = intent(&second, "f2");
    next.after_unknown = Some(first.id);
    ledger.intend(&next).await.expect("it follows the first");
    let found = records(&*ledger).await;
    let found: Vec<_> = found[3..]
        .iter()
        .map(|record| (record.what, record.client_request_id.as_deref()))
        .collect();
    let expected = [(What::Settled, Some("f1")), (What::Intended, Some("f2"))];
    assert_eq!(found, expected, "the first became unknown by the second");
}

fn ada() -> Operator {
    Operator {
        name: "ada@contoso.example".to_owned(),
        id: Some("0a".to_owned()),
        proof: contract::Proof::SignedIn("device-code".to_owned()),
    }
}

fn job() -> Operator {
    Operator {
        name: "night job".to_owned(),
        id: None,
        proof: contract::Proof::Claimed,
    }
}

/// Each line says who wrote it, and not who began what it speaks of.
async fn who_did_it(one: StoreHandle, two: StoreHandle) {
    let (first, second) = (plan("who", "a"), plan("who", "b"));
    one.acting(&ada());
    for plan in [&first, &second] {
        one.keep_plan(plan).await.expect("a plan is kept");
    }
    one.intend(&intent(&first, "w1")).await.expect("an intent");
    one.begin_run(&run("who")).await.expect("a run");
    // Another process, with a name of its own.
    two.acting(&job());
    let mut next = intent(&second, "w2");
    next.after_unknown = Some(first.id);
    two.intend(&next).await.expect("it follows the first");
    two.settle("w2", Sending::Accepted, &answer(204))
        .await
        .expect("settled");
    let (from, to) = ([RunState::Planning], RunState::Planned);
    let moved = two.move_run("who", &from, to, None, None).await;
    assert_eq!(moved, Ok(true));
    // What one process was told says nothing of the other's lines.
    if Arc::ptr_eq(&one, &two) {
        one.acting(&ada());
    }
    one.end("w2", Ending::Done).await.expect("ended");
    one.deliver("w2", next.at, "terminal")
        .await
        .expect("delivered");
    let denial = approval("{\"decision\":\"deny\"}");
    one.keep_approval(&denial).await.expect("kept");

    let found: Vec<_> = records(&*two)
        .await
        .into_iter()
        .map(|record| {
            let who = record.who.expect("every line says who");
            (record.what, who.name, who.id, who.proof)
        })
        .collect();
    let by_ada = |what| {
        let proof = Proof::SignedIn("device-code".to_owned());
        let name = "ada@contoso.example".to_owned();
        (what, name, Some("0a".to_owned()), proof)
    };
    let by = |name: &str, what| (what, name.to_owned(), None, Proof::Claimed);
    let expected = [
        by_ada(What::Planned),
        by_ada(What::Planned),
        by_ada(What::Intended),
        // A run names its planner itself.
        by("ada", What::RunBegun),
        by("night job", What::Settled),
        by("night job", What::Intended),
        by("night job", What::Settled),
        by("night job", What::RunPlanned),
        by_ada(What::Ended),
        by_ada(What::Disclosed),
        by_ada(What::Denied),
    ];
    assert_eq!(found, expected);
}

/// Anything, in any order, by two: the chain stays whole, and names each attempt and each
/// delivery.
async fn anything(one: StoreHandle, two: StoreHandle, seed: u64) {
    let mut state = seed;
    let mut dice = |sides: u64| {
        // Knuth's MMIX constants; the high bits are the good ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    let mut delivered = 0;
    for round in 0..120 {
        let ledger = if dice(2) == 0 { &one } else { &two };
        let device = format!("any-{}", dice(4));
        let plan = plan(&device, &dice(6).to_string());
        let name = format!("any-{}", dice(40));
        match dice(7) {
            0 | 1 => ledger.keep_plan(&plan).await.expect("a plan is kept"),
            2 | 3 => {
                let mut next = intent(&plan, &name);
                next.again = dice(2) == 0;
                let _ = ledger.intend(&next).await;
            }
            4 => {
                let sending = [Sending::Accepted, Sending::NotExecuted, Sending::Unknown];
                let sending = sending[usize::try_from(dice(3)).expect("small")];
                let with = match sending {
                    Sending::Unknown => Settlement::default(),
                    _ => answer(204),
                };
                let _ = ledger.settle(&name, sending, &with).await;
            }
            5 => {
                let _ = ledger.end(&name, Ending::Done).await;
            }
            _ => {
                let done = ledger.deliver(&name, plan.created, "terminal").await;
                delivered += u64::from(done.is_ok());
            }
        }
        if round % 30 == 0 {
            intact(&**ledger).await;
        }
    }
    intact(&*one).await;
    let found = records(&*two).await;
    let count = |what| found.iter().filter(|record| record.what == what).count() as u64;
    let attempts = one.recent(u32::MAX).await.expect("attempts");
    assert_eq!(count(What::Intended), attempts.len() as u64);
    assert_eq!(count(What::Disclosed), delivered);
    let plans = one.plans(u32::MAX).await.expect("plans");
    assert_eq!(count(What::Planned), plans.len() as u64);
}

/// Two processes with many tasks each: one chain.
async fn at_once(handles: &[StoreHandle; 2]) {
    let mut all = JoinSet::new();
    for task in 0..30_usize {
        let ledger = handles[task % 2].clone();
        all.spawn(async move {
            let name = format!("once-{task}");
            let plan = plan(&name, "a");
            ledger.keep_plan(&plan).await.expect("a plan is kept");
            let next = intent(&plan, &name);
            ledger.intend(&next).await.expect("an intent");
            ledger
                .settle(&name, Sending::Accepted, &answer(204))
                .await
                .expect("settled");
        });
    }
    all.join_all().await;
    assert_eq!(intact(&*handles[0]).await, 90);
    assert_eq!(intact(&*handles[1]).await, 90);
}
