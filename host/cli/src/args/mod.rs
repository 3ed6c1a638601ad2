//! Arguments, parsed to values. Nothing here opens, reads or sends anything.

mod act;
mod auth;
mod device;
mod duration;
mod extension;
mod global;
mod help;
mod known;
mod nearest;
mod practice;
mod run;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};

pub(crate) use act::{ActArgs, CaseArgs, ExecuteArgs, GrantArgs, PlanArgs, RevealFlag};
pub(crate) use auth::{AuthCommand, For, LoginArgs, LogoutArgs, SetupArgs, SetupFormat};
pub(crate) use device::{DeviceArgs, DeviceFlags, NarrowArgs, is_guid, unclear};
pub(crate) use duration::parse as time;
pub(crate) use extension::ExtensionCommand;
pub(crate) use global::{Color, Format, Global};
pub(crate) use help::{FIRST, command, meant};
pub(crate) use known::{Known, known_words};
pub(crate) use nearest::nearest;
pub(crate) use practice::{PracticeArgs, PracticeCommand};
pub(crate) use run::{
    ApproveArgs, AuditCommand, BeginArgs, ProgressForm, ReportForm, RunCommand, StartArgs, WorkArgs,
};

/// Get a locked-out person back into a managed phone or tablet, through Microsoft Intune
///
/// `passcode` removes the passcode of an iPhone or iPad and resets that of an Android device or
/// work profile. It asks before it acts, acts once, and cannot wipe.
#[derive(Debug, Parser)]
#[command(
    name = "passcode",
    disable_version_flag = true,
    version,
    subcommand_value_name = "COMMAND"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,

    /// Print the version
    #[arg(short = 'V')]
    pub(crate) short_version: bool,

    /// Print the version, the component's digest and the contract's version
    #[arg(long)]
    pub(crate) version: bool,

    /// Run the component on a recording, without network, sign-in or ledger, and compare
    ///
    /// Takes no command: the recording says what was done. Exits with 0 if every request and
    /// answer is the same to the byte, with 1 if one differs, with 2 if DIR is not a recording
    /// or was altered.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(crate) replay: Option<std::path::PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List devices
    #[command(after_help = "Examples:
  passcode devices --user adele@contoso.com
  passcode devices --platform android -o csv
  passcode devices --name 'Front desk phone' --kind android-fully-managed")]
    Devices {
        #[command(flatten)]
        device: DeviceArgs,
        #[command(flatten)]
        narrow: NarrowArgs,
        #[command(flatten)]
        grant: GrantArgs,
    },
    /// Show what can be done for a device, and which document says so
    #[command(after_help = "Examples:
  passcode explain --serial R58N123ABC
  passcode explain --user adele@contoso.com --platform ios

It exits as the action would: 0 if nothing stands in the way, 6 if something does.")]
    Explain {
        #[command(flatten)]
        device: DeviceArgs,
        #[command(flatten)]
        narrow: NarrowArgs,
        #[command(flatten)]
        plan: PlanArgs,
        #[command(flatten)]
        grant: GrantArgs,
    },
    /// Reset the passcode of an Android device or work profile to a temporary one
    #[command(after_help = "Examples:
  passcode reset --serial R58N123ABC --reason 'forgot it' --ticket INC-4711
  passcode reset --user adele@contoso.com --platform android --verified-by callback
  passcode reset --id GUID --what-if -o json > plan.json   then: passcode execute plan.json
  passcode reset --id GUID --yes --reveal -o json --reason 'forgot it'   without a terminal

On an iPhone or iPad the passcode can only be removed: `passcode remove`.")]
    Reset(ActArgs),
    /// Remove the passcode of an iPhone or iPad; the device is open afterwards
    #[command(after_help = "Examples:
  passcode remove --serial F2LX12345678 --reason 'forgot it' --ticket INC-4711
  passcode remove --user adele@contoso.com --platform ios --verified-by callback

On Android the passcode can only be reset to a temporary one: `passcode reset`.")]
    Remove(ActArgs),
    /// Carry out a plan that `--what-if` made
    #[command(after_help = "Examples:
  passcode reset --serial R58N123ABC --what-if -o json > plan.json
  passcode execute plan.json
  passcode execute 3f1c…   by the plan's id
  cat plan.json | passcode execute - --yes")]
    Execute(ExecuteArgs),
    /// Show what became of an action; without arguments: recent Device actions
    #[command(after_help = "Examples:
  passcode status
  passcode status --serial R58N123ABC
  passcode status 3f1c… --wait --timeout 10m")]
    Status {
        /// A plan's id, or a device's
        #[arg(value_name = "PLAN-ID|DEVICE-ID")]
        subject: Option<String>,
        /// Go on watching until it has ended
        #[arg(long)]
        wait: bool,
        /// How long to watch with --wait [default: 2m]
        #[arg(long, value_name = "TIME", value_parser = duration::parse)]
        timeout: Option<std::time::Duration>,
        /// How many entries to list
        #[arg(long, value_name = "N", default_value_t = 25)]
        limit: u32,
        #[command(flatten)]
        device: DeviceFlags,
        #[command(flatten)]
        narrow: NarrowArgs,
        #[command(flatten)]
        grant: GrantArgs,
    },
    /// Show a temporary passcode again; Intune shows it for seven days
    #[command(after_help = "Examples:
  passcode reveal --serial R58N123ABC
  passcode reveal 3f1c… -o json --reveal
  passcode reveal --serial R58N123ABC --any   also one that a colleague made")]
    Reveal {
        /// A plan's id, or a device's
        #[arg(value_name = "PLAN-ID|DEVICE-ID")]
        subject: Option<String>,
        /// Also a passcode made elsewhere, marked so
        #[arg(long)]
        any: bool,
        #[command(flatten)]
        device: DeviceFlags,
        #[command(flatten)]
        narrow: NarrowArgs,
        #[command(flatten)]
        reveal: RevealFlag,
        #[command(flatten)]
        grant: GrantArgs,
    },
    /// Print the rules, with document and date
    #[command(after_help = "Examples:
  passcode matrix
  passcode matrix --addresses
  passcode matrix --grant > grant.toml")]
    Matrix {
        /// The addresses that documents list for resetPasscode
        #[arg(long, conflicts_with = "grant")]
        addresses: bool,
        /// The ordinary grant, to start your own from
        #[arg(long)]
        grant: bool,
    },
    /// Run a practice tenant on this machine, where nothing real happens
    #[command(after_help = "Examples:
  passcode practice                          run it, and print how to connect
  passcode practice fleet                    its devices
  passcode practice faults                   what can go wrong on demand
  passcode practice --fault 429 --pace 0.1   ten times faster, with a throttle")]
    Practice(PracticeArgs),
    /// Find out what stands between this sign-in and an action, without trying it
    #[command(after_help = "Examples:
  passcode doctor
  passcode doctor --profile lab -o json
  passcode doctor --practice

