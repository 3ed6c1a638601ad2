//! Graph's budgets: so many requests in a window, counted per application.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How much a caller may ask before the answer is 429.
///
/// The default is what Microsoft documents for the Intune devices service: 200 writes and 2,000 requests
/// of any kind in 20 seconds per application. The budget for all applications together is not imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// POST, PATCH, PUT and DELETE in one window; `None`: unlimited.
    pub writes: Option<u32>,
    /// Requests of any kind in one window; `None`: unlimited.
    pub any: Option<u32>,
    /// The window's length, by the machine's clock.
    pub window: Duration,
    /// Whether the 429 says in `Retry-After` how long the window still lasts. Intune often omits it.
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

/// What each application has used of its current window.
#[derive(Debug, Default)]
pub(crate) struct Meters(BTreeMap<String, Meter>);

#[derive(Debug)]
struct Meter {
    since: Instant,
    writes: u32,
    any: u32,
}

impl Meters {
    /// `Err`: over the budget, and how long the window still lasts. A throttled request counts, too.
    pub(crate) fn charge(
        &mut self,
        app: &str,
        write: bool,
        limits: &Throttle,
        now: Instant,
    ) -> Result<(), Duration> {
        let fresh = || Meter {
            since: now,
            writes: 0,
            any: 0,
        };
        let meter = self.0.entry(app.to_owned()).or_insert_with(fresh);
        if now.duration_since(meter.since) >= limits.window {
            *meter = fresh();
        }
        meter.any = meter.any.saturating_add(1);
        meter.writes = meter.writes.saturating_add(u32::from(write));
        let over = limits.any.is_some_and(|limit| meter.any > limit)
            || (write && limits.writes.is_some_and(|limit| meter.writes > limit));
        if over {
            Err(limits
                .window
                .saturating_sub(now.duration_since(meter.since)))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_per_application_and_renewed_with_the_window() {
        let limits = Throttle {
            writes: Some(2),
            any: Some(3),
            window: Duration::from_secs(20),
            retry_after: true,
        };
        let mut meters = Meters::default();
        let start = Instant::now();
        let mut charge = |app: &str, write: bool, second: u64| {
            meters
                .charge(app, write, &limits, start + Duration::from_secs(second))
                .is_ok()
        };
        assert!(charge("a", true, 0) && charge("a", true, 1));
        assert!(!charge("a", true, 2), "a third write");
        assert!(charge("b", true, 2), "another application");
        assert!(!charge("a", false, 3), "a fourth request");
        assert!(charge("a", true, 20), "the next window");
    }
}
