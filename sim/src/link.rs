// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cable between the card and its peer: latency, MTU and impairments, a direction each.

use crate::impair::{Fate, Impairments, Random, flip_bit};
use crate::mac::Frame;
use std::collections::BTreeMap;
use std::time::Duration;

/// Frames below this are padded on the wire (64 bytes less the FCS).
pub(crate) const MIN_FRAME: usize = 60;
/// Preamble (8), FCS (4) and inter-frame gap (12): what a frame costs on the wire beyond its bytes.
pub const WIRE_OVERHEAD: usize = 24;

/// Properties of a direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkConfig {
    /// From the last bit in to the last bit out.
    pub latency: Duration,
    /// Largest IP packet; longer frames are dropped and counted.
    pub mtu: usize,
    /// Count preamble, FCS and inter-frame gap, as a wire does; otherwise frames follow each other without a gap.
    pub wire_gaps: bool,
    /// What goes wrong.
    pub impairments: Impairments,
}

impl Default for LinkConfig {
    /// A perfect short cable with Ethernet's gaps and an MTU of 1500.
    fn default() -> Self {
        LinkConfig {
            latency: Duration::ZERO,
            mtu: 1500,
            wire_gaps: true,
            impairments: Impairments::default(),
        }
    }
}

/// Counts of a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Frames sent into the link.
    pub frames: u64,
    /// Bytes of these, without FCS.
    pub bytes: u64,
    /// Lost.
    pub dropped: u64,
    /// Delivered twice.
    pub duplicated: u64,
    /// Held back.
    pub reordered: u64,
    /// With a flipped bit.
    pub corrupted: u64,
    /// Longer than the MTU allows, so lost.
    pub too_long: u64,
}

/// One direction of the link.
#[derive(Debug)]
pub(crate) struct Direction {
    config: LinkConfig,
    random: Random,
    /// By time of arrival, then order of sending.
    flight: BTreeMap<(Duration, u64), Frame>,
    sent: u64,
    /// Nothing that is sent in order arrives before this.
    in_order: Duration,
    stats: LinkStats,
}

impl Direction {
    pub fn new(config: LinkConfig, seed: u64) -> Self {
        Direction {
            config,
            random: Random::new(seed),
            flight: BTreeMap::new(),
            sent: 0,
            in_order: Duration::ZERO,
            stats: LinkStats::default(),
        }
    }

    pub fn config(&self) -> &LinkConfig {
        &self.config
    }

    /// Changes the link from the next frame on.
    pub fn set_config(&mut self, config: LinkConfig) {
        self.config = config;
    }

    pub fn stats(&self) -> LinkStats {
        self.stats
    }

    /// Sends `frame` at `now`.
    pub fn send(&mut self, now: Duration, mut frame: Frame) -> Fate {
        let impair = self.config.impairments;
        self.stats.frames += 1;
        self.stats.bytes += frame.bytes.len() as u64;
        // Every draw is made for every frame: what happens to one frame does not depend on the other probabilities.
        let mut fate = Fate {
            dropped: self.random.chance(impair.drop),
            duplicated: self.random.chance(impair.duplicate),
            reordered: self.random.chance(impair.reorder),
            corrupted: self.random.chance(impair.corrupt),
        };
        let late = Duration::from_nanos(self.random.below(impair.jitter.as_nanos() as u64 + 1));
        fate.corrupted = flip_bit_if(fate.corrupted, &mut frame.bytes, &mut self.random);
        if frame.bytes.len() > self.config.mtu + 14 {
            self.stats.too_long += 1;
            fate.dropped = true;
        }
        self.stats.dropped += u64::from(fate.dropped);
        if fate.dropped {
            return Fate { dropped: true, ..Fate::default() };
        }
        self.stats.duplicated += u64::from(fate.duplicated);
        self.stats.reordered += u64::from(fate.reordered);
        self.stats.corrupted += u64::from(fate.corrupted);
        let mut due = self.in_order.max(now + self.config.latency + late);
        if fate.reordered {
            due += impair.reorder_by;
        } else {
            self.in_order = due;
        }
        frame.fate = fate;
        if fate.duplicated {
            self.put(due, frame.clone());
        }
        self.put(due, frame);
        fate
    }

    fn put(&mut self, due: Duration, frame: Frame) {
        self.flight.insert((due, self.sent), frame);
        self.sent += 1;
    }

    /// When the next frame arrives.
    pub fn due(&self) -> Option<Duration> {
        self.flight.first_key_value().map(|((due, _), _)| *due)
    }

