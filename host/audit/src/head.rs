//! How far the chain has come.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How many lines there are, and the hash of the last. Kept outside the database (on paper, in a
/// ticket, in a report), it shows later that nothing before it was changed or cut off.
///
/// Its text form is `COUNT:HASH`, the hash in lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Head {
    /// How many lines.
    pub count: u64,
    /// The hash of the last; zeros if there is none.
    pub hash: [u8; 32],
}

impl Head {
    /// Of no lines.
    pub const EMPTY: Self = Self {
        count: 0,
        hash: [0; 32],
    };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.count, to_hex(&self.hash))
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({self})")
    }
}

/// What is wrong with the text of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no head of the audit chain; write COUNT:HASH with 64 hexadecimal digits, as \
     `passcode audit head` prints it"
)]
pub struct NotAHead;

impl FromStr for Head {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let (count, hash) = text.trim().split_once(':').ok_or(NotAHead)?;
        let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        let head = Self {
            count: digits
                .then(|| count.parse().ok())
                .flatten()
                .ok_or(NotAHead)?,
            hash: from_hex(hash).ok_or(NotAHead)?,
        };
        // A cut or mistyped head must not pass for that of a chain nobody ever wrote to.
        match (head.count == 0) == (head.hash == Self::EMPTY.hash) {
            true => Ok(head),
            false => Err(NotAHead),
        }
    }
}

impl From<Head> for String {
    fn from(head: Head) -> Self {
        head.to_string()
    }
}

impl TryFrom<String> for Head {
    type Error = NotAHead;

    fn try_from(text: String) -> Result<Self, NotAHead> {
        text.parse()
    }
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    let digit = |number: u8| char::from_digit(number.into(), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |at: usize| (*pair.get(at)? as char).to_digit(16);
        *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        for head in [
            Head::EMPTY,
            Head {
                count: 4711,
                hash: [0xa7; 32],
            },
        ] {
            assert_eq!(head.to_string().parse(), Ok(head));
        }
        let upper = format!("12:{}\n", "AB".repeat(32));
        assert_eq!(upper.parse::<Head>().unwrap().hash, [0xab; 32]);
    }

    #[test]
    fn what_is_no_head_is_refused() {
        let hash = "ab".repeat(32);
        for text in [
            String::new(),
            "12".to_owned(),
            "12:".to_owned(),
            format!(":{hash}"),
            format!("+1:{hash}"),
            format!("-1:{hash}"),
            format!("x:{hash}"),
            format!("12:{}", &hash[1..]),
            format!("12:{}g", &hash[1..]),
            format!("12:{hash}0"),
            format!("99999999999999999999999:{hash}"),
            format!("0:{hash}"),
            format!("3:{}", "0".repeat(64)),
        ] {
            assert!(text.parse::<Head>().is_err(), "{text}");
        }
    }
}
