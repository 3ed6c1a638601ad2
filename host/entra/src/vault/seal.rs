//! The file's form: a mark, and what AES-256-GCM makes of a JSON object. The mark is
//! authenticated with it.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use passcode_host::credential::CredentialError;
use zeroize::{Zeroize, Zeroizing};

use crate::error::refused;

/// How long a key is.
pub(super) const KEY: usize = 32;

const MARK: &[u8] = b"passcode sign-ins 1\n";
const NONCE: usize = 12;

/// Account names and refresh tokens. Wiped when dropped.
#[derive(Default)]
pub(super) struct SignIns(pub(super) BTreeMap<String, String>);

impl Drop for SignIns {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

/// The file's bytes.
pub(super) fn sealed(sign_ins: &SignIns, key: &[u8]) -> Result<Vec<u8>, CredentialError> {
    let mut text = Zeroizing::new(serde_json::to_vec(&sign_ins.0).map_err(|_| broken())?);
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| broken())?;
    let nonce = key
        .seal_in_place_append_tag(Aad::from(MARK), &mut *text)
        .map_err(|_| broken())?;
    Ok([MARK, nonce.as_ref(), &text].concat())
}

/// What is in the file, if the key is its own and nobody changed it.
pub(super) fn opened(bytes: &[u8], key: &[u8]) -> Result<SignIns, CredentialError> {
    let rest = bytes.strip_prefix(MARK).ok_or_else(broken)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE).ok_or_else(broken)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| broken())?;
    let mut text = Zeroizing::new(sealed.to_vec());
    let text = key
        .open_in_place(nonce, Aad::from(MARK), &mut text)
        .map_err(|_| broken())?;
    serde_json::from_slice(text)
        .map(SignIns)
        .map_err(|_| broken())
}

fn broken() -> CredentialError {
    refused(
        "sign-ins-unreadable",
        "the kept sign-ins cannot be decrypted: the keyring has another key, or the file was changed",
        "sign out and in again: `passcode logout`, then `passcode login`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> SignIns {
        SignIns([("an account".to_owned(), "CANARY-refresh".to_owned())].into())
    }

    #[test]
    fn what_was_sealed_opens_with_its_key_and_says_nothing_without() {
        let (key, other) = ([7; KEY], [8; KEY]);
        let bytes = sealed(&one(), &key).unwrap();
        assert_eq!(opened(&bytes, &key).unwrap().0, one().0);
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("CANARY") && !text.contains("an account"));
        assert!(opened(&bytes, &other).is_err());
        assert_ne!(
            sealed(&one(), &key).unwrap(),
            bytes,
            "no nonce is used twice"
        );
    }

    #[test]
    fn a_changed_file_does_not_open() {
        let key = [7; KEY];
        let bytes = sealed(&one(), &key).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let refused = opened(&changed, &key).err().map(|error| error.code);
            assert_eq!(refused.as_deref(), Some("sign-ins-unreadable"), "byte {at}");
        }
        for length in 0..bytes.len() {
            assert!(opened(&bytes[..length], &key).is_err(), "{length}");
        }
    }
}
