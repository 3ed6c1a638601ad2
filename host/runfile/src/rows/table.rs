//! A table of devices.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::path::Path;

use super::Asked;
use super::ask::{Given, ask, label};
use super::records::{Cell, Record, Records};
use crate::fault::{At, Fault};
use crate::model::{Columns, Csv, Kind, RunFile};
use crate::nearest::nearest;
use crate::text;

/// What the columns are called in Intune's own tables: the admin center's export of all devices,
/// the export of the report `Devices`, and Graph's properties as PowerShell writes them.
/// Letter case is ignored. An e-mail address is not among them: it is not always the sign-in name.
const TITLES: [(&str, Kind); 16] = [
    ("Device ID", Kind::Id),
    ("DeviceId", Kind::Id),
    ("id", Kind::Id),
    ("Microsoft Entra Device ID", Kind::EntraDeviceId),
    ("Azure AD Device ID", Kind::EntraDeviceId),
    ("azureADDeviceId", Kind::EntraDeviceId),
    ("entraDeviceId", Kind::EntraDeviceId),
    ("Serial number", Kind::Serial),
    ("serialNumber", Kind::Serial),
    ("serial", Kind::Serial),
    ("IMEI", Kind::Imei),
    ("Device name", Kind::Name),
    ("deviceName", Kind::Name),
    ("Primary user UPN", Kind::User),
    ("userPrincipalName", Kind::User),
    ("UPN", Kind::User),
];

pub(super) struct Table<'a, F> {
    run: &'a RunFile,
    csv: &'a Csv,
    /// Until the table is opened.
    read: Option<F>,
    open: Option<Open>,
    waiting: VecDeque<Fault>,
}

struct Open {
    records: Records,
    columns: Found,
}

/// Which column is what.
struct Found {
    titles: BTreeMap<String, usize>,
    count: usize,
    kind: Kind,
    names: Vec<(Kind, usize)>,
    /// Reason, ticket, way of verifying.
    texts: [Option<usize>; 3],
}

impl<'a, F> Table<'a, F>
where
    F: FnMut(&Path) -> io::Result<Box<dyn Read + Send>>,
{
    pub(super) fn new(run: &'a RunFile, csv: &'a Csv, read: F) -> Self {
        Self {
            run,
            csv,
            read: Some(read),
            open: None,
            waiting: VecDeque::new(),
        }
    }

    fn open(&self, mut read: F) -> Result<Open, Vec<Fault>> {
        let input = read(Path::new(&self.csv.file)).map_err(|error| {
            let message = format!(
                "`{}` cannot be opened: {error}",
                text::shown(&self.csv.file)
            );
            let remedy = "it is looked for beside the run file; look whether it is there";
            vec![self.run.fault("who.csv.file", message, remedy)]
        })?;
        let fault = |wrong: super::records::Wrong| {
            vec![wrong.at.fault(&self.csv.file, wrong.message, wrong.remedy)]
        };
        let mut records = Records::open(input).map_err(fault)?;
        let header = match records.next() {
            Some(header) => header.map_err(fault)?,
            None => {
                let remedy = "its first line has the columns' titles";
                return Err(vec![At::START.fault(
                    &self.csv.file,
                    "the table is empty",
                    remedy,
                )]);
            }
        };
        let columns = self.columns(&header)?;
        Ok(Open { records, columns })
    }

    fn columns(&self, header: &Record) -> Result<Found, Vec<Fault>> {
        let mut titles: Vec<(&str, At)> = Vec::new();
        let mut faults = Vec::new();
        for cell in &header.cells {
            match std::str::from_utf8(&cell.bytes) {
                Ok(title) => titles.push((title.trim(), cell.at)),
                Err(_) => faults.push(not_utf8(cell.at, &self.csv.file)),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let line = At {
            line: header.line,
            column: 1,
        };
        let (names, texts) = match &self.csv.columns {
            Some(columns) => named(columns, &titles, line, &self.csv.file),
            None => recognised(&titles, line, &self.csv.file).map(|names| (names, [None; 3])),
        }?;
        let known: BTreeMap<String, usize> = titles
            .iter()
            .enumerate()
            .rev()
            .map(|(number, (title, _))| ((*title).to_owned(), number))
            .collect();
        // A value that no row can have is said once, not once a row.
        for (key, template) in [
            ("reason", &self.run.reason),
            ("ticket", &self.run.ticket),
            ("verifiedBy", &self.run.verified_by),
        ] {
            for name in template.iter().flat_map(|template| template.names()) {
                let count = titles.iter().filter(|(title, _)| *title == name).count();
                if count != 1 {
                    let wrong = missing(name, count, &titles, &format!("`{key}` takes"));
                    faults.push(line.fault(&self.csv.file, wrong.0, wrong.1));
                }
            }
        }
        let kind = names.iter().map(|(kind, _)| *kind).min();
        match kind {
            Some(kind) if faults.is_empty() => Ok(Found {
                titles: known,
                count: titles.len(),
                kind,
                names,
                texts,
            }),
            _ => Err(faults),
        }
    }

    fn row(&self, record: &Record, columns: &Found) -> Result<Asked, Vec<Fault>> {
        let file = self.csv.file.as_str();
        let at = At {
            line: record.line,
            column: 1,
        };
        if record.cells.len() != columns.count {
            let at = match record.cells.get(columns.count) {
                Some(first_too_many) => first_too_many.at,
                None => at,
            };
            return Err(vec![at.fault(
                file,
                format!(
                    "the row has {} cells, and the table {} columns",
                    record.cells.len(),
                    columns.count
                ),
                "put cells that contain the separator into quotation marks, and leave no cell out",
            )]);
        }
        let mut texts: Vec<(&str, At)> = Vec::with_capacity(record.cells.len());
        for cell in &record.cells {
            texts.push((utf8(cell, file)?, cell.at));
        }
        let get = |number: usize| {
            let (text, at) = texts.get(number)?;
            (!text.is_empty()).then(|| ((*text).to_owned(), *at))
        };
        let names = columns.names.iter().filter_map(|(kind, number)| {
            let (text, at) = get(*number)?;
            Some((*kind, text, at))
        });
        let given = Given {
            source: format!("{file}:{}", record.line),
            file,
            at,
            kind: columns.kind,
            names: names.collect(),
            texts: columns.texts.map(|number| number.and_then(get)),
        };
        ask(self.run, given, &|name| {
            let number = columns.titles.get(name)?;
            get(*number).map(|(text, _)| text)
        })
    }
}

impl<F> Iterator for Table<'_, F>
where
    F: FnMut(&Path) -> io::Result<Box<dyn Read + Send>>,
{
    type Item = Result<Asked, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(fault) = self.waiting.pop_front() {
                return Some(Err(fault));
            }
            if let Some(read) = self.read.take() {
                match self.open(read) {
                    Ok(open) => self.open = Some(open),
                    Err(faults) => self.waiting.extend(faults),
                }
                continue;
            }
            let mut open = self.open.take()?;
            match open.records.next()? {
                Ok(record) => {
                    let row = self.row(&record, &open.columns);
                    self.open = Some(open);
                    match row {
                        Ok(asked) => return Some(Ok(asked)),
                        Err(faults) => self.waiting.extend(faults),
                    }
                }
                Err(wrong) => {
                    if !wrong.ends {
                        self.open = Some(open);
                    }
                    let fault = wrong.at.fault(&self.csv.file, wrong.message, wrong.remedy);
                    return Some(Err(fault));
                }
            }
        }
    }
}

