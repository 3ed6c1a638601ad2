//! The WebAssembly engine: what it can do, the places that steps run in, and the clock of their CPU limits.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::error::HostError;
use crate::limits::{Limits, MOST_INSTANCES, MOST_TABLES, TICK};

/// How many memories the steps of a host have at the same time, all together. Almost every component has one, so this is also how
/// many steps run; the next one waits for a place. No step starts another while it runs, so none waits for itself.
///
/// From 128 on wasmtime spreads those that are free over several lists, and may overlook one that is given back meanwhile.
const PLACES: u32 = 120;
const _: () = assert!(PLACES < 128, "whoever may have a place finds one");

/// What stays with a place when its step has ended, wiped: as much as an ordinary step touches. The kernel gets the rest back.
const MEMORY_KEPT: usize = 128 << 10;
const TABLE_KEPT: usize = 16 << 10;
const STACK_KEPT: usize = 16 << 10;

/// Everything a component of ours does not need is off.
pub(crate) fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .max_wasm_stack(512 << 10)
        .async_stack_size(1 << 20)
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(places(limits)));
    config
}

/// Room for every step, reserved once. To reserve and give back memory for each step is most of
/// what a short step costs. How much a step may use of it, its own limits say (`Meter`).
fn places(limits: &Limits) -> PoolingAllocationConfig {
    let mut places = PoolingAllocationConfig::new();
    places
        .total_memories(PLACES)
        .max_memories_per_module(PLACES)
        .max_memory_size(limits.memory_bytes)
        .linear_memory_keep_resident(MEMORY_KEPT)
        // Where the kernel can say which pages were written, only those are wiped.
        .pagemap_scan(Enabled::Auto)
        .total_stacks(PLACES)
        .async_stack_keep_resident(STACK_KEPT)
        .total_tables(PLACES * MOST_TABLES)
        .max_tables_per_module(PLACES * MOST_TABLES)
        .table_keep_resident(TABLE_KEPT)
        .table_elements(limits.table_elements)
        .total_core_instances(PLACES * MOST_INSTANCES)
        .total_component_instances(PLACES * MOST_INSTANCES);
    places
}

/// An engine whose epoch moves on, and its places.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) engine: Engine,
    places: Arc<Semaphore>,
}

impl Machine {
    pub(crate) fn start(config: &Config) -> Result<Self, HostError> {
        let engine = Engine::new(config)
            .or_else(|_| on_demand(config))
            .map_err(|error| HostError::Setup {
                message: format!("no WebAssembly engine: {error:#}"),
                remedy: "this processor or system is not supported".to_owned(),
            })?;
        tick(&engine);
        Ok(Self {
            engine,
            places: Arc::new(Semaphore::new(PLACES as usize)),
        })
    }

    /// Wait until there is room for a component with so many memories. It is free again when
    /// what this returns is dropped.
    pub(crate) async fn place(&self, memories: u32) -> Option<OwnedSemaphorePermit> {
        let memories = memories.clamp(1, PLACES);
        self.places.clone().acquire_many_owned(memories).await.ok()
    }
}

/// Where so much address space cannot be reserved (`ulimit -v`), each step reserves its own.
fn on_demand(config: &Config) -> wasmtime::Result<Engine> {
    let mut config = config.clone();
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)
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
