//! What stands between a sign-in and an action, found out without acting.
//!
//! [`examine`] gathers what there is to know, with a handful of reads and nothing else, as
//! values ([`Facts`]). [`judge`] makes findings of them, each with what it rests on: no I/O, so
//! that it can be tested as a table. What could not be read is *unknown*, never *pass*.
//!
//! The right to act is never tried out: `resetPasscode` has no dry run.

mod answer;
mod documents;
mod facts;
mod finding;
mod gather;
mod judge;
mod roles;

pub use answer::{Answer, Refusal, Why};
pub use facts::{
    Disk, Facts, Folder, Inside, Ledger, NotSignedIn, Person, Proxy, Roots, SignIn, Signed, Where,
};
pub use finding::{Area, Citation, Finding, Hindrance, Verdict};
pub use gather::{Subject, examine, lapsed_subscription};
pub use judge::{Report, judge};
pub use roles::{Role, Suits, roles};
