//! Error bodies in every shape that Graph and Intune are known to use.
//!
//! The shapes carry letters in the project's notes on Graph: A is JSON inside the message, B nests it twice,
//! C is plain text, D looks like JSON and is not, E is empty.

use crate::clock::error_date;
use crate::fleet::property::Version;
use crate::http::reply::Reply;
use crate::odata;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// What every error body repeats of its request.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) request_id: String,
    pub(crate) client_request_id: String,
    pub(crate) now: OffsetDateTime,
    pub(crate) tenant: String,
    /// The address as Intune's own service sees it, below its scale unit.
    pub(crate) service_path: String,
}

/// A scale unit of the shape of real ones. The address leads nowhere; clients must not show it.
const SCALE_UNIT: &str =
    "https://fef.mspractice01.manage.microsoft.com/DeviceFE/StatelessDeviceFEService";

/// Intune's path: key segments in parentheses, percent-encoded, and actions under their own namespace.
pub(crate) fn service_path(segments: &[String]) -> String {
    let mut path = String::new();
    for segment in segments {
        if uuid::Uuid::parse_str(segment).is_ok() || segment.contains('@') {
            path.push_str(&format!("%28%27{segment}%27%29"));
        } else if crate::action::RemoteAction::from_segment(segment).is_some() {
            path.push_str(&format!("/microsoft.management.services.api.{segment}"));
        } else {
            path.push_str(&format!("/{segment}"));
        }
    }
    path
}

impl Place {
    fn inner(&self) -> Value {
        json!({
            "date": error_date(self.now),
            "request-id": self.request_id,
            "client-request-id": self.client_request_id,
        })
    }

    /// The envelope that all answers share.
    pub(crate) fn error(&self, status: u16, code: &str, message: &str) -> Reply {
        let body = json!({"error": {"code": code, "message": message, "innerError": self.inner()}});
        Reply::json(status, body)
    }

    fn sentence(&self, text: &str) -> String {
        format!(
            "{text} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - \
             Activity ID: {} - Url: {SCALE_UNIT}{}?api-version=2025-07-09",
            self.client_request_id, self.service_path
        )
    }

    fn versioned(&self, text: &str, http_headers: &str) -> String {
        // Written by hand: Intune breaks the lines, and keeps this order.
        format!(
            "{{\r\n  \"_version\": 3,\r\n  \"Message\": {},\r\n  \"CustomApiErrorPhrase\": \"\",\r\n  \
             \"RetryAfter\": null,\r\n  \"ErrorSourceService\": \"\",\r\n  \"HttpHeaders\": {}\r\n}}",
            json!(self.sentence(text)),
            json!(http_headers),
        )
    }

    /// Shape A.
    pub(crate) fn intune(&self, status: u16, code: &str, text: &str) -> Reply {
        self.error(status, code, &self.versioned(text, "{}"))
    }

    /// Shape A with Intune's usual words.
    pub(crate) fn intune_says_no(&self, status: u16, code: &str) -> Reply {
        self.intune(status, code, "An error has occurred")
    }

    /// Shape B: a person without an Intune role. Not an expired token, although it is a 401.
    pub(crate) fn no_intune_role(&self) -> Reply {
        let realm = format!(
            "Bearer realm=\"urn:intune:service,{},{}\"",
            self.request_id, self.tenant
        );
        let headers = json!({"WWW-Authenticate": realm}).to_string();
        let nested = json!({
            "ErrorCode": "Forbidden",
            "Message": self.versioned("An error has occurred", &headers),
            "Target": null,
            "Details": null,
            "InnerError": null,
            "InstanceAnnotations": [],
        });
        self.error(401, "UnknownError", &nested.to_string())
    }

    /// Shape C.
    pub(crate) fn plain(&self, status: u16, code: &str) -> Reply {
        let text = self.sentence("An error has occurred");
        self.error(status, code, &format!("{text} - CustomApiErrorPhrase: "))
    }

    /// Shape D: unquoted and unfinished.
    pub(crate) fn broken(&self, status: u16, code: &str) -> Reply {
        let text = self.sentence("An error has occurred");
        let message = format!(
            "{{\r\n  \"_version\": 3,\r\n  \"Message\": \"{text}\",\r\n  \"HttpHeaders\": \"{{\"A\":\"b\"}}\r\n"
        );
        self.error(status, code, &message)
    }

    /// Shape E.
    pub(crate) fn silent(&self, status: u16) -> Reply {
        self.error(status, "UnknownError", "")
    }

    /// The permission is missing from the token.
    pub(crate) fn missing_scope(&self, wanted: &[&str]) -> Reply {
        let text = format!(
            "Application is not authorized to perform this operation. Application must have one of \
             the following scopes: {}",
            wanted.join(", ")
        );
        self.intune(403, "Forbidden", &text)
    }

    /// The same, as the directory says it: without naming the permission.
    pub(crate) fn privileges_too_small(&self) -> Reply {
        let text = "Insufficient privileges to complete the operation.";
        self.error(403, "Authorization_RequestDenied", text)
    }

