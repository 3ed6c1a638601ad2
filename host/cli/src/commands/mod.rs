//! The verbs, one file each.

mod act;
mod audit;
mod auth;
mod carry;
mod choose;
mod completions;
mod config;
mod courier;
mod deliver;
mod devices;
mod doctor;
mod execute;
mod explain;
mod extension;
mod login;
mod logout;
mod man;
mod matrix;
mod practice;
mod recording;
mod reveal;
mod run;
mod setup;
mod status;
mod values;
mod version;
mod whose;
mod words;

use passcode_host::contract::types::Verb;

pub(crate) use recording::replay;
pub(crate) use version::version;

use crate::app::App;
use crate::args::{AuthCommand, Command, ConfigCommand};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::Reply;

/// Carry out a verb, and keep a recording of it if that was asked for.
pub(crate) async fn run(app: &'static App, command: Command) -> Result<Reply, Failure> {
    recording::before(app)?;
    let reply = verb(app, command).await;
    recording::after(app).await;
    reply
}

async fn verb(app: &'static App, command: Command) -> Result<Reply, Failure> {
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
                courier: reveal.deliver,
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
                wait: wait.then(|| timeout.unwrap_or_else(|| app.config.settings.timeout())),
                limit,
                grant,
            };
            status::status(app, &interrupt, wanted).await
        }
        Command::Run { what } => aside(async move { run::run(app, &interrupt, what).await }).await,
        Command::Plans { limit } => run::plans(app, limit).await,
        Command::Approve { plan, how } => run::approve_plan(app, &interrupt, &plan, &how).await,
        Command::Deny { plan } => run::plan_denied(app, &plan).await,
        Command::Audit { what } => audit::audit(app, what).await,
        Command::Config { what } => config::config(app, what),
        Command::Auth {
            what: AuthCommand::Setup(args),
        } => setup::setup(app, &args),
        Command::Completions { shell } => Ok(completions::completions(app, shell)),
        Command::Man { folder } => man::man(folder.as_deref()),
        // These only read, and may be left at any moment.
        reading => interrupt
            .until(1, read(app, reading))
            .await
            .unwrap_or_else(|| Err(Failure::interrupted())),
    }
}

/// On a thread of the runtime. On the main thread, whatever goes on with a run of thousands of
/// devices would have to wake a thread to do so.
async fn aside(
    work: impl Future<Output = Result<Reply, Failure>> + Send + 'static,
) -> Result<Reply, Failure> {
    let ended = tokio::spawn(work).await;
    ended.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(error) => Err(Failure::fault(&error.to_string())),
    })
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
        Command::Doctor => doctor::doctor(app).await,
        Command::Login(args) => login::login(app, args).await,
        Command::Logout(args) => logout::logout(app, args).await,
        Command::Auth {
            what: AuthCommand::Status,
        } => auth::status(app).await,
        Command::Extension { what } => extension::extension(app, what).await,
        Command::Matrix { addresses, grant } => matrix::matrix(app, addresses, grant).await,
        _ => Err(Failure::fault(
            "a verb that acts was taken for one that reads",
        )),
    }
}

/// Whether a verb does its work without the config file's settings, or is there to mend the file.
/// A shell that starts with a broken file must still get its completions.
pub(crate) fn bears_a_broken_config(command: &Command) -> bool {
    match command {
        Command::Config { what } => !matches!(what, ConfigCommand::Show),
        Command::Completions { .. } | Command::Man { .. } => true,
        _ => false,
    }
}
