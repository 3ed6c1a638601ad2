//! The exports themselves.
//!
//! The macro of `wit-bindgen` would also export nine functions that free an answer once it was
//! read. Every step runs in a fresh instance, which is thrown away with its memory, so they
//! would be ten kilobytes for nothing. What is left out is optional in the component model; the
//! arguments below are checked by the compiler against the generated functions.

use crate::Component;
use crate::bindings::exports::passcode::action::action as generated;

/// One export: its name in the contract, the generated function, the flat arguments.
macro_rules! export {
    ($name:literal, $function:ident, $generated:ident, ($($argument:ident: $type:ty),*)) => {
        #[unsafe(export_name = concat!("passcode:action/action@0.1.0#", $name))]
        unsafe extern "C" fn $function($($argument: $type),*) -> *mut u8 {
            // SAFETY: called by the canonical ABI alone, with the arguments that it makes.
            unsafe { generated::$generated::<Component>($($argument),*) }
        }
    };
}

type P = *mut u8;

export!("describe", describe, _export_describe_cabi, ());
export!("matrix", matrix, _export_matrix_cabi, ());
export!("addresses", addresses, _export_addresses_cabi, ());
export!("find", find, _export_find_cabi, (a: i32, b: P, c: usize, d: P, e: usize, f: P, g: usize, h: i32, i: P, j: usize, k: P, l: usize, m: i32));
export!("prepare", prepare, _export_prepare_cabi, (a: P));
export!("commit", commit, _export_commit_cabi, (a: P));
export!("observe", observe, _export_observe_cabi, (a: P));
export!("results", results, _export_results_cabi, (a: P, b: usize, c: P, d: usize, e: i32, f: P, g: usize, h: P, i: usize, j: i32));
export!("history", history, _export_history_cabi, (a: i32, b: P, c: usize, d: i32, e: P, f: usize, g: i32, h: P, i: usize, j: i32, k: P, l: usize, m: P, n: usize, o: i32));
