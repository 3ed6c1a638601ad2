//! What an extension is called.

use std::fmt;

/// The longest name. It stands in plans, and on a line of a terminal.
const LONGEST: usize = 80;

/// An extension's name: whose it is, and what it is: `contoso.example/change-board`. Chosen by the
/// operator; the component has no say in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtensionId(String);

/// Why a text is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an extension is named `OWNER/NAME`: lower-case letters, digits, `-` and `.`, at most 80")]
pub struct NotAnId;

impl ExtensionId {
    /// Read a name.
    ///
    /// # Errors
    ///
    /// If it is not two parts of `a-z 0-9 - .` with one `/` between them.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        let part = |part: &str| {
            let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
            let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
            part.bytes().all(inside) && edge(part.bytes().next()) && edge(part.bytes().last())
        };
        match text.split_once('/') {
            Some((owner, name)) if text.len() <= LONGEST && part(owner) && part(name) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(NotAnId),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExtensionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_an_owner_and_no_tricks() {
        for (text, good) in [
            ("contoso.example/change-board", true),
            ("a/b", true),
            ("contoso.example", false),
            ("/b", false),
            ("a/", false),
            ("a/b/c", false),
            ("a/../b", false),
            ("A/b", false),
            ("a/b,c/d", false),
            ("a/.b", false),
            ("a/b\u{202e}", false),
            (&format!("a/{}", "b".repeat(79)), false),
        ] {
            assert_eq!(ExtensionId::parse(text).is_ok(), good, "{text:?}");
        }
    }
}
