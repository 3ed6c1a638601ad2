//! A thousand devices: the same steps as for one, for each row of a run, by as many processes as
//! want to help.
//!
//! - [`work`] takes rows, does the next step of each and writes down where it is then. It keeps no
//!   state of its own that matters: what a row needs next is read from the row and from its plan's
//!   attempts ([`next`]), so any process can go on where another one stopped or died.
//! - [`Hands`] is what can be done with a device; [`Devices`] does it through a [`Runner`].
//! - [`after_plan`], [`after_send`] and [`after_look`] say what an answer means for a row. Pure.
//! - [`plan_set`] is the hash of everything that would be carried out. An approval names it.
//!
//! At most once is not decided here. The ledger refuses a second intent of a plan, whatever a
//! worker believes; see [`passcode_ledger::run`].
//!
//! [`Runner`]: crate::Runner

mod devices;
mod hands;
mod job;
mod lead;
mod set;
mod taking;
mod verdict;
mod worker;
mod written;

pub use devices::{Asked, Devices, Order, is_denied};
pub use hands::{Did, Hands, Label, Wants, next};
pub use job::{Event, Job, Left, Purpose};
pub use lead::{MOST_FACTS, MOST_SELECTORS, judged, same};
pub use set::{SetHash, plan_set};
pub use verdict::{after_look, after_plan, after_send, is_failure};
pub use worker::work;
