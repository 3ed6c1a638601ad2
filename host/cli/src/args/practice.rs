//! Flags of `passcode practice`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `practice`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = false)]
pub(crate) struct PracticeArgs {
    #[command(subcommand)]
    pub(crate) command: Option<PracticeCommand>,
    /// The port for http; 0 is any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
    /// Also serve https on this port; 0 is any free one
    #[arg(long, value_name = "PORT")]
    pub(crate) https_port: Option<u16>,
    /// Write the practice certificate authority there, for SSL_CERT_FILE; implies https
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The devices, as a fleet file (TOML)
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) fleet: Option<PathBuf>,
    /// Keep the state in this file: read at the start if it is there, written at the end
    #[arg(long, value_name = "FILE", conflicts_with = "fleet")]
    pub(crate) state: Option<PathBuf>,
    /// Append every POST and DELETE to this file before it is answered
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// The key that /practice/… asks for
    #[arg(long, value_name = "KEY")]
    pub(crate) control_key: Option<String>,
}

/// What else `practice` does.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum PracticeCommand {
    /// List what can go wrong on demand
    #[command(after_help = "Examples:
  passcode practice faults
  passcode reset --practice --serial SAMPLE-COSU-0001 --fault device-offline")]
    Faults,
    /// Decide a request for approval, as another administrator
    #[command(after_help = "Examples:
  passcode reset --practice --serial SAMPLE-COSU-0001 --reason \"forgotten passcode\" --fault approval-400
  passcode practice approve
  passcode execute --practice PLAN-ID")]
    Approve {
        /// The code; may be left out if one request is waiting
        code: Option<String>,
        /// Reject it instead
        #[arg(long)]
        reject: bool,
    },
    /// List the practice devices
    #[command(after_help = "Examples:
  passcode practice fleet
  passcode practice fleet --fleet devices.toml")]
    Fleet,
}
