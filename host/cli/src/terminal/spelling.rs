//! A passcode read out over the telephone.

/// How one character is said.
pub(super) fn said(c: char) -> String {
    match c {
        'A'..='Z' => format!("capital {}", NATO[c as usize - 'A' as usize]),
        'a'..='z' => format!("small {}", NATO[c as usize - 'a' as usize].to_lowercase()),
        '0'..='9' => format!("digit {}", DIGITS[c as usize - '0' as usize]),
        other => SYMBOLS
            .iter()
            .find(|(symbol, _)| *symbol == other)
            .map_or_else(
                || format!("character U+{:04X}", u32::from(other)),
                |(_, name)| (*name).to_owned(),
            ),
    }
}

/// Groups of four, or of three where that leaves no single character at the end.
pub(super) fn groups(passcode: &str) -> Vec<String> {
    let characters: Vec<char> = passcode.chars().collect();
    let size = if characters.len() % 4 == 1 { 3 } else { 4 };
    characters
        .chunks(size)
        .map(|group| group.iter().collect())
        .collect()
}

const DIGITS: [&str; 10] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];

const NATO: [&str; 26] = [
    "Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett",
    "Kilo", "Lima", "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango",
    "Uniform", "Victor", "Whiskey", "Xray", "Yankee", "Zulu",
];

const SYMBOLS: [(char, &str); 33] = [
    (' ', "space"),
    ('!', "exclamation mark"),
    ('"', "double quotation mark"),
    ('#', "number sign"),
    ('$', "dollar sign"),
    ('%', "percent sign"),
    ('&', "ampersand"),
    ('\'', "apostrophe"),
    ('(', "opening parenthesis"),
    (')', "closing parenthesis"),
    ('*', "asterisk"),
    ('+', "plus sign"),
    (',', "comma"),
    ('-', "hyphen"),
    ('.', "full stop"),
    ('/', "slash"),
    (':', "colon"),
    (';', "semicolon"),
    ('<', "less-than sign"),
    ('=', "equals sign"),
    ('>', "greater-than sign"),
    ('?', "question mark"),
    ('@', "at sign"),
    ('[', "opening square bracket"),
    ('\\', "backslash"),
    (']', "closing square bracket"),
    ('^', "circumflex"),
    ('_', "underscore"),
    ('`', "grave accent"),
    ('{', "opening curly bracket"),
    ('|', "vertical bar"),
    ('}', "closing curly bracket"),
    ('~', "tilde"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_symbols_are_told_apart() {
        for (c, expected) in [
            ('O', "capital Oscar"),
            ('o', "small oscar"),
            ('0', "digit zero"),
            ('l', "small lima"),
            ('I', "capital India"),
            ('1', "digit one"),
            ('|', "vertical bar"),
            ('ß', "character U+00DF"),
        ] {
            assert_eq!(said(c), expected);
        }
    }

    #[test]
    fn every_printable_character_has_a_name_of_its_own() {
        let all: std::collections::BTreeSet<String> = (' '..='~').map(said).collect();
        assert_eq!(all.len(), 95);
        assert!(all.iter().all(|name| !name.contains("U+")));
    }

    #[test]
    fn groups_are_short_and_none_is_single() {
        for (passcode, expected) in [
            ("ABCD", vec!["ABCD"]),
            ("ABCDE", vec!["ABC", "DE"]),
            ("ABCDEFGHIJ", vec!["ABCD", "EFGH", "IJ"]),
            ("ABCDEFGHI", vec!["ABC", "DEF", "GHI"]),
            ("", vec![]),
        ] {
            assert_eq!(groups(passcode), expected);
        }
    }
}
