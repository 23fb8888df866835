// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries go in by two sides at random times while a host reads at random: what it reads is always a whole old or a whole new entry.

use super::*;
use crate::sim::{ready, settle, tick};
use crate::stream::bench::{Rng, bits_of, bytes_of, clocked};

type E64 = Entries64<2, 5>;
type E512 = Entries512<2, 3>;
clocked!(E64, E512);

const CQ: u64 = 0x1000;
const EQ: u64 = 0x2000;

/// One side: the entry on offer, and how many have been stored.
#[derive(Default)]
struct Side {
    offered: Option<[u8; 32]>,
    stored: u64,
}

impl Side {
    fn offer(&mut self, rng: &mut Rng) {
        if self.offered.is_none() && rng.chance(40) {
            self.offered = Some(rng.bytes(32).try_into().expect("32 bytes"));
        }
    }

    fn slot(&self) -> u64 {
        self.stored % 4
    }

    fn phase(&self) -> bool {
        (self.stored / 4).is_multiple_of(2)
    }

    /// With its phase, as the host will find it.
    fn entry(&self) -> [u8; 32] {
        let mut entry = self.offered.expect("on offer");
        entry[3] = entry[3] & 0x7f | u8::from(self.phase()) << 7;
        entry
    }
}

macro_rules! check {
    ($block:ty, $bytes:literal, rows $rows:literal, $rng:expr) => {
        let rng = $rng;
        let mut uut = ready(Box::<$block>::default());
        let uut = uut.as_mut();
        let mut sides = [Side::default(), Side::default()];
        // By ring and slot; the words that have been written of the entry on offer may already be there.
        let mut memory = [[[0_u8; 32]; 4]; 2];
        let mut asked: Option<(usize, usize, usize)> = None;
        // The phase that the host has to be given for a word that it read in the cycle of its writing: the old one. The rest is anything.
        let mut absent: Option<u8> = None;
        let mut met = 0;
        let mut cycles_to_ready = 0;
        while !uut.ready.val() {
            assert!(!uut.cq_stored.val() && !uut.eq_stored.val());
            tick(uut);
            settle(uut);
            cycles_to_ready += 1;
            assert!(cycles_to_ready <= $rows, "cleared in {} cycles", $rows);
        }
        for _ in 0..4000 {
            for side in &mut sides {
                side.offer(rng);
            }
            uut.cq_valid.next = sides[0].offered.is_some();
            uut.cq_entry.next = bits_of(&sides[0].offered.unwrap_or_default());
            (uut.cq_slot.next, uut.cq_phase.next) = (sides[0].slot().into(), sides[0].phase());
            uut.eq_valid.next = sides[1].offered.is_some();
            uut.eq_entry.next = bits_of(&sides[1].offered.unwrap_or_default());
            (uut.eq_slot.next, uut.eq_phase.next) = (sides[1].slot().into(), sides[1].phase());
            // The host likes the entries that come next.
            let ring = rng.below(2) as usize;
            let slot = if rng.chance(70) { sides[ring].slot() } else { rng.below(4) } as usize;
            let word = if $bytes == 64 { 0 } else { rng.below(4) as usize };
            let read = rng.chance(60);
            uut.raddr.next = ([CQ, EQ][ring] + 64 * slot as u64 + 8 * word as u64).into();
            settle(uut);
            // What was asked for in the cycle before: the old word, or a new one that is written already but not announced by its phase.
            if let Some((ring, slot, word)) = asked {
                let from = 8 * word;
                let length = if $bytes == 64 { 32 } else { 8 };
                let got = bytes_of(uut.data.val(), $bytes);
                let old = &memory[ring][slot][from..from + length];
                if let Some(phase) = absent.take() {
                    assert_eq!(got[3] & 0x80, phase, "the phase is that of the lap before");
                    met += 1;
                } else if &got[..length] != old {
                    let side = &sides[ring];
                    assert!(word != 0, "a phase before its time, or a word that is neither old nor new");
                    assert!(side.offered.is_some() && side.slot() == slot as u64);
                    // The simulated block RAM gives zeros for a word read in the cycle of its writing.
                    let zeros = got.iter().all(|byte| *byte == 0);
                    assert!(zeros || got[..length] == side.entry()[from..from + length]);
                }
                assert!(got[length..].iter().all(|byte| *byte == 0));
            }
            asked = read.then_some((ring, slot, word));
            let stored = [uut.cq_stored.val(), uut.eq_stored.val()];
            assert!(!(stored[0] && stored[1]));
            // A read in the cycle of the write sees the old word: it is compared before the memory changes.
            let before = memory;
            for (ring, side) in sides.iter_mut().enumerate() {
                if stored[ring] {
                    memory[ring][side.slot() as usize] = side.entry();
                    side.offered = None;
                    side.stored += 1;
                }
            }
            if let Some((ring, slot, 0)) = asked
                && before[ring][slot] != memory[ring][slot]
            {
                absent = Some(!memory[ring][slot][3] & 0x80);
            }
            tick(uut);
        }
        assert!(sides.iter().all(|side| side.stored > 100), "{} and {}", sides[0].stored, sides[1].stored);
        assert!(met > 20, "only {met} readings of what was being written");
        // A reset clears every phase, in whatever lap.
        uut.reset.next = true;
        tick(uut);
        uut.reset.next = false;
        (uut.cq_valid.next, uut.eq_valid.next) = (false, false);
        for _ in 0..$rows {
            settle(uut);
            assert!(!uut.ready.val());
            tick(uut);
        }
        for ring in [CQ, EQ] {
            for slot in 0..4 {
                uut.raddr.next = (ring + 64 * slot).into();
                tick(uut);
                settle(uut);
                assert!(uut.ready.val() && !uut.data.val().get_bit(31), "{ring:x} {slot}");
            }
        }
    };
}

#[test]
fn whole_entries_64() {
    let mut rng = Rng::new(310);
    check!(E64, 8, rows 32, &mut rng);
}

#[test]
fn whole_entries_512() {
    let mut rng = Rng::new(311);
    check!(E512, 64, rows 8, &mut rng);
}
