//! How a practice tenant is to be started.

use crate::entra::caller::{PRIVILEGED, READ_CONFIGURATION, READ_DEVICES, READ_GROUPS, READ_RBAC};
use crate::fleet::Fleet;
use crate::subscription::SubscriptionState;
use crate::throttle::Throttle;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

/// An application registered in the practice directory.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientApp {
    /// The client id.
    pub id: String,
    /// The client secret.
    pub secret: String,
    /// Application permissions granted by an administrator.
    pub permissions: Vec<String>,
}

impl std::fmt::Debug for ClientApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientApp")
            .field("id", &self.id)
            .field("secret", &"****")
            .field("permissions", &self.permissions)
            .finish()
    }
}

impl Default for ClientApp {
    /// The practice application, with every permission the product uses.
    fn default() -> Self {
        let permissions = [
            PRIVILEGED,
            READ_DEVICES,
            READ_CONFIGURATION,
            READ_RBAC,
            READ_GROUPS,
        ];
        Self {
            id: crate::PRACTICE_CLIENT_ID.to_owned(),
            secret: crate::PRACTICE_CLIENT_SECRET.to_owned(),
            permissions: permissions.map(str::to_owned).to_vec(),
        }
    }
}

/// How a practice tenant is to be started. Every setter replaces one default.
#[derive(Debug, Clone)]
#[must_use]
pub struct PracticeOptions {
    pub(crate) address: IpAddr,
    pub(crate) http: Option<u16>,
    pub(crate) https: Option<u16>,
    pub(crate) source: Source,
    pub(crate) clients: Vec<ClientApp>,
    pub(crate) journal_file: Option<PathBuf>,
    pub(crate) control_key: Option<String>,
    pub(crate) known_as: Vec<String>,
    pub(crate) settings: Settings,
}

/// Where the devices come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Shipped,
    Fleet(Box<Fleet>),
    State(PathBuf),
}

/// What can be changed while the tenant runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Settings {
    pub(crate) pace: f64,
    pub(crate) page_size: usize,
    pub(crate) history: bool,
    pub(crate) v1_passcode: bool,
    pub(crate) throttle: Throttle,
    pub(crate) subscription: SubscriptionState,
    /// Of tokens that the directory gives an application, in seconds.
    pub(crate) token_lifetime: i64,
}

impl Default for PracticeOptions {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            http: Some(0),
            https: None,
            source: Source::Shipped,
            clients: vec![ClientApp::default()],
            journal_file: None,
            control_key: None,
            known_as: Vec::new(),
            settings: Settings {
                pace: 1.0,
                page_size: 100,
                history: true,
                v1_passcode: true,
                throttle: Throttle::default(),
                subscription: SubscriptionState::Active,
                token_lifetime: 3_599,
            },
        }
    }
}

impl PracticeOptions {
    /// The shipped fleet over plain http on any free port of 127.0.0.1, at a believable pace.
    pub fn new() -> Self {
        Self::default()
    }

    /// For tests: as [`PracticeOptions::new`], but actions end as soon as they begin and nothing is throttled.
    pub fn immediate() -> Self {
        Self::default().pace(0.0).throttle(Throttle::off())
    }

    /// The loopback address to listen on. Default 127.0.0.1; any other kind of address is refused.
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// The port for plain http; 0 is any free one, `None` none at all. Default 0.
    pub fn http(mut self, port: Option<u16>) -> Self {
        self.http = port;
        self
    }

    /// The port for https; 0 is any free one, `None` none at all. Default none, and no certificate is made.
    pub fn https(mut self, port: Option<u16>) -> Self {
        self.https = port;
        self
    }

    /// Another fleet than the shipped one.
    pub fn fleet(mut self, fleet: Fleet) -> Self {
        self.source = Source::Fleet(Box::new(fleet));
        self
    }

    /// A state saved by [`Control::save_state`](crate::Control::save_state) instead of a fleet.
    pub fn state(mut self, path: impl Into<PathBuf>) -> Self {
        self.source = Source::State(path.into());
        self
    }

    /// One more application that may sign in with a client secret.
    pub fn client(mut self, client: ClientApp) -> Self {
        self.clients.retain(|own| own.id != client.id);
        self.clients.push(client);
        self
    }

    /// How fast devices act: 1 is believable (default), 0 at once, 0.1 ten times faster.
    pub fn pace(mut self, pace: f64) -> Self {
        self.settings.pace = sane_pace(pace);
        self
    }

    /// How many devices a page of a list holds at most. Default 100; Intune's own is not documented.
    pub fn page_size(mut self, size: usize) -> Self {
        self.settings.page_size = size.max(1);
        self
    }

    /// Whether a device keeps every action result (default) or only the newest of each action.
    ///
    /// Which of the two Intune does is unconfirmed.
    pub fn history(mut self, history: bool) -> Self {
        self.settings.history = history;
        self
    }

    /// Whether v1.0 shows passcodes, too. Default yes; what Intune does is unconfirmed.
    pub fn v1_passcode(mut self, shown: bool) -> Self {
        self.settings.v1_passcode = shown;
        self
    }

    /// The budgets. Default: those that Microsoft documents.
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.settings.throttle = throttle;
        self
    }

    /// A file to which every POST and DELETE is appended as one line of JSON, on the disk before the answer is sent.
    pub fn journal_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal_file = Some(path.into());
        self
    }

    /// A further origin that tokens may be for: that of a proxy which stands before the tenant.
    pub fn known_as(mut self, origin: impl Into<String>) -> Self {
        self.known_as.push(origin.into());
        self
    }

    /// The key for `/practice/…`. Default: a random one.
    pub fn control_key(mut self, key: impl Into<String>) -> Self {
        self.control_key = Some(key.into());
        self
    }
}

pub(crate) fn sane_pace(pace: f64) -> f64 {
    if pace.is_finite() {
        pace.clamp(0.0, 1_000.0)
    } else {
        1.0
    }
}
