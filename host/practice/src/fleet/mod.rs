//! The devices: what kinds there are, what is known of each, and where they come from.

pub(crate) mod device;
pub(crate) mod file;
pub(crate) mod kind;
pub(crate) mod property;
pub(crate) mod unset;

pub use device::ResetOutcome;
pub use file::Fleet;
pub use kind::Kind;
