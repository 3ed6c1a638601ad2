//! `passcode completions`: scripts from the definitions that the help comes from.

use clap::Command;
use clap_complete::{generate, shells};
use clap_complete_nushell::Nushell;
use passcode_runner::Ended;
use serde_json::json;

use super::values;
use crate::app::App;
use crate::args::{self, Known, Shell};
use crate::output::Reply;

pub(super) fn completions(app: &App, shell: Shell) -> Reply {
    let file = app.config.file.iter();
    let profiles = file.flat_map(|file| file.profiles.keys().cloned());
    let command = with_profiles(args::command(), profiles.collect());
    let text = script(command, shell);
    let mut reply = Reply::new(Ended::Done, "completions", false, json!({ "script": text }));
    reply.verbatim = app.global.output.is_none();
    reply.human(text)
}

/// The names are known only now, and live as long as the process, which ends here.
fn with_profiles(command: Command, names: Vec<String>) -> Command {
    let names: Vec<&'static str> = names
        .into_iter()
        .map(|name| &*Box::leak(name.into_boxed_str()))
        .collect();
    command.mut_arg("profile", |profile| {
        profile
            .value_parser(Known::new(names))
            .hide_possible_values(true)
    })
}

fn script(mut command: Command, shell: Shell) -> String {
    let mut bytes = Vec::new();
    let (command, out) = (&mut command, &mut bytes);
    match shell {
        Shell::Bash => generate(shells::Bash, command, "passcode", out),
        Shell::Zsh => generate(shells::Zsh, command, "passcode", out),
        Shell::Fish => generate(shells::Fish, command, "passcode", out),
        Shell::Powershell => generate(shells::PowerShell, command, "passcode", out),
        Shell::Nushell => generate(Nushell, command, "passcode", out),
        Shell::Elvish => generate(shells::Elvish, command, "passcode", out),
    }
    let script = String::from_utf8_lossy(&bytes).into_owned();
    match shell {
        Shell::Powershell => values::powershell(&script, command),
        Shell::Elvish => values::elvish(&script, command),
        _ => script,
    }
}
