//! The first-party component: its bytes, built from `component/` when this crate is built, and
//! the authority it ordinarily gets.

/// The passcode component.
pub const COMPONENT: &[u8] = include_bytes!(env!("PASSCODE_COMPONENT"));

/// What an operator grants it unless a grant file says otherwise (TOML): the ordinary address of
/// `resetPasscode`, and the reads it takes to decide and to see the result.
pub const GRANT: &str = include_str!("../grant.toml");
