//! What happened to the device before.

use super::{Evidence, With, check};
use crate::contract::{ActionResult, Check, Verdict};
use crate::kind::Family;
use crate::prelude::*;
use crate::results::{is_passcode_action, last_part, under_way};
use crate::rules::cites;

/// `earlier-passcode-action`: one that is under way makes `commit` refuse.
pub(super) fn passcode_action(evidence: &Evidence<'_>) -> Option<Check> {
    let running = evidence
        .results
        .iter()
        .find(|result| is_passcode_action(result) && under_way(result));
    let Some(running) = running else {
        return (!evidence.results_listed).then(|| {
            check("earlier-passcode-action", Verdict::Unknown, "the device's action results could not be read, so an earlier passcode action may be under way")
        });
    };
    Some(
        check(
            "earlier-passcode-action",
            Verdict::Warn,
            format!("a passcode action is {} on this device{}; carrying out this plan will be refused as long as it is", running.state, since(running)),
        )
        .remedy("wait for it to end; or carry on with `--again`, knowing that two passcodes may then follow each other")
        .seen("deviceActionResults", Some(&running.name)),
    )
}

/// `earlier-remote-lock-failed`: a sign that there is no passcode to reset.
///
/// Only the outcome is looked at. We never send a remote lock and never read its unlock pin.
pub(super) fn remote_lock(evidence: &Evidence<'_>) -> Option<Check> {
    let failed = evidence
        .results
        .iter()
        .find(|result| is_remote_lock(result) && result.state.eq_ignore_ascii_case("failed"))?;
    let advice = match evidence.kind.family() {
        Family::Apple => {
            "a remote lock of this device failed before. The advice to check for a device passcode policy is written for Android; it may or may not apply here"
        }
        _ if evidence.kind.without_push() => {
            "a remote lock of this device failed before: most likely no passcode was set. Both pages that say so cover AOSP devices"
        }
        _ => {
            "a remote lock of this device failed before: most likely no passcode was set. The page of 2025-08-27 says so of every Android device, that of 2022-08-13 of AOSP only"
        }
    };
    Some(
        check(
            "earlier-remote-lock-failed",
            Verdict::Warn,
            format!("{advice}{}", since(failed)),
        )
        .remedy("make sure that a device passcode policy is assigned to the device")
        .seen("deviceActionResults", Some(&failed.name))
        .citing(cites(&[
            "reset-2025-08/remote-lock",
            "passcode-2022/remote-lock",
        ])),
    )
}

fn is_remote_lock(result: &ActionResult) -> bool {
    let type_name = last_part(&result.type_name);
    type_name.eq_ignore_ascii_case("remoteLockActionResult")
        || result.name.eq_ignore_ascii_case("remoteLock")
}

fn since(result: &ActionResult) -> String {
    result
        .started
        .as_deref()
        .map_or_else(String::new, |started| format!(" (since {started})"))
}
