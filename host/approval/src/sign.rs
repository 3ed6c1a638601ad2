//! Signing: here, with an SSH key, or with the programs that people have for it.

use std::path::Path;

use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey};

use crate::NAMESPACE;
use crate::statement::{NotAStatement, Statement};

/// Why a key cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// There is nothing to sign.
    #[error(transparent)]
    Statement(#[from] NotAStatement),
    /// The text is no private key.
    #[error(
        "this is no OpenSSH private key; name the file that `ssh-keygen -t ed25519` made, without .pub"
    )]
    NotAKey,
    /// The key is of another algorithm.
    #[error("this is a key of another kind than Ed25519; make one with `ssh-keygen -t ed25519`")]
    NotEd25519,
    /// The key is on a security key.
    #[error(
        "this key is on a security key, which only `ssh-keygen` can ask; sign with `ssh-keygen -Y sign`"
    )]
    SecurityKey,
    /// The key is encrypted, and there is no passphrase.
    #[error("this key is encrypted; give its passphrase, or sign with `ssh-keygen -Y sign`")]
    NeedsPassphrase,
    /// The passphrase is another.
    #[error("this is not the key's passphrase; try again")]
    WrongPassphrase,
    /// The key does not sign.
    #[error("the key does not sign; sign with `ssh-keygen -Y sign`")]
    Failed,
}

/// Sign a statement with an SSH private key (OpenSSH's format), and give the signed document.
/// A passphrase for a key that has none is passed over.
///
/// # Errors
///
/// If the statement or the key makes no sense, or the passphrase is missing or wrong.
pub fn sign_with_ssh_key(
    statement: &Statement,
    private_key: &str,
    passphrase: Option<&str>,
) -> Result<String, SignError> {
    let text = statement.text()?;
    let key = PrivateKey::from_openssh(private_key).map_err(|_| SignError::NotAKey)?;
    match key.algorithm() {
        Algorithm::Ed25519 => {}
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => {
            return Err(SignError::SecurityKey);
        }
        _ => return Err(SignError::NotEd25519),
    }
    let key = match (key.is_encrypted(), passphrase) {
        (false, _) => key,
        (true, None) => return Err(SignError::NeedsPassphrase),
        (true, Some(passphrase)) => key
            .decrypt(passphrase)
            .map_err(|_| SignError::WrongPassphrase)?,
    };
    let signature = key
        .sign(NAMESPACE, HashAlg::Sha512, text.as_bytes())
        .and_then(|signature| signature.to_pem(LineEnding::LF))
        .map_err(|_| SignError::Failed)?;
    let end = if signature.ends_with('\n') { "" } else { "\n" };
    Ok([&text, signature.as_str(), end].concat())
}

/// The command with which OpenSSH signs a statement's file, also with a key in an agent or on a
/// security key. The signature is then in a file of the same name and `.sig`.
#[must_use]
pub fn ssh_keygen_command(key: &Path, statement: &Path) -> String {
    format!(
        "ssh-keygen -Y sign -n {NAMESPACE} -f {} {}",
        quoted(key),
        quoted(statement)
    )
}

/// The command with which minisign signs a statement's file. The signature is then in a file of
/// the same name and `.minisig`.
#[must_use]
pub fn minisign_command(key: &Path, statement: &Path) -> String {
    format!("minisign -S -H -s {} -m {}", quoted(key), quoted(statement))
}

/// As one word of a POSIX shell, that no program takes for an option.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let path = match path.starts_with('-') {
        true => format!("./{path}"),
        false => path,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    match !path.is_empty() && path.chars().all(plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::{minisign_command, ssh_keygen_command};
    use std::path::Path;

    #[test]
    fn commands_can_be_pasted() {
        let statement = Path::new("/tmp/a run's.json");
        assert_eq!(
            ssh_keygen_command(Path::new("/home/ada/.ssh/id_ed25519"), statement),
            r"ssh-keygen -Y sign -n passcode-approval -f /home/ada/.ssh/id_ed25519 '/tmp/a run'\''s.json'"
        );
        assert_eq!(
            minisign_command(Path::new("-k"), Path::new("s.json;id")),
            "minisign -S -H -s ./-k -m 's.json;id'"
        );
    }
}
