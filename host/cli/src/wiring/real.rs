//! The tenant that the environment names. No guessing: exactly one way to sign in, or none.

use std::sync::Arc;

use passcode_entra::{Http, HttpOptions, SignIn};
use passcode_host::credential::CredentialError;
use passcode_practice::PRACTICE_TENANT_ID;
use passcode_runner::Ended;

use super::Place;
use crate::failure::Failure;

pub(super) fn place() -> Result<Place, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let choice = SignIn::from_environment(variable, &[]).map_err(|error| refused(&error))?;
    let tenant = choice.sign_in.tenant();
    let tenant = tenant
        .filter(|tenant| !tenant.is_empty())
        .or_else(|| variable("AZURE_TENANT_ID").filter(|tenant| !tenant.is_empty()));
    let graph = choice.cloud.graph_root().to_owned();
    let cloud = choice.cloud.name().to_owned();
    let http = Http::new(&HttpOptions::default()).map_err(|error| refused(&error))?;
    let credential = choice
        .sign_in
        .credential(choice.cloud, &http)
        .map_err(|error| refused(&error))?;
    Ok(Place {
        graph,
        credential: Arc::clone(&credential),
        cloud,
        // A practice tenant in another process keeps apart from real data, too. Its id is
        // nobody else's; a host takes it only on this machine.
        practice: tenant.as_deref() == Some(PRACTICE_TENANT_ID),
        tenant,
    })
}

fn refused(error: &CredentialError) -> Failure {
    let ended = if error.transient {
        Ended::Unavailable
    } else if error.code.starts_with("cloud") || error.code.starts_with("origin") {
        Ended::Usage
    } else {
        Ended::NotSignedIn
    };
    Failure::new(ended, &error.code, error.message.clone()).remedy(format!(
        "{}. To try without a tenant, add `--practice`",
        error.remedy
    ))
}
