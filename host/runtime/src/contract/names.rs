//! How the nouns are written where a person or a log reads them.

use std::fmt;

use super::types::{Effect, Level, Method, ProgressState, Verb};

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        })
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Remove => "remove",
            Self::Reset => "reset",
            Self::Either => "either",
        })
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RemovePasscode => "remove-passcode",
            Self::ResetDevicePasscode => "reset-device-passcode",
            Self::ResetWorkProfilePasscode => "reset-work-profile-passcode",
            Self::Other(name) => name,
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Device => "device",
            Self::WorkProfile => "work-profile",
            Self::Disputed => "disputed",
            Self::Other(name) => name,
        })
    }
}

impl fmt::Display for ProgressState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::NotSupported => "not supported",
            Self::NotListed => "not listed yet",
            Self::Ambiguous => "ambiguous",
            Self::Other(name) => name,
        })
    }
}
