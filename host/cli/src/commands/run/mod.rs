//! `passcode run`: many devices, planned, approved, sent once each.

mod approve;
mod approved;
mod ask;
mod begin;
mod check;
mod deliver;
mod demands;
mod file;
mod hand_out;
mod order;
mod plans;
mod progress;
mod report;
mod second;
mod show;
mod sign;
mod start;
mod subject;
mod views;

use passcode_ledger::Store;
use passcode_ledger::run::Run;
use passcode_runner::Ended;

pub(super) use approve::{plan as approve_plan, plan_denied};
pub(super) use plans::plans;
pub(super) use second::{approved, denied, foretold};

use crate::app::App;
use crate::args::RunCommand;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::Reply;

pub(super) async fn run(
    app: &App,
    interrupt: &Interrupt,
    what: RunCommand,
) -> Result<Reply, Failure> {
    match what {
        RunCommand::Check { file } => check::check(app, interrupt, &file.file).await,
        RunCommand::Plan { file, begin } => start::plan(app, interrupt, &file.file, &begin).await,
        RunCommand::Approve { run, how } => approve::run(app, interrupt, &run, &how).await,
        RunCommand::Deny { run } => approve::run_denied(app, &run).await,
        RunCommand::Start(args) => start::start(app, interrupt, args).await,
        RunCommand::Resume { run, work } => start::resume(app, interrupt, &run, &work).await,
        RunCommand::Stop { run } => show::stop(app, &run).await,
        RunCommand::List { limit } => show::list(app, limit).await,
        RunCommand::Show { run, state, limit } => show::show(app, &run, &state, limit).await,
        RunCommand::Report { run, form, to } => {
            report::report(app, &run, form, to.as_deref()).await
        }
        RunCommand::Schema => Ok(file::schema()),
    }
}

/// The run of that name, or of those first digits.
async fn named(store: &dyn Store, name: &str) -> Result<Run, Failure> {
    store.run(name).await?.ok_or_else(|| {
        Failure::new(
            Ended::NotFound,
            "run-unknown",
            format!("no run, or more than one, is named `{name}`"),
        )
        .remedy("`passcode run list` names them; eight digits of the name are enough")
    })
}

/// The first digits of a run's name: enough for a person.
fn short(run: &str) -> &str {
    run.get(..8).unwrap_or(run)
}
