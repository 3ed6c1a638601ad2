//! Staying under the service's own limits, before it has to say so.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Intune counts over 20 seconds. A little more, for clocks that differ.
const WINDOW: Duration = Duration::from_millis(20_500);

/// How many requests may start in any 20 seconds.
///
/// Defaults: 190 writes and 1,900 requests of any kind, just under Intune's published 200 and
/// 2,000 for each application and tenant. A component that asks for more waits; it cannot make
/// the host exceed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests that may change something.
    pub writes: usize,
    /// Requests of any kind.
    pub any: usize,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            writes: 190,
            any: 1_900,
        }
    }
}

#[derive(Debug, Default)]
struct Started {
    writes: VecDeque<Instant>,
    any: VecDeque<Instant>,
}

/// The requests of the last window, shared by every step of a host.
#[derive(Debug)]
pub(crate) struct Budget {
    rate: Rate,
    started: Mutex<Started>,
}

impl Budget {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            started: Mutex::default(),
        }
    }

    /// Wait until one more request may start, and count it.
    pub(crate) async fn spend(&self, write: bool) {
        while let Err(until) = self.take(write, Instant::now()) {
            tokio::time::sleep_until(until).await;
        }
    }

    fn take(&self, write: bool, now: Instant) -> Result<(), Instant> {
        let mut started = self
            .started
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let Started { writes, any } = &mut *started;
        room(any, self.rate.any, now)?;
        if write {
            room(writes, self.rate.writes, now)?;
            writes.push_back(now);
        }
        any.push_back(now);
        Ok(())
    }
}

fn room(started: &mut VecDeque<Instant>, most: usize, now: Instant) -> Result<(), Instant> {
    while started
        .front()
        .is_some_and(|first| now.duration_since(*first) >= WINDOW)
    {
        started.pop_front();
    }
    match started.front() {
        Some(first) if started.len() >= most => Err(*first + WINDOW),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_holds_more_than_the_rate() {
        let budget = Budget::new(Rate { writes: 3, any: 5 });
        let mut now = Instant::now();
        let mut writes = Vec::new();
        for _ in 0..20 {
            match budget.take(true, now) {
                Ok(()) => writes.push(now),
                Err(until) => {
                    assert!(until > now);
                    now = until;
                }
            }
        }
        for start in &writes {
            let within = writes
                .iter()
                .filter(|at| **at >= *start && at.duration_since(*start) < WINDOW)
                .count();
            assert!(within <= 3, "{within} writes in one window");
        }
        assert!(writes.len() > 9);
    }
}
