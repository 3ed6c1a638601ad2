//! Where in a body a seal may stand, and what is put there. Pure.

use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use super::{Broken, SEAL_KEY};
use crate::authority::Pointer;
use crate::contract::types::Seal;
use crate::exchange::Request;
use crate::json;

/// A body that was judged: with a seal at the granted place, which is the only one in it.
#[derive(Debug)]
pub(super) struct Placed {
    body: Value,
    at: String,
    pub(super) seal: Seal,
}

impl Placed {
    /// The body with the secret where the seal stood, as one JSON string.
    pub(super) fn open(mut self, secret: &str) -> Option<Zeroizing<String>> {
        let place = self.body.pointer_mut(&self.at)?;
        *place = Value::String(secret.to_owned());
        // Room for all of it beforehand: a buffer that grows leaves copies of itself behind.
        let room = self.body.to_string();
        let mut opened = Zeroizing::new(Vec::with_capacity(room.len()));
        Zeroizing::new(room);
        let written = serde_json::to_writer(&mut *opened, &self.body);
        if let Some(Value::String(text)) = self.body.pointer_mut(&self.at) {
            text.zeroize();
        }
        written.ok()?;
        let opened = std::str::from_utf8(&opened).ok()?;
        Some(Zeroizing::new(opened.to_owned()))
    }
}

/// Judge the seals of a body. `granted` is where the route takes one.
pub(super) fn judge(
    body: Option<&str>,
    granted: Option<&Pointer>,
) -> Result<Option<Placed>, Broken> {
    let parsed = match body {
        Some(body) => json::parse(body.as_bytes()).map_err(|_| Broken::Body)?,
        None => Value::Null,
    };
    let mut found = Vec::new();
    seals(&parsed, "", &mut found)?;
    let Some(granted) = granted else {
        return if found.is_empty() {
            Ok(None)
        } else {
            Err(Broken::SealPlace)
        };
    };
    if found.iter().any(|(at, _)| *at != granted.as_str()) {
        return Err(match found.len() {
            1 => Broken::SealPlace,
            _ => Broken::SealTwice,
        });
    }
    match found.as_slice() {
        [] => Err(Broken::SealMissing),
        [(at, seal)] => Ok(Some(Placed {
            seal: *seal,
            at: at.clone(),
            body: parsed,
        })),
        _ => Err(Broken::SealTwice),
    }
}

/// Every seal, and where it stands. The key that stands for one is nowhere else: not as another
/// object's key, and not in a text, which somebody behind the door may read as JSON.
fn seals(value: &Value, at: &str, found: &mut Vec<(String, Seal)>) -> Result<(), Broken> {
    match value {
        Value::Object(object) if object.contains_key(SEAL_KEY) => {
            let number = object.get(SEAL_KEY).and_then(Value::as_u64);
            let seal = number.and_then(|number| Seal::try_from(number).ok());
            match (seal, object.len()) {
                (Some(seal), 1) => {
                    found.push((at.to_owned(), seal));
                    Ok(())
                }
                _ => Err(Broken::SealPlace),
            }
        }
        Value::Object(object) => object.iter().try_for_each(|(key, value)| {
            if names_a_seal(key) {
                return Err(Broken::SealPlace);
            }
            let key = key.replace('~', "~0").replace('/', "~1");
            seals(value, &format!("{at}/{key}"), found)
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| seals(value, &format!("{at}/{index}"), found)),
        Value::String(text) if names_a_seal(text) => Err(Broken::SealPlace),
        _ => Ok(()),
    }
}

/// Whether a seal stands in the path or the query, where none ever does.
pub(super) fn stands_elsewhere(wish: &Request) -> bool {
    let query = wish.query.iter().flat_map(|(name, value)| [name, value]);
    query.chain([&wish.path]).any(|text| names_a_seal(text))
}

/// Whether a text could be taken for one that carries a seal.
fn names_a_seal(text: &str) -> bool {
    text.contains(SEAL_KEY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pointer: &str) -> Pointer {
        Pointer::parse(pointer).unwrap()
    }

    #[test]
    fn a_seal_stands_whole_at_the_granted_place_once() {
        let sealed = r#"{"$sealed":7}"#;
        let table = [
            (r#"{"secret":S}"#, "/secret"),
            (r#"{"a":[{"b":1},{"c":S}]}"#, "/a/1/c"),
            (r#"{"a/b":{"~":S}}"#, "/a~1b/~0"),
            (r#"{"":S}"#, "/"),
            (r#"[S]"#, "/0"),
        ];
        for (body, place) in table {
            let body = body.replace('S', sealed);
            let placed = judge(Some(&body), Some(&at(place))).unwrap().unwrap();
            assert_eq!(placed.seal, 7, "{body}");
            let opened = placed.open("4\"2\\\n").unwrap();
            assert_eq!(*opened, body.replace(sealed, r#""4\"2\\\n""#));
        }
        let escaped = r#"{"secret":{"\u0024sealed":7}}"#;
        assert!(judge(Some(escaped), Some(&at("/secret"))).is_ok());
    }

    #[test]
    fn a_seal_anywhere_else_is_refused() {
        use Broken::{
            Body as NotJson, SealMissing as Missing, SealPlace as Place, SealTwice as Twice,
        };
        let table = [
            (r#"{"other":{"$sealed":7}}"#, Place),
            (r#"{"secret":[{"$sealed":7}]}"#, Place),
            (r#"{"secret":{"x":{"$sealed":7}}}"#, Place),
            (r#"{"$sealed":7}"#, Place),
            (r#"{"secret":"{\"$sealed\":7}"}"#, Place),
            (r#"{"secret":"the code is $sealed 7"}"#, Place),
            (r#"{"secret":{"$sealed":7},"note":"$sealed"}"#, Place),
            (r#"{"secret":{"$sealed":7},"a$sealed":1}"#, Place),
            (r#"{"secret":{"$sealed":7,"more":1}}"#, Place),
            (r#"{"secret":{"$sealed":"7"}}"#, Place),
            (r#"{"secret":{"$sealed":7.5}}"#, Place),
            (r#"{"secret":{"$sealed":-7}}"#, Place),
            (r#"{"secret":{"$sealed":4294967296}}"#, Place),
            (r#"{"secret":{"$sealed":{"$sealed":7}}}"#, Place),
            (r#"{"secret":{"$sealed":7},"b":{"$sealed":7}}"#, Twice),
            (r#"{"secret":{"$sealed":7},"b":{"$sealed":8}}"#, Twice),
            (r#"{"secret":{"$sealed":7},"secret":1}"#, NotJson),
            (r#"{"secret":{"$sealed":7,"$sealed":8}}"#, NotJson),
            (r#"{"secret":{"$sealed":7}} {"secret":1}"#, NotJson),
            (r#"{"secret":"none"}"#, Missing),
            ("", NotJson),
        ];
        for (body, why) in table {
            let judged = judge(Some(body), Some(&at("/secret")));
            assert_eq!(judged.unwrap_err(), why, "{body}");
        }
        assert_eq!(judge(None, Some(&at("/secret"))).unwrap_err(), Missing);
        let sealed = r#"{"secret":{"$sealed":7}}"#;
        assert_eq!(judge(Some(sealed), None).unwrap_err(), Place);
        assert!(judge(Some(r#"{"a":1}"#), None).unwrap().is_none());
        assert!(judge(None, None).unwrap().is_none());
    }
}
