//! Outcomes, drawn and in words.

use std::fmt::Write as _;

use super::escape::Escape;
use super::rows;
use crate::summary::Summary;
use crate::view::{count, percent};
use crate::words::{self, Class};

/// So many thousandths at least has a part that is there at all, to be seen.
const SEEN: u64 = 5;

/// The classes that are there, with their counts and their shares in thousandths of a chart.
fn shares(summary: &Summary) -> Vec<(Class, u64, u64)> {
    let rows = summary.rows().max(1);
    let present: Vec<(Class, u64)> = Class::ALL
        .into_iter()
        .map(|class| (class, summary.of_class(class)))
        .filter(|(_, number)| *number > 0)
        .collect();
    // Those that are drawn larger than they are take it from all others alike.
    let small = |number: u64| number * 1_000 < SEEN * rows;
    let lent: u64 = present
        .iter()
        .filter(|(_, n)| small(*n))
        .map(|_| SEEN)
        .sum();
    let large: u64 = present
        .iter()
        .filter(|(_, n)| !small(*n))
        .map(|(_, n)| n)
        .sum();
    let mut shares: Vec<_> = present
        .into_iter()
        .map(|(class, number)| {
            let share = if small(number) {
                SEEN
            } else {
                let part = u128::from(number) * u128::from(1_000 - lent) / u128::from(large.max(1));
                u64::try_from(part).unwrap_or(1_000)
            };
            (class, number, share)
        })
        .collect();
    // What is lost in dividing goes to the largest, where nobody sees it.
    let missing = 1_000u64.saturating_sub(shares.iter().map(|(_, _, share)| share).sum());
    if let Some((_, _, share)) = shares.iter_mut().max_by_key(|(_, number, _)| *number) {
        *share += missing;
    }
    shares
}

fn in_words(summary: &Summary) -> String {
    let parts: Vec<String> = shares(summary)
        .into_iter()
        .map(|(class, number, _)| {
            format!(
                "{} {} ({})",
                count(number),
                class.title().to_lowercase(),
                percent(number, summary.rows())
            )
        })
        .collect();
    parts.join(", ")
}

/// The bar below the verdict.
pub(super) fn bar(summary: &Summary) -> String {
    if summary.rows() == 0 {
        return String::new();
    }
    let mut out = format!(
        "<svg class=\"bar\" viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" role=\"img\" aria-labelledby=\"bar-t bar-d\">\
         <title id=\"bar-t\">Outcomes of all rows</title><desc id=\"bar-d\">{}</desc>",
        in_words(summary)
    );
    let mut from = 0;
    for (class, _, share) in shares(summary) {
        let gap = if from == 0 { 0 } else { 2 };
        let _ = write!(
            out,
            "<rect class=\"f {}\" x=\"{}\" y=\"0\" width=\"{}\" height=\"20\"/>",
            class.word(),
            from + gap,
            share.saturating_sub(gap).max(2)
        );
        from += share;
    }
    out.push_str("</svg>\n<ul class=\"key\">");
    for (class, number, _) in shares(summary) {
        let _ = write!(
            out,
            "<li><span class=\"dot b {}\"></span>{} <strong>{}</strong></li>",
            class.word(),
            class.title(),
            count(number)
        );
    }
    out.push_str("</ul>\n");
    out
}

/// A ring, and a table of states that says the same.
pub(super) fn outcome(summary: &Summary, escape: Escape) -> String {
    if summary.rows() == 0 {
        return String::new();
    }
    let mut out = String::from(
        "<section aria-labelledby=\"outcome\">\n<h2 id=\"outcome\">Outcome</h2>\n<div class=\"two\">\n",
    );
    out.push_str(&ring(summary));
    out.push_str(
        "<table class=\"states\">\n<caption>Every row is in exactly one state</caption>\n\
         <thead><tr><th scope=\"col\">State</th><th scope=\"col\" class=\"n\">Rows</th><th scope=\"col\" class=\"n\">Share</th><th scope=\"col\">What it means</th></tr></thead>\n<tbody>\n",
    );
    let mut states: Vec<_> = summary.states().iter().collect();
    states.sort_by_key(|(state, number)| (words::word(state).class, std::cmp::Reverse(**number)));
    for (state, number) in states {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
            rows::chip(state, escape),
            count(*number),
            percent(*number, summary.rows()),
            words::word(state).meaning
        );
    }
    let _ = writeln!(
        out,
        "</tbody>\n<tfoot><tr><th scope=\"row\">All</th><td class=\"n\">{}</td><td class=\"n\">100 %</td><td></td></tr></tfoot>\n</table>\n</div>\n</section>",
        count(summary.rows())
    );
    out
}

