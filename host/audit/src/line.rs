//! A record in its place.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::UtcOffset;

use crate::head::{Head, from_hex, to_hex};
use crate::record::Record;

/// What every body says it is.
pub(crate) const SCHEMA: &str = "passcode/audit/v1";

/// The largest number that canonical JSON can tell from the next (RFC 8785, section 3.2.2.3).
const LARGEST: u64 = (1 << 53) - 1;

/// A record in its place: what is kept for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Its place, from 1.
    pub number: u64,
    /// The record, the line's number and the hash of the line before, as canonical JSON (RFC 8785).
    pub body: String,
    /// SHA-256 of the body.
    #[serde(with = "hex")]
    pub hash: [u8; 32],
    /// The id of the key that signed the body; empty if none did.
    pub key: String,
    /// The signature (Ed25519) in base64; empty if there is none.
    pub signature: String,
}

/// A record that cannot be written down.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Its time is outside the years 0 to 9999, so that RFC 3339 cannot say it.
    #[error(
        "the audit record's time cannot be written down: outside the years 0 to 9999; \
         set this machine's clock"
    )]
    Time,
    /// There are more lines than can be numbered.
    #[error("the audit chain is full; begin a new ledger")]
    Full,
}

/// The body of a line that is no record of this version.
#[derive(Debug, thiserror::Error)]
#[error(
    "line {number} of the audit chain is no record that this version can read; use the version \
     that wrote it"
)]
pub struct NotARecord {
    /// The line's number.
    pub number: u64,
}

/// A body as it is written.
#[derive(Serialize)]
struct Body<'a> {
    schema: &'static str,
    number: u64,
    previous: String,
    #[serde(flatten)]
    record: &'a Record,
}

/// What a line's place hangs on.
#[derive(Deserialize)]
struct Place {
    schema: String,
    number: u64,
    previous: String,
}

impl Line {
    /// The line of a record in a chain that nobody signs. Without a kept head, whoever can write
    /// where the lines are kept can write them anew.
    ///
    /// # Errors
    ///
    /// If the record cannot be written down.
    pub fn unsigned(after: &Head, record: &Record) -> Result<Self, SealError> {
        let number = after.count.saturating_add(1);
        if number > LARGEST {
            return Err(SealError::Full);
        }
        let utc = record
            .at
            .checked_to_offset(UtcOffset::UTC)
            .ok_or(SealError::Time)?;
        let record = Record {
            at: utc,
            ..record.clone()
        };
        let body = passcode_canonical::to_string(&Body {
            schema: SCHEMA,
            number,
            previous: to_hex(&after.hash),
            record: &record,
        })
        .map_err(|_| SealError::Time)?;
        Ok(Self {
            number,
            hash: hash(&body),
            body,
            key: String::new(),
            signature: String::new(),
        })
    }

    /// The head of the chain that ends with this line.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head {
            count: self.number,
            hash: self.hash,
        }
    }

    /// The record. Whether it is what was written is [`verify`]'s to say.
    ///
    /// # Errors
    ///
    /// If it is none that this version can read.
    ///
    /// [`verify`]: crate::verify()
    pub fn record(&self) -> Result<Record, NotARecord> {
        serde_json::from_str(&self.body).map_err(|_| NotARecord {
            number: self.number,
        })
    }

    /// The number and the previous hash that the body names.
    pub(crate) fn place(&self) -> Option<(u64, [u8; 32])> {
        let place: Place = serde_json::from_str(&self.body).ok()?;
        (place.schema == SCHEMA)
            .then(|| from_hex(&place.previous))
            .flatten()
            .map(|previous| (place.number, previous))
    }
}

pub(crate) fn hash(body: &str) -> [u8; 32] {
    Sha256::digest(body.as_bytes()).into()
}

mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::to_hex(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        super::from_hex(&text).ok_or_else(|| D::Error::custom("not 64 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, Line, SealError};
    use crate::{Head, Proof, Record, What, Who};
    use time::macros::datetime;

    #[test]
    fn a_body_is_canonical_and_holds_only_what_is_there() {
        let mut record = Record::new(What::RunBegun, datetime!(2026-03-01 12:00:00.5 +02:00));
        record.who = Some(Who {
            name: "ada@contoso.example".to_owned(),
            id: None,
            proof: Proof::Claimed,
        });
        record.client_request_id = Some("c-1".to_owned());
        let line = Line::unsigned(&Head::EMPTY, &record).unwrap();
        assert_eq!(
            line.body,
            format!(
                r#"{{"at":"2026-03-01T10:00:00.5Z","clientRequestId":"c-1","number":1,"previous":"{}","schema":"passcode/audit/v1","what":"run-begun","who":{{"name":"ada@contoso.example","proof":"claimed"}}}}"#,
                "0".repeat(64)
            )
        );
        assert_eq!(line.record().unwrap(), record);
        let kept = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&kept).unwrap(), line);
    }

    #[test]
    fn what_cannot_be_written_down_is_refused() {
        let record = Record::new(What::Planned, datetime!(2026-03-01 12:00 UTC));
        let full = Head {
            count: LARGEST,
            hash: [1; 32],
        };
        assert!(matches!(
            Line::unsigned(&full, &record),
            Err(SealError::Full)
        ));
        let early = Record::new(What::Planned, datetime!(-1-03-01 12:00 UTC));
        assert!(matches!(
            Line::unsigned(&Head::EMPTY, &early),
            Err(SealError::Time)
        ));
    }
}
