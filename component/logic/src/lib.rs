//! The passcode action as plain Rust.

pub mod contract;
