//! Builds the example extensions from their sources.

use std::process::ExitCode;

fn main() -> ExitCode {
    passcode_component_build::beside(
        "../../wit",
        &[
            ("change-freeze", "change_freeze", "CHANGE_FREEZE"),
            ("inventory", "inventory", "INVENTORY"),
            ("one-time-secret", "one_time_secret", "ONE_TIME_SECRET"),
        ],
    )
}
