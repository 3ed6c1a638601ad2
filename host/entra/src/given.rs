//! A token that somebody else got.

use std::fmt;

use async_trait::async_trait;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::cloud::Cloud;
use crate::error::{refused, shown};
use crate::jwt::{self, Claims};

/// A token from outside (`PASSCODE_ACCESS_TOKEN`). It cannot be renewed.
///
/// What it says of itself is read to refuse early what the service would refuse late. A token
/// that cannot be read (opaque: a personal account's, or a gateway's) is accepted by
/// [`GivenToken::vouched`] only, or where the cloud is on this machine; it is then for the
/// cloud's own Graph root and nothing else; who gives such a token vouches for where it goes.
pub struct GivenToken {
    token: AccessToken,
    claims: Option<Claims>,
    cloud: Cloud,
}

/// How to get another one.
const ANOTHER: &str = "get a new one and set it again: export PASSCODE_ACCESS_TOKEN=\"$(az account \
                       get-access-token --resource-type ms-graph --query accessToken -o tsv)\"";

impl GivenToken {
    /// Take a token for a cloud. White space around it and a leading `Bearer ` are dropped.
    ///
    /// # Errors
    ///
    /// `token-malformed`: it cannot be a header's value; `token-expired`; `token-audience`: it
    /// is for something else than the cloud's Graph root; `token-opaque`: it does not say what it
    /// is for.
    pub fn new(text: String, cloud: Cloud) -> Result<Self, CredentialError> {
        let given = Self::vouched(text, cloud)?;
        if given.claims.is_none() && !given.cloud.is_on_this_machine() {
            return Err(refused(
                "token-opaque",
                format!(
                    "the given token does not say what it is for, so {} may be somebody it is not meant for",
                    given.cloud.graph_root()
                ),
                format!(
                    "if it is for it, say so in the config file: allowed_origins = [\"{}\"]",
                    given.cloud.graph_root()
                ),
            ));
        }
        Ok(given)
    }

    /// Take a token for which the caller vouches that it is for the cloud's Graph root, as far as
    /// it does not say so itself.
    ///
    /// # Errors
    ///
    /// As [`GivenToken::new`], but for `token-opaque`.
    pub fn vouched(text: String, cloud: Cloud) -> Result<Self, CredentialError> {
        let text = Zeroizing::new(text);
        let bare = text.trim();
        let bare = match bare.split_once(char::is_whitespace) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
            None if bare.eq_ignore_ascii_case("bearer") => "",
            _ => bare,
        };
        if bare.is_empty() || !bare.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused(
                "token-malformed",
                "the given token is empty, or has characters that no token has",
                ANOTHER,
            ));
        }
        let claims = jwt::claims(bare);
        if let Some(claims) = &claims {
            fits(claims, &cloud)?;
        }
        let expires = claims.as_ref().and_then(|claims| claims.expires);
        let given = Self {
            token: AccessToken::new(bare.to_owned(), expires),
            claims,
            cloud,
        };
        given.still_valid()?;
        Ok(given)
    }

    /// What the token says of itself; `None` if it is opaque.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        self.claims.as_ref()
    }

    fn still_valid(&self) -> Result<(), CredentialError> {
        match self.token.expires() {
            Some(expires) if expires <= OffsetDateTime::now_utc() => Err(refused(
                "token-expired",
                format!(
                    "the given token expired at {} {:0>2}:{:0>2} UTC",
                    expires.date(),
                    expires.hour(),
                    expires.minute()
                ),
                ANOTHER,
            )),
            _ => Ok(()),
        }
    }
}

