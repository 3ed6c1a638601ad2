//! The embeddable host of `passcode`: it loads a component of the world `passcode-action`, lends
//! it HTTP without origin, credential or secret, and carries out what the component planned.
//! Once, on the very device, and nothing else.
//!
//! - [`Host`] is built once; [`Host::load`] makes an [`Action`] of a component and a grant.
//! - [`Action::find`], [`Action::prepare`], [`Action::commit`] and [`Action::observe`] are the
//!   steps. A plan is a value ([`PlanDocument`]) that is kept in a [`ledger::SendLedger`].
//! - Every request leaves through one door, which enforces what the component's manifest asks
//!   for and the operator's grant allows ([`Authority`]).
//! - An extension sends only to destinations of its own ([`ExtensionGrant`]), and a courier takes a
//!   passcode there without reading it.
//!
//! Tokens ([`credential::Credential`]) and the ledger are traits: this crate knows nothing of
//! Entra, SQL, servers or command lines. `examples/embed` is a program of thirty lines.

pub mod authority;
pub mod contract;
pub mod credential;
#[cfg(feature = "inspect")]
pub mod inspect;
pub mod ledger;

mod action;
mod batch;
mod budget;
mod cache;
mod clock;
mod component;
mod connector;
mod destination;
mod digest;
mod document;
mod door;
mod engine;
mod error;
mod exchange;
mod extension;
mod gate;
mod host;
mod identity;
mod imports;
mod json;
mod limits;
mod outbound;
mod pace;
mod reach;
mod reports;
mod retry;
mod review;
mod sandbox;
mod search;
mod secret;
mod shared;
mod step;
#[cfg(feature = "inspect")]
mod stub;
mod tap;
mod text;
mod wanted;

pub use action::Action;
pub use authority::{Authority, AuthorityError, Phase};
pub use budget::{Ask, Budget, Rate, Share, Turn};
pub use clock::{parse_rfc3339, rfc3339};
pub use component::MANIFEST_SECTION;
pub use destination::{Destination, DestinationError};
pub use digest::digest;
pub use document::{IdentityCard, KeptPlan, NotAPlan, PLAN_SCHEMA, PlanDocument};
pub use door::{ApprovalSent, Carriage, Sent};
pub use error::{HostError, Limit, Refusal};
pub use exchange::{Failure, FailureReason, Reached, Request, Response};
pub use extension::{Extension, Handed, World};
pub use host::{Host, HostBuilder};
pub use identity::{Acting, Identity};
pub use json::parse as parse_strictly;
pub use limits::Limits;
pub use outbound::ExtensionGrant;
pub use reach::reachable;
pub use reports::{Committed, Listed, Observed};
pub use retry::Retry;
pub use review::Reviewing;
pub use sandbox::{Answers, Sandbox};
pub use search::{Found, More};
pub use secret::Passcode;
pub use shared::LogSink;
#[cfg(feature = "inspect")]
pub use stub::RawAnswer;
pub use tap::{Crossing, Tap};
pub use text::plain;
pub use wanted::Wanted;
