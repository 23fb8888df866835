// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`OneFifo`]: a FIFO of one item, in flip-flops.

use rust_hdl::prelude::*;

use super::{StreamIn, StreamOut};

/// A FIFO of one item, for a small chip: with lookup tables of four inputs, a [`SmallFifo`](super::small_fifo::SmallFifo) takes three
/// of them for two bits, and this none. An item moves on every other cycle at most.
///
/// `C` is the width of the level. `inp.ready` is a register, and so are `out.valid` and `out.data`.
#[derive(LogicBlock, Default)]
pub struct OneFifo<T: Synth, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<T>,
    pub out: StreamOut<T>,
    /// 1 while an item is held or offered.
    pub level: Signal<Out, Bits<C>>,
    item: DFF<T>,
    full: DFF<Bit>,
}

impl<T: Synth, const C: usize> Logic for OneFifo<T, C> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, item, full);
        self.inp.ready.next = !self.full.q.val();
        self.out.valid.next = self.full.q.val();
        self.out.data.next = self.item.q.val();
        self.level.next = 0.into();
        if self.full.q.val() | self.inp.valid.val() {
            self.level.next = 1.into();
        }
        if !self.full.q.val() {
            self.item.d.next = self.inp.data.val();
            self.full.d.next = self.inp.valid.val();
        } else if self.out.ready.val() {
            self.full.d.next = false;
        }
        if self.reset.val() {
            self.full.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Drain, Feed, PACES, Rng, clocked, cycle};

    type Uut = OneFifo<Bits<12>, 3>;
    clocked!(Uut);

    #[test]
    fn holds_order() {
        let mut rng = Rng::new(4);
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<Uut>::default());
            let items: Vec<Bits<12>> = (1..200_u64).map(|i| (i * 17).into()).collect();
            let mut feed = Feed::new(items.clone(), gap);
            let mut drain = Drain::new(stall);
            let mut cycles = 0;
            while drain.got.len() < items.len() {
                cycle!(uut, feed, drain, &mut rng);
                cycles += 1;
                assert!(cycles < 2_000, "stuck");
            }
            assert_eq!(drain.got, items);
            if (gap, stall) == (0, 0) {
                assert_eq!(cycles, 2 * items.len(), "every other cycle, latency 1");
            }
        }
    }

    #[test]
    fn counts_what_is_offered() {
        let mut uut = ready(Box::<Uut>::default());
        assert_eq!(uut.level.val().index(), 0);
        uut.inp.valid.next = true;
        uut.inp.data.next = 5.into();
        settle(&mut *uut);
        assert_eq!((uut.level.val().index(), uut.out.valid.val()), (1, false));
        tick(&mut *uut);
        uut.inp.valid.next = false;
        settle(&mut *uut);
        assert_eq!((uut.level.val().index(), uut.out.valid.val()), (1, true));
        assert!(!uut.inp.ready.val() && uut.out.data.val().index() == 5);
        uut.out.ready.next = true;
        tick(&mut *uut);
        assert_eq!((uut.level.val().index(), uut.out.valid.val()), (0, false));
        assert!(uut.inp.ready.val());
    }
}
