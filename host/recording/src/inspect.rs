//! Masking alone, for tests that bring values of their own making.

use serde_json::Value;

use crate::mask::Mask;

/// A value as a masked recording would keep it, if nothing else were in it.
#[must_use]
pub fn masked(value: &Value) -> Value {
    let mut mask = Mask::default();
    mask.collect("", value);
    mask.apply("", value)
}
