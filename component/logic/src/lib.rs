//! The passcode action as plain Rust.
