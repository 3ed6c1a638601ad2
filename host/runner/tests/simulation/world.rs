//! One run from its list to its end, by several processes that die and come back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passcode_ledger::MemoryLedger;
use passcode_ledger::run::{NewRow, NewRun, Row, RunLedger as _, RunState};
use passcode_runfile::StopWhen;
use passcode_runner::fleet::{Job, Left, Purpose, plan_set, work};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::network::{Chance, Network};
use crate::process::{Life, Process, TENANT, clock};
use crate::store::Store;

const RUN: &str = "7e4a0000-0000-4000-8000-000000000001";

/// What a seed is played with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plot {
    pub(crate) processes: usize,
    pub(crate) rows: usize,
    pub(crate) concurrency: u32,
    pub(crate) lease: Duration,
    /// Whether processes die and freeze, and network and store fail.
    pub(crate) troubled: bool,
    pub(crate) all_fail: bool,
    pub(crate) stop_after: Option<u64>,
}

impl Plot {
    pub(crate) fn quiet() -> Self {
        Self {
            processes: 2,
            rows: 20,
            concurrency: 4,
            lease: Duration::from_secs(5),
            troubled: false,
            all_fail: false,
            stop_after: None,
        }
    }

    pub(crate) fn of_seed(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        Self {
            processes: 1 + usize::try_from(chance.below(4)).unwrap(),
            rows: 3 + usize::try_from(chance.below(18)).unwrap(),
            concurrency: 1 + u32::try_from(chance.below(6)).unwrap(),
            // Short ones run out while somebody is still at it.
            lease: Duration::from_millis(150 + chance.below(4_000)),
            troubled: true,
            ..Self::quiet()
        }
    }
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) state: RunState,
    pub(crate) why: Option<String>,
    pub(crate) asked: usize,
    pub(crate) rows: Vec<Row>,
    pub(crate) arrived: BTreeMap<String, u32>,
    pub(crate) refused: BTreeMap<String, u32>,
    pub(crate) carried_out: BTreeMap<String, usize>,
    pub(crate) trace: Vec<String>,
    /// When the last request arrived, in milliseconds.
    pub(crate) sent_by: u64,
}

pub(crate) struct World {
    plot: Plot,
    chance: Chance,
    network: Arc<Network>,
    ledger: Option<Arc<MemoryLedger>>,
    seed: u64,
}

impl World {
    pub(crate) fn new(seed: u64, plot: Plot) -> Self {
        Self {
            plot,
            chance: Chance::new(seed ^ 0x77),
            network: Arc::new(Network::new(seed, plot.troubled, plot.all_fail)),
            ledger: None,
            seed,
        }
    }

    pub(crate) async fn play(mut self) -> Played {
        let begun = Instant::now();
        let ledger = Arc::new(MemoryLedger::with_clock(move || clock(begun)));
        self.ledger = Some(Arc::clone(&ledger));
        let run = NewRun {
            id: RUN.to_owned(),
            key: None,
            tenant: TENANT.to_owned(),
            title: format!("seed {}", self.seed),
            digest: String::new(),
            document: String::new(),
            planner: String::new(),
            created: OffsetDateTime::UNIX_EPOCH,
        };
        ledger.begin_run(&run).await.expect("a run");
        let rows: Vec<NewRow> = (1..=self.plot.rows)
            .map(|number| self.row(number))
            .collect();
        ledger.add_rows(RUN, &rows).await.expect("rows");

        self.phase(Purpose::Plan, begun).await;
        let run = ledger.run(RUN).await.unwrap().expect("the run");
        let (set, _) = plan_set(&*ledger, &run).await.unwrap();
        let moved = ledger
            .move_run(
                RUN,
                &[RunState::Planning],
                RunState::Running,
                None,
                Some(&set),
            )
            .await;
        assert_eq!(moved, Ok(true));
        self.phase(Purpose::Send, begun).await;

        let rows = ledger.rows(RUN, 0, u32::MAX).await.unwrap();
        let run = ledger.run(RUN).await.unwrap().expect("the run");
        let mut known = self.network.known();
        Played {
            state: run.state,
            why: run.why,
            asked: self.plot.rows,
            rows,
            arrived: std::mem::take(&mut known.arrived),
            refused: std::mem::take(&mut known.refused),
            carried_out: known
                .actions
                .iter()
                .map(|(device, actions)| (device.clone(), actions.len()))
                .collect(),
            trace: std::mem::take(&mut known.trace),
            sent_by: known.last,
        }
    }

