//! What a refusal means: which kind of problem, whether the device was touched, what to do.

use crate::contract::{Problem, ProblemKind, Touched};
use crate::errors::decode::{ServiceError, decode, presentable};
use crate::prelude::*;
use crate::problem::{remedied, untouched};
use crate::service::{Failure, Reason, Response, Sent};

/// What the request was for. Only a sending can have touched the device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asked<'a> {
    /// A read; the words say of what: `the device`, `the list of devices`.
    Read(&'a str),
    /// The one request of a plan; the words say what it asked Intune to do.
    Send(&'a str),
}

impl Asked<'_> {
    fn sends(self) -> bool {
        matches!(self, Self::Send(_))
    }

    fn words(self) -> String {
        match self {
            Self::Read(what) => format!("reading {what}"),
            Self::Send(what) => what.to_owned(),
        }
    }
}

const ROLE: &str = "have someone assign an Intune role with \"Remote tasks / Reset passcode\" whose scope covers the device: Help Desk Operator, School Administrator, or a custom role";
const LOOK_FIRST: &str =
    "do not send it again: look at the device's action results first, with `passcode status`";

/// The problem behind an answer whose status is not a success.
pub(crate) fn of_response(response: &Response, asked: Asked<'_>) -> Problem {
    let mut error = response.body.as_deref().map(decode).unwrap_or_default();
    for name in ["request-id", "client-request-id"] {
        if let Some(id) = response.header(name) {
            // The header is what the service stands by; the body's copy gives way.
            error.support_ids.retain(|(known, _)| known != name);
            error.add_id(name, id);
        }
    }
    let mut problem = by_status(response.status, &error, asked);
    problem.status = Some(response.status);
    problem.service_code = (!error.code.is_empty()).then(|| error.code.clone());
    if matches!(
        problem.kind,
        ProblemKind::Throttled | ProblemKind::Unavailable
    ) {
        problem.retry_after_seconds = response.header("retry-after").and_then(seconds);
    }
    for said in [error.phrase.as_deref().unwrap_or_default(), &error.text] {
        if !said.is_empty() {
            problem.message = format!(
                "{} (the service says: {})",
                problem.message,
                presentable(said)
            );
            break;
        }
    }
    problem.support_ids = error.support_ids;
    problem
}

fn by_status(status: u16, error: &ServiceError, asked: Asked<'_>) -> Problem {
    let what = asked.words();
    let problem = |kind, code: &str, message: String, remedy: &str| {
        remedied(untouched(kind, code, message), remedy)
    };
    // Multi Admin Approval: the documents say 403, laboratories saw 412 and 400.
    if asked.sends() && error.says("ApprovalRequired") {
        return problem(
            ProblemKind::ApprovalRequired,
            "approval-required",
            format!(
                "{what} needs the approval of another administrator in Intune; nothing was done"
            ),
            "ask another administrator to approve the request in Intune (Tenant administration > Multi Admin Approval), then execute the plan again",
        );
    }
    match status {
        400 => problem(
            ProblemKind::Rejected,
            if asked.sends() {
                "action-rejected"
            } else {
                "request-rejected"
            },
            format!("Intune did not accept {what} (400)"),
            if asked.sends() {
                "Intune gives no cause: the action may not fit this device, or the device may just have changed; run `passcode explain` again"
            } else {
                "this is most likely a fault in this tool; please report it with the ids shown"
            },
        ),
        401 if error.inner_says("Forbidden") => problem(
            ProblemKind::Forbidden,
            "intune-role-missing",
            format!("the sign-in is valid, but its account has no Intune role that allows {what}"),
            ROLE,
        ),
        401 | 403 if error.says("insufficient_claims") => problem(
            ProblemKind::Forbidden,
            "conditional-access",
            format!("Conditional Access asks for a stronger sign-in before {what}"),
            "sign in again and answer the additional request, or use an account that meets the policy",
        ),
        401 => problem(
            ProblemKind::NotSignedIn,
            "token-refused",
            format!("Microsoft Graph did not accept the sign-in for {what}"),
            "sign in again",
        ),
        403 => problem(
            ProblemKind::Forbidden,
            "graph-permission-missing",
            format!("the sign-in may not do this: {what} was forbidden"),
            if asked.sends() {
                "grant the app DeviceManagementManagedDevices.PrivilegedOperations.All with admin consent; a signed-in person also needs an Intune role with \"Remote tasks / Reset passcode\""
            } else {
                "grant the app DeviceManagementManagedDevices.Read.All with admin consent; a signed-in person also needs an Intune role that may read managed devices"
            },
        ),
        404 | 410 => problem(
            ProblemKind::NotFound,
            "not-found",
            format!("Intune knows nothing at this address: {what}"),
            "check the device's id; a device that was retired or deleted is no longer listed, and one outside your scope is not shown",
        ),
        429 => problem(
            ProblemKind::Throttled,
            "throttled",
            format!("Microsoft Graph is throttling this app or tenant; {what} was not done"),
            "wait and try again; nothing was sent to the device",
        ),
        409 | 412 | 423 => problem(
            ProblemKind::Rejected,
            "state-conflict",
            format!(
                "Intune did not accept {what}, because of the state that the device or the request is in ({status})"
            ),
            "look at the device in Intune and at its Device actions, then plan again",
        ),
        400..=499 if status != 408 => problem(
            ProblemKind::Rejected,
            if asked.sends() {
                "action-rejected"
            } else {
                "request-rejected"
            },
            format!("the service did not accept {what} ({status})"),
            "this is most likely a fault in this tool; please report it with the ids shown",
        ),
        // A service that fails may have acted before it failed.
        _ if asked.sends() => unknown(format!(
            "Intune answered {status} to {what}; nobody knows whether it was taken"
        )),
        408 | 500..=599 => problem(
            ProblemKind::Unavailable,
            "service-unavailable",
            format!("Intune is out of order ({status}): {what} did not work"),
            "try again in a few minutes; if it stays so, see the service health page",
        ),
        _ => problem(
            ProblemKind::Malformed,
            "answer-unexpected",
            format!("{what} was answered with {status}, which no document mentions"),
            "please report this with the ids shown",
        ),
    }
}

