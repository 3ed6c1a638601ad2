//! Memory for one step, and no panic texts.
//!
//! Every step runs in a fresh instance and ends soon, so a general allocator (eight kilobytes)
//! is not needed: blocks come in powers of two, a freed block waits for the next of its size.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::UnsafeCell;
use core::ptr::null_mut;

const PAGE: usize = 65_536;
/// The smallest block, 16 bytes, has room for the link of the free list.
const SMALLEST: u32 = 4;
const CLASSES: usize = 28;

struct State {
    /// The first free block of each size; each begins with the address of the next.
    free: [*mut u8; CLASSES],
    /// Fresh memory from here on…
    next: usize,
    /// …to here.
    end: usize,
}

struct Blocks(UnsafeCell<State>);

// SAFETY: the component is built without threads; nothing can use it at the same time.
unsafe impl Sync for Blocks {}

/// The size of a block as a power of two, and its place in the list. Fresh blocks lie at
/// multiples of their size, from a page on at multiples of a page; nothing here asks for a
/// coarser alignment, and what does gets no memory.
#[inline(always)]
fn class(layout: Layout) -> Option<(u32, usize)> {
    let size = layout
        .size()
        .max(layout.align())
        .checked_next_power_of_two()?;
    let power = size.trailing_zeros().max(SMALLEST);
    let index = (power - SMALLEST) as usize;
    (index < CLASSES && layout.align() <= PAGE).then_some((power, index))
}

unsafe extern "C" {
    /// The first byte that the linker has given to nothing.
    static __heap_base: u8;
}

impl State {
    fn fresh(&mut self, size: usize) -> *mut u8 {
        if self.end == 0 {
            // What the memory has from the start, and nobody uses.
            self.next = (&raw const __heap_base).addr();
            self.end = wasm32::memory_size(0) * PAGE;
        }
        let start = self.next.checked_next_multiple_of(size.min(PAGE));
        let Some((start, end)) = start.and_then(|start| Some((start, start.checked_add(size)?)))
        else {
            return null_mut();
        };
        if end > self.end {
            let pages = (end - self.end).div_ceil(PAGE);
            let before = wasm32::memory_grow(0, pages);
            if before == usize::MAX {
                return null_mut();
            }
            let begin = before * PAGE;
            if begin != self.end {
                // Somebody else grew it: start over there.
                self.next = begin;
                self.end = begin + pages * PAGE;
                return self.fresh(size);
            }
            self.end += pages * PAGE;
        }
        self.next = end;
        start as *mut u8
    }
}

// SAFETY: a block is handed out once until it comes back, is at least as large as asked for and
// aligned to its own size; null means that there is no memory.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((power, index)) = class(layout) else {
            return null_mut();
        };
        // SAFETY: no threads, and nothing in here calls back.
        let state = unsafe { &mut *self.0.get() };
        let block = state.free[index];
        if block.is_null() {
            return state.fresh(1 << power);
        }
        // SAFETY: a free block begins with the address of the next one.
        state.free[index] = unsafe { *block.cast::<*mut u8>() };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some((_, index)) = class(layout) {
            // SAFETY: as above; the block is ours again and has room for an address.
            unsafe {
                let state = &mut *self.0.get();
                *block.cast::<*mut u8>() = state.free[index];
                state.free[index] = block;
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the rules of `GlobalAlloc::realloc`.
        let larger = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if class(layout) == class(larger) {
            return block;
        }
        // SAFETY: both blocks hold at least the smaller of the two sizes and do not overlap.
        unsafe {
            let moved = self.alloc(larger);
            if !moved.is_null() {
                core::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[global_allocator]
static MEMORY: Blocks = Blocks(UnsafeCell::new(State {
    free: [null_mut(); CLASSES],
    next: 0,
    end: 0,
}));

/// Nobody would read the text: the host reports a trap.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}
