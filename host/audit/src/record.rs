//! One thing that was done.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum What {
    /// A plan was made.
    Planned,
    /// Somebody approved a plan or a set of plans.
    Approved,
    /// Somebody denied a plan or a set of plans.
    Denied,
    /// A request is about to be sent.
    Intended,
    /// What became of a request.
    Settled,
    /// The device or the service reported how the action ended.
    Ended,
    /// Somebody was shown a passcode, or it was delivered.
    Disclosed,
    /// Something was refused, and nothing was sent.
    Refused,
    /// A run was made.
    RunBegun,
    /// All devices of a run were planned.
    RunPlanned,
    /// A run began to send.
    RunStarted,
    /// A run that was stopped goes on.
    RunResumed,
    /// A run was stopped.
    RunStopped,
    /// A run has come to its end.
    RunFinished,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Planned,
        Self::Approved,
        Self::Denied,
        Self::Intended,
        Self::Settled,
        Self::Ended,
        Self::Disclosed,
        Self::Refused,
        Self::RunBegun,
        Self::RunPlanned,
        Self::RunStarted,
        Self::RunResumed,
        Self::RunStopped,
        Self::RunFinished,
    ];

    /// Its word in a record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Intended => "intended",
            Self::Settled => "settled",
            Self::Ended => "ended",
            Self::Disclosed => "disclosed",
            Self::Refused => "refused",
            Self::RunBegun => "run-begun",
            Self::RunPlanned => "run-planned",
            Self::RunStarted => "run-started",
            Self::RunResumed => "run-resumed",
            Self::RunStopped => "run-stopped",
            Self::RunFinished => "run-finished",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Not a word of [`What`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such thing is written down by this version; a newer one may know the word")]
pub struct NotAWord;

impl FromStr for What {
    type Err = NotAWord;

    fn from_str(word: &str) -> Result<Self, NotAWord> {
        Self::ALL
            .into_iter()
            .find(|what| what.word() == word)
            .ok_or(NotAWord)
    }
}

/// How sure we are who it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// A sign-in proved it; the string names the kind of credential.
    SignedIn(String),
    /// A signature proved it; the string names the key.
    Signed(String),
    /// Somebody said so.
    Claimed,
}

/// Who did it. The contract's `Operator`, as JSON, is read as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Who {
    /// A sign-in name, an application's name, an approver's name, or what was claimed.
    pub name: String,
    /// The directory's identifier, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How sure we are.
    pub proof: Proof,
}

/// One thing that was done. It never holds a passcode, a token or a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// What.
    pub what: What,
    /// When, by the clock of the machine that wrote it.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// In which tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Who>,
    /// The managed device's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The hash of the plan, or of the set of plans, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The `client-request-id` that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// The run it was part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why, in a person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The case it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Record {
    /// A record that says what and when, and nothing else.
    #[must_use]
    pub fn new(what: What, at: OffsetDateTime) -> Self {
        Self {
            what,
            at,
            tenant: None,
            who: None,
            device: None,
            plan: None,
            client_request_id: None,
            run: None,
            reason: None,
            ticket: None,
            detail: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Proof, What, Who};

    #[test]
    fn an_operator_of_the_contract_is_read() {
        let operator =
            r#"{"name":"ada@contoso.example","id":null,"proof":{"signed-in":"device-code"}}"#;
        let who: Who = serde_json::from_str(operator).unwrap();
        assert_eq!(who.proof, Proof::SignedIn("device-code".to_owned()));
        let claimed = r#"{"name":"ada","id":null,"proof":"claimed"}"#;
        let who: Who = serde_json::from_str(claimed).unwrap();
        assert_eq!((who.id, who.proof), (None, Proof::Claimed));
    }

    #[test]
    fn the_word_is_what_a_record_says() {
        for what in What::ALL {
            let written = serde_json::to_value(what).unwrap();
            assert_eq!(written, what.word());
            assert_eq!(what.word().parse(), Ok(what));
        }
        assert!("plan".parse::<What>().is_err());
    }
}