/// The circle's length counts as a thousand, so that shares are lengths.
fn ring(summary: &Summary) -> String {
    let mut out = format!(
        "<svg class=\"ring\" viewBox=\"0 0 220 220\" role=\"img\" aria-labelledby=\"ring-t ring-d\">\
         <title id=\"ring-t\">Share of each outcome</title><desc id=\"ring-d\">{}</desc>\
         <g transform=\"rotate(-90 110 110)\">",
        in_words(summary)
    );
    let parts = shares(summary);
    let gap = if parts.len() > 1 { 4 } else { 0 };
    let mut from: u64 = 0;
    for (class, _, share) in &parts {
        let _ = write!(
            out,
            "<circle class=\"s {}\" cx=\"110\" cy=\"110\" r=\"88\" pathLength=\"1000\" stroke-dasharray=\"{} 1000\" stroke-dashoffset=\"-{from}\"/>",
            class.word(),
            share.saturating_sub(gap).max(2)
        );
        from += share;
    }
    let done = summary.of_class(Class::Done);
    let _ = writeln!(
        out,
        "</g><text class=\"big\" x=\"110\" y=\"114\">{}</text><text class=\"small\" x=\"110\" y=\"138\">done</text></svg>",
        percent(done, summary.rows())
            .replace("under ", "<")
            .replace("over ", ">")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    );
    out
}

/// How long it took, and for whom longest.
pub(super) fn slowest(summary: &Summary, escape: Escape) -> String {
    let Some(spans) = summary.spans() else {
        return String::new();
    };
    let mut out = String::from(
        "<section aria-labelledby=\"long\">\n<h2 id=\"long\">From being sent to the end</h2>\n<dl class=\"numbers\">\n",
    );
    for (name, value) in [
        ("half took no longer than", spans.half),
        ("nine in ten no longer than", spans.nine_in_ten),
        ("the longest", spans.longest),
    ] {
        let _ = writeln!(
            out,
            "<div><dt>{name}</dt><dd>{}</dd></div>",
            rows::took(value * 1_000.0)
        );
    }
    out.push_str(
        "</dl>\n<table class=\"slow\">\n<caption>The slowest</caption>\n<thead><tr><th scope=\"col\" class=\"n\">No.</th><th scope=\"col\">Device</th><th scope=\"col\">State</th><th scope=\"col\" class=\"n\">Took</th><th scope=\"col\"><span class=\"hidden\">As a bar</span></th></tr></thead>\n<tbody>\n",
    );
    let most = summary
        .slowest()
        .first()
        .map_or(1, |(took, _)| (*took).max(1));
    for (milliseconds, row) in summary.slowest() {
        let width = u128::from(*milliseconds) * 300 / u128::from(most);
        let _ = writeln!(
            out,
            "<tr><td class=\"n\">{}</td><th scope=\"row\">{}</th><td>{}</td><td class=\"n\">{}</td><td><svg class=\"line\" viewBox=\"0 0 300 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"f {}\" width=\"{}\" height=\"10\" rx=\"2\"/></svg></td></tr>",
            row.number,
            rows::device(row, escape),
            rows::chip(&row.state, escape),
            rows::took(*milliseconds as f64),
            words::word(&row.state).class.word(),
            width.max(2)
        );
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::RowView;

    #[test]
    fn parts_make_a_whole_and_none_that_is_there_is_lost() {
        for counts in [
            [1, 0, 0],
            [1, 1, 1],
            [99_990, 9, 1],
            [333, 333, 1],
            [0, 0, 7],
        ] {
            let mut summary = Summary::default();
            for (number, state) in counts.into_iter().zip(["done", "failed", "unknown"]) {
                for _ in 0..number {
                    let state = state.to_owned();
                    summary.add(&RowView {
                        state,
                        ..RowView::default()
                    });
                }
            }
            let parts = shares(&summary);
            assert_eq!(
                parts.iter().map(|(_, _, share)| share).sum::<u64>(),
                1_000,
                "{counts:?}"
            );
            assert_eq!(
                parts.len(),
                counts.iter().filter(|count| **count > 0).count()
            );
            assert!(
                parts.iter().all(|(_, _, share)| *share >= SEEN),
                "{parts:?}"
            );
        }
    }
}
