//! `passcode extension`.

use std::path::PathBuf;

use clap::{Subcommand, ValueHint};

/// What `extension` does.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ExtensionCommand {
    /// List the configured extensions: what each is for, and what it may do
    #[command(after_help = "Examples:
  passcode extension list
  passcode extension list -o json")]
    List,
    /// Look at a component before it is configured: its world, its digest, and what it asks for
    #[command(after_help = "Examples:
  passcode extension check change-freeze.wasm
  passcode extension check ticket-desk.wasm --grant ticket-desk.toml

Exits with 2 if it could not be loaded as an extension.")]
    Check {
        /// The component
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// As under this grant
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        grant: Option<PathBuf>,
    },
}
