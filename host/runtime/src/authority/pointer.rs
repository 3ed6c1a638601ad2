//! Where in a body a passcode may stand.

use std::fmt;

/// A granted place in a body: a JSON pointer (RFC 6901) below the body itself, `/secret/value`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointer(String);

impl Pointer {
    /// Parse a pointer. Nothing, if it is none, or is the empty one, which is the whole body.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut escapes = text.split('~').skip(1);
        let escaped = escapes.all(|rest| rest.starts_with('0') || rest.starts_with('1'));
        (text.starts_with('/') && escaped).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_below_the_body() {
        for text in ["/a", "/a/b", "/a~1b/0", "/", "/a~0"] {
            assert_eq!(Pointer::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "a", "#/a", "/a~2", "/a~"] {
            assert_eq!(Pointer::parse(text), None, "{text}");
        }
    }
}
