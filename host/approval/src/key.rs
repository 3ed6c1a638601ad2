//! Keys of approvers.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ssh_key::HashAlg;
use ssh_key::public::KeyData;

/// An approver's public key: Ed25519, as SSH or minisign write it.
#[derive(Clone)]
pub struct Key {
    form: Form,
    /// The key itself. The same key written in the other form is the same key.
    point: [u8; 32],
}

#[derive(Clone)]
pub(crate) enum Form {
    Ssh(ssh_key::PublicKey),
    Minisign {
        key: Box<minisign_verify::PublicKey>,
        id: [u8; 8],
    },
}

/// What is wrong with the text of a key. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// It looks like the private half.
    #[error(
        "this looks like a private key, which belongs to one person alone: remove it here, replace \
         the key if the file was shared, and write the public key, from the file that ends in .pub"
    )]
    Private,
    /// A key of another algorithm.
    #[error(
        "this is a key of another kind than Ed25519; make one with `ssh-keygen -t ed25519` \
         (or `-t ed25519-sk` on a security key)"
    )]
    NotEd25519,
    /// No key at all.
    #[error(
        "this is no public key; write `ssh-ed25519 AAAA…` from an SSH key's .pub file, or the \
         second line (RW…) of minisign.pub"
    )]
    NotAKey,
}

impl Key {
    /// Read a public key: `ssh-ed25519 AAAA… comment`, `sk-ssh-ed25519@openssh.com AAAA… comment`,
    /// or minisign's `RW…`.
    ///
    /// # Errors
    ///
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let text = text.trim();
        // Minisign's secret keys begin with the names of their algorithms: Ed, Sc and B2.
        if text.contains("PRIVATE KEY") || text.starts_with("RWRTY0Iy") {
            return Err(NotAKey::Private);
        }
        if text.contains(char::is_control) {
            return Err(NotAKey::NotAKey);
        }
        if text.contains(' ') {
            return Self::ssh(text);
        }
        let bytes = STANDARD.decode(text).map_err(|_| NotAKey::NotAKey)?;
        let parts = (bytes.get(2..10), bytes.get(10..42));
        let (Some(id), Some(point), true) = (parts.0, parts.1, bytes.len() == 42) else {
            return Err(NotAKey::NotAKey);
        };
        let key = minisign_verify::PublicKey::from_base64(text).map_err(|_| NotAKey::NotAKey)?;
        Ok(Self {
            form: Form::Minisign {
                key: Box::new(key),
                id: id.try_into().map_err(|_| NotAKey::NotAKey)?,
            },
            point: point.try_into().map_err(|_| NotAKey::NotAKey)?,
        })
    }

    fn ssh(text: &str) -> Result<Self, NotAKey> {
        let key = ssh_key::PublicKey::from_openssh(text).map_err(|_| match text {
            _ if text.starts_with("ssh-") || text.starts_with("ecdsa-") => NotAKey::NotEd25519,
            _ => NotAKey::NotAKey,
        })?;
        let point = match key.key_data() {
            KeyData::Ed25519(key) => key.0,
            KeyData::SkEd25519(key) => key.public_key().0,
            _ => return Err(NotAKey::NotEd25519),
        };
        Ok(Self {
            form: Form::Ssh(key),
            point,
        })
    }

    pub(crate) const fn form(&self) -> &Form {
        &self.form
    }

    /// What people compare: `SHA256:…` as `ssh-keygen -l` shows it, or minisign's key id.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        match &self.form {
            Form::Ssh(key) => key.fingerprint(HashAlg::Sha256).to_string(),
            Form::Minisign { id, .. } => minisign_id(*id),
        }
    }
}

/// Minisign shows the bytes as a number, the last first.
pub(crate) fn minisign_id(id: [u8; 8]) -> String {
    format!("{:016X}", u64::from_le_bytes(id))
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.point == other.point
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}
