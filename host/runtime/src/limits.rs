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

/// Counts over all memories and tables of a store: wasmtime's own limiter counts each alone.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) memory_left: usize,
    pub(crate) table_left: usize,
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
        32
    }

    fn memories(&self) -> usize {
        8
    }

    fn tables(&self) -> usize {
        16
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
