//! The example extensions as components, for tests and for trying them out.
//!
//! Each folder beside this one is an extension as somebody else would write it: a crate of its
//! own, built for `wasm32-unknown-unknown` against `wit/`. `docs/extensions.md` says how.

/// The reviewer of `change-freeze`.
pub const CHANGE_FREEZE: &[u8] = include_bytes!(env!("CHANGE_FREEZE"));
