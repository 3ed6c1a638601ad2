//! Which texts are texts: characters that show, of a length that can be read.

/// Characters that move a cursor, hide, or turn the direction of reading, as ranges.
const HIDDEN: [(u32, u32); 11] = [
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0xAD, 0xAD),
    (0x61C, 0x61C),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE007F),
];

/// Characters of a title.
pub(crate) const TITLE: usize = 200;
/// Characters of a reason, a ticket, a way of verifying; of a file's name.
pub(crate) const TEXT: usize = 1000;
/// Characters of a filter. Graph takes addresses of some thousand bytes.
pub(crate) const FILTER: usize = 1500;
/// Characters of what names a device; of a column's title.
pub(crate) const NAME: usize = 256;

/// Whether a character shows itself.
pub(crate) fn shows(c: char) -> bool {
    !HIDDEN
        .iter()
        .any(|(from, to)| (*from..=*to).contains(&u32::from(c)))
}

/// The same as part of a class of a regular expression, for the schema.
pub(crate) fn hidden_class() -> String {
    let escaped = |code: u32| match code {
        0x10000.. => format!("\\u{{{code:X}}}"),
        _ => format!("\\u{code:04X}"),
    };
    let ranges = HIDDEN.iter();
    ranges
        .map(|(from, to)| match from == to {
            true => escaped(*from),
            false => format!("{}-{}", escaped(*from), escaped(*to)),
        })
        .collect()
}

/// A word of the input as a message may repeat it: short, and nothing hidden.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(60)
        .map(|c| if shows(c) { c } else { '\u{FFFD}' })
        .collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

/// What is wrong with a text of at most so many characters, if anything.
pub(crate) fn fault(text: &str, most: usize) -> Option<String> {
    if text.chars().all(|c| c == ' ') {
        Some("is empty".to_owned())
    } else if text.chars().count() > most {
        Some(format!("has more than {most} characters"))
    } else if !text.chars().all(shows) {
        Some("has a character that does not show".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{fault, shown};

    #[test]
    fn a_text_shows_what_it_is() {
        for (text, expected) in [
            ("forgotten passcode", None),
            ("Zoë – 予約", None),
            ("", Some("is empty")),
            ("   ", Some("is empty")),
            ("a\tb", Some("has a character that does not show")),
            ("a\u{202E}b", Some("has a character that does not show")),
            ("a\u{E0041}b", Some("has a character that does not show")),
            ("12345678901", Some("has more than 10 characters")),
        ] {
            let most = if text.starts_with('1') { 10 } else { 100 };
            assert_eq!(fault(text, most).as_deref(), expected, "{text:?}");
        }
        assert_eq!(shown("a\u{1b}[2J"), "a\u{FFFD}[2J");
        assert_eq!(shown(&"x".repeat(80)).chars().count(), 61);
    }
}
