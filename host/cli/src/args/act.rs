//! Flags of the verbs that plan or act.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::device::{DeviceArgs, NarrowArgs};
use super::{duration, known};

/// `reset` and `remove`.
#[derive(Args, Debug)]
pub(crate) struct ActArgs {
    // First, because a heading goes on until the next one.
    /// Show what would happen, and do nothing; with `-o json` the plan for `passcode execute`
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) what_if: bool,
    /// Answer the question with yes; lifts no check
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    #[command(flatten)]
    pub(crate) narrow: NarrowArgs,
    #[command(flatten)]
    pub(crate) case: CaseArgs,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) reveal: RevealFlag,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
}

/// `execute`.
#[derive(Args, Debug)]
pub(crate) struct ExecuteArgs {
    /// A plan's file, its id, or `-` for standard input
    #[arg(value_name = "PLAN.json|PLAN-ID|-")]
    pub(crate) plan: String,
    /// Answer the question with yes; lifts no check
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) reveal: RevealFlag,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
}

/// On whose behalf and why. All of it is recorded.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "The case (recorded)")]
pub(crate) struct CaseArgs {
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// The ticket
    #[arg(long, value_name = "ID")]
    pub(crate) ticket: Option<String>,
    /// How the person who asks was verified: callback, in-person, manager, …
    #[arg(long, value_name = "HOW", value_parser = known::verifications(), hide_possible_values = true)]
    pub(crate) verified_by: Option<String>,
    /// Who acts, where no sign-in proves it
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
}

/// What belongs to a plan.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Plan")]
pub(crate) struct PlanArgs {
    /// Accept a check on which the documents disagree, by its id (repeatable)
    #[arg(long, value_name = "CHECK-ID", value_parser = known::checks(), hide_possible_values = true)]
    pub(crate) accept: Vec<String>,
    /// Go ahead although another passcode action is under way
    #[arg(long)]
    pub(crate) again: bool,
    /// Go ahead after a plan whose outcome stayed unknown
    #[arg(long, value_name = "PLAN-ID")]
    pub(crate) after_unknown: Option<String>,
    /// Do not read policies and the caller's rights; what they would show is unknown then
    #[arg(long)]
    pub(crate) no_preflight: bool,
    /// Use another address; see `passcode matrix --addresses`
    #[arg(long, value_name = "ADDRESS", value_parser = known::addresses(), hide_possible_values = true)]
    pub(crate) via: Option<String>,
    /// A value for the address's path (repeatable)
    #[arg(long, value_name = "NAME=VALUE", requires = "via")]
    pub(crate) via_value: Vec<String>,
}

/// Whether to wait for the device.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Waiting")]
pub(crate) struct WaitArgs {
    /// Wait for the device (the default)
    #[arg(long, overrides_with = "no_wait")]
    wait: bool,
    /// End as soon as Intune has accepted it
    #[arg(long, overrides_with = "wait")]
    no_wait: bool,
    /// How long to wait: 15s, 2m, 8h [default: 2m]
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    timeout: Option<Duration>,
}

impl WaitArgs {
    /// How long to wait; `None` for not at all.
    pub(crate) fn limit(&self, usual: Duration) -> Option<Duration> {
        (!self.no_wait).then_some(self.timeout.unwrap_or(usual))
    }
}

/// Whether the passcode may be printed.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Delivery")]
pub(crate) struct RevealFlag {
    /// Print the passcode in the answer, where no terminal can show it
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Let an extension take the passcode to a service, and show it to nobody
    #[arg(long, value_name = "courier:OWNER/NAME", conflicts_with = "reveal", value_parser = courier)]
    pub(crate) deliver: Option<String>,
}

/// The extension of `courier:OWNER/NAME`.
fn courier(text: &str) -> Result<String, String> {
    match text.strip_prefix("courier:") {
        Some(name) if passcode_extension::ExtensionId::parse(name).is_ok() => Ok(name.to_owned()),
        _ => Err("write `courier:OWNER/NAME`, with a name of the config file".to_owned()),
    }
}

/// What the component may do.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What the component may do")]
pub(crate) struct GrantArgs {
    /// Another grant than the ordinary one; see `passcode matrix --grant`
    #[arg(long, value_name = "FILE")]
    pub(crate) grant: Option<PathBuf>,
}
