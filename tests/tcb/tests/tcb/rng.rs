// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small random generator (SplitMix64).

/// The generator.
pub struct Rng(u64);

/// How many events a test draws: `SYNCLINE_EVENTS`, or 100,000.
pub fn events() -> usize {
    std::env::var("SYNCLINE_EVENTS").map_or(100_000, |n| n.parse().expect("SYNCLINE_EVENTS is a number"))
}

impl Rng {
    /// Takes `SYNCLINE_SEED` if that is set, and prints the seed.
    pub fn new(default_seed: u64) -> Self {
        let seed = match std::env::var("SYNCLINE_SEED") {
            Ok(text) => text.parse().expect("SYNCLINE_SEED is a decimal number"),
            Err(_) => default_seed,
        };
        println!("SYNCLINE_SEED={seed}");
        Rng(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn word(&mut self) -> u32 {
        self.next() as u32
    }

    /// 0 to `bound`, inclusive.
    pub fn upto(&mut self, bound: u32) -> u32 {
        (self.next() % (u64::from(bound) + 1)) as u32
    }

    pub fn percent(&mut self, p: u32) -> bool {
        self.upto(99) < p
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.next() as usize % of.len()]
    }

    /// A word that lies near one of `marks`, mostly; now and then anything. (Not 2^31 away: neither before nor after.)
    pub fn near(&mut self, marks: &[u32]) -> u32 {
        let mark = self.pick(marks);
        match self.upto(19) {
            0..=9 => mark,
            10..=12 => mark.wrapping_add(1),
            13..=15 => mark.wrapping_sub(1),
            16 => mark.wrapping_add(self.upto(3000)),
            17 => mark.wrapping_sub(self.upto(3000)),
            18 => mark.wrapping_add(self.pick(&[0x7ff0_0000, 0x8010_0000])),
            _ => self.word(),
        }
    }
}
