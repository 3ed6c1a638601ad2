//! Reset passcode, 2025-08-27 and 2025-10-27: a table of levels for five kinds of Android.
//! Both versions have the same table; each is kept, because each bears its own date.

use super::*;

const TABLE: &str = "Passcode reset types";
const POLICY: &str = "passcode requirement enforced by a device configuration policy";
const COSU: &[Kind] = &[Kind::AndroidDedicated];
const COBO: &[Kind] = &[Kind::AndroidFullyManaged];
const COPE: &[Kind] = &[Kind::AndroidCorporateWorkProfile];
const BYOD: &[Kind] = &[Kind::AndroidPersonalWorkProfile];

const DEVICE_YES: &str = "The passcode of the device can be reset.";
const DEVICE_NO: &str = "The passcode of the device cannot be reset.";
const PROFILE_YES: &str = "The passcode of the work profile can be reset.";
const PROFILE_NO: &str = "There is no reset of a work profile passcode.";
const NEEDS_POLICY: &str =
    "A device configuration policy must enforce a passcode before the reset, or the reset fails.";

pub(super) static OCTOBER: Page = Page {
    document: Document {
        title: "Intune remote device action: Reset passcode",
        uri: "MicrosoftDocs/memdocs intune/device-management/actions/reset-passcode.md",
        date: "2025-10-27",
    },
    rows: &[
        row("reset-2025-10/cosu-device", COSU, When::Always, About::DeviceLevel, Says::Yes, TABLE, DEVICE_YES),
        row("reset-2025-10/cosu-profile", COSU, When::Always, About::WorkProfile, Says::No, TABLE, PROFILE_NO),
        row("reset-2025-10/cobo-device", COBO, When::Always, About::DeviceLevel, Says::No, TABLE, DEVICE_NO),
        row("reset-2025-10/cobo-profile", COBO, When::Always, About::WorkProfile, Says::Yes, TABLE, "The work profile passcode can be reset, although a fully managed device has no work profile."),
        row("reset-2025-10/cope-device", COPE, When::Always, About::DeviceLevel, Says::No, TABLE, DEVICE_NO),
        row("reset-2025-10/cope-profile", COPE, When::Always, About::WorkProfile, Says::Yes, TABLE, PROFILE_YES),
        row("reset-2025-10/byod-device", BYOD, When::Always, About::DeviceLevel, Says::No, TABLE, DEVICE_NO),
        row("reset-2025-10/byod-profile", BYOD, When::Always, About::WorkProfile, Says::Yes, TABLE, PROFILE_YES),
        row("reset-2025-10/aosp-device", AOSP, When::Always, About::DeviceLevel, Says::Yes, TABLE, DEVICE_YES),
        row("reset-2025-10/aosp-profile", AOSP, When::Always, About::WorkProfile, Says::No, TABLE, PROFILE_NO),
        row("reset-2025-10/policy", RESETTABLE, When::If(POLICY), About::Any, Says::Needs, TABLE, NEEDS_POLICY),
    ],
};

pub(super) static AUGUST: Page = Page {
    document: Document {
        title: "Intune Remote Device Action: Reset Passcode",
        uri: "MicrosoftDocs/memdocs reset-passcode.md",
        date: "2025-08-27",
    },
    rows: &[
        row("reset-2025-08/cosu", COSU, When::Always, About::Any, Says::Note, "Platform requirements", "Dedicated devices are on the list of supported platforms; the table says at which level."),
        row("reset-2025-08/cobo", COBO, When::Always, About::Any, Says::Note, "Platform requirements", "Fully managed devices are on the list of supported platforms; the table says at which level."),
        row("reset-2025-08/cope", COPE, When::Always, About::Any, Says::Note, "Platform requirements", "Corporate-owned devices with a work profile are on the list of supported platforms; the table says at which level."),
        row("reset-2025-08/byod", BYOD, When::Always, About::Any, Says::Note, "Platform requirements", "Personally-owned devices with a work profile are on the list of supported platforms; the table says at which level."),
        row("reset-2025-08/aosp", AOSP, When::Always, About::Any, Says::Note, "Platform requirements", "Android Open Source Project devices are on the list of supported platforms; the table says at which level."),
        row("reset-2025-08/cosu-device", COSU, When::Always, About::DeviceLevel, Says::Yes, TABLE, DEVICE_YES),
        row("reset-2025-08/cosu-profile", COSU, When::Always, About::WorkProfile, Says::No, TABLE, PROFILE_NO),
        row("reset-2025-08/cobo-device", COBO, When::Always, About::DeviceLevel, Says::No, TABLE, DEVICE_NO),
        row("reset-2025-08/cobo-profile", COBO, When::Always, About::WorkProfile, Says::Yes, TABLE, "The work profile passcode can be reset, although a fully managed device has no work profile."),
        row("reset-2025-08/cope-device", COPE, When::Always, About::DeviceLevel, Says::No, TABLE, DEVICE_NO),
        row("reset-2025-08/cope-profile", COPE, When::Always, About::WorkProfile, Says::Yes, TABLE, PROFILE_YES),
        row("reset-2025-08/byod-device", BYOD, When::Always, About::DeviceLevel, Says::No, TABLE, DEVICE_NO),
        row("reset-2025-08/byod-profile", BYOD, When::Always, About::WorkProfile, Says::Yes, TABLE, PROFILE_YES),
        row("reset-2025-08/aosp-device", AOSP, When::Always, About::DeviceLevel, Says::Yes, TABLE, DEVICE_YES),
        row("reset-2025-08/aosp-profile", AOSP, When::Always, About::WorkProfile, Says::No, TABLE, PROFILE_NO),
        row("reset-2025-08/policy", RESETTABLE, When::If(POLICY), About::Any, Says::Needs, TABLE, NEEDS_POLICY),
        row("reset-2025-08/device-level", RESETTABLE, When::Always, About::DeviceLevel, Says::Note, TABLE, "A reset at device level replaces the passcode of the whole device."),
        row("reset-2025-08/profile-level", RESETTABLE, When::Always, About::WorkProfile, Says::Note, TABLE, "A reset at work profile level replaces the passcode of the work profile and nothing else."),
        row("reset-2025-08/roles", RESETTABLE, When::Always, About::Any, Says::Note, "Role and permission requirements", "Help Desk Operator, School Administrator, or a custom role with Remote tasks/Reset passcode and the right to see and update managed devices."),
        row("reset-2025-08/seven-days", RESETTABLE, When::Always, About::Any, Says::Note, "How to reset a passcode", "The admin sees the new passcode for seven days; it has to be typed on the device."),
        row("reset-2025-08/notified", WORK_PROFILE, When::Always, About::WorkProfile, Says::Note, "User experience", "The user is notified to activate the reset passcode; the notification goes once it was entered."),
        row("reset-2025-08/remote-lock", RESETTABLE, When::If("a remote lock failed"), About::Any, Says::Note, "User experience", "After a failed remote lock, check that a device passcode policy is assigned: without a passcode on the device a remote lock does not succeed. No platform is named, so it holds for all."),
    ],
};
