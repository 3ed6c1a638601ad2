//! What the end-to-end tests share: a host with a practice tenant to talk to, a ledger that can
//! fail on demand, a service that answers what a test says, and the puppet, a component that
//! does what a test tells it.

mod bench;
mod canary;
mod credential;
mod ledger;
mod script;
mod service;

pub use bench::{Bench, Setup, cache, grant, with_section};
pub use canary::{Recorder, assert_absent, occurs};
pub use credential::Fixed;
pub use ledger::{Fail, FaultyLedger, Hang};
pub use script::{Script, told};
pub use service::{Reply, Request, Service};

/// The puppet's bytes. What it can be told stands in `tests/puppet/src`.
pub const PUPPET: &[u8] = include_bytes!(env!("PASSCODE_PUPPET"));

/// A courier that does what a test tells it; what stands in `tests/courier/src`.
pub const COURIER_PUPPET: &[u8] = include_bytes!(env!("PASSCODE_COURIER_PUPPET"));
