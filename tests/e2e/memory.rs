//! Guarantee 1, from the other side: a component's whole memory is searched when its step ends.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::sync::{Arc, Mutex};

use passcode_host::HostBuilder;
use passcode_host::contract::types::Verb;
use passcode_tests::{Script, Setup, assert_absent, occurs};
use serde_json::json;
use wasmtime::{InstanceAllocationStrategy, LinearMemory, MemoryCreator, MemoryType};

const PASSCODE: &str = "Canary-86420-Passcode";

/// The memories of steps that have ended.
#[derive(Clone, Default)]
struct Remains(Arc<Mutex<Vec<Vec<u8>>>>);

impl Remains {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap()).concat()
    }

    fn watch(&self) -> impl FnOnce(HostBuilder) -> HostBuilder + use<> {
        let remains = self.clone();
        move |builder| {
            builder.configure(move |config| {
                config
                    .allocation_strategy(InstanceAllocationStrategy::OnDemand)
                    .with_host_memory(Arc::new(Watched(remains)))
                    // Nothing is reserved and nothing guarded: each access is checked instead.
                    .memory_reservation(0)
                    .memory_guard_size(0)
                    .memory_init_cow(false)
                    .guard_before_linear_memory(false);
            })
        }
    }
}

struct Watched(Remains);

/// As much as any step here needs; untouched pages cost nothing.
const CAPACITY: usize = 64 << 20;
const LAYOUT: Layout = match Layout::from_size_align(CAPACITY, 1 << 16) {
    Ok(layout) => layout,
    Err(_) => panic!("a layout"),
};

struct Memory {
    start: *mut u8,
    size: usize,
    remains: Remains,
}

#[expect(
    unsafe_code,
    reason = "wasmtime's trait for memories of one's own is unsafe"
)]
// SAFETY: a memory is zeroed, aligned, never moves, and is used by its instance alone.
unsafe impl MemoryCreator for Watched {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        if minimum > CAPACITY || guard != 0 || reserved.is_some_and(|reserved| reserved > CAPACITY)
        {
            return Err("more than a watched memory can hold".to_owned());
        }
        // SAFETY: the layout has a size.
        let start = unsafe { alloc_zeroed(LAYOUT) };
        if start.is_null() {
            return Err("no memory".to_owned());
        }
        Ok(Box::new(Memory {
            start,
            size: minimum,
            remains: self.0.clone(),
        }))
    }
}

#[expect(
    unsafe_code,
    reason = "wasmtime's trait for memories of one's own is unsafe"
)]
// SAFETY: as above; the pointer is not shared.
unsafe impl Send for Memory {}

#[expect(
    unsafe_code,
    reason = "wasmtime's trait for memories of one's own is unsafe"
)]
// SAFETY: as above.
unsafe impl Sync for Memory {}

#[expect(
    unsafe_code,
    reason = "wasmtime's trait for memories of one's own is unsafe"
)]
// SAFETY: the first `size` of `CAPACITY` bytes are accessible and stay where they are.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        CAPACITY
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        if size > CAPACITY {
            return Err(wasmtime::Error::msg("more than a watched memory can hold"));
        }
        self.size = size;
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.start
    }
}

impl Drop for Memory {
    #[expect(unsafe_code, reason = "the memory was allocated by hand")]
    fn drop(&mut self) {
        // SAFETY: the instance has ended; nobody else has the pointer.
        unsafe {
            let bytes = std::slice::from_raw_parts(self.start, self.size).to_vec();
            self.remains.0.lock().unwrap().push(bytes);
            dealloc(self.start, LAYOUT);
        }
    }
}

#[tokio::test]
async fn neither_token_nor_passcode_is_ever_in_a_components_memory() {
    let remains = Remains::default();
    let bench = Setup::real().change(remains.watch()).start().await;
    bench.tenant.next_passcode(PASSCODE);
    let device = bench.id("KIOSK-0001");
    let plan = bench
        .action
        .prepare(&bench.wanted("KIOSK-0001", Verb::Reset))
        .await
        .expect("plan");
    bench.action.commit(&plan.id).await.expect("commit");
    let observed = bench.action.observe(&plan.id).await.expect("observe");
    assert_eq!(observed.passcode.expect("passcode").reveal(), PASSCODE);
    let listed = bench.action.results(&device).await.expect("results");
    assert_eq!(
        listed[0].passcode.as_ref().expect("passcode").reveal(),
        PASSCODE
    );

    let bytes = remains.take();
    assert!(
        occurs(&bytes, "SAMPLE-COSU-0001"),
        "the search finds what a component may see"
    );
    assert!(
        occurs(&bytes, "$sealed"),
        "and the seal that stands for the passcode"
    );
    let token = bench.credential.token_text();
    let parts = token.split('.').map(str::to_owned);
    let secrets: Vec<String> = parts.chain([token.clone(), PASSCODE.to_owned()]).collect();
    assert_absent("a component's memory", &bytes, &secrets);
}

#[tokio::test]
async fn a_planted_canary_is_found_in_memory() {
    let remains = Remains::default();
    let bench = Setup::puppet().change(remains.watch()).start().await;
    let script = Script::new().step("find", json!({ "do": "hold", "text": PASSCODE }));
    bench.find(&script).await.expect("find");
    assert!(occurs(&remains.take(), PASSCODE));
    bench.still_works().await;
    assert!(
        !occurs(&remains.take(), PASSCODE),
        "no instance sees what another left behind"
    );
}
