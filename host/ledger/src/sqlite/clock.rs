//! The clock that turns are counted by.

use std::sync::Arc;

/// Milliseconds of a clock that every process of this machine shares.
pub(super) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The kernel's own clock, which nobody sets: it runs on while the machine does. After a restart
/// it begins anew, and that is the one way in which it ever goes back.
#[cfg(unix)]
pub(super) fn steady() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
}

/// The wall clock. If somebody sets it forward, turns end too early; back, and they last longer.
#[cfg(not(unix))]
pub(super) fn steady() -> i64 {
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    i64::try_from(now).unwrap_or_default()
}
