//! Claims challenges (continuous access evaluation): what is declared, and what is answered.

use passcode_host::credential::CredentialError;
use serde_json::{Map, Value, json};

use crate::error::refused;

/// A challenge is some hundred bytes.
const LONGEST: usize = 16 * 1024;

/// The `claims` of a token request: that this client answers challenges (`cp1`), and what a
/// challenge demands.
///
/// The value is written as Microsoft's own clients write it, in capitals; the documentation has
/// `cp1`.
///
/// # Errors
///
/// `claims-unreadable` if the challenge is not a JSON object of objects.
pub(crate) fn declared(challenge: Option<&str>) -> Result<String, CredentialError> {
    let mut claims = match challenge {
        None => Map::new(),
        Some(text) => parsed(text)?,
    };
    let token = claims
        .entry("access_token")
        .or_insert_with(|| Value::Object(Map::new()));
    match token {
        Value::Object(token) => {
            token.insert("xms_cc".into(), json!({"values": ["CP1"]}));
            Ok(Value::Object(claims).to_string())
        }
        _ => Err(unreadable()),
    }
}

fn parsed(text: &str) -> Result<Map<String, Value>, CredentialError> {
    if text.len() > LONGEST {
        return Err(unreadable());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err(unreadable()),
    }
}

fn unreadable() -> CredentialError {
    refused(
        "claims-unreadable",
        "the service demands a token with more claims, and does not say readably which",
        "sign in again, and try again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Microsoft's own client sent in a recorded exchange: first, and after the challenge.
    const FIRST: &str = r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#;
    const CHALLENGE: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;
    const AFTER: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"},"xms_cc":{"values":["CP1"]}}}"#;

    #[test]
    fn claims_are_those_that_microsofts_own_client_sends() {
        assert_eq!(declared(None).unwrap(), FIRST);
        assert_eq!(declared(Some(CHALLENGE)).unwrap(), AFTER);
    }

    #[test]
    fn what_else_a_challenge_demands_is_kept() {
        let table = [
            ("{}", FIRST),
            (r#"{"access_token":{"xms_cc":{"values":["x"]}}}"#, FIRST),
            (
                r#"{"id_token":{"auth_time":null}}"#,
                r#"{"access_token":{"xms_cc":{"values":["CP1"]}},"id_token":{"auth_time":null}}"#,
            ),
        ];
        for (challenge, expected) in table {
            let found: Value = serde_json::from_str(&declared(Some(challenge)).unwrap()).unwrap();
            let expected: Value = serde_json::from_str(expected).unwrap();
            assert_eq!(found, expected, "{challenge}");
        }
    }

    #[test]
    fn a_challenge_that_cannot_be_read_is_not_answered() {
        let huge = format!(r#"{{"a":"{}"}}"#, "x".repeat(LONGEST));
        for challenge in ["", "[]", "null", "\"x\"", r#"{"access_token":1}"#, &huge] {
            let refused = declared(Some(challenge)).unwrap_err();
            assert_eq!(refused.code, "claims-unreadable");
        }
    }
}
