//! What Graph and Intune answer when they refuse, and what that means for us.
//!
//! `decode` knows the grammar of the bodies, `meaning` what a status and a code amount to.
//! Neither looks at the wording of a message: it is for people, and it changes.

mod decode;
mod meaning;

pub use decode::{ServiceError, decode};
pub(crate) use meaning::{Asked, MAY_ACT, ROLE, of_failure, of_response};
