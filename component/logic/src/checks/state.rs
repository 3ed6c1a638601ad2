//! The state the device is in.

use super::{Evidence, With, check};
use crate::contract::{Check, Verdict};
use crate::kind::Family;
use crate::prelude::*;
use crate::rules::{CHECK_IN, PRECEDENCE};
use crate::time::Instant;

/// How long a device may have been silent before that is worth a warning: maintenance
/// check-ins come every eight hours or so, and a certificate lives a year.
const STALE_DAYS: i64 = 30;

/// `pending-retire-wipe-delete`: these go first, and after them there is nothing to reset.
pub(super) fn pending(evidence: &Evidence<'_>) -> Check {
    const ID: &str = "pending-retire-wipe-delete";
    let state = evidence.device.management_state.as_deref();
    let is = |names: &[&str]| {
        state.is_some_and(|state| names.iter().any(|name| state.eq_ignore_ascii_case(name)))
    };
    let found = if is(&["managed"]) {
        check(ID, Verdict::Pass, "no retire, wipe or delete is pending")
    } else if is(&[
        "retirePending",
        "wipePending",
        "deletePending",
        "retireIssued",
        "wipeIssued",
    ]) {
        check(ID, Verdict::Block, "a retire, wipe or delete of this device is under way; it goes first, and the passcode action would never run")
            .remedy("wait until it has ended, or have it cancelled in Intune if that is still possible")
    } else if is(&[
        "retireFailed",
        "wipeFailed",
        "retireCanceled",
        "wipeCanceled",
    ]) {
        check(ID, Verdict::Warn, "an earlier retire or wipe of this device failed or was cancelled; it may not obey further actions")
            .remedy("look at the device's Device actions in Intune first")
    } else if is(&["unhealthy", "discovered"]) {
        check(
            ID,
            Verdict::Warn,
            "Intune does not call this device managed; the action may never reach it",
        )
        .remedy("let the device check in with the Company Portal or the Intune app")
    } else {
        check(
            ID,
            Verdict::Unknown,
            "Intune does not say in what state of management this device is",
        )
    };
    found
        .seen("managementState", state)
        .citing(vec![PRECEDENCE.cite()])
}

/// `check-in`: a silent device hears nothing.
pub(super) fn check_in(evidence: &Evidence<'_>) -> Check {
    let last = evidence.device.last_check_in.as_deref();
    let days = last
        .and_then(Instant::parse)
        .and_then(|last| Some(Instant::parse(&evidence.context.now)?.seconds_since(last) / 86_400));
    let found = match days {
        Some(days) if days >= STALE_DAYS => check(
            "check-in",
            Verdict::Warn,
            format!(
                "the device last checked in {days} days ago; the action waits until it does again"
            ),
        )
        .remedy("have the device switched on and connected"),
        Some(_) => check(
            "check-in",
            Verdict::Pass,
            format!("the device checked in within the last {STALE_DAYS} days"),
        ),
        None => check(
            "check-in",
            Verdict::Unknown,
            "Intune does not say when the device last checked in",
        ),
    };
    found
        .seen("lastSyncDateTime", last)
        .citing(vec![CHECK_IN.cite()])
}

/// `management-certificate`: past its end the device no longer talks to Intune.
pub(super) fn certificate(evidence: &Evidence<'_>) -> Option<Check> {
    let expires = evidence.device.certificate_expires.as_deref()?;
    let (end, now) = (
        Instant::parse(expires)?,
        Instant::parse(&evidence.context.now)?,
    );
    let found = if end < now {
        check("management-certificate", Verdict::Warn, "the device's management certificate has run out, so it most likely hears nothing from Intune any more")
            .remedy("the device has to be enrolled again")
    } else {
        check(
            "management-certificate",
            Verdict::Pass,
            "the device's management certificate is still valid",
        )
    };
    Some(found.seen("managementCertificateExpirationDate", Some(expires)))
}

/// `jailbreak`: the service answers with a word.
pub(super) fn jailbreak(evidence: &Evidence<'_>) -> Check {
    let said = evidence.device.jail_broken.as_deref();
    let found = match said {
        Some(said) if said.eq_ignore_ascii_case("true") => check(
            "jailbreak",
            Verdict::Warn,
            "the device is reported as jailbroken or rooted; it may not do what it is told",
        ),
        Some(said) if said.eq_ignore_ascii_case("false") => check(
            "jailbreak",
            Verdict::Pass,
            "the device is not reported as jailbroken or rooted",
        ),
        _ => check(
            "jailbreak",
            Verdict::Unknown,
            "Intune does not know whether the device is jailbroken or rooted",
        ),
    };
    found.seen("jailBroken", said)
}

/// `lost-mode`: no document says how it goes together with a removal.
pub(super) fn lost_mode(evidence: &Evidence<'_>) -> Option<Check> {
    if evidence.kind.family() != Family::Apple {
        return None;
    }
    let state = evidence.device.lost_mode_state.as_deref();
    let found = match state {
        Some(state) if state.eq_ignore_ascii_case("enabled") => check("lost-mode", Verdict::Warn, "the device is in lost mode; it stays locked by that, and no document says whether the passcode can be removed meanwhile")
            .remedy("turn lost mode off in Intune first, if the device is back in the right hands"),
        Some(state) if state.eq_ignore_ascii_case("disabled") => check("lost-mode", Verdict::Pass, "lost mode is off"),
        _ => check("lost-mode", Verdict::Unknown, "whether the device is in lost mode could not be read"),
    };
    Some(found.seen("lostModeState", state))
}
