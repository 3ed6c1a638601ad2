//! May this plan be carried out, and may this seal be opened? Pure decisions, each with one
//! answer.

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;

use crate::authority::{Authority, Phase};
use crate::clock::parse_rfc3339;
use crate::contract::types::{
    ActionResult, Check, Opinion, Plan, Proposal, Receipt, Seal, Verdict,
};
use crate::document::IdentityCard;
use crate::door::{self, Bounds, Sealed, Vault};
use crate::error::{HostError, Refusal};
use crate::exchange::Request;
use crate::ledger::{Attempt, IntentRefused, Sending};
use crate::secret::Passcode;

/// Where the plan would be carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) cloud: &'a str,
    pub(crate) practice: bool,
    pub(crate) component_digest: &'a str,
    pub(crate) grant_digest: &'a str,
    /// The reviewers that are asked now: name and digest.
    pub(crate) reviewers: &'a [(String, String)],
    /// Whether another person approved this very plan.
    pub(crate) approved: bool,
}

/// A proposal is believed as far as the grant goes: the device that was asked for, and a
/// request that the door would let out in `commit`.
pub(crate) fn proposal(
    authority: &Authority,
    device: &str,
    proposal: &Proposal,
) -> Result<(), HostError> {
    let request = &proposal.request;
    if proposal.device.id != device {
        return Err(HostError::Component(
            "it proposes a plan for another device than it was asked for".to_owned(),
        ));
    }
    let wish = Request {
        destination: request.destination.clone(),
        method: request.method,
        path: request.path.clone(),
        query: request.query.clone(),
        body: request.body.clone(),
    };
    let bounds = Bounds {
        phase: Phase::Commit,
        device: Some(device),
        plan: Some(request),
    };
    let admitted = door::admit(authority, bounds, &wish).map_err(|broken| {
        HostError::refused(
            Refusal::Blocked(vec![broken.name().to_owned()]),
            format!(
                "the address `{}` is not granted: {broken}",
                proposal.address
            ),
            "leave out `--via`, or grant the address with `--grant`; see examples/grants",
        )
    })?;
    if admitted.route.mutates() {
        Ok(())
    } else {
        Err(HostError::Component(
            "it proposes a request that changes nothing".to_owned(),
        ))
    }
}

/// Everything that can be told without asking the service.
pub(crate) fn admit(plan: &Plan, here: &Facts<'_>) -> Result<(), HostError> {
    if plan.tenant != here.tenant || plan.cloud != here.cloud || plan.practice != here.practice {
        return Err(HostError::refused(
            Refusal::OtherTenant,
            format!(
                "the plan is for tenant {} in cloud {}, and this is {} in {}",
                plan.tenant, plan.cloud, here.tenant, here.cloud
            ),
            "sign in to the plan's tenant, or make a plan here with `--what-if`",
        ));
    }
    if plan.component_digest != here.component_digest || plan.grant_digest != here.grant_digest {
        return Err(HostError::refused(
            Refusal::OtherAuthority,
            "the plan was made by another version of the component, or under another grant",
            "make a new plan with `--what-if`",
        ));
    }
    let ids = |wanted: &dyn Fn(&Check) -> bool| -> Vec<String> {
        plan.proposal
            .checks
            .iter()
            .filter(|check| wanted(check))
            .map(|check| check.id.clone())
            .collect()
    };
    let blocked = ids(&|check| check.verdict == Verdict::Block);
    if !blocked.is_empty() {
        return Err(HostError::refused(
            Refusal::Blocked(blocked.clone()),
            format!("blocked by: {}", blocked.join(", ")),
            "nothing lifts a block; see the documents it cites with `passcode explain`",
        ));
    }
    let open =
        ids(&|check| check.needs_acceptance && !plan.caller.accepted_checks.contains(&check.id));
    if !open.is_empty() {
        let flags: Vec<String> = open.iter().map(|id| format!("--accept {id}")).collect();
        return Err(HostError::refused(
            Refusal::NotAccepted(open.clone()),
            format!("not accepted: {}", open.join(", ")),
            format!(
                "read the documents it cites; if they allow it in your judgement, plan again with `{}`",
                flags.join(" ")
            ),
        ));
    }
    reviewed(plan, here)
}

