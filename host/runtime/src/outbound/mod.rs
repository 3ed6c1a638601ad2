//! Where an extension may send requests: to destinations of its own, which its operator names in
//! its grant, each with a credential that belongs to it. The management service is never one of
//! them, and neither our token for it nor our sign-in ever goes there.

mod form;
mod origin;
mod secret;

pub use form::ExtensionGrant;
