//! What proves an extension's request to its destination. It is read when it is needed, from
//! where the operator put it; the extension never sees it.

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::credential::{AccessToken, Credential, CredentialError, TokenRequest};

/// More than this is no token.
const LARGEST: u64 = 16 << 10;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In a variable of the environment.
    Variable(String),
    /// In a file; blanks around it do not matter.
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "the variable `{name}`"),
            Self::File(path) => write!(f, "`{}`", path.display()),
        }
    }
}

/// A destination's credential: where it is, never what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Secret(pub(super) Source);

impl Secret {
    fn read(&self) -> Result<AccessToken, CredentialError> {
        let source = &self.0;
        let missing = |what: String| CredentialError {
            code: "extension-credential".to_owned(),
            message: what,
            remedy: format!("put the secret into {source}, or name another place in the grant"),
            transient: false,
            said: None,
        };
        let unreadable =
            |error: std::io::Error| missing(format!("{source} cannot be read: {error}"));
        let text = match source {
            Source::Variable(name) => {
                std::env::var(name).map_err(|_| missing(format!("{source} is not set")))?
            }
            Source::File(path) => {
                if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
                    return Err(missing(format!("{source} is too large to be a secret")));
                }
                std::fs::read_to_string(path).map_err(unreadable)?
            }
        };
        let text = Zeroizing::new(text);
        let secret = text.trim();
        if secret.is_empty() || !secret.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(missing(format!(
                "what stands in {source} cannot be sent in a header"
            )));
        }
        Ok(AccessToken::new(secret.to_owned(), None))
    }
}

#[async_trait]
impl Credential for Secret {
    async fn token(&self, _: &TokenRequest) -> Result<AccessToken, CredentialError> {
        self.read()
    }

    fn kind(&self) -> &'static str {
        "extension"
    }
}

/// The credential of a destination that asks for none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nothing;

#[async_trait]
impl Credential for Nothing {
    async fn token(&self, _: &TokenRequest) -> Result<AccessToken, CredentialError> {
        Ok(AccessToken::new(String::new(), None))
    }

    fn kind(&self) -> &'static str {
        "none"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> Source {
        let path = std::env::temp_dir().join(format!("passcode-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Source::File(path)
    }

    #[test]
    fn a_secret_is_read_from_its_place_without_the_blanks_around_it() {
        let read = Secret(file("read", " user:pass \n")).read().unwrap();
        assert_eq!(read.secret(), "user:pass");
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_repeated() {
        for (name, text) in [
            ("empty", " \n"),
            ("broken", "secret-one\nsecret-two"),
            ("letters", "secret-schlüssel"),
            ("large", &"secret".repeat(4_000)),
        ] {
            let error = Secret(file(name, text)).read().unwrap_err();
            assert_eq!(error.code, "extension-credential");
            assert!(!error.to_string().contains("secret-"), "{error}");
        }
        for source in [
            Source::Variable("PATH_OF_NOBODY_AT_ALL".to_owned()),
            Source::File("/nowhere/at/all".into()),
        ] {
            let error = Secret(source.clone()).read().unwrap_err();
            assert!(error.message.contains(&source.to_string()), "{error}");
        }
    }
}
