//! The service: what arrives is counted, and what it does with it follows from the seed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Numbers that follow from a seed (SplitMix64, public domain).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5151_5151)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Accepted, and the answer arrives.
    Accepted,
    /// It never left.
    NotSent,
    /// It arrived and was carried out; the answer got lost.
    AnswerLost,
    /// It left and never arrived; nobody knows.
    Lost,
    /// 429.
    Throttled,
    /// 400.
    Rejected,
}

/// What the service knows.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Requests that arrived, by device.
    pub(crate) arrived: BTreeMap<String, u32>,
    /// Requests that were refused before anything was carried out.
    pub(crate) refused: BTreeMap<String, u32>,
    /// Actions that were carried out, and when the device will have ended them, in milliseconds.
    pub(crate) actions: BTreeMap<String, Vec<(u64, bool)>>,
    /// When the last request arrived, in milliseconds.
    pub(crate) last: u64,
    /// Everything that happened, in order.
    pub(crate) trace: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Network {
    known: Mutex<Known>,
    chance: Mutex<Chance>,
    all_fail: bool,
    troubled: bool,
}

impl Network {
    pub(crate) fn new(seed: u64, troubled: bool, all_fail: bool) -> Self {
        Self {
            known: Mutex::default(),
            chance: Mutex::new(Chance::new(seed ^ 0xabcd)),
            all_fail,
            troubled,
        }
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn chance<T>(&self, with: impl FnOnce(&mut Chance) -> T) -> T {
        with(&mut self.chance.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn note(&self, line: String) {
        self.told(|| line.clone());
        self.known().trace.push(line);
    }

    /// With `PASSCODE_TOLD=1`, for whoever plays a seed again.
    pub(crate) fn told(&self, line: impl FnOnce() -> String) {
        if std::env::var_os("PASSCODE_TOLD").is_some() {
            eprintln!("{}", line());
        }
    }

    pub(crate) fn fate(&self) -> Fate {
        if self.all_fail {
            return Fate::Rejected;
        }
        if !self.troubled {
            return Fate::Accepted;
        }
        match self.chance(|chance| chance.below(100)) {
            0..=4 => Fate::NotSent,
            5..=9 => Fate::AnswerLost,
            10..=12 => Fate::Lost,
            13..=22 => Fate::Throttled,
            23..=26 => Fate::Rejected,
            _ => Fate::Accepted,
        }
    }

    /// A request arrives.
    pub(crate) fn post(&self, device: &str, fate: Fate, now: u64) {
        let (takes, fails) = self.chance(|chance| (chance.below(40_000), chance.percent(10)));
        let mut known = self.known();
        known.trace.push(format!("{now} POST {device} {fate:?}"));
        if fate == Fate::Lost {
            return;
        }
        known.last = now;
        *known.arrived.entry(device.to_owned()).or_default() += 1;
        match fate {
            Fate::Throttled | Fate::Rejected => {
                *known.refused.entry(device.to_owned()).or_default() += 1;
            }
            _ => {
                let action = (now + takes, fails && self.troubled);
                known
                    .actions
                    .entry(device.to_owned())
                    .or_default()
                    .push(action);
            }
        }
    }

    /// What a device shows: how many actions, and of the last one whether it ended and how.
    pub(crate) fn look(&self, device: &str, now: u64) -> Option<Option<bool>> {
        let known = self.known();
        let (ends, fails) = *known.actions.get(device)?.last()?;
        Some((ends <= now).then_some(!fails))
    }
}
