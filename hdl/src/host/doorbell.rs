// SPDX-License-Identifier: MIT OR Apache-2.0
//! Doorbell mailboxes: the latest ring pointers of each flow, handed to the TCB processor one flow at a time.
//!
//! A pointer that has not been handed over yet is overwritten by a newer one: a mailbox can't be full, and the host
//! never waits.

use rust_hdl::prelude::*;

use crate::ram::Lutram;
use crate::stream::StreamOut;
use crate::types::{Event, EventKind};

/// Mailboxes for `N = 2^A` flows.
#[derive(LogicBlock, Default)]
pub struct Doorbells<const A: usize, const N: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The host writes a pointer of `flow`, at most one a cycle.
    pub write: Signal<In, Bit>,
    /// The flow; bits above `A` are ignored.
    pub flow: Signal<In, Bits<16>>,
    /// `false`: the end of the queued data (`snd_end`); `true`: the host's read position (`rcv_user`).
    pub receive: Signal<In, Bit>,
    /// The pointer: a sequence number.
    pub pointer: Signal<In, Bits<32>>,
    /// `Doorbell` events.
    pub event: StreamOut<Event>,
    /// A pointer waits.
    pub busy: Signal<Out, Bit>,
    /// Does a pointer of the flow `ask` wait? A command must not overtake it: the FIN would come before the last bytes.
    pub ask: Signal<In, Bits<16>>,
    pub pending: Signal<Out, Bit>,
    tails: Lutram<Bits<32>, A>,
    heads: Lutram<Bits<32>, A>,
    tail_set: DFF<Bits<N>>,
    head_set: DFF<Bits<N>>,
    // The flow looked at; it moves on by one a cycle while nothing is found.
    scan: DFF<Bits<A>>,
    offer: DFF<Event>,
    offered: DFF<Bit>,
    index: Signal<Local, Bits<A>>,
    asked: Signal<Local, Bits<A>>,
    all_set: Signal<Local, Bits<N>>,
    has_tail: Signal<Local, Bit>,
    has_head: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    flags: Signal<Local, Bits<8>>,
    wide: Signal<Local, Bits<16>>,
    one: Signal<Local, Bits<N>>,
    clear: Signal<Local, Bits<N>>,
    waiting: Signal<Local, Bit>,
    set: Signal<Local, Bits<N>>,
}

