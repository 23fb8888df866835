// SPDX-License-Identifier: MIT OR Apache-2.0
//! Chooses the next event for the TCB processor.
//!
//! The choice moves on in every cycle, also when the processor does not take the event (its flow is in the pipeline):
//! an event that has to wait never holds up those of other flows. So an offer may be withdrawn, which the processor allows.

use rust_hdl::prelude::*;

use crate::stream::arbiter::RoundRobin;
use crate::stream::{StreamIn, StreamOut};
use crate::types::Event;

/// Round robin over eight sources, of which three tell more than the kind of the event and its flow: the look-up (0), the
/// commands (1) and the doorbells (4). What only one of them tells is passed on whoever has the turn: nobody looks at it
/// in another's event. A multiplexer of whole events would be the widest of the card.
#[derive(LogicBlock, Default)]
pub struct EventArbiter {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: [StreamIn<Event>; 8],
    pub out: StreamOut<Event>,
    turn: RoundRobin<8>,
    request: [Signal<Local, Bits<8>>; 9],
    lookup: Signal<Local, Event>,
    command: Signal<Local, Event>,
    doorbell: Signal<Local, Event>,
    chosen: Signal<Local, Event>,
    isn: Signal<Local, Bits<32>>,
    generation: Signal<Local, Bits<32>>,
}

impl Logic for EventArbiter {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, turn);
        self.turn.reset.next = self.reset.val();
        self.lookup.next = self.inp[0].data.val();
        self.command.next = self.inp[1].data.val();
        self.doorbell.next = self.inp[4].data.val();
        self.out.data.next = self.lookup.val();
        self.chosen.next = self.lookup.val();
        self.request[0].next = 0.into();
        for i in 0..8 {
            self.request[i + 1].next = self.request[i].val().replace_bit(i, self.inp[i].valid.val());
            self.inp[i].ready.next = self.turn.select.val().get_bit(i) & self.out.ready.val();
            if self.turn.select.val().get_bit(i) {
                self.chosen.next = self.inp[i].data.val();
            }
        }
        self.out.data.next.kind = self.chosen.val().kind;
        self.out.data.next.flow = self.chosen.val().flow;
        self.out.data.next.hit = self.chosen.val().hit;
        self.out.data.next.new = self.chosen.val().new;
        if self.turn.select.val().get_bit(1) {
            self.out.data.next.op = self.command.val().op;
        }
        // Of a command 16 bits are in use: the generation.
        self.isn.next = self.lookup.val().isn;
        self.generation.next = self.command.val().isn;
        if self.turn.select.val().get_bit(1) {
            self.out.data.next.isn = bit_cast::<32, 16>(self.generation.val().get_bits::<16>(0))
                | (bit_cast::<32, 16>(self.isn.val().get_bits::<16>(16)) << 16);
        }
        if self.turn.select.val().get_bit(4) {
            self.out.data.next.flags = self.doorbell.val().flags;
            self.out.data.next.seq = self.doorbell.val().seq;
            self.out.data.next.ack = self.doorbell.val().ack;
        }
        self.turn.request.next = self.request[8].val();
        self.turn.done.next = true;
        self.out.valid.next = self.turn.select.val().any();
    }
}
