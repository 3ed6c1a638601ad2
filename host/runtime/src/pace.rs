//! Waiting for a turn: first come, first served, and no longer than a step may take.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
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
    /// Nothing is to be sent any more.
    Stopping,
}

/// Whether somebody said that nothing is to be sent any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Option<watch::Receiver<bool>>);

impl Stop {
    pub(crate) fn on(told: watch::Receiver<bool>) -> Self {
        Self(Some(told))
    }

    pub(crate) fn is_told(&self) -> bool {
        self.0.as_ref().is_some_and(|told| *told.borrow())
    }

    /// Wait until it is said. Whoever could say it may be gone; then nobody ever does.
    async fn told(&self) {
        if let Some(told) = &self.0 {
            let mut told = told.clone();
            if told.wait_for(|told| *told).await.is_ok() {
                return;
            }
        }
        std::future::pending().await
    }
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

    /// Wait until one more request may leave, and count it; or until nothing is to leave any more.
    pub(crate) async fn turn(
        &self,
        share: Share,
        write: bool,
        deadline: Instant,
        stop: &Stop,
    ) -> Result<Taken, NoTurn> {
        if stop.is_told() {
            return Err(NoTurn::Stopping);
        }
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
        let _first = tokio::select! {
            biased;
            () = stop.told() => return Err(NoTurn::Stopping),
            first = timeout_at(deadline, queue.lock()) => first,
        }
        .map_err(|_| NoTurn::Later(self.rate.window))?;
        loop {
            // Not while the budget is asked: a turn that nobody hears of would be lost to all.
            match self.budget.turn(&ask).await.map_err(NoTurn::Ledger)? {
                Turn::Now(number) => {
                    let (number, share) = (Some(number), ask.share);
                    return Ok(Taken { number, share });
                }
                Turn::Later(wait) if Instant::now() + wait >= deadline => {
                    return Err(NoTurn::Later(wait));
                }
                Turn::Later(wait) => tokio::select! {
                    biased;
                    () = stop.told() => return Err(NoTurn::Stopping),
                    () = sleep(wait) => {}
                },
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;

    use super::*;

    /// Has no room for a minute, and counts who asks.
    #[derive(Debug, Default)]
    struct Full(AtomicUsize);

    #[async_trait]
    impl Budget for Full {
        async fn turn(&self, _: &Ask) -> Result<Turn, LedgerError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Turn::Later(Duration::from_secs(60)))
        }

        async fn answered(&self, _: i64, _: Duration) -> Result<(), LedgerError> {
            Ok(())
        }

        async fn hold_back(&self, _: &Share, _: Duration) -> Result<(), LedgerError> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_a_turn_hears_at_once_that_nothing_is_sent_any_more() {
        let full = Arc::new(Full::default());
        let pace = Pace::new(full.clone(), Rate::default(), Duration::from_secs(30));
        let share = || Share {
            tenant: "contoso.example".to_owned(),
            app: String::new(),
        };
        let (say, told) = watch::channel(false);
        let stop = Stop::on(told);
        let begun = Instant::now();
        let deadline = begun + Duration::from_secs(600);
        let say = async {
            sleep(Duration::from_secs(5)).await;
            say.send_replace(true);
        };
        // One asks, the other stands behind it.
        let (one, two, ()) = tokio::join!(
            pace.turn(share(), true, deadline, &stop),
            pace.turn(share(), true, deadline, &stop),
            say
        );
        assert!(matches!(one, Err(NoTurn::Stopping)), "{one:?}");
        assert!(matches!(two, Err(NoTurn::Stopping)), "{two:?}");
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
        let late = pace.turn(share(), true, deadline, &stop).await;
        assert!(matches!(late, Err(NoTurn::Stopping)), "{late:?}");
        assert_eq!(full.0.load(Ordering::Relaxed), 1, "nobody asked afterwards");
        // Who was not told waits as long as there is time.
        let free = Stop::default();
        let later = pace.turn(share(), true, deadline, &free).await;
        assert!(matches!(later, Err(NoTurn::Later(_))), "{later:?}");
    }
}
