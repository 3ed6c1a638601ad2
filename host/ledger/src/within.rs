//! One value out of a document of which the rest does not matter.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The value at the end of these names; null if there is none. What comes behind it is not read, and
/// so not known to be JSON: canonical JSON is in the order of its names, and a plan's checks, most of
/// its document, come late.
pub(crate) fn value_at(document: &str, names: &[&str]) -> Value {
    let mut found = None;
    let way = Way {
        names,
        found: &mut found,
    };
    // Reading is ended by an error, found or not.
    let _ = way.deserialize(&mut serde_json::Deserializer::from_str(document));
    found.unwrap_or_default()
}

struct Way<'a> {
    names: &'a [&'a str],
    found: &'a mut Option<Value>,
}

impl<'de> DeserializeSeed<'de> for Way<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Way<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.names.split_first() else {
            return Ok(());
        };
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            if name != *first {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            match rest {
                [] => *self.found = Some(map.next_value()?),
                rest => map.next_value_seed(Way {
                    names: rest,
                    found: self.found,
                })?,
            }
            break;
        }
        Err(A::Error::custom("nothing more is read"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::value_at;

    #[test]
    fn a_value_is_found_where_its_names_lead() {
        let document = r#"{"a": {"c": [1]}, "b": {"a": 1, "c": {"d": [2, "x"]}, "e": 3}, "c": 4}"#;
        let cases: [(&[&str], Value); 7] = [
            (&["b", "c"], json!({"d": [2, "x"]})),
            (&["b", "c", "d"], json!([2, "x"])),
            (&["c"], json!(4)),
            (&["b", "e"], json!(3)),
            (&["b", "x"], Value::Null),
            (&["c", "x"], Value::Null),
            (&["x"], Value::Null),
        ];
        for (names, value) in cases {
            assert_eq!(value_at(document, names), value, "{names:?}");
        }
        for broken in ["", "[]", "7", r#"{"b": 1"#, r#"{"a""#] {
            assert_eq!(value_at(broken, &["b", "c"]), Value::Null, "{broken}");
        }
    }

    #[test]
    fn what_comes_behind_it_is_not_read() {
        assert_eq!(value_at(r#"{"a": {"b": 1, no JSON"#, &["a", "b"]), json!(1));
    }
}
