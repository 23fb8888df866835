// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statistics: 64 event inputs, 64 wrapping 32-bit counters in one RAM.
//!
//! Each input has a small counter of its own; a sweeper adds one of them to the RAM each cycle, so that an input may pulse in
//! every cycle and 64 counters cost one adder. The small counters are shift registers: to count they need one gate and no
//! adder, and a single table behind the sweeper knows which number each of their states stands for.

use rust_hdl::prelude::*;

use crate::ram::Lutram;

/// Event inputs: the counters of `syncline_regs::counters` by slot.
pub const USED: usize = 43;

/// A small counter's next state: what comes in is the equality of the last two bits. It has 63 states, for 0 to 62 pulses:
/// enough for a round of the sweeper, 43 cycles and 15 for the host's readings.
fn next(state: u64) -> u64 {
    (state << 1 & 63) | u64::from(state >> 5 & 1 == state >> 4 & 1)
}

/// How many pulses a state stands for. All ones is none of them.
fn pulses(state: u64) -> u64 {
    let states = std::iter::successors(Some(0), |&state| Some(next(state)));
    (0..63).zip(states).find(|&(_, other)| other == state).map_or(0, |(pulses, _)| pulses)
}

/// A reading lags its pulses by at most 62 cycles.
#[derive(LogicBlock)]
pub struct Counters {
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: from then on until `ready` nothing is counted.
    pub reset: Signal<In, Bit>,
    /// By slot: adds one in each cycle in which it is set.
    pub pulse: [Signal<In, Bit>; USED],
    /// Read a counter, at most in every fourth cycle: the sweeper waits.
    pub read: Signal<In, Bit>,
    /// The counter ...
    pub read_index: Signal<In, Bits<6>>,
    /// ... its value, in the same cycle.
    pub read_value: Signal<Out, Bits<32>>,
    /// All counters are cleared.
    pub ready: Signal<Out, Bit>,
    /// A pulse has not reached the RAM yet.
    pub busy: Signal<Out, Bit>,
    totals: Lutram<Bits<32>, 6>,
    pending: [DFF<Bits<6>>; USED],
    index: DFF<Bits<6>>,
    last: Constant<Bits<6>>,
    clearing: DFF<Bit>,
    cleared: DFF<Bit>,
    /// Cycles until the RAM has the last pulse.
    late: DFF<Bits<6>>,
    // What was found, ...
    found: DFF<Bits<6>>,
    found_now: DFF<Bit>,
    /// The counter it belongs to, ...
    counter: DFF<Bits<6>>,
    /// ... which is cleared instead.
    clears: DFF<Bit>,
    finds: DFF<Bit>,
    // ... as a number a cycle later, to be added in the next.
    number_found: DFF<Bits<6>>,
    /// What it is to be added to.
    total: DFF<Bits<32>>,
    number_now: DFF<Bit>,
    number_counter: DFF<Bits<6>>,
    number_clears: DFF<Bit>,
    adds: DFF<Bit>,
    visited: Signal<Local, Bits<6>>,
    shifted: [Signal<Local, Bits<6>>; USED],
    any: [Signal<Local, Bit>; USED + 1],
    part: [Signal<Local, Bits<6>>; USED],
    sum: [Signal<Local, Bits<6>>; USED + 1],
    part_now: [Signal<Local, Bit>; USED],
    sum_now: [Signal<Local, Bit>; USED + 1],
    number: [Constant<Bits<6>>; 64],
    amount: Signal<Local, Bits<6>>,
    amount_x2: Signal<Local, Bits<33>>,
    amount_x2_1: Signal<Local, Bits<33>>,
    total_x2: Signal<Local, Bits<33>>,
    new_x2: Signal<Local, Bits<33>>,
}

impl Default for Counters {
    fn default() -> Self {
        assert_eq!(USED, syncline_regs::counters::COUNTERS.len(), "an input for each counter");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            pulse: std::array::from_fn(|_| Default::default()),
            read: Default::default(),
            read_index: Default::default(),
            read_value: Default::default(),
            ready: Default::default(),
            busy: Default::default(),
            totals: Default::default(),
            pending: std::array::from_fn(|_| Default::default()),
            index: Default::default(),
            last: Constant::new((USED as u64 - 1).into()),
            clearing: Default::default(),
            cleared: Default::default(),
            late: Default::default(),
            found: Default::default(),
            found_now: Default::default(),
            counter: Default::default(),
            clears: Default::default(),
            finds: Default::default(),
            number_found: Default::default(),
            total: Default::default(),
            number_now: Default::default(),
            number_counter: Default::default(),
            number_clears: Default::default(),
            adds: Default::default(),
            visited: Default::default(),
            shifted: std::array::from_fn(|_| Default::default()),
            any: std::array::from_fn(|_| Default::default()),
            part: std::array::from_fn(|_| Default::default()),
            sum: std::array::from_fn(|_| Default::default()),
            part_now: std::array::from_fn(|_| Default::default()),
            sum_now: std::array::from_fn(|_| Default::default()),
            number: std::array::from_fn(|state| Constant::new(pulses(state as u64).into())),
            amount: Default::default(),
            amount_x2: Default::default(),
            amount_x2_1: Default::default(),
            total_x2: Default::default(),
            new_x2: Default::default(),
        }
    }
}

