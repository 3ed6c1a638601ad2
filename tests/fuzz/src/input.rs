//! Inputs of several parts, written so that a person can read them in the corpus.

/// A line that parts a file.
const RULE: &str = "\n=====\n";

/// The parts of an input.
pub(crate) fn parts(text: &str) -> Vec<&str> {
    text.split(RULE).collect()
}

/// The first line, and the rest.
pub(crate) fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// Lower case, letter by letter: `ς` at the end of a word is no letter of its own.
pub(crate) fn folded(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .collect()
}
