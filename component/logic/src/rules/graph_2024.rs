//! The action in Microsoft Graph.

use super::*;

const EVERY: &[Kind] = &Kind::ALL;

pub(super) static PAGE: Page = Page {
    document: Document {
        title: "resetPasscode action",
        uri: "https://learn.microsoft.com/graph/api/intune-devices-manageddevice-resetpasscode",
        date: "2024-08-01",
    },
    name: "graph-2024",
    rows: &[
        row(
            "license",
            EVERY,
            When::If("active Intune licence for the tenant"),
            About::Any,
            Says::Needs,
            "Note at the top",
            "The tenant needs an active Intune licence.",
        ),
        row(
            "permission",
            EVERY,
            When::If("DeviceManagementManagedDevices.PrivilegedOperations.All"),
            About::Any,
            Says::Needs,
            "Permissions",
            "Delegated and application calls need DeviceManagementManagedDevices.PrivilegedOperations.All; personal Microsoft accounts cannot call it.",
        ),
        row(
            "no-body",
            EVERY,
            When::Always,
            About::Any,
            Says::Note,
            "Request body",
            "The request has no body.",
        ),
        row(
            "204",
            EVERY,
            When::Always,
            About::Any,
            Says::Note,
            "Response",
            "Success is 204 without content; what became of it is read later, on the device.",
        ),
    ],
};
