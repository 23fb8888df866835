// SPDX-License-Identifier: MIT OR Apache-2.0
//! The flows that nobody uses.

use rust_hdl::prelude::*;

use crate::ram::Lutram;

/// Free list of `2^A` flows; `C = A + 1`.
///
/// First come the flows that have never been used, then those that have been given back, the longest unused first. So the
/// list needs no filling after reset, and a flow rests as long as possible.
#[derive(LogicBlock)]
pub struct FreeList<const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// A flow is free: `flow`.
    pub available: Signal<Out, Bit>,
    pub flow: Signal<Out, Bits<A>>,
    /// Pulse: `flow` is now in use. Only when `available`.
    pub take: Signal<In, Bit>,
    /// Pulse: `give_flow` is free again. Only a flow in use.
    pub give: Signal<In, Bit>,
    pub give_flow: Signal<In, Bits<A>>,
    /// Flows in use.
    pub used: Signal<Out, Bits<C>>,
    ram: Lutram<Bits<A>, A>,
    fresh: DFF<Bits<C>>,
    write: DFF<Bits<A>>,
    read: DFF<Bits<A>>,
    count: DFF<Bits<C>>,
    flows: Constant<Bits<C>>,
}

impl<const A: usize, const C: usize> Default for FreeList<A, C> {
    fn default() -> Self {
        assert_eq!(C, A + 1, "FreeList: C counts the flows");
        Self {
            flows: Constant::new((1_u64 << A).into()),
            clock: Default::default(),
            reset: Default::default(),
            available: Default::default(),
            flow: Default::default(),
            take: Default::default(),
            give: Default::default(),
            give_flow: Default::default(),
            used: Default::default(),
            ram: Default::default(),
            fresh: Default::default(),
            write: Default::default(),
            read: Default::default(),
            count: Default::default(),
        }
    }
}

impl<const A: usize, const C: usize> Logic for FreeList<A, C> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, fresh, write, read, count);
        clock!(self, clock, ram);
        self.used.next = self.count.q.val();
        self.available.next = self.count.q.val() != self.flows.val();
        self.ram.read_addr.next = self.read.q.val();
        self.ram.write_addr.next = self.write.q.val();
        self.ram.write_data.next = self.give_flow.val();
        self.ram.write_en.next = self.give.val();
        if self.give.val() {
            self.write.d.next = self.write.q.val() + 1;
        }
        if self.fresh.q.val() != self.flows.val() {
            self.flow.next = self.fresh.q.val().get_bits::<A>(0);
            if self.take.val() {
                self.fresh.d.next = self.fresh.q.val() + 1;
            }
        } else {
            self.flow.next = self.ram.read_data.val();
            if self.take.val() {
                self.read.d.next = self.read.q.val() + 1;
            }
        }
        if self.take.val() & !self.give.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if self.give.val() & !self.take.val() {
            self.count.d.next = self.count.q.val() - 1;
        }
        if self.reset.val() {
            self.fresh.d.next = 0.into();
            self.write.d.next = 0.into();
            self.read.d.next = 0.into();
            self.count.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Rng, clocked};

    type Uut = FreeList<3, 4>;
    clocked!(Uut);

    #[test]
    fn never_gives_a_flow_twice_and_loses_none() {
        let mut rng = Rng::new(40);
        let mut uut = ready(Box::<Uut>::default());
        let mut used: Vec<u64> = vec![];
        for round in 0..1_500 {
            let bias = if (round / 100) % 2 == 0 { 80 } else { 20 };
            settle(&mut *uut);
            assert_eq!(uut.available.val(), used.len() < 8);
            assert_eq!(uut.used.val().index(), used.len());
            let take = uut.available.val() && rng.chance(bias);
            let give = !used.is_empty() && rng.chance(100 - bias);
            uut.take.next = take;
            uut.give.next = give;
            if give {
                let flow = used.swap_remove(rng.below(used.len() as u64) as usize);
                uut.give_flow.next = flow.into();
            }
            settle(&mut *uut);
            if take {
                let flow = uut.flow.val().to_u64();
                assert!(!used.contains(&flow), "flow {flow} is in use");
                used.push(flow);
            }
            tick(&mut *uut);
        }
    }
}
