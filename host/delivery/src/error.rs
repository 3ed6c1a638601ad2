//! What can go wrong, to which file, and what to do now. No passcode and no secret key is in it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Passcodes were not delivered to the file.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// There is nobody who could open it.
    #[error(
        "no recipient is given, so nobody could open the file; give at least one `age1…` (`age-keygen` makes a pair)"
    )]
    NoRecipient,
    /// Texts that are no recipients.
    #[error("{}", named(.0))]
    BadRecipients(Vec<BadRecipient>),
    /// There is something of that name. It was left as it is.
    #[error("{} exists and is left as it is; nothing was written. Choose another name: what was not delivered can be read again", .0.display())]
    Exists(PathBuf),
    /// The path names no file.
    #[error("{} does not name a file; give the path of one that does not exist yet", .0.display())]
    NoFile(PathBuf),
    /// The disk, or who may write there.
    #[error("{}: {source}; there is no file of that name. Check the folder, who may write there and how much room there is; what was not delivered can be read again", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The encryption refused.
    #[error("{}: the file could not be encrypted to these recipients; nothing was written", .0.display())]
    Encrypt(PathBuf),
}

/// A text that is no recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecipient {
    /// Its place in the list, from 1.
    pub place: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a recipient. The text itself is never repeated: it may be a secret key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is a secret key.
    SecretKey,
    /// An SSH key.
    Ssh,
    /// A recipient of another kind: a plugin's or a post-quantum one.
    OtherKind,
    /// Mistyped: it begins like one, and its checksum is wrong.
    Mistyped,
    /// Nothing like a recipient.
    Unlike,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecretKey => {
                "is a secret key; give the public one (`age-keygen -y FILE`), and take this one out of wherever it stands"
            }
            Self::Ssh => "is an SSH key; give an `age1…` recipient",
            Self::OtherKind => {
                "is of a kind that is not supported (a plugin's, or post-quantum); give an X25519 one, `age1` and 58 characters"
            }
            Self::Mistyped => "is mistyped; copy it again",
            Self::Unlike => "is no age recipient; those begin with `age1`",
        })
    }
}

fn named(bad: &[BadRecipient]) -> String {
    let each: Vec<String> = bad
        .iter()
        .map(|one| format!("recipient {} {}", one.place, one.fault))
        .collect();
    format!("{}; nothing was written", each.join("; "))
}
