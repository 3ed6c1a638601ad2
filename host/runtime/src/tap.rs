//! A place to listen at the boundary. For recordings, and for tests that search everything
//! that reaches a component for what must not.

use std::fmt;

use crate::authority::Phase;

/// Something that crosses from the host into a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing<'a> {
    /// The step.
    pub phase: Phase,
    /// `argument`, `response`, `failure` or `identity`.
    pub what: &'static str,
    /// Its content, as JSON.
    pub content: &'a str,
}

/// Hears what crosses into components.
pub trait Tap: Send + Sync + fmt::Debug {
    /// Something is about to cross.
    fn crossing(&self, crossing: &Crossing<'_>);
}
