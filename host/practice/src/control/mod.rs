//! Steering a running tenant: from the same process, and over HTTP.

pub(crate) mod api;
pub(crate) mod http;
pub(crate) mod inner;

pub use api::Control;
