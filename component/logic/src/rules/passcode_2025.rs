//! Reset or remove a device passcode, 2025-02-28: the last version of the older page, whose
//! two tables are whole (a saved copy of the 2022 version lost its cells).

use super::*;

const DEVICE: &str = "Supported platforms for device level passcode reset";
const PROFILE: &str = "Supported platforms for work profile passcode reset";
const SEVEN: OsVersion = OsVersion(7, 0);
const EIGHT: OsVersion = OsVersion(8, 0);

pub(super) static PAGE: Page = Page {
    document: Document {
        title: "Reset or remove a device passcode in Intune",
        uri: "MicrosoftDocs/memdocs memdocs/intune/remote-actions/device-passcode-reset.md",
        date: "2025-02-28",
    },
    rows: &[
        row("passcode-2025/android-6", ADMINISTRATOR, When::Before(SEVEN), About::DeviceLevel, Says::Yes, DEVICE, "Android 6.x and earlier can be reset at device level."),
        row("passcode-2025/device-owner", DEVICE_OWNER, When::Always, About::DeviceLevel, Says::Yes, DEVICE, "Android Enterprise devices enrolled as Device Owner can be reset at device level."),
        row("passcode-2025/ios", IOS, When::Always, About::Removal, Says::Yes, DEVICE, "iOS and iPadOS are supported."),
        row("passcode-2025/user-enrollment", &[Kind::IosUserEnrollment], When::Always, About::Removal, Says::No, DEVICE, "iOS and iPadOS devices with User Enrollment are not supported."),
        row("passcode-2025/work-profile-device", WORK_PROFILE, When::Always, About::DeviceLevel, Says::No, DEVICE, "Devices with a work profile, personally-owned or corporate-owned, cannot be reset at device level."),
        row("passcode-2025/android-7", ADMINISTRATOR, When::From(SEVEN), About::DeviceLevel, Says::No, DEVICE, "Android 7.0 and later cannot be reset at device level."),
        row("passcode-2025/macos", &[Kind::MacOs], When::Always, About::DeviceLevel, Says::No, DEVICE, "macOS is not supported."),
        row("passcode-2025/windows", &[Kind::Windows], When::Always, About::DeviceLevel, Says::No, DEVICE, "Windows is not supported."),
        row("passcode-2025/aosp-user", &[Kind::AospUserAssociated], When::Always, About::DeviceLevel, Says::Yes, DEVICE, "AOSP corporate-owned, user-associated devices are supported."),
        row("passcode-2025/aosp-userless", &[Kind::AospUserless], When::Always, About::DeviceLevel, Says::Yes, DEVICE, "AOSP corporate-owned, userless devices are supported."),
        row("passcode-2025/profile-8", WORK_PROFILE, When::From(EIGHT), About::WorkProfile, Says::Yes, PROFILE, "Devices enrolled with a work profile on Android 8.0 and later are supported."),
        row("passcode-2025/profile-corporate", &[Kind::AndroidCorporateWorkProfile], When::Always, About::WorkProfile, Says::Yes, PROFILE, "Corporate-owned devices with a work profile are supported."),
        row("passcode-2025/profile-7", WORK_PROFILE, When::Before(EIGHT), About::WorkProfile, Says::No, PROFILE, "Devices enrolled with a work profile on Android 7.x and earlier are not supported."),
        row("passcode-2025/profile-android-7", &[Kind::AndroidDeviceAdministrator, Kind::AndroidPersonalWorkProfile, Kind::AndroidCorporateWorkProfile], When::Before(EIGHT), About::WorkProfile, Says::No, PROFILE, "On Android 7.x and earlier no work profile passcode can be reset."),
        row("passcode-2025/kiosk", &[Kind::AndroidDedicated], When::Always, About::DeviceLevel, Says::Yes, "Text below the first table", "Of Android Enterprise, devices in kiosk mode can be reset at device level."),
        row("passcode-2025/only-6", ADMINISTRATOR, When::Before(SEVEN), About::DeviceLevel, Says::Yes, "Text below the first table", "Outside kiosk mode, device level works on Android 6.x and earlier only."),
        row("passcode-2025/google", ADMINISTRATOR, When::From(SEVEN), About::DeviceLevel, Says::No, "Text below the first table", "From Android 7 on, Google lets no device administrator app change the passcode, whoever made it."),
        row("passcode-2025/temporary-owner", DEVICE_OWNER, When::From(EIGHT), About::Any, Says::Note, "Reset Android work profile and Device Owner passcodes", "On 8.x and later the admin is shown a temporary passcode for device owner devices."),
        row("passcode-2025/temporary-profile", WORK_PROFILE, When::From(EIGHT), About::WorkProfile, Says::Note, "Reset Android work profile and Device Owner passcodes", "On 8.x and later the admin is shown a temporary passcode for personally-owned and corporate-owned work profiles."),
        row("passcode-2025/seven-days", RESETTABLE, When::Always, About::Any, Says::Note, "Reset Android work profile and Device Owner passcodes", "The temporary passcode has to be entered on the device and is shown for seven days."),
        row("passcode-2025/restrictions", WORK_PROFILE, When::If("device passcode configured in device restrictions"), About::WorkProfile, Says::Needs, "Work profile passcode reset", "A work profile needs the device passcode configured in device restrictions, or the reset fails."),
        row("passcode-2025/notified", WORK_PROFILE, When::If("work profile password required and set"), About::WorkProfile, Says::Note, "Reset Android work profile and Device Owner passcodes", "Right after enrolment the user is notified to activate the reset, if a work profile password is required and set."),
        row("passcode-2025/challenge", WORK_PROFILE, When::Always, About::WorkProfile, Says::Note, "Reset Android work profile and Device Owner passcodes", "The work profile gets a new unlock password or a new challenge."),
        row("passcode-2025/roles", RESETTABLE, When::Always, About::Any, Says::Note, "Reset a passcode", "Global Administrator, Intune Administrator, Helpdesk Operator and Role Administrator are named."),
    ],
};
