//! What a call is connected to: home folder, ledger, destination, credential, component.

mod doctor;
mod person;
mod practice;
mod real;
mod reviewers;
mod subscription;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use passcode_audit::Notary;
use passcode_builtin::{COMPONENT, GRANT};
use passcode_entra::Cloud;
use passcode_host::contract::types::{Operator, Proof};
use passcode_host::credential::{AccessToken, Credential, TokenRequest};
use passcode_host::ledger::SendLedger;
use passcode_host::{
    Action, Authority, Destination, Extension, Host, HostBuilder, HostError, Rate, Retry, World,
};
use passcode_ledger::{PostgresLedger, SqliteLedger, Store};
use passcode_practice::PRACTICE_TENANT_ID;
use passcode_recording::Player;
use passcode_runner::{Ended, Runner};

pub(crate) use doctor::examined;
pub(crate) use person::{Anew, Speaking, resting_place, vault};
pub(crate) use practice::{options, serve_faults, steer};
pub(crate) use real::{cloud, configured, http, refused, unsigned};
pub(crate) use reviewers::known as known_reviewers;

use crate::app::App;
use crate::config::Key;
use crate::failure::Failure;
use crate::home::folder;
use subscription::Asked;

/// Connected.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) runner: Runner,
    /// The ledger, with the runs and the audit chain.
    pub(crate) store: Arc<dyn Store>,
    /// Whether nothing real can happen.
    pub(crate) practice: bool,
    /// Where this tenant's records are.
    pub(crate) folder: PathBuf,
    /// Who is asked about every plan.
    pub(crate) reviewers: Vec<String>,
    /// Keeps the practice tenant running, and saves its state at the end.
    _tenant: Option<practice::InProcess>,
}

/// Where a tenant is, and how to sign in to it.
pub(crate) struct Place {
    pub(crate) graph: String,
    pub(crate) authority: String,
    pub(crate) credential: Arc<dyn Credential>,
    /// Whether a person may have to be asked.
    asks: bool,
    pub(crate) cloud: String,
    /// The same with all that belongs to it, for what is asked beside the door.
    whole: Option<Cloud>,
    pub(crate) tenant: Option<String>,
    pub(crate) practice: bool,
    /// Certificate authorities to trust beside the system's (PEM).
    roots: Option<Vec<u8>>,
}

/// What a call adds to the settings.
#[derive(Debug, Default)]
pub(crate) struct Within<'a> {
    /// No more than so much is sent.
    pub(crate) rate: Rate,
    /// They are asked besides those of the settings.
    pub(crate) reviewers: &'a [String],
    /// Whether reads of many devices are joined (`$batch`).
    pub(crate) batches: bool,
}

/// Connect to the tenant of this call. Its reviewers are asked about every plan.
pub(crate) async fn connect(app: &App, grant: Option<&Path>) -> Result<Connected, Failure> {
    connect_within(app, grant, Within::default()).await
}

/// Connect for what neither plans nor acts: nobody is asked, and no extension is loaded.
pub(crate) async fn connect_to_look(app: &App, grant: Option<&Path>) -> Result<Connected, Failure> {
    connected(app, grant, Within::default(), Vec::new()).await
}

/// Connect for a run, which has bounds of its own.
pub(crate) async fn connect_within(
    app: &App,
    grant: Option<&Path>,
    within: Within<'_>,
) -> Result<Connected, Failure> {
    let mut reviewers = reviewers::configured(app);
    reviewers.extend(within.reviewers.iter().cloned());
    connected(app, grant, within, reviewers).await
}

