//! Problems, built so that nobody forgets the first question: was the device touched?

use crate::contract::{Check, Problem, ProblemKind, Touched};
use crate::prelude::*;

/// A problem of something that only read, or that refused before sending.
pub(crate) fn untouched(kind: ProblemKind, code: &str, message: impl Into<String>) -> Problem {
    Problem {
        touched: Touched::No,
        kind,
        code: code.to_owned(),
        message: message.into(),
        remedy: None,
        status: None,
        service_code: None,
        support_ids: Vec::new(),
        retry_after_seconds: None,
        checks: Vec::new(),
    }
}

/// The request for something makes no sense.
pub(crate) fn usage(code: &str, message: impl Into<String>, remedy: &str) -> Problem {
    remedied(untouched(ProblemKind::Usage, code, message), remedy)
}

/// Refused by a check, with everything that was found until then.
pub(crate) fn refused(
    check: &str,
    code: &str,
    message: impl Into<String>,
    remedy: &str,
    checks: Vec<Check>,
) -> Problem {
    let kind = ProblemKind::Refused(check.to_owned());
    let mut problem = remedied(untouched(kind, code, message), remedy);
    problem.checks = checks;
    problem
}

/// The same problem with what to do about it.
pub(crate) fn remedied(mut problem: Problem, remedy: &str) -> Problem {
    problem.remedy = (!remedy.is_empty()).then(|| remedy.to_owned());
    problem
}
