//! What was found.

use std::fmt;

use serde::Serialize;

use crate::head::Head;

/// So many findings are listed; all are counted.
pub const LISTED: usize = 1000;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    tag = "fault"
)]
#[non_exhaustive]
pub enum Fault {
    /// The body is not what its hash was made of.
    Changed,
    /// The body is no record of the chain.
    Unreadable,
    /// The line is kept under another number than its body says.
    Renumbered {
        /// What the body says.
        body: u64,
    },
    /// This line and those up to `to` are not there.
    Missing {
        /// The last of them.
        to: u64,
    },
    /// The line stands after one of the same or a higher number: added, or out of order.
    OutOfPlace {
        /// The highest number before it.
        after: u64,
    },
    /// The line does not follow the one before it: one of the two was written anew.
    Unchained,
    /// Nobody signed it.
    Unsigned,
    /// It is signed with a key that is none of those given.
    UnknownKey {
        /// The id that the line names.
        key: String,
    },
    /// The signature is not the key's.
    BadSignature {
        /// The id that the line names.
        key: String,
    },
    /// The line is another than the kept head's: the chain was written anew by somebody with
    /// the key, or the head is another chain's.
    NotTheKeptHead,
    /// The lines from here to the kept head's were cut off.
    Truncated {
        /// The last of them.
        to: u64,
    },
}

/// A fault, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line's number.
    pub line: u64,
    /// What is wrong with it.
    #[serde(flatten)]
    pub fault: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match &self.fault {
            Fault::Changed => write!(f, "line {line} was changed: its hash is of another text"),
            Fault::Unreadable => write!(f, "line {line} is no record of the audit chain"),
            Fault::Renumbered { body } => {
                write!(
                    f,
                    "line {line} says that it is line {body}: it was renumbered"
                )
            }
            Fault::Missing { to } if *to == line => write!(f, "line {line} is missing"),
            Fault::Missing { to } => write!(f, "lines {line} to {to} are missing"),
            Fault::OutOfPlace { after } => write!(
                f,
                "line {line} stands after line {after}: it was added or moved"
            ),
            Fault::Unchained => write!(
                f,
                "line {line} does not follow the line before it: one of the two was written anew"
            ),
            Fault::Unsigned => write!(f, "line {line} is not signed"),
            Fault::UnknownKey { key } => {
                write!(f, "line {line} is signed with an unknown key ({key:?})")
            }
            Fault::BadSignature { key } => write!(
                f,
                "the signature of line {line} is not that of key {key}: the line was written anew, \
                 or its signature changed"
            ),
            Fault::NotTheKeptHead => write!(
                f,
                "line {line} is not the one of the kept head: the chain was written anew by \
                 somebody who has the key, or the head belongs to another chain"
            ),
            Fault::Truncated { to } if *to == line => {
                write!(f, "line {line}, which the kept head knows, was cut off")
            }
            Fault::Truncated { to } => {
                write!(
                    f,
                    "lines {line} to {to}, which the kept head knows, were cut off"
                )
            }
        }
    }
}

/// What looking through a chain has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// How many lines were looked at.
    pub lines: u64,
    /// How many of them a given key signed.
    pub signed: u64,
    /// Where the chain ends. Worth keeping if the chain is intact, and only then.
    pub head: Head,
    /// The head that was kept, if one was given.
    pub kept: Option<Head>,
    /// Whether there were keys to check signatures with.
    pub keys_given: bool,
    /// The first findings, [`LISTED`] at most.
    pub findings: Vec<Finding>,
    /// How many there are altogether.
    pub found: u64,
}

impl Verdict {
    /// Whether nothing was found. What that does not say is in [`Verdict::caveats`].
    #[must_use]
    pub const fn is_intact(&self) -> bool {
        self.found == 0
    }

    /// Whether lines cut off the end would have been noticed, up to the kept head's.
    #[must_use]
    pub const fn excludes_truncation(&self) -> bool {
        // The head of an empty chain was kept before there was anything to cut off.
        matches!(self.kept, Some(Head { count: 1.., .. }))
    }

    /// What cannot be excluded, in words.
    #[must_use]
    pub fn caveats(&self) -> Vec<&'static str> {
        let mut caveats = Vec::new();
        let kept = self.excludes_truncation();
        if !kept {
            caveats.push(
                "truncation cannot be excluded: without a kept head nobody knows how many lines \
                 there were; keep what `passcode audit head` prints, and give it with --head",
            );
        }
        if !self.keys_given {
            caveats.push(match kept {
                true => {
                    "no key was given: lines after the kept head could have been written anew by \
                     anybody who can write to the ledger"
                }
                false => {
                    "no key was given: all lines could have been written anew by anybody who can \
                     write to the ledger"
                }
            });
        } else if !kept {
            caveats.push(
                "whoever has the key could have written the chain anew; only a kept head would show it",
            );
        }
        caveats
    }
}
