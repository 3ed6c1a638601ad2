//! JSON lines: one object a line, as `jq -c`, PowerShell's `ConvertTo-Json -Compress` and most
//! job systems write them.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, BufReader, ErrorKind, Read};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::Asked;
use super::ask::{Given, ask};
use crate::fault::{At, Fault};
use crate::model::{Kind, RunFile};

const SOURCE: &str = "stdin";
/// Bytes of one line: a device with all its properties has a few thousand.
const LONGEST: usize = 256 * 1024;

pub(super) struct Lines<'a> {
    run: &'a RunFile,
    input: Option<BufReader<Box<dyn Read + Send>>>,
    line: u64,
    waiting: VecDeque<Fault>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(run: &'a RunFile, stdin: Option<Box<dyn Read + Send>>) -> Self {
        let mut waiting = VecDeque::new();
        if stdin.is_none() {
            waiting.push_back(run.fault(
                "who.stdin",
                "the devices are to come from standard input, and there is none",
                "pipe them in, one JSON object a line, or take `stdin` out",
            ));
        }
        Self {
            run,
            input: stdin.map(BufReader::new),
            line: 0,
            waiting,
        }
    }

    /// The next line without its end; none at the end of the input.
    fn read(&mut self) -> Option<Result<Vec<u8>, Fault>> {
        let input = self.input.as_mut()?;
        let mut line = Vec::new();
        self.line += 1;
        let at = At {
            line: self.line,
            column: 1,
        };
        let read = input
            .by_ref()
            .take(u64::try_from(LONGEST).unwrap_or(u64::MAX) + 1)
            .read_until(b'\n', &mut line);
        let fault = match read {
            Ok(0) => {
                self.input = None;
                return None;
            }
            Ok(_) if line.len() > LONGEST => at.fault(
                SOURCE,
                "the line is longer than 256 KiB",
                "write one small JSON object a line",
            ),
            Ok(_) => {
                let start = if self.line == 1 {
                    b"\xEF\xBB\xBF".as_slice()
                } else {
                    b""
                };
                let text = line.strip_prefix(start).unwrap_or(&line);
                return Some(Ok(text.trim_ascii().to_vec()));
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                at.fault(SOURCE, "it is not text", "write UTF-8")
            }
            Err(error) => at.fault(
                SOURCE,
                format!("it cannot be read: {error}"),
                "see what the program that writes it says",
            ),
        };
        self.input = None;
        Some(Err(fault))
    }

    fn row(&self, line: &[u8]) -> Result<Asked, Vec<Fault>> {
        let at = |column: usize| At {
            line: self.line,
            column: u64::try_from(column).unwrap_or(1).max(1),
        };
        let fault = |message: String, remedy: &str| vec![at(1).fault(SOURCE, message, remedy)];
        if line.starts_with(&[0xFF, 0xFE]) || line.starts_with(&[0xFE, 0xFF]) {
            return Err(fault("it is UTF-16".to_owned(), "write UTF-8"));
        }
        let text = std::str::from_utf8(line).map_err(|error| {
            let before = line.get(..error.valid_up_to()).unwrap_or_default();
            let column = String::from_utf8_lossy(before).chars().count() + 1;
            vec![at(column).fault(SOURCE, "the line is not UTF-8", "write UTF-8")]
        })?;
        if !text.starts_with('{') {
            let remedy = "write one JSON object a line: `jq -c '.[]'`, or `ConvertTo-Json -Compress` for each";
            return Err(fault("the line is no JSON object".to_owned(), remedy));
        }
        let Object(map) = serde_json::from_str(text).map_err(|error| {
            // Its message may repeat what it read.
            let (message, remedy) = match error.classify() {
                serde_json::error::Category::Data => (
                    "a property stands twice in the object",
                    "keep one; which one counts is not guessed",
                ),
                _ => (
                    "the line is not JSON",
                    "write one whole JSON object a line: `jq -c '.[]'`",
                ),
            };
            let bytes = text.as_bytes().get(..error.column().saturating_sub(1));
            let column = String::from_utf8_lossy(bytes.unwrap_or_default())
                .chars()
                .count();
            vec![at(column + 1).fault(SOURCE, message, remedy)]
        })?;
        self.object(&map)
    }

    fn object(&self, map: &Map<String, Value>) -> Result<Asked, Vec<Fault>> {
        let at = At {
            line: self.line,
            column: 1,
        };
        let mut faults = Vec::new();
        let mut text = |key: &str| match map.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim_matches(' ').is_empty() => None,
            Some(Value::String(text)) => Some((text.clone(), at)),
            Some(_) => {
                let remedy = "put it in quotation marks: a number would lose leading zeros";
                faults.push(at.fault(SOURCE, format!("`{key}` is not a text"), remedy));
                None
            }
        };
        let mut names = Vec::new();
        for kind in Kind::ALL {
            if let Some((value, at)) = text(kind.property()) {
                names.push((kind, value, at));
            }
        }
        let texts = [text("reason"), text("ticket"), text("verifiedBy")];
        if !faults.is_empty() {
            return Err(faults);
        }
        let Some((kind, _, _)) = names.first() else {
            let properties: Vec<&str> = Kind::ALL.iter().map(|kind| kind.property()).collect();
            return Err(vec![at.fault(
                SOURCE,
                "the object names no device",
                format!("give it one of {}", properties.join(", ")),
            )]);
        };
        let given = Given {
            source: format!("{SOURCE}:{}", self.line),
            file: SOURCE,
            at,
            kind: *kind,
            names,
            texts,
        };
        ask(self.run, given, &|name| match map.get(name)? {
            Value::String(text) if text.trim_matches(' ').is_empty() => None,
            Value::String(text) => Some(text.clone()),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            _ => None,
        })
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Asked, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(fault) = self.waiting.pop_front() {
                return Some(Err(fault));
            }
            let line = match self.read()? {
                Ok(line) if line.is_empty() => continue,
                Ok(line) => line,
                Err(fault) => return Some(Err(fault)),
            };
            match self.row(&line) {
                Ok(asked) => return Some(Ok(asked)),
                Err(faults) => self.waiting.extend(faults),
            }
        }
    }
}

/// An object whose properties stand once each. `serde_json` would take the last of two, and the
/// program that wrote the line may have meant the first.
struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Object;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Object, A::Error> {
                let mut map = Map::new();
                while let Some((key, value)) = access.next_entry::<String, Value>()? {
                    if map.insert(key, value).is_some() {
                        return Err(A::Error::custom("twice"));
                    }
                }
                Ok(Object(map))
            }
        }
        deserializer.deserialize_map(Once)
    }
}
