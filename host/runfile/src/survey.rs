//! A first pass over every row, before anything is asked of the service.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::fault::Fault;
use crate::model::{Kind, RunFile, Selector, Texts};
use crate::rows::Asked;

/// How many faults, duplicates and homonyms are kept of each; all of them are counted.
pub const KEPT: usize = 1000;

/// What a first pass over the rows found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Survey {
    /// Rows without a fault.
    pub rows: u64,
    /// Rows without a fault whose selector stood in no earlier one: what the run will have.
    pub devices: u64,
    /// How many faults there are.
    pub fault_count: u64,
    /// The first [`KEPT`] of them.
    pub faults: Vec<Fault>,
    /// How many rows ask for what an earlier one asked for. That is no fault: it is done once.
    pub duplicate_count: u64,
    /// The first [`KEPT`] of them.
    pub duplicates: Vec<Duplicate>,
    /// How many rows have a device name that an earlier row has for another device.
    pub homonym_count: u64,
    /// The first [`KEPT`] of them.
    pub homonyms: Vec<Homonym>,
    /// SHA-256, in hexadecimal, of the document and all rows without a fault, in their order. What
    /// the rows are called is not in it: a table may be renamed.
    pub digest: String,
}

/// A row that asks for what an earlier one asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Duplicate {
    /// The row.
    pub source: String,
    /// The earlier one, which is done.
    pub first: String,
}

/// A row whose device has the same name as that of an earlier row, and is another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Homonym {
    /// The row.
    pub source: String,
    /// The earlier one.
    pub first: String,
    /// The name of both.
    pub name: String,
}

impl RunFile {
    /// Look at every row: count, name what is wrong, find what is asked for twice, and take a
    /// digest. Of each row a few dozen bytes are kept.
    #[must_use]
    pub fn survey(&self, rows: impl Iterator<Item = Result<Asked, Fault>>) -> Survey {
        let mut survey = Survey::default();
        let mut hash = Sha256::new();
        frame(&mut hash, &canonical(&self.document()));
        let mut places = Places::default();
        // In small pieces, which go back when they are no longer needed. One large table would be
        // copied to one twice as large again and again, and the process would keep what that leaves.
        let mut selectors: BTreeMap<[u8; 16], Place> = BTreeMap::new();
        let mut names: BTreeMap<[u8; 16], Place> = BTreeMap::new();
        for row in rows {
            let asked = match row {
                Ok(asked) => asked,
                Err(fault) => {
                    keep(&mut survey.faults, &mut survey.fault_count, || fault);
                    continue;
                }
            };
            survey.rows += 1;
            let row = RowDocument {
                expect: &asked.expect,
                selector: &asked.selector,
                texts: &asked.texts,
            };
            frame(&mut hash, &canonical(&row));
            let place = places.place(&asked.source);
            let same = digest(&asked.selector.same());
            if let Some(first) = selectors.get(&same) {
                keep(&mut survey.duplicates, &mut survey.duplicate_count, || {
                    Duplicate {
                        source: asked.source,
                        first: places.source(*first),
                    }
                });
                continue;
            }
            selectors.insert(same, place);
            survey.devices += 1;
            if let Some(name) = asked.expect.get(&Kind::Name) {
                let first = *names.entry(digest(&name.to_lowercase())).or_insert(place);
                if first != place {
                    keep(&mut survey.homonyms, &mut survey.homonym_count, || {
                        Homonym {
                            source: asked.source,
                            first: places.source(first),
                            name: name.clone(),
                        }
                    });
                }
            }
        }
        survey.digest = hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        survey
    }
}

fn keep<T>(kept: &mut Vec<T>, count: &mut u64, value: impl FnOnce() -> T) {
    *count += 1;
    if kept.len() < KEPT {
        kept.push(value());
    }
}

/// A row, as it is hashed. There may be a hundred thousand: it is written as it is, and not by way
/// of a tree of values.
#[derive(Serialize)]
struct RowDocument<'a> {
    expect: &'a BTreeMap<Kind, String>,
    #[serde(serialize_with = "contract")]
    selector: &'a Selector,
    texts: &'a Texts,
}

/// In the shape of [`Selector::to_json`].
fn contract<S: Serializer>(selector: &Selector, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([(selector.kind.contract(), &selector.value)])
}

/// RFC 8785, so that any other program can compute the same.
fn canonical(value: &impl Serialize) -> Vec<u8> {
    // It fails only for what JSON cannot have: numbers that are none, a name that stands twice.
    // No two rows are ever the same because of that.
    passcode_canonical::to_vec(value)
        .or_else(|_| serde_json::to_vec(value))
        .unwrap_or_default()
}

/// Each part with its length before it: no two lists of parts are the same bytes.
fn frame(hash: &mut Sha256, bytes: &[u8]) {
    hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(bytes);
}

/// What is kept of a text to find it again.
pub(crate) fn digest(text: &str) -> [u8; 16] {
    let hash = Sha256::digest(text.as_bytes());
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(hash.iter()) {
        *to = *from;
    }
    short
}

/// What a row is called, in sixteen bytes: all rows of a table share the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    file: usize,
    number: u64,
}

#[derive(Debug, Default)]
struct Places {
    /// What stands before the number, and after it.
    files: Vec<(String, &'static str)>,
}

impl Places {
    fn place(&mut self, source: &str) -> Place {
        let bare = source.strip_suffix(']').unwrap_or(source);
        let after = if bare.len() == source.len() { "" } else { "]" };
        let digits = bare.bytes().rev().take_while(u8::is_ascii_digit).count();
        let (before, number) = bare.split_at(bare.len() - digits);
        let number = number.parse().unwrap_or(0);
        let known = |(known, _): &(String, _)| known == before;
        // There are as many as there are lists, a table, standard input and what is asked: a dozen.
        let file = self.files.iter().position(known).unwrap_or_else(|| {
            self.files.push((before.to_owned(), after));
            self.files.len() - 1
        });
        Place { file, number }
    }

    fn source(&self, place: Place) -> String {
        match self.files.get(place.file) {
            Some((before, after)) => format!("{before}{}{after}", place.number),
            None => place.number.to_string(),
        }
    }
}
