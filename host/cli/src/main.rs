//! The `passcode` command: arguments in, the library's answer out, an exit code.

mod app;
mod args;
mod commands;
mod exit;
mod failure;
mod interrupt;
mod output;
mod report;
mod terminal;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

use crate::app::App;
use crate::args::Cli;

fn main() -> ExitCode {
    keep_memory_to_ourselves();
    // Fails only if one is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match Cli::try_parse() {
        Ok(cli) => run(cli),
        Err(error) => exit::of_arguments(&error),
    }
}

fn run(cli: Cli) -> ExitCode {
    if cli.version {
        return output::text(&commands::version());
    }
    let app = App::new(cli.global);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(&app, &failure::Failure::fault(&error.to_string())),
    };
    let code = runtime.block_on(async {
        let reply = match cli.replay {
            Some(folder) => commands::replay(&app, &folder, cli.command.is_some()).await,
            None => commands::run(&app, cli.command).await,
        };
        match reply {
            Ok(reply) => output::answer(&app, &reply),
            Err(failure) => output::failed(&app, &failure),
        }
    });
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
}
