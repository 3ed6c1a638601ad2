//! Tables, and the same for spreadsheets.

use comfy_table::{ContentArrangement, Table, presets};
use passcode_host::plain;

/// A head and lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    head: Vec<&'static str>,
    lines: Vec<Vec<String>>,
    list: bool,
}

impl Rows {
    /// A list, perhaps empty.
    pub(crate) fn list(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            lines: Vec::new(),
            list: true,
        }
    }

    /// A single thing, field by field.
    pub(crate) fn one(fields: Vec<(&'static str, String)>) -> Self {
        let (head, line): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        Self {
            head,
            lines: vec![line],
            list: false,
        }
    }

    pub(crate) fn push(&mut self, line: Vec<String>) {
        self.lines.push(line);
    }

    pub(crate) fn is_list(&self) -> bool {
        self.list
    }

    /// For a terminal.
    pub(crate) fn table(&self, width: u16) -> String {
        if self.lines.is_empty() {
            return "nothing\n".to_owned();
        }
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
        table.set_header(self.head.iter().map(|name| name.to_uppercase()));
        for line in &self.lines {
            table.add_row(line.iter().map(|cell| plain(cell)));
        }
        let mut text: String = table
            .lines()
            .flat_map(|line| [line.trim_end().to_owned(), "\n".to_owned()])
            .collect();
        if text.is_empty() {
            text.push('\n');
        }
        text
    }

    /// For a spreadsheet.
    pub(crate) fn csv(&self, delimiter: u8) -> String {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .from_writer(Vec::new());
        let mut written = writer.write_record(&self.head);
        for line in &self.lines {
            written = written.and(writer.write_record(line.iter().map(|cell| inert(cell))));
        }
        let bytes = written.ok().and_then(|()| writer.into_inner().ok());
        String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    }
}

/// A cell that no spreadsheet takes for a formula: device names are chosen by users.
fn inert(cell: &str) -> String {
    let cell = plain(cell);
    let formula = cell.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    if formula { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, expected) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("\t=1", "\u{FFFD}=1"),
            ("＝1", "'＝1"),
            ("KIOSK-0001", "KIOSK-0001"),
        ] {
            assert_eq!(inert(cell), expected);
        }
    }

    #[test]
    fn a_separator_in_a_cell_stays_in_the_cell() {
        let mut rows = Rows::list(&["a", "b"]);
        rows.push(vec!["x,y".to_owned(), "q\"\n".to_owned()]);
        assert_eq!(rows.csv(b','), "a,b\n\"x,y\",\"q\"\"\u{FFFD}\"\n");
        assert_eq!(rows.csv(b'\t'), "a\tb\nx,y\t\"q\"\"\u{FFFD}\"\n");
    }
}
