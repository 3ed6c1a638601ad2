//! The token endpoint and the discovery document, shaped as Entra's.

use crate::clock::timestamp;
use crate::control::inner::{Inner, Shared};
use crate::entra::assertion;
use crate::entra::{Caller, TokenRequest};
use crate::http::exchange::Call;
use crate::http::reply::{Content, Reply};
use percent_encoding::percent_decode_str;
use serde_json::json;
use std::collections::BTreeMap;

const TOKEN: &str = "/oauth2/v2.0/token";
const DISCOVERY: &str = "/v2.0/.well-known/openid-configuration";
const KEYS: &str = "/discovery/v2.0/keys";

/// Whether a path belongs to the directory rather than to Graph.
pub(crate) fn is_directory(path: &str) -> bool {
    [TOKEN, DISCOVERY, KEYS]
        .iter()
        .any(|end| path.ends_with(end))
}

pub(crate) fn is_token(path: &str) -> bool {
    path.ends_with(TOKEN)
}

/// The form for the journal: what authenticates the client is left out.
pub(crate) fn without_secrets(form: &str) -> String {
    form.split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if SECRETS.contains(&name) => format!("{name}=***"),
            _ => pair.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("&")
}

const SECRETS: &[&str] = &[
    "client_secret",
    "client_assertion",
    "password",
    "refresh_token",
    "code",
    "device_code",
];

pub(crate) fn answer(shared: &Shared, inner: &mut Inner, call: &Call) -> Reply {
    let tenant = call
        .path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let world = &inner.world;
    if !tenant.eq_ignore_ascii_case(&world.tenant) && !tenant.eq_ignore_ascii_case(&world.domain) {
        let text = format!(
            "Tenant '{tenant}' not found. Check that the tenant id is right and in this cloud."
        );
        return refusal(inner, call, 400, "invalid_request", 90_002, &text);
    }
    if call.path.ends_with(DISCOVERY) {
        return discovery(call, &inner.world.tenant);
    }
    if call.path.ends_with(KEYS) {
        return Reply::json(200, json!({"keys": []}));
    }
    if call.method != "POST" {
        return refusal(
            inner,
            call,
            400,
            "invalid_request",
            900_561,
            "The endpoint only accepts POST requests.",
        );
    }
    let form = fields(&call.body);
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if field("grant_type") != "client_credentials" {
        let text = format!(
            "The app requested an unsupported grant type '{}'.",
            field("grant_type")
        );
        return refusal(inner, call, 400, "unsupported_grant_type", 70_003, &text);
    }
    let Some(client) = inner
        .clients
        .iter()
        .find(|client| client.id == field("client_id"))
        .cloned()
    else {
        let text = format!(
            "Application with identifier '{}' was not found in the directory '{}'.",
            field("client_id"),
            inner.world.domain
        );
        return refusal(inner, call, 400, "unauthorized_client", 700_016, &text);
    };
    if field("client_assertion_type") == assertion::TYPE {
        let endpoint = format!("{}{}", call.origin, call.path);
        let (given, id) = (field("client_assertion"), &client.id);
        if let Err((code, text)) = assertion::check(shared, inner, given, id, &endpoint) {
            return refusal(inner, call, 401, "invalid_client", code, &text);
        }
    } else if field("client_secret") != client.secret {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
             value, not the client secret ID, for a secret added to app '{}'.",
            client.id
        );
        return refusal(inner, call, 401, "invalid_client", 7_000_215, &text);
    }
    let Some(audience) = field("scope")
        .strip_suffix("/.default")
        .filter(|root| shared.is_own_origin(root))
    else {
        let text = format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input \
             parameter 'scope' is not valid. The scope '{}' does not exist.",
            field("scope")
        );
        return refusal(inner, call, 400, "invalid_scope", 70_011, &text);
    };
    let mut request = TokenRequest::app();
    request.caller = Caller::App {
        client_id: client.id,
    };
    request.permissions = client.permissions;
    request.lifetime = inner.settings.token_lifetime;
    let audience = audience.to_owned();
    let token = shared.mint(inner, &request, &audience);
    let body = json!({
        "token_type": "Bearer",
        "expires_in": request.lifetime,
        "ext_expires_in": request.lifetime,
        "access_token": token,
    });
    Reply::json(200, body).with_header("cache-control", "no-store, no-cache")
}

pub(crate) fn fields(body: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    body.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn refusal(inner: &Inner, call: &Call, status: u16, error: &str, code: u32, text: &str) -> Reply {
    let trace = uuid::Uuid::new_v4().to_string();
    let correlation = call
        .client_request_id
        .clone()
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let stamp = timestamp(inner.clock.now());
    // Entra writes a space, not a T, and no fraction.
    let stamp = format!("{}Z", stamp.get(..19).unwrap_or_default().replace('T', " "));
    Reply::json(
        status,
        json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
            ),
            "error_codes": [code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
        }),
    )
}

/// A fault's refusal in the directory's words: its status and headers, not Graph's body. Clients of the
/// directory read `error` as text, and some break on an object.
///
/// The numbers are documented for a throttled tenant and for a retryable error; that they come with these
/// statuses is unconfirmed.
pub(crate) fn in_own_words(inner: &Inner, call: &Call, refused: Reply) -> Reply {
    let (code, text) = match (refused.status, &refused.body) {
        (429, Content::Json(_)) => (90_055, "There are too many incoming requests."),
        (500.., Content::Json(_)) => (90_006, "The service is temporarily unavailable."),
        _ => return refused,
    };
    let mut own = refusal(
        inner,
        call,
        refused.status,
        "temporarily_unavailable",
        code,
        text,
    );
    own.headers = refused.headers;
    own
}

fn discovery(call: &Call, tenant: &str) -> Reply {
    let base = format!("{}/{tenant}", call.origin);
    Reply::json(
        200,
        json!({
            "issuer": format!("{base}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}{TOKEN}"),
            "jwks_uri": format!("{base}{KEYS}"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "tenant_region_scope": "NA",
            "cloud_instance_name": call.origin,
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_reach_the_journal() {
        let form = "client_id=a&client_secret=b%26c&scope=d";
        assert_eq!(
            without_secrets(form),
            "client_id=a&client_secret=***&scope=d"
        );
    }
}
