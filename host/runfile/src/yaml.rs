//! A YAML text as a tree whose every part knows its place.
//!
//! YAML 1.2 with its core schema, so `no` and `08:00` are texts. What can make one text mean two
//! things to two readers is refused: anchors and aliases (which can also make a small file huge),
//! tags, several documents, a key that stands twice. JSON is read as the YAML that it is.

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::fault::{At, Fault};

/// Bytes of a run file. Longer lists belong into a CSV, which is read as a stream.
const LARGEST: usize = 8 * 1024 * 1024;
/// Levels of a run file; it needs five.
const DEEPEST: usize = 16;

/// A part of a document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: At,
    pub(crate) what: What,
}

/// What a part is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Null,
    YesNo(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a map.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: At,
    pub(crate) key: String,
    pub(crate) value: Node,
}

/// Read a text.
pub(crate) fn read(text: &str, source: &str) -> Result<Node, Fault> {
    if text.len() > LARGEST {
        return Err(At::START.fault(
            source,
            "the file is larger than 8 MiB",
            "put the devices into a CSV and name it in `who.csv.file`",
        ));
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut builder = Builder {
        source,
        open: Vec::new(),
        root: None,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let at = within(text, place(error.marker().line(), error.marker().col()));
            at.fault(
                source,
                format!("not YAML: {}", error.info()),
                "mend the line; an editor that knows YAML shows where",
            )
        })?;
        builder.event(event, place(span.start.line(), span.start.col()))?;
    }
    builder.root.ok_or_else(|| {
        At::START.fault(
            source,
            "the file is empty",
            "begin with `schema: passcode/run/v1`",
        )
    })
}

fn place(line: usize, column: usize) -> At {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    At {
        line: count(line).max(1),
        column: count(column).saturating_add(1),
    }
}

/// A place after the last line is the end of that line: editors have no other.
fn within(text: &str, at: At) -> At {
    let last = text.lines().count().max(1);
    let end = text.lines().last().unwrap_or_default().chars().count();
    at.min(place(last, end))
}

/// A list or map that has begun and not ended.
enum Open {
    List(At, Vec<Node>),
    Map(At, Vec<Entry>, Option<(At, String)>),
}

struct Builder<'a> {
    source: &'a str,
    open: Vec<Open>,
    root: Option<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, at: At) -> Result<(), Fault> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => match self.root {
                None => Ok(()),
                Some(_) => Err(self.fault(at, "a second document begins", "one file is one run")),
            },
            Event::Alias(_) => Err(self.anchor(at)),
            Event::Scalar(text, style, anchor, tag) => {
                self.bare(at, anchor, tag.is_some())?;
                let what = match style {
                    ScalarStyle::Plain => plain(text.into_owned()),
                    _ => What::Text(text.into_owned()),
                };
                self.add(Node { at, what })
            }
            Event::SequenceStart(anchor, tag) => {
                self.bare(at, anchor, tag.is_some())?;
                self.begin(at, Open::List(at, Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.bare(at, anchor, tag.is_some())?;
                self.begin(at, Open::Map(at, Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(at, nodes)) => self.add(Node {
                    at,
                    what: What::List(nodes),
                }),
                Some(Open::Map(at, entries, _)) => self.add(Node {
                    at,
                    what: What::Map(entries),
                }),
                None => Ok(()),
            },
        }
    }

    fn begin(&mut self, at: At, open: Open) -> Result<(), Fault> {
        if let Some(Open::Map(_, _, None)) = self.open.last() {
            return Err(self.fault(at, "a key is a list or a map", "a key is a word"));
        }
        if self.open.len() >= DEEPEST {
            return Err(self.fault(
                at,
                format!("more than {DEEPEST} levels"),
                "no key of a run file is so deep; see docs/run-files.md",
            ));
        }
        self.open.push(open);
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<(), Fault> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, nodes)) => nodes.push(node),
            Some(Open::Map(_, entries, pending)) => match pending.take() {
                Some((at, key)) => {
                    let mut value = node;
                    // A value that is not there stands nowhere; its key does.
                    if let What::Null = value.what {
                        value.at = at;
                    }
                    entries.push(Entry { at, key, value });
                }
                None => match node.what {
                    What::Text(key) => *pending = Some((node.at, key)),
                    _ => {
                        return Err(self.fault(
                            node.at,
                            "a key is not a text",
                            "the keys of a run file are words; see docs/run-files.md",
                        ));
                    }
                },
            },
        }
        Ok(())
    }

    fn bare(&self, at: At, anchor: usize, tagged: bool) -> Result<(), Fault> {
        if anchor != 0 {
            return Err(self.anchor(at));
        }
        if tagged {
            return Err(self.fault(at, "a tag (`!…`)", "remove it; write the value alone"));
        }
        Ok(())
    }

    fn anchor(&self, at: At) -> Fault {
        self.fault(
            at,
            "an anchor (`&…`) or alias (`*…`)",
            "write the value where it is meant",
        )
    }

    fn fault(&self, at: At, message: impl Into<String>, remedy: &str) -> Fault {
        at.fault(self.source, message, remedy)
    }
}

/// What an unquoted text is, by YAML's core schema.
fn plain(text: String) -> What {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => What::Null,
        "true" | "True" | "TRUE" => What::YesNo(true),
        "false" | "False" | "FALSE" => What::YesNo(false),
        _ if is_number(&text) => What::Number(text),
        _ => What::Text(text),
    }
}

fn is_number(text: &str) -> bool {
    let all = |digits: &str, is: fn(&u8) -> bool| {
        !digits.is_empty() && digits.bytes().all(|byte| is(&byte))
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, u8::is_ascii_hexdigit);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |byte| (b'0'..=b'7').contains(byte));
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent
        .map(|exponent| exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
        .is_none_or(|exponent| all(exponent, u8::is_ascii_digit));
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent
}

impl Node {
    /// A whole number from 0, if it is one; `25.0` is, as it is for JSON.
    pub(crate) fn count(&self) -> Option<u64> {
        let What::Number(text) = &self.what else {
            return None;
        };
        if let Some(digits) = text.strip_prefix("0x") {
            return u64::from_str_radix(digits, 16).ok();
        }
        if let Some(digits) = text.strip_prefix("0o") {
            return u64::from_str_radix(digits, 8).ok();
        }
        if let Ok(number) = text.parse::<u64>() {
            return Some(number);
        }
        let number: f64 = text.parse().ok()?;
        let whole = number.fract() == 0.0 && (0.0..=1e15).contains(&number);
        whole
            .then(|| format!("{:.0}", number.abs()).parse().ok())
            .flatten()
    }

    /// What it is, in a word, for a message.
    pub(crate) fn is(&self) -> &'static str {
        match self.what {
            What::Null => "nothing",
            What::YesNo(_) => "`true` or `false`",
            What::Number(_) => "a number",
            What::Text(_) => "a text",
            What::List(_) => "a list",
            What::Map(_) => "keys with values",
        }
    }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
