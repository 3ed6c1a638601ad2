//! Turns are shared by all who use a ledger. Two processes, or many, on one store; the clock is the
//! test's own wherever time need not really pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use passcode_host::{Ask, Budget, Rate, Share, Turn};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::task::JoinSet;

const WINDOW: i64 = 20_000;
const LONGEST: i64 = 60_000;
const RATE: Rate = Rate {
    writes: 3,
    any: 5,
    window: Duration::from_millis(20_000),
};

thread_local! {
    /// What the clock of this test shows.
    static CLOCK: Arc<AtomicI64> = Arc::default();
}

/// A clock that shows the same on every thread.
pub(crate) type Shown = Arc<dyn Fn() -> i64 + Send + Sync>;

fn shown() -> Shown {
    let clock = CLOCK.with(Arc::clone);
    Arc::new(move || clock.load(SeqCst))
}

fn clock() -> i64 {
    CLOCK.with(|clock| clock.load(SeqCst))
}

fn set(milliseconds: i64) {
    CLOCK.with(|clock| clock.store(milliseconds, SeqCst));
}

fn pass(milliseconds: i64) {
    set(clock() + milliseconds);
}

pub(crate) fn ask(write: bool, app: &str) -> Ask {
    Ask {
        share: Share {
            tenant: "contoso.example".to_owned(),
            app: app.to_owned(),
        },
        write,
        rate: RATE,
        longest: Duration::from_millis(60_000),
    }
}

/// A store that counts turns, as these tests see it.
pub(crate) trait Counted: Budget + Sized + 'static {
    /// Where it is.
    type Place: Clone;

    /// Another handle on it, as another process has one; by its own clock, or by a test's.
    async fn handle(place: &Self::Place, clock: Option<Shown>) -> Self;

    /// How many turns are in it, ended ones among them.
    async fn kept(&self) -> i64;
}

async fn handle<C: Counted>(place: &C::Place) -> C {
    C::handle(place, Some(shown())).await
}

/// What happens next. `who` is one of two processes.
#[derive(Clone, Debug)]
enum Event {
    Pass(i64),
    Ask {
        who: usize,
        write: bool,
        other_app: bool,
    },
    /// One that is under way arrived at this part of its way, and is answered.
    Answer {
        which: usize,
        arrived: u8,
    },
    /// A process dies, with all that it has under way; another takes its place.
    Die {
        who: usize,
        arrived: u8,
    },
    /// The service refused one too many of this process.
    HoldBack {
        who: usize,
        milliseconds: u64,
    },
    /// The clock is set back, as by a restart of the machine.
    GoBack(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let who = || 0..2_usize;
    prop_oneof![
        4 => (0..3_000_i64).prop_map(Event::Pass),
        1 => (19_000..21_000_i64).prop_map(Event::Pass),
        12 => (who(), any::<bool>(), proptest::bool::weighted(0.1))
            .prop_map(|(who, write, other_app)| Event::Ask { who, write, other_app }),
        8 => (any::<usize>(), any::<u8>())
            .prop_map(|(which, arrived)| Event::Answer { which, arrived }),
        1 => (who(), any::<u8>()).prop_map(|(who, arrived)| Event::Die { who, arrived }),
        1 => (who(), 0..5_000_u64)
            .prop_map(|(who, milliseconds)| Event::HoldBack { who, milliseconds }),
        1 => prop_oneof![0..2_000_i64, 0..10_000_000_i64].prop_map(Event::GoBack),
    ]
}

struct UnderWay {
    turn: i64,
    who: usize,
    write: bool,
    other_app: bool,
    left: i64,
}

/// Two processes, the service, and the time that really passes.
struct World<C> {
    processes: [C; 2],
    under_way: Vec<UnderWay>,
    /// Whether it wrote, for which application, and when it arrived.
    arrived: Vec<(bool, bool, i64)>,
    now: i64,
    held_back: i64,
}

impl<C: Counted> World<C> {
    async fn happens(&mut self, event: Event, place: &C::Place) {
        match event {
            Event::Pass(time) => {
                self.now += time;
                pass(time);
            }
            Event::Ask {
                who,
                write,
                other_app,
            } => {
                let ask = ask(write, if other_app { "another" } else { "ours" });
                match self.processes[who].turn(&ask).await.unwrap() {
                    Turn::Now(turn) => {
                        assert!(other_app || self.now >= self.held_back, "held back");
                        self.under_way.push(UnderWay {
                            turn,
                            who,
                            write,
                            other_app,
                            left: self.now,
                        });
                    }
                    Turn::Later(wait) => assert!(wait > Duration::ZERO),
                }
            }
            Event::Answer { which, arrived } if !self.under_way.is_empty() => {
                let one = self.under_way.remove(which % self.under_way.len());
                // No request is under way longer than it may take.
                self.arrives(&one, self.now.min(one.left + LONGEST), arrived);
                let process = &self.processes[one.who];
                process.answered(one.turn, RATE.window).await.unwrap();
            }
            Event::Answer { .. } => {}
            Event::Die { who, arrived } => {
                let (dead, alive) = std::mem::take(&mut self.under_way)
                    .into_iter()
                    .partition(|one| one.who == who);
                self.under_way = alive;
                let dead: Vec<UnderWay> = dead;
                for one in &dead {
                    self.arrives(one, one.left + LONGEST, arrived);
                }
                self.processes[who] = handle(place).await;
            }
            Event::HoldBack { who, milliseconds } => {
                let pause = Duration::from_millis(milliseconds);
                let share = ask(false, "ours").share;
                self.processes[who].hold_back(&share, pause).await.unwrap();
                self.held_back = self.held_back.max(self.now + pause.as_millis() as i64);
            }
            Event::GoBack(time) => pass(-time),
        }
    }

