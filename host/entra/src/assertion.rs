//! The assertion that an app signs with its certificate (RFC 7523, as Entra's page "Microsoft
//! identity platform application authentication certificate credentials" has it).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use passcode_host::credential::CredentialError;
use serde_json::{Value, json};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::error::refused;

/// How long an assertion may be used, in seconds.
const LASTS: i64 = 5 * 60;

/// The value of `client_assertion_type`.
pub(crate) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A signed assertion that `client_id` is who asks `audience`, the token endpoint. `id` is never
/// used twice.
pub(crate) fn signed(
    certificate: &Certificate,
    client_id: &str,
    audience: &str,
    id: &str,
    now: OffsetDateTime,
) -> Result<Zeroizing<String>, CredentialError> {
    let mut header = json!({
        "alg": "PS256",
        "typ": "JWT",
        "x5t#S256": URL_SAFE_NO_PAD.encode(certificate.thumbprint()),
    });
    if certificate.sends_chain {
        // Unlike the rest of a JWT: RFC 7515 4.1.6 has the usual alphabet here, with padding.
        let chain: Vec<String> = certificate
            .chain
            .iter()
            .map(|der| STANDARD.encode(der))
            .collect();
        header["x5c"] = json!(chain);
    }
    let now = now.unix_timestamp();
    let claims = json!({
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": id,
        "nbf": now,
        "iat": now,
        "exp": now.saturating_add(LASTS),
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&header), part(&claims));
    let mut signature = vec![0; certificate.key.public_modulus_len()];
    certificate
        .key
        .sign(
            &RSA_PSS_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        )
        .map_err(|_| {
            refused(
                "certificate-invalid",
                "the certificate's key does not sign",
                "use another certificate",
            )
        })?;
    Ok(Zeroizing::new(format!(
        "{text}.{}",
        URL_SAFE_NO_PAD.encode(signature)
    )))
}
