//! Proposing what to do with one device. Only reads.

use crate::addresses;
use crate::checks::{self, Evidence};
use crate::combine::{Eligibility, Possible, eligibility};
use crate::contract::{
    Context, Device, Effect, Level, Method, Order, PlannedRequest, Problem, Proposal, Verb, Verdict,
};
use crate::device::{SELECT_BETA, SELECT_V1, View, called, device, kind_of, version_of};
use crate::expectations::{duration, expectations};
use crate::graph;
use crate::kind::{Family, Kind};
use crate::preflight;
use crate::prelude::*;
use crate::problem::refused;
use crate::results::{is_passcode_action, listed, without_passcode};
use crate::service::{GRAPH, Service};

/// Read what there is to know about one device and propose what to do.
pub fn prepare(
    service: &mut dyn Service,
    order: &Order,
    context: &Context,
) -> Result<Proposal, Problem> {
    let path = graph::device_path(&order.device_id)?;
    // A wrong address is found before anything is asked.
    addresses::fill(
        order.address.as_deref(),
        &order.device_id,
        &order.address_values,
    )?;
    let beta = format!("{SELECT_BETA},hardwareInformation,deviceActionResults");
    let v1 = format!("{SELECT_V1},deviceActionResults");
    let what = format!("the device {}", order.device_id);
    let found = graph::get_either(
        service,
        &path,
        &[("$select", &beta)],
        &[("$select", &v1)],
        &what,
    )?;
    let read = device(&found.body, found.version, View::One)
        .filter(|read| read.id.eq_ignore_ascii_case(&order.device_id))
        .ok_or_else(|| graph::malformed(&what))?;
    let kind = kind_of(&read);
    // What v1.0 cannot tell, beta will when it is back: that is no verdict on the device.
    if let (Kind::Unknown, Some(outage)) = (kind, found.outage) {
        return Err(outage);
    }
    let results = listed(&found.body);
    let eligibility = eligibility(kind, version_of(&read));
    // The service's own spelling of the id, so that the request and the identity agree.
    let filled = addresses::fill(order.address.as_deref(), &read.id, &order.address_values)?;
    let evidence = Evidence {
        device: &read,
        kind,
        eligibility: &eligibility,
        results: results.as_deref().unwrap_or_default(),
        results_listed: results.is_some(),
        address: &filled.address,
        context,
    };
    let mut checks = checks::all(&evidence);
    let &Eligibility::Yes {
        what,
        disputed_level,
        ..
    } = &eligibility
    else {
        return Err(ineligible(&read, kind, checks));
    };
    wrong_verb(order.verb, what, &read, &checks)?;
    if let Some(block) = checks::blocking(&checks) {
        let (id, message) = (
            block.id.clone(),
            format!("{}: {}", called(&read), block.summary),
        );
        let remedy = block.remedy.clone().unwrap_or_default();
        return Err(refused(&id, &id, message, &remedy, checks));
    }
    // Only for a device that may be acted upon: every other answer is known by now.
    let policies = order
        .preflight
        .then(|| preflight::read(service, found.version, &path));
    checks::read(&mut checks, &evidence, policies.as_ref());
    let mut limits: Vec<String> = found.limit.into_iter().collect();
    limits.extend(
        checks
            .iter()
            .filter(|check| check.verdict == Verdict::Unknown)
            .map(|check| check.summary.clone()),
    );
    let duration = duration(kind);
    Ok(Proposal {
        effect: effect(what),
        level: level(what, disputed_level),
        address: filled.address.id,
        request: PlannedRequest {
            destination: GRAPH.to_owned(),
            method: Method::Post,
            path: filled.path,
            query: Vec::new(),
            body: None,
        },
        checks,
        expectations: expectations(what, disputed_level, kind),
        earlier_results: results
            .unwrap_or_default()
            .into_iter()
            .filter(is_passcode_action)
            .map(without_passcode)
            .collect(),
        limits,
        usual_seconds: Some(duration.usual_seconds),
        longest_seconds: Some(duration.longest_seconds),
        device: read,
    })
}

fn effect(what: Possible) -> Effect {
    match what {
        Possible::Remove => Effect::RemovePasscode,
        Possible::ResetDevice => Effect::ResetDevicePasscode,
        Possible::ResetWorkProfile => Effect::ResetWorkProfilePasscode,
    }
}

fn level(what: Possible, disputed: bool) -> Level {
    match what {
        _ if disputed => Level::Disputed,
        Possible::ResetWorkProfile => Level::WorkProfile,
        Possible::Remove | Possible::ResetDevice => Level::Device,
    }
}

fn ineligible(device: &Device, kind: Kind, checks: Vec<crate::contract::Check>) -> Problem {
    const ID: &str = "eligibility";
    let (summary, remedy) =
        checks
            .iter()
            .find(|check| check.id == ID)
            .map_or_else(Default::default, |check| {
                (
                    check.summary.clone(),
                    check.remedy.clone().unwrap_or_default(),
                )
            });
    let code = match kind {
        Kind::Unknown => "kind-unknown",
        _ if checks
            .iter()
            .any(|check| check.id == ID && check.verdict == Verdict::Unknown) =>
        {
            "os-version-unknown"
        }
        _ if kind.family() == Family::Computer => "not-a-phone-or-tablet",
        _ => "not-eligible",
    };
    refused(
        ID,
        code,
        format!("{}: {summary}", called(device)),
        &remedy,
        checks,
    )
}

/// The two verbs leave a device in opposite states, so neither is ever swapped for the other.
fn wrong_verb(
    verb: Verb,
    what: Possible,
    device: &Device,
    checks: &[crate::contract::Check],
) -> Result<(), Problem> {
    let removes = what == Possible::Remove;
    let (message, remedy) = match verb {
        Verb::Reset if removes => (
            "its passcode cannot be reset to another one; it can only be removed, which leaves the device open",
            "use `passcode remove` if that is what is wanted",
        ),
        Verb::Remove if !removes => (
            "its passcode cannot be removed; it can only be reset to a temporary one",
            "use `passcode reset` if that is what is wanted",
        ),
        _ => return Ok(()),
    };
    Err(refused(
        "wrong-verb",
        "wrong-verb",
        format!("{}: {message}", called(device)),
        remedy,
        checks.to_vec(),
    ))
}
