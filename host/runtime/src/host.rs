//! The host: an engine, its destinations, its ledger. Built once, shared by every step.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, RwLock};
use std::time::Duration;

#[cfg(feature = "inspect")]
use wasmtime::Config;

use crate::action::Action;
use crate::authority::Authority;
use crate::batch::Batches;
use crate::budget::{Budget, InProcess, Rate};
use crate::cache::Cache;
use crate::clock::Time;
use crate::component;
use crate::connector::Connector;
use crate::destination::Destination;
use crate::door::Passed;
use crate::engine::{self, Machine};
use crate::error::HostError;
use crate::extension::{self, Extension, World};
use crate::identity::{Counted, Identity};
use crate::ledger::SendLedger;
use crate::limits::Limits;
use crate::pace::Pace;
use crate::retry::Retry;
use crate::shared::{LogSink, Shared};
#[cfg(feature = "inspect")]
use crate::stub::Stub;
use crate::tap::Tap;

/// A host that components are loaded into.
#[derive(Clone, Debug)]
pub struct Host {
    shared: Arc<Shared>,
    cache: Option<Cache>,
    /// For connectors that are made later: whom to trust, and how long to wait.
    transport: Arc<(Vec<Vec<u8>>, Duration)>,
}

impl Host {
    /// Begin building one. A ledger and at least one destination are needed.
    #[must_use]
    pub fn builder(ledger: Arc<dyn SendLedger>) -> HostBuilder {
        HostBuilder {
            ledger,
            destinations: Vec::new(),
            roots: Vec::new(),
            limits: Limits::default(),
            rate: Rate::default(),
            budget: None,
            retry: Retry::default(),
            request_timeout: Duration::from_secs(60),
            cache: None,
            tap: None,
            log: None,
            cloud: "global".to_owned(),
            tenant: None,
            practice: false,
            unpaced: None,
            joined: None,
            #[cfg(feature = "inspect")]
            configure: None,
            #[cfg(feature = "inspect")]
            stub: None,
        }
    }

    /// Load a component under a grant.
    ///
    /// # Errors
    ///
    /// If the bytes are not a component of the world `passcode-action`, import anything else,
    /// or were built for another contract; the error says which.
    pub fn load(&self, bytes: &[u8], grant: &Authority) -> Result<Action, HostError> {
        let loaded = component::load(
            &self.shared.machine.engine,
            &self.shared.limits,
            self.cache.as_ref(),
            bytes,
        )?;
        let authority = Authority::granted(&loaded.manifest, grant);
        Ok(Action::new(self.shared.clone(), loaded, authority))
    }

    /// Load an extension of a world under a grant. It reaches the given destinations and none of
    /// the host's, and `name` is what the operator calls it.
    ///
    /// # Errors
    ///
    /// If the bytes are not a component of that world, import anything else, or were built for
    /// another contract; if a destination is not on this machine and the host is one of practice.
    pub async fn extension(
        &self,
        name: &str,
        world: World,
        bytes: &[u8],
        grant: &Authority,
        destinations: Vec<Destination>,
    ) -> Result<Extension, HostError> {
        let (roots, timeout) = &*self.transport;
        let mut own = BTreeMap::new();
        for destination in destinations {
            on_this_machine(self.shared.practice, &destination)?;
            let connector = Connector::new(&destination, roots, *timeout)
                .map_err(|error| setup(error.message, &error.remedy))?;
            own.insert(destination.name.clone(), (destination, connector));
        }
        let apart = extension::apart(&self.shared, name, own);
        Extension::load(apart, self.cache.as_ref(), (name, world, bytes), grant).await
    }

