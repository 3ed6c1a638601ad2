//! Managed identities, as a virtual machine and App Service hand them out.
//!
//! Shaped by Microsoft's pages "How to use managed identities for Azure resources on an Azure VM to acquire an
//! access token" and "REST endpoint reference" of App Service.

use crate::control::inner::{Inner, Shared};
use crate::entra::endpoint::fields;
use crate::entra::{Caller, TokenRequest};
use crate::http::exchange::Call;
use crate::http::reply::Reply;
use serde_json::json;
use time::OffsetDateTime;

const MACHINE: &str = "/metadata/identity/oauth2/token";
const APP_SERVICE: &str = "/msi/token";

/// What a managed identity's token is for when it stands for an app.
pub(crate) const EXCHANGE: &str = "api://AzureADTokenExchange";

/// What proves to App Service that the program is its own. Not for the journal.
pub(crate) const SECRET_HEADERS: &[&str] = &["x-identity-header", "secret"];

pub(crate) fn is_identity(path: &str) -> bool {
    [MACHINE, APP_SERVICE].contains(&path.trim_end_matches('/'))
}

/// The object id of the one identity there is, which is also the subject of its assertions.
pub(crate) fn object_id() -> String {
    crate::world::derived_guid(&format!("app:{}", crate::PRACTICE_IDENTITY_CLIENT_ID))
}

/// The interfaces, by address and version.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Machine,
    AppService,
    /// Of 2017, which old hybrid workers have.
    Older,
}

pub(crate) fn answer(shared: &Shared, inner: &mut Inner, call: &Call) -> Reply {
    let query = fields(&call.query);
    let asked = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let header = |name: &str| {
        let found = call.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let face = match (call.path.trim_end_matches('/'), asked("api-version")) {
        (MACHINE, "2018-02-01") => Face::Machine,
        (APP_SERVICE, "2019-08-01") => Face::AppService,
        (APP_SERVICE, "2017-09-01") => Face::Older,
        (_, version) => {
            let text = format!("The api-version '{version}' is not supported here");
            return Reply::json(
                400,
                json!({"error": "invalid_request", "error_description": text}),
            );
        }
    };
    let allowed = match face {
        Face::Machine => header("metadata") == "true",
        Face::AppService => header("x-identity-header") == crate::PRACTICE_IDENTITY_HEADER,
        Face::Older => header("secret") == crate::PRACTICE_IDENTITY_HEADER,
    };
    if call.method != "GET" || !allowed {
        return match face {
            Face::Machine => refused(face, 400, "Required metadata header not specified"),
            _ => refused(face, 401, "The identity header is missing or wrong"),
        };
    }
    let resource = asked("resource");
    if resource != EXCHANGE && !shared.is_own_origin(resource.trim_end_matches('/')) {
        let text = format!("The resource principal named {resource} was not found in the tenant");
        return refused(face, 400, &text);
    }
    // Each face has its own names; one that it does not know is an identity that it does not see.
    let names: &[(&str, &str)] = match face {
        Face::Machine => &[
            ("client_id", "client"),
            ("object_id", "object"),
            ("msi_res_id", "resource"),
        ],
        Face::AppService => &[
            ("client_id", "client"),
            ("object_id", "object"),
            ("principal_id", "object"),
            ("mi_res_id", "resource"),
        ],
        Face::Older => &[("clientid", "client")],
    };
    let known = |kind: &str| match kind {
        "client" => crate::PRACTICE_IDENTITY_CLIENT_ID.to_owned(),
        "object" => object_id(),
        _ => crate::PRACTICE_IDENTITY_RESOURCE_ID.to_owned(),
    };
    for name in query
        .keys()
        .filter(|name| !["api-version", "resource"].contains(&name.as_str()))
    {
        let own = names.iter().find(|(own, _)| own == name);
        if !own.is_some_and(|(own, kind)| asked(own).eq_ignore_ascii_case(&known(kind))) {
            return refused(face, 400, "Identity not found");
        }
    }
    let mut request = TokenRequest::app();
    request.caller = Caller::App {
        client_id: crate::PRACTICE_IDENTITY_CLIENT_ID.to_owned(),
    };
    let (resource, lifetime) = (resource.trim_end_matches('/').to_owned(), request.lifetime);
    let token = shared.mint(inner, &request, &resource);
    let end = OffsetDateTime::now_utc() + time::Duration::seconds(lifetime);
    let mut body = json!({
        "access_token": token,
        "client_id": crate::PRACTICE_IDENTITY_CLIENT_ID,
        "expires_on": end.unix_timestamp().to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    match face {
        Face::Machine => {
            body["expires_in"] = json!(lifetime.to_string());
            body["ext_expires_in"] = json!(lifetime.to_string());
            body["not_before"] = json!((end.unix_timestamp() - lifetime).to_string());
        }
        Face::AppService => {}
        Face::Older => {
            let (day, clock) = (end.date(), end.time());
            body["expires_on"] = json!(format!(
                "{:02}/{:02}/{} {:02}:{:02}:{:02} +00:00",
                u8::from(day.month()),
                day.day(),
                day.year(),
                clock.hour(),
                clock.minute(),
                clock.second()
            ));
        }
    }
    Reply::json(200, body)
}

fn refused(face: Face, status: u16, text: &str) -> Reply {
    let body = match face {
        Face::Machine => json!({"error": "invalid_request", "error_description": text}),
        Face::AppService | Face::Older => json!({"statusCode": status, "message": text}),
    };
    Reply::json(status, body)
}
