//! The run over time: planning on the left, sending on the right, each on its own clock, because
//! hours may lie between them.

use std::fmt::Write as _;

use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use crate::summary::{ENDED_BADLY, ENDED_OTHERWISE, ENDED_WELL, SENT, Summary};
use crate::view::{RunView, count, moment, span};

const LEFT: f64 = 56.0;
const RIGHT: f64 = 944.0;
const TOP: f64 = 16.0;
const FLOOR: f64 = 216.0;
/// Between planning and sending.
const PAUSE: f64 = 200.0;
const RESUME: f64 = 316.0;
const STRIP_TOP: f64 = 246.0;
const STRIP_FLOOR: f64 = 292.0;

/// A part of the picture with its own clock.
struct Panel {
    from: f64,
    to: f64,
    begin: OffsetDateTime,
    seconds: i64,
    intervals: usize,
}

impl Panel {
    /// Where the `at`-th interval begins.
    fn x(&self, at: usize) -> f64 {
        self.from + (self.to - self.from) * at as f64 / self.intervals.max(1) as f64
    }

    fn length(&self) -> i64 {
        self.seconds * self.intervals as i64
    }
}

pub(super) fn section(run: &RunView, summary: &Summary) -> String {
    let planned: Vec<_> = summary.planned().intervals().collect();
    let sent: Vec<_> = summary.sent().intervals().collect();
    if planned.is_empty() && sent.is_empty() {
        return String::new();
    }
    let mut out =
        String::from("<section aria-labelledby=\"time\">\n<h2 id=\"time\">Over time</h2>\n");
    out.push_str(&key(planned.is_empty(), &sent));
    out.push_str(&drawing(run, summary, &planned, &sent));
    out.push_str(&table(summary, &planned, &sent));
    out.push_str("</section>\n");
    out
}

fn key(no_plans: bool, sent: &[(OffsetDateTime, [u64; 4])]) -> String {
    let any = |sort: usize| sent.iter().any(|(_, counts)| counts[sort] > 0);
    let parts = [
        (!no_plans, "plans", "planned"),
        (any(SENT), "ink", "sent"),
        (any(ENDED_WELL), "b done", "ended well"),
        (any(ENDED_OTHERWISE), "b unsure", "ended otherwise"),
        (any(ENDED_BADLY), "b failed", "ended in failure"),
    ];
    let mut out = String::from("<ul class=\"key\">");
    for (_, class, words) in parts.into_iter().filter(|(there, _, _)| *there) {
        let _ = write!(out, "<li><span class=\"dot {class}\"></span>{words}</li>");
    }
    out.push_str("</ul>\n");
    out
}

fn drawing(
    run: &RunView,
    summary: &Summary,
    planned: &[(OffsetDateTime, [u64; 1])],
    sent: &[(OffsetDateTime, [u64; 4])],
) -> String {
    let plans: u64 = planned.iter().map(|(_, [n])| n).sum();
    let sends: u64 = sent.iter().map(|(_, counts)| counts[SENT]).sum();
    let (step, top) = scale(plans.max(sends));
    let y = |value: u64| FLOOR - (FLOOR - TOP) * value as f64 / top as f64;
    let mut out = String::from(
        "<svg class=\"timeline\" viewBox=\"0 0 960 328\" role=\"img\" aria-labelledby=\"time-t time-d\"><title id=\"time-t\">Planned, sent and ended over time</title>",
    );
    let _ = write!(
        out,
        "<desc id=\"time-d\">{}</desc>",
        in_words(summary, plans, sends)
    );
    for tick in (0..=top).step_by(usize::try_from(step).unwrap_or(1).max(1)) {
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/><text class=\"end\" x=\"{1}\" y=\"{2:.1}\">{3}</text>",
            y(tick),
            LEFT - 8.0,
            y(tick) + 4.0,
            count(tick)
        );
    }
    let both = !planned.is_empty() && !sent.is_empty();
    if let Some((begin, _)) = planned.first() {
        let panel = Panel {
            from: LEFT,
            to: if both { PAUSE } else { RIGHT },
            begin: *begin,
            seconds: summary.planned().seconds(),
            intervals: planned.len(),
        };
        let line: Vec<u64> = sums(planned.iter().map(|(_, [n])| *n));
        let _ = write!(
            out,
            "<path class=\"area plans\" d=\"{}\"/>",
            area(&panel, &line, &vec![0; line.len()], &y)
        );
        let _ = write!(
            out,
            "<path class=\"stroke plans\" d=\"{}\"/>",
            path(&panel, &line, &y)
        );
        out.push_str(&axis(&panel, if both { 2 } else { 6 }, FLOOR));
    }
    if both {
        out.push_str(&between(run, planned, sent));
    }
    if let Some((begin, _)) = sent.first() {
        let panel = Panel {
            from: if both { RESUME } else { LEFT },
            to: RIGHT,
            begin: *begin,
            seconds: summary.sent().seconds(),
            intervals: sent.len(),
        };
        out.push_str(&sending(&panel, sent, &y));
        out.push_str(&strip(&panel, sent));
        out.push_str(&axis(&panel, 5, STRIP_FLOOR));
    }
    out.push_str("</svg>\n");
    out
}

