//! `passcode login`: a person signs in, and what is needed to stay signed in is kept, encrypted. A
//! sign-in that cannot be kept is none: the next command would know nothing of it.

use std::sync::Arc;

use passcode_entra::{People, SignIn};
use passcode_host::credential::{AccessToken, CredentialError, TokenRequest};
use passcode_host::plain;
use passcode_runner::Ended;
use serde_json::json;

use super::whose::{From, Whose};
use crate::app::App;
use crate::args::LoginArgs;
use crate::config::Key;
use crate::failure::Failure;
use crate::output::Reply;
use crate::wiring::{Anew, Speaking, configured, home, http, unsigned};

/// The ways in which a person signs in.
const CODE: &str = "device-code";
const BROWSER: &str = "browser";
/// The way that uses what is kept.
pub(super) const KEPT: &str = "kept-sign-in";

pub(super) async fn login(app: &App, args: LoginArgs) -> Result<Reply, Failure> {
    no_practice(app)?;
    let way = way(args, app.config.settings.given(Key::Auth));
    let choice = person(app, way)?;
    let (cloud, tenant) = (choice.cloud.clone(), choice.sign_in.tenant());
    let home = home(app)?;
    let kept = Arc::new(Anew::new(&home));
    if let Some(trouble) = kept.trouble().await {
        // Before anybody takes the trouble to sign in.
        return Err(not_kept(&trouble, "nobody was asked to sign in"));
    }
    private_folder(&home)?;
    let people = People {
        interaction: Some(Arc::new(Speaking {
            opens: app.can_ask(),
            warns: false,
        })),
        kept: Some(kept.clone()),
    };
    let (http, _) = http(&app.config.settings)?;
    let credential = choice.sign_in.credential_for(choice.cloud, &http, people);
    let request = TokenRequest {
        scope: cloud.scope(),
        claims: None,
        renew: false,
    };
    let credential = credential.map_err(|error| unsigned(&error))?;
    let token = credential.token(&request).await;
    let token = token.map_err(|error| unsigned(&error))?;
    let from = From {
        kind: way,
        cloud: cloud.name(),
        authority: cloud.authority(),
        graph: cloud.graph_root(),
        tenant: tenant.as_deref(),
    };
    match kept.outcome() {
        Some(Ok(())) => Ok(signed_in(app, &from, &token)),
        Some(Err(error)) => Err(not_kept(&error, "you signed in, and nothing is kept")),
        None => Err(Failure::new(
            Ended::NotSignedIn,
            "sign-in-not-kept",
            "you signed in, and nothing is kept: the authority gave nothing to keep (no refresh token)",
        )
        .remedy(EACH_TIME)),
    }
}

/// What is said of a sign-in that is kept.
fn signed_in(app: &App, from: &From<'_>, token: &AccessToken) -> Reply {
    let mut whose = Whose::of(from, token);
    let mut human = whose.human();
    human.push_str("\nkept, encrypted with a key in the system's keyring; ");
    human.push_str("`passcode logout` forgets it\n");
    if !uses_it(app.config.settings.given(Key::Auth)) {
        human.push_str(&format!(
            "to use it: `auth = \"{KEPT}\"` in the config file, or PASSCODE_AUTH={KEPT}\n"
        ));
    }
    whose.body.insert("kept".to_owned(), json!(true));
    let rows = whose.rows();
    Reply::new(Ended::Done, "login", false, whose.body.into())
        .rows(rows)
        .human(human)
}

const EACH_TIME: &str = "set PASSCODE_AUTH=device-code (or browser), and sign in for each command, on a terminal; on servers and in jobs sign in as an app";
/// What a keyring is here.
const KEYRING: &str = if cfg!(target_os = "macos") {
    "unlock the login keychain"
} else if cfg!(windows) {
    "use an account that has the Credential Manager"
} else {
    "install and unlock a keyring (GNOME Keyring, KWallet, or another Secret Service) on the session bus"
};

/// Why nothing is kept. What was done until then is `so_far`.
fn not_kept(error: &CredentialError, so_far: &str) -> Failure {
    let remedy = match error.code.as_str() {
        "keyring-unavailable" => KEYRING,
        _ => &error.remedy,
    };
    Failure::new(
        Ended::NotSignedIn,
        &error.code,
        format!("{so_far}: {}", plain(&error.message)),
    )
    .remedy(format!("{remedy}; or {EACH_TIME}"))
}

/// The practice tenant's person is signed in already.
pub(super) fn no_practice(app: &App) -> Result<(), Failure> {
    if app.global.practice {
        return Err(Failure::usage(
            "nobody signs in to the practice tenant",
            "leave `--practice` out, or go on without signing in",
        ));
    }
    Ok(())
}

/// What the flags say, else the setting, if it is one of people's ways.
fn way(args: LoginArgs, setting: Option<&str>) -> &'static str {
    let setting = setting.and_then(SignIn::known);
    match (args.device_code, args.browser) {
        (true, _) => CODE,
        (_, true) => BROWSER,
        _ if setting == Some(BROWSER) => BROWSER,
        _ => CODE,
    }
}

/// Whether the other commands use what is kept.
fn uses_it(setting: Option<&str>) -> bool {
    let setting = setting.and_then(SignIn::known);
    setting.is_some_and(|way| [CODE, BROWSER, KEPT].contains(&way))
}

/// One of people's ways, with the app that is configured.
pub(super) fn person(app: &App, way: &str) -> Result<passcode_entra::Choice, Failure> {
    let config = &app.config;
    if config.settings.given(Key::ClientId).is_none() {
        return Err(Failure::usage(
            "no app is named for people to sign in with",
            "set AZURE_CLIENT_ID, or `client_id` in the config file; `passcode auth setup --for people` says how to register one",
        ));
    }
    let variable = |name: &str| configured(config, name);
    SignIn::named(way, variable, &config.allowed_origins()).map_err(|error| unsigned(&error))
}

/// The home folder, ours alone from its first moment on.
fn private_folder(home: &std::path::Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(home)
        .map_err(|error| Failure::file(home, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_go_before_the_setting_and_a_code_is_the_usual_way() {
        let args = |device_code, browser| LoginArgs {
            device_code,
            browser,
        };
        for (args, setting, expected) in [
            (args(false, false), None, CODE),
            (args(false, true), None, BROWSER),
            (args(false, false), Some("browser"), BROWSER),
            (
                args(false, false),
                Some("InteractiveBrowserCredential"),
                BROWSER,
            ),
            (args(true, false), Some("browser"), CODE),
            (args(false, false), Some("client-secret"), CODE),
            (args(false, false), Some("kept-sign-in"), CODE),
        ] {
            assert_eq!(way(args, setting), expected, "{setting:?}");
        }
        assert!(uses_it(Some("login")) && uses_it(Some("browser")));
        assert!(!uses_it(None) && !uses_it(Some("client-secret")));
    }
}
