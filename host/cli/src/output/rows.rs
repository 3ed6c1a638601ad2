//! Tables, and the same for spreadsheets.

use comfy_table::{ContentArrangement, Table, presets};
use passcode_host::plain;
use unicode_width::UnicodeWidthStr as _;

/// A head and lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    head: Vec<&'static str>,
    lines: Vec<Vec<String>>,
    list: bool,
    /// Columns that a terminal which is too narrow can do without, the first to go first.
    spare: &'static [&'static str],
}

impl Rows {
    /// A list, perhaps empty.
    pub(crate) fn list(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            lines: Vec::new(),
            list: true,
            spare: &[],
        }
    }

    /// As [`Rows::list`], with columns to leave out where there is no room.
    pub(crate) fn sparing(mut self, spare: &'static [&'static str]) -> Self {
        self.spare = spare;
        self
    }

    /// A single thing, field by field.
    pub(crate) fn one(fields: Vec<(&'static str, String)>) -> Self {
        let (head, line): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        Self {
            head,
            lines: vec![line],
            list: false,
            spare: &[],
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
        let shown = self.shown(width.into());
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
        let head = shown.iter().filter_map(|at| self.head.get(*at));
        table.set_header(head.map(|name| name.to_uppercase()));
        for line in &self.lines {
            let cells = shown.iter().filter_map(|at| line.get(*at));
            table.add_row(cells.map(|cell| brief(cell)));
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

    /// The columns that there is room for.
    fn shown(&self, room: usize) -> Vec<usize> {
        let wide = |at: &usize| {
            let cells = self.lines.iter().filter_map(|line| line.get(*at));
            let head = self.head.get(*at).map_or(0, |name| name.width());
            let widest = cells.map(|cell| brief(cell).width()).max();
            widest.unwrap_or_default().max(head) + 2
        };
        let mut shown: Vec<usize> = (0..self.head.len()).collect();
        for spare in self.spare {
            if shown.iter().map(wide).sum::<usize>() <= room {
                break;
            }
            shown.retain(|at| self.head.get(*at) != Some(spare));
        }
        shown
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

/// A cell for a person: an instant to the second is enough.
fn brief(cell: &str) -> String {
    let cell = plain(cell);
    if !cell.ends_with('Z') || cell.get(4..5) != Some("-") {
        return cell;
    }
    match passcode_host::parse_rfc3339(&cell) {
        Some(instant) => passcode_host::rfc3339(instant).replace('T', " "),
        None => cell,
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
    fn a_narrow_terminal_loses_the_spare_columns_first() {
        let mut rows = Rows::list(&["name", "at", "id"]).sparing(&["id", "at"]);
        let cells = ["KIOSK", "2026-01-02T03:04:05.678Z", "0123456789"];
        rows.push(cells.map(str::to_owned).to_vec());
        let lines = |width| {
            rows.table(width)
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            lines(80)[1].trim(),
            "KIOSK  2026-01-02 03:04:05Z  0123456789"
        );
        assert_eq!(lines(40)[1].trim(), "KIOSK  2026-01-02 03:04:05Z");
        assert_eq!(lines(12)[1].trim(), "KIOSK");
        assert!(rows.csv(b',').contains("0123456789"));
    }

    #[test]
    fn a_separator_in_a_cell_stays_in_the_cell() {
        let mut rows = Rows::list(&["a", "b"]);
        rows.push(vec!["x,y".to_owned(), "q\"\n".to_owned()]);
        assert_eq!(rows.csv(b','), "a,b\n\"x,y\",\"q\"\"\u{FFFD}\"\n");
        assert_eq!(rows.csv(b'\t'), "a\tb\nx,y\t\"q\"\"\u{FFFD}\"\n");
    }
}
