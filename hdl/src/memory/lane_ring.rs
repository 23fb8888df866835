// SPDX-License-Identifier: MIT OR Apache-2.0
//! Byte rings in block RAM, one RAM per byte lane: [`LaneRing8`], [`LaneRing64`].
//!
//! A word of `L` bytes that starts at any byte lies in one row of the lanes from its first byte on, and in the next row of
//! the lanes below. So a write or a read at any offset takes one cycle, and the word only has to be rotated.

use rust_hdl::prelude::*;

use crate::ram::Bram;

/// Eight byte lanes of `2^R` rows. A lane whose `next` bit is set works on row `next`, the others on row `row`.
///
/// `read_data` is the 64 bits of the eight lanes, in the low bits of `W`, one cycle later.
#[derive(LogicBlock, Default)]
pub struct Lanes8<const R: usize, const W: usize> {
    pub clock: Signal<In, Clock>,
    pub write_en: Signal<In, Bits<8>>,
    pub write_row: Signal<In, Bits<R>>,
    pub write_next_row: Signal<In, Bits<R>>,
    pub write_next: Signal<In, Bits<8>>,
    pub write_data: Signal<In, Bits<64>>,
    pub read_row: Signal<In, Bits<R>>,
    pub read_next_row: Signal<In, Bits<R>>,
    pub read_next: Signal<In, Bits<8>>,
    pub read_data: Signal<Out, Bits<W>>,
    lanes: [Bram<Bits<8>, R>; 8],
    low: Signal<Local, Bits<32>>,
    high: Signal<Local, Bits<32>>,
}

impl<const R: usize, const W: usize> Logic for Lanes8<R, W> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..8 {
            self.lanes[i].clock.next = self.clock.val();
            self.lanes[i].write_en.next = self.write_en.val().get_bit(i);
            self.lanes[i].write_data.next = self.write_data.val().get_bits::<8>(i * 8);
            self.lanes[i].write_addr.next = self.write_row.val();
            if self.write_next.val().get_bit(i) {
                self.lanes[i].write_addr.next = self.write_next_row.val();
            }
            self.lanes[i].read_addr.next = self.read_row.val();
            if self.read_next.val().get_bit(i) {
                self.lanes[i].read_addr.next = self.read_next_row.val();
            }
        }
        self.low.next = bit_cast::<32, 8>(self.lanes[0].read_data.val())
            | (bit_cast::<32, 8>(self.lanes[1].read_data.val()) << 8)
            | (bit_cast::<32, 8>(self.lanes[2].read_data.val()) << 16)
            | (bit_cast::<32, 8>(self.lanes[3].read_data.val()) << 24);
        self.high.next = bit_cast::<32, 8>(self.lanes[4].read_data.val())
            | (bit_cast::<32, 8>(self.lanes[5].read_data.val()) << 8)
            | (bit_cast::<32, 8>(self.lanes[6].read_data.val()) << 16)
            | (bit_cast::<32, 8>(self.lanes[7].read_data.val()) << 24);
        self.read_data.next = bit_cast::<W, 32>(self.low.val()) | (bit_cast::<W, 32>(self.high.val()) << 32);
    }
}

/// The row of a byte address and the next row of its ring, one cycle later, or at once if `direct`.
///
/// `B` is the width of the address, `R` that of the row and `A` that of the lane.
#[derive(LogicBlock)]
pub struct RingRow<const B: usize, const R: usize, const A: usize> {
    pub clock: Signal<In, Clock>,
    pub addr: Signal<In, Bits<B>>,
    pub row: Signal<Out, Bits<R>>,
    pub next_row: Signal<Out, Bits<R>>,
    pub lane: Signal<Out, Bits<A>>,
    held: DFF<Bits<R>>,
    held_next: DFF<Bits<R>>,
    held_lane: DFF<Bits<A>>,
    direct: Constant<Bit>,
    /// The row bits inside a ring: the others are the flow.
    in_ring: Constant<Bits<R>>,
    lane_bits: Constant<Bits<4>>,
    moved: Signal<Local, Bits<B>>,
    now: Signal<Local, Bits<R>>,
    plus: Signal<Local, Bits<R>>,
}

