//! Run files: what is to be done with many devices, as a person or a job system writes it down.
//!
//! This crate reads and checks. It opens no file and asks no service: it gets texts and gives
//! values, and whatever is wrong is named with its place, all of it at once, before anything is
//! sent. The format is described in `docs/run-files.md` and, for editors, by [`schema`].
//!
//! ```
//! use std::io::{Cursor, Read};
//! use passcode_runfile::RunFile;
//!
//! let text = "
//! schema: passcode/run/v1
//! title: Kiosks in Ghent
//! action: reset
//! who:
//!   csv: {file: kiosks.csv}
//! ticket: '{{ row.Ticket }}'
//! ";
//! let run = RunFile::parse(text, "kiosks.run.yaml").unwrap();
//! let files = |_: &std::path::Path| {
//!     let table = "Device name,Serial number,Ticket\nGhent-1,C02XL0GYJGH5,INC-7\n";
//!     Ok(Box::new(Cursor::new(table)) as Box<dyn Read + Send>)
//! };
//! let rows: Vec<_> = run.rows(files, None).collect::<Result<_, _>>().unwrap();
//! assert_eq!(rows[0].source, "kiosks.csv:2");
//! assert_eq!(rows[0].selector.value, "C02XL0GYJGH5");
//! assert_eq!(rows[0].texts.ticket.as_deref(), Some("INC-7"));
//! ```

mod bech32;
mod document;
mod duration;
mod fault;
mod guards;
mod model;
mod nearest;
mod parse;
mod rows;
mod schema;
mod survey;
mod template;
mod text;
mod yaml;

pub use fault::Fault;
pub use guards::{CheckedIn, StopWhen, Window, checked_in, cool};
pub use model::{
    Action, Budget, Columns, Csv, Delivery, Finder, Group, Guards, Kind, Listed, Platform, RunFile,
    Selector, Source, Texts, Who,
};
pub use rows::{Asked, first_of_each};
pub use schema::schema;
pub use survey::{Duplicate, Homonym, KEPT, Survey};
