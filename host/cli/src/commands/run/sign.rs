//! Signing with a key in a file of this machine.

use std::path::Path;

use passcode_approval::{SignError, Statement, sign_with_ssh_key, ssh_keygen_command};
use passcode_runner::Ended;
use zeroize::Zeroizing;

use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;

/// Sign a statement. The passphrase of a key that has one is asked for on the terminal, and is gone
/// when this returns; where nobody can be asked, `ssh-keygen` is named, which can use an agent.
pub(super) async fn here(
    app: &App,
    interrupt: &Interrupt,
    statement: &Statement,
    key: &Path,
) -> Result<String, Failure> {
    let text = std::fs::read_to_string(key).map_err(|error| Failure::file(key, &error))?;
    let text = Zeroizing::new(text);
    match sign_with_ssh_key(statement, &text, None) {
        Err(SignError::NeedsPassphrase) if app.can_ask() => {
            // Not from the command line or a variable: others can read both.
            let asked = terminal::hidden(interrupt, format!("Passphrase of {}: ", key.display()));
            let asked = asked.await.map_err(|error| {
                Failure::usage(
                    format!("the passphrase cannot be asked for: {error}"),
                    elsewhere(key),
                )
            })?;
            let passphrase = asked.ok_or_else(nothing_approved)?;
            sign_with_ssh_key(statement, &text, Some(&passphrase))
        }
        signed => signed,
    }
    .map_err(|error| refused(key, &error))
}

fn refused(key: &Path, error: &SignError) -> Failure {
    let code = match error {
        SignError::WrongPassphrase => "wrong-passphrase",
        _ => "usage",
    };
    let message = format!("{}: {error}; nothing was approved", key.display());
    Failure::new(Ended::Usage, code, message).remedy(elsewhere(key))
}

fn elsewhere(key: &Path) -> String {
    format!(
        "write the statement with `--statement FILE` and sign it with `{}`",
        ssh_keygen_command(key, Path::new("FILE"))
    )
}

fn nothing_approved() -> Failure {
    Failure::new(
        Ended::Interrupted,
        "interrupted",
        "interrupted; nothing was approved",
    )
}
