//! What somebody meant who made a slip of the pen.

/// The one of `names` that somebody who wrote `word` most likely meant.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_'], "");
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
