// SPDX-License-Identifier: MIT OR Apache-2.0
//! The flow look-up: turns a [`Segment`] or an open request into an [`Event`], and allocates flows.
//!
//! One at a time, so that two SYNs of one tuple can't make two flows. Removals and freed flows wait in queues and go
//! first: a flow is out of the table before it can be allocated again.

use rust_hdl::prelude::*;

use super::free_list::FreeList;
use super::isn::Isn;
use super::listen::Listen;
pub use super::listen::ListenRequest;
use super::table::Table;
use crate::sched::Sched;
use crate::stream::StreamIn;
use crate::stream::StreamOut;
use crate::types::{Event, EventKind, Op, Segment};

/// The host wants an active open.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct OpenRequest {
    /// Peer address.
    pub raddr: Bits<32>,
    /// Peer port.
    pub rport: Bits<16>,
    /// Our port.
    pub lport: Bits<16>,
    /// Nagle is off.
    pub nodelay: Bit,
}

/// What the look-up does.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Step {
    /// Waits for a removal, a freed flow, a segment or a request.
    Idle,
    /// The table takes a flow out.
    Remove,
    /// The table looks for the segment's or the request's tuple.
    Find,
    /// A flow is allocated as soon as its ISN is known.
    Allocate,
}

/// The look-up for `2^A` flows (at least 4); `C = A + 1`. An event follows its segment by 4 cycles (one more for each further flow in
/// the bucket), by 8 if a flow is allocated for it, or by 14 where
/// the ISN takes one round (`ROUNDS`) a cycle, or 194 where it takes sixteen cycles a round (`ROUNDS` is 0).
#[derive(LogicBlock)]
pub struct Lookup<const A: usize, const C: usize, const ROUNDS: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Secret key of the ISN function; the table's hash takes it over while no flow is in use.
    pub key: Signal<In, Bits<128>>,
    /// Own IPv4 address.
    pub laddr: Signal<In, Bits<32>>,
    /// Microseconds.
    pub now: Signal<In, Bits<48>>,
    pub segment: StreamIn<Segment>,
    /// An open request is answered in the cycle in which it is taken: see `open_ok`.
    pub open: StreamIn<OpenRequest>,
    /// With `open.ready`: the flow `open_flow` was allocated and its event is on the way.
    pub open_ok: Signal<Out, Bit>,
    /// With `open.ready`: the 4-tuple is in use already. Neither this nor `open_ok`: the card is full.
    pub open_in_use: Signal<Out, Bit>,
    pub open_flow: Signal<Out, Bits<16>>,
    pub listen: StreamIn<ListenRequest>,
    pub event: StreamOut<Event>,
    /// Pulse: take the flow `remove_flow` out of the table.
    pub remove_valid: Signal<In, Bit>,
    pub remove_flow: Signal<In, Bits<16>>,
    /// Pulse: the flow `free_flow` can be used again. Its removal comes before, or in the same cycle.
    pub free_valid: Signal<In, Bit>,
    pub free_flow: Signal<In, Bits<16>>,
    /// Pulse: a flow that was opened by a peer's SYN is no longer half open.
    pub half_open_dec: Signal<In, Bit>,
    /// The tables are being cleared after reset; nothing is taken meanwhile.
    pub busy: Signal<Out, Bit>,
    /// Nothing is between the inputs and `event`, and nothing waits for removal.
    pub idle: Signal<Out, Bit>,
    /// Flows in use.
    pub used: Signal<Out, Bits<C>>,
    /// Flows half open by a peer's SYN.
    pub half_open: Signal<Out, Bits<C>>,
    /// Pulse: a SYN came for a port that nobody listens on.
    pub stat_no_listener: Signal<Out, Bit>,
    /// Pulse: a SYN to a listening port, or an open request, found no free flow.
    pub stat_card_full: Signal<Out, Bit>,
    /// Pulse: a SYN to a listening port found too many half-open flows.
    pub stat_half_open_limit: Signal<Out, Bit>,
    flows: Table<A, C>,
    free: FreeList<A, C>,
    isn: Isn<ROUNDS>,
    ports: Listen,
    removals: Sched<A, C>,
    /// The flow that is being taken out.
    removed: DFF<Bits<16>>,
    freed: Sched<A, C>,
    hash_key: DFF<Bits<128>>,
    step: DFF<Step>,
    /// The request is being looked up, not the segment.
    opening: DFF<Bit>,
    opening_now: Signal<Local, Bit>,
    half: DFF<Bits<C>>,
    /// As of the last cycle: a flow is free, and few are half open.
    available: DFF<Bit>,
    below: DFF<Bit>,
    limit: Constant<Bits<C>>,
    result: DFF<Event>,
    result_valid: DFF<Bit>,
    any: Signal<Local, Bit>,
    removing: Signal<Local, Bit>,
    giving: Signal<Local, Bit>,
    start: Signal<Local, Bit>,
    raddr: Signal<Local, Bits<32>>,
    rport: Signal<Local, Bits<16>>,
    lport: Signal<Local, Bits<16>>,
    flags: Signal<Local, Bits<8>>,
    syn: Signal<Local, Bit>,
    inc: Signal<Local, Bit>,
    sought: Signal<Local, Bits<64>>,
}

