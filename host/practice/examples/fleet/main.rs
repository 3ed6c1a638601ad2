//! What `tests/comparisons/fleet` measures `passcode run` beside: a practice tenant of many devices that never throttles,
//! and a loop of requests that keeps no ledger and checks nothing.
//!
//! ```console
//! $ fleet tenant 10000                  # says where it is; ends with its standard input
//! $ fleet loop requests.json            # sends, and says how long that took
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up cannot be measured"
)]

mod requests;
mod tenant;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["tenant", count] => tenant::run(count.parse().unwrap()),
        ["loop", file] => requests::run(file.as_ref()),
        _ => {
            eprintln!("fleet tenant COUNT | fleet loop FILE");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
