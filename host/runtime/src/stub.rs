//! For measurements, behind the feature `inspect`: what stands where an answer comes from, so that
//! the network costs nothing.

use std::fmt;
use std::sync::Arc;

/// Status, headers with their names in lower case, body.
pub type RawAnswer = (u16, Vec<(String, String)>, Vec<u8>);

type Answering<T> = dyn Fn(&str, &str) -> T + Send + Sync;

/// Answers by method and address.
pub(crate) struct Stub<T>(pub(crate) Arc<Answering<T>>);

impl<T> Clone for Stub<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Stub<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stub")
    }
}
