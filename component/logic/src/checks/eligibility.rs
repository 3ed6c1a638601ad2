//! What the documents allow for this kind of device.

use super::{Evidence, With, check};
use crate::combine::{Eligibility, Reading};
use crate::contract::{Check, Citation, Verdict};
use crate::device::version_of;
use crate::kind::{Family, Kind};
use crate::prelude::*;
use crate::rules::{Source, cite, cites};

/// `eligibility`: whether the documents let this kind be acted on at all.
pub(super) fn eligibility(evidence: &Evidence<'_>) -> Check {
    let label = evidence.kind.label();
    let why = |check: Check| {
        let mut check = check;
        check.evidence = Some(format!(
            "{}: {}",
            evidence.kind.name(),
            evidence.device.kind_reason
        ));
        check
    };
    match evidence.eligibility {
        Eligibility::Yes { reading, .. } => why(allowed(evidence, reading)),
        Eligibility::No(reading) => why(check(
            "eligibility",
            Verdict::Block,
            format!("{}: {}", label, said(reading)),
        )
        .remedy(instead(evidence))
        .citing(sources(reading))),
        Eligibility::NeedsVersion(reading) => why(check(
            "eligibility",
            Verdict::Unknown,
            format!("{label}: it depends on the version of the operating system, and Intune does not say which it is"),
        )
        .remedy("let the device check in, so that Intune knows its version, and try again")
        .citing(reading.open.iter().map(|source| source.cite()).collect())),
        Eligibility::Unmentioned if evidence.kind == Kind::Unknown => why(check(
            "eligibility",
            Verdict::Unknown,
            format!("what kind of device this is could not be told, so nothing can be said about it: {}", evidence.device.kind_reason),
        )
        .remedy("let this tool read the beta version of Microsoft Graph, or look at the device's enrolment in Intune")),
        Eligibility::Unmentioned => why(check(
            "eligibility",
            Verdict::Block,
            format!("{label}: no document mentions it among the platforms of Reset passcode or Remove passcode"),
        )
        .remedy(instead(evidence))
        .citing(cites(&["remove-2026/ios", "reset-2025-10/cosu-device"]))),
    }
}

fn allowed(evidence: &Evidence<'_>, reading: &Reading) -> Check {
    let label = evidence.kind.label();
    let date = reading.by.map_or("", |by| by.document.date);
    // The newest page about this verb; an older or a mirrored one is weaker evidence.
    let newest = if evidence.kind.family() == Family::Apple {
        "2026-04-21"
    } else {
        "2025-10-27"
    };
    let check = if date == newest {
        check(
            "eligibility",
            Verdict::Pass,
            format!("{label}: Intune's page of {date} supports it"),
        )
    } else {
        check(
            "eligibility",
            Verdict::Warn,
            format!(
                "{label}: only a document dated {date} supports it; Intune's newest page ({newest}) does not mention it"
            ),
        )
    };
    check.citing(sources(reading))
}

/// `documents-disagree`: one document forbids what another allows.
pub(super) fn documents_disagree(evidence: &Evidence<'_>) -> Option<Check> {
    let Eligibility::Yes {
        reading,
        disputed_level,
        ..
    } = evidence.eligibility
    else {
        return None;
    };
    if reading.against.is_empty() {
        return None;
    }
    let dates = |yes: bool| {
        reading
            .by
            .iter()
            .chain(&reading.against)
            .find(|source| (source.row.says == crate::rules::Says::Yes) == yes)
            .map_or("", |source| source.document.date)
    };
    let summary = if *disputed_level {
        "the documents disagree about which lock this reaches: the newest page says the work profile, which such a device does not have; older pages say the device. Nobody can promise the level before the result".to_owned()
    } else {
        format!(
            "the documents disagree: allowed by the page of {}, not covered by that of {}",
            dates(true),
            dates(false)
        )
    };
    let mut check = check("documents-disagree", Verdict::Warn, summary)
        .remedy("accept it with `--accept documents-disagree` if that is all right in this case")
        .citing(sources(reading));
    check.needs_acceptance = true;
    Some(check)
}

