//! A practice tenant: Graph, Entra and an Intune fleet on this machine, where nothing real happens.
//!
//! No live tenant can be had for tests, for a first try or for training a help desk. This crate answers like
//! Microsoft Graph where the product asks it something, on loopback only, with devices that exist nowhere.
//! It also goes wrong on demand, and remembers every request, so that a test can say what was *not* sent.
//!
//! ```no_run
//! use passcode_practice::{PracticeOptions, PracticeTenant, RemoteAction, TokenRequest};
//!
//! # fn main() -> Result<(), passcode_practice::PracticeError> {
//! let tenant = PracticeTenant::start(PracticeOptions::immediate())?;
//! tenant.inject_named("drop-after-accept:KIOSK-0001")?;
//! let token = tenant.mint_token(&TokenRequest::help_desk());
//! println!("{}/beta/deviceManagement/managedDevices, Bearer {token}", tenant.url());
//! assert_eq!(tenant.total(RemoteAction::Wipe).received, 0);
//! # Ok(())
//! # }
//! ```
//!
//! The README documents the fleet file, the shipped fleet, the faults and the control addresses.

mod action;
mod by_device;
mod clock;
mod control;
mod entra;
mod error;
mod fault;
mod fleet;
mod graph;
mod http;
#[cfg(feature = "inspect")]
pub mod inspect;
mod journal;
mod odata;
mod options;
mod subscription;
mod tenant;
mod throttle;
mod world;

pub use action::{ActionState, RemoteAction};
pub use control::Control;
pub use entra::caller::{PRIVILEGED, READ_CONFIGURATION, READ_DEVICES, READ_GROUPS, READ_RBAC};
pub use entra::{AppCertificate, Caller, IntuneRole, TokenRequest};
pub use error::PracticeError;
pub use fault::{Fault, FaultInfo, faults};
pub use fleet::{Fleet, Kind, ResetOutcome};
pub use graph::approval::{ApprovalRequest, ApprovalStatus};
pub use journal::{ActionCount, JournalEntry};
pub use options::{ClientApp, PracticeOptions};
pub use subscription::SubscriptionState;
pub use tenant::PracticeTenant;
pub use throttle::Throttle;

/// The shipped directory's id.
pub const PRACTICE_TENANT_ID: &str = "7e4a0000-0000-4000-8000-00000000c0de";
/// The practice application's client id.
pub const PRACTICE_CLIENT_ID: &str = "c11e0000-0000-4000-8000-00000000c0de";
/// The practice application's client secret. It opens nothing.
pub const PRACTICE_CLIENT_SECRET: &str = "practice-secret-opens-nothing";
/// The client id of the one managed identity, as a virtual machine and App Service have it.
pub const PRACTICE_IDENTITY_CLIENT_ID: &str = "1de70000-0000-4000-8000-00000000c0de";
/// Its Azure resource id.
pub const PRACTICE_IDENTITY_RESOURCE_ID: &str = "/subscriptions/50b50000-0000-4000-8000-00000000c0de/resourcegroups/practice/providers/Microsoft.ManagedIdentity/userAssignedIdentities/practice";
/// What App Service would put into `IDENTITY_HEADER`. It opens nothing.
pub const PRACTICE_IDENTITY_HEADER: &str = "practice-identity-header-opens-nothing";
/// The practice operator.
pub const PRACTICE_USER: &str = "helpdesk@contoso.example";
/// The other administrator, who approves.
pub const PRACTICE_APPROVER: &str = "approver@contoso.example";
