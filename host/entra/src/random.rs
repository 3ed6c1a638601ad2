//! What nobody can guess.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passcode_host::credential::CredentialError;

use crate::error::refused;

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], CredentialError> {
    let mut bytes = [0; N];
    match rand::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(refused(
            "random-unavailable",
            "the system gives no random numbers",
            "try again; if it stays so, look at the system's log",
        )),
    }
}

/// 256 random bits as text that needs no escaping anywhere.
pub(crate) fn text() -> Result<String, CredentialError> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}
