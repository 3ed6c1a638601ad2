//! What a token says of itself. Read for showing and for the plan's tenant, never to decide
//! whether the token is good: only the service can.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

/// How a credential acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acting {
    /// For a signed-in person.
    Delegated,
    /// As an application.
    Application,
    /// It does not say.
    Opaque,
}

/// Who we are to a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The tenant; empty if the token does not say.
    pub tenant: String,
    /// How the credential acts.
    pub acting: Acting,
    /// The person's or the application's name.
    pub name: Option<String>,
    /// The directory's identifier of the person or the application.
    pub id: Option<String>,
    /// Scopes or roles.
    pub permissions: Vec<String>,
}

impl Identity {
    /// Read a token's claims.
    #[must_use]
    pub fn of_token(token: &str) -> Self {
        claims(token).map_or_else(Self::opaque, |claims: Value| Self::of_claims(&claims))
    }

    fn opaque() -> Self {
        Self {
            tenant: String::new(),
            acting: Acting::Opaque,
            name: None,
            id: None,
            permissions: Vec::new(),
        }
    }

    fn of_claims(claims: &Value) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let scopes: Option<Vec<String>> =
            text("scp").map(|scopes| scopes.split(' ').map(str::to_owned).collect());
        let roles: Option<Vec<String>> =
            claims.get("roles").and_then(Value::as_array).map(|roles| {
                roles
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect()
            });
        let (acting, permissions) = match (scopes, roles) {
            (Some(scopes), _) => (Acting::Delegated, scopes),
            (None, Some(roles)) => (Acting::Application, roles),
            (None, None) => (Acting::Opaque, Vec::new()),
        };
        let name = match acting {
            Acting::Delegated => text("upn")
                .or(text("preferred_username"))
                .or(text("unique_name")),
            _ => text("app_displayname").or(text("appid")).or(text("azp")),
        };
        Self {
            tenant: text("tid").unwrap_or_default(),
            acting,
            name,
            id: text("oid"),
            permissions,
        }
    }
}

/// Who counts requests: a token's tenant and its application, empty where it does not say. Asked
/// for with every request, so the last token of each destination is not read again.
#[derive(Default)]
pub(crate) struct Counted(RwLock<BTreeMap<String, LastToken>>);

struct LastToken {
    token: Zeroizing<String>,
    counted: (String, String),
}

impl Counted {
    pub(crate) fn of(&self, destination: &str, token: &str) -> (String, String) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = known.get(destination)
            && *last.token == token
        {
            return last.counted.clone();
        }
        drop(known);
        let counted = counted_as(token);
        let last = LastToken {
            token: Zeroizing::new(token.to_owned()),
            counted: counted.clone(),
        };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(destination.to_owned(), last);
        counted
    }
}

fn counted_as(token: &str) -> (String, String) {
    let claims: Claims = claims(token).unwrap_or_default();
    let text = |claim: &Option<Value>| claim.as_ref().and_then(Value::as_str).map(str::to_owned);
    let app = text(&claims.appid).or(text(&claims.azp));
    (
        text(&claims.tid).unwrap_or_default(),
        app.unwrap_or_default(),
    )
}

/// What else a token says is passed over.
#[derive(Default, Deserialize)]
struct Claims {
    tid: Option<Value>,
    appid: Option<Value>,
    azp: Option<Value>,
}

fn claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &serde_json::Value) -> String {
        format!("e30.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn a_request_counts_for_its_own_token_and_for_no_earlier_one() {
        let counted = Counted::default();
        let one = token(&serde_json::json!({ "tid": "one", "appid": "app" }));
        let two = token(&serde_json::json!({ "tid": "two", "azp": "other" }));
        let of = |destination: &str, token: &str| {
            let (tenant, app) = counted.of(destination, token);
            format!("{tenant}/{app}")
        };
        for _ in 0..2 {
            assert_eq!(of("graph", &one), "one/app");
            assert_eq!(of("other", &two), "two/other");
            assert_eq!(of("graph", &one), "one/app");
        }
        assert_eq!(of("graph", &two), "two/other");
        assert_eq!(of("graph", &one), "one/app");
        assert_eq!(of("graph", "no token"), "/");
    }
}
