//! What we sent against what the tenant says was asked of it.
//!
//! Graph's `remoteActionAudits` hold who asked for which action on which device and when. A
//! `client-request-id` is not among the documented fields; where a source has one all the same,
//! it decides. Otherwise an entry is ours if it is of the same device and near in time.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use time::{Duration, OffsetDateTime};

/// How far apart our time of sending and the tenant's time may be: the clocks of two machines
/// differ, and a request may have waited for its turn between being written down and being sent.
pub const TOLERANCE: Duration = Duration::minutes(5);

/// A request that may have reached the tenant: sent, or of unknown outcome. What was refused
/// before it was carried out has no place here, because Graph may not have written it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ours {
    /// The `client-request-id` that was sent.
    pub client_request_id: String,
    /// The managed device's identifier.
    pub device: String,
    /// When it was sent, by the service's clock where that is known.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// An entry of the tenant's own audit. Entries of actions that we never send are left out by
/// whoever reads them: in `remoteActionAudits` ours are `resetPasscode`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Theirs {
    /// The `client-request-id`, from a source that has one.
    pub client_request_id: Option<String>,
    /// `managedDeviceId`.
    pub device: String,
    /// `requestDateTime`.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `action`.
    pub action: String,
    /// `initiatedByUserPrincipalName`, where there is one.
    pub who: Option<String>,
}

/// What belongs together, and what is left over. Each list is in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Matched {
    /// Sent by us and known to the tenant.
    pub both: Vec<(Ours, Theirs)>,
    /// Sent by us, and unknown to the tenant: not received, not yet written down, or older than
    /// what it keeps.
    pub ours_without_theirs: Vec<Ours>,
    /// Known to the tenant, and not sent by us: somebody used the admin center, another tool, or
    /// a ledger that is not this one.
    pub theirs_without_ours: Vec<Theirs>,
}

/// Match the one with the other. Each entry is used once.
///
/// A request id that both have decides, if the device is the same. What is left is matched within
/// each device, so that as many as possible find an entry within [`TOLERANCE`] of them. Identifiers
/// are compared without regard to case.
#[must_use]
pub fn compare(ours: impl Iterator<Item = Ours>, theirs: impl Iterator<Item = Theirs>) -> Matched {
    let mut matched = Matched::default();
    let (mut ours, mut theirs): (Vec<_>, Vec<_>) = (ours.collect(), theirs.collect());
    ours.sort_by_key(|our| our.at);
    theirs.sort_by_key(|their| their.at);

    let mut by_id: HashMap<(String, String), Vec<Ours>> = HashMap::new();
    for our in ours.into_iter().rev() {
        let id = our.client_request_id.to_ascii_lowercase();
        let key = (id, our.device.to_ascii_lowercase());
        by_id.entry(key).or_default().push(our);
    }
    let mut devices: BTreeMap<String, (Vec<Ours>, Vec<Theirs>)> = BTreeMap::new();
    for their in theirs {
        let device = their.device.to_ascii_lowercase();
        let Some(id) = &their.client_request_id else {
            devices.entry(device).or_default().1.push(their);
            continue;
        };
        let same = by_id.get_mut(&(id.to_ascii_lowercase(), device));
        match same.and_then(Vec::pop) {
            Some(our) => matched.both.push((our, their)),
            // It names a request, and that is none of ours: nearness would prove nothing.
            None => matched.theirs_without_ours.push(their),
        }
    }
    for our in by_id.into_values().flatten() {
        let device = our.device.to_ascii_lowercase();
        devices.entry(device).or_default().0.push(our);
    }
    for (mut ours, theirs) in devices.into_values() {
        ours.sort_by_key(|our| our.at);
        by_time(ours, theirs, &mut matched);
    }
    matched.both.sort_by_key(|(our, _)| our.at);
    matched.ours_without_theirs.sort_by_key(|our| our.at);
    matched.theirs_without_ours.sort_by_key(|their| their.at);
    matched
}

/// Of one device, both in the order of time. The earliest of the one takes the earliest of the
/// other that is near enough: no other way leaves fewer over.
fn by_time(ours: Vec<Ours>, theirs: Vec<Theirs>, matched: &mut Matched) {
    let mut ours = ours.into_iter().peekable();
    let mut theirs = theirs.into_iter().peekable();
    while let (Some(our), Some(their)) = (ours.peek(), theirs.peek()) {
        let apart = their.at - our.at;
        if apart > TOLERANCE {
            matched.ours_without_theirs.extend(ours.next());
        } else if apart < -TOLERANCE {
            matched.theirs_without_ours.extend(theirs.next());
        } else {
            matched.both.extend(ours.next().zip(theirs.next()));
        }
    }
    matched.ours_without_theirs.extend(ours);
    matched.theirs_without_ours.extend(theirs);
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
