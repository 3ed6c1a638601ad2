//! The directory: tokens, who carries them, and the endpoint that hands them out.

pub(crate) mod assertion;
pub(crate) mod caller;
pub(crate) mod endpoint;
pub(crate) mod identity;
pub(crate) mod jwt;
pub(crate) mod role;

pub use assertion::AppCertificate;
pub use caller::{Caller, TokenRequest};
pub use role::IntuneRole;
