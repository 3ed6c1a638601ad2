//! Lines for the person, on stderr.

use std::io::Write as _;

/// A line for the person. A stderr that is gone is no reason to stop.
pub(crate) fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
