// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ones'-complement sum of a frame (RFC 1071): [`Checksum64`], [`Checksum512`].
//!
//! A tree of registered adders, one carry chain per stage, then an accumulator over the frame's beats.

use rust_hdl::prelude::*;

use crate::stream::{Beat64, Beat512};

/// Sum of the two 16-bit words in four bytes, one cycle later. Byte 0 is the high byte of the first word.
#[derive(LogicBlock, Default)]
pub struct PairSum {
    pub clock: Signal<In, Clock>,
    pub data: Signal<In, Bits<32>>,
    /// Bytes to count; the others are zero.
    pub keep: Signal<In, Bits<4>>,
    pub sum: Signal<Out, Bits<17>>,
    held: DFF<Bits<17>>,
    byte: [Signal<Local, Bits<8>>; 4],
    first: Signal<Local, Bits<17>>,
    second: Signal<Local, Bits<17>>,
}

impl Logic for PairSum {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held);
        for i in 0..4 {
            self.byte[i].next = 0.into();
            if self.keep.val().get_bit(i) {
                self.byte[i].next = self.data.val().get_bits::<8>(i * 8);
            }
        }
        self.first.next =
            (bit_cast::<17, 8>(self.byte[0].val()) << 8) | bit_cast::<17, 8>(self.byte[1].val());
        self.second.next =
            (bit_cast::<17, 8>(self.byte[2].val()) << 8) | bit_cast::<17, 8>(self.byte[3].val());
        self.held.d.next = self.first.val() + self.second.val();
        self.sum.next = self.held.q.val();
    }
}

/// Sum of two numbers of `N` bits, one cycle later; `M` is `N + 1`.
#[derive(LogicBlock, Default)]
pub struct SumStage<const N: usize, const M: usize> {
    pub clock: Signal<In, Clock>,
    pub a: Signal<In, Bits<N>>,
    pub b: Signal<In, Bits<N>>,
    pub sum: Signal<Out, Bits<M>>,
    held: DFF<Bits<M>>,
}

impl<const N: usize, const M: usize> Logic for SumStage<N, M> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held);
        self.held.d.next = bit_cast::<M, N>(self.a.val()) + bit_cast::<M, N>(self.b.val());
        self.sum.next = self.held.q.val();
    }
}

/// What goes down the tree with a beat's sum.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct BeatTag {
    pub valid: Bit,
    pub first: Bit,
    pub last: Bit,
    /// With the first beat: what the sum starts from.
    pub seed: Bits<16>,
}

/// Adds up the sums of a frame's beats (128 KiB at most) and folds the total, three cycles after the last one.
#[derive(LogicBlock, Default)]
pub struct Accumulate {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub beat: Signal<In, Bits<21>>,
    pub tag: Signal<In, BeatTag>,
    pub sum: Signal<Out, Bits<16>>,
    pub sum_valid: Signal<Out, Bit>,
    total: DFF<Bits<32>>,
    total_done: DFF<Bit>,
    folded: DFF<Bits<17>>,
    folded_done: DFF<Bit>,
    held: DFF<Bits<16>>,
    held_done: DFF<Bit>,
    start: Signal<Local, Bits<32>>,
}

impl Logic for Accumulate {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, total, total_done, folded, folded_done, held, held_done);
        self.start.next = self.total.q.val();
        if self.tag.val().first {
            self.start.next = bit_cast::<32, 16>(self.tag.val().seed);
        }
        if self.tag.val().valid {
            self.total.d.next = self.start.val() + bit_cast::<32, 21>(self.beat.val());
        }
        self.total_done.d.next = self.tag.val().valid & self.tag.val().last;
        self.folded.d.next = bit_cast::<17, 16>(self.total.q.val().get_bits::<16>(0))
            + bit_cast::<17, 16>(self.total.q.val().get_bits::<16>(16));
        self.folded_done.d.next = self.total_done.q.val();
        self.held.d.next =
            self.folded.q.val().get_bits::<16>(0) + bit_cast::<16, 1>(self.folded.q.val().get_bits::<1>(16));
        self.held_done.d.next = self.folded_done.q.val();
        self.sum.next = self.held.q.val();
        self.sum_valid.next = self.held_done.q.val();
        if self.reset.val() {
            self.total_done.d.next = false;
            self.folded_done.d.next = false;
            self.held_done.d.next = false;
        }
    }
}

