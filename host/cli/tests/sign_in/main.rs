//! Signing in, as processes: in every way, against an authority of our own and the practice tenant's
//! Graph; and that nothing secret is left anywhere by it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test that cannot go on has failed"
)]

mod authority;
mod canaries;
#[cfg(target_os = "linux")]
mod keyring;
mod login;
#[cfg(target_os = "linux")]
mod memory;
mod setup;
mod status;
#[path = "../support/mod.rs"]
mod support;
