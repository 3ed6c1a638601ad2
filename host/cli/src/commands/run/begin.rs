//! A run in the ledger: its head, its rows, and the run file as it was written.

use std::path::Path;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use passcode_ledger::Store;
use passcode_ledger::run::{Begun, NewRow, NewRun, Run, RunState};
use passcode_runfile::RunFile;
use passcode_runner::Ended;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ask::{Named, ask};
use super::file::{Loaded, faulty_of};
use super::order::asked;
use super::short;
use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::wiring::Connected;

/// How many rows are written at once.
const PAGE: usize = 1_000;

/// What is kept of what was asked for, so that a run can go on where the file is not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    /// The run file's name.
    pub(super) name: String,
    /// The run file, as it was written.
    pub(super) text: String,
    /// How many rows its list has. With fewer, the list was cut off and nothing may be planned.
    pub(super) rows: u64,
    /// SHA-256 of what was named by sources that had to be asked. A list that was cut off is only
    /// completed by the same answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) named: Option<String>,
    /// The component that plans and acts.
    pub(super) component: String,
    /// The folder that the run file names its files in. Runs of earlier versions have none, nor
    /// have folders whose names are not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) folder: Option<String>,
    /// Who was asked about each plan when the run began.
    #[serde(default)]
    pub(super) reviewers: Vec<String>,
}

impl Kept {
    pub(super) fn of(run: &Run) -> Result<Self, Failure> {
        serde_json::from_str(&run.new.document).map_err(|error| {
            Failure::fault(&format!("the run in the ledger cannot be read: {error}"))
        })
    }

    pub(super) fn file(&self) -> Result<RunFile, Failure> {
        RunFile::parse(&self.text, &self.name).map_err(|faults| {
            let all = faults.len() as u64;
            faulty_of(faults, all)
        })
    }
}

/// Begin a run of a file that was looked through, or go on with the one that its key names.
pub(super) async fn begin(
    app: &App,
    interrupt: &Interrupt,
    connected: &Connected,
    loaded: &Loaded,
    path: &Path,
    (key, operator): (Option<&str>, Option<&str>),
) -> Result<Run, Failure> {
    let runner = &connected.runner;
    let planner = runner.action().operator(operator).await?;
    let tenant = runner.tenant().await?;
    let asks = !loaded.file.who.asked().is_empty();
    // What a run has that began is its list, whatever the tenant would say today.
    if let (true, Some(key)) = (asks, key)
        && let Some(run) = connected.store.run_of_key(&tenant, key).await?
    {
        if run.new.digest != loaded.survey.digest {
            return Err(changed(&run));
        }
        if connected.store.tally(&run.new.id).await?.rows == Kept::of(&run)?.rows {
            return Ok(run);
        }
    }
    let named = match asks {
        true => Some(ask(app, interrupt, connected, loaded).await?),
        false => None,
    };
    let kept = Kept {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        text: loaded.text.clone(),
        rows: loaded.survey.devices + named.as_ref().map_or(0, |named| named.rows),
        named: named.as_ref().map(|named| named.digest.clone()),
        component: runner.action().digest().to_owned(),
        folder: loaded.folder.to_str().map(str::to_owned),
        reviewers: connected.reviewers.clone(),
    };
    let new = NewRun {
        id: Uuid::new_v4().to_string(),
        key: key.map(str::to_owned),
        tenant,
        title: loaded.file.title.clone(),
        digest: loaded.survey.digest.clone(),
        document: serde_json::to_string(&kept).unwrap_or_default(),
        planner: serde_json::to_string(&planner).unwrap_or_default(),
        created: runner.host().now(),
    };
    let run = match connected.store.begin_run(&new).await? {
        Begun::New(run) => run,
        // Another process began it meanwhile, or its list was cut off. An answer of today must not
        // complete one of yesterday: `planned` sees that rows are missing.
        Begun::Known(run) if Kept::of(&run)?.named != kept.named => return Ok(run),
        // It was only planned when its list was whole.
        Begun::Known(run) if run.state != RunState::Planning => return Ok(run),
        Begun::Known(run) => run,
        Begun::Other(run) => return Err(changed(&run)),
    };
    rows(&*connected.store, loaded, named.as_ref(), &run).await?;
    Ok(run)
}

/// A run file that says something else than when its run began is another run.
pub(super) fn changed(run: &Run) -> Failure {
    Failure::new(
        Ended::Refused,
        "run-changed",
        format!(
            "the run file or its list changed since run {} began ({}); nothing was sent",
            short(&run.new.id),
            run.state
        ),
    )
    .remedy("put the old one back, or begin another run with another key")
}

/// Rows that are there already stay as they are, so a list that was cut off is completed.
async fn rows(
    store: &dyn Store,
    loaded: &Loaded,
    named: Option<&Named>,
    run: &Run,
) -> Result<(), Failure> {
    let listed = (1..).zip(loaded.devices()?).map(|(number, row)| {
        let row = row.map_err(|fault| faulty_of(vec![fault], 1))?;
        Ok(NewRow {
            number,
            source: row.source.clone(),
            selector: serde_json::to_string(&asked(&row)).unwrap_or_default(),
        })
    });
    let named = match named {
        Some(named) => Some(named.rows(loaded.survey.devices)?),
        None => None,
    };
    // While one page is written the next is read.
    stream::iter(pages(listed.chain(named.into_iter().flatten())))
        .map(async |page| Ok(store.add_rows(&run.new.id, &page?).await?))
        .buffered(2)
        .try_collect()
        .await
}

fn pages(
    mut rows: impl Iterator<Item = Result<NewRow, Failure>>,
) -> impl Iterator<Item = Result<Vec<NewRow>, Failure>> {
    std::iter::from_fn(move || {
        let page: Result<Vec<NewRow>, Failure> = rows.by_ref().take(PAGE).collect();
        match page {
            Ok(page) if page.is_empty() => None,
            page => Some(page),
        }
    })
}
