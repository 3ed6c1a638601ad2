//! Graph's budgets: so many requests in a window, counted per application.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How much a caller may ask before the answer is 429.
///
/// The default is what Microsoft documents for the Intune devices service: 200 writes and 2,000 requests
/// of any kind in 20 seconds per application. The budget for all applications together is not imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// POST, PATCH, PUT and DELETE in any window; `None`: unlimited.
    pub writes: Option<u32>,
    /// Requests of any kind in any window; `None`: unlimited.
    pub any: Option<u32>,
    /// The window's length, by the machine's clock. It slides: whenever one looks back so far, there were no more.
    pub window: Duration,
    /// Whether the 429 says in `Retry-After` how long it takes until there is room. Intune often omits it.
    pub retry_after: bool,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            writes: Some(200),
            any: Some(2_000),
            window: Duration::from_secs(20),
            retry_after: true,
        }
    }
}

impl Throttle {
    /// Nothing is ever throttled.
    #[must_use]
    pub fn off() -> Self {
        Self {
            writes: None,
            any: None,
            ..Self::default()
        }
    }
}

/// What each application has asked lately.
#[derive(Debug, Default)]
pub(crate) struct Meters(BTreeMap<String, Meter>);

#[derive(Debug, Default)]
struct Meter {
    writes: VecDeque<Instant>,
    any: VecDeque<Instant>,
}

impl Meters {
    /// `Err`: over the budget, and how long until there is room. A throttled request counts, too.
    pub(crate) fn charge(
        &mut self,
        app: &str,
        write: bool,
        limits: &Throttle,
        now: Instant,
    ) -> Result<(), Duration> {
        let meter = self.0.entry(app.to_owned()).or_default();
        let any = one_more(&mut meter.any, limits.any, limits.window, now);
        let writes = match write {
            true => one_more(&mut meter.writes, limits.writes, limits.window, now),
            false => None,
        };
        any.max(writes).map_or(Ok(()), Err)
    }
}

/// Counts one more; if it is one too many, how long the next would have to wait. Only the last
/// `limit` matter: if the one that many ago lies within the window, the window is full.
fn one_more(
    lately: &mut VecDeque<Instant>,
    limit: Option<u32>,
    window: Duration,
    now: Instant,
) -> Option<Duration> {
    let limit = usize::try_from(limit?).unwrap_or(usize::MAX);
    lately.push_back(now);
    if lately.len() <= limit {
        return None;
    }
    let before = lately.pop_front()?;
    (now.duration_since(before) < window).then(|| {
        let next = lately.front().copied().unwrap_or(now);
        window.saturating_sub(now.duration_since(next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(writes: u32, any: u32) -> Throttle {
        Throttle {
            writes: Some(writes),
            any: Some(any),
            window: Duration::from_secs(20),
            retry_after: true,
        }
    }

    #[test]
    fn the_budget_is_per_application_and_the_window_slides() {
        let limits = limits(2, 3);
        let mut meters = Meters::default();
        let start = Instant::now();
        let mut charge = |app: &str, write: bool, second: u64| {
            meters
                .charge(app, write, &limits, start + Duration::from_secs(second))
                .map_err(|wait| wait.as_secs())
        };
        assert_eq!(charge("a", true, 0), Ok(()));
        assert_eq!(charge("a", true, 10), Ok(()));
        assert_eq!(charge("a", true, 11), Err(19), "a third write");
        assert_eq!(charge("b", true, 11), Ok(()), "another application");
        assert_eq!(charge("a", false, 12), Err(18), "a fourth request");
        // A window that began with the first request would be over at 20.
        assert_eq!(charge("a", true, 21), Err(10), "two in the last 20 seconds");
        assert_eq!(charge("a", true, 41), Ok(()), "one in the last 20 seconds");
    }

    #[test]
    fn no_window_lets_more_through_than_the_limit() {
        let limits = limits(5, 1_000);
        let mut meters = Meters::default();
        let start = Instant::now();
        let through: Vec<u64> = (0..2_000)
            .map(|step| step * 700 % 9_973 + step * 900)
            .collect();
        let mut through: Vec<u64> = {
            let mut sorted = through;
            sorted.sort_unstable();
            sorted
        };
        through.retain(|ms| {
            let now = start + Duration::from_millis(*ms);
            meters.charge("a", true, &limits, now).is_ok()
        });
        for first in &through {
            let within = through
                .iter()
                .filter(|at| *at >= first && **at < first + 20_000);
            assert!(within.count() <= 5);
        }
    }
}
