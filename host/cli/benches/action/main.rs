//! `cargo bench`: what the sandbox costs, with the engine, the limits and the grant that ship.
//!
//! One action is find, prepare, commit and observe. The component does it, each step in an instance of its own, and beside it
//! the same logic as plain Rust; both get the answers that the component got when a practice tenant was asked once. A third
//! figure has the host's own work in it, which needs no sandbox: the door, the plan's envelope and hash, a ledger in memory.
//!
//! Nothing is judged in CI: figures belong to a machine. The limits are printed beside them.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up cannot be measured"
)]

mod ledger;
mod limits;
mod native;
mod sandboxed;
mod service;

use std::time::{Duration, SystemTime};

use criterion::{BatchSize, Criterion};
use tokio::runtime::Runtime;

use crate::limits::Figures;
use crate::native::Native;
use crate::sandboxed::{Bare, Sandboxed};

fn main() {
    let began = SystemTime::now();
    let runtime = Runtime::new().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let cache = cache.path().join("cache");
    let (whole, seen) = runtime.block_on(Sandboxed::learn(&cache));
    let native = Native::of(&seen);
    let bare = Bare::of(&cache, &seen);
    let progress = runtime.block_on(bare.action());
    assert_eq!(progress, seen.observed.progress);
    let figures = Figures::new(began);
    let mut criterion = Criterion::default()
        .output_directory(figures.folder())
        .without_plots()
        .sample_size(50)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    criterion.bench_function(limits::NATIVE, |bench| bench.iter(|| native.action()));
    criterion.bench_function(limits::SANDBOXED, |bench| {
        bench.iter(|| runtime.block_on(bare.action()));
    });
    criterion.bench_function(limits::WHOLE, |bench| {
        bench.iter(|| runtime.block_on(whole.action()));
    });
    criterion.bench_function(limits::INSTANTIATE, |bench| {
        // Throwing the instance away is not in it.
        bench.iter_batched(
            || (),
            |()| runtime.block_on(bare.instantiate()),
            BatchSize::PerIteration,
        );
    });
    criterion.bench_function(limits::LOAD, |bench| {
        bench.iter_with_large_drop(|| whole.load());
    });
    criterion.final_summary();
    println!("{}", figures.table());
}
