//! Progress where there is no terminal: lines, and when one is due.

use std::time::Duration;

use super::{Phase, Snapshot};
use crate::view::{count, percent, span};

/// How often a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    /// After so long, if something changed. Default half a minute.
    pub time: Duration,
    /// Or when so many percent more of the phase are done, but then at least a second apart.
    /// Default 10; 0 is never.
    pub percent: u8,
}

impl Default for Every {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(30),
            percent: 10,
        }
    }
}

/// Without change a line still comes after so many times [`Every::time`]: whoever reads a log
/// must be able to tell waiting from hanging.
const QUIET: u32 = 10;
const APART: Duration = Duration::from_secs(1);

/// Whether a line is due, after the line that showed `last`.
#[must_use]
pub fn due(every: Every, last: Option<&Snapshot>, now: &Snapshot) -> bool {
    let Some(last) = last else {
        return true;
    };
    let why = |snapshot: &Snapshot| snapshot.waiting.as_ref().map(|one| one.why.clone());
    if now.phase != last.phase {
        return true;
    }
    let passed = now.at.saturating_sub(last.at);
    if passed < APART {
        return false;
    }
    if now.waiting.is_some() && why(now) != why(last) {
        return true;
    }
    let step = |snapshot: &Snapshot| match every.percent {
        0 => 0,
        percent => done(snapshot) * 100 / snapshot.rows.max(1) / u64::from(percent),
    };
    let changed = (done(now), now.sent) != (done(last), last.sent);
    step(now) > step(last)
        || (passed >= every.time && changed)
        || passed >= every.time.saturating_mul(QUIET)
}

fn done(snapshot: &Snapshot) -> u64 {
    match snapshot.phase {
        Phase::Planning => snapshot.planned + snapshot.set_aside,
        Phase::Sending | Phase::Finished => snapshot.finished,
    }
}

/// The moment in one line.
#[must_use]
pub fn line(now: &Snapshot) -> String {
    let rows = count(now.rows);
    let mut parts = vec![match now.phase {
        Phase::Planning => format!("planned {} of {rows}", count(now.planned)),
        Phase::Sending => format!(
            "sent {} of {}, finished {} of {rows} ({})",
            count(now.sent),
            count(now.rows.saturating_sub(now.set_aside)),
            count(now.finished),
            percent(now.finished, now.rows)
        ),
        Phase::Finished => format!("finished: {rows} of {rows}"),
    }];
    for (number, what) in [
        (now.set_aside, "set aside"),
        (now.failed, "failed"),
        (now.unsure, "not known"),
    ] {
        if number > 0 {
            parts.push(format!("{} {what}", count(number)));
        }
    }
    if now.phase != Phase::Finished {
        parts.extend(pace(now));
        parts.extend(waiting(now));
    }
    parts.join(", ")
}

/// Rate, budget and time left, as far as they are known.
pub(crate) fn pace(now: &Snapshot) -> Vec<String> {
    let mut parts = Vec::new();
    if now.rate > 0.0 {
        parts.push(format!("{:.1}/s", now.rate));
    }
    if let Some(budget) = now.budget {
        parts.push(format!("budget {:.0} %", budget * 100.0));
    }
    if let Some(left) = now.left {
        parts.push(format!("about {} left", rounded(left)));
    }
    parts
}

/// What is waited for.
pub(crate) fn waiting(now: &Snapshot) -> Option<String> {
    let waiting = now.waiting.as_ref()?;
    Some(match waiting.until {
        Some(until) => {
            let left = until.saturating_sub(now.at);
            format!("waiting {}: {}", span(left.as_secs().max(1)), waiting.why)
        }
        None => format!("waiting: {}", waiting.why),
    })
}

/// As exact as an estimate can be.
fn rounded(left: Duration) -> String {
    let seconds = left.as_secs_f64().ceil() as u64;
    match seconds {
        0..10 => "10 s".to_owned(),
        10..90 => span(seconds.div_ceil(10) * 10),
        90..5_400 => format!("{} min", seconds.div_ceil(60)),
        _ => span(seconds.div_ceil(300) * 300),
    }
}
