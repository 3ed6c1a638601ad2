//! Scheduling and leasing, played through: clock, network and store are simulated, processes are
//! killed and frozen at any moment, and everything follows from a seed. A seed that fails says so,
//! and `PASSCODE_SEED=n cargo test -p passcode-runner --test simulation` plays it again.

mod network;
mod process;
mod store;
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use passcode_ledger::Reported;
use passcode_ledger::run::{RowState, RunState};

use world::{Played, Plot, World};

/// How many seeds, unless `PASSCODE_SEEDS` says otherwise.
const SEEDS: u64 = 2_000;

fn seeds() -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    match number("PASSCODE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("PASSCODE_SEEDS").unwrap_or(SEEDS),
    }
}

/// Play one seed. Time stands still but for what is slept.
fn play(seed: u64, plot: Plot) -> Played {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(async {
            // An hour of theirs: what takes longer goes round in circles.
            let playing = World::new(seed, plot).play();
            tokio::time::timeout(Duration::from_secs(3_600), playing)
                .await
                .unwrap_or_else(|_| panic!("PASSCODE_SEED={seed} comes to no end"))
        })
}

#[test]
fn nothing_is_sent_twice_and_every_device_is_in_one_true_state() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in seeds() {
        let played = play(seed, Plot::of_seed(seed));
        let told = format!("PASSCODE_SEED={seed}");
        assert_eq!(
            played.state,
            RunState::Finished,
            "{told}: it came to an end"
        );
        assert_eq!(played.rows.len(), played.asked, "{told}: no row is lost");
        for row in &played.rows {
            let state = RowState::of(row);
            let device = row.device.as_deref().unwrap_or_default();
            let arrived = played.arrived.get(device).copied().unwrap_or_default();
            let carried_out = played.carried_out.get(device).copied().unwrap_or_default();
            *seen.entry(state.word().to_owned()).or_default() += 1;
            assert!(
                carried_out <= 1,
                "{told}: {device} was reset {carried_out} times"
            );
            // What was refused before it was carried out may be tried again; nothing else may.
            let may_come = 1 + played.refused.get(device).copied().unwrap_or_default();
            assert!(
                arrived <= may_come,
                "{told}: {device} got {arrived} requests"
            );
            match state {
                RowState::Attempted(Reported::Done | Reported::Failed) | RowState::Delivered => {
                    assert_eq!(
                        carried_out, 1,
                        "{told}: row {} says {state}",
                        row.new.number
                    );
                }
                RowState::Attempted(Reported::Rejected | Reported::NotExecuted)
                | RowState::SetAside(_) => {
                    assert_eq!(
                        carried_out, 0,
                        "{told}: row {} says {state}",
                        row.new.number
                    );
                }
                // Lost on the way, and the service shows nothing.
                RowState::Attempted(Reported::Unknown) => {}
                other => panic!("{told}: row {} stands at {other}", row.new.number),
            }
        }
    }
    if seeds().end - seeds().start > 1_000 {
        for state in [
            "done",
            "failed",
            "unknown",
            "rejected",
            "not-found",
            "duplicate",
        ] {
            assert!(
                seen.contains_key(state),
                "no seed led to `{state}`: {seen:?}"
            );
        }
    }
}

#[test]
fn a_seed_plays_the_same_way_again() {
    for seed in seeds().take(50) {
        let once = play(seed, Plot::of_seed(seed));
        let again = play(seed, Plot::of_seed(seed));
        assert_eq!(once.trace, again.trace, "PASSCODE_SEED={seed}");
        assert!(!once.trace.is_empty());
    }
}

/// Several processes get through a run together, and not one after the other.
#[test]
fn processes_share_the_work() {
    for seed in seeds().take(20) {
        let quiet = |processes| Plot {
            processes,
            rows: 60,
            ..Plot::quiet()
        };
        let (one, four) = (play(seed, quiet(1)), play(seed, quiet(4)));
        assert!(
            four.sent_by * 2 < one.sent_by,
            "PASSCODE_SEED={seed}: {} ms with four, {} ms with one",
            four.sent_by,
            one.sent_by
        );
    }
}

/// A run whose devices fail stops at the share that was named, and what was not begun is not sent.
#[test]
fn a_run_that_fails_stops_itself() {
    for seed in seeds().take(50) {
        let plot = Plot {
            rows: 60,
            all_fail: true,
            stop_after: Some(5),
            ..Plot::quiet()
        };
        let played = play(seed, plot);
        let arrived: u32 = played.arrived.values().sum();
        assert_eq!(played.state, RunState::Stopped, "PASSCODE_SEED={seed}");
        assert_eq!(played.why.as_deref(), Some("failure-share"));
        // Each process counts its own until it asks how the others stand; and what is in flight is.
        let most = (5 + plot.concurrency) * u32::try_from(plot.processes).unwrap();
        assert!(
            (5..=most).contains(&arrived),
            "PASSCODE_SEED={seed}: {arrived} of at most {most}"
        );
    }
}
