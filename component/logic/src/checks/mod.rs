//! The evidence for and against a plan, one check at a time.
//!
//! Ids are stable: operators write them into scripts and grants. The README lists them.

use crate::prelude::*;

mod earlier;
mod eligibility;
mod passcode;
mod policy;
mod reach;
mod rights;
mod state;

use crate::combine::Eligibility;
use crate::contract::{ActionResult, Check, Citation, Context, Device, Verdict};
use crate::kind::Kind;
use crate::preflight::Preflight;

/// What the checks look at.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) device: &'a Device,
    pub(crate) kind: Kind,
    pub(crate) eligibility: &'a Eligibility,
    pub(crate) results: &'a [ActionResult],
    pub(crate) results_listed: bool,
    pub(crate) address: &'a crate::contract::Address,
    pub(crate) context: &'a Context,
}

/// Every check that applies, in the order in which a person should read them.
pub(crate) fn all(evidence: &Evidence<'_>) -> Vec<Check> {
    let mut checks = vec![eligibility::eligibility(evidence)];
    checks.extend(eligibility::documents_disagree(evidence));
    checks.extend(eligibility::android_version(evidence));
    checks.extend(eligibility::personal_ownership(evidence));
    checks.push(state::pending(evidence));
    checks.extend(earlier::passcode_action(evidence));
    checks.extend(passcode::policy(evidence, None));
    checks.extend(passcode::reset_token(evidence));
    checks.extend(passcode::unlock_token(evidence));
    checks.extend(passcode::open_without_policy(evidence));
    checks.push(state::check_in(evidence));
    checks.extend(state::certificate(evidence));
    checks.push(state::jailbreak(evidence));
    checks.extend(state::lost_mode(evidence));
    checks.extend(earlier::remote_lock(evidence));
    checks.extend(reach::cloud(evidence));
    checks.push(reach::address(evidence));
    checks.push(reach::readable(evidence));
    checks
}

/// The checks of a device that may be acted upon: what the caller may do, and what policies say
/// in place of the line that says that they were not read.
pub(crate) fn read(checks: &mut Vec<Check>, evidence: &Evidence<'_>, read: Option<&Preflight>) {
    let mut fresh = vec![rights::caller(read)];
    fresh.extend(passcode::policy(evidence, read));
    let own = |check: &Check| check.id == "passcode-policy";
    let place = checks.iter().position(own).unwrap_or(checks.len());
    checks.retain(|check| !own(check));
    checks.splice(place..place, fresh);
}

/// The first check that forbids.
pub(crate) fn blocking(checks: &[Check]) -> Option<&Check> {
    checks.iter().find(|check| check.verdict == Verdict::Block)
}

/// A check without the optional parts.
#[inline(never)]
fn check_of(id: &str, verdict: Verdict, summary: String) -> Check {
    Check {
        id: id.to_owned(),
        verdict,
        summary,
        remedy: None,
        evidence: None,
        citations: Vec::new(),
        needs_acceptance: false,
    }
}

fn check(id: &str, verdict: Verdict, summary: impl Into<String>) -> Check {
    check_of(id, verdict, summary.into())
}

/// The optional parts, written as one reads them.
trait With {
    fn remedy(self, remedy: &str) -> Self;
    fn seen(self, property: &str, value: Option<&str>) -> Self;
    fn citing(self, citations: Vec<Citation>) -> Self;
}

impl With for Check {
    #[inline(never)]
    fn remedy(mut self, remedy: &str) -> Self {
        self.remedy = Some(remedy.to_owned());
        self
    }

    #[inline(never)]
    fn seen(mut self, property: &str, value: Option<&str>) -> Self {
        self.evidence = Some(format!("{property}: {}", value.unwrap_or("absent")));
        self
    }

    #[inline(never)]
    fn citing(mut self, citations: Vec<Citation>) -> Self {
        self.citations = citations;
        self
    }
}
