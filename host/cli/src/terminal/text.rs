//! Text that fits.

use unicode_width::UnicodeWidthStr as _;

/// The terminal's width, within reason.
pub(crate) fn width() -> u16 {
    size().map_or(100, |(width, _)| width.clamp(40, 160))
}

/// The terminal's columns and rows, if there is a terminal.
pub(crate) fn size() -> Option<(u16, u16)> {
    // Without one, crossterm's `size` starts whatever is called `tput` on the path, twice. That
    // is slow, and no program of somebody else's has a place here.
    #[cfg(unix)]
    let size = crossterm::terminal::window_size().map(|window| (window.columns, window.rows));
    #[cfg(not(unix))]
    let size = crossterm::terminal::size();
    size.ok()
        .filter(|(columns, rows)| *columns > 0 && *rows > 0)
}

/// Words wrapped to `width`, every line after the first indented by `indent`. The first line
/// begins after `indent` columns, too; what stands there is the caller's.
pub(crate) fn indented(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let mut out = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let wide = word.width();
        if used > 0 && used + 1 + wide > room {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += wide;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn lines_break_between_words() {
        let text = "one two three four five six seven";
        assert_eq!(
            indented(text, 4, 24),
            "one two three four\n    five six seven"
        );
        assert_eq!(indented("", 4, 24), "");
    }
}
