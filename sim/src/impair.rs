// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a bad network does to frames, by a seed.

use std::time::Duration;

/// Probabilities (0.0 to 1.0) of what happens to a frame on its way; the default is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Impairments {
    /// The frame is lost.
    pub drop: f64,
    /// The frame arrives twice.
    pub duplicate: f64,
    /// The frame is held back by `reorder_by`, so that later ones overtake it.
    pub reorder: f64,
    /// One bit of the frame's IPv4 packet is flipped. Frames without a checksum of their own (ARP) are spared: on a real
    /// wire the FCS catches nearly all of these, and nothing else would.
    pub corrupt: f64,
    /// How long a reordered frame is held back.
    pub reorder_by: Duration,
    /// Frames are late by a random time up to this, in order.
    pub jitter: Duration,
}

impl Impairments {
    /// Loss alone.
    pub fn loss(drop: f64) -> Self {
        Impairments { drop, ..Impairments::default() }
    }
}

/// What has happened to a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// Lost.
    pub dropped: bool,
    /// Sent twice.
    pub duplicated: bool,
    /// Held back.
    pub reordered: bool,
    /// A bit is flipped.
    pub corrupted: bool,
}

impl Fate {
    /// The words for a recorder, `None` if nothing has happened.
    pub fn describe(self) -> Option<String> {
        let all = [
            (self.dropped, "lost"),
            (self.duplicated, "duplicated"),
            (self.reordered, "reordered"),
            (self.corrupted, "corrupted"),
        ];
        let words: Vec<_> = all.iter().filter(|(yes, _)| *yes).map(|(_, word)| *word).collect();
        (!words.is_empty()).then(|| format!("link: {}", words.join(", ")))
    }
}

/// A small generator (SplitMix64), so that a seed means the same in every version of every dependency.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound` (0 if `bound` is 0).
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// True with `probability`.
    pub fn chance(&mut self, probability: f64) -> bool {
        // 53 bits are what an f64 holds. Always drawn, so that one probability does not move the draws of another.
        let draw = (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        draw < probability
    }
}

/// Flips one bit of the IPv4 packet in `frame`; false if there is none.
pub(crate) fn flip_bit(frame: &mut [u8], random: &mut Random) -> bool {
    const ETHERNET: usize = 14;
    let draw = random.next_u64();
    if frame.len() <= ETHERNET || frame[12..14] != [0x08, 0x00] {
        return false;
    }
    // Padding is covered by nothing and means nothing: flip within the packet.
    let total = usize::from(u16::from_be_bytes([frame[16], frame[17]])).clamp(1, frame.len() - ETHERNET);
    let bit = (draw % (total as u64 * 8)) as usize;
    frame[ETHERNET + bit / 8] ^= 1 << (bit % 8);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_about_right() {
        let mut random = Random::new(1);
        let hits = (0..100_000).filter(|_| random.chance(0.02)).count();
        assert!((1_800..2_200).contains(&hits), "{hits}");
        assert!(!(0..1000).any(|_| random.chance(0.0)));
        assert!((0..1000).all(|_| random.chance(1.0)));
        assert!((0..1000).all(|_| random.below(7) < 7));
    }

    #[test]
    fn the_generator_is_splitmix64() {
        // First outputs for seed 0 as published with the algorithm.
        let mut random = Random::new(0);
        assert_eq!(random.next_u64(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.next_u64(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn one_bit_of_ipv4_is_flipped() {
        let mut random = Random::new(2);
        let mut frame = vec![0; 60];
        (frame[12], frame[17]) = (0x08, 46);
        let before = frame.clone();
        assert!(flip_bit(&mut frame, &mut random));
        let flipped: u32 = frame.iter().zip(&before).map(|(a, b)| (a ^ b).count_ones()).sum();
        assert_eq!((flipped, &frame[..14]), (1, &before[..14]));
        frame[12..14].copy_from_slice(&[0x08, 0x06]);
        assert!(!flip_bit(&mut frame, &mut random));
    }
}
