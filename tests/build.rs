//! Builds the puppets, components that do what a test tells them.

use std::process::ExitCode;

fn main() -> ExitCode {
    passcode_component_build::beside(
        "../wit",
        &[
            ("puppet", "passcode_puppet", "PASSCODE_PUPPET"),
            (
                "courier",
                "passcode_courier_puppet",
                "PASSCODE_COURIER_PUPPET",
            ),
        ],
    )
}
