// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns for flows that want service, each flow at most once in the queue.

use rust_hdl::prelude::*;

use crate::ram::Lutram;
use crate::stream::StreamOut;
use crate::sweep::Sweep;

/// A place in the queue.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Place {
    /// The flow.
    pub flow: Bits<16>,
    /// The value that `asked` got when the flow joined the queue.
    pub phase: Bit,
}

/// Round-robin scheduler for `2^A` flows; `C = A + 1`. Serves transmit turns, host notifications and doorbells alike.
///
/// A flow that is set gets one turn. Setting it again before its turn is taken changes nothing; setting it in the cycle in
/// which the turn is taken, or later, gives another turn. Turns are in the order of setting, so a flow waits for at
/// most all the others. A turn is offered one cycle after the set.
///
/// A flow is in the queue when its `asked` and `served` bits differ. Each of the two has one writer, so both are RAMs and
/// the block scales with RAM, not with flip-flops.
#[derive(LogicBlock, Default)]
pub struct Sched<const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Pulse: `set_flow` wants a turn. Always taken, but not while `busy`.
    pub set_valid: Signal<In, Bit>,
    pub set_flow: Signal<In, Bits<16>>,
    /// The flow whose turn it is.
    pub out: StreamOut<Bits<16>>,
    /// No flow wants a turn.
    pub idle: Signal<Out, Bit>,
    /// The pending bits are being cleared after reset.
    pub busy: Signal<Out, Bit>,
    sweep: Sweep<A>,
    asked: Lutram<Bit, A>,
    served: Lutram<Bit, A>,
    /// The flow whose turn it is, out of the queue: many ways begin here.
    head: DFF<Place>,
    some: DFF<Bit>,
    /// Those behind it.
    queue: Lutram<Place, A>,
    write: DFF<Bits<C>>,
    read: DFF<Bits<C>>,
    waiting: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    take_same: Signal<Local, Bit>,
    queued: Signal<Local, Bit>,
    joins: Signal<Local, Bit>,
    moves: Signal<Local, Bit>,
    fresh: Signal<Local, Place>,
}

