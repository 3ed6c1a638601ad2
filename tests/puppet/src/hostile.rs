//! What no component should do.

use std::hint::black_box;

use serde_json::Value;

use crate::words::number;

pub(crate) fn act(what: &str, step: &Value) {
    match what {
        "spin" => loop {
            black_box(0);
        },
        "spin-for" => {
            let mut sum = 0_u64;
            for turn in 0..step["turns"].as_u64().unwrap_or(0) {
                sum = black_box(sum.wrapping_mul(31).wrapping_add(turn));
            }
            black_box(sum);
        }
        "recurse" => {
            black_box(down(black_box(0)));
        }
        "grow" => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                hoard.push(black_box(vec![1; 1 << 20]));
            }
        }
        "grow-pages" => {
            while core::arch::wasm32::memory_grow(0, number(&step["pages"])) != usize::MAX {}
            panic!("no more memory, and nobody stopped it");
        }
        "hold" => {
            // Left behind in memory, for those who search it.
            let text = step["text"].as_str().unwrap_or_default().to_owned();
            std::mem::forget(black_box(text));
        }
        "trap" => core::arch::wasm32::unreachable(),
        "panic" => panic!("told to"),
        other => panic!("a script asks for `{other}`, which the puppet cannot do"),
    }
}

/// Needs the machine's stack and not the one in linear memory, which has its own end.
#[inline(never)]
fn down(depth: u64) -> u64 {
    if depth == u64::MAX {
        return 0;
    }
    down(black_box_free(depth)).wrapping_mul(3) ^ depth
}

#[inline(always)]
fn black_box_free(depth: u64) -> u64 {
    depth.wrapping_add(1)
}
