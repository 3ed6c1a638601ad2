//! Two processes on one store, their steps in any order, each of them killed at any step: no plan is
//! sent twice.

use std::collections::BTreeMap;

use passcode_host::ledger::{Intent, PlanId, SendLedger, Sending, Settlement, StoredPlan};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::conformance::{answer, intent, plan};

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Accepted,
    Rejected,
    /// 429: refused before anything ran.
    Throttled,
    /// The answer is lost, whatever the service did.
    Lost,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    /// A process takes its next step. Where it begins it takes this plan; where it sends, this
    /// becomes of it.
    Step { who: usize, plan: usize, fate: Fate },
    /// It is killed, and started again.
    Kill { who: usize },
}

fn event() -> impl Strategy<Value = Event> {
    let fate = prop_oneof![
        2 => Just(Fate::Accepted),
        1 => Just(Fate::Rejected),
        6 => Just(Fate::Throttled),
        2 => Just(Fate::Lost),
    ];
    prop_oneof![
        12 => (0..2_usize, 0..3_usize, fate)
            .prop_map(|(who, plan, fate)| Event::Step { who, plan, fate }),
        1 => (0..2_usize).prop_map(|who| Event::Kill { who }),
    ]
}

/// How far a process is. It decides as the host does: by what it read, then by what the ledger
/// says to the intent.
#[derive(Clone, Debug)]
enum At {
    Idle,
    Unused(usize),
    Intended(usize, String),
    Answered(String, Sending),
}

struct Process<L> {
    ledger: L,
    at: At,
}

/// What the service saw of a plan: each request, and whether the host knew durably that it was
/// refused before execution when the next one came.
#[derive(Debug, Default)]
struct Seen {
    sent: usize,
    known_refused: usize,
}

async fn happen<L: SendLedger>(
    open: impl AsyncFn() -> L,
    events: Vec<Event>,
) -> Result<(), TestCaseError> {
    let fresh = async || Process {
        ledger: open().await,
        at: At::Idle,
    };
    // Two plans for one device, and one for another.
    let plans = [plan("one", "a"), plan("one", "b"), plan("two", "c")];
    let mut seen: BTreeMap<PlanId, Seen> = BTreeMap::new();
    let mut processes = [fresh().await, fresh().await];
    for plan in &plans {
        processes[0].ledger.keep_plan(plan).await.unwrap();
    }
    let mut names = 0;
    for event in events {
        match event {
            Event::Kill { who } => processes[who] = fresh().await,
            Event::Step { who, plan, fate } => {
                let process = &mut processes[who];
                let at = std::mem::replace(&mut process.at, At::Idle);
                process.at = step(
                    &process.ledger,
                    at,
                    &plans,
                    plan,
                    fate,
                    &mut names,
                    &mut seen,
                )
                .await?;
            }
        }
    }
    Ok(())
}

async fn step<L: SendLedger>(
    ledger: &L,
    at: At,
    plans: &[StoredPlan; 3],
    wanted: usize,
    fate: Fate,
    names: &mut u32,
    seen: &mut BTreeMap<PlanId, Seen>,
) -> Result<At, TestCaseError> {
    Ok(match at {
        At::Idle => {
            let attempts = ledger.attempts(&plans[wanted].id).await.unwrap();
            let used = attempts
                .iter()
                .any(|one| one.sending != Sending::NotExecuted);
            if used { At::Idle } else { At::Unused(wanted) }
        }
        At::Unused(plan) => {
            *names += 1;
            let name = format!("request-{names}");
            let intent: Intent = intent(&plans[plan], &name);
            match ledger.intend(&intent).await {
                Ok(()) => At::Intended(plan, name),
                Err(_) => At::Idle,
            }
        }
        At::Intended(plan, name) => {
            let seen = seen.entry(plans[plan].id).or_default();
            prop_assert_eq!(
                seen.sent,
                seen.known_refused,
                "sent again though nobody knows that the last one was refused"
            );
            seen.sent += 1;
            let sending = match fate {
                Fate::Accepted => Sending::Accepted,
                Fate::Rejected => Sending::Rejected,
                Fate::Throttled => Sending::NotExecuted,
                Fate::Lost => Sending::Unknown,
            };
            At::Answered(name, sending)
        }
        At::Answered(name, sending) => {
            let settlement = match sending {
                Sending::Accepted => answer(204),
                Sending::Rejected => answer(403),
                Sending::NotExecuted => answer(429),
                _ => Settlement::default(),
            };
            ledger.settle(&name, sending, &settlement).await.unwrap();
            if sending == Sending::NotExecuted {
                let of = ledger.recent(u32::MAX).await.unwrap();
                let of = of.iter().find(|one| one.intent.client_request_id == name);
                let plan = of.unwrap().intent.plan;
                seen.entry(plan).or_default().known_refused += 1;
            }
            At::Idle
        }
    })
}

/// `fresh` makes an empty store, and `open` a handle on it.
pub(crate) fn no_interleaving_of_two_processes_sends_one_plan_twice<P, L: SendLedger>(
    config: Config,
    fresh: impl Fn() -> P,
    open: impl AsyncFn(&P) -> L,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let events = proptest::collection::vec(event(), 1..120);
    let judged = TestRunner::new(config).run(&events, |events| {
        let place = fresh();
        runtime.block_on(happen(async || open(&place).await, events))
    });
    if let Err(found) = judged {
        panic!("{found}");
    }
}