/// Ones'-complement sum of the frames on a 64-bit stream that it watches.
///
/// `sum` (not complemented) is there for one cycle, [`Checksum64::LATENCY`] cycles after the last beat, whatever came
/// since. An empty tail byte counts as zero. The sum is 0 only if every byte and `seed` is.
#[derive(LogicBlock, Default)]
pub struct Checksum64 {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub beat: Signal<In, Beat64>,
    /// The beat moves in this cycle.
    pub taken: Signal<In, Bit>,
    /// Sum to start from, as of a pseudo-header; sampled with the first beat.
    pub seed: Signal<In, Bits<16>>,
    pub sum: Signal<Out, Bits<16>>,
    pub sum_valid: Signal<Out, Bit>,
    in_frame: DFF<Bit>,
    data: Signal<Local, Bits<64>>,
    keep: Signal<Local, Bits<8>>,
    pairs: [PairSum; 2],
    whole: SumStage<17, 18>,
    tags: [DFF<BeatTag>; 2],
    accumulate: Accumulate,
}

impl Checksum64 {
    /// Cycles from the last beat to `sum_valid`.
    pub const LATENCY: usize = 5;
}

impl Logic for Checksum64 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, in_frame);
        clock!(self, clock, whole, accumulate);
        self.accumulate.reset.next = self.reset.val();
        self.data.next = self.beat.val().data;
        self.keep.next = self.beat.val().keep;
        for i in 0..2 {
            self.pairs[i].clock.next = self.clock.val();
            self.pairs[i].data.next = self.data.val().get_bits::<32>(i * 32);
            self.pairs[i].keep.next = self.keep.val().get_bits::<4>(i * 4);
            self.tags[i].clock.next = self.clock.val();
        }
        self.whole.a.next = self.pairs[0].sum.val();
        self.whole.b.next = self.pairs[1].sum.val();
        self.accumulate.beat.next = bit_cast::<21, 18>(self.whole.sum.val());
        self.accumulate.tag.next = self.tags[1].q.val();
        self.sum.next = self.accumulate.sum.val();
        self.sum_valid.next = self.accumulate.sum_valid.val();

        if self.taken.val() {
            self.in_frame.d.next = !self.beat.val().last;
        }
        self.tags[1].d.next = self.tags[0].q.val();
        self.tags[0].d.next = self.tags[0].q.val();
        self.tags[0].d.next.valid = self.taken.val();
        self.tags[0].d.next.first = !self.in_frame.q.val();
        self.tags[0].d.next.last = self.beat.val().last;
        self.tags[0].d.next.seed = self.seed.val();
        if self.reset.val() {
            self.in_frame.d.next = false;
            self.tags[0].d.next.valid = false;
            self.tags[1].d.next.valid = false;
        }
    }
}

/// Ones'-complement sum of the frames on a 512-bit stream that it watches. See [`Checksum64`].
#[derive(LogicBlock, Default)]
pub struct Checksum512 {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub beat: Signal<In, Beat512>,
    /// The beat moves in this cycle.
    pub taken: Signal<In, Bit>,
    /// Sum to start from, as of a pseudo-header; sampled with the first beat.
    pub seed: Signal<In, Bits<16>>,
    pub sum: Signal<Out, Bits<16>>,
    pub sum_valid: Signal<Out, Bit>,
    in_frame: DFF<Bit>,
    data: Signal<Local, Bits<512>>,
    keep: Signal<Local, Bits<64>>,
    pairs: [PairSum; 16],
    quads: [SumStage<17, 18>; 8],
    eights: [SumStage<18, 19>; 4],
    halves: [SumStage<19, 20>; 2],
    whole: SumStage<20, 21>,
    tags: [DFF<BeatTag>; 5],
    accumulate: Accumulate,
}

impl Checksum512 {
    /// Cycles from the last beat to `sum_valid`.
    pub const LATENCY: usize = 8;
}

