// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Fifo`]: a deep FIFO in block RAM.

use rust_hdl::prelude::*;

use super::{StreamIn, StreamOut};
use crate::ram::Bram;

/// A FIFO of `2^A` items in block RAM, first word fall-through, an item in and an item out per cycle.
///
/// `C` is `A + 1`. An item is on `out` three cycles after it was taken. `out.data`, `out.valid` and `inp.ready` come
/// from registers; `out.ready` reaches the RAM's read address.
#[derive(LogicBlock)]
pub struct Fifo<T: Synth, const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<T>,
    pub out: StreamOut<T>,
    /// Items held, the one on `out` included.
    pub level: Signal<Out, Bits<C>>,
    /// `level` has reached the threshold given to [`Fifo::new`].
    pub almost_full: Signal<Out, Bit>,
    ram: Bram<T, A>,
    write: DFF<Bits<C>>,
    read: DFF<Bits<C>>,
    /// `write` as of the last cycle: items before it can be read from the RAM.
    written: DFF<Bits<C>>,
    item: DFF<T>,
    item_valid: DFF<Bit>,
    count: DFF<Bits<C>>,
    depth: Constant<Bits<C>>,
    threshold: Constant<Bits<C>>,
    push: Signal<Local, Bit>,
    pop: Signal<Local, Bit>,
    load: Signal<Local, Bit>,
    read_next: Signal<Local, Bits<C>>,
}

impl<T: Synth, const A: usize, const C: usize> Fifo<T, A, C> {
    /// A FIFO whose `almost_full` is high while it holds `threshold` items or more.
    ///
    /// # Panics
    /// When `C` is not `A + 1`, when the FIFO has fewer than 4 items or when the threshold is beyond its depth.
    pub fn new(threshold: u64) -> Self {
        assert_eq!(C, A + 1, "Fifo: the level needs one bit more than the address");
        assert!(A >= 2, "Fifo: at least 4 items, not 2^{A}");
        assert!(threshold <= 1 << A, "Fifo: almost_full at {threshold} of {} items", 1_u64 << A);
        Self {
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            out: Default::default(),
            level: Default::default(),
            almost_full: Default::default(),
            ram: Default::default(),
            write: Default::default(),
            read: Default::default(),
            written: Default::default(),
            item: Default::default(),
            item_valid: Default::default(),
            count: Default::default(),
            depth: Constant::new((1_u64 << A).into()),
            threshold: Constant::new(threshold.into()),
            push: Default::default(),
            pop: Default::default(),
            load: Default::default(),
            read_next: Default::default(),
        }
    }
}

/// `almost_full` at the full depth.
impl<T: Synth, const A: usize, const C: usize> Default for Fifo<T, A, C> {
    fn default() -> Self {
        Self::new(1 << A)
    }
}

impl<T: Synth, const A: usize, const C: usize> Logic for Fifo<T, A, C> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, write, read, written, item, item_valid, count);
        clock!(self, clock, ram);
        self.level.next = self.count.q.val();
        self.almost_full.next = self.count.q.val() >= self.threshold.val();
        self.inp.ready.next = self.count.q.val() != self.depth.val();
        self.out.valid.next = self.item_valid.q.val();
        self.out.data.next = self.item.q.val();
        self.push.next = self.inp.valid.val() & self.inp.ready.val();
        self.pop.next = self.item_valid.q.val() & self.out.ready.val();

        self.ram.write_en.next = self.push.val();
        self.ram.write_addr.next = self.write.q.val().get_bits::<A>(0);
        self.ram.write_data.next = self.inp.data.val();
        if self.push.val() {
            self.write.d.next = self.write.q.val() + 1;
        }
        self.written.d.next = self.write.q.val();

        // The RAM shows the item at `read`; it moves to the output register as soon as that is free.
        self.load.next =
            (self.written.q.val() != self.read.q.val()) & (self.out.ready.val() | !self.item_valid.q.val());
        self.read_next.next = self.read.q.val();
        if self.load.val() {
            self.read_next.next = self.read.q.val() + 1;
            self.item.d.next = self.ram.read_data.val();
            self.item_valid.d.next = true;
        } else if self.pop.val() {
            self.item_valid.d.next = false;
        }
        self.read.d.next = self.read_next.val();
        self.ram.read_addr.next = self.read_next.val().get_bits::<A>(0);

        if self.push.val() & !self.pop.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if self.pop.val() & !self.push.val() {
            self.count.d.next = self.count.q.val() - 1;
        }
        if self.reset.val() {
            self.write.d.next = 0.into();
            self.read.d.next = 0.into();
            self.written.d.next = 0.into();
            self.item_valid.d.next = false;
            self.count.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ready;
    use crate::stream::bench::{Drain, Feed, PACES, Rng, clocked, cycle};

    type Uut = Fifo<Bits<12>, 3, 4>;
    clocked!(Uut);

    #[test]
    fn holds_order_and_counts() {
        let mut rng = Rng::new(4);
        for (gap, stall) in PACES {
            let mut uut = ready(Box::new(Uut::new(6)));
            let items: Vec<Bits<12>> = (1..200_u64).map(|i| (i * 17).into()).collect();
            let mut feed = Feed::new(items.clone(), gap);
            let mut drain = Drain::new(stall);
            let mut held = 0;
            let mut cycles = 0;
            while drain.got.len() < items.len() {
                let (pushed, popped) = cycle!(uut, feed, drain, &mut rng);
                held = held + usize::from(pushed.is_some()) - usize::from(popped.is_some());
                assert_eq!(uut.level.val().index(), held);
                assert_eq!(uut.almost_full.val(), held >= 6);
                cycles += 1;
                assert!(cycles < 2_000, "stuck");
            }
            assert_eq!(drain.got, items);
            if (gap, stall) == (0, 0) {
                assert_eq!(cycles, items.len() + 3, "full rate, latency 3");
            }
        }
    }

    #[test]
    fn takes_its_depth_and_no_more() {
        let mut rng = Rng::new(5);
        let mut uut = ready(Box::<Uut>::default());
        let items: Vec<Bits<12>> = (0..19_u64).map(Into::into).collect();
        let mut feed = Feed::new(items.clone(), 0);
        let mut drain = Drain::new(100);
        let pushed = (0..20).filter(|_| cycle!(uut, feed, drain, &mut rng).0.is_some()).count();
        assert_eq!(pushed, 8);
        assert!(uut.almost_full.val());
        let mut drain = Drain::new(0);
        for _ in 0..40 {
            cycle!(uut, feed, drain, &mut rng);
        }
        assert_eq!(drain.got, items);
    }

    #[test]
    fn reset_empties_it() {
        let mut rng = Rng::new(6);
        let mut uut = ready(Box::<Uut>::default());
        let mut feed = Feed::new((0..5_u64).map(Into::into), 0);
        let mut drain = Drain::new(100);
        for _ in 0..10 {
            cycle!(uut, feed, drain, &mut rng);
        }
        assert_eq!(uut.level.val().index(), 5);
        uut.reset.next = true;
        crate::sim::tick(&mut *uut);
        uut.reset.next = false;
        let mut drain = Drain::new(0);
        for _ in 0..10 {
            cycle!(uut, feed, drain, &mut rng);
        }
        assert!(drain.got.is_empty() && uut.level.val().index() == 0);
    }

    #[test]
    #[should_panic(expected = "almost_full at 9")]
    fn refuses_an_impossible_threshold() {
        let _ = Uut::new(9);
    }
}
