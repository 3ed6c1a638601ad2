//! End to end: hostile components, a hostile service, and what the host guarantees.
//!
//! Each guarantee and each rule of the door also has a patch in `tests/broken` that takes it
//! away and names the test here that must then fail.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of it is tests; clippy takes only functions marked so for tests"
)]

mod approval;
mod batches;
mod cache;
mod canaries;
mod courier;
mod crash;
mod door;
mod envelope;
mod limits;
mod load;
mod memory;
mod modules;
mod ours;
mod recordings;
mod refusals;
mod sealing;
mod support;
mod text;
mod time;
mod together;