impl Logic for Checksum512 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, in_frame);
        clock!(self, clock, whole, accumulate);
        self.accumulate.reset.next = self.reset.val();
        self.data.next = self.beat.val().data;
        self.keep.next = self.beat.val().keep;
        for i in 0..16 {
            self.pairs[i].clock.next = self.clock.val();
            self.pairs[i].data.next = self.data.val().get_bits::<32>(i * 32);
            self.pairs[i].keep.next = self.keep.val().get_bits::<4>(i * 4);
        }
        for i in 0..8 {
            self.quads[i].clock.next = self.clock.val();
            self.quads[i].a.next = self.pairs[2 * i].sum.val();
            self.quads[i].b.next = self.pairs[2 * i + 1].sum.val();
        }
        for i in 0..4 {
            self.eights[i].clock.next = self.clock.val();
            self.eights[i].a.next = self.quads[2 * i].sum.val();
            self.eights[i].b.next = self.quads[2 * i + 1].sum.val();
        }
        for i in 0..2 {
            self.halves[i].clock.next = self.clock.val();
            self.halves[i].a.next = self.eights[2 * i].sum.val();
            self.halves[i].b.next = self.eights[2 * i + 1].sum.val();
        }
        self.whole.a.next = self.halves[0].sum.val();
        self.whole.b.next = self.halves[1].sum.val();
        self.accumulate.beat.next = self.whole.sum.val();
        self.accumulate.tag.next = self.tags[4].q.val();
        self.sum.next = self.accumulate.sum.val();
        self.sum_valid.next = self.accumulate.sum_valid.val();

        if self.taken.val() {
            self.in_frame.d.next = !self.beat.val().last;
        }
        for i in 0..5 {
            self.tags[i].clock.next = self.clock.val();
        }
        for i in 1..5 {
            self.tags[i].d.next = self.tags[i - 1].q.val();
        }
        self.tags[0].d.next = self.tags[0].q.val();
        self.tags[0].d.next.valid = self.taken.val();
        self.tags[0].d.next.first = !self.in_frame.q.val();
        self.tags[0].d.next.last = self.beat.val().last;
        self.tags[0].d.next.seed = self.seed.val();
        if self.reset.val() {
            self.in_frame.d.next = false;
            self.tags[0].d.next.valid = false;
            self.tags[1].d.next.valid = false;
            self.tags[2].d.next.valid = false;
            self.tags[3].d.next.valid = false;
            self.tags[4].d.next.valid = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, tick};
    use crate::stream::bench::{Rng, beats, clocked};

    clocked!(Checksum64, Checksum512);

    /// RFC 1071, byte by byte.
    fn reference(initial: u16, frame: &[u8]) -> u16 {
        let mut sum = u64::from(initial);
        for (i, byte) in frame.iter().enumerate() {
            sum += if i % 2 == 0 { u64::from(*byte) << 8 } else { u64::from(*byte) };
        }
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }

    /// Every frame length and the awkward values, back to back and with gaps; sums at their fixed time.
    macro_rules! check {
        ($block:ident, $beat:ident, $seed:literal, $lens:expr) => {
            let mut rng = Rng::new($seed);
            for gap in [0, 50] {
                let mut uut = ready(Box::<$block>::default());
                let (mut now, mut want, mut got) = (0, vec![], vec![]);
                let mut frames: Vec<(u16, Vec<u8>)> = vec![(0, vec![0; 20]), (0, vec![0xff; 3000])];
                for len in $lens {
                    frames.push((0, rng.bytes(len)));
                    frames.push((rng.next() as u16, vec![0xff; len]));
                    frames.push((1, vec![0xff; len])); // the fold itself carries
                    frames.push((0xffff, [vec![0; len - 1], vec![1]].concat())); // a carry through all the bits
                }
                let mut step = |uut: &mut $block, now: &mut usize| {
                    tick(uut);
                    *now += 1;
                    if uut.sum_valid.val() {
                        got.push((*now, uut.sum.val().to_u16()));
                    }
                };
                for (initial, frame) in frames {
                    for (i, beat) in beats::<$beat>(&frame, &mut rng).into_iter().enumerate() {
                        uut.taken.next = false;
                        while rng.chance(gap) {
                            step(&mut uut, &mut now);
                        }
                        uut.beat.next = beat;
                        uut.taken.next = true;
                        uut.seed.next = if i == 0 { initial.to_bits() } else { rng.below(0x1_0000).into() };
                        if beat.last {
                            want.push((now + $block::LATENCY, reference(initial, &frame)));
                        }
                        step(&mut uut, &mut now);
                    }
                }
                uut.taken.next = false;
                (0..10).for_each(|_| step(&mut uut, &mut now));
                assert_eq!(got, want);
            }
        };
    }

    // covers: CK-1, CK-2, CK-8
    #[test]
    fn sums_like_rfc_1071_at_64_bits() {
        check!(Checksum64, Beat64, 30, 1..=130);
    }

    // covers: CK-1, CK-2, CK-8
    #[test]
    fn sums_like_rfc_1071_at_512_bits() {
        check!(Checksum512, Beat512, 31, (1..=130).step_by(3).chain([64, 128]));
    }
}
