//! The passcode action as plain Rust: which devices, by which documents, with which one
//! request, and what became of it.
//!
//! Everything here is a function of its arguments and of the answers to its requests. There is
//! no clock, no randomness, no waiting and no credential; the temporary passcode is a number
//! that stands for a seal. So any run can be recorded, and replayed byte for byte.
//!
//! No standard library either: what it brings for the sake of panics alone would be a tenth of
//! the component.
//!
//! `component/skin` gives this crate its WIT face; the README lists the ids of checks and the
//! codes of problems.

#![allow(
    clippy::result_large_err,
    reason = "`Problem` is the contract's; it is made once a call, and a box would buy nothing"
)]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod addresses;
mod checks;
pub mod classify;
pub mod combine;
pub mod commit;
pub mod contract;
mod describe;
mod device;
pub mod errors;
mod expectations;
mod find;
mod graph;
mod history;
pub mod json;
pub mod kind;
pub mod observe;
mod preflight;
mod prelude;
mod prepare;
mod problem;
pub mod results;
pub mod rules;
pub mod service;
mod text;
pub mod time;
pub mod version;

pub use addresses::addresses;
pub use commit::commit;
pub use describe::describe;
pub use find::find;
pub use history::history;
pub use observe::observe;
pub use prepare::prepare;
pub use results::results;
pub use rules::matrix;