    /// The next frame that has arrived by `now`.
    pub fn receive(&mut self, now: Duration) -> Option<Frame> {
        let first = self.flight.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// Bytes of wire time that a frame of `length` takes.
    pub fn wire_bytes(&self, length: usize) -> u64 {
        let gaps = if self.config.wire_gaps { WIRE_OVERHEAD } else { 0 };
        (length.max(MIN_FRAME) + gaps) as u64
    }
}

/// Draws in any case, so that the sequence does not depend on the outcome.
fn flip_bit_if(yes: bool, frame: &mut [u8], random: &mut Random) -> bool {
    let mut spare = Vec::new();
    flip_bit(if yes { frame } else { spare.as_mut_slice() }, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u32) -> Vec<u8> {
        let mut frame = vec![0; 60];
        frame[12] = 0x08;
        frame[17] = 46;
        frame[40..44].copy_from_slice(&number.to_be_bytes());
        frame
    }

    fn number(frame: &[u8]) -> u32 {
        u32::from_be_bytes(frame[40..44].try_into().unwrap())
    }

    fn pass(config: LinkConfig, seed: u64, count: u32) -> (Vec<(Duration, Vec<u8>)>, LinkStats) {
        let mut link = Direction::new(config, seed);
        let mut out = Vec::new();
        for i in 0..count {
            link.send(Duration::from_micros(u64::from(i)), Frame::new(frame(i)));
        }
        while let Some(due) = link.due() {
            let before = due.checked_sub(Duration::from_nanos(1));
            assert_eq!(before.and_then(|at| link.receive(at)), None);
            out.push((due, link.receive(due).unwrap().bytes));
        }
        (out, link.stats())
    }

    #[test]
    fn a_perfect_link_keeps_order_and_time() {
        let config = LinkConfig { latency: Duration::from_micros(50), ..LinkConfig::default() };
        let (out, stats) = pass(config, 1, 100);
        assert_eq!(stats, LinkStats { frames: 100, bytes: 6000, ..LinkStats::default() });
        for (i, (due, bytes)) in out.iter().enumerate() {
            assert_eq!((*due, bytes), (Duration::from_micros(50 + i as u64), &frame(i as u32)));
        }
    }

    #[test]
    fn each_impairment_does_its_own() {
        let with = |impairments| LinkConfig { impairments, ..LinkConfig::default() };
        let some = Impairments::default();
        let (out, stats) = pass(with(Impairments::loss(0.1)), 2, 1000);
        assert!((60..140).contains(&stats.dropped) && out.len() as u64 == 1000 - stats.dropped);
        let (out, stats) = pass(with(Impairments { duplicate: 0.1, ..some }), 3, 1000);
        assert!((60..140).contains(&stats.duplicated) && out.len() as u64 == 1000 + stats.duplicated);
        let reorder = Impairments { reorder: 0.1, reorder_by: Duration::from_micros(5), ..some };
        let (out, stats) = pass(with(reorder), 4, 1000);
        let late = out.windows(2).filter(|w| number(&w[1].1) < number(&w[0].1)).count() as u64;
        assert!((60..140).contains(&stats.reordered) && late > stats.reordered / 2 && out.len() == 1000);
        let (out, stats) = pass(with(Impairments { corrupt: 0.1, ..some }), 5, 1000);
        let wrong = (0..).zip(&out).filter(|(i, (_, bytes))| *bytes != frame(*i)).count() as u64;
        assert!((60..140).contains(&wrong) && wrong == stats.corrupted);
        let (out, _) = pass(with(Impairments { jitter: Duration::from_micros(9), ..some }), 6, 1000);
        assert!(out.windows(2).all(|w| number(&w[0].1) < number(&w[1].1)));
        assert!((0..).zip(&out).any(|(i, (due, _))| *due > Duration::from_micros(i)));
    }

    #[test]
    fn a_seed_repeats() {
        let impairments = Impairments {
            drop: 0.1,
            duplicate: 0.1,
            reorder: 0.1,
            corrupt: 0.1,
            reorder_by: Duration::from_micros(30),
            jitter: Duration::from_micros(20),
        };
        let config = LinkConfig { impairments, ..LinkConfig::default() };
        assert_eq!(pass(config, 7, 500), pass(config, 7, 500));
        assert_ne!(pass(config, 7, 500).0, pass(config, 8, 500).0);
    }

    #[test]
    fn giants_are_lost() {
        let mut link = Direction::new(LinkConfig::default(), 0);
        assert!(!link.send(Duration::ZERO, Frame::new(vec![0; 1514])).dropped);
        assert!(link.send(Duration::ZERO, Frame::new(vec![0; 1515])).dropped);
        assert_eq!(link.stats().too_long, 1);
    }
}
