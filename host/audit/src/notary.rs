//! The key that signs lines. It is kept outside the database: whoever can write to the database
//! must not be able to sign.

use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::head::Head;
use crate::key::PublicKey;
use crate::line::{Line, SealError};
use crate::place;
use crate::record::Record;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const END: &str = "\n-----END PRIVATE KEY-----\n";

/// An Ed25519 key that signs lines. Nothing that it shows holds the key.
pub struct Notary {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// The key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the audit key {} cannot be used: {what}; {remedy}", path.display())]
pub struct NotaryError {
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong.
    pub what: String,
    /// What to do now.
    pub remedy: String,
}

impl NotaryError {
    pub(crate) fn new(path: &Path, what: impl ToString, remedy: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            what: what.to_string(),
            remedy: remedy.into(),
        }
    }
}

impl Notary {
    /// The key in that file, an unencrypted PKCS#8 key in PEM. If there is no file, a new key is
    /// made: in a file that only this user may read, whole or not at all.
    ///
    /// # Errors
    ///
    /// If the file is a symbolic link, is no file, belongs to another user, may be read by others
    /// or replaced by every user, holds no such key, or cannot be read or made.
    pub fn open_or_create(path: &Path) -> Result<Self, NotaryError> {
        if let Some(text) = place::read(path)? {
            return Self::from_pem(path, &text);
        }
        let broken = |_| NotaryError::new(path, "no key can be made", "try again");
        let pair = Ed25519KeyPair::generate().map_err(broken)?;
        let der = pair.to_pkcs8v1().map_err(broken)?;
        let der = Zeroizing::new(STANDARD.encode(der.as_ref()));
        let text = Zeroizing::new([BEGIN, &wrapped(&der), END].concat());
        place::create(path, &text)?;
        // Another process may have been first. What is in the file counts.
        match place::read(path)? {
            Some(text) => Self::from_pem(path, &text),
            None => Err(NotaryError::new(path, "it vanished", "try again")),
        }
    }

    /// The key in that file.
    ///
    /// # Errors
    ///
    /// As [`Notary::open_or_create`], and if there is no file.
    pub fn open(path: &Path) -> Result<Self, NotaryError> {
        match place::read(path)? {
            Some(text) => Self::from_pem(path, &text),
            None => Err(NotaryError::new(
                path,
                "there is no such file",
                "put the key back from where it is kept",
            )),
        }
    }

    fn from_pem(path: &Path, text: &str) -> Result<Self, NotaryError> {
        let no_key = || {
            NotaryError::new(
                path,
                "it holds no Ed25519 key (unencrypted PKCS#8, PEM)",
                "put the key back from where it is kept; a new key, after moving this file away, \
                 signs what comes, and nothing that was",
            )
        };
        let der = text
            .strip_prefix(BEGIN)
            .and_then(|text| text.strip_suffix(END))
            .map(|text| Zeroizing::new(text.replace('\n', "")))
            .and_then(|text| STANDARD.decode(text.as_bytes()).ok())
            .map(Zeroizing::new)
            .ok_or_else(no_key)?;
        let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| no_key())?;
        // Bytes after the key would be passed over.
        let whole = [pair.to_pkcs8v1(), pair.to_pkcs8()];
        let whole = whole
            .into_iter()
            .flatten()
            .map(|key| Zeroizing::new(key.as_ref().to_vec()));
        if !whole.into_iter().any(|key| key == der) {
            return Err(no_key());
        }
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .map(PublicKey::from_bytes)
            .map_err(|_| no_key())?;
        Ok(Self { pair, public })
    }

    /// What shows that a line was signed with this key.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public
    }

    /// The signed line of a record.
    ///
    /// # Errors
    ///
    /// If the record cannot be written down.
    pub fn seal(&self, after: &Head, record: &Record) -> Result<Line, SealError> {
        let line = Line::unsigned(after, record)?;
        let signature = self.pair.sign(line.body.as_bytes());
        Ok(Line {
            key: self.public.id(),
            signature: STANDARD.encode(signature),
            ..line
        })
    }
}

impl fmt::Debug for Notary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notary({})", self.public.id())
    }
}

/// In lines of 64 (RFC 7468).
fn wrapped(base64: &str) -> Zeroizing<String> {
    let mut lines = Zeroizing::new(String::with_capacity(base64.len() * 2));
    for (at, letter) in base64.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            lines.push('\n');
        }
        lines.push(letter);
    }
    lines
}

#[cfg(test)]
#[path = "notary_tests.rs"]
mod tests;
