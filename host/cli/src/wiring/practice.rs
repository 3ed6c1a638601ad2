//! The practice tenant inside this process. Its state outlives the call in a file, so that a
//! passcode that was reset in one call can be revealed in the next.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use passcode_entra::Cloud;
use passcode_host::credential::{AccessToken, Credential, CredentialError, TokenRequest};
use passcode_practice::{Control, Fleet, PracticeError, PracticeOptions, PracticeTenant};

use super::Place;
use crate::app::App;
use crate::failure::Failure;

/// A running tenant and the file of its state.
#[derive(Debug)]
pub(super) struct InProcess {
    tenant: PracticeTenant,
    state: PathBuf,
    /// Two processes that shared a state would each forget what the other did.
    _lock: File,
}

/// The help desk's person, signed in. A person and not an application, so that plans name a
/// proven operator.
#[derive(Debug)]
struct HelpDesk(Control);

#[async_trait]
impl Credential for HelpDesk {
    async fn token(&self, _: &TokenRequest) -> Result<AccessToken, CredentialError> {
        let person = passcode_practice::TokenRequest::help_desk();
        Ok(AccessToken::new(self.0.mint_token(&person), None))
    }

    fn kind(&self) -> &'static str {
        "practice"
    }
}

pub(super) fn start(app: &App, folder: &Path) -> Result<InProcess, Failure> {
    let state = app
        .global
        .practice_state
        .clone()
        .unwrap_or_else(|| folder.join("state.json"));
    let beside = state.parent().unwrap_or(folder).to_owned();
    std::fs::create_dir_all(&beside).map_err(|error| Failure::file(&beside, &error))?;
    let lock = lock(app, &state)?;
    let tenant = PracticeTenant::start(options(app, Some(&state), None)?).map_err(|error| {
        let remedy = format!(
            "remove {} to begin with the shipped devices",
            state.display()
        );
        refused(&error, &remedy)
    })?;
    serve_faults(app, &tenant)?;
    Ok(InProcess {
        tenant,
        state,
        _lock: lock,
    })
}

/// Do something to the practice tenant itself, as nobody could to a real one.
pub(crate) fn steer<T>(app: &App, what: impl FnOnce(&PracticeTenant) -> T) -> Result<T, Failure> {
    let folder = super::home(app)?.join("practice");
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    Ok(what(&start(app, &folder)?.tenant))
}

/// The options that this call's flags ask for.
pub(crate) fn options(
    app: &App,
    state: Option<&Path>,
    fleet: Option<&Path>,
) -> Result<PracticeOptions, Failure> {
    let mut options = PracticeOptions::new();
    if let Some(state) = state.filter(|state| state.exists()) {
        options = options.state(state);
    } else if let Some(fleet) = fleet {
        let fleet = Fleet::read(fleet).map_err(|error| {
            refused(&error, "see the fleet file in the practice tenant's README")
        })?;
        options = options.fleet(fleet);
    }
    if let Some(pace) = app.global.pace {
        options = options.pace(pace);
    }
    Ok(options)
}

/// Let the faults of this call wait for their requests.
pub(crate) fn serve_faults(app: &App, tenant: &PracticeTenant) -> Result<(), Failure> {
    for fault in &app.global.fault {
        tenant
            .inject_named(fault)
            .map_err(|error| refused(&error, "list them with `passcode practice faults`"))?;
    }
    Ok(())
}

/// Flags that mean nothing to a real tenant are refused there, before anybody believes them.
pub(super) fn only_with_practice(app: &App) -> Result<(), Failure> {
    let global = &app.global;
    let flag = [
        (!global.fault.is_empty()).then_some("--fault"),
        global.pace.map(|_| "--pace"),
        global.practice_state.as_ref().map(|_| "--practice-state"),
    ];
    match flag.into_iter().flatten().next() {
        Some(flag) => Err(Failure::usage(
            format!("{flag} is for the practice tenant only"),
            "add `--practice`, or leave it out",
        )),
        None => Ok(()),
    }
}

fn refused(error: &PracticeError, remedy: &str) -> Failure {
    Failure::usage(error.to_string(), remedy)
}

fn lock(app: &App, state: &Path) -> Result<File, Failure> {
    let path = state.with_extension("lock");
    let failed = |error: std::io::Error| Failure::file(&path, &error);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            app.tell("waiting for another `passcode --practice` to end");
            file.lock().map_err(failed)?;
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    Ok(file)
}

impl InProcess {
    pub(super) fn place(&self) -> Place {
        Place {
            graph: self.tenant.url().to_owned(),
            authority: self.tenant.url().to_owned(),
            asks: false,
            credential: Arc::new(HelpDesk(self.tenant.control())),
            // A plan is for a tenant, not for the port it had.
            cloud: "custom".to_owned(),
            whole: Cloud::custom(self.tenant.url(), self.tenant.url(), &[]).ok(),
            tenant: Some(self.tenant.tenant_id()),
            practice: true,
            roots: None,
        }
    }

    /// Whole or not at all.
    fn save(&self) -> std::io::Result<()> {
        let draft = self.state.with_extension("draft");
        let mut file = File::create(&draft)?;
        file.write_all(self.tenant.state_json().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, &self.state)
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        if let Err(error) = self.save() {
            crate::console::note(&format!(
                "warning: the practice tenant's state could not be kept in {}: {error}",
                self.state.display()
            ));
        }
    }
}
