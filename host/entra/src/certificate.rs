//! A certificate and its key, from a PEM or a PKCS#12 (PFX) file.

use std::fmt;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use passcode_host::credential::CredentialError;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::error::{refused, shown};

/// A file longer than this holds something else.
const LONGEST: u64 = 1024 * 1024;

/// A certificate with its private RSA key, and those that follow it. Entra takes RSA keys only.
pub struct Certificate {
    pub(crate) key: RsaKeyPair,
    /// The certificate of the key first, then the others as the file had them.
    pub(crate) chain: Vec<Vec<u8>>,
    /// Whether the whole chain is shown with each assertion.
    pub(crate) sends_chain: bool,
}

impl Certificate {
    /// Read a file in PEM or PKCS#12 form; which of the two is seen in it. `password` is the
    /// PKCS#12 file's; an empty one where it has none.
    ///
    /// # Errors
    ///
    /// `certificate-unreadable` if there is no such file, or it cannot be read; those of
    /// [`Certificate::from_pem`] and [`Certificate::from_pfx`].
    pub fn read(path: &Path, password: &str) -> Result<Self, CredentialError> {
        let failed = |why: String| {
            refused(
                "certificate-unreadable",
                format!("{} {why}", shown(&path.display().to_string(), 300)),
                "set AZURE_CLIENT_CERTIFICATE_PATH to a PEM or PFX file with the certificate and its private key",
            )
        };
        let length = std::fs::metadata(path)
            .map_err(|error| failed(format!("cannot be read ({})", error.kind())))?
            .len();
        if length > LONGEST {
            return Err(failed(format!("is longer than {LONGEST} bytes")));
        }
        let bytes = std::fs::read(path)
            .map(Zeroizing::new)
            .map_err(|error| failed(format!("cannot be read ({})", error.kind())))?;
        if bytes.windows(11).any(|window| window == b"-----BEGIN ") {
            Self::from_pem(&bytes)
        } else {
            Self::from_pfx(&bytes, password)
        }
    }

    /// From PEM: one private key (PKCS#8 or PKCS#1, not encrypted) and one certificate or more,
    /// in any order.
    ///
    /// # Errors
    ///
    /// `certificate-invalid`: no key, an encrypted key, one that is not RSA, or no certificate
    /// that belongs to it.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CredentialError> {
        if pem.windows(9).any(|window| window == b"ENCRYPTED") {
            return Err(invalid(
                "its private key is encrypted, which is not read in PEM files",
                "make a PFX file of it (openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out FILE.pfx) and give its password in AZURE_CLIENT_CERTIFICATE_PASSWORD",
            ));
        }
        let key = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| invalid("it has no private key that can be read", BOTH))?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(invalid("its private key is not an RSA key", RSA)),
        }
        .map_err(|_| {
            invalid(
                "its private key is not an RSA key of 2048 to 8192 bits",
                RSA,
            )
        })?;
        let chain = CertificateDer::pem_slice_iter(pem)
            .map(|found| found.map(|der| der.to_vec()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| invalid("one of its certificates cannot be read", BOTH))?;
        Self::of(key, chain)
    }

    /// From PKCS#12.
    ///
    /// # Errors
    ///
    /// `certificate-invalid`: it is no such file, the password is another one, or as for
    /// [`Certificate::from_pem`].
    #[cfg(feature = "pfx")]
    pub fn from_pfx(bytes: &[u8], password: &str) -> Result<Self, CredentialError> {
        use p12_keystore::{KeyStore, Pkcs12ImportPolicy};

        // Not the parser's words: they say nothing to a person, and it has seen the key.
        let store =
            KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed).map_err(|_| {
                invalid(
                    "it is neither PEM nor PFX, or its password is another one",
                    "check AZURE_CLIENT_CERTIFICATE_PATH and AZURE_CLIENT_CERTIFICATE_PASSWORD",
                )
            })?;
        let (_, found) = store
            .private_key_chain()
            .ok_or_else(|| invalid("it has no private key", BOTH))?;
        let key = RsaKeyPair::from_pkcs8(found.key().as_der()).map_err(|_| {
            invalid(
                "its private key is not an RSA key of 2048 to 8192 bits",
                RSA,
            )
        })?;
        let chain = found
            .certs()
            .iter()
            .map(|certificate| certificate.as_der().to_vec())
            .collect();
        Self::of(key, chain)
    }

    /// From PKCS#12.
    ///
    /// # Errors
    ///
    /// `certificate-invalid`: this build reads PEM only.
    #[cfg(not(feature = "pfx"))]
    pub fn from_pfx(_bytes: &[u8], _password: &str) -> Result<Self, CredentialError> {
        Err(invalid(
            "it is not PEM, and this build reads no PFX",
            "make a PEM file of it: openssl pkcs12 -in FILE.pfx -nodes -out FILE.pem",
        ))
    }

    fn of(key: RsaKeyPair, mut chain: Vec<Vec<u8>>) -> Result<Self, CredentialError> {
        // An RSA certificate holds the public key as RFC 8017 writes it, which is just the
        // form the key pair has it in.
        let public = key.public_key().as_ref();
        let own = chain
            .iter()
            .position(|der| der.windows(public.len()).any(|window| window == public))
            .ok_or_else(|| invalid("no certificate in it belongs to its private key", BOTH))?;
        chain[..=own].rotate_right(1);
        Ok(Self {
            key,
            chain,
            sends_chain: false,
        })
    }

    /// Show the whole chain with each assertion: for apps that trust an issuer and a subject
    /// name instead of one certificate (`AZURE_CLIENT_SEND_CERTIFICATE_CHAIN`).
    #[must_use]
    pub fn with_chain(self) -> Self {
        Self {
            sends_chain: true,
            ..self
        }
    }

    /// SHA-256 of the certificate: `x5t#S256`, and what the portal shows as its thumbprint is
    /// the same of SHA-1.
    #[must_use]
    pub fn thumbprint(&self) -> [u8; 32] {
        let mut print = [0; 32];
        if let Some(own) = self.chain.first() {
            print.copy_from_slice(digest(&SHA256, own).as_ref());
        }
        print
    }
}

const BOTH: &str = "give a PEM or PFX file that holds the certificate and its private key";
const RSA: &str = "use a certificate with an RSA key of 2048 bits or more; Entra takes no other";

fn invalid(why: &str, remedy: &str) -> CredentialError {
    refused(
        "certificate-invalid",
        format!("the certificate file cannot be used: {why}"),
        remedy,
    )
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("key", &"****")
            .field("certificates", &self.chain.len())
            .field("sends_chain", &self.sends_chain)
            .finish()
    }
}
