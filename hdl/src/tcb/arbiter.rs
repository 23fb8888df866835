// SPDX-License-Identifier: MIT OR Apache-2.0
//! Chooses the next event for the TCB processor.
//!
//! The choice is made a cycle ahead and stands in a register, so that the way from a source's `valid` to the processor's scoreboard and
//! back to its `ready` begins there. It moves on in every cycle, also when the processor does not take the event (its flow is in the
//! pipeline): an event that has to wait never holds up those of other flows. So an offer may be withdrawn, which the processor allows.

use rust_hdl::prelude::*;

use crate::stream::arbiter::RoundRobin;
use crate::stream::{StreamIn, StreamOut};
use crate::types::Event;

/// Round robin over eight sources, of which three tell more than the kind of the event and its flow: the look-up (0), the
/// commands (1) and the doorbells (4). What only one of them tells is passed on whoever has the turn: nobody looks at it
/// in another's event. A multiplexer of whole events would be the widest of the card.
///
/// While none asks, the turn is the look-up's: a segment that comes to an idle card is offered at once, an event of the others one
/// cycle later.
#[derive(LogicBlock, Default)]
pub struct EventArbiter {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: [StreamIn<Event>; 8],
    pub out: StreamOut<Event>,
    turn: RoundRobin<8>,
    /// One-hot: whose event is offered.
    chosen: DFF<Bits<8>>,
    request: [Signal<Local, Bits<8>>; 9],
    lookup: Signal<Local, Event>,
    command: Signal<Local, Event>,
    doorbell: Signal<Local, Event>,
    source: Signal<Local, Event>,
    timer: Signal<Local, Event>,
    unreachable: Signal<Local, Event>,
    peek: Signal<Local, Event>,
    next_turn: Signal<Local, Event>,
    spare: Signal<Local, Event>,
    flows: [Signal<Local, Bits<16>>; 8],
    hits: [Signal<Local, Bit>; 8],
    flow_sum: [Signal<Local, Bits<16>>; 9],
    hit_sum: [Signal<Local, Bit>; 9],
    isn: Signal<Local, Bits<32>>,
    generation: Signal<Local, Bits<32>>,
}

