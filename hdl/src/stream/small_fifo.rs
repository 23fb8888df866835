// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`SmallFifo`]: a shallow FIFO in distributed RAM.

use rust_hdl::prelude::*;

use super::{StreamIn, StreamOut};
use crate::ram::Lutram;

/// A FIFO of `2^A` items (4 to 32), first word fall-through: an item is on `out` the cycle after it was taken.
///
/// `C` is `A + 1`. `inp.ready` is a function of registers alone, and so is `out.valid`.
#[derive(LogicBlock)]
pub struct SmallFifo<T: Synth, const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<T>,
    pub out: StreamOut<T>,
    /// Items held.
    pub level: Signal<Out, Bits<C>>,
    ram: Lutram<T, A>,
    write: DFF<Bits<A>>,
    read: DFF<Bits<A>>,
    count: DFF<Bits<C>>,
    // What `count` says at its ends: many ways begin here.
    some: DFF<Bit>,
    full: DFF<Bit>,
    depth_less_one: Constant<Bits<C>>,
    push: Signal<Local, Bit>,
    pop: Signal<Local, Bit>,
}

impl<T: Synth, const A: usize, const C: usize> Default for SmallFifo<T, A, C> {
    fn default() -> Self {
        assert_eq!(C, A + 1, "SmallFifo: the level needs one bit more than the address");
        assert!((2..=5).contains(&A), "SmallFifo: 4 to 32 items, not 2^{A}");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            out: Default::default(),
            level: Default::default(),
            ram: Default::default(),
            write: Default::default(),
            read: Default::default(),
            count: Default::default(),
            some: Default::default(),
            full: Default::default(),
            depth_less_one: Constant::new(((1_u64 << A) - 1).into()),
            push: Default::default(),
            pop: Default::default(),
        }
    }
}

impl<T: Synth, const A: usize, const C: usize> Logic for SmallFifo<T, A, C> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, write, read, count, some, full);
        clock!(self, clock, ram);
        self.level.next = self.count.q.val();
        self.inp.ready.next = !self.full.q.val();
        self.push.next = self.inp.valid.val() & self.inp.ready.val();
        self.out.valid.next = self.some.q.val();
        self.pop.next = self.out.valid.val() & self.out.ready.val();

        self.ram.write_en.next = self.push.val();
        self.ram.write_addr.next = self.write.q.val();
        self.ram.write_data.next = self.inp.data.val();
        self.ram.read_addr.next = self.read.q.val();
        self.out.data.next = self.ram.read_data.val();

        if self.push.val() {
            self.write.d.next = self.write.q.val() + 1;
        }
        if self.pop.val() {
            self.read.d.next = self.read.q.val() + 1;
        }
        if self.push.val() & !self.pop.val() {
            self.count.d.next = self.count.q.val() + 1;
            self.some.d.next = true;
            self.full.d.next = self.count.q.val() == self.depth_less_one.val();
        }
        if self.pop.val() & !self.push.val() {
            self.count.d.next = self.count.q.val() - 1;
            self.some.d.next = self.count.q.val() != 1;
            self.full.d.next = false;
        }
        if self.reset.val() {
            self.write.d.next = 0.into();
            self.read.d.next = 0.into();
            self.count.d.next = 0.into();
            self.some.d.next = false;
            self.full.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ready;
    use crate::stream::bench::{Drain, Feed, PACES, Rng, clocked, cycle};

    type Uut = SmallFifo<Bits<12>, 2, 3>;
    clocked!(Uut);

    #[test]
    fn holds_order_and_counts() {
        let mut rng = Rng::new(2);
        for (gap, stall) in PACES {
            let mut uut = ready(Box::<Uut>::default());
            let items: Vec<Bits<12>> = (1..200_u64).map(|i| (i * 17).into()).collect();
            let mut feed = Feed::new(items.clone(), gap);
            let mut drain = Drain::new(stall);
            let mut held = 0;
            let mut cycles = 0;
            while drain.got.len() < items.len() {
                let (pushed, popped) = cycle!(uut, feed, drain, &mut rng);
                held = held + usize::from(pushed.is_some()) - usize::from(popped.is_some());
                assert_eq!(uut.level.val().index(), held);
                cycles += 1;
                assert!(cycles < 2_000, "stuck");
            }
            assert_eq!(drain.got, items);
            if (gap, stall) == (0, 0) {
                assert_eq!(cycles, items.len() + 1, "full rate, latency 1");
            }
        }
    }

    #[test]
    fn takes_its_depth_and_no_more() {
        let mut rng = Rng::new(3);
        let mut uut = ready(Box::<Uut>::default());
        let mut feed = Feed::new((0..9_u64).map(Into::into), 0);
        let mut drain = Drain::new(100);
        let pushed = (0..12).filter(|_| cycle!(uut, feed, drain, &mut rng).0.is_some()).count();
        assert_eq!(pushed, 4);
        uut.reset.next = true;
        crate::sim::tick(&mut *uut);
        assert_eq!(uut.level.val().index(), 0);
        assert!(!uut.out.valid.val() && uut.inp.ready.val());
    }

    #[test]
    #[should_panic(expected = "4 to 32 items")]
    fn refuses_an_impossible_depth() {
        let _ = SmallFifo::<Bits<12>, 6, 7>::default();
    }
}
