//! What the documents say, row by row. A file is one document; `combine` weighs them.
//!
//! Facts are carried over, sentences are not: a statement is ours, its document and date say
//! where to read the original.

use crate::prelude::*;

mod apple_2024;
mod asides;
mod graph_2024;
mod passcode_2018;
mod passcode_2022;
mod passcode_2025;
mod remove_2025;
mod remove_2026;
mod reset_2025;

pub(crate) use asides::*;

use crate::contract::{Citation, Rule, Ruling};
use crate::kind::Kind;
use crate::text::split;
use crate::version::OsVersion;

/// A document in one of its versions.
#[derive(Debug)]
pub struct Document {
    /// Its title.
    pub title: &'static str,
    /// Its address, or the name it is known by.
    pub uri: &'static str,
    /// The date it bears.
    pub date: &'static str,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum About {
    /// Apple's removal.
    Removal,
    /// The passcode of the whole device.
    DeviceLevel,
    /// The passcode of the work profile.
    WorkProfile,
    /// The action, whatever it reaches.
    Any,
}

/// What else must hold for a row to speak.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// Nothing.
    Always,
    /// The system is older than this.
    Before(OsVersion),
    /// The system is this or newer.
    From(OsVersion),
    /// A circumstance that no property of a device shows.
    If(&'static str),
}

/// What a row says. The first two decide whether an action is possible.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Says {
    /// It works.
    Yes,
    /// It does not.
    No,
    /// Only under the condition.
    Needs,
    /// What happens.
    Note,
}

/// One row of a table, or one sentence.
#[derive(Debug)]
pub struct Row {
    /// Stable; unique within its document.
    pub id: &'static str,
    /// The kinds it speaks of.
    pub kinds: &'static [Kind],
    /// When it speaks.
    pub when: When,
    /// What about.
    pub about: About,
    /// What it says.
    pub says: Says,
    /// Where in the document.
    pub section: &'static str,
    /// In our words.
    pub statement: &'static str,
}

/// A document with its rows.
#[derive(Debug)]
pub struct Page {
    /// The document.
    pub document: Document,
    /// The first part of its rows' ids.
    pub name: &'static str,
    /// What it says.
    pub rows: &'static [Row],
}

/// Every document, newest first.
pub static PAGES: [&Page; 10] = [
    &remove_2026::LATER,
    &remove_2026::PAGE,
    &reset_2025::OCTOBER,
    &remove_2025::PAGE,
    &reset_2025::AUGUST,
    &passcode_2025::PAGE,
    &apple_2024::PAGE,
    &graph_2024::PAGE,
    &passcode_2022::PAGE,
    &passcode_2018::PAGE,
];

/// The date of the newest dated document.
pub const AS_OF: &str = "2026-04-21";

/// A row together with its document.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The document.
    pub document: &'static Document,
    /// The first part of the row's id.
    pub page: &'static str,
    /// The row.
    pub row: &'static Row,
}

impl Source {
    /// The rule's id: unique among all rules.
    pub fn id(self) -> String {
        [self.page, "/", self.row.id].concat()
    }

    /// As the contract cites it.
    #[inline(never)]
    pub fn cite(self) -> Citation {
        Citation {
            document: self.document.title.to_owned(),
            uri: self.document.uri.to_owned(),
            date: self.document.date.to_owned(),
            section: self.row.section.to_owned(),
            statement: self.row.statement.to_owned(),
        }
    }
}

impl Page {
    fn sources(&'static self) -> impl Iterator<Item = Source> {
        self.rows.iter().map(|row| Source {
            document: &self.document,
            page: self.name,
            row,
        })
    }
}

/// Every row, newest document first.
pub fn all() -> impl Iterator<Item = Source> {
    PAGES.iter().flat_map(|page| page.sources())
}

/// The citation of the row with this id; nothing if there is none, which a test rules out.
pub(crate) fn cite(id: &str) -> Vec<Citation> {
    cites(&[id])
}

/// The citations of the rows with these ids, in this order.
#[inline(never)]
pub(crate) fn cites(ids: &[&str]) -> Vec<Citation> {
    let mut found = Vec::new();
    for id in ids {
        let Some((page, row)) = split(id, "/") else {
            continue;
        };
        let pages = PAGES.iter().filter(|known| known.name == page);
        found.extend(
            pages
                .flat_map(|page| page.sources())
                .filter(|source| source.row.id == row)
                .map(Source::cite),
        );
    }
    found
}

/// Every rule, as the contract has it.
pub fn matrix() -> Vec<Rule> {
    all()
        .map(|source| Rule {
            id: source.id(),
            kinds: source
                .row
                .kinds
                .iter()
                .map(|kind| kind.name().to_owned())
                .collect(),
            condition: condition(source.row.when),
            about: match source.row.about {
                About::Removal => "removal",
                About::DeviceLevel => "device-level",
                About::WorkProfile => "work-profile",
                About::Any => "any",
            }
            .to_owned(),
            ruling: match source.row.says {
                Says::Yes => Ruling::Supported,
                Says::No => Ruling::Unsupported,
                Says::Needs => Ruling::Conditional,
                Says::Note => Ruling::Note,
            },
            citation: source.cite(),
        })
        .collect()
}

fn condition(when: When) -> Option<String> {
    let number = |version: OsVersion| match version {
        OsVersion(major, 0) => format!("{major}"),
        OsVersion(major, minor) => format!("{major}.{minor}"),
    };
    match when {
        When::Always => None,
        When::Before(version) => Some(format!("os-version < {}", number(version))),
        When::From(version) => Some(format!("os-version >= {}", number(version))),
        When::If(words) => Some(words.to_owned()),
    }
}

const IOS: &[Kind] = &[Kind::IosCorporate, Kind::IosPersonal];
const AOSP: &[Kind] = &[Kind::AospUserAssociated, Kind::AospUserless];
const WORK_PROFILE: &[Kind] = &[
    Kind::AndroidCorporateWorkProfile,
    Kind::AndroidPersonalWorkProfile,
];
const DEVICE_OWNER: &[Kind] = &[Kind::AndroidDedicated, Kind::AndroidFullyManaged];
const ADMINISTRATOR: &[Kind] = &[Kind::AndroidDeviceAdministrator];
const RESETTABLE: &[Kind] = &[
    Kind::AndroidDedicated,
    Kind::AndroidFullyManaged,
    Kind::AndroidCorporateWorkProfile,
    Kind::AndroidPersonalWorkProfile,
    Kind::AospUserAssociated,
    Kind::AospUserless,
];

/// A row, in the order in which it is read.
const fn row(
    id: &'static str,
    kinds: &'static [Kind],
    when: When,
    about: About,
    says: Says,
    section: &'static str,
    statement: &'static str,
) -> Row {
    Row {
        id,
        kinds,
        when,
        about,
        says,
        section,
        statement,
    }
}
