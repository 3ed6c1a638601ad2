//! Exit codes. Scripts branch on them, so they never change.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use passcode_runner::Ended;

use crate::output;

/// The number of an ending.
pub(crate) fn number(ended: Ended) -> u8 {
    match ended {
        Ended::Done | Ended::Accepted => 0,
        Ended::Fault => 1,
        Ended::Usage => 2,
        Ended::NotSignedIn => 3,
        Ended::Forbidden => 4,
        Ended::NotFound => 5,
        Ended::Refused => 6,
        Ended::Unknown => 7,
        Ended::AwaitingApproval => 8,
        Ended::Pending => 9,
        Ended::Failed => 10,
        Ended::Unavailable => 12,
        Ended::Interrupted => 130,
    }
}

/// The word of an ending, in JSON.
pub(crate) fn word(ended: Ended) -> &'static str {
    match ended {
        Ended::Done => "done",
        Ended::Accepted => "accepted",
        Ended::Fault => "fault",
        Ended::Usage => "usage",
        Ended::NotSignedIn => "not-signed-in",
        Ended::Forbidden => "forbidden",
        Ended::NotFound => "not-found",
        Ended::Refused => "refused",
        Ended::Unknown => "unknown",
        Ended::AwaitingApproval => "awaiting-approval",
        Ended::Pending => "pending",
        Ended::Failed => "failed",
        Ended::Unavailable => "unavailable",
        Ended::Interrupted => "interrupted",
    }
}

pub(crate) fn code(ended: Ended) -> ExitCode {
    ExitCode::from(number(ended))
}

/// Arguments that could not be understood, or a request for help.
pub(crate) fn of_arguments(error: &clap::Error) -> ExitCode {
    // Nobody reads what cannot be printed.
    let _ = error.print();
    if error.exit_code() == 0 {
        return ExitCode::SUCCESS;
    }
    if error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && wants_json() {
        output::json_line(&output::usage(&error.to_string()));
    }
    code(Ended::Usage)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_has_the_number_that_scripts_know() {
        let cases = [
            (Ended::Done, 0),
            (Ended::Accepted, 0),
            (Ended::Fault, 1),
            (Ended::Usage, 2),
            (Ended::NotSignedIn, 3),
            (Ended::Forbidden, 4),
            (Ended::NotFound, 5),
            (Ended::Refused, 6),
            (Ended::Unknown, 7),
            (Ended::AwaitingApproval, 8),
            (Ended::Pending, 9),
            (Ended::Failed, 10),
            (Ended::Unavailable, 12),
            (Ended::Interrupted, 130),
        ];
        for (ended, expected) in cases {
            assert_eq!(number(ended), expected, "{ended:?}");
        }
    }
}
