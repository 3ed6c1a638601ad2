//! The verbs, one file each.

mod act;
mod carry;
mod choose;
mod deliver;
mod devices;
mod execute;
mod explain;
mod matrix;
mod practice;
mod recording;
mod reveal;
mod status;
mod words;

use std::fmt::Write as _;

use passcode_builtin::COMPONENT;
use passcode_host::contract::CONTRACT;
use passcode_host::contract::types::Verb;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::args::Command;
use crate::failure::Failure;
pub(crate) use recording::replay;

use crate::interrupt::Interrupt;
use crate::output::Reply;

/// Carry out a verb, and keep a recording of it if that was asked for.
pub(crate) async fn run(app: &App, command: Option<Command>) -> Result<Reply, Failure> {
    let command = command.ok_or_else(|| Failure::usage("no command", "see `passcode --help`"))?;
    recording::before(app)?;
    let reply = verb(app, command).await;
    recording::after(app).await;
    reply
}

async fn verb(app: &App, command: Command) -> Result<Reply, Failure> {
    let interrupt = Interrupt::listen();
    match command {
        Command::Reset(args) => act::act(app, &interrupt, Verb::Reset, args).await,
        Command::Remove(args) => act::act(app, &interrupt, Verb::Remove, args).await,
        Command::Execute(args) => execute::execute(app, &interrupt, args).await,
        Command::Practice(args) => practice::practice(app, &interrupt, args).await,
        Command::Reveal {
            subject,
            device,
            narrow,
            any,
            reveal,
            grant,
        } => {
            let wanted = reveal::Wanted {
                subject,
                device,
                narrow,
                any,
                print: reveal.reveal,
                grant,
            };
            reveal::reveal(app, &interrupt, wanted).await
        }
        Command::Status {
            subject,
            device,
            narrow,
            wait,
            timeout,
            limit,
            grant,
        } => {
            let wanted = status::Wanted {
                subject,
                device,
                narrow,
                wait: wait.then_some(timeout),
                limit,
                grant,
            };
            status::status(app, &interrupt, wanted).await
        }
        // These only read, and may be left at any moment.
        reading => interrupt
            .until(1, read(app, reading))
            .await
            .unwrap_or_else(|| Err(Failure::interrupted())),
    }
}

async fn read(app: &App, command: Command) -> Result<Reply, Failure> {
    match command {
        Command::Devices {
            device,
            narrow,
            grant,
        } => devices::devices(app, &device, &narrow, &grant).await,
        Command::Explain {
            device,
            narrow,
            plan,
            grant,
        } => explain::explain(app, &device, &narrow, &plan, &grant).await,
        Command::Matrix { addresses, grant } => matrix::matrix(app, addresses, grant).await,
        _ => Err(Failure::fault(
            "a verb that acts was taken for one that reads",
        )),
    }
}

/// `--version`.
pub(crate) fn version() -> String {
    let mut digest = String::new();
    for byte in Sha256::digest(COMPONENT) {
        let _ = write!(digest, "{byte:02x}");
    }
    format!(
        "passcode {}\ncomponent {digest}\ncontract passcode:action@{CONTRACT}\n",
        env!("CARGO_PKG_VERSION")
    )
}
