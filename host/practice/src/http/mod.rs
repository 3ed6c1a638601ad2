//! The wire: listeners, certificates, and one request from its first byte to its answer.

pub(crate) mod exchange;
pub(crate) mod reply;
pub(crate) mod server;
pub(crate) mod tls;