impl<const A: usize, const C: usize, const ROUNDS: usize> Default for Lookup<A, C, ROUNDS> {
    fn default() -> Self {
        assert_eq!(C, A + 1, "Lookup: C counts the flows");
        assert!(A >= 2, "Lookup: at least 4 flows, not 2^{A}");
        Self {
            limit: Constant::new((1_u64 << (A - 1)).into()),
            clock: Default::default(),
            reset: Default::default(),
            key: Default::default(),
            laddr: Default::default(),
            now: Default::default(),
            segment: Default::default(),
            open: Default::default(),
            open_ok: Default::default(),
            open_in_use: Default::default(),
            open_flow: Default::default(),
            listen: Default::default(),
            event: Default::default(),
            remove_valid: Default::default(),
            remove_flow: Default::default(),
            free_valid: Default::default(),
            free_flow: Default::default(),
            half_open_dec: Default::default(),
            busy: Default::default(),
            idle: Default::default(),
            used: Default::default(),
            half_open: Default::default(),
            stat_no_listener: Default::default(),
            stat_card_full: Default::default(),
            stat_half_open_limit: Default::default(),
            flows: Default::default(),
            free: Default::default(),
            isn: Default::default(),
            ports: Default::default(),
            removals: Default::default(),
            removed: Default::default(),
            freed: Default::default(),
            hash_key: Default::default(),
            step: Default::default(),
            opening: Default::default(),
            opening_now: Default::default(),
            half: Default::default(),
            available: Default::default(),
            below: Default::default(),
            result: Default::default(),
            result_valid: Default::default(),
            any: Default::default(),
            removing: Default::default(),
            giving: Default::default(),
            start: Default::default(),
            raddr: Default::default(),
            rport: Default::default(),
            lport: Default::default(),
            flags: Default::default(),
            syn: Default::default(),
            inc: Default::default(),
            sought: Default::default(),
        }
    }
}

