//! Progress on a terminal: three bars on stderr, and one line below.

use std::fmt;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::{Phase, Snapshot, say};

/// Bars for planned, sent and finished, and a line with rate, budget and time left.
pub struct Bars {
    all: MultiProgress,
    planned: ProgressBar,
    sent: ProgressBar,
    finished: ProgressBar,
    below: ProgressBar,
}

impl Bars {
    /// Draw on stderr; nothing is drawn if that is no terminal.
    #[must_use]
    pub fn stderr() -> Self {
        Self::on(ProgressDrawTarget::stderr())
    }

    fn on(target: ProgressDrawTarget) -> Self {
        let all = MultiProgress::with_draw_target(target);
        let bar = |name: &'static str, template: &str| {
            let bar = ProgressBar::no_length();
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━╸─"));
            }
            all.add(bar).with_prefix(name)
        };
        let wide = "{prefix:>9} {bar:32} {msg}";
        Self {
            planned: bar("planned", wide),
            sent: bar("sent", wide),
            finished: bar("finished", wide),
            below: bar("", "{prefix:>9} {wide_msg}"),
            all,
        }
    }

    /// Show a moment.
    pub fn show(&self, now: &Snapshot) {
        let [planned, sent, finished] = lengths(now);
        for (bar, (done, of), more) in [
            (&self.planned, planned, aside(now)),
            (&self.sent, sent, String::new()),
            (&self.finished, finished, trouble(now)),
        ] {
            bar.set_length(of);
            bar.set_position(done);
            bar.set_message(format!("{done}/{of}{more}"));
        }
        self.below.set_message(below(now));
    }

    /// Print a line above the bars, without tearing them.
    pub fn print(&self, line: &str) {
        // A terminal that has gone away is no reason to stop.
        let _ = self.all.println(line);
    }

    /// Take the bars away.
    pub fn clear(&self) {
        let _ = self.all.clear();
    }
}

impl fmt::Debug for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bars").finish_non_exhaustive()
    }
}

/// Done and to do, of each bar. What was set aside is neither planned nor sent.
fn lengths(now: &Snapshot) -> [(u64, u64); 3] {
    let plans = now.rows.saturating_sub(now.set_aside);
    [
        (now.planned, plans),
        (now.sent, plans),
        (now.finished, now.rows),
    ]
}

fn aside(now: &Snapshot) -> String {
    match now.set_aside {
        0 => String::new(),
        number => format!(", {number} set aside"),
    }
}

fn trouble(now: &Snapshot) -> String {
    let mut out = String::new();
    for (number, what) in [(now.failed, "failed"), (now.unsure, "not known")] {
        if number > 0 {
            out.push_str(&format!(", {number} {what}"));
        }
    }
    out
}

fn below(now: &Snapshot) -> String {
    if now.phase == Phase::Finished {
        return String::new();
    }
    let mut parts = say::pace(now);
    parts.extend(say::waiting(now));
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::progress::{Event, Progress, Standing};

    #[test]
    fn each_bar_shows_its_own_part() {
        let mut progress = Progress::from(Standing {
            rows: 10,
            planned: 8,
            set_aside: 2,
            sent: 5,
            ended: 3,
            failed: 1,
            unsure: 1,
        });
        let at = Duration::from_secs(7);
        progress.note(at, &Event::Throttled { seconds: 20 });
        progress.note(at, &Event::Budget { used: 50, of: 200 });
        let now = progress.snapshot(at);
        let bars = Bars::on(ProgressDrawTarget::hidden());
        bars.show(&now);
        for (bar, position, length, message) in [
            (&bars.planned, 8, 8, "8/8, 2 set aside"),
            (&bars.sent, 5, 8, "5/8"),
            (&bars.finished, 5, 10, "5/10, 1 failed, 1 not known"),
        ] {
            assert_eq!((bar.position(), bar.length()), (position, Some(length)));
            assert_eq!(bar.message(), message);
        }
        assert_eq!(
            bars.below.message(),
            "budget 25 % · waiting 20 s: throttled by the service"
        );
    }
}