    fn arrives(&mut self, one: &UnderWay, latest: i64, part: u8) {
        let at = one.left + (latest - one.left) * i64::from(part) / 255;
        self.arrived.push((one.write, one.other_app, at));
    }

    fn most_in_a_window(&self, other_app: bool, writes: bool) -> usize {
        let of = self
            .arrived
            .iter()
            .filter(|one| one.1 == other_app && (one.0 || !writes));
        let at: Vec<i64> = of.map(|one| one.2).collect();
        let within = |first: &i64| {
            at.iter()
                .filter(|at| *at >= first && **at < first + WINDOW)
                .count()
        };
        at.iter().map(within).max().unwrap_or_default()
    }
}

async fn happen<C: Counted>(place: &C::Place, events: Vec<Event>) -> World<C> {
    set(1_000_000);
    let mut world = World {
        processes: [handle(place).await, handle(place).await],
        under_way: Vec::new(),
        arrived: Vec::new(),
        now: 0,
        held_back: 0,
    };
    for event in events {
        world.happens(event, place).await;
    }
    for one in std::mem::take(&mut world.under_way) {
        world.arrives(&one, one.left, 0);
    }
    world
}

/// `fresh` makes an empty store.
pub(crate) fn no_window_at_the_service_holds_more_than_the_rate<C: Counted>(
    config: Config,
    fresh: impl Fn() -> C::Place,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let events = proptest::collection::vec(event(), 1..150);
    let judged = TestRunner::new(config).run(&events, |events| {
        let world = runtime.block_on(happen::<C>(&fresh(), events));
        for other_app in [false, true] {
            prop_assert!(world.most_in_a_window(other_app, true) <= RATE.writes);
            prop_assert!(world.most_in_a_window(other_app, false) <= RATE.any);
        }
        Ok(())
    });
    if let Err(found) = judged {
        panic!("{found}");
    }
}

pub(crate) async fn two_processes_that_wait_as_told_use_all_that_is_allowed<C: Counted>(
    place: &C::Place,
) {
    let both = [handle::<C>(place).await, handle::<C>(place).await];
    let mut sent = [0, 0];
    let begun = clock();
    while clock() - begun < WINDOW * 10 {
        let mut wait = Duration::MAX;
        for (who, ledger) in both.iter().enumerate() {
            match ledger.turn(&ask(true, "ours")).await.unwrap() {
                Turn::Now(turn) => {
                    sent[who] += 1;
                    wait = Duration::ZERO;
                    ledger.answered(turn, RATE.window).await.unwrap();
                }
                Turn::Later(told) => wait = wait.min(told),
            }
        }
        pass(i64::try_from(wait.as_millis()).unwrap());
    }
    assert_eq!(sent.iter().sum::<i32>(), 30);
    assert!(sent.iter().all(|sent| *sent > 0), "{sent:?}");
}

/// Here time is real, and each has to wait for the others to write: what was read of the clock
/// before is old when it is used.
///
/// `meanwhile` is in their way.
pub(crate) async fn of_many_that_take_turns_at_once_no_window_holds_more_than_the_rate<
    C: Counted,
>(
    place: &C::Place,
    meanwhile: impl Future<Output = ()>,
) {
    let rate = Rate {
        writes: 4,
        any: 10,
        window: Duration::from_millis(150),
    };
    let begun = Instant::now();
    let mut all = JoinSet::new();
    for task in 0..6 {
        let ledger = C::handle(place, None).await;
        let ask = Ask {
            rate,
            ..ask(task % 2 == 0, "ours")
        };
        all.spawn(async move {
            let mut arrived = Vec::new();
            while begun.elapsed() < Duration::from_secs(3) {
                match ledger.turn(&ask).await.unwrap() {
                    Turn::Now(turn) => {
                        arrived.push(begun.elapsed());
                        ledger.answered(turn, rate.window).await.unwrap();
                    }
                    Turn::Later(wait) => tokio::time::sleep(wait).await,
                }
            }
            arrived
        });
    }
    meanwhile.await;
    let mut arrived: Vec<Duration> = all.join_all().await.concat();
    arrived.sort_unstable();
    assert!(arrived.len() > 50, "{}", arrived.len());
    for span in arrived.windows(rate.any + 1) {
        let within = span[rate.any] - span[0];
        assert!(within >= rate.window, "{within:?}");
    }
}

pub(crate) async fn a_clock_that_went_back_keeps_nobody_waiting_for_days<C: Counted>(
    place: &C::Place,
) {
    pass(10_000_000_000);
    let before = handle::<C>(place).await;
    for _ in 0..3 {
        before.turn(&ask(true, "ours")).await.unwrap();
    }
    before
        .hold_back(&ask(true, "ours").share, Duration::from_secs(5))
        .await
        .unwrap();
    pass(-9_999_999_000);
    let after = handle::<C>(place).await;
    let turn = after.turn(&ask(true, "ours")).await.unwrap();
    assert_eq!(turn, Turn::Later(RATE.window), "perhaps under way");
    pass(WINDOW + LONGEST + 1);
    assert!(matches!(
        after.turn(&ask(true, "ours")).await.unwrap(),
        Turn::Now(_)
    ));
}

pub(crate) async fn a_pause_holds_in_every_process_and_is_not_shortened<C: Counted>(
    place: &C::Place,
) {
    let (one, two) = (handle::<C>(place).await, handle::<C>(place).await);
    let share = ask(false, "ours").share;
    one.hold_back(&share, Duration::from_secs(4)).await.unwrap();
    two.hold_back(&share, Duration::from_secs(1)).await.unwrap();
    let turn = two.turn(&ask(false, "ours")).await.unwrap();
    assert_eq!(turn, Turn::Later(Duration::from_secs(4)));
    assert!(matches!(
        two.turn(&ask(false, "another")).await.unwrap(),
        Turn::Now(_)
    ));
    pass(4_000);
    assert!(matches!(
        two.turn(&ask(false, "ours")).await.unwrap(),
        Turn::Now(_)
    ));
}

pub(crate) async fn what_has_ended_is_removed<C: Counted>(place: &C::Place) {
    let ledger = handle::<C>(place).await;
    for _ in 0..50 {
        while let Turn::Now(turn) = ledger.turn(&ask(false, "ours")).await.unwrap() {
            ledger.answered(turn, RATE.window).await.unwrap();
        }
        pass(WINDOW + 1);
    }
    assert!(ledger.kept().await <= 5);
    // Where nobody ever waits, too.
    let mut ask = ask(false, "ours");
    ask.rate.any = 10_000;
    for _ in 0..600 {
        let Turn::Now(turn) = ledger.turn(&ask).await.unwrap() else {
            panic!("there is room");
        };
        ledger.answered(turn, RATE.window).await.unwrap();
        pass(WINDOW);
    }
    let kept = ledger.kept().await;
    assert!(kept <= 256, "{kept}");
}

/// So many cases, `PASSCODE_SCALE` times as many if that is set.
pub(crate) fn cases(usual: u32) -> Config {
    let scale = std::env::var("PASSCODE_SCALE").ok();
    let scale: u32 = scale.and_then(|scale| scale.parse().ok()).unwrap_or(1);
    Config {
        cases: usual * scale,
        failure_persistence: None,
        ..Config::default()
    }
}
