//! Chance that can be repeated.

use std::time::SystemTime;

/// Numbers that a seed determines (SplitMix64).
pub struct Random(u64);

impl Random {
    /// From `PASSCODE_SEED`, else from the clock. Printed, so that a failure can be repeated.
    pub fn from_environment() -> Self {
        let seed = match std::env::var("PASSCODE_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64,
        };
        println!("PASSCODE_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}