impl<const A: usize, const C: usize, const ROUNDS: usize> Logic for Lookup<A, C, ROUNDS> {
    crate::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, hash_key, step, opening, half, available, below, result, result_valid);
        dff_setup!(self, clock, removed);
        clock!(self, clock, flows, free, isn, ports, removals, freed);
        self.flows.reset.next = self.reset.val();
        self.free.reset.next = self.reset.val();
        self.isn.reset.next = self.reset.val();
        self.ports.reset.next = self.reset.val();
        self.removals.reset.next = self.reset.val();
        self.freed.reset.next = self.reset.val();
        self.busy.next =
            self.flows.busy.val() | self.ports.busy.val() | self.removals.busy.val() | self.freed.busy.val();
        self.used.next = self.free.used.val();
        self.half_open.next = self.half.q.val();
        StreamIn::<ListenRequest>::link(&mut self.listen, &mut self.ports.request);

        self.removals.set_valid.next = self.remove_valid.val();
        self.removals.set_flow.next = self.remove_flow.val();
        self.freed.set_valid.next = self.free_valid.val();
        self.freed.set_flow.next = self.free_flow.val();

        // Segment or request: the one that did not have the last turn, if both wait. Counts in `Idle`; later, `opening` does.
        self.opening_now.next = self.open.valid.val() & (!self.opening.q.val() | !self.segment.valid.val());
        self.raddr.next = self.segment.data.val().raddr;
        self.rport.next = self.segment.data.val().rport;
        self.lport.next = self.segment.data.val().lport;
        self.flags.next = self.segment.data.val().flags;
        if self.opening_now.val() {
            self.raddr.next = self.open.data.val().raddr;
            self.rport.next = self.open.data.val().rport;
            self.lport.next = self.open.data.val().lport;
        }
        // SYN without ACK, RST or FIN.
        self.syn.next = self.flags.val().get_bit(1)
            & !self.flags.val().get_bit(4)
            & !self.flags.val().get_bit(2)
            & !self.flags.val().get_bit(0);

        self.any.next = self.segment.valid.val() | self.open.valid.val();
        // Removals and freed flows go first.
        self.removing.next =
            (self.step.q.val() == Step::Idle) & !self.busy.val() & self.removals.out.valid.val();
        self.giving.next = (self.step.q.val() == Step::Idle)
            & !self.busy.val()
            & !self.removals.out.valid.val()
            & self.freed.out.valid.val();
        self.start.next = (self.step.q.val() == Step::Idle)
            & !self.busy.val()
            & !self.removals.out.valid.val()
            & !self.freed.out.valid.val()
            & self.any.val();
        self.flows.key.next = self.hash_key.q.val();
        if !self.free.used.val().any() {
            self.hash_key.d.next = self.key.val();
        }
        self.flows.tuple.next = (bit_cast::<64, 32>(self.raddr.val()) << 32)
            | (bit_cast::<64, 16>(self.rport.val()) << 16)
            | bit_cast::<64, 16>(self.lport.val());
        self.flows.find.next = self.start.val();
        // The event before is still here: a search may be under way meanwhile, but not end.
        self.flows.hold.next = self.result_valid.q.val();
        self.flows.remove.next = self.removing.val();
        self.flows.remove_flow.next = self.removed.q.val().get_bits::<A>(0);
        self.removals.out.ready.next = self.removing.val();
        if self.step.q.val() == Step::Idle {
            self.flows.remove_flow.next = self.removals.out.data.val().get_bits::<A>(0);
            self.removed.d.next = self.removals.out.data.val();
        }
        self.flows.insert.next = false;
        self.flows.insert_flow.next = self.free.flow.val();
        self.ports.read.next = self.start.val();
        self.ports.port.next = self.lport.val();
        self.isn.key.next = self.key.val();
        self.isn.now.next = self.now.val();
        self.isn.laddr.next = self.laddr.val();
        self.isn.lport.next = self.lport.val();
        self.isn.raddr.next = self.raddr.val();
        self.isn.rport.next = self.rport.val();
        self.isn.start.next = self.start.val();
        self.free.take.next = false;
        self.free.give.next = self.giving.val();
        self.freed.out.ready.next = self.giving.val();
        self.free.give_flow.next = self.freed.out.data.val().get_bits::<A>(0);

        self.available.d.next = self.free.available.val();
        self.below.d.next = self.half.q.val() < self.limit.val();

        // The event of the segment or the request, made ready before it is known whether there is one.
        self.sought.next = self.flows.sought.val();
        if (self.step.q.val() != Step::Idle)
            & (self.step.q.val() != Step::Remove)
            & !self.result_valid.q.val()
        {
            self.result.d.next.kind = EventKind::Segment;
            self.result.d.next.op = Op::Open;
            self.result.d.next.flow = bit_cast::<16, A>(self.flows.flow.val());
            self.result.d.next.hit = self.flows.hit.val();
            self.result.d.next.new = false;
            self.result.d.next.listen = self.ports.listening.val();
            self.result.d.next.raddr = self.sought.val().get_bits::<32>(32);
            self.result.d.next.rport = self.sought.val().get_bits::<16>(16);
            self.result.d.next.lport = self.sought.val().get_bits::<16>(0);
            self.result.d.next.seq = self.segment.data.val().seq;
            self.result.d.next.ack = self.segment.data.val().ack;
            self.result.d.next.end = self.segment.data.val().end;
            self.result.d.next.flags = self.flags.val();
            self.result.d.next.wnd = self.segment.data.val().wnd;
            self.result.d.next.len = self.segment.data.val().len;
            self.result.d.next.mss = self.segment.data.val().mss;
            self.result.d.next.isn = self.isn.isn.val();
            if self.opening.q.val() {
                self.result.d.next.kind = EventKind::Command;
                self.result.d.next.flags = 0.into();
                if self.open.data.val().nodelay {
                    self.result.d.next.flags = 1.into();
                }
            }
            if self.step.q.val() == Step::Allocate {
                self.result.d.next.flow = bit_cast::<16, A>(self.free.flow.val());
                self.result.d.next.hit = true;
                self.result.d.next.new = true;
            }
        }

        self.segment.ready.next = false;
        self.open.ready.next = false;
        self.open_ok.next = false;
        self.open_in_use.next = false;
        self.open_flow.next = bit_cast::<16, A>(self.free.flow.val());
        self.inc.next = false;
        self.stat_no_listener.next = false;
        self.stat_card_full.next = false;
        self.stat_half_open_limit.next = false;
        if self.event.ready.val() {
            self.result_valid.d.next = false;
        }
        match self.step.q.val() {
            Step::Idle => {
                if self.removing.val() {
                    self.step.d.next = Step::Remove;
                }
                if self.start.val() {
                    self.opening.d.next = self.opening_now.val();
                    self.step.d.next = Step::Find;
                }
            }
            Step::Remove => {
                if self.flows.done.val() {
                    self.step.d.next = Step::Idle;
                }
            }
            Step::Find => {
                if self.flows.done.val() {
                    self.step.d.next = Step::Idle;
                    if self.opening.q.val() {
                        self.open_in_use.next = self.flows.hit.val();
                        if self.flows.hit.val() {
                            self.open.ready.next = true;
                        } else if self.available.q.val() {
                            self.step.d.next = Step::Allocate;
                        } else {
                            self.open.ready.next = true;
                            self.stat_card_full.next = true;
                        }
                    } else {
                        self.segment.ready.next = true;
                        self.result_valid.d.next = true;
                        if !self.flows.hit.val() & !self.ports.listening.val() {
                            self.stat_no_listener.next = true;
                        } else if self.syn.val() & !self.flows.hit.val() {
                            if !self.available.q.val() {
                                self.stat_card_full.next = true;
                            } else if !self.below.q.val() {
                                self.stat_half_open_limit.next = true;
                            } else {
                                self.segment.ready.next = false;
                                self.result_valid.d.next = false;
                                self.step.d.next = Step::Allocate;
                            }
                        }
                    }
                }
            }
            _ => {
                if self.isn.done.val() {
                    self.flows.insert.next = true;
                    self.free.take.next = true;
                    self.result_valid.d.next = true;
                    self.segment.ready.next = !self.opening.q.val();
                    self.open.ready.next = self.opening.q.val();
                    self.open_ok.next = self.opening.q.val();
                    self.inc.next = !self.opening.q.val();
                    self.step.d.next = Step::Idle;
                }
            }
        }
        self.event.data.next = self.result.q.val();
        self.event.valid.next = self.result_valid.q.val();
        self.idle.next = (self.step.q.val() == Step::Idle)
            & !self.any.val()
            & !self.result_valid.q.val()
            & self.removals.idle.val()
            & self.freed.idle.val()
            & !self.busy.val();

        if self.inc.val() & !self.half_open_dec.val() {
            self.half.d.next = self.half.q.val() + 1;
        }
        if self.half_open_dec.val() & !self.inc.val() & self.half.q.val().any() {
            self.half.d.next = self.half.q.val() - 1;
        }
        if self.reset.val() {
            self.step.d.next = Step::Idle;
            self.opening.d.next = false;
            self.result_valid.d.next = false;
            self.half.d.next = 0.into();
        }
    }
}

#[cfg(test)]
#[path = "tests/lookup.rs"]
mod tests;
