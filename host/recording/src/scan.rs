//! Finding what identifies somebody inside a sentence.

/// Whether a text has the form of a GUID.
pub(crate) fn is_guid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Rewrite every GUID in a text, whatever stands around it.
pub(crate) fn guids(text: &str, rewrite: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(guid) = rest.get(..36).filter(|part| is_guid(part)) {
            out.push_str(&rewrite(guid));
            rest = &rest[36..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// Rewrite everything that has the form of a mail address or sign-in name.
pub(crate) fn addresses(text: &str, rewrite: impl Fn(&str) -> String) -> String {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%' | '#');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let start = rest[..at]
            .char_indices()
            .rev()
            .take_while(|(_, c)| part(*c))
            .last()
            .map_or(at, |(index, _)| index);
        let after = &rest[at + 1..];
        let length = after.find(|c: char| !part(c)).unwrap_or(after.len());
        let domain = after[..length].trim_end_matches('.');
        let end = at + 1 + domain.len();
        if start < at && domain.contains('.') {
            out.push_str(&rest[..start]);
            out.push_str(&rewrite(&rest[start..end]));
        } else {
            out.push_str(&rest[..end.max(at + 1)]);
        }
        rest = &rest[end.max(at + 1)..];
    }
    out.push_str(rest);
    out
}

/// Rewrite every occurrence of a value that stands alone; letter case does not matter.
pub(crate) fn value(text: &str, value: &str, rewritten: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before = &text[..text.len() - rest.len()];
        let found = length_of(rest, value).filter(|length| {
            let after = rest[*length..].chars().next();
            !ends_in_a_word(before) && !after.is_some_and(char::is_alphanumeric)
        });
        if let Some(length) = found {
            out.push_str(rewritten);
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// How many bytes of a text say the value, in whatever letter case, if it begins with it. A letter
/// may be longer in the other case.
fn length_of(text: &str, value: &str) -> Option<usize> {
    let mut wanted = letters(value).peekable();
    wanted.peek()?;
    for (at, c) in text.char_indices() {
        if wanted.peek().is_none() {
            return Some(at);
        }
        for letter in letters(c.encode_utf8(&mut [0; 4])) {
            if wanted.next() != Some(letter) {
                return None;
            }
        }
    }
    wanted.peek().is_none().then_some(text.len())
}

/// Lower case, letter by letter: `ς` at the end of a word is no letter of its own.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ς' { 'σ' } else { c })
}

/// Whether what follows would go on a word. A percent-escape (`%27`) is none.
fn ends_in_a_word(before: &str) -> bool {
    let escape = before
        .get(before.len().saturating_sub(3)..)
        .is_some_and(|end| {
            let digits = end.strip_prefix('%').unwrap_or_default();
            digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
    !escape
        && before
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_found_wherever_they_stand() {
        let guid = "5d1b7e9a-0000-4000-8000-00000000000b";
        let cases = [
            (
                format!("/devices/{guid}/reset"),
                "/devices/G/reset".to_owned(),
            ),
            (guid.to_owned(), "G".to_owned()),
            (
                format!("Devices%28%27{guid}%27"),
                "Devices%28%27G%27".to_owned(),
            ),
            (format!("x{guid}0"), "xG0".to_owned()),
            (guid[..35].to_owned(), guid[..35].to_owned()),
            ("ä – ".to_owned() + guid, "ä – G".to_owned()),
            (String::new(), String::new()),
        ];
        for (text, expected) in cases {
            assert_eq!(guids(&text, |_| "G".to_owned()), expected);
        }
    }

    #[test]
    fn addresses_are_found_in_sentences() {
        let cases = [
            ("ask adele@contoso.example.", "ask A."),
            ("adele.v@contoso.example and b@c.example", "A and A"),
            ("no @ here, nor user@host", "no @ here, nor user@host"),
            ("(ä@contoso.example)", "(A)"),
            ("@odata.type", "@odata.type"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(addresses(text, |_| "A".to_owned()), expected, "{text}");
        }
    }

    #[test]
    fn values_are_found_in_any_letter_case_as_whole_words() {
        let cases = [
            ("serial ABC-1 is lost", "serial S is lost"),
            ("abc-12", "abc-12"),
            ("xabc-1", "xabc-1"),
            ("eq%20%27abc-1%27", "eq%20%27S%27"),
            ("abc-1abc-1 abc-1", "abc-1abc-1 S"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text, "abc-1", "S"), expected, "{text}");
        }
        assert_eq!(value("ask ZOË SAMPLE.", "zoë sample", "P"), "ask P.");
        assert_eq!(value("İDA, ΝΊΚΟΣ", "i\u{307}da", "P"), "P, ΝΊΚΟΣ");
        assert_eq!(value("İDA, ΝΊΚΟΣ", "νίκος", "P"), "İDA, P");
    }
}
