//! Guarantee 6 for runs: processes killed at any instant and started again, one or several of them
//! on the same run, send nothing twice, lose no device, and call nothing unsent that was sent.
//!
//! The practice tenant is a process of its own that writes each POST to a file before it answers;
//! what was sent is counted there, and never believed from us. It throttles as Microsoft documents
//! and has faults in store for a part of the devices (`fleet`). Only the `passcode` command is
//! killed, and only the command goes on after it; points between two steps are those at which the
//! ledger or that file shows it to be there (`point`).
//!
//! A row that a killed process held is free after 30 seconds, and Intune's budget lets 199 requests
//! through in 20. So a case mostly waits, and all cases run side by side (`together`).
//! `PASSCODE_SEED` repeats the instants of the random kills, `PASSCODE_SCALE=N` makes N times as many.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "all of it is one test, and one that cannot go on has failed"
)]

mod after;
mod database;
mod fleet;
mod judge;
mod key;
mod point;
mod random;
mod scene;
mod stop;
#[path = "../support/mod.rs"]
mod support;
mod together;

use database::Database;
use point::Point;

/// Defines a test for each case.
macro_rules! cases {
    ($($test:ident: $case:expr;)*) => {
        const CASES: &[(&str, fn())] = &[$((stringify!($test), || $case)),*];

        $(#[test]
        fn $test() {
            together::case(stringify!($test));
        })*
    };
}

cases! {
    killed_while_planning: point::killed_at(Database::Home, Point::Planning, 2);
    killed_when_the_set_is_named: point::killed_at(Database::Home, Point::SetNamed, 1);
    killed_after_the_first_intents: point::killed_at(Database::Home, Point::FirstIntents, 4);
    killed_while_sending: point::killed_at(Database::Home, Point::Sending, 2);
    killed_while_watching: point::killed_at(Database::Home, Point::Watching, 2);
    killed_before_finished_is_recorded: point::killed_at(Database::Home, Point::BeforeFinished, 1);
    one_process_killed_at_any_instant: random::killed(Database::Home, 120, 1, 6);
    two_processes_killed_at_any_instant: random::killed(Database::Home, 120, 2, 10);
    four_processes_killed_among_500_devices: random::killed(Database::Home, 500, 4, 16);
    ctrl_c_ends_the_sending: stop::ctrl_c();
    ctrl_c_while_others_wait_for_their_turn: stop::before_their_turn();
    another_process_stops_it: stop::by_another_process();
    a_job_that_is_begun_again: key::begun_again();
    resumed_after_its_end: after::resumed();
    postgres_killed_while_planning: on_postgres(|base| point::killed_at(base, Point::Planning, 1));
    postgres_killed_while_sending: on_postgres(|base| point::killed_at(base, Point::Sending, 2));
    postgres_four_processes_killed_at_any_instant: on_postgres(|base| random::killed(base, 120, 4, 10));
}

/// The same, with the ledger in a PostgreSQL database.
fn on_postgres(case: fn(Database)) {
    if let Some(database) = Database::postgres() {
        case(database);
    }
}

fn scale() -> usize {
    let scale = std::env::var("PASSCODE_SCALE").ok();
    scale.map_or(1, |scale| scale.parse().unwrap())
}
