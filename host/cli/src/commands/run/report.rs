//! `run report`: what a run came to, as a page, a table or JSON.

use std::io::{BufWriter, Write};
use std::path::Path;

use passcode_host::plain;
use passcode_ledger::Store;
use passcode_ledger::run::{Run, Tally};
use passcode_report::{
    JsonReport, Keep, ReportError, RunView, Sheet, SheetOptions, Summary, row_line, write_html,
};
use serde_json::json;

use super::approved::approved;
use super::begin::Kept;
use super::{named, short, views};
use crate::app::App;
use crate::args::ReportForm;
use crate::failure::Failure;
use crate::output::Reply;
use crate::wiring::{in_practice, records};

const PAGE: u32 = 1_000;

pub(super) async fn report(
    app: &App,
    name: &str,
    form: Option<ReportForm>,
    to: Option<&Path>,
) -> Result<Reply, Failure> {
    let (store, _) = records(app).await?;
    let run = named(&*store, name).await?;
    let tally = store.tally(&run.new.id).await?;
    let form = form.or(to.and_then(by_name)).unwrap_or(ReportForm::Html);
    let head = store.head().await?;
    let file = Kept::of(&run)?.file()?;
    let approved = approved(app, &*store, &run, &file, tally.plans).await?;
    let head = Some(head.to_string());
    let view = views::run(&run, &tally, in_practice(app), approved, head);
    let Some(path) = to else {
        let mut text = Vec::new();
        write(&*store, &run, &view, form, &mut text).await?;
        let mut reply = reply(app, &run, &tally, None);
        reply.human = Some(String::from_utf8_lossy(&text).into_owned());
        reply.verbatim = true;
        return Ok(reply);
    };
    // Whole or not at all, and nobody else's file.
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let draft = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
        .map_err(|error| Failure::file(path, &error))?;
    let mut out = BufWriter::new(draft);
    write(&*store, &run, &view, form, &mut out).await?;
    let draft = out
        .into_inner()
        .map_err(|error| Failure::file(path, &error))?;
    draft
        .persist_noclobber(path)
        .map_err(|error| Failure::file(path, &error.error))?;
    let human = format!("written to {}\n", path.display());
    Ok(reply(app, &run, &tally, Some(path)).human(human))
}

fn reply(app: &App, run: &Run, tally: &Tally, path: Option<&Path>) -> Reply {
    let body = json!({
        "run": run.new.id,
        "file": path.map(|path| path.display().to_string()),
        "tally": tally,
    });
    Reply::new(
        passcode_runner::Ended::Done,
        "run-report-written",
        in_practice(app),
        body,
    )
}

fn by_name(path: &Path) -> Option<ReportForm> {
    Some(match path.extension()?.to_str()? {
        "html" | "htm" => ReportForm::Html,
        "csv" => ReportForm::Csv,
        "json" => ReportForm::Json,
        "jsonl" | "ndjson" => ReportForm::Jsonl,
        _ => return None,
    })
}

fn failed(error: ReportError) -> Failure {
    Failure::usage(
        error.to_string(),
        "see whether there is room, and who may write there",
    )
}

async fn write(
    store: &dyn Store,
    run: &Run,
    view: &RunView,
    form: ReportForm,
    out: &mut (impl Write + Send),
) -> Result<(), Failure> {
    let name = short(&run.new.id);
    let mut summary = Summary::new(Keep::default());
    let mut json = match form {
        ReportForm::Json => Some(JsonReport::begin(&mut *out, view, plain).map_err(failed)?),
        _ => None,
    };
    if form == ReportForm::Csv {
        let options = SheetOptions { bom: true };
        let mut sheet = Sheet::begin(&mut *out, &run.new.id, options, plain).map_err(failed)?;
        let mut rows = Pages::new(store, run);
        while let Some(page) = rows.next().await? {
            for row in page {
                sheet.row(&row).map_err(failed)?;
            }
        }
        sheet.finish().map_err(failed)?;
        return Ok(());
    }
    let mut rows = Pages::new(store, run);
    if let Some(mut json) = json.take() {
        while let Some(page) = rows.next().await? {
            for row in page {
                summary.add(&row);
                json.row(&row).map_err(failed)?;
            }
        }
        json.finish(&summary).map_err(failed)?;
        return Ok(());
    }
    while let Some(page) = rows.next().await? {
        for row in page {
            if form == ReportForm::Jsonl {
                let line = row_line(name, view.practice, &row, plain);
                writeln!(out, "{line}").map_err(|error| failed(error.into()))?;
            }
            summary.add(&row);
        }
    }
    if form == ReportForm::Html {
        write_html(out, view, &summary, plain).map_err(failed)?;
    }
    Ok(())
}

/// A run's rows, a page at a time: memory stays the same however long it is.
struct Pages<'a> {
    store: &'a dyn Store,
    run: &'a Run,
    after: u64,
}

impl<'a> Pages<'a> {
    fn new(store: &'a dyn Store, run: &'a Run) -> Self {
        Self {
            store,
            run,
            after: 0,
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<passcode_report::RowView>>, Failure> {
        let page = self.store.rows(&self.run.new.id, self.after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = last.new.number;
        Ok(Some(page.iter().map(views::row).collect()))
    }
}
