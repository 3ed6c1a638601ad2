//! Decisions about time and numbers. Each is a pure function: the caller brings the clock.

use std::time::Duration;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset, Weekday};

const DAY: i64 = 86_400;

/// When a run may send: on some days, between two times of day, at a fixed offset from UTC.
///
/// A window whose end is before its beginning goes over midnight, and belongs to the day on which
/// it begins. The beginning is inside, the end is not. An offset is no time zone: it does not
/// follow summer time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The days on which it begins; never empty.
    pub days: Vec<Weekday>,
    /// The minute of the day at which it begins, 0 to 1439.
    pub from: u16,
    /// The minute of the day at which it ends, 0 to 1440; never the one at which it begins.
    pub to: u16,
    /// The offset from UTC.
    pub offset: UtcOffset,
}

impl Window {
    /// Whether it is open at a time.
    #[must_use]
    pub fn open_at(&self, now: OffsetDateTime) -> bool {
        // A window is shorter than a day, so one that is open began today or yesterday.
        let (today, second) = self.local(now);
        [(today, second), (today.previous(), second + DAY)]
            .into_iter()
            .any(|(day, second)| {
                self.days.contains(&day) && (self.begins()..self.ends()).contains(&second)
            })
    }

    /// How long until it opens; nothing if it is open.
    #[must_use]
    pub fn opens_in(&self, now: OffsetDateTime) -> Duration {
        if self.open_at(now) {
            return Duration::ZERO;
        }
        let (today, second) = self.local(now);
        let mut day = today;
        // A week from today is reached if today's window was over and no other day has one.
        for ahead in 0..=7 {
            let until = ahead * DAY + self.begins() - second;
            if until > 0 && self.days.contains(&day) {
                let nanoseconds = u64::from(now.nanosecond());
                let until = Duration::from_secs(until.unsigned_abs());
                return until.saturating_sub(Duration::from_nanos(nanoseconds));
            }
            day = day.next();
        }
        Duration::MAX
    }

    fn begins(&self) -> i64 {
        i64::from(self.from) * 60
    }

    fn ends(&self) -> i64 {
        let over_midnight = if self.to <= self.from { DAY } else { 0 };
        i64::from(self.to) * 60 + over_midnight
    }

    /// The day of the week and the second of the day, at the window's offset.
    fn local(&self, now: OffsetDateTime) -> (Weekday, i64) {
        let seconds = now.unix_timestamp() + i64::from(self.offset.whole_seconds());
        // 1 January 1970 was a Thursday.
        let days = seconds.div_euclid(DAY).rem_euclid(7).unsigned_abs();
        let day = Weekday::Thursday.nth_next(u8::try_from(days).unwrap_or(0));
        (day, seconds.rem_euclid(DAY))
    }
}

/// When so many devices have failed that the rest is not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopWhen {
    /// The share of finished devices that failed, in percent, 1 to 100.
    pub failure_share: u8,
    /// Not before so many have finished, at least 1.
    pub after: u64,
}

impl StopWhen {
    /// Whether it is reached: enough have finished, and of those the share or more have failed.
    #[must_use]
    pub fn reached(&self, finished: u64, failed: u64) -> bool {
        let share = u128::from(self.failure_share) * u128::from(finished);
        finished >= self.after && failed > 0 && u128::from(failed) * 100 >= share
    }
}

/// What a device's last check-in says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedIn {
    /// It was recent enough.
    Recently,
    /// So long ago, which is too long.
    TooLongAgo(Duration),
    /// There was none.
    Never,
    /// It is no time, or more than a day in the future: nobody knows.
    Unreadable,
}

/// Judge a device's last check-in, as Intune writes it (`2026-11-20T08:15:00Z`). Intune's year 1
/// means never.
#[must_use]
pub fn checked_in(last: Option<&str>, now: OffsetDateTime, within: Duration) -> CheckedIn {
    let Some(last) = last.map(str::trim).filter(|last| !last.is_empty()) else {
        return CheckedIn::Never;
    };
    let Ok(last) = OffsetDateTime::parse(last, &Rfc3339) else {
        return CheckedIn::Unreadable;
    };
    if last.year() <= 1 {
        return CheckedIn::Never;
    }
    // Clocks differ by minutes; a time beyond tomorrow says nothing about the device.
    match Duration::try_from(now - last) {
        Ok(ago) if ago <= within => CheckedIn::Recently,
        Ok(ago) => CheckedIn::TooLongAgo(ago),
        Err(_) if last - now <= time::Duration::DAY => CheckedIn::Recently,
        Err(_) => CheckedIn::Unreadable,
    }
}

/// How much longer a device is to be left alone after its last passcode action; none if it is
/// not.
#[must_use]
pub fn cool(
    last: Option<OffsetDateTime>,
    now: OffsetDateTime,
    cool_down: Duration,
) -> Option<Duration> {
    let since = now - last?;
    let left = match Duration::try_from(since) {
        Ok(since) => cool_down.saturating_sub(since),
        // It was just now, by a clock that is ahead of this one.
        Err(_) => cool_down,
    };
    (!left.is_zero()).then_some(left)
}