    /// Load a finder of our own under a grant: unlike an extension it reaches the destinations of
    /// this host, with the host's credentials, as far as the grant has routes there. Only reads.
    ///
    /// # Errors
    ///
    /// If the bytes are not a component of the world `device-finder`, import anything else, or
    /// were built for another contract.
    pub async fn finder(
        &self,
        name: &str,
        bytes: &[u8],
        grant: &Authority,
    ) -> Result<Extension, HostError> {
        let mut apart = extension::apart(&self.shared, name, self.shared.destinations.clone());
        // Its requests are this tenant's, and are counted as such.
        apart.tenant.clone_from(&self.shared.tenant);
        let world = World::DeviceFinder;
        Extension::load(apart, self.cache.as_ref(), (name, world, bytes), grant).await
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Who we are to a destination, as its token says.
    ///
    /// # Errors
    ///
    /// If there is no such destination, or no token can be had.
    pub async fn whoami(&self, destination: &str) -> Result<Identity, HostError> {
        let identity = self.shared.sign_in(destination).await?;
        Ok(Arc::unwrap_or_clone(identity))
    }

    /// The time, as far as the service let us know.
    #[must_use]
    pub fn now(&self) -> time::OffsetDateTime {
        self.shared.time.now()
    }
}

#[cfg(feature = "inspect")]
type Configure = Box<dyn FnOnce(&mut Config) + Send>;

/// A host being built.
pub struct HostBuilder {
    ledger: Arc<dyn SendLedger>,
    destinations: Vec<Destination>,
    roots: Vec<Vec<u8>>,
    limits: Limits,
    rate: Rate,
    budget: Option<Arc<dyn Budget>>,
    retry: Retry,
    request_timeout: Duration,
    cache: Option<PathBuf>,
    tap: Option<Arc<dyn Tap>>,
    log: Option<LogSink>,
    cloud: String,
    tenant: Option<String>,
    practice: bool,
    unpaced: Option<String>,
    joined: Option<String>,
    #[cfg(feature = "inspect")]
    configure: Option<Configure>,
    #[cfg(feature = "inspect")]
    stub: Option<Stub<crate::RawAnswer>>,
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBuilder")
            .field("destinations", &self.destinations)
            .finish_non_exhaustive()
    }
}

impl HostBuilder {
    /// Add a destination.
    #[must_use]
    pub fn destination(mut self, destination: Destination) -> Self {
        self.destinations.push(destination);
        self
    }

    /// Trust a further certificate authority (PEM), beside the operating system's.
    #[must_use]
    pub fn root_certificates(mut self, pem: Vec<u8>) -> Self {
        self.roots.push(pem);
        self
    }

