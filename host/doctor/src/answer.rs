//! What became of one read, decoded as far as findings need it.

use passcode_entra::{NotSeen, Seen};
use serde_json::Value;

/// What became of one read.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Nothing was sent.
    NotAsked(Why),
    /// No answer came.
    NotSeen(NotSeen),
    /// The service said no.
    Refused(Refusal),
    /// The service answered something that is not JSON.
    Unreadable,
    /// The service answered.
    Told(Value),
}

/// Why nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no token, or not one for this cloud.
    NoToken,
    /// The way leads inside this machine or network, where the token does not go.
    LeadsInside,
    /// It is about people, and an application asks.
    NotForApplications,
}

/// A refusal, by its meaning. Never by its words: Graph asks clients not to branch on those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A person to whom Intune gives no role: a 401 that is not about the token.
    NoIntuneRole,
    /// The token is not accepted.
    Token,
    /// Conditional Access asks for more.
    ConditionalAccess,
    /// A permission is missing, or the role does not allow it.
    Forbidden,
    /// Too many requests.
    Throttled,
    /// The service is out of order.
    Unavailable(u16),
    /// The address is not there.
    NotThere(u16),
    /// Anything else.
    Other(u16),
}

impl Answer {
    /// Of what was seen.
    #[must_use]
    pub fn of(seen: Result<Seen, NotSeen>) -> Self {
        let seen = match seen {
            Ok(seen) => seen,
            Err(not_seen) => return Self::NotSeen(not_seen),
        };
        let body = seen.body.as_deref().unwrap_or_default();
        let body = serde_json::from_slice::<Value>(body).ok();
        match (seen.status, body) {
            (200, Some(body)) => Self::Told(body),
            (200, None) => Self::Unreadable,
            (status, body) => Self::Refused(refusal(status, &body.unwrap_or_default())),
        }
    }

    /// Whether the service answered what it was asked.
    #[must_use]
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Told(_))
    }
}

fn refusal(status: u16, body: &Value) -> Refusal {
    let error = &body["error"];
    let code = error["code"].as_str().unwrap_or_default();
    // Intune puts a second error into the first one's message, as text.
    let inner = error["message"]
        .as_str()
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
        .unwrap_or_default();
    match status {
        401 | 403 if code == "insufficient_claims" => Refusal::ConditionalAccess,
        401 if inner["ErrorCode"] == "Forbidden" => Refusal::NoIntuneRole,
        401 => Refusal::Token,
        403 => Refusal::Forbidden,
        429 => Refusal::Throttled,
        400 | 404 | 410 => Refusal::NotThere(status),
        500..=599 => Refusal::Unavailable(status),
        _ => Refusal::Other(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(status: u16, body: &str) -> Answer {
        Answer::of(Ok(Seen {
            status,
            date: None,
            request_id: None,
            body: Some(body.as_bytes().to_vec()),
        }))
    }

    #[test]
    fn refusals_are_told_apart() {
        let error = |code: &str, message: &str| {
            json!({"error": {"code": code, "message": message}}).to_string()
        };
        let nested = json!({"ErrorCode": "Forbidden", "Message": "{}"}).to_string();
        for (status, body, expected) in [
            (401, error("UnknownError", &nested), Refusal::NoIntuneRole),
            (
                401,
                error("InvalidAuthenticationToken", "expired"),
                Refusal::Token,
            ),
            (401, String::new(), Refusal::Token),
            (
                403,
                error("Forbidden", "{\"_version\": 3}"),
                Refusal::Forbidden,
            ),
            // A 403 says nothing about roles, whatever it nests.
            (403, error("UnknownError", &nested), Refusal::Forbidden),
            (
                403,
                error("insufficient_claims", ""),
                Refusal::ConditionalAccess,
            ),
            (429, error("TooManyRequests", ""), Refusal::Throttled),
            (400, error("BadRequest", "segment"), Refusal::NotThere(400)),
            (404, "<html>".to_owned(), Refusal::NotThere(404)),
            (503, "<html>".to_owned(), Refusal::Unavailable(503)),
            (302, String::new(), Refusal::Other(302)),
        ] {
            assert_eq!(
                seen(status, &body),
                Answer::Refused(expected),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_no_answer() {
        assert_eq!(seen(200, "{}"), Answer::Told(json!({})));
        for body in ["", "<html>", "{"] {
            assert_eq!(seen(200, body), Answer::Unreadable, "{body}");
        }
        let cut = Seen {
            status: 200,
            date: None,
            request_id: None,
            body: None,
        };
        assert_eq!(Answer::of(Ok(cut)), Answer::Unreadable);
    }
}
