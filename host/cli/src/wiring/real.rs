//! The tenant that the environment and the config file name. No guessing: exactly one way to sign in, or none.

use std::path::Path;

use passcode_entra::{Cloud, Http, HttpOptions, SignIn};
use passcode_host::credential::CredentialError;
use passcode_practice::PRACTICE_TENANT_ID;
use passcode_runner::Ended;

use super::{Place, person};
use crate::app::App;
use crate::args::is_guid;
use crate::config::{Config, Key, SETTINGS, Settings};
use crate::failure::Failure;

/// The place that is named, and the way to sign in to it. `may_ask`: whether a person can be asked.
pub(super) fn place(app: &App, home: &Path, may_ask: bool) -> Result<Place, Failure> {
    let config = &app.config;
    let variable = |name: &str| configured(config, name);
    let mut choice = SignIn::from_environment(variable, &config.allowed_origins())
        .map_err(|error| refused(&error))?;
    if !may_ask {
        choice.sign_in = person::without_asking(choice.sign_in);
    }
    let asks = person::asks(&choice.sign_in);
    let tenant = choice.sign_in.tenant();
    if let SignIn::GivenToken { .. } = &choice.sign_in {
        same_tenant(
            config.settings.given(Key::Tenant),
            tenant.as_deref().unwrap_or_default(),
        )?;
    }
    let tenant = tenant
        .filter(|tenant| !tenant.is_empty())
        .or_else(|| config.settings.given(Key::Tenant).map(str::to_owned));
    let graph = choice.cloud.graph_root().to_owned();
    let authority = choice.cloud.authority().to_owned();
    let cloud = choice.cloud.name().to_owned();
    let whole = choice.cloud.clone();
    let (http, roots) = http(&config.settings)?;
    let credential = choice
        .sign_in
        .credential_for(choice.cloud, &http, person::people(home))
        .map_err(|error| refused(&error))?;
    Ok(Place {
        graph,
        authority,
        credential,
        asks,
        cloud,
        whole: Some(whole),
        // A practice tenant in another process keeps apart from real data, too. Its id is
        // nobody else's; a host takes it only on this machine.
        practice: tenant.as_deref() == Some(PRACTICE_TENANT_ID),
        tenant,
        roots,
    })
}

/// Whether this call's tenant is a practice tenant in another process, as far as that shows without
/// signing in.
pub(super) fn is_practice(app: &App) -> bool {
    let config = &app.config;
    let tenant =
        SignIn::from_environment(|name| configured(config, name), &config.allowed_origins())
            .ok()
            .and_then(|choice| choice.sign_in.tenant())
            .filter(|tenant| !tenant.is_empty())
            .or_else(|| config.settings.given(Key::Tenant).map(str::to_owned));
    tenant.as_deref() == Some(PRACTICE_TENANT_ID)
}

/// A variable, or the setting that says the same. Settings know already which of the two goes
/// first.
pub(crate) fn configured(config: &Config, name: &str) -> Option<String> {
    match SETTINGS
        .iter()
        .find(|setting| setting.environment == Some(name))
    {
        Some(setting) => config.settings.given(setting.key).map(str::to_owned),
        None => std::env::var(name).ok(),
    }
}

/// The cloud that a configuration names, whatever the way to sign in. `host`: the authority, as
/// Azure's own tools name it.
pub(crate) fn cloud(config: &Config, host: Option<String>) -> Result<Cloud, Failure> {
    let variable = |name: &str| match name {
        "PASSCODE_ACCESS_TOKEN" => Some("none".to_owned()),
        "AZURE_AUTHORITY_HOST" => host.clone(),
        "PASSCODE_AUTH" => None,
        name if SETTINGS.iter().any(|one| one.environment == Some(name)) => {
            configured(config, name)
        }
        _ => None,
    };
    SignIn::from_environment(variable, &config.allowed_origins())
        .map(|choice| choice.cloud)
        .map_err(|error| refused(&error))
}

/// Connections that also trust what `ca_file` names, and what that is (PEM).
pub(crate) fn http(settings: &Settings) -> Result<(Http, Option<Vec<u8>>), Failure> {
    let path = settings.get(Key::CaFile).map(Path::new);
    let roots = match path {
        Some(path) => Some(std::fs::read(path).map_err(|error| Failure::file(path, &error))?),
        None => None,
    };
    let options = HttpOptions {
        extra_roots: roots.clone().unwrap_or_default(),
        ..HttpOptions::default()
    };
    let http = Http::new(&options).map_err(|error| {
        let mut failure = refused(&error);
        if let Some(path) = path {
            failure.message = format!("{}: {}", path.display(), failure.message);
        }
        failure
    })?;
    Ok((http, roots.filter(|roots| !roots.is_empty())))
}

/// A token of another tenant than the one that was named is not used: the operator would act on
/// devices that nobody meant. A domain cannot be compared with a token's tenant id, and passes.
fn same_tenant(named: Option<&str>, token: &str) -> Result<(), Failure> {
    let other = named
        .filter(|named| is_guid(named) && is_guid(token) && !named.eq_ignore_ascii_case(token));
    match other {
        None => Ok(()),
        Some(named) => Err(Failure::new(
            Ended::Usage,
            "tenant-mismatch",
            format!("the token is for tenant {token}, and tenant {named} was named"),
        )
        .remedy("use a token of that tenant, or name the token's tenant; `passcode config show` says who named it")),
    }
}

pub(crate) fn refused(error: &CredentialError) -> Failure {
    unsigned(error).remedy(format!(
        "{}. To try without a tenant, add `--practice`",
        error.remedy
    ))
}

/// Why nobody is signed in.
pub(crate) fn unsigned(error: &CredentialError) -> Failure {
    let ended = if error.transient {
        Ended::Unavailable
    } else if error.code.starts_with("cloud") || error.code.starts_with("origin") {
        Ended::Usage
    } else {
        Ended::NotSignedIn
    };
    let mut failure =
        Failure::new(ended, &error.code, error.message.clone()).remedy(error.remedy.clone());
    if let Some(said) = &error.said {
        failure.service_code.clone_from(&said.code);
        failure.support_ids.clone_from(&said.support_ids);
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::same_tenant;

    #[test]
    fn a_token_is_used_for_its_own_tenant_only() {
        let (ours, theirs) = (
            "7e4a0000-0000-4000-8000-00000000000a",
            "7e4a0000-0000-4000-8000-00000000000b",
        );
        for (named, token, accepted) in [
            (None, ours, true),
            (Some(ours), ours, true),
            (Some("7E4A0000-0000-4000-8000-00000000000A"), ours, true),
            (Some("contoso.example"), ours, true),
            (Some(ours), "", true),
            (Some(theirs), ours, false),
        ] {
            assert_eq!(
                same_tenant(named, token).is_ok(),
                accepted,
                "{named:?} {token}"
            );
        }
    }
}
