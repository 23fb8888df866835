// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statistics: 64 event inputs, 64 wrapping 32-bit counters in one RAM.
//!
//! Each input has a small counter of its own; a sweeper adds one of them to the RAM each cycle, so that an input may pulse in
//! every cycle and 64 counters cost one adder.

use rust_hdl::prelude::*;

use crate::ram::Lutram;

/// Event inputs: the counters of `syncline_regs::counters` by slot.
pub const USED: usize = 43;

/// A reading lags its pulses by at most 65 cycles.
#[derive(LogicBlock)]
pub struct Counters {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// By slot: adds one in each cycle in which it is set.
    pub pulse: [Signal<In, Bit>; USED],
    /// The counter to read ...
    pub read_index: Signal<In, Bits<6>>,
    /// ... its value, in the same cycle.
    pub read_value: Signal<Out, Bits<32>>,
    /// A pulse has not reached the RAM yet.
    pub busy: Signal<Out, Bit>,
    totals: [Lutram<Bits<32>, 6>; 2], // the same contents twice: one read port for the sweeper, one for the host
    pending: [DFF<Bits<7>>; USED],
    index: DFF<Bits<6>>,
    clearing: DFF<Bit>,
    cleared: DFF<Bit>,
    amount: Signal<Local, Bits<7>>,
    total: Signal<Local, Bits<32>>,
    one: [Signal<Local, Bits<7>>; USED],
    any: [Signal<Local, Bit>; USED + 1],
}

impl Default for Counters {
    fn default() -> Self {
        assert_eq!(USED, syncline_regs::counters::COUNTERS.len(), "an input for each counter");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            pulse: std::array::from_fn(|_| Default::default()),
            read_index: Default::default(),
            read_value: Default::default(),
            busy: Default::default(),
            totals: Default::default(),
            pending: std::array::from_fn(|_| Default::default()),
            index: Default::default(),
            clearing: Default::default(),
            cleared: Default::default(),
            amount: Default::default(),
            total: Default::default(),
            one: std::array::from_fn(|_| Default::default()),
            any: std::array::from_fn(|_| Default::default()),
        }
    }
}

impl Logic for Counters {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, index, clearing, cleared);
        for i in 0..2 {
            self.totals[i].clock.next = self.clock.val();
        }
        self.totals[0].read_addr.next = self.index.q.val();
        self.totals[1].read_addr.next = self.read_index.val();
        self.read_value.next = self.totals[1].read_data.val();

        self.amount.next = 0.into();
        self.any[0].next = false;
        for i in 0..43 {
            self.pending[i].clock.next = self.clock.val();
            self.one[i].next = 0.into();
            if self.pulse[i].val() {
                self.one[i].next = 1.into();
            }
            self.pending[i].d.next = self.pending[i].q.val() + self.one[i].val();
            if self.index.q.val().index() == i {
                self.amount.next = self.pending[i].q.val();
                self.pending[i].d.next = self.one[i].val();
            }
            self.any[i + 1].next = self.any[i].val() | self.pending[i].q.val().any();
        }
        self.busy.next = self.any[43].val() | self.clearing.q.val();
        // After reset one sweep writes zeros; at power-up the RAM is cleared the same way.
        self.total.next = self.totals[0].read_data.val() + bit_cast::<32, 7>(self.amount.val());
        if self.clearing.q.val() {
            self.total.next = bit_cast::<32, 7>(self.amount.val());
        }
        for i in 0..2 {
            self.totals[i].write_addr.next = self.index.q.val();
            self.totals[i].write_data.next = self.total.val();
            self.totals[i].write_en.next = true;
        }
        self.index.d.next = self.index.q.val() + 1;
        if self.index.q.val() == 63 {
            self.clearing.d.next = false;
        }
        if !self.cleared.q.val() {
            self.cleared.d.next = true;
            self.clearing.d.next = true;
            self.index.d.next = 0.into();
        }
        if self.reset.val() {
            self.cleared.d.next = false;
            for i in 0..43 {
                self.pending[i].d.next = 0.into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Clocked, ready, settle, tick};

    impl Clocked for Counters {
        fn clk(&mut self) -> &mut Signal<In, Clock> {
            &mut self.clock
        }
    }

    fn read(uut: &mut Counters, index: u64) -> u64 {
        uut.read_index.next = index.into();
        settle(uut);
        uut.read_value.val().to_u64()
    }

    #[test]
    fn counts_every_pulse_also_one_a_cycle() {
        let mut uut = ready(Box::<Counters>::default());
        let uut = uut.as_mut();
        for _ in 0..70 {
            tick(uut);
        }
        for cycle in 0..500_u64 {
            // Counter 5 in every cycle, counter 42 in every third, counter 0 once.
            uut.pulse[5].next = true;
            uut.pulse[42].next = cycle % 3 == 0;
            uut.pulse[0].next = cycle == 17;
            tick(uut);
        }
        for slot in [0, 5, 42] {
            uut.pulse[slot].next = false;
        }
        settle(uut);
        assert!(uut.busy.val());
        for _ in 0..66 {
            tick(uut);
        }
        assert!(!uut.busy.val());
        assert_eq!([read(uut, 0), read(uut, 5), read(uut, 42), read(uut, 7)], [1, 500, 167, 0]);
        uut.reset.next = true;
        tick(uut);
        uut.reset.next = false;
        for _ in 0..70 {
            tick(uut);
        }
        assert_eq!([read(uut, 0), read(uut, 5), read(uut, 42)], [0, 0, 0]);
    }
}
