//! Rows for a spreadsheet: RFC 4180, and no cell that a spreadsheet takes for a formula.

use std::fmt;
use std::io::Write;

use crate::view::{Plain, ReportError, RowView, instant};
use crate::words;

/// The columns, in their order.
pub const COLUMNS: [&str; 22] = [
    "number",
    "state",
    "class",
    "deviceName",
    "serialNumber",
    "userPrincipalName",
    "deviceId",
    "kind",
    "level",
    "code",
    "message",
    "next",
    "plannedAt",
    "sentAt",
    "endedAt",
    "deliveredAt",
    "deliveredTo",
    "plan",
    "clientRequestId",
    "requestId",
    "source",
    "run",
];

/// How a sheet is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SheetOptions {
    /// Begin with a byte order mark. Excel takes a file without one for the country's old
    /// code page, and shows `ZoÃ«` for `Zoë`; most other programs do better without.
    pub bom: bool,
}

/// A sheet that is being written, row by row.
pub struct Sheet<W: Write> {
    rows: csv::Writer<W>,
    plain: Plain,
    run: String,
}

impl<W: Write> Sheet<W> {
    /// Begin a sheet: its head is written.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn begin(
        mut out: W,
        run: &str,
        options: SheetOptions,
        plain: Plain,
    ) -> Result<Self, ReportError> {
        if options.bom {
            out.write_all("\u{FEFF}".as_bytes())?;
        }
        let mut rows = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        rows.write_record(COLUMNS).map_err(trouble)?;
        let run = inert(run, plain);
        Ok(Self { rows, plain, run })
    }

    /// Write a row.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn row(&mut self, row: &RowView) -> Result<(), ReportError> {
        let text = |text: &str| inert(text, self.plain);
        let maybe = |value: &Option<String>| value.as_deref().map(text).unwrap_or_default();
        let at = |at: Option<time::OffsetDateTime>| at.map(instant).unwrap_or_default();
        let word = words::word(&row.state);
        self.rows
            .write_record([
                row.number.to_string(),
                text(&row.state),
                word.class.word().to_owned(),
                maybe(&row.device_name),
                maybe(&row.serial),
                maybe(&row.user),
                maybe(&row.device_id),
                maybe(&row.kind),
                maybe(&row.level),
                maybe(&row.code),
                maybe(&row.message),
                word.next.unwrap_or_default().to_owned(),
                at(row.planned_at),
                at(row.sent_at),
                at(row.ended_at),
                at(row.delivered_at),
                maybe(&row.delivered_to),
                maybe(&row.plan),
                maybe(&row.client_request_id),
                maybe(&row.request_id),
                text(&row.source),
                self.run.clone(),
            ])
            .map_err(trouble)
    }

    /// Write out what is held back, and give the writer back.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn finish(self) -> Result<W, ReportError> {
        self.rows
            .into_inner()
            .map_err(|error| ReportError::Write(error.into_error()))
    }
}

impl<W: Write> fmt::Debug for Sheet<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sheet").field("run", &self.run).finish()
    }
}

fn trouble(error: csv::Error) -> ReportError {
    ReportError::Write(error.into())
}

/// A cell that no spreadsheet takes for a formula: one that begins, perhaps after blanks, quotes
/// or what [`Plain`] put in the place of a control character, with `=`, `+`, `-`, `@` or their
/// full-width forms, or with a tab or a line's end, gets an apostrophe before it. Excel, Calc and
/// Sheets then show it as text.
///
/// It is for texts that others chose. A number of ours needs none of it.
#[must_use]
pub fn inert(cell: &str, plain: Plain) -> String {
    let starts_with_control = cell.starts_with(['\t', '\r', '\n']);
    let cell = plain(cell);
    let first = cell.chars().find(|c| !passed_over(*c));
    let formula = first.is_some_and(|c| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}'
        )
    });
    if formula || starts_with_control {
        format!("'{cell}")
    } else {
        cell
    }
}

/// What programs drop, or may one day drop, before they look whether a cell is a formula.
fn passed_over(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '"' | '\'' | '\u{00B4}' | '`' | '\u{2018}'
                ..='\u{201F}' | '\u{FF02}' | '\u{FF07}' | '\u{FEFF}' | '\u{FFFD}'
        )
}