async fn connected(
    app: &App,
    grant: Option<&Path>,
    within: Within<'_>,
    reviewers: Vec<String>,
) -> Result<Connected, Failure> {
    let reviewers = reviewers::known(app, reviewers)?;
    let authority = authority(grant)?;
    let home = home(app)?;
    let practice_folder = home.join("practice");
    let (place, tenant) = place(app, &home, app.can_ask())?;
    let folder = if place.practice {
        practice_folder
    } else {
        home.clone()
    };
    let store = store(app, &folder, place.practice).await?;
    let ledger: Arc<dyn SendLedger> = store.clone();
    let graph = Destination::new("graph", &place.graph, Arc::clone(&place.credential))
        .map_err(|error| Failure::usage(error.message, error.remedy))?;
    let mut builder = builder(app, ledger.clone(), &home)
        .rate(least(rate(app), within.rate))
        .destination(graph)
        .cloud(&place.cloud);
    if let Some(tenant) = &place.tenant {
        builder = builder.tenant(tenant);
    }
    if place.practice {
        // Nobody has to be spared there, and whoever tries things out need not wait.
        builder = builder.practice().retry(Retry {
            first: Duration::from_millis(20),
            ..Retry::default()
        });
    }
    if within.batches {
        builder = builder.join_reads("graph");
    }
    if app.global.unpaced {
        builder = unpaced(builder, place.practice)?;
    }
    if let Some(roots) = place.roots.clone() {
        builder = builder.root_certificates(roots);
    }
    let host = builder.build()?;
    let mut action = host.load(&component(app)?, &authority)?;
    if !reviewers.is_empty() {
        let asked = reviewers::load(app, &host, &reviewers).await?;
        action = action.reviewed_by(Arc::new(asked));
    }
    if place.asks {
        // Not within a step: a person takes longer than a step may.
        place.token().await?;
    }
    let mut runner = Runner::new(host, action, ledger, place.tenant);
    if let Some(cloud) = place.whole {
        runner = runner.asking(Arc::new(Asked::new(cloud, place.roots, place.credential)));
    }
    Ok(Connected {
        runner,
        store,
        practice: place.practice,
        folder,
        reviewers,
        _tenant: tenant,
    })
}

impl Connected {
    /// A configured finder. It reaches the destinations of its own grant, and nothing of this
    /// connection's.
    pub(crate) async fn finder(&self, app: &App, id: &str) -> Result<Extension, Failure> {
        let (host, catalog) = (self.runner.host(), app.config.extensions());
        let world = World::DeviceFinder;
        let loaded = passcode_extension::load(host, &catalog, id, world, Vec::new()).await;
        Ok(loaded?.0)
    }
}

/// Without counting requests, where nobody has to be spared.
fn unpaced(builder: HostBuilder, practice: bool) -> Result<HostBuilder, Failure> {
    match practice {
        true => Ok(builder.unpaced(PRACTICE_TENANT_ID)),
        false => Err(Failure::usage(
            "--unpaced is for the practice tenant only",
            "leave it out: a real tenant has limits",
        )),
    }
}

/// Where this call goes; and the practice tenant, if it goes there.
fn place(
    app: &App,
    home: &Path,
    may_ask: bool,
) -> Result<(Place, Option<practice::InProcess>), Failure> {
    if app.global.practice {
        let tenant = practice::start(app, &home.join("practice"))?;
        Ok((tenant.place(), Some(tenant)))
    } else {
        practice::only_with_practice(app)?;
        Ok((real::place(app, home, may_ask)?, None))
    }
}

/// How this call signs in, and the token that it gets. Nobody is asked anything.
pub(crate) async fn signed_in(app: &App) -> Result<(Place, AccessToken), Failure> {
    let (place, _tenant) = place(app, &home(app)?, false)?;
    let token = place.token().await?;
    Ok((place, token))
}

impl Place {
    /// A token, unless somebody loses patience.
    async fn token(&self) -> Result<AccessToken, Failure> {
        let request = TokenRequest {
            scope: format!("{}/.default", self.graph),
            claims: None,
            renew: false,
        };
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
            token = self.credential.token(&request) => token.map_err(|error| refused(&error)),
        }
    }
}

/// The home folder of this call.
pub(crate) fn home(app: &App) -> Result<PathBuf, Failure> {
    folder(app.global.home.as_deref())
}

/// The component alone, for what it knows by itself: no tenant, no ledger, no sign-in.
pub(crate) async fn offline(app: &App) -> Result<Action, Failure> {
    let host = apart(app).await?;
    Ok(host.load(&component(app)?, &authority(None)?)?)
}

/// A host that reaches nothing, for looking at components.
pub(crate) async fn apart(app: &App) -> Result<Host, Failure> {
    let ledger = SqliteLedger::in_memory().await.map_err(HostError::Ledger)?;
    let builder = builder(app, Arc::new(ledger), &home(app)?);
    Ok(builder.practice().build()?)
}

