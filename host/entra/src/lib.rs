//! Where tokens come from.
//!
//! A [`Cloud`] pairs the place that issues tokens with the one place they may be sent to. A
//! credential is made for one cloud, asks its authority only, and gives a token for its root
//! only. There is no chain of guesses: [`SignIn::from_environment`] finds exactly one way to
//! sign in, or says what it found and what to set.
//!
//! - [`Cloud`] — global, US government L4 and L5, China, or two origins of one's own.
//! - [`SignIn`] — the choice between the ways to sign in.
//! - [`GivenToken`] — a token that somebody else got.
//! - [`ClientSecret`], [`ClientCertificate`], [`Federated`] — an app; the last with an assertion from
//!   [`WorkloadIdentityFile`], [`GitHubOidc`] or [`ManagedIdentityAssertion`].
//! - [`ManagedIdentity`] — what runs the program.
//! - [`DeviceCode`], [`Browser`], [`KeptSignIn`] — a person; [`EncryptedFile`] keeps the sign-in.
//! - `AzureCredential` — Azure CLI, azd, Azure Pipelines, any credential of `azure_core`.
//! - [`Http`] — the connection to the authority.
//! - [`Http::look`] — one look at a service, for those who ask what is wrong.
//! - [`Claims`] — what a token says of itself, for people to read; never a proof.

mod answer;
mod app;
mod assertion;
#[cfg(feature = "azure-identity")]
mod azure;
mod cache;
mod certificate;
mod claims;
mod client_certificate;
mod client_secret;
mod cloud;
mod entra_code;
mod error;
mod federated;
mod github;
mod given;
mod http;
mod jwt;
mod look;
mod managed_identity;
mod origin;
mod person;
mod random;
mod sign_in;
mod vault;

#[cfg(feature = "azure-identity")]
pub use azure::AzureCredential;
pub use certificate::Certificate;
pub use client_certificate::ClientCertificate;
pub use client_secret::ClientSecret;
pub use cloud::Cloud;
pub use federated::{AssertionSource, Federated, WorkloadIdentityFile};
pub use github::GitHubOidc;
pub use given::GivenToken;
pub use http::{Http, HttpOptions};
pub use jwt::{Claims, claims};
pub use look::{NotSeen, Seen, Stage};
pub use managed_identity::{Identity, ManagedIdentity, ManagedIdentityAssertion, Platform};
pub use person::{Browser, DeviceCode, DevicePrompt, Interaction, KeptSignIn};
pub use sign_in::{Choice, People, Registration, SignIn};
#[cfg(feature = "keyring")]
pub use vault::OsKeyring;
pub use vault::{Account, EncryptedFile, KeyStore, RefreshTokens};
