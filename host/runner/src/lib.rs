//! Drives one action from selector to delivery: which device, what is still open on it, the one
//! request, the waiting, what that means, and the passcode on its way to a person.
//!
//! The host enforces and the component knows Intune; here is what has to happen in which order,
//! and when. Decisions are pure and stand alone:
//!
//! - [`choose`] takes one device out of what was found, or none. Never "the first".
//! - [`Schedule`] says when to look again.
//! - [`consequences`] says what a look proves about a sending.
//! - [`Ended`] is the one word in which everything ends, and what exit codes are made of.
//!
//! - [`fleet`] does it for a thousand.
//!
//! [`Runner`] does the rest. Everything it does survives being dropped at any moment: what
//! matters was written down before, and the next run begins by looking.

pub mod fleet;

mod ended;
mod handing;
mod licence;
mod look;
mod rights;
mod runner;
mod schedule;
mod select;
mod settle;
mod watch;

pub use ended::Ended;
pub use handing::Handover;
pub use licence::Subscription;
pub use look::{Shown, Standing};
pub use runner::{Carried, Runner};
pub use schedule::{FIRST, LONGEST, Schedule};
pub use select::{Choice, Found, Narrow, Platform, choose};
pub use settle::{Consequences, consequences};
pub use watch::{Clock, MachineClock, Watched, watch};