impl<const A: usize, const N: usize> Logic for Doorbells<A, N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, tail_set, head_set, scan, offer, offered);
        clock!(self, clock, tails, heads);
        self.index.next = self.flow.val().get_bits::<A>(0);
        self.tails.write_addr.next = self.index.val();
        self.tails.write_data.next = self.pointer.val();
        self.tails.write_en.next = self.write.val() & !self.receive.val();
        self.heads.write_addr.next = self.index.val();
        self.heads.write_data.next = self.pointer.val();
        self.heads.write_en.next = self.write.val() & self.receive.val();
        self.tails.read_addr.next = self.scan.q.val();
        self.heads.read_addr.next = self.scan.q.val();

        self.has_tail.next = self.tail_set.q.val().get_bit(self.scan.q.val().index());
        self.has_head.next = self.head_set.q.val().get_bit(self.scan.q.val().index());
        self.take.next =
            (self.has_tail.val() | self.has_head.val()) & (!self.offered.q.val() | self.event.ready.val());
        self.wide.next = bit_cast::<16, A>(self.scan.q.val());
        self.flags.next = 0.into();
        if self.has_tail.val() {
            self.flags.next = 1.into();
        }
        if self.has_head.val() {
            self.flags.next = 2.into();
        }
        if self.has_tail.val() & self.has_head.val() {
            self.flags.next = 3.into();
        }
        self.waiting.next = self.tail_set.q.val().any() | self.head_set.q.val().any();
        self.scan.d.next = self.scan.q.val() + 1;
        if !self.waiting.val() {
            self.scan.d.next = self.index.val(); // an idle card takes the next doorbell at once
        }
        if self.offered.q.val() & !self.event.ready.val() {
            self.scan.d.next = self.scan.q.val();
        }

        self.event.data.next = self.offer.q.val();
        self.event.valid.next = self.offered.q.val();
        if self.event.ready.val() {
            self.offered.d.next = false;
        }
        self.one.next = 1.into();
        self.clear.next = 0.into();
        if self.take.val() {
            self.clear.next = self.one.val() << self.scan.q.val();
            self.offered.d.next = true;
            self.offer.d.next.kind = EventKind::Doorbell;
            self.offer.d.next.hit = true;
            self.offer.d.next.flow = self.wide.val();
            self.offer.d.next.flags = self.flags.val();
            self.offer.d.next.ack = self.tails.read_data.val();
            self.offer.d.next.seq = self.heads.read_data.val();
        }
        self.set.next = 0.into();
        if self.write.val() {
            self.set.next = self.one.val() << self.index.val();
        }
        // A pointer written in the very cycle of the hand-over stays set: it is handed over next.
        self.tail_set.d.next = self.tail_set.q.val() & !self.clear.val();
        self.head_set.d.next = self.head_set.q.val() & !self.clear.val();
        if self.receive.val() {
            self.head_set.d.next = (self.head_set.q.val() & !self.clear.val()) | self.set.val();
        } else {
            self.tail_set.d.next = (self.tail_set.q.val() & !self.clear.val()) | self.set.val();
        }
        self.asked.next = self.ask.val().get_bits::<A>(0);
        self.all_set.next = self.tail_set.q.val() | self.head_set.q.val();
        self.pending.next = self.all_set.val().get_bit(self.asked.val().index())
            | (self.offered.q.val() & (self.offer.q.val().flow == self.ask.val()));
        self.busy.next = self.offered.q.val() | self.waiting.val();
        if self.reset.val() {
            self.tail_set.d.next = 0.into();
            self.head_set.d.next = 0.into();
            self.offered.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Clocked, ready, settle, tick};

    type Uut = Doorbells<4, 16>;

    impl Clocked for Uut {
        fn clk(&mut self) -> &mut Signal<In, Clock> {
            &mut self.clock
        }
    }

    fn ring(uut: &mut Uut, flow: u64, receive: bool, pointer: u64) {
        uut.write.next = true;
        uut.flow.next = flow.into();
        uut.receive.next = receive;
        uut.pointer.next = pointer.into();
        tick(uut);
        uut.write.next = false;
    }

    fn take(uut: &mut Uut, limit: usize) -> Option<Event> {
        uut.event.ready.next = false;
        for _ in 0..limit {
            settle(uut);
            if uut.event.valid.val() {
                let event = uut.event.data.val();
                uut.event.ready.next = true;
                tick(uut);
                uut.event.ready.next = false;
                return Some(event);
            }
            tick(uut);
        }
        None
    }

    #[test]
    fn the_latest_pointer_wins_and_both_come_in_one_event() {
        let mut uut = ready(Box::<Uut>::default());
        ring(&mut uut, 9, false, 5); // offered at once, so this one goes first
        assert_eq!(
            take(&mut uut, 3).map(|e| [e.flow.index(), e.flags.index(), e.ack.index()]),
            Some([9, 1, 5])
        );
        ring(&mut uut, 3, false, 99); // fills the offer register
        tick(uut.as_mut());
        tick(uut.as_mut());
        ring(&mut uut, 7, false, 100);
        ring(&mut uut, 7, true, 55);
        ring(&mut uut, 7, false, 200);
        assert_eq!(take(&mut uut, 40).unwrap().flow.index(), 3);
        let event = take(&mut uut, 40).unwrap();
        assert_eq!(event.kind, EventKind::Doorbell);
        assert_eq!((event.flow.index(), event.flags.index()), (7, 3));
        assert_eq!((event.ack.index(), event.seq.index()), (200, 55));
        assert!(take(&mut uut, 40).is_none());
        assert!(!uut.busy.val());
    }

    #[test]
    fn a_pointer_is_pending_until_its_event_is_taken() {
        let mut uut = ready(Box::<Uut>::default());
        uut.ask.next = 5.into();
        settle(&mut *uut);
        assert!(!uut.pending.val());
        ring(&mut uut, 5, false, 9);
        for _ in 0..5 {
            settle(&mut *uut);
            assert!(uut.pending.val(), "set, then on offer");
            tick(&mut *uut);
        }
        uut.ask.next = 6.into();
        settle(&mut *uut);
        assert!(!uut.pending.val(), "another flow");
        uut.ask.next = 5.into();
        assert!(take(&mut uut, 5).is_some());
        settle(&mut *uut);
        assert!(!uut.pending.val());
    }

    #[test]
    fn every_flow_gets_its_turn() {
        let mut uut = ready(Box::<Uut>::default());
        for flow in 0..16 {
            ring(&mut uut, flow, flow % 2 == 1, flow * 1000);
        }
        let mut seen = [false; 16];
        for _ in 0..16 {
            let event = take(&mut uut, 40).expect("a doorbell waits");
            let flow = event.flow.index();
            assert!(!std::mem::replace(&mut seen[flow], true), "flow {flow} twice");
            let pointer = if flow % 2 == 1 { event.seq } else { event.ack };
            assert_eq!(pointer, flow as u64 * 1000);
        }
        assert!(!uut.busy.val());
    }
}
