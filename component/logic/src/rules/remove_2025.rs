//! Remove passcode, 2025-08-27: corporate-owned devices.

use super::*;

pub(super) static PAGE: Page = Page {
    document: Document {
        title: "Intune Remote Device Action: Remove Passcode",
        uri: "MicrosoftDocs/memdocs remove-passcode.md",
        date: "2025-08-27",
    },
    name: "remove-2025",
    rows: &[
        row(
            "ios-corporate",
            &[Kind::IosCorporate],
            When::Always,
            About::Removal,
            Says::Yes,
            "Platform requirements",
            "iOS and iPadOS are supported on corporate-owned devices.",
        ),
        row(
            "ios-personal",
            &[Kind::IosPersonal],
            When::Always,
            About::Removal,
            Says::No,
            "Platform requirements",
            "The list of platforms requires a corporate-owned device, which leaves personal ones out.",
        ),
        row(
            "purpose",
            IOS,
            When::Always,
            About::Removal,
            Says::Note,
            "Introduction",
            "Meant for people who forgot their passcode or are locked out, without a wipe.",
        ),
        row(
            "roles",
            IOS,
            When::Always,
            About::Any,
            Says::Note,
            "Role and permission requirements",
            "Help Desk Operator, School Administrator, or a custom role with Remote tasks/Reset passcode and the right to see the device.",
        ),
        row(
            "new-passcode",
            IOS,
            When::If("passcode policy assigned"),
            About::Removal,
            Says::Note,
            "User experience",
            "With a passcode policy, the device asks its user to set a new passcode in Settings.",
        ),
        row(
            "unlock-token",
            IOS,
            When::If("the removal failed"),
            About::Removal,
            Says::Note,
            "User experience",
            "After a failed removal Intune may hold the wrong unlock token, and only a wipe brings the device back.",
        ),
    ],
};
