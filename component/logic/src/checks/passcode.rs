//! What the action needs and nobody can read: policies, tokens.

use super::{Evidence, With, check};
use crate::contract::{Check, Verdict};
use crate::kind::{Family, Kind};
use crate::prelude::*;
use crate::rules::{RESET_TOKEN, cites};

/// `passcode-policy`: without one the reset fails.
pub(super) fn policy(evidence: &Evidence<'_>) -> Option<Check> {
    if evidence.kind.family() != Family::Android {
        return None;
    }
    let (summary, sources) = if evidence.kind.has_work_profile() {
        (
            "a device configuration policy must enforce a passcode, or the reset fails; for a work profile the passcode must be configured in device restrictions. Policies are not read here",
            &["reset-2025-10/policy", "passcode-2025/restrictions"][..],
        )
    } else {
        (
            "a device configuration policy must enforce a passcode, or the reset fails. Policies are not read here",
            &["reset-2025-10/policy"][..],
        )
    };
    Some(
        check("passcode-policy", Verdict::Unknown, summary)
            .remedy("look in Intune, under the device's Device configuration, for a policy that requires a passcode")
            .citing(cites(sources)),
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
            "once the passcode is removed the device is open; it asks for a new passcode only if a passcode policy is assigned, and stays open without one. Policies are not read here",
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
