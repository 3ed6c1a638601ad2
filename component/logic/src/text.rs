//! Searching in texts, byte by byte. The general search is built for long texts and costs
//! kilobytes; ours are sentences.

/// Where `needle` first stands in `text`.
pub(crate) fn find(text: &str, needle: &str) -> Option<usize> {
    (0..text.len()).find(|at| text.as_bytes()[*at..].starts_with(needle.as_bytes()))
}

/// What stands before and after the first `needle`.
pub(crate) fn split<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, needle)?;
    Some((text.get(..at)?, text.get(at + needle.len()..)?))
}
