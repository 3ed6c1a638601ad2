//! The WebAssembly engine: what it can do, and the clock of its CPU limits.

use wasmtime::{Config, Engine};

use crate::error::HostError;
use crate::limits::TICK;

/// Everything a component of ours does not need is off.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .max_wasm_stack(512 << 10)
        .async_stack_size(1 << 20);
    config
}

/// An engine whose epoch moves on.
pub(crate) fn start(mut config: Config) -> Result<Engine, HostError> {
    config.epoch_interruption(true);
    let engine = Engine::new(&config).map_err(|error| HostError::Setup {
        message: format!("no WebAssembly engine: {error:#}"),
        remedy: "this processor or system is not supported".to_owned(),
    })?;
    tick(&engine);
    Ok(engine)
}

/// Move the epoch on until the engine is gone.
fn tick(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(TICK);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    });
}
