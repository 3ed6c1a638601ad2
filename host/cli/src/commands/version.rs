//! `passcode -V` and `passcode --version`.

use std::fmt::Write as _;

use passcode_host::contract::CONTRACT;
use passcode_runner::Ended;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring::component;

/// What this is: its own version, which component decides, and which contract the two keep.
///
/// # Errors
///
/// If `--component` names a file that cannot be read.
pub(crate) fn version(app: &App, short: bool) -> Result<Reply, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let mut digest = String::new();
    for byte in Sha256::digest(component(app)?) {
        let _ = write!(digest, "{byte:02x}");
    }
    let contract = format!("passcode:action@{CONTRACT}");
    let text = if short {
        format!("passcode {version}\n")
    } else {
        format!("passcode {version}\ncomponent {digest}\ncontract {contract}\n")
    };
    let body = json!({
        "version": version,
        "component": digest,
        "componentBuiltIn": app.global.component.is_none(),
        "contract": contract,
    });
    let rows = Rows::one(vec![
        ("version", version.to_owned()),
        ("component", digest),
        ("contract", contract),
    ]);
    let mut reply = Reply::new(Ended::Done, "version", false, body);
    // People and scripts expect these lines from every program; a document only on request.
    reply.verbatim = app.global.output.is_none();
    Ok(reply.rows(rows).human(text))
}