fn builder(app: &App, ledger: Arc<dyn SendLedger>, home: &Path) -> HostBuilder {
    let mut builder = Host::builder(ledger).cache(home.join("cache"));
    if let Some(recorder) = &app.recorder {
        builder = builder.tap(recorder.clone());
    }
    if app.global.verbose {
        builder = builder.log(Arc::new(|severity, line| {
            crate::console::note(&format!("{severity}: {line}"));
        }));
    }
    builder
}

/// What the settings allow.
fn rate(app: &App) -> Rate {
    let settings = &app.config.settings;
    let usual = Rate::default();
    Rate {
        writes: settings.count(Key::WritesPer20s).unwrap_or(usual.writes),
        any: settings.count(Key::RequestsPer20s).unwrap_or(usual.any),
        window: usual.window,
    }
}

fn least(one: Rate, other: Rate) -> Rate {
    Rate {
        writes: one.writes.min(other.writes),
        any: one.any.min(other.any),
        window: one.window,
    }
}

/// The ledger of a call: the database that the environment names, else the file in a folder. The
/// practice tenant inside this process always has its own file. What is written is witnessed by the
/// key in the folder, which no database has.
async fn store(app: &App, folder: &Path, practice: bool) -> Result<Arc<dyn Store>, Failure> {
    let notary = Arc::new(notary(folder)?);
    let url = std::env::var("PASSCODE_DATABASE_URL").ok();
    let store: Arc<dyn Store> = match url.filter(|url| !url.is_empty() && !app.global.practice) {
        Some(url) => {
            let ledger = PostgresLedger::open(&url, practice).await?;
            Arc::new(ledger.sealed_by(notary))
        }
        None => {
            let ledger = SqliteLedger::open(folder.join("ledger.db"), practice).await?;
            Arc::new(ledger.sealed_by(notary))
        }
    };
    store.acting(&account());
    Ok(store)
}

/// Who acts before anybody has signed in, and where nobody does, as to approve: the account of this
/// machine, by what the environment says. That proves nothing, so it is claimed.
fn account() -> Operator {
    let named = |name| std::env::var(name).ok().filter(|name| !name.is_empty());
    let name = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(named);
    Operator {
        name: name.unwrap_or_else(|| "unknown".to_owned()),
        id: None,
        proof: Proof::Claimed,
    }
}

/// The key that signs this machine's lines of the audit chain.
pub(crate) fn notary(folder: &Path) -> Result<Notary, Failure> {
    Notary::open_or_create(&folder.join("audit.key")).map_err(|error| {
        Failure::new(Ended::Refused, "audit-key", error.to_string())
            .remedy("without a record that can be trusted nothing is sent; see docs/audit.md")
    })
}

/// Whether this call is about a practice tenant, in this process or another.
pub(crate) fn in_practice(app: &App) -> bool {
    app.global.practice || real::is_practice(app)
}

/// The ledger of this call alone: nobody signs in, nothing is loaded.
pub(crate) async fn records(app: &App) -> Result<(Arc<dyn Store>, PathBuf), Failure> {
    let home = home(app)?;
    let practice = app.global.practice || real::is_practice(app);
    let folder = if practice {
        home.join("practice")
    } else {
        home
    };
    Ok((store(app, &folder, practice).await?, folder))
}

/// The component, to be run on recordings.
pub(crate) fn player(app: &App) -> Result<Player, Failure> {
    Ok(Player::load(
        &component(app)?,
        Some(home(app)?.join("cache")),
    )?)
}

/// The bytes of the component: those of `--component`, else the built-in one.
pub(crate) fn component(app: &App) -> Result<Cow<'static, [u8]>, Failure> {
    match &app.global.component {
        None => Ok(Cow::Borrowed(COMPONENT)),
        Some(path) => std::fs::read(path)
            .map(Cow::Owned)
            .map_err(|error| Failure::file(path, &error)),
    }
}

fn authority(grant: Option<&Path>) -> Result<Authority, Failure> {
    let (text, name) = match grant {
        None => (GRANT.to_owned(), "the ordinary grant".to_owned()),
        Some(path) => (
            std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?,
            path.display().to_string(),
        ),
    };
    Authority::parse(&text)
        .map_err(|error| Failure::usage(format!("{name}: {}", error.message), error.remedy))
}
