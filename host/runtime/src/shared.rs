//! What every step of a host shares: the engine, the destinations and who we are to them, the
//! ledger, and how much may be used up.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use crate::batch::Batches;
use crate::clock::Time;
use crate::connector::Connector;
use crate::credential::TokenRequest;
use crate::destination::Destination;
use crate::door::Passed;
use crate::engine::Machine;
use crate::error::HostError;
use crate::identity::{Counted, Identity};
use crate::ledger::SendLedger;
use crate::limits::Limits;
use crate::pace::Pace;
use crate::retry::Retry;
use crate::tap::Tap;

/// Receives lines, already made plain: what components write to their log (`debug`, `info`,
/// `warn`), and one for each exchange with a service (`http`).
pub type LogSink = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// What every step shares.
pub(crate) struct Shared {
    pub(crate) machine: Machine,
    pub(crate) destinations: BTreeMap<String, (Destination, Connector)>,
    /// The destination whose reads are joined, and those that wait for each other.
    pub(crate) batches: Option<(String, Arc<Batches>)>,
    pub(crate) identities: RwLock<BTreeMap<String, Arc<Identity>>>,
    pub(crate) counted: Counted,
    /// What passed of answers that many steps hear.
    pub(crate) passed: Passed,
    pub(crate) ledger: Arc<dyn SendLedger>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) retry: Retry,
    pub(crate) limits: Limits,
    pub(crate) time: Time,
    pub(crate) tap: Option<Arc<dyn Tap>>,
    pub(crate) cloud: String,
    pub(crate) tenant: Option<String>,
    pub(crate) practice: bool,
    pub(crate) log: Option<LogSink>,
    pub(crate) steps: AtomicU64,
}

impl Shared {
    /// Steps are counted, so that a listener can tell them apart.
    pub(crate) fn next_step(&self) -> u64 {
        self.steps.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn destination(&self, name: &str) -> Option<(Destination, Connector)> {
        self.destinations.get(name).cloned()
    }

    /// Where the reads of a destination wait for each other, if they do.
    pub(crate) fn batches(&self, destination: &str) -> Option<&Arc<Batches>> {
        let (name, batches) = self.batches.as_ref()?;
        (name == destination).then_some(batches)
    }

    pub(crate) fn identity(&self, destination: &str) -> Option<Arc<Identity>> {
        let known = self
            .identities
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get(destination).cloned()
    }

    pub(crate) fn log(&self, severity: &str, line: &str) {
        if let Some(log) = &self.log {
            log(severity, line);
        }
    }

    /// Ask the credential for a token once, to learn who we are before a step needs to know.
    pub(crate) async fn sign_in(&self, name: &str) -> Result<Arc<Identity>, HostError> {
        if let Some(identity) = self.identity(name) {
            return Ok(identity);
        }
        let (destination, _) = self
            .destinations
            .get(name)
            .ok_or_else(|| HostError::Setup {
                message: format!("no destination `{name}`"),
                remedy: "name it when the host is built".to_owned(),
            })?;
        let request = TokenRequest {
            scope: destination.scope(),
            claims: None,
            renew: false,
        };
        let token = destination
            .credential
            .token(&request)
            .await
            .map_err(|error| HostError::not_signed_in(&error))?;
        let identity = Arc::new(Identity::of_token(token.secret()));
        let mut known = self
            .identities
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert(name.to_owned(), identity.clone());
        Ok(identity)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("destinations", &self.destinations.keys())
            .field("ledger", &self.ledger)
            .field("practice", &self.practice)
            .finish_non_exhaustive()
    }
}
