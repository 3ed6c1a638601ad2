//! `passcode logout`: what `login` kept is gone, and what this cannot undo is said.

use passcode_entra::{Account, RefreshTokens as _};
use passcode_host::plain;
use passcode_runner::Ended;
use serde_json::json;

use super::login::{KEPT, no_practice, person};
use crate::app::App;
use crate::args::LogoutArgs;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::wiring::{home, resting_place, unsigned, vault};

/// What stays as it was.
const REMAINS: [&str; 3] = [
    "access tokens that were given out work until they end, mostly within an hour or so",
    "the authority is not told, and would still take a copy of the sign-in: to end them all, revoke the user's sessions in Entra (Users > the user > Revoke sessions; Revoke-MgUserSignInSession)",
    "the browser that was used may still be signed in",
];

pub(super) async fn logout(app: &App, args: LogoutArgs) -> Result<Reply, Failure> {
    no_practice(app)?;
    let home = home(app)?;
    let file = resting_place(&home);
    let (removed, everything, whose) = if args.all {
        let removed = remove(&file)?;
        (
            removed,
            true,
            "every sign-in of this home folder".to_owned(),
        )
    } else {
        let choice = person(app, KEPT)?;
        let Some(registration) = choice.sign_in.app() else {
            return Err(Failure::fault("a sign-in without an app"));
        };
        let whose = plain(&format!(
            "the sign-in to app {} in tenant {}",
            registration.client_id, registration.tenant
        ));
        let account = Account::new(&choice.cloud, registration);
        let vault = vault(&home);
        // Where it cannot be read the whole file goes, and something did rest there.
        let kept = vault.load(&account).await;
        let unreadable = kept.is_err();
        let removed = kept.map_or(true, |kept| kept.is_some());
        let forgotten = vault.forget(&account).await;
        forgotten.map_err(|error| unsigned(&error))?;
        (removed, unreadable, whose)
    };
    let mut human = if removed && everything && !args.all {
        format!("{whose} is forgotten here, and so is every other: they could not be read\n")
    } else if removed {
        format!("{whose} is forgotten here\n")
    } else {
        format!("nothing was kept: {whose} was not there\n")
    };
    human.push_str("this cannot undo:\n");
    for line in REMAINS {
        human.push_str(&format!("  - {line}\n"));
    }
    let body = json!({ "removed": removed, "all": everything, "remains": REMAINS });
    Ok(Reply::new(Ended::Done, "logout", false, body)
        .rows(Rows::one(vec![("removed", removed.to_string())]))
        .human(human))
}

/// Whether there was a file. The key in the keyring opens nothing any more.
fn remove(file: &std::path::Path) -> Result<bool, Failure> {
    match std::fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::file(file, &error)),
    }
}
