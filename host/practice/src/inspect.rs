//! What a tenant would begin with, for tests that bring fleet files of their own making.

use serde_json::Value;
use time::OffsetDateTime;

use crate::error::PracticeError;
use crate::fleet::Fleet;
use crate::world::World;

/// A tenant's saved state, as it would be just after a start with this fleet.
///
/// # Errors
///
/// If something in the fleet leads to no device.
pub fn state(fleet: &Fleet) -> Result<Value, PracticeError> {
    let world = World::from_fleet(fleet, OffsetDateTime::now_utc())?;
    Ok(serde_json::to_value(&world).unwrap_or_default())
}

/// The same state, saved and loaded.
///
/// # Errors
///
/// If what was saved cannot be loaded.
pub fn loaded(state: &Value) -> Result<Value, PracticeError> {
    let world = World::from_json(&state.to_string())?;
    Ok(serde_json::to_value(&world).unwrap_or_default())
}
