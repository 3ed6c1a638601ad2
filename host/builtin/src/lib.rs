//! The first-party components: their bytes, built from `component/` when this crate is built, and
//! the authority it ordinarily gets.

/// The passcode component.
pub const COMPONENT: &[u8] = include_bytes!(env!("PASSCODE_COMPONENT"));

/// The component behind `who.filter` and `who.group` of a run file: it names devices and users, and
/// can do nothing else.
pub const FINDER: &[u8] = include_bytes!(env!("PASSCODE_FINDER"));

/// What it gets (TOML): reads of ids, and of the names of groups.
pub const FINDER_GRANT: &str = include_str!("../finder.toml");

/// What an operator grants it unless a grant file says otherwise (TOML): the ordinary address of
/// `resetPasscode`, and the reads it takes to decide and to see the result.
pub const GRANT: &str = include_str!("../grant.toml");
