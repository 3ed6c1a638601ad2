//! The passcode command.

fn main() {}
