//! What was done, by whom and why, in a chain that shows what was changed.
//!
//! Each line holds a record, its number and the hash of the line before it, and is signed with a
//! key that is kept outside the database. Whoever can write to the database, and has neither the
//! key nor the [`Head`] that somebody kept elsewhere, cannot change, remove, reorder or add a line
//! without [`verify`] naming it. Lines cut off the end are noticed only by a kept head.
//!
//! ```
//! use passcode_audit::{Head, Line, Record, Verifier, What};
//!
//! let mut record = Record::new(What::Planned, time::OffsetDateTime::UNIX_EPOCH);
//! record.reason = Some("forgotten passcode".to_owned());
//! let line = Line::unsigned(&Head::EMPTY, &record)?;
//!
//! let mut verifier = Verifier::new(&[], None);
//! verifier.push(&line);
//! let verdict = verifier.finish();
//! assert!(verdict.is_intact() && !verdict.excludes_truncation());
//! # Ok::<(), passcode_audit::SealError>(())
//! ```

mod compare;
mod head;
mod key;
mod line;
mod notary;
mod place;
mod record;
mod verdict;
mod verify;

pub use compare::{Matched, Ours, TOLERANCE, Theirs, compare};
pub use head::{Head, NotAHead};
pub use key::{NotAKey, PublicKey};
pub use line::{Line, NotARecord, SealError};
pub use notary::{Notary, NotaryError};
pub use record::{NotAWord, Proof, Record, What, Who};
pub use verdict::{Fault, Finding, LISTED, Verdict};
pub use verify::{Verifier, verify};