/// The problem behind a request without an answer.
pub(crate) fn of_failure(failure: &Failure, asked: Asked<'_>) -> Problem {
    let what = asked.words();
    let said = presentable(&failure.message);
    // The door's own rules and limits stop a request before anything is sent; the sentence
    // is not needed to know that.
    if asked.sends() && failure.sent != Sent::No {
        return unknown(format!(
            "the answer to {what} never arrived; nobody knows whether Intune took it ({said})"
        ));
    }
    let problem = |kind, code: &str, message: String, remedy: &str| {
        remedied(untouched(kind, code, message), remedy)
    };
    match &failure.reason {
        Reason::Refused(rule) => problem(
            ProblemKind::Refused(rule.clone()),
            "door-refused",
            format!("the host did not let the request through: {what} ({said})"),
            "the grant file decides what may pass; see the rule that is named",
        ),
        Reason::Exhausted(limit) => problem(
            ProblemKind::Internal,
            "limit-exhausted",
            format!("the limit `{limit}` was used up before {what}"),
            "narrow the search, or raise the limit",
        ),
        Reason::NoCredential => problem(
            ProblemKind::NotSignedIn,
            "no-credential",
            format!("there is no sign-in for {what} ({said})"),
            "sign in first",
        ),
        Reason::Unreachable | Reason::Interrupted => problem(
            ProblemKind::Unavailable,
            "unreachable",
            format!("Microsoft Graph could not be reached for {what} ({said})"),
            "check the network and the proxy, then try again",
        ),
        Reason::Unreadable | Reason::Withheld => problem(
            ProblemKind::Malformed,
            "answer-unreadable",
            format!("the answer to {what} could not be used ({said})"),
            "please report this; nothing was changed",
        ),
        Reason::Other(_) => problem(
            ProblemKind::Unavailable,
            "no-answer",
            format!("{what} did not work ({said})"),
            "try again",
        ),
    }
}

fn unknown(message: String) -> Problem {
    let mut problem = untouched(ProblemKind::OutcomeUnknown, "outcome-unknown", message);
    problem.touched = Touched::Unknown;
    remedied(problem, LOOK_FIRST)
}

/// `Retry-After` in seconds, whole or fractional, rounded up. A date is not read: there is no
/// clock here to compare it with.
fn seconds(text: &str) -> Option<u32> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let more = u32::from(fraction.bytes().any(|b| b != b'0'));
    whole.parse::<u32>().ok()?.checked_add(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds_and_rounded_up() {
        for (text, expected) in [
            ("10", Some(10)),
            ("2.128", Some(3)),
            ("2.000", Some(2)),
            ("0", Some(0)),
            ("", None),
            ("-1", None),
            ("soon", None),
            ("1.x", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
