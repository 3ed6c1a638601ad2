//! Approval is a signature by another person.
//!
//! A [`Statement`] says what is approved or denied: which plan or set of plans, in which tenant,
//! until when. A [`Document`] is a statement with signatures below it, by SSH keys or minisign
//! keys. [`judge`] says what documents amount to, for a plan, the [`Approvers`] known, and the
//! person who planned it: four eyes, or a checksum, or a denial, and why. [`admit`] says whether that
//! is enough, for the [`Cause`]s that there are to ask another person.
//!
//! Nothing here talks to anything. The one look at the file system, whether the approvers file
//! could be written by whoever it restrains, is [`unwritable`].

mod approvers;
mod demand;
mod document;
mod guard;
mod judge;
mod key;
mod sign;
mod statement;
mod words;

pub use approvers::{Approver, Approvers, Fault, OperatorName};
pub use demand::{Admission, Cause, TwoPeople, admit, causes, people};
pub use document::{Document, NotADocument, Signature};
pub use guard::{Guard, unwritable};
pub use judge::{
    Approval, Asked, Assurance, Denial, Judgement, Planner, Refusal, Refused, Why, judge,
};
pub use key::{Key, NotAKey};
pub use sign::{SignError, minisign_command, sign_with_ssh_key, ssh_keygen_command};
pub use statement::{Decision, Kind, NotAStatement, Statement};

/// What SSH signatures are made for: `ssh-keygen -Y sign -n passcode-approval`. A signature that
/// was made for something else, such as a commit, says nothing here.
pub const NAMESPACE: &str = "passcode-approval";
