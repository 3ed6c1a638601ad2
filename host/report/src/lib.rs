//! What a run looks like: for people, for spreadsheets, for programs; and while it goes on.
//!
//! Nothing here reads a ledger or waits for anything. Whoever has a run hands over a [`RunView`]
//! and its rows, one after the other; every form is written as the rows come, so that a hundred
//! thousand of them need no more memory than a hundred. There is no field for a passcode.
//!
//! Device names are chosen by users. Every text goes through a [`Plain`], the rule for what a
//! person is shown, and then through the rule of the form: cells that no spreadsheet takes for a
//! formula, JSON that a terminal can show, HTML in which no name is markup.

mod bars;
mod html;
mod json;
mod progress;
mod sheet;
mod summary;
mod view;
mod words;

pub use bars::Bars;
pub use html::write_html;
pub use json::{JsonReport, row_line, run_document};
pub use progress::{
    Event, Every, Phase, Progress, Snapshot, Standing, Waiting, due, event_json, line,
};
pub use sheet::{COLUMNS, Sheet, SheetOptions, inert};
pub use summary::{Keep, Spans, Summary};
pub use view::{ApprovalView, Plain, ReportError, RowView, RunView};
pub use words::{Class, Word, word};
