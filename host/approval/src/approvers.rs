//! Who may approve.

use std::fmt;

use serde::Serialize;
use toml::de::{DeTable, DeValue};

use crate::key::Key;

/// The tables and the keys of the file.
const TABLE: &str = "approver";
const NAMES: [&str; 3] = ["name", "operator", "key"];

/// Longer is no name.
const LONGEST: usize = 200;

/// A person as the directory knows them: a sign-in name or an object id. Compared without regard
/// to case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum OperatorName {
    /// The user principal name.
    SignIn(String),
    /// The object id.
    ObjectId(String),
}

impl OperatorName {
    /// The sign-in name or object id of that text, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let bad = |c: char| c.is_whitespace() || c.is_control();
        if text.is_empty() || text.len() > LONGEST || text.contains(bad) {
            return None;
        }
        if is_object_id(&text) {
            return Some(Self::ObjectId(text));
        }
        let (user, domain) = text.split_once('@')?;
        (!user.is_empty() && !domain.is_empty() && !domain.contains('@'))
            .then_some(Self::SignIn(text))
    }
}

fn is_object_id(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn(name) | Self::ObjectId(name) => f.write_str(name),
        }
    }
}

/// Somebody who may approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// What people call them.
    pub name: String,
    /// Who that is in the directory: nobody approves what they planned themselves.
    pub operator: OperatorName,
    /// Their key.
    pub key: Key,
}

/// All who may approve. No two have the same name, operator or key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvers(Vec<Approver>);

/// What is wrong with an approvers file, and where. It never repeats a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do now.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = (self.line, self.column);
        write!(f, "{line}:{column}: {}; {}", self.message, self.remedy)
    }
}

impl Approvers {
    /// Read the text of an approvers file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, in the order of its lines.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader {
            text,
            faults: Vec::new(),
        };
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                // The message of the first line alone: the others repeat the file.
                let message = error
                    .message()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                reader.fault(at, format!("not TOML: {message}"), EXAMPLE);
                return Err(reader.faults);
            }
        };
        let found = reader.file(table.get_ref());
        let mut faults = reader.faults;
        faults.sort_by_key(|fault| (fault.line, fault.column));
        match faults.is_empty() {
            true => Ok(Self(found)),
            false => Err(faults),
        }
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Approver> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

const EXAMPLE: &str =
    "write, for each person, `[[approver]]` and below it `name`, `operator` and `key`";

struct Reader<'a> {
    text: &'a str,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>) -> Vec<Approver> {
        let mut found: Vec<(Approver, usize)> = Vec::new();
        for (key, value) in table {
            let at = key.span().start;
            if key.get_ref() != TABLE {
                self.unknown(at, key.get_ref(), &[TABLE]);
                continue;
            }
            let DeValue::Array(tables) = value.get_ref() else {
                self.fault(at, "`approver` is a list of tables", EXAMPLE);
                continue;
            };
            for one in tables.iter() {
                let at = one.span().start;
                match one.get_ref() {
                    DeValue::Table(table) => {
                        if let Some(approver) = self.approver(at, table) {
                            self.again(at, &approver, &found);
                            found.push((approver, at));
                        }
                    }
                    _ => self.fault(at, "an approver is a table", EXAMPLE),
                }
            }
        }
        if found.is_empty() && self.faults.is_empty() {
            self.fault(0, "there is nobody in this file", EXAMPLE);
        }
        found.into_iter().map(|(approver, _)| approver).collect()
    }

    fn approver(&mut self, at: usize, table: &DeTable<'_>) -> Option<Approver> {
        let (mut name, mut operator, mut key) = (None, None, None);
        let before = self.faults.len();
        for (word, value) in table {
            let place = value.span().start;
            let word_at = word.span().start;
            let word = word.get_ref().as_ref();
            if !NAMES.contains(&word) {
                self.unknown(word_at, word, &NAMES);
                continue;
            }
            let DeValue::String(text) = value.get_ref() else {
                let message = format!("the value of `{word}` is not a text");
                self.fault(place, message, "write a text in quotation marks");
                continue;
            };
            match word {
                "name" => name = self.name(place, text),
                "operator" => {
                    operator = OperatorName::parse(text);
                    if operator.is_none() {
                        self.fault(
                            place,
                            "the value of `operator` is neither a sign-in name nor an object id",
                            "write the person's user principal name (ada@contoso.example) or \
                             object id",
                        );
                    }
                }
                _ => match Key::parse(text) {
                    Ok(parsed) => key = Some(parsed),
                    Err(error) => {
                        let text = error.to_string();
                        let (what, remedy) = text.split_once([':', ';']).unwrap_or((&text, ""));
                        let message = format!("the value of `key`: {what}");
                        self.fault(place, message, remedy.trim_start());
                    }
                },
            }
        }
        for word in NAMES.into_iter().filter(|word| !table.contains_key(*word)) {
            self.fault(at, format!("this approver has no `{word}`"), EXAMPLE);
        }
        match (name, operator, key) {
            (Some(name), Some(operator), Some(key)) if self.faults.len() == before => {
                Some(Approver {
                    name,
                    operator,
                    key,
                })
            }
            _ => None,
        }
    }

    fn name(&mut self, at: usize, text: &str) -> Option<String> {
        let name = text.trim();
        if name.is_empty() || name.len() > LONGEST || name.chars().any(char::is_control) {
            let message = "the value of `name` is not a text of visible characters";
            self.fault(at, message, "write the person's name");
            return None;
        }
        Some(name.to_owned())
    }

    /// Two entries of one person, or of one key, would be two approvals by one.
    fn again(&mut self, at: usize, approver: &Approver, others: &[(Approver, usize)]) {
        type Same = fn(&Approver, &Approver) -> bool;
        let parts: [(&str, Same); 3] = [
            ("name", |a, b| {
                a.name.to_lowercase() == b.name.to_lowercase()
            }),
            ("operator", |a, b| a.operator == b.operator),
            ("key", |a, b| a.key == b.key),
        ];
        for (word, same) in parts {
            if let Some((_, first)) = others.iter().find(|(other, _)| same(approver, other)) {
                let line = position(self.text, *first).0;
                let message = format!("this approver has the `{word}` of the one in line {line}");
                self.fault(
                    at,
                    message,
                    "write each person once, with one key of their own",
                );
            }
        }
    }

    fn unknown(&mut self, at: usize, word: &str, known: &[&str]) {
        let shown: String = word.chars().filter(|c| !c.is_control()).take(40).collect();
        let near = known
            .iter()
            .map(|name| {
                (
                    strsim::damerau_levenshtein(&word.to_lowercase(), name),
                    name,
                )
            })
            .filter(|(far, name)| *far <= 1 + name.len() / 4)
            .min();
        let remedy = match near {
            Some((_, name)) => format!("did you mean `{name}`?"),
            None => format!("write {}", known.join(", ")),
        };
        self.fault(at, format!("there is no `{shown}` here"), remedy);
    }

    fn fault(&mut self, at: usize, message: impl Into<String>, remedy: impl Into<String>) {
        let (line, column) = position(self.text, at);
        self.faults.push(Fault {
            line,
            column,
            message: message.into(),
            remedy: remedy.into(),
        });
    }
}

/// Line and column, from 1, of a place in a text.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

#[cfg(test)]
#[path = "approvers_tests.rs"]
mod tests;
