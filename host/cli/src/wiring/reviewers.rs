//! Who is asked about every plan of a call.

use passcode_extension::{Catalog, ExtensionError, Reviewers};
use passcode_host::Host;
use passcode_runner::Ended;

use crate::app::App;
use crate::config::Key;
use crate::failure::Failure;

/// Those of the settings.
pub(super) fn configured(app: &App) -> Vec<String> {
    let names = app.config.settings.names(Key::Reviewers);
    names.map(str::to_owned).collect()
}

/// The same names, each once, if every one of them is configured.
///
/// # Errors
///
/// If one is not: then nothing is planned.
pub(crate) fn known(app: &App, names: Vec<String>) -> Result<Vec<String>, Failure> {
    let catalog = app.config.extensions();
    let mut each: Vec<String> = Vec::new();
    for name in names {
        if !catalog.keys().any(|id| id.as_str() == name) {
            return Err(unknown(&catalog, &name).into());
        }
        if !each.contains(&name) {
            each.push(name);
        }
    }
    Ok(each)
}

fn unknown(catalog: &Catalog, name: &str) -> ExtensionError {
    ExtensionError::Unknown {
        id: passcode_host::plain(name),
        known: catalog.keys().map(ToString::to_string).collect(),
    }
}

pub(super) async fn load(app: &App, host: &Host, names: &[String]) -> Result<Reviewers, Failure> {
    let catalog = app.config.extensions();
    let names = names.iter().map(String::as_str);
    Ok(Reviewers::load(host, &catalog, names).await?)
}

impl From<ExtensionError> for Failure {
    fn from(error: ExtensionError) -> Self {
        // Somebody put another file there: that is more than a slip of the pen.
        let ended = match error {
            ExtensionError::OtherBytes { .. } => Ended::Refused,
            _ => Ended::Usage,
        };
        Self::new(ended, error.code(), error.to_string()).remedy(error.remedy())
    }
}
