//! One read of Microsoft Graph: a page, or a problem that says what to do.

use passcode_logic::contract::{Problem, ProblemKind, Touched};
use passcode_logic::errors::{ServiceError, decode};
use passcode_logic::json::Value;
use passcode_logic::service::{Failure, GRAPH, Reason, Request, Response, Service};

/// What a read is for, as problems say it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// `the devices that the filter finds`.
    pub(crate) what: &'static str,
    /// The least permission that it takes.
    pub(crate) permission: &'static str,
    /// The code for a request that is not taken as such.
    pub(crate) rejected: &'static str,
    /// What it means that there is nothing there.
    pub(crate) missing: &'static str,
}

impl Asked {
    /// An answer that no document describes.
    pub(crate) fn malformed(&self) -> Problem {
        problem(
            ProblemKind::Malformed,
            "answer-unexpected",
            &format!(
                "the answer to reading {} is not what Microsoft Graph documents",
                self.what
            ),
            "try again; if it stays so, please report it",
        )
    }
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct Page {
    /// What is on it.
    pub(crate) items: Vec<Value>,
    /// The name of the next one.
    pub(crate) next: Option<String>,
}

/// Read a list from its beginning.
pub(crate) fn read(
    service: &mut dyn Service,
    path: &str,
    query: &[(&str, &str)],
    asked: &Asked,
) -> Result<Page, Problem> {
    let query = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    page(service, Request::get(path.to_owned(), query), asked)
}

/// Go on with a list.
pub(crate) fn go_on(service: &mut dyn Service, name: &str, asked: &Asked) -> Result<Page, Problem> {
    if !name.starts_with("page:") {
        return Err(problem(
            ProblemKind::Usage,
            "page-unknown",
            "this is not a page of an earlier answer",
            "begin with the first page",
        ));
    }
    page(service, Request::get(name.to_owned(), Vec::new()), asked)
}

fn page(service: &mut dyn Service, request: Request, asked: &Asked) -> Result<Page, Problem> {
    let response = service
        .send(GRAPH, request)
        .map_err(|failure| of_failure(&failure, asked))?;
    if !response.ok() {
        return Err(of_response(&response, asked));
    }
    let body = response.body.as_deref().and_then(Value::parse);
    let Some(Value::Object(properties)) = body else {
        return Err(asked.malformed());
    };
    let (mut items, mut next) = (None, None);
    for (name, value) in properties {
        match (name.as_str(), value) {
            ("value", Value::Array(found)) => items = Some(found),
            ("@odata.nextLink", Value::String(link)) => next = Some(link),
            _ => {}
        }
    }
    let items = items.ok_or_else(|| asked.malformed())?;
    Ok(Page { items, next })
}

/// A text that is there and not empty.
pub(crate) fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    let text = item.get(name).and_then(Value::as_str);
    text.filter(|text| !text.is_empty())
}

/// An OData string literal.
pub(crate) fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A problem of something that only read.
pub(crate) fn problem(kind: ProblemKind, code: &str, message: &str, remedy: &str) -> Problem {
    Problem {
        touched: Touched::No,
        kind,
        code: code.to_owned(),
        message: message.to_owned(),
        remedy: Some(remedy.to_owned()),
        status: None,
        service_code: None,
        support_ids: Vec::new(),
        retry_after_seconds: None,
        checks: Vec::new(),
    }
}

fn of_response(response: &Response, asked: &Asked) -> Problem {
    let error = response.body.as_deref().map(decode).unwrap_or_default();
    let mut problem = meaning(response.status, &error, asked);
    problem.status = Some(response.status);
    problem.service_code = (!error.code.is_empty()).then(|| error.code.clone());
    if matches!(response.status, 429 | 503) {
        let wait = response.header("retry-after");
        problem.retry_after_seconds = wait.and_then(|wait| wait.trim().parse().ok());
    }
    let said = error.phrase.as_deref().unwrap_or(&error.text);
    if !said.is_empty() {
        problem.message = format!("{} (Microsoft Graph says: {said})", problem.message);
    }
    problem.support_ids = error.support_ids;
    problem
}

fn meaning(status: u16, error: &ServiceError, asked: &Asked) -> Problem {
    let what = asked.what;
    match status {
        401 if error.inner_says("Forbidden") => problem(
            ProblemKind::Forbidden,
            "intune-role-missing",
            &format!(
                "the sign-in is valid, but its account has no Intune role that allows reading {what}"
            ),
            "have someone assign an Intune role that may read managed devices",
        ),
        401 | 403 if error.says("insufficient_claims") => problem(
            ProblemKind::Forbidden,
            "conditional-access",
            &format!("Conditional Access asks for a stronger sign-in before reading {what}"),
            "sign in again and answer the additional request, or use an account that meets the policy",
        ),
        401 => problem(
            ProblemKind::NotSignedIn,
            "token-refused",
            &format!("Microsoft Graph did not accept the sign-in for reading {what}"),
            "sign in again",
        ),
        403 => problem(
            ProblemKind::Forbidden,
            "graph-permission-missing",
            &format!("the sign-in may not read {what}"),
            &format!(
                "grant the app {} with admin consent, and sign in again",
                asked.permission
            ),
        ),
        404 | 410 => problem(
            ProblemKind::NotFound,
            "not-found",
            asked.missing,
            "compare it with what Microsoft Entra or Intune shows",
        ),
        429 => problem(
            ProblemKind::Throttled,
            "throttled",
            &format!("Microsoft Graph is throttling this app or tenant; {what} were not read"),
            "wait and try again",
        ),
        408 | 500..=599 => problem(
            ProblemKind::Unavailable,
            "service-unavailable",
            &format!("Microsoft Graph is out of order; {what} were not read"),
            "try again in a few minutes; if it stays so, see the service health page",
        ),
        400 => problem(
            ProblemKind::Rejected,
            asked.rejected,
            &format!("Microsoft Graph does not take the request for {what}"),
            "read what it says; the same request can be tried in Graph Explorer, on beta",
        ),
        _ => problem(
            ProblemKind::Rejected,
            "request-rejected",
            &format!("Microsoft Graph answered {status} to the request for {what}"),
            "read what it says; if that does not help, please report it",
        ),
    }
}

fn of_failure(failure: &Failure, asked: &Asked) -> Problem {
    let what = asked.what;
    let (kind, code, remedy) = match &failure.reason {
        Reason::Refused(rule) => (
            ProblemKind::Refused(rule.clone()),
            "door-refused",
            "the grant decides what may be asked; see the rule that is named",
        ),
        Reason::Exhausted(_) => (
            ProblemKind::Internal,
            "limit-exhausted",
            "wait and try again",
        ),
        Reason::NoCredential => (ProblemKind::NotSignedIn, "no-credential", "sign in first"),
        Reason::Unreachable | Reason::Interrupted => (
            ProblemKind::Unavailable,
            "unreachable",
            "check the network and the proxy, then try again",
        ),
        Reason::Unreadable | Reason::Withheld => (
            ProblemKind::Malformed,
            "answer-unreadable",
            "try again; if it stays so, please report it",
        ),
        Reason::Other(_) => (ProblemKind::Unavailable, "no-answer", "try again"),
    };
    let message = format!("{what} were not read: {}", failure.message);
    problem(kind, code, &message, remedy)
}
