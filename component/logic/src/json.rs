//! Reading filtered JSON. A value of the wrong type counts as absent: the host's filter lets
//! only granted properties through, and a secret arrives as `{"$sealed": N}`.

use serde_json::Value;

/// A string that is there and not empty.
pub(crate) fn text(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// An instant that means something.
pub(crate) fn instant(value: &Value, key: &str) -> Option<String> {
    text(value, key).filter(|text| crate::time::meaningful(text))
}

/// A boolean.
pub(crate) fn truth(value: &Value, key: &str) -> Option<bool> {
    value.get(key)?.as_bool()
}

/// The number of a seal.
pub(crate) fn seal(value: &Value, key: &str) -> Option<u32> {
    let number = value.get(key)?.get("$sealed")?.as_u64()?;
    u32::try_from(number).ok()
}
