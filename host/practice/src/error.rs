//! What can go wrong before the tenant answers its first request.

use std::path::PathBuf;

/// Why a practice tenant could not be started, loaded, saved or told something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PracticeError {
    /// The listener could not be opened.
    #[error(
        "the practice tenant cannot listen on {address}: {reason}; choose another port, or port 0 for any free one"
    )]
    Listen {
        /// The address that was asked for.
        address: String,
        /// What the operating system said.
        reason: String,
    },
    /// Only loopback addresses are served: the tenant hands out passcodes without real proof of identity.
    #[error(
        "the practice tenant listens on loopback addresses only, not on {0}; use 127.0.0.1 or [::1]"
    )]
    NotLoopback(String),
    /// The certificates for https could not be made.
    #[error("the practice certificates cannot be made: {0}")]
    Certificates(String),
    /// The fleet file is not one.
    #[error("the fleet file is refused: {0}")]
    Fleet(String),
    /// A fault was named that does not exist, or with a setting it does not have.
    #[error("{0}")]
    Fault(String),
    /// No such device in this tenant.
    #[error("no practice device has the id, serial number or name {0:?}")]
    NoSuchDevice(String),
    /// No request for approval can be decided this way.
    #[error("{0}")]
    Approval(String),
    /// A saved state is not one.
    #[error("the saved state is refused: {0}")]
    State(String),
    /// A file could not be read or written.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
}

impl PracticeError {
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::File {
            path: path.to_path_buf(),
            reason: error.to_string(),
        }
    }
}
