//! What the action needs: policies, which can be read in part, and tokens, which nobody can.

use super::policy::{catalog, weigh};
use super::{Evidence, With, check};
use crate::contract::{Check, Verdict};
use crate::kind::{Family, Kind};
use crate::preflight::Preflight;
use crate::prelude::*;
use crate::rules::{NOT_REMOVED, RESET_TOKEN, cites};

/// `passcode-policy`: without one a reset fails, and a device whose passcode was removed stays
/// open. Evidence, never a verdict on the device: a pass says what Intune records.
pub(super) fn policy(evidence: &Evidence<'_>, preflight: Option<&Preflight>) -> Option<Check> {
    let android = evidence.kind.family() == Family::Android;
    if !android && !removable(evidence) {
        return None;
    }
    let (verdict, shown, said) = match preflight {
        None => (
            Verdict::Unknown,
            String::new(),
            "whether a policy demands a passcode was not read",
        ),
        Some(read) => judged(evidence, read),
    };
    let after = match (verdict, android) {
        (Verdict::Pass, _) => "",
        (_, true) => "; without one from a configuration policy the reset fails",
        _ => "; without one the device stays open",
    };
    let remedy = match verdict {
        Verdict::Pass => "",
        Verdict::Unknown => {
            "DeviceManagementConfiguration.Read.All lets this tool read policies; or look in Intune, under the device's Device configuration"
        }
        _ => {
            "assign a configuration policy that demands a passcode, let the device check in, and plan again"
        }
    };
    let mut sources = cites(match (android, evidence.kind.has_work_profile()) {
        (true, true) => &["reset-2025-10/policy", "passcode-2025/restrictions"],
        (true, false) => &["reset-2025-10/policy"],
        _ => &["remove-2025/new-passcode", "passcode-2022/new-passcode"],
    });
    if android && verdict != Verdict::Unknown {
        sources.push(NOT_REMOVED.cite());
    }
    let mut check = check("passcode-policy", verdict, [said, after].concat()).citing(sources);
    if !remedy.is_empty() {
        check = check.remedy(remedy);
    }
    if !shown.is_empty() {
        check.evidence = Some(shown);
    }
    Some(check)
}

/// The verdict, what was looked at, and the sentence.
fn judged(evidence: &Evidence<'_>, read: &Preflight) -> (Verdict, String, &'static str) {
    let kind = evidence.kind;
    let apple = kind.family() == Family::Apple;
    let configured = weigh(kind, "configuration", &read.configuration);
    let complies = weigh(kind, "compliance", &read.compliance);
    // An iPhone asks for a new passcode for the sake of a compliance policy as well.
    let (asks, also, marks) = if apple {
        (complies.demands, complies.doubt, None)
    } else {
        (None, None, complies.demands)
    };
    let doubt = configured.doubt.or(also);
    let ladder = [
        (
            Verdict::Warn,
            configured.frozen,
            "a policy on this device forbids changing the passcode, so its user may be unable to set a new one",
        ),
        (
            Verdict::Pass,
            configured.demands.or(asks),
            "Intune records that a policy which demands a passcode reached this device; whether it holds there, nobody can read",
        ),
        (
            Verdict::Warn,
            configured.inert,
            "a policy for this device demands a passcode, and Intune records that it is not in effect",
        ),
        (
            Verdict::Unknown,
            doubt.or_else(|| catalog(kind, &read.catalog)),
            "it cannot be told whether a policy on this device demands a passcode",
        ),
        (
            Verdict::Warn,
            configured.other_lock,
            "a policy on this device demands a passcode of the device, and none one of the work profile",
        ),
        (
            Verdict::Warn,
            marks,
            "only a compliance policy demands a passcode of this device, and such a policy only marks",
        ),
    ];
    for (verdict, shown, said) in ladder {
        if let Some(shown) = shown {
            return (verdict, shown, said);
        }
    }
    (
        Verdict::Warn,
        String::new(),
        "no policy that Intune records for this device demands a passcode; what an earlier one set may still hold",
    )
}

/// `reset-token-active`: Android lets nobody see it.
pub(super) fn reset_token(evidence: &Evidence<'_>) -> Option<Check> {
    if evidence.kind.family() != Family::Android {
        return None;
    }
    let mut sources = vec![RESET_TOKEN.cite()];
    sources.extend(cites(&["passcode-2025/notified", "reset-2025-08/notified"]));
    Some(
        check(
            "reset-token-active",
            Verdict::Unknown,
            "Android accepts a reset only with a token that the user activated by confirming a notification once, right after enrolment or when the passcode was set; no property shows whether they did",
        )
        .remedy("ask the user whether they ever confirmed the notification about resetting the passcode; if not, the reset will most likely fail")
        .citing(sources),
    )
}

/// `unlock-token`: Intune may hold none, or a wrong one.
pub(super) fn unlock_token(evidence: &Evidence<'_>) -> Option<Check> {
    removable(evidence).then(|| {
        check(
            "unlock-token",
            Verdict::Unknown,
            "the removal needs the unlock token that the device gave to Intune; whether Intune holds the right one cannot be seen",
        )
        .remedy("if the removal fails, the token was missing or wrong, and it cannot be asked for again")
        .citing(cites(&["apple-2024/unlock-token", "remove-2025/unlock-token"]))
    })
}

/// `open-without-policy`: nobody asks for a new passcode.
pub(super) fn open_without_policy(evidence: &Evidence<'_>) -> Option<Check> {
    removable(evidence).then(|| {
        check(
            "open-without-policy",
            Verdict::Warn,
            "once the passcode is removed the device is open; it asks for a new passcode only if a passcode policy is assigned, and stays open without one",
        )
        .remedy("make sure that the device is in the right hands, and that its user sets a new passcode in Settings")
        .citing(cites(&["remove-2025/new-passcode", "passcode-2022/new-passcode"]))
    })
}

fn removable(evidence: &Evidence<'_>) -> bool {
    matches!(
        evidence.kind,
        Kind::IosCorporate | Kind::IosPersonal | Kind::VisionOs
    )
}
