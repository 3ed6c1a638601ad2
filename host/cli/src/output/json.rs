//! JSON that a terminal can show: characters that would move a cursor or turn text around are
//! escaped, so that nothing is lost and nothing acts.

use passcode_host::plain;
use serde_json::Value;

pub(super) fn pretty(value: &Value) -> String {
    let mut text = harmless(&serde_json::to_string_pretty(value).unwrap_or_default());
    text.push('\n');
    text
}

pub(super) fn line(value: &Value) -> String {
    let mut text = harmless(&value.to_string());
    text.push('\n');
    text
}

/// Outside of ASCII such characters stand only inside strings.
fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut bytes = [0; 4];
        if c == '\u{7f}'
            || (!c.is_ascii() && plain(c.encode_utf8(&mut bytes)) != *c.encode_utf8(&mut [0; 4]))
        {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_acts_and_nothing_is_lost() {
        let name = "a\u{1b}[2Jb\u{202e}c\u{9b}d\u{7f}e\u{e0041}f Zoë \u{fffd} \u{1f600}";
        let value = json!({ "name": name });
        for text in [pretty(&value), line(&value)] {
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
            for hidden in ['\u{1b}', '\u{202e}', '\u{9b}', '\u{7f}', '\u{e0041}'] {
                assert!(!text.contains(hidden), "{hidden:?}");
            }
            assert!(text.contains("Zoë \u{fffd} \u{1f600}"));
        }
    }
}
