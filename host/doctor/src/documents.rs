//! The documents that findings rest on, with their dates. Facts are carried over, sentences are
//! not.

use crate::finding::Citation;

/// A document in one of its versions.
struct Document {
    title: &'static str,
    uri: &'static str,
    date: &'static str,
}

impl Document {
    const fn says(&self, statement: &'static str) -> Citation {
        Citation {
            document: self.title,
            uri: self.uri,
            date: self.date,
            statement,
        }
    }
}

const ACTION: Document = Document {
    title: "resetPasscode action",
    uri: "https://learn.microsoft.com/graph/api/intune-devices-manageddevice-resetpasscode",
    date: "2024-08-01",
};
const PERMISSIONS: Document = Document {
    title: "Microsoft Graph permissions",
    uri: "microsoftgraph/microsoft-graph-devx-content permissions/new/permissions.json",
    date: "2026-08-07",
};
const MEMBERS: Document = Document {
    title: "List group transitive members",
    uri: "https://learn.microsoft.com/graph/api/group-list-transitivemembers",
    date: "undated",
};
const REMOVE_2026: Document = Document {
    title: "Intune remote device action: Remove passcode",
    uri: "MicrosoftDocs/memdocs intune/device-management/actions/remove-passcode.md",
    date: "2026-04-21",
};
const REMOVE_2025: Document = Document {
    title: "Intune Remote Device Action: Remove Passcode",
    uri: "MicrosoftDocs/memdocs remove-passcode.md",
    date: "2025-08-27",
};
const RESET_OCTOBER: Document = Document {
    title: "Intune remote device action: Reset passcode",
    uri: "MicrosoftDocs/memdocs intune/device-management/actions/reset-passcode.md",
    date: "2025-10-27",
};
const RESET_AUGUST: Document = Document {
    title: "Intune Remote Device Action: Reset Passcode",
    uri: "MicrosoftDocs/memdocs reset-passcode.md",
    date: "2025-08-27",
};
const BUILT_IN: Document = Document {
    title: "Built-in role permissions for Microsoft Intune",
    uri: "MicrosoftDocs/memdocs intune/fundamentals/role-based-access-control/ref-built-in-roles.md",
    date: "2026-02-04",
};
const OLDER: Document = Document {
    title: "Reset or remove a device passcode in Intune",
    uri: "MicrosoftDocs/memdocs memdocs/intune/remote-actions/device-passcode-reset.md",
    date: "2022-08-13",
};
const APPROVAL: Document = Document {
    title: "Multi Admin Approval",
    uri: "MicrosoftDocs/memdocs intune/fundamentals/role-based-access-control/multi-admin-approval.md",
    date: "2026-05-26",
};
const TYPES: Document = Document {
    title: "Microsoft Graph metadata, type mappings",
    uri: "microsoftgraph/msgraph-metadata schemas/type-mappings/beta-enum-types.json",
    date: "2026-08-20",
};
const STATES: Document = Document {
    title: "deviceManagementSubscriptionState enum type",
    uri: "microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/resources/intune-devices-devicemanagementsubscriptionstate.md",
    date: "undated",
};
const CHINA: Document = Document {
    title: "Intune operated by 21Vianet in China",
    uri: "MicrosoftDocs/memdocs china.md",
    date: "undated",
};
const CLOUDS: Document = Document {
    title: "National cloud deployments",
    uri: "microsoftgraph/microsoft-graph-docs-contrib concepts/deployments.md",
    date: "undated",
};

// The right to act.
pub(crate) const ACTS: Citation = ACTION.says(
    "resetPasscode takes DeviceManagementManagedDevices.PrivilegedOperations.All, for people and for applications, and nothing less will do.",
);
pub(crate) const WRITE_IS_NOT_ENOUGH: Citation = PERMISSIONS.says(
    "DeviceManagementManagedDevices.ReadWrite.All leaves out the remote actions of high impact, wipe and passcode among them.",
);
pub(crate) const READS: Citation = PERMISSIONS.says(
    "Managed devices are read with DeviceManagementManagedDevices.Read.All or .ReadWrite.All, or with DeviceManagementConfiguration.Read.All or .ReadWrite.All; PrivilegedOperations.All reads nothing.",
);
pub(crate) const READS_RIGHTS: Citation =
    PERMISSIONS.says("getEffectivePermissions takes DeviceManagementRBAC.Read.All.");
