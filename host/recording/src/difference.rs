//! Where two JSON values first differ.

use serde_json::Value;

/// The JSON pointer of the first difference, with what was recorded and what came now.
pub(crate) fn first(recorded: &Value, now: &Value) -> Option<String> {
    let mut at = String::new();
    find(recorded, now, &mut at).map(|(then, now)| {
        let place = if at.is_empty() { "/" } else { &at };
        format!("at {place}: recorded {then}, now {now}")
    })
}

fn find(recorded: &Value, now: &Value, at: &mut String) -> Option<(String, String)> {
    let nothing = || "nothing".to_owned();
    let base = at.len();
    match (recorded, now) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            for key in keys {
                at.push('/');
                at.push_str(&key.replace('~', "~0").replace('/', "~1"));
                let found = match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => find(a, b, at),
                    (a, b) => Some((a.map_or_else(nothing, brief), b.map_or_else(nothing, brief))),
                };
                if found.is_some() {
                    return found;
                }
                at.truncate(base);
            }
            None
        }
        (Value::Array(a), Value::Array(b)) => {
            for index in 0..a.len().max(b.len()) {
                at.push_str(&format!("/{index}"));
                let found = match (a.get(index), b.get(index)) {
                    (Some(a), Some(b)) => find(a, b, at),
                    (a, b) => Some((a.map_or_else(nothing, brief), b.map_or_else(nothing, brief))),
                };
                if found.is_some() {
                    return found;
                }
                at.truncate(base);
            }
            None
        }
        (a, b) if a == b => None,
        (a, b) => Some((brief(a), brief(b))),
    }
}

/// A value short enough for a line.
fn brief(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named_by_its_place() {
        let cases = [
            (json!({"a": [1, 2]}), json!({"a": [1, 2]}), None),
            (
                json!({"a": [1, 2]}),
                json!({"a": [1, 3]}),
                Some("at /a/1: recorded 2, now 3"),
            ),
            (
                json!({"a": [1]}),
                json!({"a": [1, 3]}),
                Some("at /a/1: recorded nothing, now 3"),
            ),
            (
                json!({"a/b": 1, "c": 2}),
                json!({"c": 2}),
                Some("at /a~1b: recorded 1, now nothing"),
            ),
            (
                json!("x"),
                json!(null),
                Some("at /: recorded \"x\", now null"),
            ),
        ];
        for (recorded, now, expected) in cases {
            assert_eq!(first(&recorded, &now).as_deref(), expected);
        }
    }
}