/// Whether the reviewers let it pass. What one of them says stands in the plan, whoever is asked
/// now; and who is asked now must have seen it, by the very bytes.
fn reviewed(plan: &Plan, here: &Facts<'_>) -> Result<(), HostError> {
    for review in &plan.reviews {
        let Opinion::Deny(why) = &review.opinion else {
            continue;
        };
        return Err(HostError::refused(
            Refusal::Reviewed,
            format!("reviewer `{}` denies it: {why}", review.reviewer),
            "make a plan that the reviewer accepts",
        ));
    }
    let saw = |(name, digest): &&(String, String)| {
        let mut reviews = plan.reviews.iter();
        reviews.any(|review| review.reviewer == *name && review.digest == *digest)
    };
    let unseen: Vec<String> = here
        .reviewers
        .iter()
        .filter(|reviewer| !saw(reviewer))
        .map(|(name, _)| name.clone())
        .collect();
    if !unseen.is_empty() {
        return Err(HostError::refused(
            Refusal::NotReviewed(unseen.clone()),
            format!("the plan was not reviewed by: {}", unseen.join(", ")),
            "make a new plan with `--what-if`, which asks them",
        ));
    }
    for review in &plan.reviews {
        if let Opinion::RequireApproval(why) = &review.opinion
            && !here.approved
        {
            return Err(HostError::refused(
                Refusal::ApprovalDemanded,
                format!(
                    "reviewer `{}` demands another person's approval: {why}",
                    review.reviewer
                ),
                "let another person approve the plan; see docs/approval.md",
            ));
        }
    }
    Ok(())
}

/// A plan is used once; only what was refused before execution leaves it unused.
pub(crate) fn unused(attempts: Vec<Attempt>) -> Result<(), HostError> {
    match attempts
        .into_iter()
        .find(|attempt| attempt.sending != Sending::NotExecuted)
    {
        Some(attempt) => Err(HostError::refused_intent(IntentRefused::PlanUsed(
            Box::new(attempt),
        ))),
        None => Ok(()),
    }
}

/// A plan runs out. A plan whose end cannot be read has run out.
pub(crate) fn unexpired(plan: &Plan, now: OffsetDateTime) -> Result<(), HostError> {
    match parse_rfc3339(&plan.expires) {
        Some(expires) if now < expires => Ok(()),
        _ => Err(HostError::refused(
            Refusal::Expired,
            format!("the plan expired at {}", plan.expires),
            "make a new one with `--what-if`",
        )),
    }
}

/// What identifies the device is what it was when the plan was made.
pub(crate) fn unchanged(
    card: &IdentityCard,
    now: &BTreeMap<String, Value>,
) -> Result<(), HostError> {
    let differences = card.differences(now);
    if differences.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = differences
        .into_iter()
        .map(|(name, then, now)| format!("{name} was {then} and is {now}"))
        .collect();
    Err(HostError::refused(
        Refusal::Changed,
        format!("the device changed since the plan: {}", told.join("; ")),
        "look at the device again and make a new plan",
    ))
}

/// Open the seal of our own result. The component says which seal; whether it may be opened is
/// judged by what the host remembers of it.
pub(crate) fn open_own(
    vault: &Vault,
    seal: Seal,
    device: &str,
    opens: Option<&str>,
    receipt: &Receipt,
    listed: &[ActionResult],
) -> Result<Passcode, HostError> {
    let new = |result: &ActionResult| {
        let earlier = receipt
            .snapshot
            .iter()
            .any(|earlier| same_result(earlier, result));
        !earlier && !began_before(result, receipt)
    };
    let sealed = vault
        .get(seal)
        .filter(|sealed| is_passcode(sealed, device, opens))
        .filter(|sealed| new(&sealed.result));
    // Of several new results none can be called ours, whichever the component offers.
    let sealed = sealed.filter(|sealed| {
        let rival = |other: &ActionResult| {
            other.name == sealed.result.name && new(other) && !same_result(other, &sealed.result)
        };
        !listed.iter().any(rival) && !vault.results().any(rival)
    });
    match sealed {
        Some(sealed) => Ok(Passcode::new(sealed.open())),
        None => Err(HostError::Component(
            "it offers a passcode that is not this action's".to_owned(),
        )),
    }
}

/// Open a seal of any result that the device lists, if it is what the component says it is.
pub(crate) fn open_listed(
    vault: &Vault,
    seal: Seal,
    device: &str,
    opens: Option<&str>,
    result: &ActionResult,
) -> Option<Passcode> {
    let sealed = vault
        .get(seal)
        .filter(|sealed| is_passcode(sealed, device, opens))?;
    same_result(&sealed.result, result).then(|| Passcode::new(sealed.open()))
}

fn is_passcode(sealed: &Sealed, device: &str, opens: Option<&str>) -> bool {
    opens == Some(sealed.property.as_str()) && sealed.device.as_deref() == Some(device)
}

fn same_result(one: &ActionResult, other: &ActionResult) -> bool {
    one.name == other.name && one.type_name == other.type_name && one.started == other.started
}

/// Whether a result began before our request, by the service's own clock on both sides. The
/// `Date` header has whole seconds and front ends differ a little, hence two minutes.
fn began_before(result: &ActionResult, receipt: &Receipt) -> bool {
    let skew = time::Duration::minutes(2);
    let started = result.started.as_deref().and_then(parse_rfc3339);
    let sent = receipt.service_date.as_deref().and_then(parse_rfc3339);
    matches!((started, sent), (Some(started), Some(sent)) if started < sent - skew)
}

#[cfg(test)]
mod tests;
