//! Texts of others, made text.

use crate::view::Plain;

/// More of a name says nothing more to a person; the other forms have all of it.
const NAME: usize = 160;
const SENTENCE: usize = 1_000;

/// Makes texts safe for HTML, between tags and in quoted attributes alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Escape {
    plain: Plain,
}

impl Escape {
    pub(super) fn new(plain: Plain) -> Self {
        Self { plain }
    }

    /// A name, of no more than [`NAME`] characters.
    pub(super) fn brief(self, text: &str) -> String {
        self.cut(text, NAME)
    }

    /// A sentence, of no more than [`SENTENCE`] characters.
    pub(super) fn text(self, text: &str) -> String {
        self.cut(text, SENTENCE)
    }

    /// A name that reads in its own direction and turns nothing around beside it.
    pub(super) fn name(self, text: &str) -> String {
        format!("<bdi>{}</bdi>", self.brief(text))
    }

    fn cut(self, text: &str, most: usize) -> String {
        // Cut before `plain`, so that ten megabytes cost no more than they must.
        let end = text.char_indices().nth(most).map(|(at, _)| at);
        let plain = (self.plain)(end.and_then(|end| text.get(..end)).unwrap_or(text));
        let mut out = String::with_capacity(plain.len() + 8);
        for c in plain.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                c if c.is_control() => out.push('\u{FFFD}'),
                c => out.push(c),
            }
        }
        if end.is_some() {
            out.push('…');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        let escape = Escape::new(str::to_owned);
        for (text, expected) in [
            ("Zoë's iPad", "Zoë&#39;s iPad"),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("\" onload=\"x", "&quot; onload=&quot;x"),
            ("a&lt;b", "a&amp;lt;b"),
            ("a\u{0}\u{1b}b", "a\u{FFFD}\u{FFFD}b"),
        ] {
            assert_eq!(escape.brief(text), expected);
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let escape = Escape::new(str::to_owned);
        let long = "ü".repeat(10_000);
        let cut = escape.brief(&long);
        assert_eq!(cut.chars().count(), NAME + 1);
        assert!(cut.ends_with("ü…"));
        assert_eq!(escape.brief(&"ü".repeat(NAME)).chars().count(), NAME);
    }
}
