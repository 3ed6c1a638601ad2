//! When to look again.

use std::time::Duration;

/// The first wait, unless the component knows better.
pub const FIRST: Duration = Duration::from_secs(5);
/// The longest wait between two looks.
pub const LONGEST: Duration = Duration::from_secs(60);

/// The waits of one watching: at once, then 5 s, doubling up to 60 s, no shorter than the
/// component's hint, and one last look when the time is up. Pure: it is told how much time
/// passed.
#[derive(Clone, Debug)]
pub struct Schedule {
    limit: Duration,
    next: Duration,
}

impl Schedule {
    /// A schedule that ends after `limit`.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { limit, next: FIRST }
    }

    /// How long to wait before the next look, `elapsed` after the beginning; `None` if the
    /// time is up. A hint of zero counts as none.
    pub fn next(&mut self, elapsed: Duration, hint: Option<u32>) -> Option<Duration> {
        let left = self
            .limit
            .checked_sub(elapsed)
            .filter(|left| !left.is_zero())?;
        let hint = Duration::from_secs(hint.unwrap_or_default().into());
        let wait = self.next.max(hint).min(LONGEST);
        self.next = (self.next * 2).min(LONGEST);
        Some(wait.min(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(limit: u64, hint: Option<u32>) -> Vec<u64> {
        let mut schedule = Schedule::new(Duration::from_secs(limit));
        let mut elapsed = Duration::ZERO;
        let mut waits = Vec::new();
        while let Some(wait) = schedule.next(elapsed, hint) {
            elapsed += wait;
            waits.push(wait.as_secs());
        }
        waits
    }

    #[test]
    fn waits_double_up_to_a_minute_and_end_with_the_limit() {
        assert_eq!(waits(200, None), [5, 10, 20, 40, 60, 60, 5]);
        assert_eq!(waits(15, Some(5)), [5, 10]);
        assert_eq!(waits(3, None), [3]);
        assert_eq!(waits(0, None), [] as [u64; 0]);
    }

    #[test]
    fn a_hint_lengthens_a_wait_and_never_beyond_the_longest() {
        assert_eq!(waits(130, Some(60)), [60, 60, 10]);
        assert_eq!(waits(130, Some(3600)), [60, 60, 10]);
        assert_eq!(waits(40, Some(12)), [12, 12, 16]);
    }
}