/// The tenant of every personal Microsoft account.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Whether a token, as far as it can be read, is for this cloud's Graph and of an account that
/// Intune can have. What it says is not proof of anything; it saves a refusal that nobody
/// understands, and keeps a token from a place that it is not for.
pub(crate) fn fits(claims: &Claims, cloud: &Cloud) -> Result<(), CredentialError> {
    if claims.tenant.as_deref() == Some(PERSONAL) {
        return Err(refused(
            "personal-account",
            "the token is a personal Microsoft account's, and Intune takes work and school accounts only",
            "sign in with a work or school account of the tenant (AZURE_TENANT_ID)",
        ));
    }
    let for_us = |audience: &String| cloud.is_audience(audience);
    if !claims.audience.iter().any(for_us) {
        return Err(wrong_audience(&claims.audience, cloud));
    }
    // The app id that stands for Graph is the same in every cloud; the issuer is not.
    match claims.issuer.as_deref() {
        Some(issuer) if cloud.is_foreign_issuer(issuer) => {
            Err(wrong_cloud(&shown(issuer, 200), cloud))
        }
        _ => Ok(()),
    }
}

fn wrong_cloud(named: &str, cloud: &Cloud) -> CredentialError {
    refused(
        "wrong-cloud",
        format!(
            "the token is of another cloud ({named}) than {}",
            cloud.graph_root()
        ),
        "set PASSCODE_CLOUD to the cloud that the token is for (global, usgov, dod, china), or sign in to this one",
    )
}

/// A token's audience is not the cloud's Graph.
fn wrong_audience(audience: &[String], cloud: &Cloud) -> CredentialError {
    let named = match audience {
        [] => "nothing it names".to_owned(),
        some => shown(&some.join(", "), 200),
    };
    if audience.iter().any(|audience| Cloud::is_a_root(audience)) {
        return wrong_cloud(&named, cloud);
    }
    refused(
        "token-audience",
        format!(
            "the token is for {named}, and not for {}",
            cloud.graph_root()
        ),
        format!(
            "get a token for the scope {}, or set PASSCODE_CLOUD to the cloud that the token is for",
            cloud.scope()
        ),
    )
}

/// A credential is asked for another scope than its cloud's.
pub(crate) fn check_scope(asked: &str, cloud: &Cloud) -> Result<(), CredentialError> {
    if asked == cloud.scope() {
        return Ok(());
    }
    Err(refused(
        "scope-mismatch",
        format!(
            "a token for {} was asked of a credential for {}",
            shown(asked, 200),
            cloud.graph_root()
        ),
        "set PASSCODE_CLOUD to the cloud that is meant",
    ))
}

#[async_trait]
impl Credential for GivenToken {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        check_scope(&request.scope, &self.cloud)?;
        self.still_valid()?;
        if request.claims.is_some() {
            return Err(refused(
                "token-claims",
                "the service asks for a token with more claims, and a given token cannot be renewed",
                ANOTHER,
            ));
        }
        if request.renew {
            return Err(refused(
                "token-not-accepted",
                "the service did not accept the given token, and it cannot be renewed",
                ANOTHER,
            ));
        }
        Ok(self.token.clone())
    }

    fn kind(&self) -> &'static str {
        "given-token"
    }
}

