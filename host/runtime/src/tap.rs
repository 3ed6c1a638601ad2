//! A place to listen at the boundary. For recordings, and for tests that search everything
//! that reaches a component for what must not.

use std::fmt;

use crate::authority::Phase;

/// Something that crosses between the host and a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing<'a> {
    /// The step, counted by its host. Steps may overlap; what has the same number is one step's,
    /// in order.
    pub step: u64,
    /// What the step is for.
    pub phase: Phase,
    /// Into the component: `call` (the function's name), `argument`, `response`, `failure`,
    /// `identity`. Out of it: `request`, `whoami`, `log`, and at the end `answer` or `fault`.
    /// Of several requests made together, all `request` come first, then their answers in the
    /// same order: an answer belongs to the oldest request that has none.
    /// Past it: `host-read`, what the host read about the device for itself.
    pub what: &'static str,
    /// Its content, as JSON.
    pub content: &'a str,
}

/// Hears what crosses between the host and its components.
pub trait Tap: Send + Sync + fmt::Debug {
    /// Something is about to cross.
    fn crossing(&self, crossing: &Crossing<'_>);
}
