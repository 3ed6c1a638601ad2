//! What the host makes of a refusal of its own read. A component has its own eyes for the rest;
//! the codes are the same.

use serde_json::Value;

use super::{challenge, demanded_claims};
use crate::clock::{parse_http_date, rfc3339};
use crate::connector::Answer;
use crate::contract::types::{Problem, ProblemKind, Touched};
use crate::json;

/// A refusal, as far as it decides what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    status: u16,
    codes: Vec<String>,
    /// The service demands more of the sign-in.
    challenged: bool,
    retry_after: Option<u32>,
    support_ids: Vec<(String, String)>,
}

impl Refused {
    pub(super) fn of(answer: &Answer) -> Self {
        let codes = codes(&answer.body);
        let ids = ["request-id", "client-request-id"].into_iter();
        let date = answer.header("date").and_then(parse_http_date).map(rfc3339);
        Self {
            status: answer.status,
            challenged: demanded_claims(answer).is_some()
                || challenge(answer, "insufficient_claims")
                || codes.iter().any(|code| code == "insufficient_claims"),
            codes,
            retry_after: answer.header("retry-after").and_then(seconds),
            support_ids: ids
                .filter_map(|name| Some((name.to_owned(), answer.header(name)?.to_owned())))
                .chain(date.map(|date| ("date".to_owned(), date)))
                .collect(),
        }
    }

    /// Nothing was sent; why, decides what to do.
    pub(crate) fn problem(&self) -> Problem {
        let forbidden = self.codes.iter().skip(1).any(|code| code == "Forbidden");
        let (kind, code, remedy) = match self.status {
            401 if forbidden => (ProblemKind::Forbidden, "intune-role-missing", ROLE),
            401 if self.challenged => (ProblemKind::NotSignedIn, "conditional-access", POLICY),
            403 if self.challenged => (ProblemKind::Forbidden, "conditional-access", POLICY),
            401 => (ProblemKind::NotSignedIn, "token-refused", "sign in again"),
            403 => (ProblemKind::Forbidden, "graph-permission-missing", READ),
            404 | 410 => (
                ProblemKind::NotFound,
                "device-gone",
                "check that the device still exists, and that your scope covers it",
            ),
            429 => (
                ProblemKind::Throttled,
                "throttled",
                "wait, and carry the plan out again",
            ),
            _ => (ProblemKind::Unavailable, "device-unreadable", AGAIN),
        };
        Problem {
            status: Some(self.status),
            service_code: self.codes.first().cloned().filter(|code| !code.is_empty()),
            support_ids: self.support_ids.clone(),
            retry_after_seconds: self.retry_after,
            ..unread(kind, code, remedy)
        }
    }
}

/// The device could not be read just before acting.
pub(crate) fn unread(kind: ProblemKind, code: &str, remedy: &str) -> Problem {
    Problem {
        touched: Touched::No,
        kind,
        code: code.to_owned(),
        message: "the device could not be read again just before acting, so nothing was sent"
            .to_owned(),
        remedy: Some(remedy.to_owned()),
        status: None,
        service_code: None,
        support_ids: Vec::new(),
        retry_after_seconds: None,
        checks: Vec::new(),
    }
}

pub(crate) const AGAIN: &str =
    "try again; if it goes on, check that the device still exists and that you may read it";
const ROLE: &str = "have someone assign an Intune role with \"Managed devices / Read\" whose scope covers the device: Help Desk Operator, School Administrator, or a custom role";
const READ: &str = "grant the app DeviceManagementManagedDevices.Read.All with admin consent; a signed-in person also needs an Intune role that may read managed devices";
const POLICY: &str = "sign in again and answer the additional request, or use an account that meets the Conditional Access policy";

/// The codes of a refusal, from the outside in: of the error, of inner errors, and of the JSON
/// that Intune writes into the message. The first is there, and may be empty.
fn codes(body: &[u8]) -> Vec<String> {
    let parsed = json::parse(body).unwrap_or_default();
    let word = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let error = &parsed["error"];
    let mut codes = vec![word(error, "code")];
    let mut inner = error;
    for _ in 0..4 {
        inner = match (&inner["innerError"], &inner["innererror"]) {
            (Value::Null, other) => other,
            (own, _) => own,
        };
        codes.push(word(inner, "code"));
    }
    let mut message = word(error, "message");
    for _ in 0..4 {
        let Ok(nested) = json::parse(message.as_bytes()) else {
            break;
        };
        codes.push(word(&nested, "ErrorCode"));
        message = word(&nested, "Message");
    }
    let first = codes.remove(0);
    codes.retain(|code| !code.is_empty());
    codes.insert(0, first);
    codes
}

/// `Retry-After` in seconds, rounded up. A date is not read: the component does not either.
fn seconds(text: &str) -> Option<u32> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let more = u32::from(fraction.bytes().any(|byte| byte != b'0'));
    whole.parse::<u32>().ok()?.checked_add(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_read_has_the_codes_that_the_component_has() {
        let role = r#"{"error":{"code":"UnknownError","message":"{\"ErrorCode\":\"Forbidden\",\"Message\":\"\"}"}}"#;
        let claims = r#"{"error":{"code":"insufficient_claims","message":""}}"#;
        let wording = r#"{"error":{"code":"UnknownError","message":"Forbidden"}}"#;
        let demand = [("www-authenticate", "Bearer claims=\"e30=\"")];
        type Row<'a> = (u16, &'a str, &'a [(&'a str, &'a str)], &'a str);
        let table: [Row<'_>; 11] = [
            (401, role, &[], "intune-role-missing"),
            (401, wording, &[], "token-refused"),
            (401, "", &[], "token-refused"),
            (401, "", &demand, "conditional-access"),
            (403, claims, &[], "conditional-access"),
            (403, "<html>", &[], "graph-permission-missing"),
            (404, "", &[], "device-gone"),
            (410, "", &[], "device-gone"),
            (429, "", &[("retry-after", "2.128")], "throttled"),
            (400, "", &[], "device-unreadable"),
            (503, "", &[("retry-after", "7")], "device-unreadable"),
        ];
        for (status, body, headers, code) in table {
            let headers = headers.iter().chain(&[("request-id", "r")]);
            let answer = Answer {
                status,
                headers: headers
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
                body: body.as_bytes().to_vec(),
            };
            let problem = Refused::of(&answer).problem();
            assert_eq!(problem.code, code, "{status} {body}");
            assert_eq!(
                problem.support_ids,
                [("request-id".to_owned(), "r".to_owned())]
            );
            let wait = match status {
                429 => Some(3),
                503 => Some(7),
                _ => None,
            };
            assert_eq!(problem.retry_after_seconds, wait, "{status}");
        }
    }
}
