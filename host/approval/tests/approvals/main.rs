//! Documents as people sign them, and what they amount to.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod documents;
mod judging;
mod keys;
mod programs;
mod signers;
