//! The `passcode` command: arguments in, the library's answer out, an exit code.

mod app;
mod args;
mod commands;
mod config;
mod console;
mod exit;
mod failure;
mod home;
mod interrupt;
mod output;
mod paint;
mod report;
mod shell;
mod terminal;
mod usage;
mod wiring;

use std::process::ExitCode;

use clap::FromArgMatches as _;

use crate::app::App;
use crate::args::Cli;
use crate::failure::Failure;
use crate::output::Reply;

/// Plans, answers and rows are many small pieces of memory that one thread makes and another drops:
/// a tenth of the processor's time of a run with the system's own.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keep_memory_to_ourselves();
    // Fails only if one is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match parse() {
        Ok(cli) => run(cli),
        Err(error) => usage::refused(&error),
    }
}

fn parse() -> Result<Cli, clap::Error> {
    let mut command = args::command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

fn run(cli: Cli) -> ExitCode {
    let (app, trouble) = App::new(cli.global);
    // There is one, and it is there until the process ends.
    let app: &'static App = Box::leak(Box::new(app));
    if cli.short_version || cli.version {
        return match commands::version(app, cli.short_version) {
            Ok(reply) => output::answer(app, &reply),
            Err(failure) => output::failed(app, &failure),
        };
    }
    if cli.replay.is_none() && cli.command.is_none() {
        return usage::nothing_asked();
    }
    let bears = |command: &args::Command| commands::bears_a_broken_config(command);
    if let Some(failure) = trouble.filter(|_| !cli.command.as_ref().is_some_and(bears)) {
        return output::failed(app, &failure);
    }
    match (cli.replay, cli.command) {
        (Some(folder), command) => finish(app, commands::replay(app, &folder, command.is_some())),
        (None, Some(command)) => finish(app, commands::run(app, command)),
        (None, None) => usage::nothing_asked(),
    }
}

/// Run to the end, and print what came of it.
fn finish(app: &App, work: impl Future<Output = Result<Reply, Failure>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(app, &Failure::fault(&error.to_string())),
    };
    let code = match runtime.block_on(work) {
        Ok(reply) => output::answer(app, &reply),
        Err(failure) => output::failed(app, &failure),
    };
    // A question that nobody will answer any more must not keep the process.
    runtime.shutdown_background();
    code
}

/// A core file would hold the token and the passcode.
fn keep_memory_to_ourselves() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // Where it is refused, nothing is lost that was there before.
        let _ = setrlimit(Resource::Core, none);
    }
    // A core that is piped to a program ignores the limit. This also keeps other processes of the
    // same user from reading this one's memory and environment.
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
