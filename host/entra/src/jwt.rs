//! What a token says of itself. Nothing here is verified, nor can it be: only the service that
//! a token is for may judge it. Good for showing, and for refusing early; never for trusting.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use time::OffsetDateTime;

/// A token longer than this is not read. Entra's are a few kilobytes.
const LONGEST: usize = 256 * 1024;

/// A token's claims, as far as they are shown or compared. Absent ones are `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `tid`: the tenant.
    pub tenant: Option<String>,
    /// `iss`: who issued it.
    pub issuer: Option<String>,
    /// `aud`: what the token is for. More than one is possible in a JWT, and never in Entra's.
    pub audience: Vec<String>,
    /// `exp`: when it stops being valid.
    pub expires: Option<OffsetDateTime>,
    /// `scp`: delegated permissions.
    pub scopes: Vec<String>,
    /// `roles`: application permissions.
    pub roles: Vec<String>,
    /// `upn`, `preferred_username` or `unique_name`: who signed in.
    pub user: Option<String>,
    /// `name`: that person's display name.
    pub name: Option<String>,
    /// `oid`: the user's or service principal's object id.
    pub object_id: Option<String>,
    /// `appid` or `azp`: the app that asked.
    pub app_id: Option<String>,
    /// `app_displayname`: that app's name.
    pub app_name: Option<String>,
    /// `idtyp`: `app` or `user`.
    pub identity_type: Option<String>,
}

impl Claims {
    /// Whether the token is an app's own and no person's: `idtyp` says so, or, where it is
    /// absent (it is optional), there are no delegated scopes.
    #[must_use]
    pub fn is_app_only(&self) -> bool {
        match self.identity_type.as_deref() {
            Some(kind) => kind == "app",
            None => self.scopes.is_empty(),
        }
    }
}

/// The claims of a JWT; `None` for anything else (an opaque token, an encrypted one).
#[must_use]
pub fn claims(token: &str) -> Option<Claims> {
    if token.len() > LONGEST {
        return None;
    }
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let raw: Raw = serde_json::from_slice(&payload).ok()?;
    Some(Claims {
        tenant: raw.tid,
        issuer: raw.iss,
        audience: raw.aud.map_or_else(Vec::new, OneOrMany::into),
        // A time that cannot be told is one that has passed.
        expires: raw
            .exp
            .map(|exp| instant(&exp).unwrap_or(OffsetDateTime::UNIX_EPOCH)),
        scopes: raw
            .scp
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        roles: raw.roles.unwrap_or_default(),
        user: raw.upn.or(raw.preferred_username).or(raw.unique_name),
        name: raw.name,
        object_id: raw.oid,
        app_id: raw.appid.or(raw.azp),
        app_name: raw.app_displayname,
        identity_type: raw.idtyp,
    })
}

#[derive(Deserialize)]
struct Raw {
    tid: Option<String>,
    iss: Option<String>,
    aud: Option<OneOrMany>,
    exp: Option<serde_json::Number>,
    scp: Option<String>,
    roles: Option<Vec<String>>,
    upn: Option<String>,
    preferred_username: Option<String>,
    unique_name: Option<String>,
    name: Option<String>,
    oid: Option<String>,
    appid: Option<String>,
    azp: Option<String>,
    app_displayname: Option<String>,
    idtyp: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Vec<String> {
    fn from(value: OneOrMany) -> Self {
        match value {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

/// Seconds since 1970; RFC 7519 allows fractions, which are dropped.
fn instant(seconds: &serde_json::Number) -> Option<OffsetDateTime> {
    let whole = match seconds.as_i64() {
        Some(whole) => whole,
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fractions are dropped, and out of range saturates"
        )]
        None => seconds.as_f64()? as i64,
    };
    OffsetDateTime::from_unix_timestamp(whole).ok()
}

/// A token with these claims and no signature.
#[cfg(test)]
pub(crate) fn unsigned(claims: &serde_json::Value) -> String {
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.c2lnbmF0dXJl",
        part(&serde_json::json!({"alg": "RS256"})),
        part(claims)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_persons_token_is_read() {
        let token = unsigned(&json!({
            "aud": "https://graph.microsoft.com", "exp": 1_800_000_000, "tid": "t",
            "scp": "User.Read  Device.Read", "upn": "a@b.example", "name": "A", "oid": "o",
            "appid": "app", "app_displayname": "App", "idtyp": "user", "unheard_of": [1],
        }));
        let read = claims(&token).unwrap();
        assert_eq!(read.audience, ["https://graph.microsoft.com"]);
        assert_eq!(
            read.expires.map(OffsetDateTime::unix_timestamp),
            Some(1_800_000_000)
        );
        assert_eq!(read.scopes, ["User.Read", "Device.Read"]);
        assert_eq!(read.user.as_deref(), Some("a@b.example"));
        assert_eq!(read.tenant.as_deref(), Some("t"));
        assert_eq!(read.app_id.as_deref(), Some("app"));
        assert!(!read.is_app_only());
    }

    #[test]
    fn an_apps_token_of_the_second_format_is_read() {
        let read = claims(&unsigned(&json!({
            "aud": ["00000003-0000-0000-c000-000000000000", "x"], "exp": 1.8e9, "azp": "app",
            "roles": ["Device.Read.All"], "preferred_username": "p",
        })))
        .unwrap();
        assert_eq!(read.audience.len(), 2);
        assert_eq!(
            read.expires.map(OffsetDateTime::unix_timestamp),
            Some(1_800_000_000)
        );
        assert_eq!(
            (read.app_id.as_deref(), read.user.as_deref()),
            (Some("app"), Some("p"))
        );
        assert_eq!(read.roles, ["Device.Read.All"]);
        assert!(read.is_app_only());
    }

    #[test]
    fn what_is_no_jwt_has_no_claims() {
        let huge = format!("a.{}.c", "A".repeat(LONGEST));
        for token in [
            "",
            "opaque",
            "a.b",
            "a.b.c",
            "a..c",
            "a.e30.c.d.e",
            "a.W10.c",
            "EwB4A8l6",
            &huge,
        ] {
            assert_eq!(claims(token), None, "{}", token.len());
        }
        assert_eq!(claims("a.e30.c"), Some(Claims::default()));
    }

    #[test]
    fn an_expiry_that_cannot_be_told_has_passed() {
        for exp in [json!(i64::MAX), json!(1e300), json!(-1e300)] {
            let read = claims(&unsigned(&json!({"exp": exp}))).unwrap();
            assert_eq!(read.expires, Some(OffsetDateTime::UNIX_EPOCH), "{exp}");
        }
    }
}
