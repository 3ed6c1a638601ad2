//! A file of refresh tokens, encrypted with a key that is kept elsewhere.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use passcode_host::credential::CredentialError;
use zeroize::Zeroizing;

use super::seal::{KEY, SignIns, opened, sealed};
use super::{Account, KeyStore, RefreshTokens};
use crate::error::{refused, shown};
use crate::random;

/// Refresh tokens in a file that only its owner may read, encrypted with AES-256-GCM. The key
/// rests in the keyring: whoever copies the file has nothing.
///
/// Where there is no keyring (servers, jobs) nothing is written, and the error says so. Two
/// processes that write at the same time leave one whole file, the later one's.
#[derive(Clone, Debug)]
pub struct EncryptedFile {
    path: PathBuf,
    keys: Arc<dyn KeyStore>,
}

impl EncryptedFile {
    /// The file at `path`, which need not exist; its folder has to.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, keys: Arc<dyn KeyStore>) -> Self {
        Self {
            path: path.into(),
            keys,
        }
    }

    /// Do something that blocks where nobody waits for it.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, CredentialError> + Send + 'static,
    ) -> Result<T, CredentialError> {
        let own = self.clone();
        match tokio::task::spawn_blocking(move || work(&own)).await {
            Ok(done) => done,
            Err(_) => Err(refused(
                "sign-ins-unreadable",
                "the kept sign-ins could not be reached",
                "try again",
            )),
        }
    }

    fn read(&self) -> Result<Option<SignIns>, CredentialError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let key = self.keys.load()?.ok_or_else(|| {
            refused(
                "sign-ins-unreadable",
                "the key of the kept sign-ins is not in the keyring any more",
                "sign out and in again: `passcode logout`, then `passcode login`",
            )
        })?;
        opened(&bytes, &key).map(Some)
    }

    fn write(&self, sign_ins: &SignIns) -> Result<(), CredentialError> {
        let key = match self.keys.load()? {
            Some(key) => key,
            None => {
                let key = Zeroizing::new(random::bytes::<KEY>()?);
                self.keys.save(&key[..])?;
                Zeroizing::new(key.to_vec())
            }
        };
        let bytes = sealed(sign_ins, &key)?;
        replace(&self.path, &bytes).map_err(|error| self.failed("written", &error))
    }

    fn failed(&self, what: &str, error: &io::Error) -> CredentialError {
        refused(
            "sign-ins-file",
            format!(
                "{} cannot be {what} ({})",
                shown(&self.path.display().to_string(), 300),
                error.kind()
            ),
            "make the folder of PASSCODE_HOME writable",
        )
    }
}

/// All of it or nothing, readable by its owner only from its first byte on.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = (|| {
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[async_trait]
impl RefreshTokens for EncryptedFile {
    async fn load(&self, account: &Account) -> Result<Option<Zeroizing<String>>, CredentialError> {
        let name = account.name();
        self.blocking(move |own| {
            let sign_ins = own.read()?;
            Ok(sign_ins.and_then(|mut all| all.0.remove(&name).map(Zeroizing::new)))
        })
        .await
    }

    async fn save(&self, account: &Account, token: &str) -> Result<(), CredentialError> {
        let (name, token) = (account.name(), Zeroizing::new(token.to_owned()));
        self.blocking(move |own| {
            // What cannot be opened any more is of no use to anybody.
            let mut all = match own.read() {
                Ok(all) => all.unwrap_or_default(),
                Err(error) if error.code == "sign-ins-unreadable" => SignIns::default(),
                Err(error) => return Err(error),
            };
            all.0.insert(name, token.to_string());
            own.write(&all)
        })
        .await
    }

    async fn forget(&self, account: &Account) -> Result<(), CredentialError> {
        let name = account.name();
        self.blocking(move |own| {
            let others = match own.read() {
                Ok(None) => return Ok(()),
                Ok(Some(mut all)) => {
                    all.0.remove(&name);
                    Some(all).filter(|all| !all.0.is_empty())
                }
                // Signing out works without the keyring, too: the whole file goes.
                Err(_) => None,
            };
            match others {
                Some(others) => own.write(&others),
                None => fs::remove_file(&own.path)
                    .or_else(|error| match error.kind() {
                        io::ErrorKind::NotFound => Ok(()),
                        _ => Err(error),
                    })
                    .map_err(|error| own.failed("removed", &error)),
            }
        })
        .await
    }
}