    fn row(&mut self, number: usize) -> NewRow {
        let device = match self.chance.below(100) {
            0..=4 if self.plot.troubled => format!("nobody-{number}"),
            // The same device a second time.
            5..=12 if self.plot.troubled && number > 1 => {
                format!("device-{}", 1 + self.chance.below(number as u64 - 1))
            }
            _ => format!("device-{number}"),
        };
        NewRow {
            number: number as u64,
            source: format!("devices.csv:{number}"),
            selector: device,
        }
    }

    /// All processes, until none has anything more to do.
    async fn phase(&mut self, purpose: Purpose, begun: Instant) {
        let chances: Vec<Chance> = (0..self.plot.processes)
            .map(|_| Chance::new(self.chance.next()))
            .collect();
        let lives = chances
            .into_iter()
            .enumerate()
            .map(|(number, chance)| self.live(number, purpose, begun, chance));
        futures::future::join_all(lives).await;
    }

    /// One place at which a process runs; when it dies, the next one takes its place.
    async fn live(&self, number: usize, purpose: Purpose, begun: Instant, mut chance: Chance) {
        for generation in 0.. {
            // After a while everybody lives on, so that it comes to an end.
            let mortal = self.plot.troubled && generation < 8;
            let life = Arc::new(Life {
                network: Arc::clone(&self.network),
                begun,
                frozen: Mutex::new(begun),
                broken: if mortal { chance.below(30) } else { 0 },
                skew: time::Duration::milliseconds(chance.below(4_000).cast_signed() - 2_000),
            });
            let store = Store {
                ledger: Arc::clone(self.ledger.as_ref().expect("a ledger")),
                life: Arc::clone(&life),
                turn: Arc::default(),
            };
            let name = format!("{purpose:?}-{number}-{generation}");
            self.network
                .note(format!("{} {name} begins", life.milliseconds()));
            let hands = Arc::new(Process {
                store: store.clone(),
                name: name.clone(),
                wait: Duration::from_secs(60),
                count: Mutex::default(),
            });
            let job = self.job(&name, purpose);
            let (_stop, stopped) = watch::channel(false);
            let working = work(&hands, &store, &job, stopped, |event| {
                self.network
                    .told(|| format!("{} {name} {event:?}", life.milliseconds()));
            });
            let ill = async {
                if !mortal {
                    std::future::pending::<()>().await;
                }
                loop {
                    tokio::time::sleep(Duration::from_millis(chance.below(6_000))).await;
                    if chance.percent(50) {
                        return;
                    }
                    let frozen = Duration::from_millis(chance.below(8_000));
                    *life.frozen.lock().unwrap() = Instant::now() + frozen;
                }
            };
            let left = tokio::select! {
                biased;
                () = ill => None,
                left = working => Some(left),
            };
            self.network
                .note(format!("{} {name} leaves: {left:?}", life.milliseconds()));
            match left {
                Some(Ok(Left::Finished | Left::Moved(_) | Left::Failing { .. })) => break,
                // Killed, or without a store: the next one.
                None | Some(Ok(Left::Halted { .. } | Left::Interrupted) | Err(_)) => {
                    tokio::time::sleep(Duration::from_millis(chance.below(3_000))).await;
                }
            }
        }
        if purpose == Purpose::Send {
            let ledger = self.ledger.as_ref().expect("a ledger");
            let left = ledger.tally(RUN).await.expect("a tally");
            if left.listed + left.planned + left.sent == 0 {
                let (from, to) = ([RunState::Running], RunState::Finished);
                let _ = ledger.move_run(RUN, &from, to, None, None).await;
            }
        }
    }

    fn job(&self, name: &str, purpose: Purpose) -> Job {
        Job {
            run: RUN.to_owned(),
            owner: name.to_owned(),
            purpose,
            concurrency: self.plot.concurrency,
            lease: self.plot.lease,
            stop_when: self.plot.stop_after.map(|after| StopWhen {
                failure_share: 10,
                after,
            }),
            forgiven: std::collections::BTreeMap::new(),
            window: None,
        }
    }
}
