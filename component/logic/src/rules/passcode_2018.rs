//! Reset or remove a device passcode, 2018-03-29: one label, Remove passcode, for everything.

use super::*;

const YES: &str = "Supported platforms";
const NO: &str = "Unsupported platforms";
const ANDROID: &str = "Resetting Android for Work passcodes";
const SEVEN: OsVersion = OsVersion(7, 0);
// Corporate-owned work profiles came later; in 2018 a work profile was a personal one.
const BYOD: &[Kind] = &[Kind::AndroidPersonalWorkProfile];

pub(super) static PAGE: Page = Page {
    document: Document {
        title: "Reset device passcodes with Microsoft Intune",
        uri: "MicrosoftDocs/IntuneDocs device-passcode-reset.md",
        date: "2018-03-29",
    },
    name: "passcode-2018",
    rows: &[
        row(
            "profile-7",
            BYOD,
            When::From(SEVEN),
            About::WorkProfile,
            Says::Yes,
            YES,
            "Devices enrolled with a work profile on 7.0 and later are supported.",
        ),
        row(
            "android-6",
            ADMINISTRATOR,
            When::Before(SEVEN),
            About::DeviceLevel,
            Says::Yes,
            YES,
            "Android 6.0 and earlier is supported.",
        ),
        row(
            "ios",
            IOS,
            When::Always,
            About::Removal,
            Says::Yes,
            YES,
            "iOS is supported.",
        ),
        row(
            "profile-6",
            BYOD,
            When::Before(SEVEN),
            About::WorkProfile,
            Says::No,
            NO,
            "Devices enrolled with a work profile on 6.0 and earlier are not supported.",
        ),
        row(
            "android-7",
            ADMINISTRATOR,
            When::From(SEVEN),
            About::DeviceLevel,
            Says::No,
            NO,
            "Android 7.0 and later is not supported.",
        ),
        row(
            "macos",
            &[Kind::MacOs],
            When::Always,
            About::Any,
            Says::No,
            NO,
            "macOS is not supported.",
        ),
        row(
            "windows",
            &[Kind::Windows],
            When::Always,
            About::Any,
            Says::No,
            NO,
            "Windows is not supported.",
        ),
        row(
            "one-name",
            &Kind::ALL,
            When::Always,
            About::Any,
            Says::Note,
            "Reset a passcode",
            "The action was called Remove passcode on every platform, under All services > Intune > Devices > All devices > More.",
        ),
        row(
            "challenge",
            BYOD,
            When::Always,
            About::WorkProfile,
            Says::Note,
            ANDROID,
            "The work profile gets a new unlock password or a new challenge.",
        ),
        row(
            "notified",
            BYOD,
            When::From(SEVEN),
            About::WorkProfile,
            Says::Note,
            ANDROID,
            "The user is notified right after enrolment to activate the reset token, if a work profile password is required and set; entering the passcode dismisses it.",
        ),
        row(
            "ios-removed",
            IOS,
            When::Always,
            About::Removal,
            Says::Note,
            "Resetting iOS passcodes",
            "On iOS the passcode is removed.",
        ),
        row(
            "new-passcode",
            IOS,
            When::If("passcode compliance policy assigned"),
            About::Removal,
            Says::Note,
            "Resetting iOS passcodes",
            "With a passcode compliance policy, the device asks its user to set a new passcode in Settings.",
        ),
        row(
            "device-actions",
            &Kind::ALL,
            When::Always,
            About::Any,
            Says::Note,
            "Next steps",
            "Devices > Device actions shows how an action is getting on.",
        ),
    ],
};
