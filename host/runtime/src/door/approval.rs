//! Multi Admin Approval: what the plan's request carries for it, and what an answer says of it.
//!
//! Documents and laboratories disagree about the status (403, 412, 400), so it is told by the
//! header or the error's code. One refusal has neither, and names the header that was missing:
//! a header's name is part of the protocol and no wording. The headers are the host's own; no
//! component can set or see them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::reading::error_code;
use crate::connector::Answer;
use crate::document::PlanDocument;
use crate::ledger::{Attempt, Sending};
use crate::text::plain;

const JUSTIFICATION: &str = "x-msft-approval-justification";
const CODE: &str = "x-msft-approval-code";

/// The service takes at most so many characters of justification. Counted in UTF-16, which is
/// never fewer than characters.
const LONGEST: usize = 1024;

/// What a request carried for an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApprovalSent {
    /// The reason, because the service asked for one.
    Justification,
    /// The code of an approval that was asked for earlier.
    Code,
}

/// What the next request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    Justification(String),
    Code(String),
}

impl Carried {
    /// The plan's reason, for whoever approves.
    pub(super) fn justification(document: &PlanDocument) -> Self {
        let caller = &document.plan.caller;
        let reason = caller.reason.as_deref().unwrap_or("no reason was given");
        let mut text = plain(reason);
        let ticket = caller.ticket.as_deref().map_or_else(String::new, |ticket| {
            format!("; ticket {}", plain(&cut(ticket, 200)))
        });
        let end = format!("{ticket}; plan {}", document.id.short());
        text = cut(&text, LONGEST - end.encode_utf16().count());
        Self::Justification(text + &end)
    }

    /// The code that an earlier attempt of this very plan was given, if one was.
    pub(crate) fn kept(attempts: &[Attempt], device: &str) -> Option<Self> {
        attempts
            .iter()
            .rev()
            .filter(|attempt| attempt.sending == Sending::NotExecuted)
            .filter(|attempt| attempt.intent.device.eq_ignore_ascii_case(device))
            .find_map(|attempt| well_formed(attempt.settlement.approval_code.as_deref()?))
            .map(Self::Code)
    }

    pub(super) fn header(&self) -> (&'static str, String) {
        match self {
            Self::Justification(text) => (JUSTIFICATION, STANDARD.encode(text)),
            Self::Code(code) => (CODE, code.clone()),
        }
    }

    pub(super) fn sent(&self) -> ApprovalSent {
        match self {
            Self::Justification(_) => ApprovalSent::Justification,
            Self::Code(_) => ApprovalSent::Code,
        }
    }

    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Justification(_) => None,
            Self::Code(code) => Some(code),
        }
    }
}

/// What a refusal demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    Nothing,
    /// The same request again, with a justification.
    Justification,
    /// Somebody else's approval, under this code where one was given.
    Approval(Option<String>),
}

/// What an answer demands. Pure. Only a refusal can: a 5xx may come after the deed, and of 408
/// and 429 the service says what to do itself.
pub(super) fn demand(answer: &Answer) -> Demand {
    if !(400..500).contains(&answer.status) || matches!(answer.status, 408 | 429) {
        return Demand::Nothing;
    }
    let given = answer.header(CODE);
    if given.is_some() || error_code(answer) == "ApprovalRequired" {
        let code = given
            .and_then(well_formed)
            .or_else(|| code_in(&answer.body));
        return Demand::Approval(code);
    }
    if names(&answer.body, JUSTIFICATION).is_some() {
        return Demand::Justification;
    }
    Demand::Nothing
}

/// The code as the body repeats it: the header's name, a colon, a GUID.
fn code_in(body: &[u8]) -> Option<String> {
    let rest = body.get(names(body, CODE)? + CODE.len()..)?;
    let rest = String::from_utf8_lossy(rest.get(..60).unwrap_or(rest)).into_owned();
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let code = rest.get(..36)?;
    uuid::Uuid::parse_str(code).ok().map(|_| code.to_owned())
}

/// Where a header's name stands in a body.
fn names(body: &[u8], header: &str) -> Option<usize> {
    body.windows(header.len())
        .position(|part| part.eq_ignore_ascii_case(header.as_bytes()))
}

