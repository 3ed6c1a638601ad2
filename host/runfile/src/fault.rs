//! What is wrong, and where.

use std::fmt;

use serde::Serialize;

/// What is wrong with a run file or one of its rows, and where.
///
/// It never repeats a value: a wrong column or a slip of the clipboard may have put a secret there.
/// Keys and column titles are repeated, without what does not show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The file, as it was named; `stdin` for standard input.
    pub source: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1, in characters.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}:{}:{}: {}; {}",
            self.source, self.line, self.column, self.message, self.remedy
        )
    }
}

impl std::error::Error for Fault {}

/// A place in a text: line and column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

impl At {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    pub(crate) fn fault(
        self,
        source: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Fault {
        Fault {
            source: source.to_owned(),
            line: self.line,
            column: self.column,
            message: message.into(),
            remedy: remedy.into(),
        }
    }
}
