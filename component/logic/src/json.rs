//! Reading JSON, and nothing else about JSON.
//!
//! A reader of our own, because the general one doubles the component's size: it brings
//! floating point, error texts and sorted maps that nobody here needs. A test compares the two.
//!
//! The host hands us filtered JSON: only granted properties are in it, and a secret arrives as
//! `{"$sealed": N}`. A value of the wrong type counts as absent.

use crate::prelude::*;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number; absent if it is not a whole one that fits.
    Number(Option<i64>),
    /// A string.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object, in the order it was written.
    Object(Vec<(String, Value)>),
}

/// How deep values may be nested.
const DEPTH: u32 = 64;

impl Value {
    /// Read a whole text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader {
            text,
            bytes: text.as_bytes(),
            at: 0,
        };
        let value = reader.value(DEPTH)?;
        (reader.peek().is_none()).then_some(value)
    }

    /// A property of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(properties) => properties
                .iter()
                .find(|(own, _)| own == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// A list.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// A string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => *number,
            _ => None,
        }
    }
}

/// A string property, or an empty string.
pub(crate) fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A string that is there and not empty.
#[inline(never)]
pub(crate) fn text(value: &Value, key: &str) -> Option<String> {
    let text = word(value, key);
    (!text.is_empty()).then(|| text.to_owned())
}

/// An instant that means something.
#[inline(never)]
pub(crate) fn instant(value: &Value, key: &str) -> Option<String> {
    text(value, key).filter(|text| crate::time::meaningful(text))
}

/// A boolean.
pub(crate) fn truth(value: &Value, key: &str) -> Option<bool> {
    match value.get(key)? {
        Value::Bool(truth) => Some(*truth),
        _ => None,
    }
}

/// The number of a seal.
pub(crate) fn seal(value: &Value, key: &str) -> Option<u32> {
    let number = value.get(key)?.get("$sealed")?.as_i64()?;
    u32::try_from(number).ok()
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    /// Whether the next byte is this one, which is then behind us.
    fn eats(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        let rest = self.bytes.get(self.at..)?;
        self.at += word.len();
        rest.starts_with(word.as_bytes()).then_some(value)
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        match self.peek()? {
            b'n' => self.word("null", Value::Null),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'"' => self.string().map(Value::String),
            b'[' => self.array(depth),
            b'{' => self.object(depth),
            _ => self.number(),
        }
    }

    fn array(&mut self, depth: u32) -> Option<Value> {
        self.at += 1;
        let mut items = Vec::new();
        if self.eats(b']') {
            return Some(Value::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.eats(b']') {
                return Some(Value::Array(items));
            }
            self.eats(b',').then_some(())?;
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        self.at += 1;
        let mut properties = Vec::new();
        if self.eats(b'}') {
            return Some(Value::Object(properties));
        }
        loop {
            (self.peek() == Some(b'"')).then_some(())?;
            let key = self.string()?;
            self.eats(b':').then_some(())?;
            properties.push((key, self.value(depth)?));
            if self.eats(b'}') {
                return Some(Value::Object(properties));
            }
            self.eats(b',').then_some(())?;
        }
    }

    fn digits(&mut self) -> Option<usize> {
        let from = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > from).then_some(self.at - from)
    }

    fn number(&mut self) -> Option<Value> {
        let from = self.at;
        self.at += usize::from(self.bytes.get(self.at) == Some(&b'-'));
        let zero = self.bytes.get(self.at) == Some(&b'0');
        let count = self.digits()?;
        if zero && count > 1 {
            return None;
        }
        let whole = self.at;
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = if self.at == whole {
            self.bytes.get(from..whole)?
        } else {
            b""
        };
        Some(Value::Number(integer(text)))
    }

    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let mut read = String::new();
        loop {
            let from = self.at;
            while !matches!(self.bytes.get(self.at)?, b'"' | b'\\' | ..=0x1f) {
                self.at += 1;
            }
            // All of it at once: it is text already, and as a rule nothing follows.
            read.push_str(self.text.get(from..self.at)?);
            match self.byte()? {
                b'"' => return Some(read),
                b'\\' => read.push(self.escaped()?),
                _ => return None,
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.byte()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(first);
                }
                let follows = self.byte()? == b'\\' && self.byte()? == b'u';
                let second = self
                    .four()
                    .filter(|low| follows && (0xdc00..0xe000).contains(low))?;
                return char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            _ => return None,
        })
    }

    fn four(&mut self) -> Option<u32> {
        let mut number = 0;
        for _ in 0..4 {
            number = number * 16 + char::from(self.byte()?).to_digit(16)?;
        }
        Some(number)
    }
}

fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, text),
    };
    // Minus zero is no whole number, as the general reader has it.
    if digits.is_empty() || (negative && digits == b"0") {
        return None;
    }
    digits.iter().try_fold(0_i64, |sum, digit| {
        let digit = i64::from(digit - b'0');
        let sum = sum.checked_mul(10)?;
        if negative {
            sum.checked_sub(digit)
        } else {
            sum.checked_add(digit)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The general reader's value in our form.
    fn theirs(value: &serde_json::Value) -> Value {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(truth) => Value::Bool(*truth),
            serde_json::Value::Number(number) => Value::Number(number.as_i64()),
            serde_json::Value::String(text) => Value::String(text.clone()),
            serde_json::Value::Array(items) => Value::Array(items.iter().map(theirs).collect()),
            serde_json::Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(key, value)| (key.clone(), theirs(value)))
                    .collect(),
            ),
        }
    }

    fn sorted(value: Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
            Value::Object(properties) => {
                let mut properties: Vec<_> = properties
                    .into_iter()
                    .map(|(key, value)| (key, sorted(value)))
                    .collect();
                properties.sort_by(|(one, _), (other, _)| one.cmp(other));
                Value::Object(properties)
            }
            other => other,
        }
    }

    /// Pieces that texts are glued from, so that broken ones are as frequent as whole ones.
    const PIECES: [&str; 35] = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\"a\"",
        "\"b\":",
        "{\"a\":1}",
        "[1,2]",
        "null",
        "true",
        "false",
        "0",
        "-1",
        "12",
        "01",
        "1.5",
        "1e-3",
        "-",
        "1.",
        "9223372036854775807",
        "9223372036854775808",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\n\\\"\"",
        "\"\\x\"",
        " ",
        "\n",
        "é",
        "\"é\"",
        "tru",
        "\u{1}",
    ];

    #[test]
    fn it_reads_what_the_general_reader_reads_and_refuses_what_it_refuses() {
        let (mut state, mut whole) = (7_u32, 0);
        for _ in 0..60_000 {
            let mut text = String::new();
            for _ in 0..1 + state % 6 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(PIECES[(state >> 16) as usize % PIECES.len()]);
            }
            let ours = Value::parse(&text).map(sorted);
            let expected = serde_json::from_str(&text)
                .ok()
                .map(|value| sorted(theirs(&value)));
            whole += usize::from(expected.is_some());
            assert_eq!(ours, expected, "{text:?}");
        }
        assert!(whole > 1_000, "only {whole} of the texts were JSON");
    }

    #[test]
    fn a_deep_text_ends_in_a_refusal_and_not_in_the_stack() {
        assert!(Value::parse(&"[".repeat(1_000_000)).is_none());
        assert!(Value::parse(&format!("{}{}", "[".repeat(60), "]".repeat(60))).is_some());
    }

    #[test]
    fn only_a_seal_is_a_seal() {
        let value = Value::parse(
            r#"{"a":{"$sealed":3},"b":"123456","c":{"$sealed":-1},"d":{"$sealed":"1"}}"#,
        );
        let value = value.expect("JSON");
        assert_eq!(seal(&value, "a"), Some(3));
        for key in ["b", "c", "d", "e"] {
            assert_eq!(seal(&value, key), None, "{key}");
        }
    }
}