It only reads. It exits with 0 if nothing was found that stands in the way, 3 if nobody is signed
in, 4 if a permission or a role is missing, 6 if the tenant or this machine is not ready, 12 if
something cannot be reached.")]
    Doctor,
    /// Sign in as yourself, and stay signed in on this machine
    #[command(after_help = "Examples:
  passcode login                 type a code at another device, or in any browser
  passcode login --browser       with a browser of this machine
  PASSCODE_AUTH=kept-sign-in passcode devices --user adele@contoso.com   afterwards

It takes the id of an app for people (AZURE_CLIENT_ID, or `client_id` in the config file);
`passcode auth setup --for people` says how to register one.")]
    Login(LoginArgs),
    /// Forget the sign-in that `login` kept
    #[command(after_help = "Examples:
  passcode logout
  passcode logout --all   whatever is kept in this home folder")]
    Logout(LogoutArgs),
    /// Show who is signed in; print how to register an app
    #[command(after_help = "Examples:
  passcode auth status
  passcode auth setup --for people --format powershell")]
    Auth {
        #[command(subcommand)]
        what: AuthCommand,
    },
    /// Carry out a run file: many devices, planned, approved, sent once each
    #[command(after_help = "Examples:
  passcode run check kiosks.run.yaml
  passcode run plan kiosks.run.yaml
  passcode run start 7e4a0000
  passcode run report 7e4a0000 --to kiosks.html")]
    Run {
        #[command(subcommand)]
        what: RunCommand,
    },
    /// List plans, newest first
    #[command(after_help = "Example:
  passcode plans --limit 5")]
    Plans {
        /// At most so many
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: u32,
    },
    /// Approve a plan
    #[command(after_help = "Examples:
  passcode approve PLAN-ID --statement plan.approval
  passcode approve PLAN-ID --signed plan.approval")]
    Approve {
        /// The plan: its id, or its first digits
        #[arg(value_name = "PLAN-ID")]
        plan: String,
        #[command(flatten)]
        how: ApproveArgs,
    },
    /// Deny a plan: it will not be carried out
    #[command(after_help = "Example:
  passcode deny 5e424abbcb49")]
    Deny {
        /// The plan: its id, or its first digits
        #[arg(value_name = "PLAN-ID")]
        plan: String,
    },
    /// Look through the audit chain
    #[command(after_help = "Examples:
  passcode audit head
  passcode audit verify --head HEAD")]
    Audit {
        #[command(subcommand)]
        what: AuditCommand,
    },
    /// List other people's components, and look at one before it is configured
    #[command(after_help = "Examples:
  passcode extension list
  passcode extension check change-freeze.wasm

An extension only subtracts: it can stop an action, never start one. See docs/extensions.md.")]
    Extension {
        #[command(subcommand)]
        what: ExtensionCommand,
    },
    /// Show, check and describe the config file
    #[command(after_help = "Examples:
  passcode config show                    every setting, and who set it
  passcode config show --profile lab      as with that profile
  passcode config check                   is the file in order?
  passcode config schema > schema.json    for an editor")]
    Config {
        #[command(subcommand)]
        what: ConfigCommand,
    },
    /// Print a completion script for a shell
    #[command(after_help = "Examples:
  passcode completions bash > ~/.local/share/bash-completion/completions/passcode
  passcode completions zsh > \"${fpath[1]}/_passcode\"
  passcode completions fish > ~/.config/fish/completions/passcode.fish
  passcode completions powershell >> $PROFILE
  passcode completions nushell | save -f ($nu.default-config-dir | path join passcode.nu)
  passcode completions elvish >> ~/.config/elvish/rc.elv

The names of the profiles are those of the config file at this moment.")]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page, or write all of them to a folder
    #[command(after_help = "Examples:
  passcode man | man -l -
  passcode man ~/.local/share/man/man1")]
    Man {
        /// Where to write passcode.1 and a page for each command
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
    },
}

/// What `config` does.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting, and who set it
    #[command(after_help = "Examples:
  passcode config show
  passcode config show --profile lab -o json")]
    Show,
    /// Print where the file is
    #[command(after_help = "Example:
  \"${EDITOR:-vi}\" \"$(passcode config path)\"")]
    Path,
    /// Check the file, every profile in it, and the files that it names
    #[command(after_help = "Example:
  passcode config check && echo in order")]
    Check,
    /// Print the file's JSON schema
    #[command(after_help = "Example:
  passcode config schema > passcode-config.schema.json")]
    Schema,
}

/// Shells that completions are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
    #[value(alias = "nu")]
    Nushell,
    Elvish,
}
