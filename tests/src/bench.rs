//! A host with everything it needs, put together the way a test wants it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use passcode_host::contract::types::{Selector, Verb};
use passcode_host::{
    Action, Authority, Committed, Destination, Host, HostBuilder, HostError, Limits, PlanDocument,
    Wanted,
};
use passcode_ledger::SqliteLedger;
use passcode_practice::{PracticeOptions, PracticeTenant};
use serde_json::Value;

use crate::{FaultyLedger, Fixed, PUPPET, Recorder, Script, told};

/// Compiled components are kept here from one run to the next: compiling takes longer than most
/// tests do.
#[must_use]
pub fn cache() -> PathBuf {
    std::env::temp_dir().join(format!(
        "passcode-tests-cache-{}",
        env!("CARGO_PKG_VERSION")
    ))
}

/// The ordinary grant, with parts of its text replaced.
///
/// # Panics
///
/// If a part does not occur, or the result is not a grant: the test would test nothing.
#[must_use]
#[expect(clippy::panic, reason = "a test that tests nothing must not pass")]
pub fn grant(changes: &[(&str, &str)]) -> Authority {
    let mut text = passcode_builtin::GRANT.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the ordinary grant has no `{from}`");
        text = text.replace(from, to);
    }
    match Authority::parse(&text) {
        Ok(authority) => authority,
        Err(error) => panic!("not a grant: {error}"),
    }
}