    /// What components may use up.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many requests may reach the service in any window.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self
    }

    /// Who counts them. Default: whoever the ledger brings along, which counts for every process
    /// that uses it; else this host by itself.
    #[must_use]
    pub fn budget(mut self, budget: Arc<dyn Budget>) -> Self {
        self.budget = Some(budget);
        self
    }

    /// How often, and after which pauses, a read is repeated.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// How long one request may take. Default: 60 s.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// Keep compiled components in a folder that only this user can write. Default: nothing
    /// is kept.
    #[must_use]
    pub fn cache(mut self, folder: PathBuf) -> Self {
        self.cache = Some(folder);
        self
    }

    /// Listen to what crosses into components.
    #[must_use]
    pub fn tap(mut self, tap: Arc<dyn Tap>) -> Self {
        self.tap = Some(tap);
        self
    }

    /// Receive what components write to their log, and a line for each exchange with a service.
    /// Default: it is dropped.
    #[must_use]
    pub fn log(mut self, sink: LogSink) -> Self {
        self.log = Some(sink);
        self
    }

    /// The cloud, as plans name it. Default: `global`.
    #[must_use]
    pub fn cloud(mut self, cloud: &str) -> Self {
        cloud.clone_into(&mut self.cloud);
        self
    }

    /// The tenant, for tokens that do not say.
    #[must_use]
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.to_owned());
        self
    }

    /// Nothing real can happen: every destination is on this machine.
    #[must_use]
    pub fn practice(mut self) -> Self {
        self.practice = true;
        self
    }

    /// Send as fast as this practice tenant answers, which has no limits: its requests are not
    /// counted. For measurements. A host of a real tenant with this is not built, and what a
    /// token of another tenant asks is counted all the same.
    #[must_use]
    pub fn unpaced(mut self, tenant: &str) -> Self {
        self.unpaced = Some(tenant.to_owned());
        self
    }

    /// Join the reads of many steps that go to this destination at the same time, as JSON batches
    /// (`$batch`); its service is Microsoft Graph. Worth it where many steps are under way. Default:
    /// each is an exchange of its own.
    #[must_use]
    pub fn join_reads(mut self, destination: &str) -> Self {
        self.joined = Some(destination.to_owned());
        self
    }

    /// Change wasmtime's configuration. For tests that look into memories.
    #[cfg(feature = "inspect")]
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        self.configure = Some(Box::new(change));
        self
    }

    /// Have every request answered by a function of method and address, and none sent. For
    /// measurements.
    #[cfg(feature = "inspect")]
    #[must_use]
    pub fn answered_by(
        mut self,
        stub: impl Fn(&str, &str) -> crate::RawAnswer + Send + Sync + 'static,
    ) -> Self {
        self.stub = Some(Stub(Arc::new(stub)));
        self
    }

    /// Build the host.
    ///
    /// # Errors
    ///
    /// If a certificate authority cannot be read, the ledger is of the other kind (practice or
    /// real), a practice host has a destination that is not on this machine, or a real one is
    /// not to count its requests.
    pub fn build(self) -> Result<Host, HostError> {
        if self.ledger.practice() != self.practice {
            return Err(setup(
                "practice and real data never share a ledger".to_owned(),
                "use the ledger that belongs to the tenant",
            ));
        }
        for destination in &self.destinations {
            on_this_machine(self.practice, destination)?;
        }
        if self.unpaced.is_some() && !self.practice {
            return Err(setup(
                "a real tenant has limits, and every request to it is counted".to_owned(),
                "only a practice tenant can be asked as fast as it answers",
            ));
        }
        #[cfg_attr(
            not(feature = "inspect"),
            expect(unused_mut, reason = "tests change it")
        )]
        let mut config = engine::config(&self.limits);
        #[cfg(feature = "inspect")]
        if let Some(change) = self.configure {
            change(&mut config);
        }
        let machine = Machine::start(&config)?;
        let mut destinations = BTreeMap::new();
        for destination in self.destinations {
            let connector = Connector::new(&destination, &self.roots, self.request_timeout)
                .map_err(|error| setup(error.message, &error.remedy))?;
            #[cfg(feature = "inspect")]
            let connector = connector.answered_by(self.stub.clone());
            destinations.insert(destination.name.clone(), (destination, connector));
        }
        let log = self.log.clone();
        let batches = self.joined.map(|name| (name, Arc::new(Batches::new(log))));
        let budget = self.budget.or_else(|| self.ledger.clone().budget());
        let budget = budget.unwrap_or_else(|| Arc::new(InProcess::default()));
        let shared = Shared {
            machine,
            destinations,
            batches,
            identities: RwLock::default(),
            counted: Counted::default(),
            passed: Passed::default(),
            ledger: self.ledger,
            pace: Arc::new(
                Pace::new(budget, self.rate, self.request_timeout).unpaced(self.unpaced),
            ),
            retry: self.retry,
            limits: self.limits,
            time: Time::default(),
            tap: self.tap,
            cloud: self.cloud,
            tenant: self.tenant,
            practice: self.practice,
            log: self.log,
            steps: AtomicU64::new(0),
        };
        Ok(Host {
            shared: Arc::new(shared),
            cache: self.cache.map(Cache::new),
            transport: Arc::new((self.roots, self.request_timeout)),
        })
    }
}

fn setup(message: String, remedy: &str) -> HostError {
    HostError::Setup {
        message,
        remedy: remedy.to_owned(),
    }
}

/// Practice reaches nothing real.
fn on_this_machine(practice: bool, destination: &Destination) -> Result<(), HostError> {
    if practice && !destination.is_loopback() {
        return Err(setup(
            format!(
                "a practice host was given the real destination `{}`",
                destination.root
            ),
            "a practice tenant is on this machine",
        ));
    }
    Ok(())
}
