//! Waiting for a turn: first come, first served, and no longer than a step may take.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout_at};

use crate::budget::{Ask, Budget, Rate, Share, Turn};
use crate::ledger::LedgerError;

/// What a request may take between its turn and the moment it leaves: the intent is written
/// then, and another process may hold the ledger.
const WRITTEN_WITHIN: Duration = Duration::from_secs(30);

/// Nobody is held back longer than this by one answer, whatever it says.
const HELD_BACK_AT_MOST: Duration = Duration::from_secs(300);

/// The queues of one host before the budget that it shares.
#[derive(Debug)]
pub(crate) struct Pace {
    budget: Arc<dyn Budget>,
    rate: Rate,
    longest: Duration,
    /// The practice tenant whose requests are not counted.
    unpaced: Option<String>,
    /// One asks and the others stand behind it: a write that waits keeps no read waiting.
    reads: Mutex<()>,
    writes: Mutex<()>,
}

/// A turn that was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    /// `None`: not counted.
    number: Option<i64>,
    share: Share,
}

/// Why there is no turn.
#[derive(Debug)]
pub(crate) enum NoTurn {
    /// Not within the time there is.
    Later(Duration),
    /// Nobody can say.
    Ledger(LedgerError),
}

impl Pace {
    pub(crate) fn new(budget: Arc<dyn Budget>, rate: Rate, request_timeout: Duration) -> Self {
        Self {
            budget,
            rate,
            longest: request_timeout + WRITTEN_WITHIN,
            unpaced: None,
            reads: Mutex::default(),
            writes: Mutex::default(),
        }
    }

    /// Do not count what is asked with a token of this tenant. Only for a host of practice.
    pub(crate) fn unpaced(mut self, tenant: Option<String>) -> Self {
        self.unpaced = tenant;
        self
    }

    /// Wait until one more request may leave, and count it.
    pub(crate) async fn turn(
        &self,
        share: Share,
        write: bool,
        deadline: Instant,
    ) -> Result<Taken, NoTurn> {
        // The token says whose requests these are; no setting does.
        if self.unpaced.as_ref() == Some(&share.tenant) {
            let number = None;
            return Ok(Taken { number, share });
        }
        let ask = Ask {
            share,
            write,
            rate: self.rate,
            longest: self.longest,
        };
        let queue = if write { &self.writes } else { &self.reads };
        let _first = timeout_at(deadline, queue.lock())
            .await
            .map_err(|_| NoTurn::Later(self.rate.window))?;
        loop {
            match self.budget.turn(&ask).await.map_err(NoTurn::Ledger)? {
                Turn::Now(number) => {
                    let (number, share) = (Some(number), ask.share);
                    return Ok(Taken { number, share });
                }
                Turn::Later(wait) if Instant::now() + wait >= deadline => {
                    return Err(NoTurn::Later(wait));
                }
                Turn::Later(wait) => sleep(wait).await,
            }
        }
    }

    /// The request of a turn was answered, or will not be; `throttled` if it was one too many.
    pub(crate) async fn answered(
        &self,
        taken: Taken,
        throttled: Option<Duration>,
    ) -> Result<(), LedgerError> {
        let Some(number) = taken.number else {
            return Ok(());
        };
        if let Some(pause) = throttled {
            let pause = pause.min(HELD_BACK_AT_MOST);
            self.budget.hold_back(&taken.share, pause).await?;
        }
        self.budget.answered(number, self.rate.window).await
    }
}
