//! Where refresh tokens rest: encrypted, with a key that rests somewhere else, or not at all.

mod file;
#[cfg(feature = "keyring")]
mod keyring;
mod seal;

use std::fmt;

use async_trait::async_trait;
use passcode_host::credential::CredentialError;
use zeroize::Zeroizing;

use crate::cloud::Cloud;
use crate::sign_in::Registration;

pub use file::EncryptedFile;
#[cfg(feature = "keyring")]
pub use keyring::OsKeyring;

/// Whose refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who issued it, and may be shown it.
    pub authority: String,
    /// The tenant, as it was asked for.
    pub tenant: String,
    /// The app.
    pub client_id: String,
}

impl Account {
    /// A person's account with an app: what [`KeptSignIn`](crate::KeptSignIn) looks for.
    #[must_use]
    pub fn new(cloud: &Cloud, app: &Registration) -> Self {
        Self {
            authority: cloud.authority().to_owned(),
            tenant: app.tenant.trim().to_ascii_lowercase(),
            client_id: app.client_id.trim().to_ascii_lowercase(),
        }
    }

    /// One text for each account, and no other.
    fn name(&self) -> String {
        format!("{} {} {}", self.authority, self.tenant, self.client_id)
    }
}

/// A place for refresh tokens. Only people's sign-ins have one: what an app is given for itself
/// is never written.
#[async_trait]
pub trait RefreshTokens: Send + Sync + fmt::Debug {
    /// What is kept for an account.
    async fn load(&self, account: &Account) -> Result<Option<Zeroizing<String>>, CredentialError>;

    /// Keep one, in place of an earlier one.
    async fn save(&self, account: &Account, token: &str) -> Result<(), CredentialError>;

    /// Keep it no longer.
    async fn forget(&self, account: &Account) -> Result<(), CredentialError>;
}

/// A place for the key: the operating system's keyring. Calls may block.
pub trait KeyStore: Send + Sync + fmt::Debug {
    /// The key; `None` if there is none yet.
    ///
    /// # Errors
    ///
    /// Where there is no such place, or it is locked.
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, CredentialError>;

    /// Keep a key.
    ///
    /// # Errors
    ///
    /// As [`KeyStore::load`].
    fn save(&self, key: &[u8]) -> Result<(), CredentialError>;
}