impl Logic for EventArbiter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, chosen);
        clock!(self, clock, turn);
        self.turn.reset.next = self.reset.val();
        self.lookup.next = self.inp[0].data.val();
        self.command.next = self.inp[1].data.val();
        self.doorbell.next = self.inp[4].data.val();
        self.out.data.next = self.lookup.val();
        self.source.next = self.lookup.val();
        self.request[0].next = 0.into();
        for i in 0..8 {
            self.request[i + 1].next = self.request[i].val().replace_bit(i, self.inp[i].valid.val());
            self.inp[i].ready.next = self.chosen.q.val().get_bit(i) & self.out.ready.val();
            if self.chosen.q.val().get_bit(i) {
                self.source.next = self.inp[i].data.val();
            }
        }
        // The scoreboard looks at the flow: gates for it, because a choice of one of eight takes twice as long.
        self.timer.next = self.inp[2].data.val();
        self.unreachable.next = self.inp[3].data.val();
        self.peek.next = self.inp[5].data.val();
        self.next_turn.next = self.inp[6].data.val();
        self.spare.next = self.inp[7].data.val();
        self.flows[0].next = 0.into();
        self.hits[0].next = false;
        if self.chosen.q.val().get_bit(0) {
            self.flows[0].next = self.lookup.val().flow;
            self.hits[0].next = self.lookup.val().hit;
        }
        self.flows[1].next = 0.into();
        self.hits[1].next = false;
        if self.chosen.q.val().get_bit(1) {
            self.flows[1].next = self.command.val().flow;
            self.hits[1].next = self.command.val().hit;
        }
        self.flows[2].next = 0.into();
        self.hits[2].next = false;
        if self.chosen.q.val().get_bit(2) {
            self.flows[2].next = self.timer.val().flow;
            self.hits[2].next = self.timer.val().hit;
        }
        self.flows[3].next = 0.into();
        self.hits[3].next = false;
        if self.chosen.q.val().get_bit(3) {
            self.flows[3].next = self.unreachable.val().flow;
            self.hits[3].next = self.unreachable.val().hit;
        }
        self.flows[4].next = 0.into();
        self.hits[4].next = false;
        if self.chosen.q.val().get_bit(4) {
            self.flows[4].next = self.doorbell.val().flow;
            self.hits[4].next = self.doorbell.val().hit;
        }
        self.flows[5].next = 0.into();
        self.hits[5].next = false;
        if self.chosen.q.val().get_bit(5) {
            self.flows[5].next = self.peek.val().flow;
            self.hits[5].next = self.peek.val().hit;
        }
        self.flows[6].next = 0.into();
        self.hits[6].next = false;
        if self.chosen.q.val().get_bit(6) {
            self.flows[6].next = self.next_turn.val().flow;
            self.hits[6].next = self.next_turn.val().hit;
        }
        self.flows[7].next = 0.into();
        self.hits[7].next = false;
        if self.chosen.q.val().get_bit(7) {
            self.flows[7].next = self.spare.val().flow;
            self.hits[7].next = self.spare.val().hit;
        }
        self.flow_sum[0].next = 0.into();
        self.hit_sum[0].next = false;
        for i in 0..8 {
            self.flow_sum[i + 1].next = self.flow_sum[i].val() | self.flows[i].val();
            self.hit_sum[i + 1].next = self.hit_sum[i].val() | self.hits[i].val();
        }
        self.out.data.next.kind = self.source.val().kind;
        self.out.data.next.flow = self.flow_sum[8].val();
        self.out.data.next.hit = self.hit_sum[8].val();
        self.out.data.next.new = self.source.val().new;
        if self.chosen.q.val().get_bit(1) {
            self.out.data.next.op = self.command.val().op;
        }
        // Of a command 16 bits are in use: the generation.
        self.isn.next = self.lookup.val().isn;
        self.generation.next = self.command.val().isn;
        if self.chosen.q.val().get_bit(1) {
            self.out.data.next.isn = bit_cast::<32, 16>(self.generation.val().get_bits::<16>(0))
                | (bit_cast::<32, 16>(self.isn.val().get_bits::<16>(16)) << 16);
        }
        if self.chosen.q.val().get_bit(4) {
            self.out.data.next.flags = self.doorbell.val().flags;
            self.out.data.next.seq = self.doorbell.val().seq;
            self.out.data.next.ack = self.doorbell.val().ack;
        }
        self.out.valid.next = (self.request[8].val() & self.chosen.q.val()).any();
        self.turn.request.next = self.request[8].val();
        self.turn.done.next = true;
        self.chosen.d.next = self.turn.select.val();
        if !self.request[8].val().any() | self.reset.val() {
            self.chosen.d.next = 1.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ready, settle, tick};
    use crate::stream::bench::{Rng, clocked};

    clocked!(EventArbiter);

    /// Every source's events come out once and in order, whatever the processor refuses; nobody waits longer than a round.
    #[test]
    fn gives_every_source_its_turn() {
        for refusal in [0, 30, 80] {
            let mut rng = Rng::new(90 + refusal);
            let mut uut = ready(Box::<EventArbiter>::default());
            let mut waiting: [Option<u64>; 8] = [None; 8];
            let (mut sent, mut got, mut since) = ([0_u64; 8], [0_u64; 8], [0_u32; 8]);
            for _ in 0..4_000 {
                for i in 0..8 {
                    if waiting[i].is_none() && rng.chance(20) {
                        waiting[i] = Some(sent[i]);
                        sent[i] += 1;
                    }
                    uut.inp[i].valid.next = waiting[i].is_some();
                    let flow = i as u64 | waiting[i].unwrap_or(0) << 3;
                    uut.inp[i].data.next = Event { flow: flow.into(), ..Default::default() };
                }
                let takes = !rng.chance(refusal);
                uut.out.ready.next = takes;
                settle(&mut *uut);
                let accepted: Vec<usize> =
                    (0..8).filter(|&i| waiting[i].is_some() && uut.inp[i].ready.val()).collect();
                if takes && uut.out.valid.val() {
                    let flow = uut.out.data.val().flow.to_u64();
                    let i = flow as usize & 7;
                    assert_eq!(accepted, [i]);
                    assert_eq!(flow >> 3, got[i]);
                    got[i] += 1;
                    waiting[i] = None;
                    since[i] = 0;
                } else {
                    assert!(accepted.is_empty());
                }
                for i in 0..8 {
                    since[i] = if waiting[i].is_some() && takes { since[i] + 1 } else { since[i] };
                    assert!(refusal > 0 || since[i] <= 9, "source {i} waits {} cycles", since[i]);
                }
                tick(&mut *uut);
            }
            let share = 4_000 * (100 - refusal) / 100 / 8;
            assert!(got.iter().all(|&n| n > share * 3 / 4), "{got:?} of {share} each");
        }
    }

    #[test]
    fn offers_a_segment_at_once_and_others_a_cycle_later() {
        for (source, cycles) in [(0, 0), (1, 1), (7, 1)] {
            let mut uut = ready(Box::<EventArbiter>::default());
            uut.out.ready.next = true;
            tick(&mut *uut);
            uut.inp[source].valid.next = true;
            settle(&mut *uut);
            for _ in 0..cycles {
                assert!(!uut.out.valid.val());
                tick(&mut *uut);
            }
            assert!(uut.out.valid.val() && uut.inp[source].ready.val());
        }
    }
}
