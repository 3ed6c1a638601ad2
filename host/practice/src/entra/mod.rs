//! The directory: tokens, who carries them, and the endpoint that hands them out.

pub(crate) mod caller;
pub(crate) mod endpoint;
pub(crate) mod jwt;

pub use caller::{Caller, TokenRequest};
