//! Commands that a person can paste.

use passcode_host::plain;

/// A remedy whose commands mean this call's tenant and ledger, too. Others write remedies
/// without knowing what this call was given.
pub(crate) fn pasteable(remedy: &str, flags: &str) -> String {
    let parts = remedy.split('`').enumerate().map(|(number, part)| {
        let verb = part.strip_prefix("passcode ").filter(|_| number % 2 == 1);
        match verb.filter(|verb| !part.ends_with(flags) && !verb.starts_with(['-', 'm', 'p'])) {
            Some(_) => format!("{part}{flags}"),
            None => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

/// A word for a shell.
pub(crate) fn quoted(word: &str) -> String {
    let word = plain(word);
    let simple = |c: char| c.is_ascii_alphanumeric() || "-_.@/:+".contains(c);
    if !word.is_empty() && word.chars().all(simple) {
        word
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{pasteable, quoted};

    #[test]
    fn commands_in_a_remedy_keep_their_place() {
        for (remedy, expected) in [
            (
                "see `passcode status ab`, or use `--again`",
                "see `passcode status ab --practice`, or use `--again`",
            ),
            (
                "see `passcode status ab --practice`",
                "see `passcode status ab --practice`",
            ),
            (
                "list them with `passcode practice faults`",
                "list them with `passcode practice faults`",
            ),
            ("see `passcode --help`", "see `passcode --help`"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(pasteable(remedy, " --practice"), expected);
        }
        assert_eq!(pasteable("`passcode status`", ""), "`passcode status`");
    }

    #[test]
    fn a_remedy_can_be_pasted() {
        for (word, expected) in [
            ("KIOSK-0001", "KIOSK-0001"),
            ("Front desk", "'Front desk'"),
            ("it's", "'it'\\''s'"),
            ("$(rm)", "'$(rm)'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
