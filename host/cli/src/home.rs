//! Where our files are.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What `--home` or PASSCODE_HOME says, else the system's folder for application data.
pub(crate) fn folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(home) = named {
        return std::path::absolute(home).map_err(|error| Failure::file(home, &error));
    }
    let variable = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let data = if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        std::env::home_dir().map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME")
            .or_else(|| std::env::home_dir().map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("passcode")).ok_or_else(|| {
        Failure::usage(
            "there is no folder for the ledger: this account has no home folder",
            "name one with `--home DIR` or PASSCODE_HOME",
        )
    })
}
