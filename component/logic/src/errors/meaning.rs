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

    fn one(self) -> bool {
        self.sends() || matches!(self, Self::Read(what) if what.starts_with("the device"))
    }

    fn words(self) -> String {
        match self {
            Self::Read(what) => format!("reading {what}"),
            Self::Send(what) => what.to_owned(),
        }
    }
}

pub(crate) const ROLE: &str = "have someone assign an Intune role with \"Remote tasks / Reset passcode\" whose scope covers the device: Help Desk Operator, School Administrator, or a custom role";
const APPROVE: &str = "ask another administrator to approve the request in Intune (Tenant administration > Multi Admin Approval), then execute the plan again";
pub(crate) const MAY_ACT: &str = "grant the app DeviceManagementManagedDevices.PrivilegedOperations.All with admin consent; a signed-in person also needs an Intune role with \"Remote tasks / Reset passcode\"";
const MAY_READ: &str = "grant the app DeviceManagementManagedDevices.Read.All with admin consent; a signed-in person also needs an Intune role that may read managed devices";
const REPORT: &str =
    "this is most likely a fault in this tool; please report it with the ids shown";
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

/// A meaning: the kind, the code, the sentence before and after what was asked, the remedy.
type Meaning = (
    ProblemKind,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

fn by_status(status: u16, error: &ServiceError, asked: Asked<'_>) -> Problem {
    // A service that fails may have acted before it failed.
    let approval = asked.sends() && error.says("ApprovalRequired");
    if asked.sends() && !approval && (!(400..500).contains(&status) || status == 408) {
        return unknown(format!(
            "Intune answered {status} to {}; nobody knows whether it was taken",
            asked.words()
        ));
    }
    // Multi Admin Approval: the documents say 403, laboratories saw 412 and 400.
    let meaning = if approval {
        (
            ProblemKind::ApprovalRequired,
            "approval-required",
            "",
            " needs the approval of another administrator in Intune; nothing was done",
            APPROVE,
        )
    } else {
        meaning(status, error, asked)
    };
    made(meaning, asked, "")
}

/// What a status and the codes mean where the device was not touched.
fn meaning(status: u16, error: &ServiceError, asked: Asked<'_>) -> Meaning {
    let sends = asked.sends();
    match status {
        401 if error.inner_says("Forbidden") => (
            ProblemKind::Forbidden,
            "intune-role-missing",
            "the sign-in is valid, but its account has no Intune role that allows ",
            "",
            ROLE,
        ),
        401 | 403 if error.says("insufficient_claims") => (
            ProblemKind::Forbidden,
            "conditional-access",
            "Conditional Access asks for a stronger sign-in before ",
            "",
            "sign in again and answer the additional request, or use an account that meets the policy",
        ),
        401 => (
            ProblemKind::NotSignedIn,
            "token-refused",
            "Microsoft Graph did not accept the sign-in for ",
            "",
            "sign in again",
        ),
        403 => (
            ProblemKind::Forbidden,
            "graph-permission-missing",
            "the sign-in may not do this: ",
            " was forbidden",
            if sends { MAY_ACT } else { MAY_READ },
        ),
        // Of one device. A list is there even if it is empty.
        404 | 410 if asked.one() => (
            ProblemKind::NotFound,
            "not-found",
            "Intune knows nothing at this address: ",
            "",
            "check the device's id; a device that was retired or deleted is no longer listed, and one outside your scope is not shown",
        ),
        429 => (
            ProblemKind::Throttled,
            "throttled",
            "Microsoft Graph is throttling this app or tenant: ",
            " was not done",
            "wait and try again; nothing was sent to the device",
        ),
        409 | 412 | 423 => (
            ProblemKind::Rejected,
            "state-conflict",
            "the state that the device or the request is in does not allow ",
            "",
            "look at the device in Intune and at its Device actions, then plan again",
        ),
        408 | 500..=599 => (
            ProblemKind::Unavailable,
            "service-unavailable",
            "Intune is out of order: ",
            " did not work",
            "try again in a few minutes; if it stays so, see the service health page",
        ),
        400..=499 if sends => (
            ProblemKind::Rejected,
            "action-rejected",
            "Intune did not accept ",
            "",
            "Intune gives no cause: the action may not fit this device, or the device may just have changed; run `passcode explain` again",
        ),
        400..=499 => (
            ProblemKind::Rejected,
            "request-rejected",
            "Intune did not accept ",
            "",
            "read what the service says: a tenant without an Intune licence is refused, too; else report it",
        ),
        _ => (
            ProblemKind::Malformed,
            "answer-unexpected",
            "no document mentions such an answer to ",
            "",
            REPORT,
        ),
    }
}

/// The problem that a meaning amounts to.
fn made((kind, code, before, after, remedy): Meaning, asked: Asked<'_>, said: &str) -> Problem {
    let mut message = format!("{before}{}{after}", asked.words());
    if !said.is_empty() {
        message = format!("{message} ({said})");
    }
    remedied(untouched(kind, code, message), remedy)
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
    let meaning = match &failure.reason {
        Reason::Refused(rule) => (
            ProblemKind::Refused(rule.clone()),
            "door-refused",
            "the host did not let the request through: ",
            "",
            "the grant file decides what may pass; see the rule that is named",
        ),
        Reason::Exhausted(_) => (
            ProblemKind::Internal,
            "limit-exhausted",
            "a limit of this step was used up before ",
            "",
            "narrow the search, or raise the limit",
        ),
        Reason::NoCredential => (
            ProblemKind::NotSignedIn,
            "no-credential",
            "there is no sign-in for ",
            "",
            "sign in first",
        ),
        Reason::Unreachable | Reason::Interrupted => (
            ProblemKind::Unavailable,
            "unreachable",
            "Microsoft Graph could not be reached for ",
            "",
            "check the network and the proxy, then try again",
        ),
        Reason::Unreadable | Reason::Withheld => (
            ProblemKind::Malformed,
            "answer-unreadable",
            "the answer could not be used: ",
            "",
            REPORT,
        ),
        Reason::Other(_) => (
            ProblemKind::Unavailable,
            "no-answer",
            "there was no answer: ",
            "",
            "try again",
        ),
    };
    made(meaning, asked, &said)
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
