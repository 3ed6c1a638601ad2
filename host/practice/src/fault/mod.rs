//! Faults on demand: what can go wrong, when it does, and how an answer is spoiled.

pub(crate) mod book;
pub(crate) mod catalogue;
pub(crate) mod spec;
pub(crate) mod spoil;

pub use catalogue::{FaultInfo, faults};
pub use spec::Fault;
