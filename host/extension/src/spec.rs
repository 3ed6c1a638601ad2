//! What an operator configures, and what can be wrong with it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use passcode_host::{HostError, World};

use crate::id::ExtensionId;

/// One configured extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Where its component is.
    pub component: PathBuf,
    /// The only bytes it may have.
    pub digest: Digest,
    /// The operator's grant; absent for nothing but the log.
    pub grant: Option<PathBuf>,
    /// What it is told besides what everybody is told: name and value, sorted by name.
    pub settings: Vec<(String, String)>,
}

/// Every configured extension, by its name.
pub type Catalog = BTreeMap<ExtensionId, Spec>;

/// SHA-256 of a component's bytes, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest(String);

/// Why a text is no such digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is `sha256:` and 64 hexadecimal digits")]
pub struct NotADigest;

impl Digest {
    /// Read a digest.
    ///
    /// # Errors
    ///
    /// If it is not written as one.
    pub fn parse(text: &str) -> Result<Self, NotADigest> {
        let digits = text.strip_prefix("sha256:").ok_or(NotADigest)?;
        let good = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        good.then(|| Self(digits.to_ascii_lowercase()))
            .ok_or(NotADigest)
    }

    /// The digest of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(passcode_host::digest(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

/// Why an extension cannot be used. Nothing was planned then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionError {
    /// Nobody configured it.
    #[error("there is no extension `{id}`")]
    Unknown {
        /// Its name.
        id: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Its component or its grant cannot be read.
    #[error("extension `{id}`: {}: {why}", path.display())]
    Unreadable {
        /// Its name.
        id: ExtensionId,
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The file is another one than was pinned.
    #[error("extension `{id}`: {} is {found}, and {pinned} is pinned", path.display())]
    OtherBytes {
        /// Its name.
        id: ExtensionId,
        /// The file.
        path: PathBuf,
        /// What was pinned.
        pinned: Digest,
        /// What is there.
        found: Digest,
    },
    /// Its grant is none.
    #[error("extension `{id}`: {}: {message}", path.display())]
    Grant {
        /// Its name.
        id: ExtensionId,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
        /// What to write instead.
        remedy: String,
    },
    /// It is for something else.
    #[error("extension `{id}` is a {found}, not a {wanted}")]
    OtherWorld {
        /// Its name.
        id: ExtensionId,
        /// What it is.
        found: World,
        /// What was wanted.
        wanted: World,
    },
    /// It does not load.
    #[error("extension `{id}`: {error}")]
    Load {
        /// Its name.
        id: ExtensionId,
        /// Why not.
        error: HostError,
    },
}

impl ExtensionError {
    /// A stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "extension-unknown",
            Self::Unreadable { .. } => "extension-unreadable",
            Self::OtherBytes { .. } => "extension-digest",
            Self::Grant { .. } => "extension-grant",
            Self::OtherWorld { .. } => "extension-world",
            Self::Load { .. } => "extension-not-loadable",
        }
    }

    /// What to do now.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Unknown { id, known } if known.is_empty() => {
                format!("add `[extensions.\"{id}\"]` to the config file; see docs/extensions.md")
            }
            Self::Unknown { known, .. } => format!("configured are {}", known.join(", ")),
            Self::Unreadable { .. } => "name a file that can be read".to_owned(),
            Self::OtherBytes { found, .. } => format!(
                "if you trust the new file, look at it with `passcode extension check` and pin `digest = \"{found}\"`"
            ),
            Self::Grant { remedy, .. } => remedy.clone(),
            Self::OtherWorld { wanted, .. } => {
                format!(
                    "name an extension of the world `{wanted}`; `passcode extension list` shows them"
                )
            }
            Self::Load { error, .. } => error.remedy().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_in_one_way() {
        let hex = "ab".repeat(32);
        let digest = Digest::parse(&format!("sha256:{}", hex.to_uppercase())).unwrap();
        assert_eq!(digest.to_string(), format!("sha256:{hex}"));
        for text in [
            "",
            &hex,
            "sha256:ab",
            &format!("sha512:{hex}"),
            &format!("sha256:{hex}0"),
        ] {
            assert_eq!(Digest::parse(text), Err(NotADigest), "{text}");
        }
        assert_ne!(Digest::of(b"a"), Digest::of(b"b"));
    }
}
