//! Text from a service or a component, made safe to show.

/// Without control and bidirectional characters: device names are chosen by users, and a name
/// must not move a cursor, hide itself, or read backwards. What is taken out leaves `�`.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if shows_itself(c) { c } else { '\u{FFFD}' })
        .collect()
}

fn shows_itself(c: char) -> bool {
    !(c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_name_cannot_move_the_cursor_or_read_backwards() {
        assert_eq!(plain("Zoë's iPad"), "Zoë's iPad");
        assert_eq!(plain("a\u{1b}[2Jb"), "a\u{FFFD}[2Jb");
        assert_eq!(plain("\u{202E}daPi"), "\u{FFFD}daPi");
        assert_eq!(plain("a\r\nb\u{200b}c"), "a\u{FFFD}\u{FFFD}b\u{FFFD}c");
    }
}
