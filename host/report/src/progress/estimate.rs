//! How fast, and how long still.

use std::collections::VecDeque;
use std::time::Duration;

/// So far back the rate looks, in seconds.
const WINDOW: u64 = 30;
/// From so many on there is something to judge by, over so many seconds.
const ENOUGH: u64 = 8;
const LONG_ENOUGH: u64 = 5;

/// What was done in each of the last seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    first: Option<Duration>,
    seconds: VecDeque<(u64, u64)>,
    /// The last rate that was worth something, for the time in which nothing may be done.
    known: Option<f64>,
}

impl Window {
    pub(super) fn add(&mut self, at: Duration) {
        self.first.get_or_insert(at);
        let second = at.as_secs();
        match self.seconds.back_mut() {
            // Events of several tasks may come a little out of order.
            Some((last, count)) if *last >= second => *count += 1,
            _ => self.seconds.push_back((second, 1)),
        }
        self.forget(at);
    }

    fn forget(&mut self, now: Duration) {
        let from = now.as_secs().saturating_sub(WINDOW);
        while self.seconds.front().is_some_and(|(at, _)| *at < from) {
            self.seconds.pop_front();
        }
    }

    /// Per second, over the window or the time since the first, whichever is shorter.
    pub(super) fn rate(&mut self, now: Duration) -> f64 {
        self.forget(now);
        let done: u64 = self.seconds.iter().map(|(_, count)| count).sum();
        let Some(first) = self.first else {
            return 0.0;
        };
        let since = now.saturating_sub(first).as_secs_f64();
        let rate = done as f64 / since.clamp(1.0, WINDOW as f64);
        if done >= ENOUGH && since >= LONG_ENOUGH as f64 {
            self.known = Some(rate);
        } else if done == 0 && since > WINDOW as f64 {
            self.known = None;
        }
        rate
    }

    /// How long so much will take at the rate that is known.
    pub(super) fn left(&self, to_do: u64) -> Option<Duration> {
        let seconds = to_do as f64 / self.known?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// A time left that counts down, and follows new estimates slowly: one that jumps about is of no
/// use to anybody.
#[derive(Clone, Debug, Default)]
pub(super) struct Countdown {
    last: Option<(Duration, f64)>,
}

/// After so many seconds, about two thirds of a change of the estimate are shown.
const FOLLOW: f64 = 10.0;

impl Countdown {
    pub(super) fn next(&mut self, at: Duration, estimate: Option<Duration>) -> Option<Duration> {
        let Some(estimate) = estimate.map(|left| left.as_secs_f64()) else {
            self.last = None;
            return None;
        };
        let shown = match self.last {
            None => estimate,
            Some((then, shown)) => {
                let passed = at.saturating_sub(then).as_secs_f64();
                let counted = (shown - passed).max(0.0);
                let follow = 1.0 - (-passed / FOLLOW).exp();
                counted + (estimate - counted) * follow
            }
        };
        self.last = Some((at, shown));
        Duration::try_from_secs_f64(shown.max(0.0)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn there_is_no_estimate_before_there_is_something_to_judge_by() {
        let mut window = Window::default();
        for at in 0..4 {
            for _ in 0..10 {
                window.add(s(at));
            }
        }
        window.rate(s(4));
        assert_eq!(window.left(100), None, "four seconds are too few");
        window.rate(s(5));
        assert_eq!(window.left(80), Some(s(10)));
        window.rate(s(60));
        assert_eq!(window.left(80), None, "nothing was done for a minute");
    }

    #[test]
    fn the_rate_forgets_what_is_long_ago() {
        let mut window = Window::default();
        for at in 0..100 {
            for _ in 0..20 {
                window.add(s(at));
            }
        }
        assert!((window.rate(s(99)) - 20.0).abs() < 1.0);
        for at in 100..140 {
            window.add(s(at));
        }
        assert!((window.rate(s(140)) - 1.0).abs() < 0.1);
    }

    #[test]
    fn a_countdown_counts_down_and_follows_slowly() {
        let mut countdown = Countdown::default();
        assert_eq!(countdown.next(s(0), Some(s(100))), Some(s(100)));
        assert_eq!(countdown.next(s(10), Some(s(90))), Some(s(90)));
        let jumped = countdown.next(s(11), Some(s(500))).unwrap();
        assert!(jumped > s(89) && jumped < s(140), "{jumped:?}");
        assert_eq!(countdown.next(s(12), None), None);
        assert_eq!(countdown.next(s(900), Some(s(0))), Some(s(0)));
        assert_eq!(countdown.next(s(990), Some(s(0))), Some(s(0)), "never less");
    }
}