/// `android-version`: the version that older conditions hang on.
pub(super) fn android_version(evidence: &Evidence<'_>) -> Option<Check> {
    let Eligibility::Yes { reading, .. } = evidence.eligibility else {
        return None;
    };
    let bound = matches!(
        evidence.kind,
        Kind::AndroidPersonalWorkProfile
            | Kind::AndroidCorporateWorkProfile
            | Kind::AndroidDeviceAdministrator
    );
    let version = evidence.device.os_version.as_deref();
    if !bound {
        return None;
    }
    let found = if version_of(evidence.device).is_none() {
        check("android-version", Verdict::Unknown, "Intune does not say which version of Android this is; work profiles before Android 8.0 cannot be reset")
            .citing(reading.open.iter().map(|source| source.cite()).collect())
    } else if evidence.kind == Kind::AndroidDeviceAdministrator {
        check(
            "android-version",
            Verdict::Pass,
            "Android 6.x or earlier, the last that could be reset under device administrator",
        )
        .citing(cite("passcode-2025/android-6"))
    } else {
        check(
            "android-version",
            Verdict::Pass,
            "Android 8.0 or later, as a work profile needs",
        )
        .citing(cite("passcode-2025/profile-8"))
    };
    Some(found.seen("osVersion", version))
}

/// `personal-ownership`: Apple devices that belong to the person.
pub(super) fn personal_ownership(evidence: &Evidence<'_>) -> Option<Check> {
    let owner = evidence.device.ownership.as_deref();
    let personal = evidence.kind == Kind::IosPersonal
        || (evidence.kind == Kind::VisionOs
            && owner.is_some_and(|own| own.eq_ignore_ascii_case("personal")));
    personal.then(|| {
        check("personal-ownership", Verdict::Warn, "the device is not marked as the organisation's: removing the passcode opens everything on it, private things too")
            .remedy("make sure that its owner asked for it")
            .seen("managedDeviceOwnerType", owner)
            .citing(cites(&["remove-2025/ios-personal", "remove-2026/ios"]))
    })
}

fn said(reading: &Reading) -> String {
    reading.by.map_or_else(String::new, |by| {
        format!(
            "{} ({}, {})",
            by.row.statement, by.document.title, by.document.date
        )
    })
}

/// The rule that decided, then those against it.
fn sources(reading: &Reading) -> Vec<Citation> {
    let mut sources: Vec<Source> = reading.by.into_iter().collect();
    sources.extend(&reading.against);
    sources.into_iter().map(Source::cite).collect()
}

/// What there is instead.
fn instead(evidence: &Evidence<'_>) -> &'static str {
    match evidence.kind {
        Kind::AndroidDeviceAdministrator => {
            "under device administrator only Android 6.x and earlier could be reset; enrol the device with Android Enterprise, or have someone allowed to wipe it in Intune, which erases it"
        }
        Kind::AndroidPersonalWorkProfile | Kind::AndroidCorporateWorkProfile => {
            "a work profile needs Android 8.0 or later; update the device"
        }
        Kind::IosUserEnrollment => {
            "under User Enrollment the organisation cannot remove the passcode; the user can restore the device with a computer, or the Retire action in Intune removes the work data"
        }
        Kind::SharedIpad => {
            "on a Shared iPad the accounts have passcodes of their own; reset the Managed Apple Account's passcode in Apple School Manager or Apple Business Manager"
        }
        Kind::Windows => {
            "reset the user's password or PIN through Microsoft Entra ID; Windows devices have no passcode that Intune could reset"
        }
        Kind::MacOs => {
            "use the personal recovery key of FileVault or a local administrator account; Macs are not covered by this action"
        }
        Kind::VisionOs => "the command exists from visionOS 1.1 on; update the device",
        _ => "this action is for iPhone, iPad and Android; use what the platform itself offers",
    }
}
