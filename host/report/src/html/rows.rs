//! Tables of devices.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::escape::Escape;
use crate::summary::Summary;
use crate::view::{RowView, count, moment, span};
use crate::words::{self, Class, WORDS};

/// A state, with a sign, so that colour is not all that tells.
pub(super) fn chip(state: &str, escape: Escape) -> String {
    let word = words::word(state);
    let class = word.class;
    // A word of ours stays on one line; one that nobody has heard of may be as long as it likes.
    let odd = if word.state == state { "" } else { " odd" };
    format!(
        "<span class=\"chip {}{odd}\"><span aria-hidden=\"true\">{}</span> {}</span>",
        class.word(),
        sign(class),
        escape.brief(state)
    )
}

fn sign(class: Class) -> &'static str {
    match class {
        Class::Done => "✓",
        Class::Underway => "▸",
        Class::Waiting => "○",
        Class::SetAside => "–",
        Class::Unsure => "?",
        Class::Failed => "✕",
    }
}

/// What a person knows a device by.
pub(super) fn device(row: &RowView, escape: Escape) -> String {
    let name = row.device_name.as_deref().or(row.device_id.as_deref());
    let mut out = escape.name(name.unwrap_or(&row.source));
    if let Some(serial) = &row.serial {
        let _ = write!(out, "<span class=\"sub\">{}</span>", escape.name(serial));
    }
    out
}

/// Milliseconds as a person reads them.
pub(super) fn took(milliseconds: f64) -> String {
    let seconds = milliseconds / 1_000.0;
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else {
        span(seconds.round() as u64)
    }
}

/// What somebody has to do something about, by what went wrong.
pub(super) fn trouble(summary: &Summary, escape: Escape) -> String {
    let mut groups: Vec<_> = summary.groups().iter().collect();
    if groups.is_empty() {
        return String::new();
    }
    // What nobody knows comes first: it is the only thing that must not be sent again.
    let order = |class: Class| match class {
        Class::Unsure => 0,
        Class::Failed => 1,
        _ => 2,
    };
    groups
        .sort_by_key(|((state, _), group)| (order(words::word(state).class), Reverse(group.rows)));
    let mut out = String::from(
        "<section aria-labelledby=\"todo\">\n<h2 id=\"todo\">What needs somebody</h2>\n",
    );
    for (key, group) in groups {
        let (state, code) = key;
        let word = words::word(state);
        let devices = if group.rows == 1 { "device" } else { "devices" };
        let code = if code.is_empty() || code == state {
            String::new()
        } else {
            format!(" <code>{}</code>", escape.brief(code))
        };
        let _ = writeln!(
            out,
            "<div class=\"group {}\">\n<h3>{}{code} <span class=\"many\">{} {devices}</span></h3>\n<p>{}</p>",
            word.class.word(),
            chip(state, escape),
            count(group.rows),
            word.meaning
        );
        if let Some(next) = word.next {
            let _ = writeln!(
                out,
                "<p class=\"next\"><strong>Do:</strong> {}</p>",
                commands(next)
            );
        }
        let rows: Vec<&RowView> = summary
            .troubled()
            .iter()
            .filter(|row| summary.group_of(row) == *key)
            .collect();
        out.push_str(&troubled(&rows, group.rows, state, escape));
        out.push_str("</div>\n");
    }
    out.push_str("</section>\n");
    out
}

fn troubled(rows: &[&RowView], all: u64, state: &str, escape: Escape) -> String {
    if rows.is_empty() {
        return "<p class=\"note\">None of them is among the rows that this page shows; the CSV and JSON forms have them.</p>\n".to_owned();
    }
    let mut out = format!(
        "<table>\n<caption class=\"hidden\">Devices in state {}</caption>\n<thead><tr><th scope=\"col\" class=\"n\">No.</th><th scope=\"col\">Device</th><th scope=\"col\">User</th><th scope=\"col\">Message</th><th scope=\"col\">For support</th></tr></thead>\n<tbody>\n",
        escape.brief(state)
    );
    for row in rows {
        let mut ids = String::new();
        for (name, id) in [
            ("client", &row.client_request_id),
            ("service", &row.request_id),
        ] {
            if let Some(id) = id {
                let _ = write!(ids, "<span class=\"id\">{name} {}</span>", escape.brief(id));
            }
        }
        let _ = writeln!(
            out,
            "<tr><td class=\"n\">{}</td><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{ids}</td></tr>",
            row.number,
            device(row, escape),
            maybe(row.user.as_deref(), escape),
            row.message
                .as_deref()
                .map(|message| format!("<bdi>{}</bdi>", escape.text(message)))
                .unwrap_or_default(),
        );
    }
    out.push_str("</tbody>\n</table>\n");
    let shown = rows.len() as u64;
    if shown < all {
        let _ = writeln!(
            out,
            "<p class=\"note\">{} of {} are shown here; the CSV and JSON forms have all of them.</p>",
            count(shown),
            count(all)
        );
    }
    out
}

