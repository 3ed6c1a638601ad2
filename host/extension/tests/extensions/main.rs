//! Extensions of every sort, good and hostile, in a real host.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod made;
mod reviewing;
mod scene;