pub(crate) const READS_POLICIES: Citation = PERMISSIONS
    .says("Configuration and compliance policies take DeviceManagementConfiguration.Read.All.");
pub(crate) const READS_RECORD: Citation = PERMISSIONS.says(
    "The record of remote actions takes DeviceManagementConfiguration.Read.All or DeviceManagementManagedDevices.Read.All.",
);
pub(crate) const READS_AUDITS: Citation =
    PERMISSIONS.says("Audit events take DeviceManagementApps.Read.All.");
pub(crate) const READS_GROUPS: Citation = MEMBERS.says(
    "The members of a group, and of the groups in it, take GroupMember.Read.All; for a group whose membership is hidden Member.Read.Hidden as well.",
);
pub(crate) const NO_PERSONAL_ACCOUNTS: Citation =
    ACTION.says("Personal Microsoft accounts are not supported.");

// The role.
pub(crate) const REMOVE_ASKS: Citation = REMOVE_2026.says(
    "Help Desk Operator, School Administrator, or a custom role with Remote tasks/Reset passcode and sight of the device, for example Organization/Read and Managed devices/Read.",
);
pub(crate) const REMOVE_ASKED: Citation = REMOVE_2025.says(
    "Help Desk Operator, School Administrator, or a custom role with Remote tasks/Reset passcode and sight of the device, for example Organization/Read and Managed devices/Read.",
);
pub(crate) const RESET_ASKS: Citation = RESET_OCTOBER.says(
    "Help Desk Operator, School Administrator, or a custom role with Remote tasks/Reset passcode and sight of the device, for example Organization/Read and Managed devices/Read.",
);
pub(crate) const RESET_ASKED: Citation = RESET_AUGUST.says(
    "Help Desk Operator, School Administrator, or a custom role with Remote tasks/Reset passcode and sight of the device, for example Managed devices/Read and Managed devices/Update.",
);
pub(crate) const HELP_DESK_HAS: Citation = BUILT_IN.says(
    "Help Desk Operator has Remote tasks/Reset passcode, Organization/Read and Managed devices/Read; Retire and Wipe, too.",
);
pub(crate) const SCHOOL_HAS: Citation = BUILT_IN.says(
    "School Administrator has Remote tasks/Reset passcode, Organization/Read and Managed devices/Read; Retire and Wipe, too. It has neither Device compliance policies/Read nor Roles/Read.",
);
pub(crate) const ROLE_ADMINISTRATOR_LACKS: Citation = BUILT_IN.says(
    "Intune Role Administrator has Organization/Read and what concerns roles: no remote task, and no device.",
);
pub(crate) const OTHERS_LACK: Citation = BUILT_IN.says(
    "Read Only Operator, Application Manager, Endpoint Security Manager and Policy and Profile manager do not have Remote tasks/Reset passcode.",
);
pub(crate) const OLDER_NAMES: Citation = OLDER.says(
    "Names Global Administrator, Intune Administrator, Helpdesk Operator and Role Administrator, for both actions.",
);

// The tenant.
pub(crate) const LICENCE: Citation =
    ACTION.says("The Graph API for Intune takes an active Intune licence of the tenant.");
pub(crate) const SUBSCRIPTION: Citation = STATES.says(
    "An Intune subscription is pending, active, warning, disabled, deleted, blocked or lockedOut.",
);
pub(crate) const APPROVAL_COVERS: Citation = APPROVAL.says(
    "Of the device actions, access policies cover wipe, retire and delete; applications are held to them, too.",
);
pub(crate) const APPROVAL_TYPES: Citation = TYPES.says(
    "operationApprovalPolicyType has deviceWipe, deviceRetire, deviceDelete, app, script, role and tenantConfiguration, and no member for passcodes.",
);
pub(crate) const CLOUD_PAIRS: Citation =
    CLOUDS.says("Each cloud has its own authority and its own Graph root; a token of one is worth nothing in another.");
pub(crate) const CLOUD_HAS: Citation = ACTION
    .says("The action is there in the global cloud, in US Government L4 and L5, and in China.");
pub(crate) const CHINA_LACKS: Citation =
    CHINA.says("There is no Android Enterprise, and no AOSP management of corporate devices.");