impl<const B: usize, const R: usize, const A: usize> RingRow<B, R, A> {
    fn new(ring_bytes: usize, direct: bool) -> Self {
        assert_eq!(B, R + A, "lane ring: address, row and lane bits disagree");
        assert!(ring_bytes.is_power_of_two(), "lane ring: {ring_bytes} bytes is not a power of two");
        assert!(
            ring_bytes >> A >= 2 && ring_bytes <= 1 << B,
            "lane ring: no ring of {ring_bytes} bytes here"
        );
        Self {
            clock: Default::default(),
            addr: Default::default(),
            row: Default::default(),
            next_row: Default::default(),
            lane: Default::default(),
            held: Default::default(),
            held_next: Default::default(),
            held_lane: Default::default(),
            direct: Constant::new(direct),
            in_ring: Constant::new(((ring_bytes as u64 >> A) - 1).into()),
            lane_bits: Constant::new((A as u64).into()),
            moved: Default::default(),
            now: Default::default(),
            plus: Default::default(),
        }
    }
}

impl<const B: usize, const R: usize, const A: usize> Logic for RingRow<B, R, A> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, held_next, held_lane);
        self.moved.next = self.addr.val() >> self.lane_bits.val();
        self.now.next = self.moved.val().get_bits::<R>(0);
        self.plus.next = self.now.val() + 1;
        self.held.d.next = self.now.val();
        self.held_next.d.next =
            (self.now.val() & !self.in_ring.val()) | (self.plus.val() & self.in_ring.val());
        self.held_lane.d.next = self.addr.val().get_bits::<A>(0);
        self.row.next = self.held.q.val();
        self.next_row.next = self.held_next.q.val();
        self.lane.next = self.held_lane.q.val();
        if self.direct.val() {
            self.row.next = self.held.d.val();
            self.next_row.next = self.held_next.d.val();
            self.lane.next = self.held_lane.d.val();
        }
    }
}

macro_rules! rotate {
    ($name:ident, $w:tt, $w2:tt, $a:tt, fine $f:tt $fb:tt, coarse $c:tt $cb:tt by $step:tt) => {
        /// Rotates a word down by `by` bytes (`out` lane 0 is `data` lane `by`), two cycles later.
        #[derive(LogicBlock, Default)]
        pub struct $name {
            pub clock: Signal<In, Clock>,
            pub data: Signal<In, Bits<$w>>,
            pub by: Signal<In, Bits<$a>>,
            pub out: Signal<Out, Bits<$w>>,
            fine: Signal<Local, Bits<$fb>>,
            fine_twice: Signal<Local, Bits<$w2>>,
            fine_moved: Signal<Local, Bits<$w2>>,
            half: DFF<Bits<$w>>,
            steps: DFF<Bits<$c>>,
            coarse: Signal<Local, Bits<$cb>>,
            coarse_twice: Signal<Local, Bits<$w2>>,
            coarse_moved: Signal<Local, Bits<$w2>>,
            held: DFF<Bits<$w>>,
        }

        impl Logic for $name {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, half, steps, held);
                // First by single bytes, then by the rest.
                self.fine.next = bit_cast::<$fb, $f>(self.by.val().get_bits::<$f>(0)) << 3;
                self.fine_twice.next =
                    bit_cast::<$w2, $w>(self.data.val()) | (bit_cast::<$w2, $w>(self.data.val()) << $w);
                self.fine_moved.next = self.fine_twice.val() >> self.fine.val();
                self.half.d.next = self.fine_moved.val().get_bits::<$w>(0);
                self.steps.d.next = self.by.val().get_bits::<$c>($f);

                self.coarse.next = bit_cast::<$cb, $c>(self.steps.q.val()) << $step;
                self.coarse_twice.next =
                    bit_cast::<$w2, $w>(self.half.q.val()) | (bit_cast::<$w2, $w>(self.half.q.val()) << $w);
                self.coarse_moved.next = self.coarse_twice.val() >> self.coarse.val();
                self.held.d.next = self.coarse_moved.val().get_bits::<$w>(0);
                self.out.next = self.held.q.val();
            }
        }
    };
}
rotate!(Rotate8, 64, 128, 3, fine 2 5, coarse 1 6 by 5);
rotate!(Rotate64, 512, 1024, 6, fine 3 6, coarse 3 9 by 6);

