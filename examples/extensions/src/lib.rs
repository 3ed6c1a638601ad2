//! The example extensions as components, for tests and for trying them out.
//!
//! Each folder beside this one is an extension as somebody else would write it: a crate of its
//! own, built for `wasm32-unknown-unknown` against `wit/`. `docs/extensions.md` says how.

/// The reviewer of `change-freeze`.
pub const CHANGE_FREEZE: &[u8] = include_bytes!(env!("CHANGE_FREEZE"));

/// The finder of `inventory`.
pub const INVENTORY: &[u8] = include_bytes!(env!("INVENTORY"));

/// A grant for it, to be copied.
pub const INVENTORY_GRANT: &str = include_str!("../inventory/grant.toml");

/// The courier of `one-time-secret`.
pub const ONE_TIME_SECRET: &[u8] = include_bytes!(env!("ONE_TIME_SECRET"));

/// A grant for it, to be copied.
pub const ONE_TIME_SECRET_GRANT: &str = include_str!("../one-time-secret/grant.toml");
