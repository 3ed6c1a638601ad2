//! What a component may use up in one step.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use crate::error::Limit;

/// How often the epoch moves on. The grain of every CPU limit.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The limits of one step. A step is one call of one exported function, in an instance of its
/// own that is thrown away afterwards.
///
/// A component that runs into one of them ends with an error that names it; the host and every
/// other component go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Computing time, counted in ticks of 10 ms. Waiting for an answer costs nothing.
    /// Default: 500 ms. A malicious component that spins occupies one thread so long.
    pub cpu: Duration,
    /// Time on the wall, with all waiting. Default: 120 s.
    pub wall: Duration,
    /// Linear memory of all memories together, in bytes. Default: 32 MiB.
    pub memory_bytes: usize,
    /// Elements of all tables together. Default: 20,000.
    pub table_elements: usize,
    /// Requests. Default: 60, pages included. The next ones are answered `exhausted`; a
    /// component that goes on asking 100 times more is ended.
    pub requests: u32,
    /// Bytes of one answer after decompression. Default: 4 MiB.
    pub response_bytes: usize,
    /// Bytes of diagnostics. Default: 64 KiB. What exceeds it is dropped; a component that
    /// writes 10,000 lines is ended.
    pub log_bytes: usize,
    /// Bytes that a component may hand to the host in one call. Default: 4 MiB.
    pub transfer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu: Duration::from_millis(500),
            wall: Duration::from_secs(120),
            memory_bytes: 32 << 20,
            table_elements: 20_000,
            requests: 60,
            response_bytes: 4 << 20,
            log_bytes: 64 << 10,
            transfer_bytes: 4 << 20,
        }
    }
}

/// Ends a step. It travels through wasmtime as the cause of a trap.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("limit `{}`", .0.name())]
pub(crate) struct LimitHit(pub(crate) Limit);

/// How often a component may go on after a limit said no, before it is ended.
const PATIENCE: u32 = 100;
const MOST_LOG_LINES: u32 = 10_000;
/// Core instances, tables and memories of one step.
pub(crate) const MOST_INSTANCES: u32 = 32;
pub(crate) const MOST_TABLES: u32 = 16;
const MOST_MEMORIES: u32 = 8;

/// What a step has left. Counts over all memories and tables of a store: wasmtime's own limiter
/// counts each alone.
#[derive(Debug)]
pub(crate) struct Meter {
    memory_left: usize,
    table_left: usize,
    most_requests: u32,
    requests: u32,
    most_ticks: u32,
    ticks: u32,
    log_left: usize,
    log_lines: u32,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let ticks = limits.cpu.as_millis() / TICK.as_millis();
        Self {
            memory_left: limits.memory_bytes,
            table_left: limits.table_elements,
            most_requests: limits.requests,
            requests: 0,
            most_ticks: u32::try_from(ticks).unwrap_or(u32::MAX),
            ticks: 0,
            log_left: limits.log_bytes,
            log_lines: 0,
        }
    }

    /// One more tick of the epoch. It also moves on while the guest waits for an answer, but is
    /// noticed then only once, on return: that one is given back for each request. So it is the
    /// guest's own computing that is counted.
    pub(crate) fn tick(&mut self) -> Result<(), LimitHit> {
        self.ticks += 1;
        if self.ticks > self.most_ticks.saturating_add(self.requests) {
            return Err(LimitHit(Limit::Cpu));
        }
        Ok(())
    }

    /// One more request: whether it may be made.
    pub(crate) fn request(&mut self) -> Result<bool, LimitHit> {
        self.requests += 1;
        if self.requests > self.most_requests.saturating_add(PATIENCE) {
            return Err(LimitHit(Limit::Requests));
        }
        Ok(self.requests <= self.most_requests)
    }

    /// One more line of diagnostics: whether it is kept.
    pub(crate) fn line(&mut self, bytes: usize) -> Result<bool, LimitHit> {
        self.log_lines += 1;
        if self.log_lines > MOST_LOG_LINES {
            return Err(LimitHit(Limit::Log));
        }
        match self.log_left.checked_sub(bytes) {
            Some(left) => {
                self.log_left = left;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        spend(&mut self.memory_left, current, desired)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        spend(&mut self.table_left, current, desired)
    }

    fn instances(&self) -> usize {
        MOST_INSTANCES as usize
    }

    fn memories(&self) -> usize {
        MOST_MEMORIES as usize
    }

    fn tables(&self) -> usize {
        MOST_TABLES as usize
    }
}

fn spend(left: &mut usize, current: usize, desired: usize) -> wasmtime::Result<bool> {
    let more = desired.saturating_sub(current);
    match left.checked_sub(more) {
        Some(rest) => {
            *left = rest;
            Ok(true)
        }
        // A guest that gets a refusal may go on for ever; one that is ended cannot.
        None => Err(LimitHit(Limit::Memory).into()),
    }
}
