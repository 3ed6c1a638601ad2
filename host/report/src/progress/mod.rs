//! How a run goes on: events in, a picture of the moment out. No clock and no terminal in it;
//! whoever uses it says what time it is, as time since the run began in this process.

mod estimate;
mod event;
pub(crate) mod say;

use std::time::Duration;

use estimate::{Countdown, Window};

pub use event::{Event, event_json};
pub use say::{Every, due, line};

use crate::words::{self, Class};

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Rows are being found and planned. Nothing is sent.
    Planning,
    /// Plans are being carried out.
    Sending,
    /// Every row has ended.
    Finished,
}

/// Where a run stood when this process took it up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Rows in all.
    pub rows: u64,
    /// Rows with a plan, whatever became of it.
    pub planned: u64,
    /// Rows that ended without a plan.
    pub set_aside: u64,
    /// Plans that were sent.
    pub sent: u64,
    /// Plans that ended.
    pub ended: u64,
    /// Rows that ended badly.
    pub failed: u64,
    /// Rows of which nobody knows what became.
    pub unsure: u64,
}

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// In words: `for the time window`, `throttled by the service`.
    pub why: String,
    /// Until then, if that is known.
    pub until: Option<Duration>,
}

/// The picture of a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The moment.
    pub at: Duration,
    /// What the run is doing.
    pub phase: Phase,
    /// Rows in all.
    pub rows: u64,
    /// Rows with a plan.
    pub planned: u64,
    /// Rows that ended without a plan.
    pub set_aside: u64,
    /// Plans that were sent.
    pub sent: u64,
    /// Rows that have ended, with or without a plan.
    pub finished: u64,
    /// Rows that ended badly.
    pub failed: u64,
    /// Rows of which nobody knows what became.
    pub unsure: u64,
    /// What the phase does (plans, or rows finished) per second, over the last half minute.
    pub rate: f64,
    /// The share of the requests budget that is used, from 0 to 1.
    pub budget: Option<f64>,
    /// How long the phase will still take, once there is something to judge by.
    pub left: Option<Duration>,
    /// What it waits for.
    pub waiting: Option<Waiting>,
}

/// Counts events.
#[derive(Clone, Debug)]
pub struct Progress {
    count: Standing,
    phase: Phase,
    window: Window,
    countdown: Countdown,
    budget: Option<f64>,
    waiting: Option<Waiting>,
}

impl Progress {
    /// A run of so many rows, from its beginning.
    #[must_use]
    pub fn new(rows: u64) -> Self {
        Self::from(Standing {
            rows,
            ..Standing::default()
        })
    }

    /// A run that others, or this process before, have worked on.
    #[must_use]
    pub fn from(count: Standing) -> Self {
        let phase = if count.ended + count.set_aside >= count.rows {
            Phase::Finished
        } else if count.sent > 0 || count.ended > 0 || count.planned + count.set_aside >= count.rows
        {
            Phase::Sending
        } else {
            Phase::Planning
        };
        Self {
            count,
            phase,
            window: Window::default(),
            countdown: Countdown::default(),
            budget: None,
            waiting: None,
        }
    }

    /// Something happened, `at` so long after the beginning.
    pub fn note(&mut self, at: Duration, event: &Event) {
        let count = &mut self.count;
        match event {
            Event::Planned { .. } => {
                count.planned += 1;
                self.did(at, Phase::Planning);
            }
            Event::SetAside { outcome, .. } => {
                count.set_aside += 1;
                self.judge(outcome);
                self.did(at, Phase::Planning);
            }
            Event::Sent { .. } => {
                count.sent += 1;
                self.move_on(Phase::Sending);
                self.waiting = None;
            }
            Event::Ended { outcome, .. } => {
                count.ended += 1;
                self.judge(outcome);
                self.move_on(Phase::Sending);
                self.did(at, Phase::Sending);
            }
            Event::Waiting { why, until } => {
                self.waiting = Some(Waiting {
                    why: why.clone(),
                    until: *until,
                });
            }
            Event::Throttled { seconds } => {
                self.waiting = Some(Waiting {
                    why: "throttled by the service".to_owned(),
                    until: Some(at + Duration::from_secs(u64::from(*seconds))),
                });
            }
            Event::Budget { used, of } => {
                let share = f64::from(*used) / f64::from((*of).max(1));
                self.budget = Some(share.clamp(0.0, 1.0));
            }
        }
        if self.count.ended + self.count.set_aside >= self.count.rows {
            self.move_on(Phase::Finished);
        } else if self.count.planned + self.count.set_aside >= self.count.rows {
            self.move_on(Phase::Sending);
        }
    }

    fn judge(&mut self, outcome: &str) {
        match words::word(outcome).class {
            Class::Failed => self.count.failed += 1,
            Class::Unsure => self.count.unsure += 1,
            _ => {}
        }
    }

    /// Something of a phase was done; of another phase than the present one it tells no rate.
    fn did(&mut self, at: Duration, phase: Phase) {
        if phase == self.phase {
            self.window.add(at);
            self.waiting = None;
        }
    }

    /// Phases only go forward.
    fn move_on(&mut self, phase: Phase) {
        if (phase as u8) > (self.phase as u8) {
            self.phase = phase;
            self.window = Window::default();
            self.countdown = Countdown::default();
        }
    }

    /// The picture of the moment `at`. What is waited for is over when its time has come.
    pub fn snapshot(&mut self, at: Duration) -> Snapshot {
        let over = |waiting: &Waiting| waiting.until.is_some_and(|until| until <= at);
        if self.waiting.as_ref().is_some_and(over) || self.phase == Phase::Finished {
            self.waiting = None;
        }
        let count = self.count;
        let finished = count.ended + count.set_aside;
        let to_do = match self.phase {
            Phase::Planning => count.rows.saturating_sub(count.planned + count.set_aside),
            Phase::Sending => count.rows.saturating_sub(finished),
            Phase::Finished => 0,
        };
        let rate = self.window.rate(at);
        let estimate = match &self.waiting {
            // Nobody can tell how long something takes that has no end.
            Some(Waiting { until: None, .. }) => None,
            Some(Waiting {
                until: Some(until), ..
            }) => self
                .window
                .left(to_do)
                .map(|left| left + until.saturating_sub(at)),
            None => self.window.left(to_do),
        };
        Snapshot {
            at,
            phase: self.phase,
            rows: count.rows,
            planned: count.planned,
            set_aside: count.set_aside,
            sent: count.sent,
            finished,
            failed: count.failed,
            unsure: count.unsure,
            rate,
            budget: self.budget,
            left: self.countdown.next(at, estimate),
            waiting: self.waiting.clone(),
        }
    }
}
