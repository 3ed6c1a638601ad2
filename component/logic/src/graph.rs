//! Reads from Microsoft Graph: beta first, because v1.0 cannot tell what we must know, and
//! v1.0 where beta will not answer.

use crate::contract::{Problem, ProblemKind};
use crate::errors::{Asked, of_failure, of_response};
use crate::json::Value;
use crate::prelude::*;
use crate::problem::{remedied, untouched};
use crate::service::{GRAPH, Reason, Request, Service};

/// A version of the interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Version {
    Beta,
    V1,
}

impl Version {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Beta => "beta",
            Self::V1 => "v1.0",
        }
    }
}

/// A read that brought nothing: the problem, and whether it may be the version's fault.
pub(crate) struct Miss {
    pub(crate) problem: Problem,
    /// Another version might answer.
    pub(crate) try_other: bool,
    /// The status, where there was one.
    pub(crate) status: Option<u16>,
}

/// One read.
pub(crate) fn get(
    service: &mut dyn Service,
    path: String,
    query: &[(&str, &str)],
    what: &str,
) -> Result<Value, Miss> {
    let asked = Asked::Read(what);
    let query = query
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let response = match service.send(GRAPH, Request::get(path, query)) {
        Ok(response) => response,
        Err(failure) => {
            // A grant may leave beta out.
            let try_other = matches!(failure.reason, Reason::Refused(_));
            return Err(Miss {
                problem: of_failure(&failure, asked),
                try_other,
                status: None,
            });
        }
    };
    if !response.ok() {
        let problem = of_response(&response, asked);
        // A refused sign-in and a throttled tenant are the same in every version.
        let try_other = matches!(response.status, 400 | 403 | 404 | 410 | 500..=599);
        return Err(Miss {
            problem,
            try_other,
            status: Some(response.status),
        });
    }
    let body = response.body.as_deref().and_then(Value::parse);
    body.filter(|body| matches!(body, Value::Object(_)))
        .ok_or_else(|| Miss {
            problem: malformed(what),
            try_other: false,
            status: Some(response.status),
        })
}

pub(crate) fn malformed(what: &str) -> Problem {
    remedied(
        untouched(
            ProblemKind::Malformed,
            "answer-unexpected",
            format!("the answer to reading {what} is not what Microsoft Graph documents"),
        ),
        "try again; if it stays so, please report it",
    )
}

/// A read that succeeded, from which version, and why not from beta.
pub(crate) struct Found {
    pub(crate) body: Value,
    pub(crate) version: Version,
    pub(crate) limit: Option<String>,
    /// The problem, where beta is only out of order and may answer in a minute.
    pub(crate) outage: Option<Problem>,
}

/// Read from beta, else from v1.0 with its own query.
pub(crate) fn get_either(
    service: &mut dyn Service,
    path: &str,
    beta: &[(&str, &str)],
    v1: &[(&str, &str)],
    what: &str,
) -> Result<Found, Problem> {
    let miss = match get(service, format!("/beta{path}"), beta, what) {
        Ok(body) => {
            return Ok(Found {
                body,
                version: Version::Beta,
                limit: None,
                outage: None,
            });
        }
        Err(miss) if miss.try_other => miss,
        Err(miss) => return Err(miss.problem),
    };
    match get(service, format!("/v1.0{path}"), v1, what) {
        Ok(body) => {
            let limit = Some(not_beta(&miss));
            let outage = (miss.problem.kind == ProblemKind::Unavailable).then_some(miss.problem);
            Ok(Found {
                body,
                version: Version::V1,
                limit,
                outage,
            })
        }
        // Where both refuse, what beta said is the fuller story; a missing device is v1.0's
        // to deny, because beta may lack the address.
        Err(second) if second.problem.kind == ProblemKind::NotFound => Err(second.problem),
        Err(_) => Err(miss.problem),
    }
}

/// Why only v1.0 answered.
pub(crate) fn not_beta(miss: &Miss) -> String {
    let why = miss
        .status
        .map_or_else(|| miss.problem.code.clone(), |status| status.to_string());
    format!(
        "beta of Microsoft Graph did not answer ({why}); this was read from v1.0, which knows less"
    )
}

/// A path segment that needs no escaping; nothing else reaches a path.
pub(crate) fn plain_segment(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 256
        && !text.starts_with('.')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '-'))
}

/// `/deviceManagement/managedDevices/{id}`, once the id is known to be plain.
pub(crate) fn device_path(id: &str) -> Result<String, Problem> {
    if plain_segment(id) {
        Ok(format!("/deviceManagement/managedDevices/{id}"))
    } else {
        Err(crate::problem::usage(
            "device-id-malformed",
            "this is not an Intune device id",
            "an Intune device id looks like 705c034c-034c-705c-4c03-5c704c035c70; find it with `passcode devices`",
        ))
    }
}
