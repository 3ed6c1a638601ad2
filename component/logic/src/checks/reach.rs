//! How the request gets there, and what could be read on the way.

use super::{Evidence, With, check};
use crate::contract::{Check, Verdict};
use crate::kind::{Family, Kind};
use crate::prelude::*;
use crate::rules::CHINA;

/// `cloud`: what a national cloud lacks.
pub(super) fn cloud(evidence: &Evidence<'_>) -> Option<Check> {
    let china = evidence.context.cloud == "china" && evidence.kind.family() == Family::Android;
    let (summary, remedy) = if evidence.kind == Kind::AndroidDeviceAdministrator {
        (
            "Intune in China has no push from Google: what Android is told may take up to eight hours",
            "have the device opened and the Company Portal synchronised",
        )
    } else {
        (
            "Intune in China has neither Android Enterprise nor AOSP management of corporate devices, as its page says; a reset may be impossible there",
            "make sure that the sign-in is for the cloud in which the device is managed",
        )
    };
    china.then(|| {
        check("cloud", Verdict::Warn, summary)
            .remedy(remedy)
            .seen("cloud", Some(&evidence.context.cloud))
            .citing(vec![CHINA.cite()])
    })
}

/// `address`: the ordinary one, or another by the operator's wish.
pub(super) fn address(evidence: &Evidence<'_>) -> Check {
    let address = evidence.address;
    let found = if address.ordinary {
        check(
            "address",
            Verdict::Pass,
            "the request goes to the ordinary address",
        )
    } else if address.names_device {
        check("address", Verdict::Warn, "the request goes to an address that documents list but hardly anybody uses; nobody promises that it works")
            .remedy("leave `--via` out to use the ordinary address")
    } else {
        check("address", Verdict::Warn, "the request goes to an address that does not name the device; it is sent only if reading that address gives this very device")
            .remedy("leave `--via` out to use the ordinary address")
    };
    found
        .seen("address", Some(&address.id))
        .citing(vec![address.citation.clone()])
}

/// `readable`: what the version that answered cannot tell.
pub(super) fn readable(evidence: &Evidence<'_>) -> Check {
    let missing = &evidence.device.unreadable;
    if missing.is_empty() {
        return check(
            "readable",
            Verdict::Pass,
            "everything that decides could be read",
        );
    }
    let more = if evidence.kind.family() == Family::Apple {
        "; a Shared iPad, whose passcode cannot be removed, would not be noticed"
    } else {
        ""
    };
    let mut names = String::new();
    for name in missing {
        if !names.is_empty() {
            names.push_str(", ");
        }
        names.push_str(name);
    }
    check(
        "readable",
        Verdict::Unknown,
        format!(
            "{} of Microsoft Graph does not tell {names}{more}",
            evidence.device.read_from
        ),
    )
    .remedy("let this tool read the beta version of Microsoft Graph")
}
