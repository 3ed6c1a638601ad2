//! People who sign in: how they are spoken to, and where their sign-ins rest.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use passcode_entra::{
    Account, DevicePrompt, EncryptedFile, Interaction, KeyStore, OsKeyring, People, RefreshTokens,
    SignIn,
};
use passcode_host::credential::CredentialError;
use url::Url;
use zeroize::Zeroizing;

use crate::console::note;

/// Where sign-ins rest, below a home folder.
pub(crate) fn resting_place(home: &Path) -> PathBuf {
    home.join("sign-ins")
}

/// Each home has a key of its own: signing out here leaves other homes alone.
fn keyring(home: &Path) -> OsKeyring {
    OsKeyring::new(resting_place(home).display().to_string())
}

/// Where refresh tokens rest: encrypted below the home folder, with the key in the keyring.
pub(crate) fn vault(home: &Path) -> EncryptedFile {
    EncryptedFile::new(resting_place(home), Arc::new(keyring(home)))
}

/// What people's sign-ins need of a command that is not there to sign in.
pub(super) fn people(home: &Path) -> People {
    People {
        interaction: Some(Arc::new(Speaking {
            opens: true,
            warns: true,
        })),
        kept: Some(Arc::new(vault(home))),
    }
}

/// The same way where nobody can be asked: what was kept of an earlier sign-in, or nothing.
pub(super) fn without_asking(sign_in: SignIn) -> SignIn {
    match sign_in {
        SignIn::DeviceCode { app } | SignIn::Browser { app } => SignIn::KeptSignIn { app },
        other => other,
    }
}

/// Whether this way asks somebody.
pub(super) fn asks(sign_in: &SignIn) -> bool {
    matches!(sign_in, SignIn::DeviceCode { .. } | SignIn::Browser { .. })
}

/// Speaks on stderr, `--quiet` or not: without it nobody can go on.
#[derive(Debug)]
pub(crate) struct Speaking {
    /// Whether a browser may be opened. Without a terminal nobody sits in front of one.
    pub(crate) opens: bool,
    /// Whether it says that a sign-in is not kept; `login` fails then.
    pub(crate) warns: bool,
}

#[async_trait]
impl Interaction for Speaking {
    async fn show_code(&self, prompt: &DevicePrompt) -> Result<(), CredentialError> {
        note(&format!(
            "To sign in, open {} and type the code {}",
            prompt.address, prompt.user_code
        ));
        note(&format!(
            "It can be typed for {} minutes. Never give it to anybody: who types it signs this program in.",
            prompt.seconds.div_ceil(60)
        ));
        Ok(())
    }

    async fn open_browser(&self, address: &Url) -> Result<(), CredentialError> {
        note("To sign in, use the browser of this machine within five minutes, at this address:");
        note(&format!("  {address}"));
        if self.opens {
            let address = address.to_string();
            // Where there is none, the address that was printed does.
            let _ = tokio::task::spawn_blocking(move || open::that_detached(address)).await;
        }
        Ok(())
    }

    async fn warn(&self, problem: &CredentialError) {
        if self.warns {
            note(&format!("note: the sign-in is not kept: {problem}"));
        }
    }
}

/// Keeps what a new sign-in brings, and knows nothing of an earlier one: who signs in anew may be
/// somebody else.
#[derive(Debug)]
pub(crate) struct Anew {
    vault: EncryptedFile,
    keyring: OsKeyring,
    kept: Mutex<Option<Result<(), CredentialError>>>,
}

impl Anew {
    pub(crate) fn new(home: &Path) -> Self {
        Self {
            vault: vault(home),
            keyring: keyring(home),
            kept: Mutex::default(),
        }
    }

    /// Why nothing can be kept here, before anybody is asked anything.
    pub(crate) async fn trouble(&self) -> Option<CredentialError> {
        let keyring = self.keyring.clone();
        let loaded = tokio::task::spawn_blocking(move || keyring.load()).await;
        loaded.ok()?.err()
    }

    /// Whether the sign-in was kept, and why not; `None` if there was nothing to keep.
    pub(crate) fn outcome(&self) -> Option<Result<(), CredentialError>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }
}

#[async_trait]
impl RefreshTokens for Anew {
    async fn load(&self, _: &Account) -> Result<Option<Zeroizing<String>>, CredentialError> {
        Ok(None)
    }

    async fn save(&self, account: &Account, token: &str) -> Result<(), CredentialError> {
        let saved = self.vault.save(account, token).await;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(saved.clone());
        saved
    }

    async fn forget(&self, account: &Account) -> Result<(), CredentialError> {
        self.vault.forget(account).await
    }
}

#[cfg(test)]
mod tests {
    use passcode_entra::Registration;

    use super::*;

    #[test]
    fn nobody_is_asked_where_nobody_can_be() {
        let app = || Registration {
            tenant: "contoso.example".to_owned(),
            client_id: "app".to_owned(),
        };
        let kept = SignIn::KeptSignIn { app: app() };
        for asking in [
            SignIn::DeviceCode { app: app() },
            SignIn::Browser { app: app() },
        ] {
            assert!(asks(&asking));
            assert_eq!(without_asking(asking), kept);
        }
        let other = SignIn::AzureCli { tenant: None };
        assert!(!asks(&other) && !asks(&kept));
        assert_eq!(without_asking(other.clone()), other);
    }
}
