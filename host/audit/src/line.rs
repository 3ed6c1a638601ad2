//! A record in its place.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::{OffsetDateTime, UtcOffset};

use crate::head::{Head, from_hex, to_hex};
use crate::record::{Proof, Record, What, Who};

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

/// A body as it is written: canonical JSON (RFC 8785), because its names stand in their order and
/// all of its values are texts and one whole number. To have them sorted for each line takes longer
/// than the line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a str>,
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a str>,
    previous: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a str>,
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<&'a str>,
    what: What,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<Name<'a>>,
}

/// Who did it, in that order too.
#[derive(Serialize)]
struct Name<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: &'a str,
    proof: &'a Proof,
}

impl<'a> Body<'a> {
    fn new(number: u64, after: &Head, record: &'a Record) -> Option<Self> {
        // By name, so that nothing that is added to a record can be left out here.
        let Record {
            what,
            at,
            tenant,
            who,
            device,
            plan,
            client_request_id,
            run,
            reason,
            ticket,
            detail,
        } = record;
        Some(Self {
            at: at.checked_to_offset(UtcOffset::UTC)?,
            client_request_id: client_request_id.as_deref(),
            detail: detail.as_deref(),
            device: device.as_deref(),
            number,
            plan: plan.as_deref(),
            previous: to_hex(&after.hash),
            reason: reason.as_deref(),
            run: run.as_deref(),
            schema: SCHEMA,
            tenant: tenant.as_deref(),
            ticket: ticket.as_deref(),
            what: *what,
            who: who.as_ref().map(|Who { name, id, proof }| Name {
                id: id.as_deref(),
                name,
                proof,
            }),
        })
    }
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
        let body = Body::new(number, after, record).ok_or(SealError::Time)?;
        let body = serde_json::to_string(&body).map_err(|_| SealError::Time)?;
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
    use proptest::prelude::*;
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

    fn any_text() -> impl Strategy<Value = Option<String>> {
        proptest::option::of(any::<String>())
    }

    prop_compose! {
        fn any_record()(
            what in proptest::sample::select(What::ALL.to_vec()),
            seconds in -60_000_000_000_i64..250_000_000_000,
            nanoseconds in 0..1_000_000_000_i64,
            texts in [any_text(), any_text(), any_text(), any_text(), any_text()],
            more in [any_text(), any_text(), any_text()],
            who in proptest::option::of((any::<String>(), any_text(), any_text(), any::<bool>())),
        ) -> Record {
            let at = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let [tenant, device, plan, client_request_id, run] = texts;
            let [reason, ticket, detail] = more;
            let who = who.map(|(name, id, kind, signed)| Who {
                name,
                id,
                proof: match kind {
                    None => Proof::Claimed,
                    Some(key) if signed => Proof::Signed(key),
                    Some(kind) => Proof::SignedIn(kind),
                },
            });
            Record {
                what,
                at: at + time::Duration::nanoseconds(nanoseconds),
                tenant,
                who,
                device,
                plan,
                client_request_id,
                run,
                reason,
                ticket,
                detail,
            }
        }
    }

    proptest! {
        #[test]
        fn any_body_is_canonical(record in any_record(), count in 0..LARGEST, hash: [u8; 32]) {
            let line = Line::unsigned(&Head { count, hash }, &record).unwrap();
            let value: serde_json::Value = serde_json::from_str(&line.body).unwrap();
            let canonical = serde_json_canonicalizer::to_string(&value).unwrap();
            prop_assert_eq!(&line.body, &canonical);
            prop_assert_eq!(line.record().unwrap(), record);
        }
    }
}
