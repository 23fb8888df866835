// SPDX-License-Identifier: MIT OR Apache-2.0
//! Chooses the next event for the TCB processor.
//!
//! The choice moves on in every cycle, also when the processor does not take the event (its flow is in the pipeline):
//! an event that has to wait never holds up those of other flows. So an offer may be withdrawn, which the processor allows.

use rust_hdl::prelude::*;

use crate::stream::arbiter::RoundRobin;
use crate::stream::{StreamIn, StreamOut};
use crate::types::Event;

/// Round robin over eight sources.
#[derive(LogicBlock)]
pub struct EventArbiter {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: [StreamIn<Event>; 8],
    pub out: StreamOut<Event>,
    turn: RoundRobin<8>,
    request: [Signal<Local, Bits<8>>; 9],
    blank: Constant<Event>,
}

impl Default for EventArbiter {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            out: Default::default(),
            turn: Default::default(),
            request: Default::default(),
            blank: Constant::new(Event::default()),
        }
    }
}

impl Logic for EventArbiter {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, turn);
        self.turn.reset.next = self.reset.val();
        self.out.data.next = self.blank.val();
        self.request[0].next = 0.into();
        for i in 0..8 {
            self.request[i + 1].next = self.request[i].val().replace_bit(i, self.inp[i].valid.val());
            self.inp[i].ready.next = self.turn.select.val().get_bit(i) & self.out.ready.val();
            if self.turn.select.val().get_bit(i) {
                self.out.data.next = self.inp[i].data.val();
            }
        }
        self.turn.request.next = self.request[8].val();
        self.turn.done.next = true;
        self.out.valid.next = self.turn.select.val().any();
    }
}
