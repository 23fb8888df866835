// SPDX-License-Identifier: MIT OR Apache-2.0
//! Deadlines: one per flow, swept one a cycle.

use rust_hdl::prelude::*;

use crate::stream::StreamOut;

/// Deadlines of `2^A` flows; `C = A + 1`.
#[derive(LogicBlock, Default)]
pub struct Timer<const A: usize, const C: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Microseconds; never goes back.
    pub now: Signal<In, Bits<48>>,
    /// Pulse: set (`set_on`) or clear the deadline of `set_flow`. Always taken, but not while `busy`.
    pub set_valid: Signal<In, Bit>,
    pub set_flow: Signal<In, Bits<16>>,
    pub set_on: Signal<In, Bit>,
    pub set_deadline: Signal<In, Bits<48>>,
    /// A flow whose deadline has passed; it is cleared with that. Unlike other streams `valid` falls, in the same cycle, when the
    /// flow's deadline is set or cleared: take it only in the cycle in which the event enters the processor, and a stale
    /// expiry is never seen.
    pub expiry: StreamOut<Bits<16>>,
    /// The earliest deadline, when `settled` and `deadline_valid`.
    pub next_deadline: Signal<Out, Bits<48>>,
    /// A deadline is set.
    pub deadline_valid: Signal<Out, Bit>,
    /// All deadlines have been looked at since the last change, and none is due.
    pub settled: Signal<Out, Bit>,
    /// The deadlines are being cleared after reset.
    pub busy: Signal<Out, Bit>,
}

impl<const A: usize, const C: usize> Logic for Timer<A, C> {
    #[hdl_gen]
    fn update(&mut self) {
        self.expiry.data.next = self.set_flow.val();
        self.expiry.valid.next = false;
        self.next_deadline.next = self.set_deadline.val();
        self.deadline_valid.next = false;
        self.settled.next = true;
        self.busy.next = false;
    }
}