/// What ended, one upon the other, below the line of what was sent: between them is what is in
/// flight.
fn sending(panel: &Panel, sent: &[(OffsetDateTime, [u64; 4])], y: &dyn Fn(u64) -> f64) -> String {
    let of = |sort: usize| sums(sent.iter().map(move |(_, counts)| counts[sort]));
    let mut out = String::new();
    let mut below = vec![0; sent.len()];
    for (sort, class) in [
        (ENDED_WELL, "done"),
        (ENDED_OTHERWISE, "unsure"),
        (ENDED_BADLY, "failed"),
    ] {
        let above: Vec<u64> = of(sort)
            .iter()
            .zip(&below)
            .map(|(one, two)| one + two)
            .collect();
        if above != below {
            let _ = write!(
                out,
                "<path class=\"area f {class}\" d=\"{}\"/>",
                area(panel, &above, &below, y)
            );
        }
        below = above;
    }
    let _ = write!(
        out,
        "<path class=\"stroke ink\" d=\"{}\"/>",
        path(panel, &of(SENT), y)
    );
    out
}

/// How many were sent in each interval.
fn strip(panel: &Panel, sent: &[(OffsetDateTime, [u64; 4])]) -> String {
    let most = sent
        .iter()
        .map(|(_, counts)| counts[SENT])
        .max()
        .unwrap_or(0)
        .max(1);
    let mut out = format!(
        "<text x=\"{}\" y=\"{}\">sent in {}, at most {}</text>",
        panel.from,
        STRIP_TOP - 8.0,
        span(u64::try_from(panel.seconds).unwrap_or(1)),
        count(most)
    );
    let wide = panel.x(1) - panel.x(0);
    let gap = if wide > 3.0 { 1.0 } else { 0.0 };
    for (at, (_, counts)) in sent.iter().enumerate() {
        if counts[SENT] == 0 {
            continue;
        }
        let high = ((STRIP_FLOOR - STRIP_TOP) * counts[SENT] as f64 / most as f64).max(1.0);
        let _ = write!(
            out,
            "<rect class=\"col\" x=\"{:.2}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{high:.1}\"/>",
            panel.x(at),
            STRIP_FLOOR - high,
            wide - gap
        );
    }
    let _ = write!(
        out,
        "<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{STRIP_FLOOR}\" y2=\"{STRIP_FLOOR}\"/>",
        panel.from, panel.to
    );
    out
}

/// What lies between planning and sending: how long, and whether it was approved then.
fn between(
    run: &RunView,
    planned: &[(OffsetDateTime, [u64; 1])],
    sent: &[(OffsetDateTime, [u64; 4])],
) -> String {
    let approved = run
        .approvals
        .iter()
        .filter_map(|approval| approval.at)
        .max();
    let from = planned.last().map(|(at, _)| *at);
    let to = sent.first().map(|(at, _)| *at);
    let gap = from
        .zip(to)
        .map_or(0, |(from, to)| (to - from).whole_seconds());
    let mut words = Vec::new();
    if let Some(at) = approved {
        words.push("approved".to_owned());
        words.push(label(at, 3_600));
    }
    if gap > 0 {
        words.push(format!("{} later", span(u64::try_from(gap).unwrap_or(0))));
    }
    let mut out = format!(
        "<rect class=\"pause\" x=\"{PAUSE}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"/>",
        RESUME - PAUSE,
        FLOOR - TOP
    );
    for (at, word) in words.iter().enumerate() {
        let _ = write!(
            out,
            "<text class=\"mid\" x=\"{}\" y=\"{}\">{word}</text>",
            (PAUSE + RESUME) / 2.0,
            (TOP + FLOOR) / 2.0 - 12.0 + 18.0 * at as f64
        );
    }
    out
}

/// Times below a panel, at moments that read well.
fn axis(panel: &Panel, most: i64, floor: f64) -> String {
    let steps = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
        86_400, 172_800, 604_800,
    ];
    let length = panel.length().max(1);
    let step = steps
        .into_iter()
        .find(|step| length / step < most)
        .unwrap_or(length / most.max(1))
        .max(1);
    let begin = panel.begin.unix_timestamp();
    let first = begin.div_euclid(step) * step;
    let mut out = String::new();
    for tick in 0..=most + 1 {
        let at = first + tick * step;
        if at < begin || at > begin + length {
            continue;
        }
        let x = panel.from + (panel.to - panel.from) * (at - begin) as f64 / length as f64;
        let when = panel.begin + Duration::seconds(at - begin);
        let _ = write!(
            out,
            "<line class=\"axis\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{floor}\" y2=\"{}\"/><text class=\"mid\" x=\"{x:.1}\" y=\"{}\">{}</text>",
            floor + 5.0,
            floor + 20.0,
            label(when, step)
        );
    }
    out
}

