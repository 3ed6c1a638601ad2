//! What was planned, intended, sent, known, delivered.
//!
//! `resetPasscode` may be sent once and its answer may be lost. So the intention is written
//! down, durably, before the request leaves, and every later decision is made from the record
//! and not from memory. This crate is that record: [`SqliteLedger`], one file that survives
//! `kill -9` and a power failure and that several processes may use at once.
//!
//! No passcode and no token is ever in it: there is no column for one.
//!
//! - [`rules`] — when an attempt may be made, and what may be said of it afterwards; pure.
//! - [`Reported`] — the one state in which an attempt, or a device, is shown to a person.
//! - [`run`] — many devices under one approval: rows, leases, what workers write.
//! - [`record`] — what the audit chain says of each thing that is written; [`AuditLog`] reads it.
//! - [`SqliteLedger`] — the file.
//! - [`PostgresLedger`] — tables that several machines share.
//! - [`MemoryLedger`] — none: for simulations.
//! - `conformance` — the tests that any implementation has to pass (feature `conformance`).

pub mod record;
pub mod rules;
pub mod run;

mod acting;
mod audit;
mod group;
#[cfg(test)]
mod impatient_tests;
#[cfg(test)]
mod interleaved_tests;
mod memory;
mod postgres;
mod reported;
mod sqlite;
#[cfg(test)]
mod turns_tests;
mod within;
mod words;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;

pub use audit::AuditLog;
pub use memory::MemoryLedger;
pub use postgres::PostgresLedger;
pub use reported::Reported;
pub use sqlite::{Checked, SqliteLedger};

/// A ledger that keeps everything: what was sent, the runs that it was sent in, and the audit
/// chain of both.
pub trait Store: passcode_host::ledger::SendLedger + run::RunLedger + AuditLog {}

impl<L> Store for L where L: passcode_host::ledger::SendLedger + run::RunLedger + AuditLog {}
