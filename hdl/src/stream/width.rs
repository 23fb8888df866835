// SPDX-License-Identifier: MIT OR Apache-2.0
//! Width adapters: [`Widen8To64`], [`Narrow64To8`].
//!
//! Both run at the full rate of their narrow side.

use rust_hdl::prelude::*;

use super::{Beat8, Beat64, StreamIn, StreamOut};

/// Sends each beat in pieces, the low lanes first. Pieces without a valid lane are left out.
#[derive(LogicBlock, Default)]
pub struct Narrow64To8 {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<Beat64>,
    pub out: StreamOut<Beat8>,
    /// What is left of the beat, moved down.
    data: DFF<Bits<64>>,
    keep: DFF<Bits<8>>,
    last: DFF<Bit>,
    held: DFF<Bit>,
    ends: Signal<Local, Bit>,
}

impl Logic for Narrow64To8 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, data, keep, last, held);
        self.ends.next = !self.keep.q.val().get_bit(1);
        self.out.valid.next = self.held.q.val();
        self.out.data.next.data = self.data.q.val().get_bits::<8>(0);
        self.out.data.next.last = self.last.q.val() & self.ends.val();
        self.inp.ready.next = !self.held.q.val() | (self.out.ready.val() & self.ends.val());
        if self.held.q.val() & self.out.ready.val() {
            self.data.d.next = self.data.q.val() >> 8;
            self.keep.d.next = self.keep.q.val() >> 1;
        }
        if self.inp.ready.val() {
            self.data.d.next = self.inp.data.val().data;
            self.keep.d.next = self.inp.data.val().keep;
            self.last.d.next = self.inp.data.val().last;
            self.held.d.next = self.inp.valid.val();
        }
        if self.reset.val() {
            self.held.d.next = false;
        }
    }
}

/// `N` bits and `K` lanes of the beat that [`Widen8To64`] collects, which has `W` bits and `L` lanes, as the outputs have.
#[derive(LogicBlock, Default)]
pub struct Piece<const N: usize, const K: usize, const W: usize, const L: usize> {
    pub clock: Signal<In, Clock>,
    pub write: Signal<In, Bit>,
    /// The lanes become invalid, unless `write`.
    pub clear: Signal<In, Bit>,
    pub data: Signal<In, Bits<N>>,
    pub keep: Signal<In, Bits<K>>,
    pub wide_data: Signal<Out, Bits<W>>,
    pub wide_keep: Signal<Out, Bits<L>>,
    held: DFF<Bits<N>>,
    lanes: DFF<Bits<K>>,
}

impl<const N: usize, const K: usize, const W: usize, const L: usize> Logic for Piece<N, K, W, L> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, lanes);
        if self.clear.val() {
            self.lanes.d.next = 0.into();
        }
        if self.write.val() {
            self.held.d.next = self.data.val();
            self.lanes.d.next = self.keep.val();
        }
        self.wide_data.next = bit_cast::<W, N>(self.held.q.val());
        self.wide_keep.next = bit_cast::<L, K>(self.lanes.q.val());
    }
}

/// Collects eight beats into one; a frame's last beat may hold fewer. One cycle of latency.
#[derive(LogicBlock, Default)]
pub struct Widen8To64 {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<Beat8>,
    pub out: StreamOut<Beat64>,
    pieces: [Piece<8, 1, 64, 8>; 8],
    /// Pieces collected, as a thermometer.
    filled: DFF<Bits<8>>,
    full: DFF<Bit>,
    last: DFF<Bit>,
    data: Signal<Local, Bits<8>>,
    keep: Signal<Local, Bits<1>>,
    taken: Signal<Local, Bit>,
    prior: Signal<Local, Bits<8>>,
    after: Signal<Local, Bits<8>>,
    write: Signal<Local, Bits<8>>,
    word: [Signal<Local, Bits<64>>; 8],
    lanes: [Signal<Local, Bits<8>>; 8],
}

