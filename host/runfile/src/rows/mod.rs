//! The devices that a run file asks for, one after the other, however many there are.

mod ask;
mod lines;
mod records;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;

use ask::{Given, ask};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::model::{Kind, RunFile, Selector, Texts};
use crate::survey::digest;

/// One device that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Where: `devices.csv:12`, `stdin:3`, `who.serials[0]`.
    pub source: String,
    /// How the device is named.
    pub selector: Selector,
    /// What else the row says about the device, to be compared once it is found.
    pub expect: BTreeMap<Kind, String>,
    /// On whose behalf and why.
    pub texts: Texts,
}

impl RunFile {
    /// The rows: those listed in the file, then those of the table, then those of standard input.
    /// Nothing is opened before it is needed, and one row is in memory at a time.
    ///
    /// `read` opens a file by the path that stands in the run file. A run file that was read back
    /// from its document has no listed rows.
    ///
    /// Each fault is one item; a row without a fault is one item. What follows a fault that makes
    /// the rest unreadable is left out.
    pub fn rows<'a, F>(
        &'a self,
        read: F,
        stdin: Option<Box<dyn Read + Send>>,
    ) -> impl Iterator<Item = Result<Asked, Fault>> + 'a
    where
        F: FnMut(&Path) -> io::Result<Box<dyn Read + Send>> + 'a,
    {
        let csv = self.who.csv.as_ref();
        let csv = csv.map(|csv| table::Table::new(self, csv, read));
        let stdin = self.who.stdin.then(|| lines::Lines::new(self, stdin));
        self.listed()
            .chain(csv.into_iter().flatten())
            .chain(stdin.into_iter().flatten())
    }

    /// Reason, ticket and way of verifying of a device that a source named which had to be asked.
    /// It has no row to take values from.
    ///
    /// # Errors
    ///
    /// A fault for each template that takes a value of a row, at its key.
    pub fn texts_of_asked(&self) -> Result<Texts, Vec<Fault>> {
        let mut faults = Vec::new();
        let templates = [
            ("reason", &self.reason),
            ("ticket", &self.ticket),
            ("verifiedBy", &self.verified_by),
        ];
        let [reason, ticket, verified_by] = templates.map(|(key, template)| {
            let template = template.as_ref()?;
            match template.fill(&self.title, &|_| None) {
                Ok(text) => Some(text),
                Err(_) => {
                    let message = format!(
                        "`{key}` takes a value of a row, and devices that are asked for have none"
                    );
                    let remedy = format!(
                        "write `{key}` without it, or list the devices in a table of their own run"
                    );
                    faults.push(self.fault(key, message, remedy));
                    None
                }
            }
        });
        match faults.is_empty() {
            true => Ok(Texts {
                reason,
                ticket,
                verified_by,
            }),
            false => Err(faults),
        }
    }

    fn listed(&self) -> impl Iterator<Item = Result<Asked, Fault>> + '_ {
        self.who.lists.iter().flat_map(move |(kind, devices)| {
            devices
                .iter()
                .enumerate()
                .flat_map(move |(number, device)| {
                    let given = Given {
                        source: format!("who.{}[{number}]", kind.list()),
                        file: &self.name,
                        at: device.at,
                        kind: *kind,
                        names: vec![(*kind, device.value.clone(), device.at)],
                        texts: [None, None, None],
                    };
                    each(ask(self, given, &|_| None))
                })
        })
    }
}

fn each(asked: Result<Asked, Vec<Fault>>) -> Vec<Result<Asked, Fault>> {
    match asked {
        Ok(asked) => vec![Ok(asked)],
        Err(faults) => faults.into_iter().map(Err).collect(),
    }
}

/// The rows without those whose selector stood in an earlier one: a device that is asked for twice
/// is done once. Sixteen bytes are kept of each.
pub fn first_of_each(
    rows: impl Iterator<Item = Result<Asked, Fault>>,
) -> impl Iterator<Item = Result<Asked, Fault>> {
    let mut seen = BTreeSet::new();
    rows.filter(move |row| match row {
        Ok(asked) => seen.insert(digest(&asked.selector.same())),
        Err(_) => true,
    })
}
