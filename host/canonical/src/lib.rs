//! JSON in the one form that is hashed and signed (RFC 8785, JSON Canonicalization Scheme): no
//! space, members sorted by their names as UTF-16, numbers as ECMAScript writes them.

mod emptied;
mod sorted;

pub use emptied::emptied;
use serde::Serialize;

/// The canonical JSON of a value.
///
/// # Errors
///
/// If it cannot be written as JSON: a map whose keys are no texts, or a name that stands twice in
/// one object.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    sorted::write(value)
}

/// The canonical JSON of a value, as text.
///
/// # Errors
///
/// As [`to_vec`].
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let bytes = to_vec(value)?;
    String::from_utf8(bytes).map_err(|_| serde::ser::Error::custom("it is not UTF-8"))
}
