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

pub(crate) static PRECEDENCE: Aside = Aside(
    "Remote device actions in Intune",
    ACTIONS,
    "2026-03-09",
    "Retire, Wipe, Delete",
    "Retire, Wipe and Delete go before every other action; other pending actions are ignored.",
);
pub(crate) static CHECK_IN: Aside = Aside(
    "Troubleshoot policies and profiles in Intune",
    "MicrosoftDocs/memdocs intune/device-configuration/troubleshoot-device-profiles.md",
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
    "MicrosoftDocs/memdocs china.md",
    "undated",
    "Known limitations",
    "There is no Android Enterprise and no AOSP management of corporate devices.",
);
