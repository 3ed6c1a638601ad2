//! What holds for whatever bytes come in. Each target is a function of some bytes that says,
//! with assertions, what must be so; the README says how each is run.
//!
//! A target answers whether its input came past the first refusals, so that those who run it can
//! see that it is not only refusing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "all of it is tests; clippy takes only functions marked so for tests"
)]

mod errors;
mod fleet;
mod grant;
mod input;
mod mask;
mod path;
mod plan;
mod recording;
mod sealing;

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its folder in `corpus/`, and of its file in `words/`.
    pub name: &'static str,
    /// What it does with some bytes; whether they came past the first refusals.
    pub run: fn(&[u8]) -> bool,
}

/// All of them.
pub const TARGETS: [Target; 8] = [
    path::TARGET,
    grant::TARGET,
    errors::TARGET,
    sealing::TARGET,
    plan::TARGET,
    fleet::TARGET,
    recording::TARGET,
    mask::TARGET,
];

/// The target of that name.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn target(name: &str) -> Target {
    TARGETS
        .into_iter()
        .find(|target| target.name == name)
        .unwrap_or_else(|| panic!("no target `{name}`"))
}
