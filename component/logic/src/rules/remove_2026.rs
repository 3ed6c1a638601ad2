//! Remove passcode, from 2026 on: ownership is no longer mentioned.

use super::*;

/// Intune's page of 2026-04-21.
pub(super) static PAGE: Page = Page {
    document: Document {
        title: "Intune remote device action: Remove passcode",
        uri: "MicrosoftDocs/memdocs intune/device-management/actions/remove-passcode.md",
        date: "2026-04-21",
    },
    name: "remove-2026",
    rows: &[row(
        "ios",
        IOS,
        When::Always,
        About::Removal,
        Says::Yes,
        "Platform requirements",
        "iOS and iPadOS are supported; who owns the device is not mentioned.",
    )],
};

/// A mirror of a still later version, whose date is not known.
pub(super) static LATER: Page = Page {
    document: Document {
        title: "Intune remote device action: Remove passcode (mirror of a later version)",
        uri: "MicrosoftDocs/memdocs intune/device-management/actions/remove-passcode.md, as mirrored",
        date: "2026",
    },
    name: "remove-later",
    rows: &[row(
        "visionos",
        &[Kind::VisionOs],
        When::From(OsVersion(1, 1)),
        About::Removal,
        Says::Yes,
        "Platform requirements",
        "visionOS is supported from 1.1 on.",
    )],
};
