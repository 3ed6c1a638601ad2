//! Flags of `run`, of the verbs around approvals, and of `audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::GrantArgs;

/// What `run` does.
#[derive(Debug, Subcommand)]
pub(crate) enum RunCommand {
    /// Check a run file and its list, and name every fault with line and column
    #[command(after_help = "Example:
  passcode run check kiosks.run.yaml

It asks nobody: no sign-in, no network.")]
    Check {
        #[command(flatten)]
        file: FileArgs,
    },
    /// Find every device and make its plan; nothing is sent
    #[command(after_help = "Examples:
  passcode run plan kiosks.run.yaml
  passcode run plan kiosks.run.yaml --run-key \"$JOB_ID\"")]
    Plan {
        #[command(flatten)]
        file: FileArgs,
        #[command(flatten)]
        begin: BeginArgs,
    },
    /// Approve the set of plans of a run
    #[command(after_help = "Examples:
  passcode run approve 7e4a0000 --statement run.approval     write what another person signs
  passcode run approve 7e4a0000 --key ~/.ssh/id_ed25519      sign it here, as that person
  passcode run approve 7e4a0000 --signed run.approval        hand in what was signed elsewhere
  passcode run approve 7e4a0000 --set HASH                   no signature: a checksum, not four eyes")]
    Approve {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
        #[command(flatten)]
        how: ApproveArgs,
    },
    /// Deny a run: nothing of it will be sent
    #[command(after_help = "Example:
  passcode run deny 7e4a0000")]
    Deny {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
    },
    /// Carry out the approved set; of a run file, plan it first
    #[command(after_help = "Examples:
  passcode run start 7e4a0000
  passcode run start kiosks.run.yaml --what-if               the same as `plan`
  passcode run start kiosks.run.yaml --run-key \"$JOB_ID\" --yes   from a job that may be restarted

Ctrl-C stops sending at once and waits for what is in flight; `passcode run resume` goes on.")]
    Start(StartArgs),
    /// Go on with a run that was stopped, or left by a process that died
    #[command(after_help = "Examples:
  passcode run resume 7e4a0000
  passcode run resume 7e4a0000 --progress jsonl")]
    Resume {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
        #[command(flatten)]
        work: WorkArgs,
    },
    /// Stop a run, wherever it is worked on; nothing more is sent
    #[command(after_help = "Example:
  passcode run stop 7e4a0000")]
    Stop {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
    },
    /// List runs, newest first
    #[command(after_help = "Example:
  passcode run list --limit 5")]
    List {
        /// At most so many
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: u32,
    },
    /// Show how a run stands, and its devices
    #[command(after_help = "Examples:
  passcode run show 7e4a0000
  passcode run show 7e4a0000 --state failed --state unknown -o csv")]
    Show {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
        /// Only devices in this state (repeatable): planned, pending, done, failed, unknown, refused, …
        #[arg(long, value_name = "STATE")]
        state: Vec<String>,
        /// At most so many devices
        #[arg(long, default_value_t = 100, value_name = "COUNT")]
        limit: usize,
    },
    /// Write a run's result as a page, a table or JSON
    #[command(after_help = "Examples:
  passcode run report 7e4a0000 --to kiosks.html
  passcode run report 7e4a0000 --as csv > kiosks.csv")]
    Report {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
        /// The form [default: by the file's name, else html]
        #[arg(long = "as", value_enum, value_name = "FORM")]
        form: Option<ReportForm>,
        /// The file; else standard output
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        to: Option<PathBuf>,
    },
    /// Print the run file's JSON schema, for editors
    #[command(after_help = "Example:
  passcode run schema > run.schema.json")]
    Schema,
}

/// A run file.
#[derive(Args, Clone, Debug)]
pub(crate) struct FileArgs {
    /// The run file
    #[arg(value_name = "FILE.run.yaml", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
}

/// How a run begins.
#[derive(Args, Clone, Debug)]
pub(crate) struct BeginArgs {
    /// What the job system calls this run: the same key goes on with the same run
    #[arg(long, value_name = "KEY")]
    pub(crate) run_key: Option<String>,
    /// Who acts, where no sign-in proves it
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// How a run is worked on.
#[derive(Args, Clone, Debug)]
pub(crate) struct WorkArgs {
    /// Do not read policies and the caller's rights; what they would show is unknown then
    #[arg(long)]
    pub(crate) no_preflight: bool,
    /// Ask every question by itself, and join none of them in a `$batch`
    #[arg(long)]
    pub(crate) no_batch: bool,
    /// How progress is told on stderr [default: bars on a terminal, else lines]
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) progress: Option<ProgressForm>,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
}

/// `run start`.
#[derive(Args, Clone, Debug)]
pub(crate) struct StartArgs {
    /// A planned run, or a run file
    #[arg(value_name = "RUN|FILE.run.yaml")]
    pub(crate) subject: String,
    /// Only plan, and show what would be sent
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) what_if: bool,
    /// Approve the set as it is planned, where no other person has to; lifts no check
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) begin: BeginArgs,
}

/// How something is approved.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ApproveArgs {
    /// Say that exactly this set (or plan) is meant, without a signature
    #[arg(long, value_name = "HASH", conflicts_with_all = ["key", "signed", "statement"])]
    pub(crate) set: Option<String>,
    /// Sign with this SSH key (Ed25519, OpenSSH's format)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["signed", "statement"])]
    pub(crate) key: Option<PathBuf>,
    /// Hand in a statement that was signed elsewhere
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "statement")]
    pub(crate) signed: Option<PathBuf>,
    /// Write the statement to be signed elsewhere
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) statement: Option<PathBuf>,
}

/// Forms of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressForm {
    /// Bars
    Bars,
    /// A line from time to time
    Lines,
    /// One JSON document for each event
    Jsonl,
    /// Nothing
    None,
}

/// Forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportForm {
    /// One page that needs nothing else
    Html,
    /// A table for spreadsheets, safe against formulas
    Csv,
    /// One document
    Json,
    /// One document for each device
    Jsonl,
}

/// What `audit` does.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Look through the audit chain, and name every line that was changed, removed or added
    #[command(after_help = "Examples:
  passcode audit verify
  passcode audit verify --head \"$(cat kept-head)\" --key ed25519:…")]
    Verify {
        /// The head that was kept: COUNT:HASH
        #[arg(long, value_name = "HEAD")]
        head: Option<String>,
        /// A public key whose lines are good (repeatable) [default: this machine's]
        #[arg(long, value_name = "KEY")]
        key: Vec<String>,
        /// Also compare with the tenant's own record of remote actions
        #[arg(long)]
        tenant: bool,
    },
    /// Print the head of the audit chain, to be kept elsewhere
    #[command(after_help = "Example:
  passcode audit head > kept-head")]
    Head,
}
