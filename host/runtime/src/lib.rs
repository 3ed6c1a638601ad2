//! The embeddable host.

pub mod contract;
pub mod credential;
pub mod ledger;
