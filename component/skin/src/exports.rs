//! The exported functions, by the canonical ABI.
//!
//! What fits into sixteen numbers comes as so many arguments, the rest as one address. The arguments of ours that come one by
//! one are made of 32-bit fields alone, so in a row they lie as they would in memory. That names and
//! numbers of arguments are those of the contract, the encoder checks.

use alloc::string::String;

use passcode_logic as logic;
use passcode_logic::contract::{Context, HistoryQuery, Order, Plan, Receipt, Selector};

use crate::Door;
use crate::abi::{Abi, answer};

/// One export: its name in the contract, its arguments, what it does with them.
macro_rules! export {
    ($name:literal, $function:ident, [$($word:ident)*], |($($argument:ident),*): $types:ty| $body:expr) => {
        #[unsafe(export_name = concat!("passcode:action/action@0.1.0#", $name))]
        extern "C" fn $function($($word: u32),*) -> *mut u8 {
            let words = [$($word),*];
            const { assert!(<$types>::SIZE == 4 * [$(stringify!($word)),*].len()) };
            // SAFETY: called by the canonical ABI alone, which hands these over, in this order.
            let ($($argument,)*) = unsafe { <$types>::lift(words.as_ptr().cast()) };
            answer($body)
        }
    };
    ($name:literal, $function:ident, *, |($($argument:ident),*): $types:ty| $body:expr) => {
        #[unsafe(export_name = concat!("passcode:action/action@0.1.0#", $name))]
        extern "C" fn $function(at: *const u8) -> *mut u8 {
            // SAFETY: called by the canonical ABI alone, which hands these over, in this order.
            let ($($argument,)*) = unsafe { <$types>::lift(at) };
            answer($body)
        }
    };
    ($name:literal, $function:ident, || $body:expr) => {
        #[unsafe(export_name = concat!("passcode:action/action@0.1.0#", $name))]
        extern "C" fn $function() -> *mut u8 {
            answer($body)
        }
    };
}

export!("describe", describe, || logic::describe());
export!("matrix", matrix, || logic::matrix());
export!("addresses", addresses, || logic::addresses());
export!("find", find, [a b c d e f g h i j k l m],
    |(selector, context): (Selector, Context)| logic::find(&mut Door, &selector, &context));
export!("prepare", prepare, *,
    |(order, context): (Order, Context)| logic::prepare(&mut Door, &order, &context));
export!("commit", commit, *,
    |(plan, context): (Plan, Context)| logic::commit(&mut Door, &plan, &context));
export!("observe", observe, *,
    |(plan, receipt, context): (Plan, Receipt, Context)| logic::observe(&mut Door, &plan, &receipt, &context));
export!("results", results, [a b c d e f g h i j],
    |(device, context): (String, Context)| logic::results(&mut Door, &device, &context));
export!("history", history, [a b c d e f g h i j k l m n o],
    |(query, context): (HistoryQuery, Context)| logic::history(&mut Door, &query, &context));
