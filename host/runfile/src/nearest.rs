//! What a mistyped word was meant to be.

/// The name that a word most likely stands for, if any is near.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words than any name are no slips, and would cost time.
    if word.chars().count() > 100 {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    names
        .into_iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&plain(word), &plain(name)),
                name,
            )
        })
        .filter(|(far, name)| *far <= 1 + name.len() / 4)
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let names = ["maxDevices", "twoPeopleAbove", "kinds", "window"];
        for (word, meant) in [
            ("maxdevices", Some("maxDevices")),
            ("max-devices", Some("maxDevices")),
            ("maxDevice", Some("maxDevices")),
            ("kind", Some("kinds")),
            ("wnidow", Some("window")),
            ("finder", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, names), meant, "{word}");
        }
    }
}
