//! Flags of `passcode login`, `logout` and `auth`.

use clap::{Args, Subcommand, ValueEnum};

/// `login`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LoginArgs {
    /// With a code that is typed at another device or in any browser; the way unless `auth` says otherwise
    #[arg(long, conflicts_with = "browser")]
    pub(crate) device_code: bool,
    /// With a browser of this machine
    #[arg(long)]
    pub(crate) browser: bool,
}

/// `logout`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LogoutArgs {
    /// Every sign-in that is kept in this home folder, and not only the app's that is configured
    #[arg(long)]
    pub(crate) all: bool,
}

/// What `auth` does.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum AuthCommand {
    /// Show how and as whom this call would sign in, and what its token allows; never the token
    #[command(after_help = "Examples:
  passcode auth status
  passcode auth status --profile lab -o json

It asks nobody. Exits with 3 if nobody is signed in.")]
    Status,
    /// Print what to register in Entra; it creates nothing
    #[command(after_help = "Examples:
  passcode auth setup                                        an overview
  passcode auth setup --for people --format az > setup.sh    read it, then run it
  passcode auth setup --for github --subject repo:contoso/desk:environment:production --format powershell
  passcode auth setup --for app --optional --format manifest")]
    Setup(SetupArgs),
}

/// `auth setup`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SetupArgs {
    /// Who is to sign in [default: all of them]
    #[arg(long = "for", value_enum, value_name = "WHO")]
    pub(crate) who: Option<For>,
    /// What to print
    #[arg(long, value_enum, value_name = "FORM", default_value_t = SetupFormat::Text)]
    pub(crate) format: SetupFormat,
    /// Also the permissions that only tell more beforehand, and the one for groups in run files
    #[arg(long)]
    pub(crate) optional: bool,
    /// Who issues the assertions: the cluster's OIDC issuer, for `aks`
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// Whom the assertions are about: a repository's, a service account's or an identity's
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) subject: Option<String>,
}

/// Who is to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum For {
    /// People, with `passcode login`
    People,
    /// A program, with a certificate or a secret
    App,
    /// A workflow of GitHub's, without a secret
    Github,
    /// A pod of Azure Kubernetes Service, without a secret
    Aks,
    /// What runs in Azure, without a secret
    ManagedIdentity,
}

/// What `auth setup` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SetupFormat {
    /// An overview, to read
    Text,
    /// The app's manifest (JSON)
    Manifest,
    /// Commands for Azure CLI, for a POSIX shell
    Az,
    /// Commands for Graph PowerShell
    Powershell,
}
