//! A statement and the signatures below it, in one file.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ssh_key::public::KeyData;
use ssh_key::{LineEnding, SshSig};

use crate::NAMESPACE;
use crate::key::{Form, Key, minisign_id};
use crate::statement::{NotAStatement, Statement};

const SSH_BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const SSH_END: &str = "-----END SSH SIGNATURE-----\n";

/// What minisign and rsign2 write over a signature unless told otherwise. The line is not
/// signed, so any other is refused: nobody can add words to what somebody signed.
const UNTRUSTED: [&str; 2] = [
    "untrusted comment: signature from minisign secret key",
    "untrusted comment: signature from rsign secret key",
];

/// More signatures than any approval has.
const MOST: usize = 16;

/// More than any approval has, in bytes.
const LONGEST: usize = 64 * 1024;

/// A statement and the signatures below it: the statement's file with the signatures' files
/// joined on.
#[derive(Clone, Debug)]
pub struct Document {
    statement: Statement,
    /// What was signed, byte for byte.
    text: String,
    signatures: Vec<Signature>,
}

/// A signature, not yet looked at.
#[derive(Clone)]
pub struct Signature(Made);

#[derive(Clone)]
enum Made {
    Ssh(Box<SshSig>),
    Minisign {
        id: [u8; 8],
        signature: Box<minisign_verify::Signature>,
    },
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotADocument {
    /// The statement cannot be read.
    #[error(transparent)]
    Statement(#[from] NotAStatement),
    /// Nothing below the statement.
    #[error(
        "nobody signed the statement; join the signature's file to the statement's: \
         `cat STATEMENT STATEMENT.sig`"
    )]
    NotSigned,
    /// Something below it is no signature.
    #[error(
        "line {line} begins no SSH or minisign signature as their programs write it; join the \
         files as they are: `cat STATEMENT STATEMENT.sig`"
    )]
    NotASignature {
        /// The line, from 1.
        line: usize,
    },
    /// More than anybody needs.
    #[error("the document is too long: {MOST} signatures and 64 KiB are the most")]
    TooLong,
}

impl Document {
    /// Read a document, strictly: nothing may stand in it that is neither statement nor
    /// signature, and each has one way to be written.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, NotADocument> {
        if text.len() > LONGEST {
            return Err(NotADocument::TooLong);
        }
        let (statement, mut rest) = text.split_at(text.find('\n').map_or(text.len(), |at| at + 1));
        let mut document = Self {
            statement: Statement::parse(statement)?,
            text: statement.to_owned(),
            signatures: Vec::new(),
        };
        while !rest.is_empty() {
            let Some((signature, after)) = read(rest) else {
                let before = text.strip_suffix(rest).unwrap_or(text);
                let line = before.matches('\n').count() + 1;
                return Err(NotADocument::NotASignature { line });
            };
            document.signatures.push(signature);
            rest = after;
        }
        match document.signatures.len() {
            0 => Err(NotADocument::NotSigned),
            1..=MOST => Ok(document),
            _ => Err(NotADocument::TooLong),
        }
    }

    /// What it says. Whether anybody signed that is [`judge`]'s to say.
    ///
    /// [`judge`]: crate::judge()
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The signatures below it.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// A signature at the beginning of a text, and what follows it.
fn read(text: &str) -> Option<(Signature, &str)> {
    if text.starts_with(SSH_BEGIN) {
        let end = text.find(SSH_END)? + SSH_END.len();
        let (block, rest) = text.split_at_checked(end)?;
        return Some((ssh(block)?, rest));
    }
    let end = text.match_indices('\n').nth(3)?.0 + 1;
    let (block, rest) = text.split_at_checked(end)?;
    Some((minisign(block)?, rest))
}

fn ssh(block: &str) -> Option<Signature> {
    let signature = SshSig::from_pem(block).ok()?;
    // The version is not signed, and the same bytes could be broken into other lines.
    let as_written = signature.to_pem(LineEnding::LF).ok()?;
    let one = signature.version() == SshSig::VERSION && signature.reserved().is_empty();
    (one && as_written.trim_end() == block.trim_end_matches('\n'))
        .then(|| Signature(Made::Ssh(Box::new(signature))))
}

fn minisign(block: &str) -> Option<Signature> {
    let mut lines = block.split_terminator('\n');
    let (untrusted, first, trusted, second) =
        (lines.next()?, lines.next()?, lines.next()?, lines.next()?);
    // A carriage return would be passed over with the line's end.
    if !UNTRUSTED.contains(&untrusted) || trusted.ends_with('\r') {
        return None;
    }
    let bytes = STANDARD.decode(first).ok()?;
    STANDARD.decode(second).ok()?;
    let id = bytes.get(2..10)?.try_into().ok()?;
    let signature = Box::new(minisign_verify::Signature::decode(block).ok()?);
    Some(Signature(Made::Minisign { id, signature }))
}

impl Signature {
    /// The key that it says it is by, as [`Key::fingerprint`] shows it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        match &self.0 {
            Made::Ssh(signature) => signature
                .public_key()
                .fingerprint(ssh_key::HashAlg::Sha256)
                .to_string(),
            Made::Minisign { id, .. } => minisign_id(*id),
        }
    }

    /// Whether it says that it is by that key.
    pub(crate) fn names(&self, key: &Key) -> bool {
        match (&self.0, key.form()) {
            (Made::Ssh(signature), Form::Ssh(key)) => signature.public_key() == key.key_data(),
            (Made::Minisign { id, .. }, Form::Minisign { id: own, .. }) => id == own,
            _ => false,
        }
    }

    /// Whether it was made for this purpose.
    pub(crate) fn is_for_us(&self) -> bool {
        match &self.0 {
            Made::Ssh(signature) => signature.namespace() == NAMESPACE,
            // Minisign has no such thing; the statement says what it is.
            Made::Minisign { .. } => true,
        }
    }

    /// Whether it is that key's, for that text.
    pub(crate) fn is_by(&self, key: &Key, text: &str) -> bool {
        match (&self.0, key.form()) {
            (Made::Ssh(signature), Form::Ssh(key)) => {
                touched(signature) && key.verify(NAMESPACE, text.as_bytes(), signature).is_ok()
            }
            (Made::Minisign { signature, .. }, Form::Minisign { key, .. }) => {
                key.verify(text.as_bytes(), signature, false).is_ok()
            }
            _ => false,
        }
    }
}

/// Whether somebody touched the security key, for a key that is on one: a program on the same
/// machine could have it sign otherwise. The flags come before the counter's four bytes.
fn touched(signature: &SshSig) -> bool {
    const PRESENT: u8 = 1;
    if !matches!(signature.public_key(), KeyData::SkEd25519(_)) {
        return true;
    }
    let flags = signature.signature_bytes().iter().rev().nth(4);
    flags.is_some_and(|flags| flags & PRESENT != 0)
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", self.fingerprint())
    }
}
