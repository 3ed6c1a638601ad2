//! What the host makes of a refusal of its own read. A component has its own eyes for the rest;
//! the codes are the same.

use std::time::Duration;

use super::reading::{Wait, challenge, codes, demanded_claims, retry_after};
use crate::clock::{parse_http_date, rfc3339};
use crate::connector::Answer;
use crate::contract::types::{Problem, ProblemKind, Touched};

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
            // A date is not read: the component, which knows no time, does not either.
            retry_after: match retry_after(answer) {
                Some(Wait::Lasting(wait)) => Some(whole_seconds(wait)),
                _ => None,
            },
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

/// Rounded up.
fn whole_seconds(wait: Duration) -> u32 {
    let more = u64::from(wait.subsec_nanos() > 0);
    u32::try_from(wait.as_secs().saturating_add(more)).unwrap_or(u32::MAX)
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