impl Logic for Counters {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, index, clearing, cleared, late, found, found_now, counter, clears, finds);
        dff_setup!(self, clock, total, number_found, number_now, number_counter, number_clears, adds);
        clock!(self, clock, totals);
        self.visited.next = self.index.q.val();
        if self.read.val() {
            self.visited.next = 63.into(); // none
        }
        self.any[0].next = false;
        self.sum[0].next = 0.into();
        self.sum_now[0].next = false;
        for i in 0..43 {
            self.pending[i].clock.next = self.clock.val();
            self.pending[i].d.next = self.pending[i].q.val();
            self.shifted[i].next = self.pending[i].q.val() << 1;
            if self.pending[i].q.val().get_bit(5) == self.pending[i].q.val().get_bit(4) {
                self.shifted[i].next = (self.pending[i].q.val() << 1) | 1;
            }
            if self.pulse[i].val() {
                self.pending[i].d.next = self.shifted[i].val();
            }
            self.part[i].next = 0.into();
            self.part_now[i].next = false;
            if self.visited.val().index() == i {
                self.part[i].next = self.pending[i].q.val();
                self.part_now[i].next = self.pulse[i].val();
                self.pending[i].d.next = 0.into();
            }
            self.sum[i + 1].next = self.sum[i].val() | self.part[i].val();
            self.sum_now[i + 1].next = self.sum_now[i].val() | self.part_now[i].val();
            self.any[i + 1].next = self.any[i].val() | self.pulse[i].val();
        }
        self.amount.next = 0.into();
        for i in 0..64 {
            if self.found.q.val().index() == i {
                self.amount.next = self.number[i].val();
            }
        }

        // A pulse of the very cycle of the visit is carried in below the lowest bit. After reset one sweep writes zeros; at power-up the
        // RAM is cleared the same way.
        self.total_x2.next = (bit_cast::<33, 32>(self.total.q.val()) << 1) | 1;
        self.amount_x2.next = bit_cast::<33, 6>(self.number_found.q.val()) << 1;
        self.amount_x2_1.next = self.amount_x2.val().replace_bit(0, self.number_now.q.val());
        if self.number_clears.q.val() {
            self.total_x2.next = 0.into();
            self.amount_x2_1.next = 0.into();
        }
        self.new_x2.next = self.total_x2.val() + self.amount_x2_1.val();
        self.totals.read_addr.next = self.counter.q.val();
        self.totals.write_addr.next = self.number_counter.q.val();
        self.totals.write_data.next = self.new_x2.val().get_bits::<32>(1);
        self.totals.write_en.next = self.adds.q.val() & !self.read.val();
        self.read_value.next = self.totals.read_data.val();
        if self.read.val() {
            self.totals.read_addr.next = self.read_index.val();
        }

        self.ready.next = self.cleared.q.val() & !self.clearing.q.val();
        self.busy.next = self.late.q.val().any() | self.clearing.q.val();
        if self.late.q.val().any() {
            self.late.d.next = self.late.q.val() - 1;
        }
        if self.any[43].val() {
            self.late.d.next = 62.into();
        }
        if !self.read.val() {
            self.found.d.next = self.sum[43].val();
            self.found_now.d.next = self.sum_now[43].val();
            self.counter.d.next = self.index.q.val();
            self.clears.d.next = self.clearing.q.val();
            self.finds.d.next = true;
            self.number_found.d.next = self.amount.val();
            self.total.d.next = self.totals.read_data.val();
            self.number_now.d.next = self.found_now.q.val();
            self.number_counter.d.next = self.counter.q.val();
            self.number_clears.d.next = self.clears.q.val();
            self.adds.d.next = self.finds.q.val();
            self.index.d.next = self.index.q.val() + 1;
            if self.index.q.val() == 63 {
                self.clearing.d.next = false;
            }
            if !self.clearing.q.val() & (self.index.q.val() == self.last.val()) {
                self.index.d.next = 0.into();
            }
        }
        if !self.cleared.q.val() {
            self.cleared.d.next = true;
            self.clearing.d.next = true;
            self.index.d.next = 0.into();
        }
        if self.reset.val() {
            self.finds.d.next = false;
            self.adds.d.next = false;
            self.cleared.d.next = false;
            self.late.d.next = 0.into();
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
        uut.read.next = true;
        uut.read_index.next = index.into();
        settle(uut);
        let value = uut.read_value.val().to_u64();
        uut.read.next = false;
        settle(uut);
        value
    }

    #[test]
    fn counts_every_pulse_also_one_a_cycle() {
        let mut uut = ready(Box::<Counters>::default());
        let uut = uut.as_mut();
        for _ in 0..70 {
            tick(uut);
        }
        assert!(uut.ready.val());
        for cycle in 0..500_u64 {
            // Counter 5 in every cycle, counter 42 in every third, counter 0 once; the host reads as often as it can.
            uut.pulse[5].next = true;
            uut.pulse[42].next = cycle % 3 == 0;
            uut.pulse[0].next = cycle == 17;
            uut.read.next = cycle % 4 == 0;
            uut.read_index.next = (cycle % 64).into();
            tick(uut);
        }
        for slot in [0, 5, 42] {
            uut.pulse[slot].next = false;
        }
        uut.read.next = false;
        settle(uut);
        assert!(uut.busy.val());
        for cycle in 0..62 {
            assert!(uut.busy.val(), "cycle {cycle}");
            uut.read.next = cycle % 4 == 0;
            tick(uut);
        }
        assert!(!uut.busy.val());
        assert_eq!([read(uut, 0), read(uut, 5), read(uut, 42), read(uut, 7)], [1, 500, 167, 0]);
        uut.pulse[5].next = true;
        tick(uut);
        uut.pulse[5].next = false;
        uut.reset.next = true;
        tick(uut);
        uut.reset.next = false;
        settle(uut);
        assert!(!uut.ready.val());
        for _ in 0..200 {
            tick(uut);
        }
        assert!(uut.ready.val());
        assert_eq!([read(uut, 0), read(uut, 5), read(uut, 42)], [0, 0, 0]);
    }

    #[test]
    fn every_number_has_its_state() {
        let mut numbers: Vec<u64> = (0..63).map(pulses).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..63).collect::<Vec<_>>());
    }
}
