//! Reset or remove a device passcode, 2022-08-13. A saved copy of this page has lost the cells
//! of its tables; what another copy and the text still say is a rule, what is left of a row
//! without its cell is only a note.

use super::*;

const DEVICE: &str = "Supported platforms for device level passcode reset";
const PROFILE: &str = "Supported platforms for work profile passcode reset";
const TEXT: &str = "Text below the first table";
const RESET: &str = "Reset Android work profile and Device Owner passcodes";
const REMOVE: &str = "Remove iOS/iPadOS passcodes";
const SEVEN: OsVersion = OsVersion(7, 0);
const EIGHT: OsVersion = OsVersion(8, 0);
const BYOD: &[Kind] = &[Kind::AndroidPersonalWorkProfile];

pub(super) static PAGE: Page = Page {
    document: Document {
        title: "Reset or remove a device passcode in Intune",
        uri: "MicrosoftDocs/memdocs memdocs/intune/remote-actions/device-passcode-reset.md",
        date: "2022-08-13",
    },
    rows: &[
        row("passcode-2022/device-owner", DEVICE_OWNER, When::Always, About::DeviceLevel, Says::Yes, DEVICE, "Android Enterprise devices enrolled as Device Owner can be reset at device level."),
        row("passcode-2022/user-enrollment", &[Kind::IosUserEnrollment], When::Always, About::Removal, Says::No, DEVICE, "iOS and iPadOS devices with User Enrollment are not supported."),
        row("passcode-2022/work-profile-device", WORK_PROFILE, When::Always, About::DeviceLevel, Says::Note, DEVICE, "Names devices with a work profile, personally-owned or corporate-owned; the cell is lost."),
        row("passcode-2022/android-7", ADMINISTRATOR, When::From(SEVEN), About::DeviceLevel, Says::No, DEVICE, "Android 7.0 and later cannot be reset at device level."),
        row("passcode-2022/macos", &[Kind::MacOs], When::Always, About::DeviceLevel, Says::No, DEVICE, "macOS is not supported."),
        row("passcode-2022/windows", &[Kind::Windows], When::Always, About::DeviceLevel, Says::No, DEVICE, "Windows is not supported."),
        row("passcode-2022/aosp-user", &[Kind::AospUserAssociated], When::Always, About::DeviceLevel, Says::Note, DEVICE, "Names AOSP corporate-owned, user-associated devices; the cell is lost."),
        row("passcode-2022/aosp-userless", &[Kind::AospUserless], When::Always, About::DeviceLevel, Says::Note, DEVICE, "Names AOSP corporate-owned, userless devices; the cell is lost."),
        row("passcode-2022/profile-8", WORK_PROFILE, When::From(EIGHT), About::WorkProfile, Says::Yes, PROFILE, "Devices enrolled with a work profile on Android 8.0 and later are supported."),
        row("passcode-2022/profile-corporate", &[Kind::AndroidCorporateWorkProfile], When::Always, About::WorkProfile, Says::Note, PROFILE, "Names corporate-owned devices with a work profile; the cell is lost."),
        row("passcode-2022/profile-7", WORK_PROFILE, When::Before(EIGHT), About::WorkProfile, Says::No, PROFILE, "Devices enrolled with a work profile on Android 7.x and earlier are not supported."),
        row("passcode-2022/profile-android-7", ADMINISTRATOR, When::Before(EIGHT), About::WorkProfile, Says::Note, PROFILE, "Names Android devices on 7.x and earlier; the cell is lost."),
        row("passcode-2022/kiosk", &[Kind::AndroidDedicated], When::Always, About::DeviceLevel, Says::Yes, TEXT, "Of Android Enterprise, devices in kiosk mode can be reset at device level."),
        row("passcode-2022/only-6", ADMINISTRATOR, When::Before(SEVEN), About::DeviceLevel, Says::Yes, TEXT, "Outside kiosk mode, device level works on Android 6.x and earlier only."),
        row("passcode-2022/google", ADMINISTRATOR, When::From(SEVEN), About::DeviceLevel, Says::No, TEXT, "From Android 7 on, Google lets no device administrator app change the passcode, whoever made it."),
        row("passcode-2022/profile-only", WORK_PROFILE, When::Always, About::WorkProfile, Says::Note, "Text below the second table", "A work profile reset makes a new, temporary passcode for the work profile and nothing else."),
        row("passcode-2022/roles", RESETTABLE, When::Always, About::Any, Says::Note, "Reset a passcode", "Global Administrator, Intune Administrator, Helpdesk Operator and Role Administrator are named."),
        row("passcode-2022/challenge", WORK_PROFILE, When::Always, About::WorkProfile, Says::Note, RESET, "The work profile gets a new unlock password or a new challenge."),
        row("passcode-2022/notified", BYOD, When::From(EIGHT), About::WorkProfile, Says::Note, RESET, "On 8.x and later the user is notified right after enrolment to activate the reset, if a work profile password is required and set; entering the passcode dismisses it."),
        row("passcode-2022/temporary-owner", DEVICE_OWNER, When::From(EIGHT), About::Any, Says::Note, RESET, "On 8.x and later the admin is shown a temporary passcode for device owner devices."),
        row("passcode-2022/temporary-profile", WORK_PROFILE, When::From(EIGHT), About::WorkProfile, Says::Note, RESET, "On 8.x and later the admin is shown a temporary passcode for personally-owned and corporate-owned work profiles."),
        row("passcode-2022/seven-days", RESETTABLE, When::Always, About::Any, Says::Note, RESET, "The temporary passcode has to be entered on the device and is shown for seven days."),
        row("passcode-2022/ios-removed", IOS, When::Always, About::Removal, Says::Note, REMOVE, "On iOS and iPadOS a passcode is removed, not reset."),
        row("passcode-2022/new-passcode", IOS, When::If("passcode compliance policy assigned"), About::Removal, Says::Note, REMOVE, "With a passcode compliance policy, the device asks its user to set a new passcode in Settings."),
        row("passcode-2022/unlock-token", IOS, When::If("the removal failed"), About::Removal, Says::Note, REMOVE, "After a failed removal Intune may hold the wrong unlock token, and only a wipe brings the device back."),
        row("passcode-2022/remote-lock", AOSP, When::If("a remote lock failed"), About::DeviceLevel, Says::Note, "Troubleshooting remote lock failures", "After a failed remote lock of an AOSP device, check that a device passcode policy is assigned: without a passcode on the device a remote lock does not succeed."),
        row("passcode-2022/device-actions", &Kind::ALL, When::Always, About::Any, Says::Note, "Next steps", "Devices > Device actions shows how an action is getting on."),
    ],
};