impl fmt::Debug for GivenToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenToken")
            .field("token", &"****")
            .field("cloud", &self.cloud)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::unsigned;
    use serde_json::json;

    fn now() -> i64 {
        OffsetDateTime::now_utc().unix_timestamp()
    }

    fn code(text: String) -> Result<(), String> {
        GivenToken::new(text, Cloud::global())
            .map(drop)
            .map_err(|error| error.code)
    }

    #[test]
    fn a_token_that_would_be_refused_late_is_refused_early() {
        let root = "https://graph.microsoft.com";
        let with = |aud: &str, exp: i64| unsigned(&json!({"aud": aud, "exp": exp}));
        let table = [
            ("good", with(root, now() + 60), Ok(())),
            (
                "slash",
                with("https://graph.microsoft.com/", now() + 60),
                Ok(()),
            ),
            (
                "app id",
                with("00000003-0000-0000-c000-000000000000", now() + 60),
                Ok(()),
            ),
            ("spaces", format!(" {}\r\n", with(root, now() + 60)), Ok(())),
            (
                "scheme",
                format!("bearer {}", with(root, now() + 60)),
                Ok(()),
            ),
            ("expired", with(root, now() - 1), Err("token-expired")),
            ("far past", with(root, 0), Err("token-expired")),
            (
                "azure",
                with("https://management.azure.com", now() + 60),
                Err("token-audience"),
            ),
            (
                "other cloud",
                with("https://graph.microsoft.us", now() + 60),
                Err("wrong-cloud"),
            ),
            (
                "another cloud's issuer",
                unsigned(&json!({
                    "aud": "00000003-0000-0000-c000-000000000000",
                    "iss": "https://login.partner.microsoftonline.cn/7e4a/v2.0",
                })),
                Err("wrong-cloud"),
            ),
            (
                "an issuer that all clouds share",
                unsigned(&json!({"aud": root, "iss": "https://sts.windows.net/7e4a/"})),
                Ok(()),
            ),
            (
                "personal",
                unsigned(&json!({"aud": root, "tid": PERSONAL})),
                Err("personal-account"),
            ),
            (
                "look-alike",
                with("https://graph.microsoft.com.evil.example", now() + 60),
                Err("token-audience"),
            ),
            (
                "no audience",
                unsigned(&json!({"exp": now() + 60})),
                Err("token-audience"),
            ),
            ("no expiry", unsigned(&json!({"aud": root})), Ok(())),
            ("opaque", "EwB4A8l6BAAU".to_owned(), Err("token-opaque")),
            ("empty", String::new(), Err("token-malformed")),
            (
                "only a scheme",
                "Bearer ".to_owned(),
                Err("token-malformed"),
            ),
            (
                "two lines",
                "abc\r\nX-Injected: 1".to_owned(),
                Err("token-malformed"),
            ),
            ("not ascii", "abc\u{e9}".to_owned(), Err("token-malformed")),
        ];
        for (case, text, expected) in table {
            assert_eq!(code(text), expected.map_err(str::to_owned), "{case}");
        }
    }

    #[test]
    fn a_token_that_says_nothing_goes_to_this_machine_or_where_somebody_vouches_for_it() {
        let at = "http://127.0.0.1:9";
        let here = Cloud::custom(at, at, &[]).unwrap();
        assert!(GivenToken::new("opaque".into(), here).is_ok());
        assert!(GivenToken::vouched("opaque".into(), Cloud::global()).is_ok());
        let other = unsigned(&json!({"aud": "https://graph.microsoft.us"}));
        let refused = GivenToken::vouched(other, Cloud::global()).unwrap_err();
        assert_eq!(refused.code, "wrong-cloud", "what it says still counts");
    }

    #[tokio::test]
    async fn it_is_given_for_its_own_scope_and_never_renewed() {
        let text = unsigned(&json!({"aud": "https://graph.microsoft.com", "exp": now() + 600}));
        let given = GivenToken::new(text.clone(), Cloud::global()).unwrap();
        let mut request = TokenRequest {
            scope: Cloud::global().scope(),
            claims: None,
            renew: false,
        };
        assert_eq!(given.token(&request).await.unwrap().secret(), text);

        request.scope = "https://evil.example/.default".into();
        assert_eq!(
            given.token(&request).await.unwrap_err().code,
            "scope-mismatch"
        );
        request.scope = Cloud::global().scope();
        request.renew = true;
        assert_eq!(
            given.token(&request).await.unwrap_err().code,
            "token-not-accepted"
        );
        request.claims = Some("{}".into());
        assert_eq!(
            given.token(&request).await.unwrap_err().code,
            "token-claims"
        );
    }

    #[test]
    fn it_is_never_printed() {
        let given = GivenToken::vouched("CANARY-token".into(), Cloud::global()).unwrap();
        let printed = format!("{given:?} {given:#?}");
        assert!(!printed.contains("CANARY"), "{printed}");
        assert!(printed.contains("****"));
        for bad in [
            "CANARY\u{7}",
            &unsigned(&json!({"aud": "x", "sub": "CANARY"})),
        ] {
            let error = GivenToken::new(bad.to_owned(), Cloud::global()).unwrap_err();
            let printed = format!("{error} {error:?}");
            assert!(
                !printed.contains("CANARY") && !printed.contains(bad),
                "{printed}"
            );
        }
    }
}
