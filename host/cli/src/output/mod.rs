//! Answers on stdout, everything else on stderr.

mod json;
mod rows;

use std::io::Write as _;
use std::process::ExitCode;

use passcode_host::plain;
use passcode_runner::Ended;
use serde_json::{Map, Value, json};

pub(crate) use rows::Rows;

use crate::app::App;
use crate::args::Format;
use crate::console;
use crate::exit;
use crate::failure::Failure;
use crate::shell::pasteable;
use crate::terminal;

/// The answer of a command, in every form that it can be asked for.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) ended: Ended,
    /// The whole document.
    pub(crate) document: Value,
    /// The documents of single lines, where the answer is a list.
    pub(crate) items: Vec<Value>,
    /// As a table.
    pub(crate) rows: Rows,
    /// Print `human` whatever the form, because the answer is a file.
    pub(crate) verbatim: bool,
    /// For a person, instead of the table; already made plain.
    pub(crate) human: Option<String>,
}

impl Reply {
    /// `kind` becomes the schema `passcode/<kind>/v1`.
    pub(crate) fn new(ended: Ended, kind: &str, practice: bool, body: Value) -> Self {
        Self {
            ended,
            document: document(kind, practice, body),
            items: Vec::new(),
            rows: Rows::default(),
            human: None,
            verbatim: false,
        }
    }

    pub(crate) fn items(
        mut self,
        kind: &str,
        practice: bool,
        items: impl IntoIterator<Item = Value>,
    ) -> Self {
        self.items = items
            .into_iter()
            .map(|item| document(kind, practice, item))
            .collect();
        self
    }

    pub(crate) fn rows(mut self, rows: Rows) -> Self {
        self.rows = rows;
        self
    }

    pub(crate) fn human(mut self, human: String) -> Self {
        self.human = Some(human);
        self
    }
}

fn document(kind: &str, practice: bool, body: Value) -> Value {
    let mut document = match body {
        Value::Object(object) => object,
        other => Map::from_iter([("value".to_owned(), other)]),
    };
    document.insert("schema".to_owned(), json!(format!("passcode/{kind}/v1")));
    if practice {
        document.insert("practice".to_owned(), json!(true));
    }
    Value::Object(document)
}

/// Print an answer.
pub(crate) fn answer(app: &App, reply: &Reply) -> ExitCode {
    let text = match app.format {
        Format::None => String::new(),
        _ if reply.verbatim => reply.human.clone().unwrap_or_default(),
        Format::Json => json::pretty(&reply.document),
        Format::Jsonl if reply.items.is_empty() && reply.rows.is_list() => String::new(),
        Format::Jsonl if reply.items.is_empty() => json::line(&reply.document),
        Format::Jsonl => reply.items.iter().map(json::line).collect(),
        Format::Csv => reply.rows.csv(b','),
        Format::Tsv => reply.rows.csv(b'\t'),
        Format::Yaml => yaml(&reply.document),
        Format::Table => match &reply.human {
            Some(human) => human.clone(),
            None => reply.rows.table(terminal::width()),
        },
    };
    out(&text, exit::number(reply.ended))
}

/// Print a failure: for a person on stderr, for a program on stdout.
pub(crate) fn failed(app: &App, failure: &Failure) -> ExitCode {
    let mut failure = failure.clone();
    let flags = app.same_place();
    if let Some(remedy) = &mut failure.remedy {
        *remedy = pasteable(remedy, &flags);
    }
    let failure = &failure;
    console::note(terminal::failure(&app.paint, failure).trim_end());
    let document = failure.document(app.global.practice);
    let text = match app.format {
        Format::Json => json::pretty(&document),
        Format::Jsonl => json::line(&document),
        Format::Yaml => yaml(&document),
        Format::Table | Format::Csv | Format::Tsv | Format::None => String::new(),
    };
    out(&text, exit::number(failure.ended))
}

/// Print a line of JSON.
pub(crate) fn json_line(document: &Value) {
    out(&json::line(document), 0);
}

/// Print plain text.
pub(crate) fn text(text: &str) -> ExitCode {
    out(text, 0)
}

fn yaml(document: &Value) -> String {
    yaml_serde::to_string(&plain_values(document)).unwrap_or_default()
}

/// YAML is read by people, too.
fn plain_values(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain(text)),
        Value::Array(items) => items.iter().map(plain_values).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), plain_values(value)))
            .collect::<Map<String, Value>>()
            .into(),
        other => other.clone(),
    }
}

/// Write to stdout. That a reader has seen enough (`| head`) is normal; an answer that cannot
/// be written for another reason is not.
fn out(text: &str, code: u8) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            console::note(&format!("error: the answer could not be written: {error}"));
            ExitCode::from(if code == 0 { 1 } else { code })
        }
        _ => ExitCode::from(code),
    }
}
