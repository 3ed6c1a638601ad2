//! Single sentences from pages that are about something else.

use crate::contract::Citation;
use crate::prelude::*;

/// One sentence of one page.
#[derive(Debug)]
pub(crate) struct Aside(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

impl Aside {
    pub(crate) fn cite(&self) -> Citation {
        Citation {
            document: self.0.to_owned(),
            uri: self.1.to_owned(),
            date: self.2.to_owned(),
            section: self.3.to_owned(),
            statement: self.4.to_owned(),
        }
    }
}

const ACTIONS: &str = "MicrosoftDocs/memdocs intune/device-management/actions/index.md";

const TROUBLESHOOT: &str = "Troubleshoot policies and profiles in Intune";
const PROFILES: &str =
    "MicrosoftDocs/memdocs intune/device-configuration/troubleshoot-device-profiles.md";

pub(crate) static PRECEDENCE: Aside = Aside(
    "Remote device actions in Intune",
    ACTIONS,
    "2026-03-09",
    "Retire, Wipe, Delete",
    "Retire, Wipe and Delete go before every other action; other pending actions are ignored.",
);
pub(crate) static CHECK_IN: Aside = Aside(
    TROUBLESHOOT,
    PROFILES,
    "2026-03-26",
    "How long until a device gets an action",
    "Usually at once up to a few hours; a device that is off or offline acts when it next checks in, about every eight hours.",
);
pub(crate) static WITHOUT_GMS: Aside = Aside(
    "Manage Android without Google Mobile Services",
    "MicrosoftDocs/memdocs intune/app-management/manage-without-gms.md",
    "undated",
    "Delays",
    "With Google's push a notice arrives in seconds; without it, a passcode reset is among the tasks that can take up to eight hours.",
);
pub(crate) static RESET_TOKEN: Aside = Aside(
    "DevicePolicyManager (Android 8.0 and later)",
    "https://learn.microsoft.com/dotnet/api/android.app.admin.devicepolicymanager",
    "undated",
    "setResetPasswordToken, isResetPasswordTokenActive",
    "A reset token becomes active only after the user has confirmed their credential once.",
);
pub(crate) static CHINA: Aside = Aside(
    "Intune operated by 21Vianet in China",
    "MicrosoftDocs/memdocs intune/fundamentals/china.md",
    "2025-10-16",
    "Feature differences",
    "Android Enterprise cannot be used and AOSP management of corporate devices is not supported; some tasks for Android take up to eight hours.",
);
pub(crate) static NOT_REMOVED: Aside = Aside(
    TROUBLESHOOT,
    PROFILES,
    "2026-03-26",
    "Removing a profile",
    "On Android, settings stay when a profile is no longer assigned.",
);
pub(crate) static PERMISSION: Aside = Aside(
    "Microsoft Graph permissions",
    "microsoftgraph/microsoft-graph-devx-content permissions/new/permissions.json",
    "2026-08-07",
    "resetPasscode",
    "DeviceManagementManagedDevices.PrivilegedOperations.All is the only permission for the action, for persons and applications.",
);