/// A code that a header can carry back.
fn well_formed(code: &str) -> Option<String> {
    let fits = (1..=128).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| code.to_owned())
}

/// At most so many units of UTF-16.
fn cut(text: &str, most: usize) -> String {
    let mut left = most;
    text.chars()
        .take_while(|c| match left.checked_sub(c.len_utf16()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Intent, PlanId, Settlement};

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn a_demand_is_told_by_header_code_or_header_name_and_never_by_status() {
        const GUID: &str = "aabb1234-5678-4012-abcd-ef0123456789";
        let with_code = [(CODE, GUID)];
        let required = r#"{"error":{"code":"ApprovalRequired","message":"sample"}}"#;
        let repeated = format!(
            r#"{{"error":{{"code":"ApprovalRequired","message":"sample. X-MSFT-Approval-Code: {GUID}"}}}}"#
        );
        let missing = r#"{"error":{"code":"BadRequest","message":"{\"Message\": \"Header 'x-msft-approval-justification' is"#;
        let prose = r#"{"error":{"code":"BadRequest","message":"approval by another administrator is required"}}"#;
        let approval = |code: Option<&str>| Demand::Approval(code.map(str::to_owned));
        for status in [400, 401, 403, 409, 412, 422] {
            for (headers, body, expected) in [
                (&with_code[..], "", approval(Some(GUID))),
                (&with_code[..], prose, approval(Some(GUID))),
                (&with_code[..], missing, approval(Some(GUID))),
                (&[(CODE, "")][..], "", approval(None)),
                (&[(CODE, "a b")][..], "", approval(None)),
                (&[][..], required, approval(None)),
                (&[][..], &repeated, approval(Some(GUID))),
                (&[][..], missing, Demand::Justification),
                (&[][..], prose, Demand::Nothing),
                (&[][..], "", Demand::Nothing),
            ] {
                let found = demand(&answer(status, headers, body));
                assert_eq!(found, expected, "{status} {headers:?} {body}");
            }
        }
        for status in [200, 204, 302, 408, 429, 500, 503] {
            let found = demand(&answer(status, &with_code, required));
            assert_eq!(found, Demand::Nothing, "{status}");
        }
    }

    fn attempt(device: &str, sending: Sending, code: Option<&str>) -> Attempt {
        Attempt {
            intent: Intent {
                plan: PlanId([7; 32]),
                tenant: "t".to_owned(),
                device: device.to_owned(),
                client_request_id: "c".to_owned(),
                request: "POST /x".to_owned(),
                at: time::OffsetDateTime::UNIX_EPOCH,
                service_date: None,
                snapshot: Vec::new(),
                after_unknown: None,
                again: false,
            },
            sending,
            settlement: Settlement {
                approval_code: code.map(str::to_owned),
                ..Settlement::default()
            },
            ending: None,
            delivered: None,
        }
    }

    #[test]
    fn the_newest_code_of_the_same_device_is_sent_back_and_no_other() {
        use Sending::{Accepted, NotExecuted, Rejected};
        for (attempts, expected) in [
            (vec![], None),
            (vec![attempt("d1", NotExecuted, None)], None),
            (vec![attempt("d1", NotExecuted, Some(""))], None),
            (vec![attempt("d1", NotExecuted, Some("a\r\nb: c"))], None),
            (vec![attempt("d1", NotExecuted, Some("one"))], Some("one")),
            (vec![attempt("D1", NotExecuted, Some("one"))], Some("one")),
            (vec![attempt("d2", NotExecuted, Some("one"))], None),
            (vec![attempt("d1", Rejected, Some("one"))], None),
            (vec![attempt("d1", Accepted, Some("one"))], None),
            (
                vec![
                    attempt("d1", NotExecuted, Some("one")),
                    attempt("d1", NotExecuted, Some("two")),
                    // Throttled in between: the approval is still waited for.
                    attempt("d1", NotExecuted, None),
                ],
                Some("two"),
            ),
        ] {
            let kept = Carried::kept(&attempts, "d1");
            assert_eq!(
                kept.as_ref().and_then(Carried::code),
                expected,
                "{attempts:?}"
            );
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("abc", 2), "ab");
        assert_eq!(cut("😀😀", 3), "😀");
        assert_eq!(cut("äöü", 9), "äöü");
        assert_eq!(cut("a", 0), "");
    }
}