impl<const A: usize, const C: usize> Logic for Sched<A, C> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, head, some, write, read);
        clock!(self, clock, sweep, asked, served, queue);
        self.sweep.reset.next = self.reset.val();
        self.busy.next = self.sweep.busy.val();

        self.idle.next = !self.some.q.val();
        self.out.valid.next = self.some.q.val();
        self.out.data.next = self.head.q.val().flow;
        self.take.next = self.some.q.val() & self.out.ready.val();

        self.asked.read_addr.next = self.set_flow.val().get_bits::<A>(0);
        self.served.read_addr.next = self.set_flow.val().get_bits::<A>(0);
        self.take_same.next = self.take.val() & (self.head.q.val().flow == self.set_flow.val());
        self.queued.next = self.asked.read_data.val() ^ self.served.read_data.val();
        self.joins.next = self.set_valid.val() & (!self.queued.val() | self.take_same.val());
        self.fresh.next.flow = self.set_flow.val();
        self.fresh.next.phase = !self.asked.read_data.val();

        // Nobody is behind the head: who joins then is written behind it too, and passed when he becomes the head at once.
        self.waiting.next = self.write.q.val() != self.read.q.val();
        self.moves.next = !self.some.q.val() | self.out.ready.val();
        self.queue.read_addr.next = self.read.q.val().get_bits::<A>(0);
        self.queue.write_en.next = self.joins.val();
        self.queue.write_addr.next = self.write.q.val().get_bits::<A>(0);
        self.queue.write_data.next = self.fresh.val();
        if self.joins.val() {
            self.write.d.next = self.write.q.val() + 1;
        }
        if self.moves.val() {
            self.head.d.next = self.fresh.val();
            self.some.d.next = self.joins.val();
            if self.waiting.val() {
                self.head.d.next = self.queue.read_data.val();
                self.some.d.next = true;
            }
            if self.waiting.val() | self.joins.val() {
                self.read.d.next = self.read.q.val() + 1;
            }
        }

        self.asked.write_en.next = self.joins.val() | self.sweep.busy.val();
        self.asked.write_addr.next = self.set_flow.val().get_bits::<A>(0);
        self.asked.write_data.next = !self.asked.read_data.val();
        self.served.write_en.next = self.take.val() | self.sweep.busy.val();
        self.served.write_addr.next = self.out.data.val().get_bits::<A>(0);
        self.served.write_data.next = self.head.q.val().phase;
        if self.sweep.busy.val() {
            self.asked.write_addr.next = self.sweep.addr.val();
            self.asked.write_data.next = false;
            self.served.write_addr.next = self.sweep.addr.val();
            self.served.write_data.next = false;
        }
        if self.reset.val() | self.sweep.busy.val() {
            self.some.d.next = false;
            self.write.d.next = 0.into();
            self.read.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Rng, clocked};

    type Uut = Sched<4, 5>;
    clocked!(Uut);

    fn start() -> Box<Uut> {
        let mut uut = ready(Box::<Uut>::default());
        settle(&mut *uut);
        while uut.busy.val() {
            tick(&mut *uut);
        }
        uut
    }

    /// Against a queue without duplicates; sets and takes of one flow in one cycle are frequent.
    #[test]
    fn serves_in_order_of_setting_and_loses_nothing() {
        let mut rng = Rng::new(20);
        for (set, take) in [(90, 30), (30, 90), (60, 60), (100, 100), (100, 5)] {
            let mut uut = start();
            let mut reference: VecDeque<u64> = VecDeque::new();
            let mut turns = [0; 16];
            for _ in 0..600 {
                let flow = rng.below(16);
                let setting = rng.chance(set);
                let taking = rng.chance(take);
                uut.set_valid.next = setting;
                uut.set_flow.next = flow.into();
                uut.out.ready.next = taking;
                settle(&mut *uut);
                assert_eq!(uut.out.valid.val(), !reference.is_empty());
                assert_eq!(uut.idle.val(), reference.is_empty());
                if let Some(front) = reference.front() {
                    assert_eq!(uut.out.data.val(), *front);
                    if taking {
                        turns[*front as usize] += 1;
                        reference.pop_front();
                    }
                }
                if setting && !reference.contains(&flow) {
                    reference.push_back(flow);
                }
                tick(&mut *uut);
            }
            assert!(turns.iter().all(|n| *n > 0), "every flow had turns: {turns:?}");
        }
    }

    #[test]
    fn a_flow_that_is_set_while_it_is_taken_gets_another_turn() {
        let mut uut = start();
        uut.set_flow.next = 5_u64.into();
        uut.set_valid.next = true;
        tick(&mut *uut);
        uut.out.ready.next = true;
        for _ in 0..6 {
            settle(&mut *uut);
            assert!(uut.out.valid.val(), "set and taken in the same cycle");
            tick(&mut *uut);
        }
        uut.set_valid.next = false;
        tick(&mut *uut);
        assert!(!uut.out.valid.val(), "no turn without a set");
    }

    #[test]
    fn reset_forgets_every_flow() {
        let mut uut = start();
        uut.set_valid.next = true;
        for flow in 0..16_u64 {
            uut.set_flow.next = flow.into();
            tick(&mut *uut);
        }
        uut.set_valid.next = false;
        uut.reset.next = true;
        tick(&mut *uut);
        uut.reset.next = false;
        settle(&mut *uut);
        assert!(!uut.out.valid.val() && uut.busy.val());
        while uut.busy.val() {
            tick(&mut *uut);
        }
        for flow in 0..16_u64 {
            uut.set_valid.next = true;
            uut.set_flow.next = flow.into();
            uut.out.ready.next = true;
            tick(&mut *uut);
            assert_eq!((uut.out.valid.val(), uut.out.data.val()), (true, flow.into()));
        }
    }
}