    /// The directory has no object of that id.
    pub(crate) fn no_object(&self, id: &str) -> Reply {
        let text = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        self.error(404, "Request_ResourceNotFound", &text)
    }

    /// The directory does not take the query.
    pub(crate) fn unsupported_query(&self, why: &str) -> Reply {
        self.error(400, "Request_UnsupportedQuery", why)
    }

    /// A person whose Intune role does not allow this. The words are Intune's; the status is unconfirmed.
    pub(crate) fn role_too_small(&self) -> Reply {
        let text = "User is not authorized to perform this operation";
        self.intune(403, "Forbidden", text)
    }

    /// Graph's own answer to a token that does not hold.
    pub(crate) fn bad_token(&self, why: &str, authority: &str, claims: Option<&str>) -> Reply {
        let mut challenge = format!(
            "Bearer realm=\"\", authorization_uri=\"{authority}/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\""
        );
        if let Some(claims) = claims {
            challenge.push_str(&format!(
                ", error=\"insufficient_claims\", claims=\"{claims}\""
            ));
        }
        self.error(401, "InvalidAuthenticationToken", why)
            .with_header("www-authenticate", challenge)
    }

    pub(crate) fn no_segment(&self, segment: &str) -> Reply {
        let text = format!("Resource not found for the segment '{segment}'.");
        self.error(400, "BadRequest", &text)
    }

    pub(crate) fn not_found(&self) -> Reply {
        self.intune_says_no(404, "ResourceNotFound")
    }

    /// A query Intune does not understand.
    pub(crate) fn bad_query(&self, why: &str) -> Reply {
        self.intune(400, "BadRequest", why)
    }

    /// `$select` and `$expand` are refused by Graph itself, before Intune sees them.
    pub(crate) fn bad_select(&self, name: &str, version: Version) -> Reply {
        self.bad_select_of("managedDevice", name, version)
    }

    pub(crate) fn bad_select_of(&self, of: &str, name: &str, version: Version) -> Reply {
        let text = format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
             'microsoft.graph.{of}' ({version})."
        );
        self.error(400, "BadRequest", &text)
    }

    pub(crate) fn throttled(&self, retry_after: Option<&str>) -> Reply {
        let mut inner = self.inner();
        // The captured 429 repeats the client's id in both places.
        inner["request-id"] = json!(self.client_request_id);
        let body = json!({"error": {
            "code": "TooManyRequests",
            "message": "An error has occurred.",
            "details": [],
            "innerError": inner,
        }});
        let reply = Reply::json(429, body);
        match retry_after {
            Some(seconds) => reply.with_header("retry-after", seconds),
            None => reply,
        }
    }
}

/// The word for a page query that could not be read.
pub(crate) fn query_or_refusal(place: &Place, raw: &str) -> Result<odata::query::Query, Reply> {
    odata::query::Query::parse(raw).map_err(|why| place.bad_query(&why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::reply::Content;

    fn place() -> Place {
        Place {
            request_id: "r".into(),
            client_request_id: "c".into(),
            now: time::macros::datetime!(2026-05-01 12:00 UTC),
            tenant: "t".into(),
            service_path: "/deviceManagement/managedDevices%28%27x%27%29".into(),
        }
    }

    fn message(reply: Reply) -> String {
        match reply.body {
            Content::Json(body) => body["error"]["message"].as_str().expect("text").to_owned(),
            other => panic!("no JSON: {other:?}"),
        }
    }

    fn decode(text: &str) -> Option<Value> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn each_shape_nests_as_deep_as_its_captures() {
        let a = decode(&message(place().intune_says_no(400, "BadRequest"))).expect("A");
        assert_eq!(a["_version"], 3);
        assert_eq!(a["HttpHeaders"], "{}");
        let b = decode(&message(place().no_intune_role())).expect("B, once");
        assert_eq!(b["ErrorCode"], "Forbidden");
        let b = decode(b["Message"].as_str().expect("text")).expect("B, twice");
        let headers = decode(b["HttpHeaders"].as_str().expect("text")).expect("B, thrice");
        assert!(
            headers["WWW-Authenticate"]
                .as_str()
                .expect("text")
                .starts_with("Bearer realm")
        );
        let c = message(place().plain(403, "Forbidden"));
        assert!(decode(&c).is_none() && c.ends_with("CustomApiErrorPhrase: "));
        let d = message(place().broken(500, "InternalError"));
        assert!(decode(&d).is_none() && d.starts_with('{'));
        assert_eq!(message(place().silent(404)), "");
    }

    #[test]
    fn the_service_path_is_written_as_intune_writes_it() {
        let segments = [
            "deviceManagement",
            "managedDevices",
            "d0000001-0000-4000-8000-000000000001",
            "wipe",
        ];
        let path = service_path(&segments.map(str::to_owned));
        assert_eq!(
            path,
            "/deviceManagement/managedDevices%28%27d0000001-0000-4000-8000-000000000001%27%29\
             /microsoft.management.services.api.wipe"
        );
    }
}
