//! The fault matrix: every request that the command makes, and everything that can go wrong with
//! one. What was sent is counted by the other side, and never believed from us.
//!
//! The rows are computed here, from the steps and the faults; the table in `tests/tables` holds
//! what came out when somebody last looked at it. A difference fails, and so does a row that is
//! missing, empty or too much. Some things must hold in every cell whatever the table says: those
//! are in `Cell::broken_principles`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "all of it is one test, and one that cannot go on has failed"
)]

mod cell;
mod faults;
mod front;
mod steps;
#[path = "../support/mod.rs"]
mod support;
mod table;

use std::collections::BTreeSet;

use faults::{FAULTS, Fault, How};

/// Apart, because the command waits a minute for each of the slow ones.
fn parted() -> (Vec<Fault>, Vec<Fault>) {
    FAULTS.iter().partition(|fault| fault.how == How::Slow)
}

#[test]
fn every_cell_is_as_it_stands_in_the_table() {
    let (_, quick) = parted();
    table::compare(&cell::run(&quick), &quick);
}

#[test]
fn every_cell_with_a_slow_service_is_as_it_stands_in_the_table() {
    let (slow, _) = parted();
    table::compare(&cell::run(&slow), &slow);
}

#[test]
fn the_table_has_every_row_and_no_other_and_no_empty_cell() {
    if std::env::var_os("PASSCODE_REWRITE").is_some() {
        return;
    }
    let rows = table::read();
    let expected: BTreeSet<_> = table::expected(FAULTS).into_iter().collect();
    assert_eq!(expected.len(), steps::STEPS.len() * FAULTS.len());
    assert_eq!(rows.keys().cloned().collect::<BTreeSet<_>>(), expected);
    for (key, row) in rows {
        assert!(row.iter().all(|cell| !cell.is_empty()), "{key:?}");
    }
}
