//! Staying under the service's own limits, before it has to say so.
//!
//! A request has a *turn* from before it leaves until one window after its answer. As many
//! requests as the service allows have a turn at once. That is enough, however long requests
//! are on their way: of the requests that arrive within one window, take the one that got its
//! turn last. Every other one arrived less than a window before that, was answered after it
//! arrived, and so had its turn still.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::ledger::LedgerError;

/// How many requests may reach the service in any window.
///
/// Defaults: 199 writes and 1,990 requests of any kind in 20.05 seconds, just under Intune's
/// published 200 and 2,000 in 20 seconds for each application and tenant. A component that asks
/// for more waits; it cannot make the host exceed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests that may change something.
    pub writes: usize,
    /// Requests of any kind.
    pub any: usize,
    /// How long the service counts. A little more, for clocks that do not run alike.
    pub window: Duration,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            writes: 199,
            any: 1_990,
            window: Duration::from_millis(20_050),
        }
    }
}

/// Who shares a limit: the service counts each application in each tenant by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share {
    /// The tenant, or the service's origin where the token does not say.
    pub tenant: String,
    /// The application; empty where the token does not say.
    pub app: String,
}

/// One request that wants its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Whose limits it counts against.
    pub share: Share,
    /// Whether it may change something.
    pub write: bool,
    /// The limits.
    pub rate: Rate,
    /// How long it takes at most, from here to its answer. Nobody may ever say that it was
    /// answered: processes die.
    pub longest: Duration,
}

/// Whether it has its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Now. The number names it in [`Budget::answered`].
    Now(i64),
    /// Not now, nor before this much time has passed; ask again then.
    Later(Duration),
}

/// Who has a turn, among all that share the limits: the tasks of a host, and whoever else uses
/// the same store.
#[async_trait]
pub trait Budget: Send + Sync + fmt::Debug {
    /// Take a turn, or hear when to ask again. Counting and taking are one step, against all
    /// others too.
    async fn turn(&self, ask: &Ask) -> Result<Turn, LedgerError>;

    /// The request of a turn was answered, or will not be. The turn lasts one window more.
    async fn answered(&self, turn: i64, window: Duration) -> Result<(), LedgerError>;

    /// The service refused somebody's request as one too many: nobody has a turn for so long.
    async fn hold_back(&self, share: &Share, pause: Duration) -> Result<(), LedgerError>;
}

/// For the tasks of one host, where no store is shared.
#[derive(Debug, Default)]
pub(crate) struct InProcess(Mutex<Turns>);

#[derive(Debug, Default)]
struct Turns {
    last: i64,
    of: BTreeMap<Share, Held>,
}

/// The turns of one share.
#[derive(Debug, Default)]
struct Held {
    /// Whether it writes, and until when its turn lasts if nobody ever says that it was answered.
    under_way: BTreeMap<i64, (bool, Instant)>,
    /// Until when the turns last whose requests were answered, earliest first.
    any: VecDeque<Instant>,
    writes: VecDeque<Instant>,
    back: Option<Instant>,
}

impl InProcess {
    fn turns(&self) -> std::sync::MutexGuard<'_, Turns> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Turns {
    fn turn(&mut self, ask: &Ask, now: Instant) -> Turn {
        let rate = ask.rate;
        let held = self.of.entry(ask.share.clone()).or_default();
        if let Some(until) = held.back.filter(|until| *until > now) {
            return Turn::Later(until - now);
        }
        // Those that nobody ever spoke of again are the first of all, or there are none.
        while let Some(dead) = held.under_way.first_entry()
            && dead.get().1 <= now
        {
            dead.remove();
        }
        let under_way = held.under_way.len();
        let full = wait(&mut held.any, under_way, rate.any, rate.window, now).or_else(|| {
            let under_way = held.under_way.values().filter(|(write, _)| *write).count();
            let writes = &mut held.writes;
            ask.write
                .then(|| wait(writes, under_way, rate.writes, rate.window, now))?
        });
        if let Some(wait) = full {
            return Turn::Later(wait);
        }
        self.last += 1;
        let until = now + ask.longest + rate.window;
        held.under_way.insert(self.last, (ask.write, until));
        Turn::Now(self.last)
    }

    fn answered(&mut self, turn: i64, until: Instant) {
        for held in self.of.values_mut() {
            if let Some((write, _)) = held.under_way.remove(&turn) {
                held.any.push_back(until);
                if write {
                    held.writes.push_back(until);
                }
            }
        }
    }
}

/// How long until one more has room, if it has none now.
fn wait(
    answered: &mut VecDeque<Instant>,
    under_way: usize,
    most: usize,
    window: Duration,
    now: Instant,
) -> Option<Duration> {
    while answered.front().is_some_and(|until| *until <= now) {
        answered.pop_front();
    }
    let over = (under_way + answered.len()).checked_sub(most)?;
    // One that is still under way lasts a window longer, whenever it is answered.
    Some(answered.get(over).map_or(window, |until| *until - now))
}

#[async_trait]
impl Budget for InProcess {
    async fn turn(&self, ask: &Ask) -> Result<Turn, LedgerError> {
        Ok(self.turns().turn(ask, Instant::now()))
    }

    async fn answered(&self, turn: i64, window: Duration) -> Result<(), LedgerError> {
        self.turns().answered(turn, Instant::now() + window);
        Ok(())
    }

    async fn hold_back(&self, share: &Share, pause: Duration) -> Result<(), LedgerError> {
        let until = Instant::now() + pause;
        let mut turns = self.turns();
        let held = turns.of.entry(share.clone()).or_default();
        held.back = held.back.max(Some(until));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