const SECOND: &[FormatItem<'_>] = format_description!("[hour]:[minute]:[second]");
const MINUTE: &[FormatItem<'_>] = format_description!("[hour]:[minute]");
const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");

fn label(at: OffsetDateTime, step: i64) -> String {
    let form = match step {
        ..60 => SECOND,
        60..86_400 => MINUTE,
        _ => DAY,
    };
    let utc = at.checked_to_offset(time::UtcOffset::UTC).unwrap_or(at);
    utc.format(form).unwrap_or_default()
}

/// A step that reads well, and the top of the scale: a multiple of it, never nothing.
fn scale(most: u64) -> (u64, u64) {
    let most = most.max(1);
    let mut size: u64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let step = size.saturating_mul(factor);
            if most.div_ceil(step) <= 4 {
                return (step, most.div_ceil(step).saturating_mul(step));
            }
        }
        size = size.saturating_mul(10);
    }
}

fn sums(counts: impl Iterator<Item = u64>) -> Vec<u64> {
    counts
        .scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        })
        .collect()
}

/// A line from the floor at the panel's beginning through the sums at the intervals' ends.
fn path(panel: &Panel, values: &[u64], y: &dyn Fn(u64) -> f64) -> String {
    let mut out = format!("M{:.1} {:.1}", panel.from, y(0));
    for (at, value) in values.iter().enumerate() {
        let _ = write!(out, "L{:.1} {:.1}", panel.x(at + 1), y(*value));
    }
    out
}

fn area(panel: &Panel, above: &[u64], below: &[u64], y: &dyn Fn(u64) -> f64) -> String {
    let mut out = path(panel, above, y);
    for (at, value) in below.iter().enumerate().rev() {
        let _ = write!(out, "L{:.1} {:.1}", panel.x(at + 1), y(*value));
    }
    out.push('Z');
    out
}

fn in_words(summary: &Summary, plans: u64, sends: u64) -> String {
    let mut out = format!("{} planned, {} sent", count(plans), count(sends));
    if let (Some(first), Some(last)) = (summary.first_sent(), summary.last_ended()) {
        let _ = write!(
            out,
            "; first sent {} UTC, last ended {} UTC",
            moment(first),
            moment(last)
        );
    }
    out.push_str(". The table below has the numbers.");
    out
}

/// The numbers of the drawing.
fn table(
    summary: &Summary,
    planned: &[(OffsetDateTime, [u64; 1])],
    sent: &[(OffsetDateTime, [u64; 4])],
) -> String {
    let mut out = String::from(
        "<details class=\"numbers-of\"><summary>The numbers of this chart</summary>\n<table>\n<caption>Counts in each interval that has any</caption>\n<thead><tr><th scope=\"col\">From (UTC)</th><th scope=\"col\" class=\"n\">Length</th><th scope=\"col\" class=\"n\">Planned</th><th scope=\"col\" class=\"n\">Sent</th><th scope=\"col\" class=\"n\">Ended well</th><th scope=\"col\" class=\"n\">Otherwise</th><th scope=\"col\" class=\"n\">In failure</th></tr></thead>\n<tbody>\n",
    );
    let mut line = |at: OffsetDateTime, seconds: i64, counts: [u64; 5]| {
        if counts.iter().any(|count| *count > 0) {
            let _ = write!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td>",
                moment(at),
                span(u64::try_from(seconds).unwrap_or(1))
            );
            for number in counts {
                let _ = write!(out, "<td class=\"n\">{}</td>", count(number));
            }
            out.push_str("</tr>\n");
        }
    };
    for (at, [plans]) in planned {
        line(*at, summary.planned().seconds(), [*plans, 0, 0, 0, 0]);
    }
    for (at, counts) in sent {
        let [sent, well, badly, otherwise] = *counts;
        line(
            *at,
            summary.sent().seconds(),
            [0, sent, well, otherwise, badly],
        );
    }
    out.push_str("</tbody>\n</table>\n</details>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_reaches_above_the_most_in_few_steps() {
        for (most, expected) in [
            (0, (1, 1)),
            (1, (1, 1)),
            (7, (2, 8)),
            (987, (500, 1_000)),
            (100_000, (50_000, 100_000)),
        ] {
            assert_eq!(scale(most), expected, "{most}");
        }
        assert!(scale(u64::MAX).0 > 0);
    }
}
