//! Arguments that could not be understood, or a request for help.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use passcode_runner::Ended;

use crate::args::{command, meant};
use crate::failure::Failure;
use crate::{console, exit, output};

/// Say what was wrong, as far as a program or a person wants to know.
pub(crate) fn refused(error: &clap::Error) -> ExitCode {
    // Nobody reads what cannot be printed.
    let _ = error.print();
    if error.exit_code() == 0 {
        return ExitCode::SUCCESS;
    }
    let advice = advice(error);
    if let Some(advice) = advice {
        console::note(&format!("  tip: {advice}"));
    }
    if error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && wants_json() {
        let message = error.to_string();
        let message = message.trim_start_matches("error: ").trim();
        let remedy = advice.unwrap_or("see `passcode --help`");
        output::json_line(&Failure::usage(message, remedy).document(false));
    }
    exit::code(Ended::Usage)
}

/// Without a verb: the first page of the help. Not left to clap, which takes a variable such as
/// PASSCODE_HOME for an argument.
pub(crate) fn nothing_asked() -> ExitCode {
    let help = command().render_help();
    let colourful = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if colourful {
        console::note(&help.ansi().to_string());
    } else {
        console::note(&help.to_string());
    }
    exit::code(Ended::Usage)
}

/// What a verb that there is not was meant to be.
fn advice(error: &clap::Error) -> Option<&'static str> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    match error.get(ContextKind::InvalidSubcommand)? {
        ContextValue::String(verb) => meant(verb),
        _ => None,
    }
}

/// As far as it can be told from arguments that could not be understood.
fn wants_json() -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = arguments.iter().enumerate().find_map(|(at, argument)| {
        let inline = argument
            .strip_prefix("--output=")
            .or_else(|| argument.strip_prefix("-o").filter(|rest| !rest.is_empty()));
        let next = matches!(argument.as_str(), "-o" | "--output").then(|| arguments.get(at + 1));
        inline
            .map(str::to_owned)
            .or_else(|| next.flatten().cloned())
    });
    match named {
        Some(format) => matches!(format.as_str(), "json" | "jsonl"),
        None => !std::io::stdout().is_terminal(),
    }
}
