//! Whether an age recipient is whole: the check sum of Bech32 (BIP 173), as age uses it.
//!
//! A mistyped recipient is found here, before anything is sent, and not when the passcodes of a
//! finished run cannot be encrypted.

const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR: [u32; 5] = [
    0x3b6a_57b2,
    0x2650_8e6d,
    0x1ea1_19fa,
    0x3d42_33dd,
    0x2a14_62b3,
];

/// The length of `age1…`: the prefix, 52 characters of an X25519 key, 6 of the check sum.
const LENGTH: usize = 62;

/// What a text is as the recipient of an X25519 identity of age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// `age1` and 58 characters whose check sum is right.
    Whole,
    /// The same, but the check sum is wrong.
    Mistyped,
    /// Something else.
    None,
}

/// Judge a recipient.
pub(crate) fn recipient(text: &str) -> Recipient {
    let data = text.strip_prefix("age1").filter(|_| text.len() == LENGTH);
    let values: Option<Vec<u32>> = data.and_then(|data| data.bytes().map(value).collect());
    let Some(values) = values else {
        return Recipient::None;
    };
    let prefix = b"age";
    let high = prefix.iter().map(|byte| u32::from(byte >> 5));
    let low = prefix.iter().map(|byte| u32::from(byte & 31));
    match check_sum(high.chain([0]).chain(low).chain(values)) {
        1 => Recipient::Whole,
        _ => Recipient::Mistyped,
    }
}

fn value(byte: u8) -> Option<u32> {
    let place = CHARSET.iter().position(|known| *known == byte)?;
    u32::try_from(place).ok()
}

fn check_sum(values: impl Iterator<Item = u32>) -> u32 {
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let next = ((sum & 0x01ff_ffff) << 5) ^ value;
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(bit, _)| (top >> bit) & 1 == 1)
            .fold(next, |next, (_, generator)| next ^ generator)
    })
}

#[cfg(test)]
mod tests {
    use super::{Recipient, recipient};

    /// The recipient in age's own documentation.
    const KNOWN: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

    #[test]
    fn a_recipient_with_one_wrong_character_is_mistyped() {
        assert_eq!(recipient(KNOWN), Recipient::Whole);
        for place in 4..KNOWN.len() {
            let mut wrong = KNOWN.as_bytes().to_vec();
            wrong[place] = if wrong[place] == b'q' { b'p' } else { b'q' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(recipient(&wrong), Recipient::Mistyped, "{wrong}");
        }
        let (upper, prefix) = (KNOWN.to_uppercase(), KNOWN.replace("age1", "agf1"));
        let letter = KNOWN.replace('q', "b");
        for other in ["", "age1", &KNOWN[..61], &upper, &prefix, &letter] {
            assert_eq!(recipient(other), Recipient::None, "{other}");
        }
    }
}
