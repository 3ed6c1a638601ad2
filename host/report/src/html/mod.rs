//! A run as one page that needs nothing else: no script, no link, no font, no image from
//! anywhere. A browser is told so (`Content-Security-Policy`), in case a text should ever escape
//! from its place.

mod charts;
mod escape;
mod head;
mod rows;
mod timeline;

use std::io::Write;

use crate::summary::Summary;
use crate::view::{Plain, ReportError, RunView};
use escape::Escape;

const STYLE: &str = include_str!("style.css");
/// SHA-256 of the style: the one style the page may have.
const STYLE_HASH: &str = "sha256-oXidxh04xSw7CbJqAJvPoXbhYE4WUVpzsHvIwXp/v0w=";

/// Write the page.
///
/// Of the rows it shows those that the summary kept, and says so if that is not all of them.
///
/// # Errors
///
/// What the writer says.
pub fn write_html<W: Write>(
    out: &mut W,
    run: &RunView,
    summary: &Summary,
    plain: Plain,
) -> Result<(), ReportError> {
    let escape = Escape::new(plain);
    let title = escape.brief(&run.title);
    write!(
        out,
        "<!doctype html>\n\
         <html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}: run report</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n"
    )?;
    out.write_all(head::banner(run).as_bytes())?;
    out.write_all(b"<main>\n")?;
    for part in [
        head::head(run, summary, escape),
        head::facts(run, escape),
        charts::outcome(summary, escape),
        timeline::section(run, summary),
        charts::slowest(summary, escape),
        rows::trouble(summary, escape),
        rows::devices(summary, escape),
        rows::legend(),
        head::foot(run, escape),
    ] {
        out.write_all(part.as_bytes())?;
    }
    out.write_all(b"</main>\n</body>\n</html>\n")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use sha2::Digest as _;

    #[test]
    fn the_policy_names_the_style_that_is_in_the_page() {
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(STYLE));
        assert_eq!(
            STYLE_HASH,
            format!("sha256-{hash}"),
            "write this hash into STYLE_HASH"
        );
    }

    #[test]
    fn the_style_fetches_nothing() {
        for word in ["url(", "@import", "http", "<"] {
            assert!(!STYLE.contains(word), "{word}");
        }
    }

    /// The colours of a scheme, by name: the first block is light, the second dark.
    fn colours(scheme: usize) -> std::collections::HashMap<&'static str, [f64; 3]> {
        let block = STYLE.split(":root {").nth(scheme + 1).unwrap();
        let block = block.split('}').next().unwrap();
        let pairs = block.split(';').filter_map(|pair| pair.split_once(": #"));
        pairs
            .map(|(name, hex)| {
                let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                (name.trim(), [part(0), part(2), part(4)].map(f64::from))
            })
            .collect()
    }

    /// Contrast as WCAG 2.2 has it.
    fn contrast(one: [f64; 3], two: [f64; 3]) -> f64 {
        let light = |colour: [f64; 3]| {
            let [r, g, b] = colour.map(|part| match part / 255.0 {
                part if part <= 0.040_45 => part / 12.92,
                part => ((part + 0.055) / 1.055).powf(2.4),
            });
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        };
        let (one, two) = (light(one), light(two));
        one.max(two) / one.min(two)
    }

    #[test]
    fn everything_can_be_told_from_what_is_behind_it() {
        for scheme in [0, 1] {
            let colours = colours(scheme);
            let mut pairs = vec![
                ("--ink".to_owned(), "--paper".to_owned(), 7.0),
                ("--soft".to_owned(), "--paper".to_owned(), 4.5),
                ("--soft".to_owned(), "--page".to_owned(), 4.5),
                ("--soft".to_owned(), "--faint".to_owned(), 4.5),
                ("--plans".to_owned(), "--paper".to_owned(), 3.0),
            ];
            for class in crate::words::Class::ALL.map(crate::words::Class::word) {
                let name = |end: &str| format!("--{class}{end}");
                pairs.push((name("-t"), name("-b"), 4.5));
                pairs.push((name("-t"), "--paper".to_owned(), 4.5));
                pairs.push((name(""), "--paper".to_owned(), 3.0));
            }
            for (front, back, least) in pairs {
                let found = contrast(colours[front.as_str()], colours[back.as_str()]);
                assert!(
                    found >= least,
                    "{front} on {back} in scheme {scheme}: {found:.2}"
                );
            }
        }
    }
}
