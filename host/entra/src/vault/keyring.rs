//! The operating system's keyring: Keychain, Credential Manager, Secret Service. Only the key goes
//! there, because some hold no more than 2.5 kilobytes, which a refresh token can exceed.

use keyring::v1::{Entry, Error};
use passcode_host::credential::CredentialError;
use zeroize::Zeroizing;

use super::KeyStore;
use crate::error::refused;

/// One entry in the keyring of the person who runs this program.
///
/// The keyring is reached when a key is wanted, not before.
#[derive(Clone, Debug)]
pub struct OsKeyring {
    user: String,
}

impl OsKeyring {
    /// The entry `user` of the service `passcode`. Whoever keeps several files (several
    /// `PASSCODE_HOME`) names each differently.
    #[must_use]
    pub fn new(user: impl Into<String>) -> Self {
        Self { user: user.into() }
    }

    fn entry(&self) -> Result<Entry, CredentialError> {
        Entry::new("passcode", &self.user).map_err(|error| unavailable(&error))
    }
}

impl KeyStore for OsKeyring {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialError> {
        match self.entry()?.get_secret() {
            Ok(key) => Ok(Some(Zeroizing::new(key))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn save(&self, key: &[u8]) -> Result<(), CredentialError> {
        self.entry()?
            .set_secret(key)
            .map_err(|error| unavailable(&error))
    }
}

/// The platform's words are not repeated: some of its errors hold what was read.
fn unavailable(error: &Error) -> CredentialError {
    let why = match error {
        Error::NoDefaultStore => "there is none here",
        Error::NoStorageAccess(_) => "it is locked, or nobody answers for it",
        _ => "it failed",
    };
    refused(
        "keyring-unavailable",
        format!("the system's keyring cannot be used: {why}"),
        "the sign-in is not kept; on servers and in jobs sign in as an app instead",
    )
}
