//! Signed tokens: HS256 with a key that lives as long as the tenant.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The tenant's key. A token of another tenant, or of an earlier run, does not verify.
pub(crate) struct SigningKey([u8; 32]);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(****)")
    }
}

impl SigningKey {
    pub(crate) fn random() -> Self {
        let mut key = [0u8; 32];
        key[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        key[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        Self(key)
    }

    /// HMAC-SHA256 (RFC 2104) with a key shorter than a block.
    fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut block = [0u8; 64];
        block[..32].copy_from_slice(&self.0);
        let pad = |with: u8| block.map(|byte| byte ^ with);
        let inner = Sha256::new()
            .chain_update(pad(0x36))
            .chain_update(message)
            .finalize();
        Sha256::new()
            .chain_update(pad(0x5c))
            .chain_update(inner)
            .finalize()
            .into()
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({"typ": "JWT", "alg": "HS256", "kid": "practice"});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = format!("{}.{}", encode(&header), encode(claims));
        let mac = URL_SAFE_NO_PAD.encode(self.mac(head.as_bytes()));
        format!("{head}.{mac}")
    }

    /// The claims, if the signature is ours.
    pub(crate) fn verify(&self, token: &str) -> Option<Value> {
        let (head, mac) = token.rsplit_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        let same = mac.len() == 32
            && self
                .mac(head.as_bytes())
                .iter()
                .zip(&mac)
                .fold(0, |all, (a, b)| all | (a ^ b))
                == 0;
        let claims = head.split_once('.')?.1;
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        same.then(|| serde_json::from_slice(&claims).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_untouched_tokens_verify() {
        let key = SigningKey::random();
        let token = key.sign(&json!({"a": 1}));
        assert_eq!(key.verify(&token), Some(json!({"a": 1})));
        assert_eq!(SigningKey::random().verify(&token), None);
        let mut parts: Vec<&str> = token.split('.').collect();
        let other = URL_SAFE_NO_PAD.encode(r#"{"a":2}"#);
        parts[1] = &other;
        assert_eq!(key.verify(&parts.join(".")), None);
        assert_eq!(key.verify("x"), None);
    }

    #[test]
    fn the_mac_is_hmac_sha256() {
        // RFC 4231, test case 2, with its key padded to our length (zeros do not change an HMAC key).
        let mut key = [0u8; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = SigningKey(key).mac(b"what do ya want for nothing?");
        let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
