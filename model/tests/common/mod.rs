// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the model's random tests share.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True so many times out of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is not a number")))
}

/// Runs `test` for `SYNCLINE_SEED` alone, or for `SYNCLINE_SEEDS` or else `default` seeds; says which one failed.
pub fn seeds(default: u64, test: impl Fn(u64)) {
    let seeds = match number("SYNCLINE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SYNCLINE_SEEDS").unwrap_or(default),
    };
    for seed in seeds {
        let run = catch_unwind(AssertUnwindSafe(|| test(seed)));
        assert!(run.is_ok(), "SYNCLINE_SEED={seed} repeats it");
    }
}