/// Append a custom section to a component.
#[must_use]
pub fn with_section(component: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let mut section = leb128(name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(content);
    let mut bytes = component.to_vec();
    bytes.push(0);
    bytes.extend(leb128(section.len()));
    bytes.extend(section);
    bytes
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

type Change = Box<dyn FnOnce(HostBuilder) -> HostBuilder>;

/// How a bench is put together. By default: the puppet under the ordinary grant, a practice
/// tenant in which everything happens at once, and a ledger in memory.
pub struct Setup {
    component: Vec<u8>,
    grant: Authority,
    options: PracticeOptions,
    ledger: Option<Arc<FaultyLedger>>,
    limits: Limits,
    elsewhere: Option<String>,
    tenant: Option<Arc<PracticeTenant>>,
    change: Vec<Change>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Setup {
    /// The puppet.
    #[must_use]
    pub fn puppet() -> Self {
        Self {
            component: PUPPET.to_vec(),
            grant: grant(&[]),
            options: PracticeOptions::immediate(),
            ledger: None,
            limits: Limits::default(),
            elsewhere: None,
            tenant: None,
            change: Vec::new(),
        }
    }

    /// The component that people use.
    #[must_use]
    pub fn real() -> Self {
        Self {
            component: passcode_builtin::COMPONENT.to_vec(),
            ..Self::puppet()
        }
    }

    /// Another component.
    #[must_use]
    pub fn component(mut self, bytes: Vec<u8>) -> Self {
        self.component = bytes;
        self
    }

    /// Another grant.
    #[must_use]
    pub fn grant(mut self, grant: Authority) -> Self {
        self.grant = grant;
        self
    }

    /// Another practice tenant.
    #[must_use]
    pub fn options(mut self, options: PracticeOptions) -> Self {
        self.options = options;
        self
    }

    /// A tenant that runs already, for two machines beside one tenant.
    #[must_use]
    pub fn beside(mut self, bench: &Bench) -> Self {
        self.tenant = Some(bench.tenant.clone());
        self
    }

    /// Another ledger.
    #[must_use]
    pub fn ledger(mut self, ledger: Arc<FaultyLedger>) -> Self {
        self.ledger = Some(ledger);
        self
    }

    /// Other limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Less computing time, for tests that wait for its end.
    #[must_use]
    pub fn cpu(mut self, cpu: Duration) -> Self {
        self.limits.cpu = cpu;
        self
    }

    /// Another service than the practice tenant behind the name `graph`.
    #[must_use]
    pub fn service(mut self, url: &str) -> Self {
        self.elsewhere = Some(url.to_owned());
        self
    }

    /// Change how the host is built.
    #[must_use]
    pub fn change(mut self, change: impl FnOnce(HostBuilder) -> HostBuilder + 'static) -> Self {
        self.change.push(Box::new(change));
        self
    }

    /// Put it together.
    ///
    /// # Panics
    ///
    /// If it cannot be.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn start(self) -> Bench {
        self.load().await.expect("component")
    }

    /// The same, if the host loads the component.
    ///
    /// # Errors
    ///
    /// As [`Host::load`].
    ///
    /// # Panics
    ///
    /// If something else is missing.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn load(self) -> Result<Bench, HostError> {
        let tenant = match self.tenant {
            Some(tenant) => tenant,
            None => Arc::new(PracticeTenant::start(self.options).expect("tenant")),
        };
        let ledger = match self.ledger {
            Some(ledger) => ledger,
            None => memory_ledger().await,
        };
        let credential = Arc::new(Fixed::of(&tenant.control()));
        let tap = Arc::new(Recorder::default());
        let url = self.elsewhere.as_deref().unwrap_or_else(|| tenant.url());
        let graph = Destination::new("graph", url, credential.clone()).expect("destination");
        let mut builder = Host::builder(ledger.clone())
            .destination(graph)
            .limits(self.limits)
            .cache(cache())
            .tap(tap.clone())
            .practice();
        for change in self.change {
            builder = change(builder);
        }
        let host = builder.build().expect("host");
        let action = host.load(&self.component, &self.grant)?;
        Ok(Bench {
            tenant,
            ledger,
            credential,
            tap,
            host,
            action,
        })
    }
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
async fn memory_ledger() -> Arc<FaultyLedger> {
    let inner = SqliteLedger::in_memory().await.expect("ledger");
    Arc::new(FaultyLedger::new(Arc::new(inner)))
}

/// A host, what it talks to, and what it writes to.
#[derive(Debug)]
pub struct Bench {
    /// The practice tenant.
    pub tenant: Arc<PracticeTenant>,
    /// The ledger.
    pub ledger: Arc<FaultyLedger>,
    /// The credential.
    pub credential: Arc<Fixed>,
    /// What crossed into components.
    pub tap: Arc<Recorder>,
    /// The host.
    pub host: Host,
    /// The component under its grant.
    pub action: Action,
}

impl Bench {
    /// The id of a device of the practice fleet.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub fn id(&self, device: &str) -> String {
        self.tenant.device_id(device).expect("device")
    }

    /// What a plan for a device is asked for with.
    #[must_use]
    pub fn wanted(&self, device: &str, verb: Verb) -> Wanted {
        Wanted::new(&self.id(device), verb)
    }

    /// Let the puppet find, and tell what it saw.
    ///
    /// # Errors
    ///
    /// What ended it.
    pub async fn find(&self, script: &Script) -> Result<Vec<Value>, HostError> {
        match self.action.find(&script.selector()).await {
            Ok(findings) => Ok(serde_json::from_str(&findings.limits.concat()).unwrap_or_default()),
            Err(error) => told(&error).ok_or(error),
        }
    }

    /// Let the component plan for a device, with a script where it is the puppet.
    ///
    /// # Errors
    ///
    /// What ended it.
    pub async fn prepare(&self, device: &str, script: &Script) -> Result<PlanDocument, HostError> {
        let mut wanted = self.wanted(device, Verb::Reset);
        wanted.reason = Some(script.text());
        self.action.prepare(&wanted).await
    }

    /// Plan and carry out.
    ///
    /// # Errors
    ///
    /// What ended it before the component ran.
    pub async fn commit(&self, device: &str, script: &Script) -> Result<Committed, HostError> {
        let plan = self.prepare(device, script).await?;
        self.action.commit(&plan.id).await
    }

    /// Make sure that the host still does good work.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub async fn still_works(&self) {
        let script = Script::new().send(
            "find",
            "GET",
            "/beta/deviceManagement/managedDevices",
            &[("$select", "id"), ("$top", "1")],
        );
        let seen = self.find(&script).await;
        assert_eq!(
            seen.as_ref().map(|seen| seen[0]["status"].clone()),
            Ok(200.into()),
            "{seen:?}"
        );
    }

    /// How many requests reached the tenant.
    #[must_use]
    pub fn arrived(&self) -> usize {
        self.tenant.journal().len()
    }

    /// A selector that the puppet does not take for a script.
    #[must_use]
    pub fn by_name(name: &str) -> Selector {
        Selector::DeviceName(name.to_owned())
    }
}