macro_rules! lane_ring {
    ($name:ident, $rotate:ident, lanes $k:tt, $k2:tt, $w:tt, $a:tt, groups $groups:tt by $top:tt, full $full:tt,
     direct $direct:tt, read latency $read:literal, write latency $write:literal) => {
        /// `2^B` bytes in rings of `RING` bytes (powers of two), one write and one read per cycle at any byte offset.
        ///
        /// An address is the flow's number above the ring offset. `R` is `B` less the lane bits. A write takes the bytes of
        /// `write_data` whose `write_keep` bit is set (in any pattern) to the addresses from `write_addr` on, wrapping
        /// inside the ring. A read gives the bytes from `read_addr` on, wrapping likewise, the first in lane 0.
        ///
        /// Where writes are always aligned, tie the low address bits to 0: the rotation then folds away in synthesis.
        #[derive(LogicBlock)]
        pub struct $name<const B: usize, const R: usize, const RING: usize> {
            pub clock: Signal<In, Clock>,
            pub write_valid: Signal<In, Bit>,
            pub write_addr: Signal<In, Bits<B>>,
            pub write_data: Signal<In, Bits<$w>>,
            pub write_keep: Signal<In, Bits<$k>>,
            /// At eight lanes the address must come from a register.
            pub read_addr: Signal<In, Bits<B>>,
            pub read_data: Signal<Out, Bits<$w>>,
            write_at: RingRow<B, R, $a>,
            read_at: RingRow<B, R, $a>,
            write_rotate: $rotate,
            read_rotate: $rotate,
            groups: [Lanes8<R, $w>; $groups],
            enable: DFF<Bits<$k>>,
            // A second stage, to keep step with the rotation.
            write_en: DFF<Bits<$k>>,
            write_row: DFF<Bits<R>>,
            write_next_row: DFF<Bits<R>>,
            write_next: DFF<Bits<$k>>,
            read_lane: DFF<Bits<$a>>,
            write_lane: Signal<Local, Bits<$a>>,
            write_back: Signal<Local, Bits<$a>>,
            keep: Signal<Local, Bits<$k>>,
            keep_twice: Signal<Local, Bits<$k2>>,
            keep_moved: Signal<Local, Bits<$k2>>,
            write_above: Signal<Local, Bits<$k>>,
            read_above: Signal<Local, Bits<$k>>,
            read_next: Signal<Local, Bits<$k>>,
            row_data: Signal<Local, Bits<$w>>,
            word: [Signal<Local, Bits<$w>>; $groups],
        }

        impl<const B: usize, const R: usize, const RING: usize> $name<B, R, RING> {
            /// Cycles from `read_addr` to `read_data`.
            pub const READ_LATENCY: usize = $read;
            /// A read issued this many cycles after the write, or later, sees it.
            pub const WRITE_LATENCY: usize = $write;
        }

        impl<const B: usize, const R: usize, const RING: usize> Default for $name<B, R, RING> {
            fn default() -> Self {
                Self {
                    clock: Default::default(),
                    write_valid: Default::default(),
                    write_addr: Default::default(),
                    write_data: Default::default(),
                    write_keep: Default::default(),
                    read_addr: Default::default(),
                    read_data: Default::default(),
                    write_at: RingRow::new(RING, false),
                    read_at: RingRow::new(RING, $direct),
                    write_rotate: Default::default(),
                    read_rotate: Default::default(),
                    groups: Default::default(),
                    enable: Default::default(),
                    write_en: Default::default(),
                    write_row: Default::default(),
                    write_next_row: Default::default(),
                    write_next: Default::default(),
                    read_lane: Default::default(),
                    write_lane: Default::default(),
                    write_back: Default::default(),
                    keep: Default::default(),
                    keep_twice: Default::default(),
                    keep_moved: Default::default(),
                    write_above: Default::default(),
                    read_above: Default::default(),
                    read_next: Default::default(),
                    row_data: Default::default(),
                    word: Default::default(),
                }
            }
        }

        #[allow(clippy::reversed_empty_ranges)] // eight lanes are one group: nothing to put together
        impl<const B: usize, const R: usize, const RING: usize> Logic for $name<B, R, RING> {
            crate::module_name!();

            #[hdl_gen]
            fn update(&mut self) {
                dff_setup!(self, clock, enable, write_en, write_row, write_next_row, write_next, read_lane);
                clock!(self, clock, write_at, read_at, write_rotate, read_rotate);

                // Write: up by the lane of the first byte, that is down by its negative.
                self.write_at.addr.next = self.write_addr.val();
                self.write_lane.next = self.write_addr.val().get_bits::<$a>(0);
                self.write_back.next = bits::<$a>(0) - self.write_lane.val();
                self.write_rotate.data.next = self.write_data.val();
                self.write_rotate.by.next = self.write_back.val();
                self.keep.next = 0.into();
                if self.write_valid.val() {
                    self.keep.next = self.write_keep.val();
                }
                self.keep_twice.next =
                    bit_cast::<$k2, $k>(self.keep.val()) | (bit_cast::<$k2, $k>(self.keep.val()) << $k);
                // Up by the lane: without the negative, which many ways behind the write would have to wait for.
                self.keep_moved.next = self.keep_twice.val() << self.write_lane.val();
                self.enable.d.next = self.keep_moved.val().get_bits::<$k>($k);
                self.write_en.d.next = self.enable.q.val();
                self.write_above.next = bits::<$k>($full) << self.write_at.lane.val();
                self.write_next.d.next = !self.write_above.val();
                self.write_row.d.next = self.write_at.row.val();
                self.write_next_row.d.next = self.write_at.next_row.val();

                // Each group goes in at the top and down again when the next one comes.
                self.word[0].next = self.groups[0].read_data.val() << $top;
                self.row_data.next = self.word[0].val();
                for i in 1..$groups {
                    self.word[i].next =
                        (self.word[i - 1].val() >> 64) | (self.groups[i].read_data.val() << $top);
                    self.row_data.next = self.word[i].val();
                }

                // Read: the lane of the first byte comes along with the row.
                self.read_at.addr.next = self.read_addr.val();
                self.read_above.next = bits::<$k>($full) << self.read_at.lane.val();
                self.read_next.next = !self.read_above.val();
                self.read_lane.d.next = self.read_at.lane.val();
                self.read_rotate.by.next = self.read_lane.q.val();
                self.read_rotate.data.next = self.row_data.val();
                self.read_data.next = self.read_rotate.out.val();

                for i in 0..$groups {
                    self.groups[i].clock.next = self.clock.val();
                    self.groups[i].write_en.next = self.write_en.q.val().get_bits::<8>(i * 8);
                    self.groups[i].write_row.next = self.write_row.q.val();
                    self.groups[i].write_next_row.next = self.write_next_row.q.val();
                    self.groups[i].write_next.next = self.write_next.q.val().get_bits::<8>(i * 8);
                    self.groups[i].write_data.next = self.write_rotate.out.val().get_bits::<64>(i * 64);
                    self.groups[i].read_row.next = self.read_at.row.val();
                    self.groups[i].read_next_row.next = self.read_at.next_row.val();
                    self.groups[i].read_next.next = self.read_next.val().get_bits::<8>(i * 8);
                }
            }
        }
    };
}
lane_ring!(LaneRing8, Rotate8, lanes 8, 16, 64, 3, groups 1 by 0, full 0xff, direct true, read latency 3, write latency 3);
lane_ring!(LaneRing64, Rotate64, lanes 64, 128, 512, 6, groups 8 by 448, full 0xffff_ffff_ffff_ffff_u64,
           direct false, read latency 4, write latency 2);

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::sim::{ready, tick};
    use crate::stream::bench::{Rng, bits_of, bytes_of, clocked};

    clocked!(LaneRing8<8, 5, 64>, LaneRing8<16, 13, 4096>, LaneRing64<9, 3, 256>);

    /// A write and a read every cycle against a byte array per ring; the last read of a run sees the last write.
    macro_rules! check {
        ($block:ty, $lanes:literal, $w:literal, $bits:literal, $ring:literal, $rng:expr, $cycles:expr, $hole:literal) => {
            let mut uut = ready(Box::<$block>::default());
            let mut memory = vec![0_u8; 1 << $bits];
            let at = |addr: usize, i: usize| (addr / $ring * $ring) + (addr + i) % $ring;
            let mut writes: VecDeque<(usize, Vec<u8>, u64)> = VecDeque::new(); // not yet visible
            let mut expect: VecDeque<Vec<u8>> = VecDeque::new();
            for cycle in 0..$cycles {
                // The first cycles visit every offset in turn.
                let addr = if cycle < 1 << $bits { cycle } else { $rng.below(1 << $bits) as usize };
                let data = $rng.bytes($lanes);
                let len = $rng.below($lanes + 1);
                let mut keep = ((1_u128 << len) - 1) as u64;
                if $hole {
                    keep &= $rng.next();
                }
                let valid = cycle < 1 << $bits || $rng.chance(80);
                uut.write_valid.next = valid;
                uut.write_addr.next = (addr as u64).into();
                uut.write_data.next = bits_of(&data);
                uut.write_keep.next = keep.into();
                writes.push_back((addr, data, if valid { keep } else { 0 }));
                // What is read now has all writes of WRITE_LATENCY cycles ago and before, and must avoid the later ones.
                while writes.len() > <$block>::WRITE_LATENCY {
                    let (addr, data, keep) = writes.pop_front().expect("not empty");
                    (0..$lanes).filter(|i| keep >> i & 1 == 1).for_each(|i| memory[at(addr, i)] = data[i]);
                }
                let busy = |addr: usize| {
                    writes.iter().any(|(other, ..)| {
                        (0..$lanes).any(|i| (0..$lanes).any(|j| at(addr, i) == at(*other, j)))
                    })
                };
                let from = (0..50).map(|_| $rng.below(1 << $bits) as usize).find(|from| !busy(*from));
                let from = from.expect("a free place to read");
                uut.read_addr.next = (from as u64).into();
                expect.push_back((0..$lanes).map(|i| memory[at(from, i)]).collect());
                tick(&mut *uut);
                if expect.len() == <$block>::READ_LATENCY {
                    assert_eq!(bytes_of(uut.read_data.val(), $lanes), expect.pop_front().expect("not empty"), "cycle {cycle}");
                }
            }
        };
    }

    #[test]
    fn reads_what_was_written_8_lanes() {
        let mut rng = Rng::new(40);
        check!(LaneRing8<8, 5, 64>, 8, 64, 8, 64, &mut rng, 1500, false);
        check!(LaneRing8<8, 5, 64>, 8, 64, 8, 64, &mut rng, 500, true);
    }

    #[test]
    fn reads_what_was_written_64_lanes() {
        let mut rng = Rng::new(42);
        check!(LaneRing64<9, 3, 256>, 64, 512, 9, 256, &mut rng, 700, false);
    }

    /// A write across the end of a 4 KiB ring stays in its flow.
    #[test]
    fn wraps_inside_the_ring() {
        let mut uut = ready(Box::<LaneRing8<16, 13, 4096>>::default());
        uut.write_valid.next = true;
        uut.write_keep.next = 0xff.into();
        uut.write_addr.next = 0x3ffd.into();
        uut.write_data.next = bits_of(&[1, 2, 3, 4, 5, 6, 7, 8]);
        tick(&mut *uut);
        uut.write_valid.next = false;
        (0..2).for_each(|_| tick(&mut *uut));
        for (addr, want) in [
            (0x3ffd_u64, [1, 2, 3, 4, 5, 6, 7, 8]),
            (0x3000, [4, 5, 6, 7, 8, 0, 0, 0]),
            (0x4000, [0; 8]),
            (0x3ff8, [0, 0, 0, 0, 0, 1, 2, 3]),
        ] {
            uut.read_addr.next = addr.into();
            (0..3).for_each(|_| tick(&mut *uut));
            assert_eq!(bytes_of(uut.read_data.val(), 8), want, "{addr:x}");
        }
    }

    #[test]
    #[should_panic(expected = "not a power of two")]
    fn refuses_a_ring_of_odd_size() {
        let _ = LaneRing8::<16, 13, 3000>::default();
    }
}