fn utf8<'c>(cell: &'c Cell, file: &str) -> Result<&'c str, Vec<Fault>> {
    let text = std::str::from_utf8(&cell.bytes);
    text.map(|text| text.trim_matches([' ', '\t', '\u{A0}']))
        .map_err(|_| vec![not_utf8(cell.at, file)])
}

fn not_utf8(at: At, file: &str) -> Fault {
    at.fault(
        file,
        "the cell is not UTF-8",
        "save the file as UTF-8: in Excel as \"CSV UTF-8\", in PowerShell with `-Encoding utf8`",
    )
}

type Chosen = (Vec<(Kind, usize)>, [Option<usize>; 3]);

/// The columns that the run file names.
fn named(
    columns: &Columns,
    titles: &[(&str, At)],
    line: At,
    file: &str,
) -> Result<Chosen, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut find = |word: &str, wanted: &str| {
        let mut found = titles
            .iter()
            .enumerate()
            .filter(|(_, (title, _))| *title == wanted);
        let (first, others) = (found.next(), found.count());
        match (first, others) {
            (Some((number, _)), 0) => Some(number),
            (first, others) => {
                let count = others + usize::from(first.is_some());
                let by = format!("`who.csv.columns.{word}` names");
                let (message, remedy) = missing(wanted, count, titles, &by);
                faults.push(line.fault(file, message, remedy));
                None
            }
        }
    };
    let names = columns.names.iter();
    let names = names
        .filter_map(|(kind, title)| Some((*kind, find(kind.word(), title)?)))
        .collect();
    let texts = [
        columns
            .reason
            .as_deref()
            .and_then(|title| find("reason", title)),
        columns
            .ticket
            .as_deref()
            .and_then(|title| find("ticket", title)),
        columns
            .verified_by
            .as_deref()
            .and_then(|title| find("verifiedBy", title)),
    ];
    match faults.is_empty() {
        true => Ok((names, texts)),
        false => Err(faults),
    }
}

/// A title that is not there, or is there more than once.
fn missing(wanted: &str, count: usize, titles: &[(&str, At)], by: &str) -> (String, String) {
    let shown = text::shown(wanted);
    if count > 1 {
        let message = format!("{count} columns have the title `{shown}`, which {by}");
        return (message, "give each column its own title".to_owned());
    }
    let names = titles
        .iter()
        .map(|(title, _)| *title)
        .filter(|title| !title.is_empty());
    let remedy = match nearest(wanted, names.clone()) {
        Some(meant) => format!("did you mean `{}`?", text::shown(meant)),
        None => {
            let names: Vec<String> = names.take(12).map(text::shown).collect();
            format!("there are: {}", names.join(", "))
        }
    };
    (
        format!("no column has the title `{shown}`, which {by}"),
        remedy,
    )
}

/// The columns that Intune itself names so.
fn recognised(
    titles: &[(&str, At)],
    line: At,
    file: &str,
) -> Result<Vec<(Kind, usize)>, Vec<Fault>> {
    let mut found: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for (number, (title, at)) in titles.iter().enumerate() {
        let kind = TITLES
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(title))
            .map(|(_, kind)| *kind)
            .next();
        if let Some(kind) = kind
            && found.insert(kind, number).is_some()
        {
            faults.push(at.fault(
                file,
                format!("a second column is the {}", label(kind)),
                "say in `who.csv.columns` which one is meant",
            ));
        }
    }
    if found.is_empty() && faults.is_empty() {
        faults.push(line.fault(
            file,
            "no column is known to name devices",
            "say in `who.csv.columns` which one does, for example `columns: {serial: \"Asset\"}`; is the first line the titles?",
        ));
    }
    match faults.is_empty() {
        true => Ok(found.into_iter().collect()),
        false => Err(faults),
    }
}
