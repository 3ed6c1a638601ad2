//! What is signed.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcOffset};

/// What every statement says it is.
const SCHEMA: &str = "passcode/approval/v1";

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It may be carried out.
    Approve,
    /// It may not.
    Deny,
}

/// What the hash is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One plan.
    Plan,
    /// The set of plans of a run.
    Set,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plan => "plan",
            Self::Set => "set of plans",
        })
    }
}

/// What somebody says about a plan or a set of plans. Its text is one line of canonical JSON
/// (RFC 8785) and a line feed; that text, byte for byte, is what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// Yes or no.
    pub decision: Decision,
    /// The tenant in which it is to be carried out.
    pub tenant: String,
    /// The hash of the plan or of the set of plans: 64 lower-case hexadecimal digits.
    pub subject: String,
    /// What that hash is of.
    pub kind: Kind,
    /// What people call it.
    pub title: String,
    /// How many devices it is about.
    pub devices: u64,
    /// An approval does not count from this moment on. A denial stays one.
    #[serde(with = "time::serde::rfc3339")]
    pub expires: OffsetDateTime,
}

/// A statement as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    schema: String,
    decision: Decision,
    tenant: String,
    subject: String,
    kind: Kind,
    title: String,
    devices: u64,
    #[serde(with = "time::serde::rfc3339")]
    expires: OffsetDateTime,
}

/// A statement that cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAStatement {
    /// It says that it is something else.
    #[error(
        "the first line is no approval statement of this version (`{SCHEMA}`); sign the statement \
         that `passcode approve` writes"
    )]
    NotThisSchema,
    /// It is JSON, and not as we write it: two texts must not mean the same.
    #[error(
        "the statement is not as it was written (canonical JSON on one line); sign the file as it \
         is, without an editor"
    )]
    NotCanonical,
    /// A part of it makes no sense.
    #[error(
        "the statement's `{0}` makes no sense; sign the statement that `passcode approve` writes"
    )]
    Nonsense(&'static str),
}

impl Statement {
    /// Its text: one line, and a line feed.
    ///
    /// # Errors
    ///
    /// If a part of it makes no sense: a subject that is no hash, no tenant, no devices, more
    /// devices than JSON can count, an expiry outside the years 0 to 9999.
    pub fn text(&self) -> Result<String, NotAStatement> {
        let expires = self
            .expires
            .checked_to_offset(UtcOffset::UTC)
            .ok_or(NotAStatement::Nonsense("expires"))?;
        let hash = self.subject.len() == 64
            && self
                .subject
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !hash {
            return Err(NotAStatement::Nonsense("subject"));
        }
        if self.tenant.trim().is_empty() {
            return Err(NotAStatement::Nonsense("tenant"));
        }
        if self.devices == 0 || self.devices >= 1 << 53 || self.one_too_many() {
            return Err(NotAStatement::Nonsense("devices"));
        }
        let written = Written {
            schema: SCHEMA.to_owned(),
            decision: self.decision,
            tenant: self.tenant.clone(),
            subject: self.subject.clone(),
            kind: self.kind,
            title: self.title.clone(),
            devices: self.devices,
            expires,
        };
        passcode_canonical::to_string(&written)
            .map(|line| line + "\n")
            .map_err(|_| NotAStatement::Nonsense("expires"))
    }

    fn one_too_many(&self) -> bool {
        self.kind == Kind::Plan && self.devices != 1
    }

    /// Read a statement's text, strictly: every statement has one text.
    ///
    /// # Errors
    ///
    /// If it is anything but what [`Statement::text`] writes.
    pub fn parse(text: &str) -> Result<Self, NotAStatement> {
        let written: Written =
            serde_json::from_str(text).map_err(|_| NotAStatement::NotThisSchema)?;
        if written.schema != SCHEMA {
            return Err(NotAStatement::NotThisSchema);
        }
        let statement = Self {
            decision: written.decision,
            tenant: written.tenant,
            subject: written.subject,
            kind: written.kind,
            title: written.title,
            devices: written.devices,
            expires: written.expires,
        };
        match statement.text()? == text {
            true => Ok(statement),
            false => Err(NotAStatement::NotCanonical),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, Kind, NotAStatement, Statement};
    use time::macros::datetime;

    fn statement() -> Statement {
        Statement {
            decision: Decision::Approve,
            tenant: "contoso.example".to_owned(),
            subject: "ab".repeat(32),
            kind: Kind::Set,
            title: "Ward 3, \"spring\"".to_owned(),
            devices: 40,
            expires: datetime!(2026-03-01 14:00 +02:00),
        }
    }

    #[test]
    fn a_statement_is_one_line_of_canonical_json() {
        let text = statement().text().unwrap();
        assert_eq!(
            text,
            format!(
                "{{\"decision\":\"approve\",\"devices\":40,\"expires\":\"2026-03-01T12:00:00Z\",\
                 \"kind\":\"set\",\"schema\":\"passcode/approval/v1\",\"subject\":\"{}\",\
                 \"tenant\":\"contoso.example\",\"title\":\"Ward 3, \\\"spring\\\"\"}}\n",
                "ab".repeat(32)
            )
        );
        assert_eq!(Statement::parse(&text).unwrap(), statement());
    }

    #[test]
    fn what_says_the_same_in_other_words_is_refused() {
        let text = statement().text().unwrap();
        let cases = [
            (text.trim_end().to_owned(), NotAStatement::NotCanonical),
            (text.replace('\n', "\r\n"), NotAStatement::NotCanonical),
            (format!(" {text}"), NotAStatement::NotCanonical),
            (text.replace("40", "40 "), NotAStatement::NotCanonical),
            (
                text.replace("Ward", "\\u0057ard"),
                NotAStatement::NotCanonical,
            ),
            (
                text.replace("12:00:00Z", "13:00:00+01:00"),
                NotAStatement::NotCanonical,
            ),
            (
                text.replace("12:00:00Z", "12:00:00.0Z"),
                NotAStatement::NotCanonical,
            ),
            (text.replace("40", "\"40\""), NotAStatement::NotThisSchema),
            (text.replace("40", "-1"), NotAStatement::NotThisSchema),
            (
                text.replace("40", "40,\"devices\":41"),
                NotAStatement::NotThisSchema,
            ),
            (
                text.replace("{", "{\"also\":1,"),
                NotAStatement::NotThisSchema,
            ),
            (text.replace("/v1", "/v2"), NotAStatement::NotThisSchema),
            (
                text.replace("approve\"", "maybe\""),
                NotAStatement::NotThisSchema,
            ),
            (
                text.replace("abab", "ABAB"),
                NotAStatement::Nonsense("subject"),
            ),
            (
                text.replace("abab", "ab"),
                NotAStatement::Nonsense("subject"),
            ),
            (text.replace("40", "0"), NotAStatement::Nonsense("devices")),
            (
                text.replace("40", "9007199254740993"),
                NotAStatement::Nonsense("devices"),
            ),
            (
                text.replace("\"set\"", "\"plan\""),
                NotAStatement::Nonsense("devices"),
            ),
            (
                text.replace("contoso.example", " "),
                NotAStatement::Nonsense("tenant"),
            ),
            (String::new(), NotAStatement::NotThisSchema),
        ];
        for (text, refusal) in cases {
            assert_eq!(Statement::parse(&text), Err(refusal), "{text}");
        }
    }
}
