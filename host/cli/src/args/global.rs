//! Flags that every command takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::known;

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// One JSON document a line
    Jsonl,
    /// Comma-separated, for spreadsheets
    Csv,
    /// Tab-separated
    Tsv,
    /// YAML
    Yaml,
    /// Nothing; the exit code tells
    None,
}

/// Whether to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Flags that every command takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// How the answer is written [default: table on a terminal, else json]
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,

    /// Only the answer, no progress
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Also each request, and what the component logs
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,

    /// Colour [default: auto]
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub(crate) color: Option<Color>,

    /// The profile of the config file to use; else PASSCODE_PROFILE, else its `default_profile`
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Another component than the built-in one; it needs a manifest, and gets what --grant allows
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) component: Option<PathBuf>,

    /// Where the ledger and the cache are [default: the system's folder for application data]
    #[arg(long, global = true, value_name = "DIR", env = "PASSCODE_HOME")]
    pub(crate) home: Option<PathBuf>,

    /// Use a practice tenant inside this process: nothing real happens
    #[arg(long, global = true)]
    pub(crate) practice: bool,

    /// The file that keeps the practice tenant's state [default: practice/state.json in --home]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) practice_state: Option<PathBuf>,

    /// Let something go wrong in the practice tenant; see `passcode practice faults`
    #[arg(long, global = true, value_name = "NAME[:DEVICE]", value_parser = known::faults(), hide_possible_values = true)]
    pub(crate) fault: Vec<String>,

    /// How fast practice devices act: 1 is believable, 0 at once
    #[arg(long, global = true, value_name = "FACTOR")]
    pub(crate) pace: Option<f64>,

    /// Ask the practice tenant as fast as it answers. For measurements; refused for any other tenant
    #[arg(long, global = true, hide = true)]
    pub(crate) unpaced: bool,

    /// Keep what the component was told and said in DIR, with names, serial numbers and addresses masked
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,

    /// With --record: names, serial numbers and addresses as they are. Passcodes never
    #[arg(long, global = true)]
    pub(crate) record_personal_data: bool,
}