impl Logic for Widen8To64 {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, filled, full, last);
        self.inp.ready.next = !self.full.q.val() | self.out.ready.val();
        self.taken.next = self.inp.valid.val() & self.inp.ready.val();
        self.data.next = self.inp.data.val().data;
        self.keep.next = bits::<1>(1);
        self.prior.next = self.filled.q.val();
        if self.full.q.val() {
            self.prior.next = 0.into();
        }
        self.after.next = (self.prior.val() << 1) | bits::<8>(1);
        self.write.next = self.after.val() & !self.prior.val();
        for i in 0..8 {
            self.pieces[i].clock.next = self.clock.val();
            self.pieces[i].data.next = self.data.val();
            self.pieces[i].keep.next = self.keep.val();
            self.pieces[i].clear.next = self.taken.val() & !self.prior.val().any();
            self.pieces[i].write.next = self.taken.val() & self.write.val().get_bit(i);
        }
        if self.full.q.val() & self.out.ready.val() {
            self.full.d.next = false;
            self.filled.d.next = 0.into();
        }
        if self.taken.val() {
            self.filled.d.next = self.after.val();
            self.full.d.next = self.inp.data.val().last | self.after.val().all();
            self.last.d.next = self.inp.data.val().last;
        }

        // Each piece goes in at the top and down again when the next one comes.
        self.word[0].next = self.pieces[0].wide_data.val() << 56;
        self.lanes[0].next = self.pieces[0].wide_keep.val() << 7;
        for i in 1..8 {
            self.word[i].next = (self.word[i - 1].val() >> 8) | (self.pieces[i].wide_data.val() << 56);
            self.lanes[i].next = (self.lanes[i - 1].val() >> 1) | (self.pieces[i].wide_keep.val() << 7);
        }
        self.out.data.next.data = self.word[7].val();
        self.out.data.next.keep = self.lanes[7].val();
        self.out.data.next.last = self.last.q.val();
        self.out.valid.next = self.full.q.val();
        if self.reset.val() {
            self.full.d.next = false;
            self.filled.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ready;
    use crate::stream::bench::{Beat, Drain, Feed, PACES, Rng, assert_frames, beats, clocked, cycle};

    clocked!(Narrow64To8, Widen8To64);

    /// Frames of many lengths through an adapter, at the full rate of the narrow side.
    macro_rules! check {
        ($block:ident, $from:ident, $to:ident, $rng:expr, $lens:expr) => {
            for (gap, stall) in PACES {
                let mut uut = ready(Box::<$block>::default());
                let want: Vec<Vec<u8>> = $lens.map(|len| $rng.bytes(len)).collect();
                let items: Vec<$from> = want.iter().flat_map(|frame| beats(frame, $rng)).collect();
                let lanes = <$from>::LANES.min(<$to>::LANES);
                let pieces: usize = want.iter().map(|frame| frame.len().div_ceil(lanes)).sum();
                let total: usize = want.iter().map(|frame| frame.len().div_ceil(<$to>::LANES)).sum();
                let (mut feed, mut drain) = (Feed::new(items, gap), Drain::<$to>::new(stall));
                let mut cycles = 0;
                while drain.got.len() < total {
                    cycle!(uut, feed, drain, $rng);
                    cycles += 1;
                    assert!(cycles < 20 * pieces, "stuck");
                }
                assert_frames(&drain.got, &want);
                if (gap, stall) == (0, 0) {
                    assert_eq!(cycles, pieces + 1, "full rate");
                }
            }
        };
    }

    #[test]
    fn narrows() {
        let mut rng = Rng::new(60);
        check!(Narrow64To8, Beat64, Beat8, &mut rng, (1..=25_usize));
    }

    #[test]
    fn widens() {
        let mut rng = Rng::new(61);
        check!(Widen8To64, Beat8, Beat64, &mut rng, (1..=25_usize));
    }
}
