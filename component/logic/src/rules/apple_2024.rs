//! Apple's own words on ClearPasscode, the command behind Remove passcode.

use super::*;

const OS: &str = "payload.supportedOS";

pub(super) static PAGE: Page = Page {
    document: Document {
        title: "Clear Passcode Command",
        uri: "apple/device-management mdm/commands/passcode.clear.yaml",
        date: "2024-10-21",
    },
    name: "apple-2024",
    rows: &[
        row(
            "ios",
            IOS,
            When::From(OsVersion(4, 0)),
            About::Removal,
            Says::Yes,
            OS,
            "The command exists since iOS 4.0; the device need not be supervised.",
        ),
        row(
            "ios-old",
            IOS,
            When::Before(OsVersion(4, 0)),
            About::Removal,
            Says::No,
            OS,
            "The command does not exist before iOS 4.0.",
        ),
        row(
            "user-enrollment",
            &[Kind::IosUserEnrollment],
            When::Always,
            About::Removal,
            Says::No,
            OS,
            "The command is forbidden under User Enrollment, on iOS and on visionOS.",
        ),
        row(
            "shared-ipad",
            &[Kind::SharedIpad],
            When::Always,
            About::Removal,
            Says::No,
            OS,
            "The command is forbidden on a Shared iPad.",
        ),
        row(
            "visionos",
            &[Kind::VisionOs],
            When::From(OsVersion(1, 1)),
            About::Removal,
            Says::Yes,
            OS,
            "The command exists since visionOS 1.1; the device need not be supervised.",
        ),
        row(
            "visionos-old",
            &[Kind::VisionOs],
            When::Before(OsVersion(1, 1)),
            About::Removal,
            Says::No,
            OS,
            "The command does not exist before visionOS 1.1.",
        ),
        row(
            "macos",
            &[Kind::MacOs],
            When::Always,
            About::Removal,
            Says::No,
            OS,
            "The command does not exist on macOS.",
        ),
        row(
            "access-right",
            &[Kind::IosCorporate, Kind::IosPersonal, Kind::VisionOs],
            When::If("enrolment grants AllowPasscodeRemovalAndLock"),
            About::Removal,
            Says::Needs,
            OS,
            "The enrolment must have granted the right to lock the device and remove its passcode.",
        ),
        row(
            "unlock-token",
            &[Kind::IosCorporate, Kind::IosPersonal, Kind::VisionOs],
            When::If("unlock token held by the management service"),
            About::Removal,
            Says::Needs,
            "payloadkeys",
            "The command needs the unlock token that the device sent when it checked in.",
        ),
    ],
};
