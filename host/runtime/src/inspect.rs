//! The door's pure decisions, for tests that feed them bytes of their own making. No embedder
//! needs any of it, and none of it changes what the host does.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::authority::{Authority, Path, PathError, Phase, Route};
use crate::contract::types::PlannedRequest;
use crate::destination::Destination;
use crate::document::{NotAPlan, PlanDocument};
use crate::door::{self, Bounds, Filtered, Vault};
use crate::exchange::Request;

/// What a step is about, as [`judge`] is told.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Which function is running.
    pub phase: Phase,
    /// The only device that may be named.
    pub device: Option<&'a str>,
    /// The only request that may change something.
    pub plan: Option<&'a PlannedRequest>,
}

/// A request that may leave.
#[derive(Clone, Debug)]
pub struct Leaving<'a> {
    /// The route it takes.
    pub route: &'a Route,
    /// Its path, as it is sent.
    pub path: Path,
    /// Its query pairs.
    pub query: Vec<(String, String)>,
}

/// Whether a request may leave; otherwise the name of the rule that it breaks.
///
/// # Errors
///
/// The rule's name.
pub fn judge<'a>(
    authority: &'a Authority,
    step: Step<'_>,
    request: &Request,
) -> Result<Leaving<'a>, &'static str> {
    let bounds = Bounds {
        phase: step.phase,
        device: step.device,
        plan: step.plan,
    };
    let admitted = door::admit(authority, bounds, request).map_err(|broken| broken.name())?;
    Ok(Leaving {
        route: admitted.route,
        path: admitted.path,
        query: request.query.clone(),
    })
}

/// The address that a request is sent to.
///
/// # Errors
///
/// If the path is none.
pub fn address(
    destination: &Destination,
    path: &str,
    query: &[(String, String)],
) -> Result<String, PathError> {
    Ok(destination.url(&Path::parse(path)?, query).to_string())
}

/// What passes of an answer.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The body.
    pub body: Option<Value>,
    /// The link to the next page.
    pub next_link: Option<String>,
    /// The device's own properties.
    pub card: Option<BTreeMap<String, Value>>,
}

/// The answers of one step, and what was sealed in them.
#[derive(Debug, Default)]
pub struct Answers(Vault);

impl Answers {
    /// A successful answer over a route; otherwise why nothing of it passes.
    ///
    /// # Errors
    ///
    /// A sentence that says why.
    pub fn success(
        &mut self,
        route: &Route,
        device: Option<&str>,
        bytes: &[u8],
    ) -> Result<Passed, String> {
        let filtered = door::answer(route, device, bytes, &mut self.0);
        filtered.map(passed).map_err(|why| why.to_string())
    }

    /// Any other answer.
    ///
    /// # Errors
    ///
    /// A sentence that says why.
    pub fn refusal(&self, bytes: &[u8]) -> Result<Passed, String> {
        let filtered = door::refusal(bytes, &self.0);
        filtered.map(passed).map_err(|why| why.to_string())
    }

    /// What a seal stands for. Seals count from one.
    #[must_use]
    pub fn open(&self, seal: u32) -> Option<&str> {
        self.0.get(seal).map(door::Sealed::open)
    }
}

/// The plan document whose canonical text a ledger kept.
///
/// # Errors
///
/// If it is not one.
pub fn kept(canonical: &str) -> Result<PlanDocument, NotAPlan> {
    PlanDocument::from_ledger(canonical)
}

fn passed(filtered: Filtered) -> Passed {
    Passed {
        body: filtered.body,
        next_link: filtered.next_link,
        card: filtered.card,
    }
}
