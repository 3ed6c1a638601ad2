//! Azure Arc's agent answers a first request with the name of a key file that only those may
//! read who may have the machine's identity.

use std::path::Path;

use passcode_host::credential::CredentialError;
use zeroize::Zeroizing;

use crate::error::refused;

/// The agent's keys are shorter; whatever is longer is not one.
const LONGEST: u64 = 4096;

/// The value of `Authorization` for the second request.
///
/// The agent is whoever listens on a port of this machine, so what it names is not trusted: only
/// a `.key` file that lies, links resolved, in the agent's own directory is read and sent.
pub(super) async fn key(
    challenge: Option<&str>,
    directory: &Path,
) -> Result<Zeroizing<String>, CredentialError> {
    let named = challenge.and_then(realm).ok_or_else(|| {
        wrong(
            "its agent names no key file",
            "see that the agent is the Azure Connected Machine agent",
        )
    })?;
    let named = Path::new(named);
    if named.extension().is_none_or(|ext| ext != "key") {
        return Err(outside());
    }
    let unreadable = |error: std::io::Error| {
        wrong(
            &format!("its key file cannot be read ({})", error.kind()),
            "run as root or as a member of the group himds (Windows: Hybrid agent extension applications)",
        )
    };
    let file = tokio::fs::canonicalize(named).await.map_err(unreadable)?;
    let directory = tokio::fs::canonicalize(directory)
        .await
        .map_err(unreadable)?;
    if file.parent() != Some(directory.as_path()) {
        return Err(outside());
    }
    let about = tokio::fs::metadata(&file).await.map_err(unreadable)?;
    if !about.is_file() || about.len() > LONGEST {
        return Err(outside());
    }
    let secret = tokio::fs::read(&file)
        .await
        .map(Zeroizing::new)
        .map_err(unreadable)?;
    let text = std::str::from_utf8(&secret)
        .map(str::trim)
        .map_err(|_| outside())?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(outside());
    }
    Ok(Zeroizing::new(format!("Basic {text}")))
}

/// The path in `Basic realm=/path`, quoted or not.
fn realm(challenge: &str) -> Option<&str> {
    let (scheme, rest) = challenge.trim().split_once(' ')?;
    let rest = scheme
        .eq_ignore_ascii_case("basic")
        .then(|| rest.trim().strip_prefix("realm="))??;
    let path = rest.trim_matches('"').trim();
    (!path.is_empty()).then_some(path)
}

fn outside() -> CredentialError {
    wrong(
        "its agent names something else than one of its own key files, which was not read",
        "see what listens at IDENTITY_ENDPOINT: it is not the Azure Connected Machine agent",
    )
}

fn wrong(what: &str, remedy: &str) -> CredentialError {
    refused("managed-identity-arc", format!("Azure Arc: {what}"), remedy)
}
