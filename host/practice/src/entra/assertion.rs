//! Assertions in place of a secret: signed with a certificate's key, or by a managed identity that the practice
//! application trusts (a federated credential).

use crate::control::inner::{Inner, Shared};
use crate::entra::identity::{EXCHANGE, object_id};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

/// A certificate of the practice application: what an assertion names, and the key it is checked with, all in the
/// form of a JSON Web Key (base64url).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppCertificate {
    /// SHA-256 of the certificate.
    #[serde(rename = "x5t#S256")]
    pub thumbprint: String,
    /// SHA-1 of it, which older clients name.
    #[serde(default, rename = "x5t")]
    pub old_thumbprint: Option<String>,
    /// The RSA key's modulus.
    pub n: String,
    /// The RSA key's exponent.
    pub e: String,
}

/// The value of `client_assertion_type`.
pub(crate) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Entra's number and words for an assertion that does not hold; nothing if it does.
pub(crate) fn check(
    shared: &Shared,
    inner: &Inner,
    assertion: &str,
    client: &str,
    endpoint: &str,
) -> Result<(), (u32, String)> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    if let Some(claims) = shared.key.verify(assertion) {
        let matches = claims["aud"] == EXCHANGE && claims["sub"] == object_id();
        let lasts = claims["exp"].as_i64().is_some_and(|end| end > now);
        return match (matches, lasts) {
            (true, true) => Ok(()),
            (true, false) => Err((
                700_024,
                "Client assertion is not within its valid time range.".into(),
            )),
            _ => Err((
                700_213,
                "No matching federated identity record found for presented assertion.".into(),
            )),
        };
    }
    let parts: Vec<&str> = assertion.split('.').collect();
    let part = |at: usize| {
        let bytes = URL_SAFE_NO_PAD.decode(parts.get(at)?).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    };
    let (Some(header), Some(claims), 3) = (part(0), part(1), parts.len()) else {
        return Err((50_027, "JWT token is invalid or malformed.".into()));
    };
    // Microsoft's own clients pad these, against RFC 7515.
    let named = |name: &str| header[name].as_str().map(|text| text.trim_end_matches('='));
    let known = inner.certificates.iter().any(|own| {
        let (matches, algorithm) = match header["alg"].as_str() {
            Some("PS256") => (
                named("x5t#S256") == Some(&own.thumbprint),
                &RSA_PSS_2048_8192_SHA256,
            ),
            Some("RS256") => {
                let old = own.old_thumbprint.as_deref();
                (
                    old.is_some() && named("x5t") == old,
                    &RSA_PKCS1_2048_8192_SHA256,
                )
            }
            _ => return false,
        };
        matches && signed(own, assertion, algorithm)
    });
    if !known {
        let text = "The certificate with identifier used to sign the client assertion is not registered on application.";
        return Err((700_027, text.into()));
    }
    if claims["aud"] != endpoint {
        return Err((
            50_027,
            "Invalid JWT token. Token audience is not the token endpoint.".into(),
        ));
    }
    if claims["iss"] != client || claims["sub"] != client {
        return Err((
            50_027,
            "Invalid JWT token. Issuer or subject is not the client.".into(),
        ));
    }
    // RFC 7519 allows fractions, and msal sends them.
    let (from, to) = (claims["nbf"].as_f64(), claims["exp"].as_f64());
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() as f64 / 1e9;
    if from.is_some_and(|from| from > now + 300.0) || to.is_none_or(|to| to <= now) {
        return Err((
            700_024,
            "Client assertion is not within its valid time range.".into(),
        ));
    }
    // Shown twice it holds twice: msal uses one for nine minutes, so Entra has to take it.
    match claims["jti"].as_str() {
        Some(_) => Ok(()),
        None => Err((50_027, "Invalid JWT token. It has no id.".into())),
    }
}

fn signed(certificate: &AppCertificate, assertion: &str, algorithm: &RsaParameters) -> bool {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let checked = || {
        let (text, signature) = assertion.rsplit_once('.')?;
        let key = PublicKeyComponents {
            n: decode(&certificate.n)?,
            e: decode(&certificate.e)?,
        };
        key.verify(algorithm, text.as_bytes(), &decode(signature)?)
            .ok()
    };
    checked().is_some()
}
