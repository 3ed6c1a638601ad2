//! Whether the tenant has Intune.

use serde::{Deserialize, Serialize};

/// Graph's `deviceManagementSubscriptionState`: how the tenant's Intune subscription stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SubscriptionState {
    /// Not there yet.
    Pending,
    /// In order.
    #[default]
    Active,
    /// It will end.
    Warning,
    /// It has ended.
    Disabled,
    /// It has ended for good.
    Deleted,
    /// Microsoft blocks it.
    Blocked,
    /// Nobody gets in.
    LockedOut,
}
