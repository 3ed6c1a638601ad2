//! Recordings: what crossed between the host and a component, step by step, so that it can be
//! looked at later, sent to somebody, and replayed without a tenant.
//!
//! A [`Recorder`] listens at the host's boundary, so a recording holds what the component saw:
//! sealed answers, never a token, never a passcode. Unless it is asked for, names, serial
//! numbers, addresses and identifiers are masked ([`Keep::Masked`]). Masking is not editing
//! afterwards: the component is run again on the masked answers, and what it does then is what
//! is written. So every recording replays, and one that would not is not written.
//!
//! [`Recording::read`] refuses what was altered; [`Player`] runs a component on it and says where
//! it first differs. A component has no clock and no chance in it, so the same component answers
//! byte for byte the same.

mod difference;
mod document;
#[cfg(feature = "inspect")]
pub mod inspect;
mod make;
mod mask;
mod player;
mod recorder;
mod scan;

pub use document::{
    Exchange, MANIFEST, NotARecording, RECORDING_SCHEMA, RecordedResponse, RecordedStep, Recording,
    prepare_folder,
};
pub use make::NotRecorded;
pub use mask::{Keep, Treatment, treatment};
pub use player::{Played, Player, Verdict};
pub use recorder::Recorder;
