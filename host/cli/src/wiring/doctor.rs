//! What `passcode doctor` examines. That nobody is signed in is something to be told, not a
//! failure; a configuration that makes no sense is one.

use std::time::Duration;

use passcode_doctor::{NotSignedIn, Subject};
use passcode_entra::{Cloud, Http, HttpOptions};
use passcode_runner::Ended;

use super::{configured, home, http, practice, real, refused};
use crate::app::App;
use crate::config::Key;
use crate::failure::Failure;

/// What is examined, and what has to stay while it is.
pub(crate) struct Examined {
    pub(crate) subject: Subject,
    /// Whether nothing real is examined.
    pub(crate) practice: bool,
    _tenant: Option<practice::InProcess>,
}

/// Nobody waits for a diagnosis as they wait for an action.
const CONNECTING: Duration = Duration::from_secs(5);
const ANSWERING: Duration = Duration::from_secs(15);

pub(crate) fn examined(app: &App) -> Result<Examined, Failure> {
    let home = home(app)?;
    let practice_folder = home.join("practice");
    let settings = &app.config.settings;
    let (_, roots) = http(settings)?;
    let http = Http::new(&HttpOptions {
        extra_roots: roots.unwrap_or_default(),
        connect_timeout: CONNECTING,
        timeout: ANSWERING,
    })
    .map_err(|error| refused(&error))?;
    let (cloud, place, tenant) = if app.global.practice {
        let tenant = practice::start(app, &practice_folder)?;
        let place = tenant.place();
        let cloud = Cloud::custom(&place.graph, &place.graph, &[]);
        (
            cloud.map_err(|error| refused(&error))?,
            Ok(place),
            Some(tenant),
        )
    } else {
        practice::only_with_practice(app)?;
        let host = configured(&app.config, "AZURE_AUTHORITY_HOST");
        // A diagnosis asks nobody to sign in.
        (
            real::cloud(&app.config, host)?,
            real::place(app, &home, false),
            None,
        )
    };
    let practice = place.as_ref().is_ok_and(|place| place.practice);
    let credential = match place {
        Ok(place) => Ok(place.credential),
        Err(failure) if failure.ended == Ended::Usage => return Err(failure),
        Err(failure) => Err(NotSignedIn {
            code: failure.code.clone(),
            message: failure.message.clone(),
            remedy: failure.remedy.clone().unwrap_or_default(),
            transient: failure.ended == Ended::Unavailable,
        }),
    };
    let folder = if practice { &practice_folder } else { &home };
    Ok(Examined {
        subject: Subject {
            cloud,
            credential,
            http,
            ca_file: settings.get(Key::CaFile).map(Into::into),
            ledger: folder.join("ledger.db"),
            cache: home.join("cache"),
            home,
            practice,
        },
        practice,
        _tenant: tenant,
    })
}
