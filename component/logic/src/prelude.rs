//! What the standard library would have put into every file.

#![allow(
    unused_imports,
    reason = "as with any prelude, no file needs all of it"
)]

pub(crate) use alloc::borrow::ToOwned;
pub(crate) use alloc::format;
pub(crate) use alloc::string::{String, ToString};
pub(crate) use alloc::vec;
pub(crate) use alloc::vec::Vec;