/// What stands between backticks is typed.
fn commands(text: &'static str) -> String {
    text.split('`')
        .enumerate()
        .map(|(at, part)| match at % 2 {
            1 => format!("<code>{part}</code>"),
            _ => part.to_owned(),
        })
        .collect()
}

fn maybe(text: Option<&str>, escape: Escape) -> String {
    text.map(|text| escape.name(text)).unwrap_or_default()
}

/// The table of devices, with a choice of what to show that needs no script.
pub(super) fn devices(summary: &Summary, escape: Escape) -> String {
    let kept = summary.kept();
    if kept.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<section class=\"devices\" aria-labelledby=\"devices\">\n<h2 id=\"devices\">Devices</h2>\n",
    );
    if (kept.len() as u64) < summary.rows() {
        let _ = writeln!(
            out,
            "<p class=\"note\"><strong>The first {} of {} rows are shown here.</strong> The charts and sums count all of them; the CSV and JSON forms have all of them.</p>",
            count(kept.len() as u64),
            count(summary.rows())
        );
    }
    out.push_str(&filters(summary));
    out.push_str(
        "<table class=\"all\">\n<caption class=\"hidden\">Devices with their states</caption>\n<thead><tr><th scope=\"col\" class=\"n\">No.</th><th scope=\"col\">Device</th><th scope=\"col\">User</th><th scope=\"col\">Kind</th><th scope=\"col\">State</th><th scope=\"col\">Sent</th><th scope=\"col\" class=\"n\">Took</th><th scope=\"col\">Delivered to</th></tr></thead>\n<tbody>\n",
    );
    for row in kept {
        out.push_str(&line(row, escape));
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
    out
}

fn line(row: &RowView, escape: Escape) -> String {
    let class = words::word(&row.state).class;
    let span = match (row.sent_at, row.ended_at) {
        (Some(sent), Some(ended)) => took(((ended - sent).whole_milliseconds() as f64).max(0.0)),
        _ => String::new(),
    };
    let code = row
        .code
        .as_deref()
        .filter(|code| *code != row.state)
        .map(|code| format!("<span class=\"sub\">{}</span>", escape.brief(code)));
    let level = row
        .level
        .as_deref()
        .map(|level| format!("<span class=\"sub\">{}</span>", escape.brief(level)));
    let delivered = row.delivered_at.map(|at| {
        let moment = moment(at);
        // On the day of the sending its time is enough.
        let same_day = row.sent_at.is_some_and(|sent| sent.date() == at.date());
        let shown = moment.split_once(' ').filter(|_| same_day);
        let shown = shown.map_or(moment.as_str(), |(_, time)| time);
        format!("<span class=\"sub t\">{shown}</span>")
    });
    format!(
        "<tr class=\"{}\"><td class=\"n\">{}</td><th scope=\"row\">{}</th><td>{}</td><td>{}{}</td><td>{}{}</td><td class=\"t\">{}</td><td class=\"n\">{span}</td><td>{}{}</td></tr>\n",
        class.word(),
        row.number,
        device(row, escape),
        maybe(row.user.as_deref(), escape),
        maybe(row.kind.as_deref(), escape),
        level.unwrap_or_default(),
        chip(&row.state, escape),
        code.unwrap_or_default(),
        row.sent_at.map(clock).unwrap_or_default(),
        maybe(row.delivered_to.as_deref(), escape),
        delivered.unwrap_or_default(),
    )
}

/// The time, and the day below it.
fn clock(at: time::OffsetDateTime) -> String {
    let moment = moment(at);
    match moment.split_once(' ') {
        Some((day, time)) => format!("{time}<span class=\"sub\">{day}</span>"),
        None => moment,
    }
}

/// Radio buttons before the table: the style hides the rows of other classes.
fn filters(summary: &Summary) -> String {
    let mut out = String::new();
    let mut labels = String::from("<p class=\"filters\" aria-hidden=\"true\">");
    let mut add = |id: &str, title: &str, number: u64, checked: &str| {
        let _ = write!(
            out,
            "<input class=\"filter\" type=\"radio\" name=\"show\" id=\"show-{id}\" aria-label=\"Show {title}: {}\"{checked}>",
            count(number)
        );
        let _ = write!(
            labels,
            "<label for=\"show-{id}\">{title} <b>{}</b></label>",
            count(number)
        );
    };
    add("all", "All", summary.rows(), " checked");
    for class in Class::ALL {
        if summary.of_class(class) > 0 {
            add(class.word(), class.title(), summary.of_class(class), "");
        }
    }
    labels.push_str("</p>\n");
    out + "\n" + &labels
}

/// What every word means.
pub(super) fn legend() -> String {
    let mut out = String::from(
        "<section class=\"legend\" aria-labelledby=\"legend\">\n<h2 id=\"legend\">What the words mean</h2>\n<dl>\n",
    );
    for word in WORDS {
        let _ = writeln!(
            out,
            "<div><dt><span class=\"chip {}\"><span aria-hidden=\"true\">{}</span> {}</span></dt><dd>{}</dd></div>",
            word.class.word(),
            sign(word.class),
            word.state,
            word.meaning
        );
    }
    out.push_str("</dl>\n</section>\n");
    out
}
