use proptest::prelude::*;

use super::*;

/// What happens next, as numbers that the test makes sense of.
#[derive(Clone, Debug)]
enum Event {
    /// So many milliseconds pass.
    Pass(u64),
    /// Somebody wants to send.
    Ask { write: bool, other_app: bool },
    /// One that is under way is answered; it arrived at this part of its way.
    Answer { which: usize, arrived: u8 },
    /// One that is under way is never spoken of again.
    Die { which: usize, arrived: u8 },
    /// The service refused one too many.
    HoldBack(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..3_000_u64).prop_map(Event::Pass),
        1 => (19_000..21_000_u64).prop_map(Event::Pass),
        9 => (any::<bool>(), proptest::bool::weighted(0.1))
            .prop_map(|(write, other_app)| Event::Ask { write, other_app }),
        6 => (any::<usize>(), any::<u8>())
            .prop_map(|(which, arrived)| Event::Answer { which, arrived }),
        1 => (any::<usize>(), any::<u8>())
            .prop_map(|(which, arrived)| Event::Die { which, arrived }),
        1 => (0..5_000_u64).prop_map(Event::HoldBack),
    ]
}

const WINDOW: Duration = Duration::from_secs(20);
const LONGEST: Duration = Duration::from_secs(60);

fn ask(write: bool, app: &str) -> Ask {
    Ask {
        share: Share {
            tenant: "contoso.example".to_owned(),
            app: app.to_owned(),
        },
        write,
        rate: Rate {
            writes: 3,
            any: 5,
            window: WINDOW,
        },
        longest: LONGEST,
    }
}

/// Somewhere on its way.
fn arrival(left: Instant, until: Instant, part: u8) -> Instant {
    left + (until - left).mul_f64(f64::from(part) / 255.0)
}

fn most_in_a_window(arrivals: &[Instant]) -> usize {
    let within = |first: &Instant| {
        let inside = |at: &&Instant| **at >= *first && **at < *first + WINDOW;
        arrivals.iter().filter(inside).count()
    };
    arrivals.iter().map(within).max().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_window_at_the_service_holds_more_than_the_rate(
        events in proptest::collection::vec(event(), 1..300),
    ) {
        let mut turns = Turns::default();
        let mut now = Instant::now();
        let mut under_way: Vec<(i64, bool, bool, Instant)> = Vec::new();
        let mut arrived: Vec<(bool, bool, Instant)> = Vec::new();
        let mut held_back = now;
        for event in events {
            match event {
                Event::Pass(ms) => now += Duration::from_millis(ms),
                Event::Ask { write, other_app } => {
                    let app = if other_app { "another" } else { "ours" };
                    match turns.turn(&ask(write, app), now) {
                        Turn::Now(turn) => {
                            prop_assert!(other_app || now >= held_back, "held back");
                            under_way.push((turn, write, other_app, now));
                        }
                        Turn::Later(wait) => prop_assert!(wait > Duration::ZERO),
                    }
                }
                Event::Answer { which, arrived: part } if !under_way.is_empty() => {
                    let one = under_way.remove(which % under_way.len());
                    // No request is under way longer than it may take.
                    let answered = now.min(one.3 + LONGEST);
                    arrived.push((one.1, one.2, arrival(one.3, answered, part)));
                    turns.answered(one.0, now + WINDOW);
                }
                Event::Die { which, arrived: part } if !under_way.is_empty() => {
                    let one = under_way.remove(which % under_way.len());
                    arrived.push((one.1, one.2, arrival(one.3, one.3 + LONGEST, part)));
                }
                Event::Answer { .. } | Event::Die { .. } => {}
                Event::HoldBack(ms) => {
                    held_back = held_back.max(now + Duration::from_millis(ms));
                    let held = turns.of.entry(ask(true, "ours").share).or_default();
                    held.back = held.back.max(Some(held_back));
                }
            }
        }
        arrived.extend(under_way.iter().map(|one| (one.1, one.2, one.3)));
        for app in [false, true] {
            let of = |writes: bool| -> Vec<Instant> {
                let ours = arrived.iter().filter(|one| one.1 == app && (one.0 || !writes));
                ours.map(|one| one.2).collect()
            };
            prop_assert!(most_in_a_window(&of(true)) <= 3);
            prop_assert!(most_in_a_window(&of(false)) <= 5);
        }
    }
}

#[test]
fn whoever_waits_as_told_gets_the_next_turn() {
    let mut turns = Turns::default();
    let begun = Instant::now();
    let mut now = begun;
    let mut sent = 0;
    while now - begun < WINDOW * 10 {
        match turns.turn(&ask(true, "ours"), now) {
            Turn::Now(turn) => {
                sent += 1;
                turns.answered(turn, now + WINDOW);
            }
            Turn::Later(wait) => now += wait,
        }
    }
    // All that is allowed, and nobody asked in vain.
    assert_eq!(sent, 30);
}

#[test]
fn a_turn_that_nobody_speaks_of_again_ends_in_the_end() {
    let mut turns = Turns::default();
    let now = Instant::now();
    for _ in 0..3 {
        assert!(matches!(turns.turn(&ask(true, "ours"), now), Turn::Now(_)));
    }
    let later = |passed| turns.turn(&ask(true, "ours"), now + passed);
    let mut later = later;
    assert_eq!(later(WINDOW), Turn::Later(WINDOW), "perhaps under way");
    assert!(matches!(later(WINDOW + LONGEST), Turn::Now(_)));
}
