//! A passcode in the host's hands.

use std::fmt;

use zeroize::Zeroizing;

/// A passcode that was opened for delivery. It has no `Display`, prints as stars, compares
/// with nothing, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Passcode(Zeroizing<String>);

impl Passcode {
    pub(crate) fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The passcode itself. Whoever calls this shows it to somebody: write the disclosure down
    /// first.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passcode(****)")
    }
}
