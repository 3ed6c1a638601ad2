//! The contract's nouns, generated from `wit/types.wit`. They compile natively as well as for
//! wasm, so that everything in this crate is tested without a sandbox.

#![allow(
    unsafe_code,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    reason = "generated bindings; the documentation is in wit/types.wit"
)]

wit_bindgen::generate!({
    world: "nouns",
    path: "../../wit",
    additional_derives: [PartialEq],
    generate_unused_types: true,
});

pub use passcode::action::types::*;
