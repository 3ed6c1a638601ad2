//! What a plan is asked for with.

use time::Duration;

use crate::contract::types::{Caller, Fact, Operator, Proof, Verb};
use crate::identity::Identity;
use crate::ledger::PlanId;

/// What a plan is asked for with.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The device, by the service's identifier.
    pub device: String,
    /// The verb.
    pub verb: Verb,
    /// The address to use; absent for the ordinary one.
    pub address: Option<String>,
    /// Values for the address's further segments.
    pub address_values: Vec<(String, String)>,
    /// Whether to read which policies reached the device, and what the caller may do: at most six
    /// requests, at the same time. What is not read is shown as unknown. Default: yes.
    pub preflight: bool,
    /// A name for the operator where no sign-in proves one.
    pub claimed_operator: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The case.
    pub ticket: Option<String>,
    /// How the caller was verified.
    pub verified_by: Option<String>,
    /// What finders found, each with the digest of who says so.
    pub facts: Vec<Fact>,
    /// Checks the operator accepts.
    pub accepted_checks: Vec<String>,
    /// Where the passcode goes.
    pub delivery: String,
    /// How long the plan stays valid. 24 h unless a caller knows better.
    pub valid_for: Duration,
    /// Go ahead beside another passcode action.
    pub again: bool,
    /// The plan with an unknown outcome that this one follows up.
    pub after_unknown: Option<PlanId>,
}

impl Wanted {
    /// A plan for one device, without reason, ticket or acceptance.
    #[must_use]
    pub fn new(device: &str, verb: Verb) -> Self {
        Self {
            device: device.to_owned(),
            verb,
            address: None,
            address_values: Vec::new(),
            preflight: true,
            claimed_operator: None,
            reason: None,
            ticket: None,
            verified_by: None,
            facts: Vec::new(),
            accepted_checks: Vec::new(),
            delivery: "terminal".to_owned(),
            valid_for: Duration::hours(24),
            again: false,
            after_unknown: None,
        }
    }
}

/// Who acts. A sign-in proves it; what is only claimed says so.
pub(crate) fn operator(identity: &Identity, claimed: Option<&str>, kind: String) -> Operator {
    match (identity.name.clone(), claimed) {
        (Some(name), _) => Operator {
            name,
            id: identity.id.clone(),
            proof: Proof::SignedIn(kind),
        },
        (None, Some(name)) => Operator {
            name: name.to_owned(),
            id: None,
            proof: Proof::Claimed,
        },
        (None, None) => Operator {
            name: "unknown".to_owned(),
            id: None,
            proof: Proof::Claimed,
        },
    }
}

/// On whose behalf, and why.
pub(crate) fn caller(wanted: &Wanted, identity: &Identity, kind: String) -> Caller {
    let operator = operator(identity, wanted.claimed_operator.as_deref(), kind);
    let mut accepted_checks = wanted.accepted_checks.clone();
    accepted_checks.sort();
    accepted_checks.dedup();
    Caller {
        operator,
        reason: wanted.reason.clone(),
        ticket: wanted.ticket.clone(),
        verified_by: wanted.verified_by.clone(),
        accepted_checks,
        facts: wanted.facts.clone(),
    }
}
