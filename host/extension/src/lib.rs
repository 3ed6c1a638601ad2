//! Other people's components: reviewers, finders, couriers and watchers. What an operator
//! configures is read here, its bytes are held against their pinned digest, and what it may do is
//! what it asks for as far as the operator's grant allows.
//!
//! An extension only subtracts: whatever goes wrong with one makes less happen, never more.

mod id;
mod load;
mod reviewers;
mod spec;

pub use id::{ExtensionId, NotAnId};
pub use load::{load, read};
pub use reviewers::Reviewers;
pub use spec::{Catalog, Digest, ExtensionError, NotADigest, Spec};
