// SPDX-License-Identifier: MIT OR Apache-2.0
//! RFC 9293, 3.10.7.4, first: is the segment inside the receive window, and how much of it is new?

use super::{Pass, PassOut};
use crate::types::{Event, EventKind, Tcb, TcpState, Work};
use rust_hdl::prelude::*;

/// The acceptability test (1 cycle).
#[derive(LogicBlock, Default)]
pub struct Acceptability {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time: a constant.
    pub single: Signal<In, Bit>,
    /// From `differences`.
    pub inp: Pass,
    /// To `reset_syn`.
    pub out: PassOut,
    /// Pulse: the segment is outside the window.
    pub stat_out_of_window: Signal<Out, Bit>,
    /// Pulse: there is a hole before the segment.
    pub stat_out_of_order: Signal<Out, Bit>,
    valid: DFF<Bit>,
    ev: DFF<Event>,
    tcb: DFF<Tcb>,
    work: DFF<Work>,
    out_of_window: DFF<Bit>,
    out_of_order: DFF<Bit>,
    flags: Signal<Local, Bits<8>>,
    fin: Signal<Local, Bit>,
    syn: Signal<Local, Bit>,
    d_seq: Signal<Local, Bits<32>>,
    d_end: Signal<Local, Bits<32>>,
    d_wnd: Signal<Local, Bits<32>>,
    at_next: Signal<Local, Bit>,
    closed_window: Signal<Local, Bit>,
    empty: Signal<Local, Bit>,
    begins_in: Signal<Local, Bit>,
    ends_in: Signal<Local, Bit>,
    acceptable: Signal<Local, Bit>,
    early: Signal<Local, Bit>,
    synchronized: Signal<Local, Bit>,
    applies: Signal<Local, Bit>,
    in_order: Signal<Local, Bit>,
    minus_fin: Signal<Local, Bits<16>>,
    data: Signal<Local, Bits<16>>,
    fits: Signal<Local, Bits<16>>,
    behind: Signal<Local, Bits<32>>,
}

impl Logic for Acceptability {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, ev, tcb, work, out_of_window, out_of_order);
        self.out.valid.next = self.valid.q.val();
        self.out.ev.next = self.ev.q.val();
        self.out.tcb.next = self.tcb.q.val();
        self.out.work.next = self.work.q.val();
        // One event at a time: what this stage leaves as it is stays in the registers before it.
        if self.single.val() {
            self.out.ev.next = self.inp.ev.val();
            self.out.tcb.next = self.inp.tcb.val();
            self.out.work.next = self.inp.work.val();
            self.out.work.next.drop = self.work.q.val().drop;
            self.out.work.next.text_ok = self.work.q.val().text_ok;
            self.out.work.next.skip = self.work.q.val().skip;
            self.out.work.next.take = self.work.q.val().take;
            self.out.work.next.fin_ok = self.work.q.val().fin_ok;
            self.out.work.next.ack_now = self.work.q.val().ack_now;
            self.out.work.next.time_wait = self.work.q.val().time_wait;
        }
        self.stat_out_of_window.next = self.out_of_window.q.val();
        self.stat_out_of_order.next = self.out_of_order.q.val();
        self.valid.d.next = self.inp.valid.val();
        self.ev.d.next = self.inp.ev.val();
        self.tcb.d.next = self.inp.tcb.val();
        self.work.d.next = self.inp.work.val();
        self.out_of_window.d.next = false;
        self.out_of_order.d.next = false;

        self.flags.next = self.inp.ev.val().flags;
        self.fin.next = self.flags.val().get_bit(0);
        self.syn.next = self.flags.val().get_bit(1);
        self.d_seq.next = self.inp.work.val().d_seq;
        self.d_end.next = self.inp.work.val().d_end;
        self.d_wnd.next = self.inp.work.val().d_wnd;
        self.at_next.next = self.d_seq.val() == 0;
        self.closed_window.next = self.d_wnd.val() == 0;
        self.empty.next = (self.inp.ev.val().len == 0) & !self.fin.val() & !self.syn.val();
        // Table 6 of RFC 9293. The last byte is inside when 0 < d_end <= d_wnd.
        self.begins_in.next = self.d_seq.val() < self.d_wnd.val();
        self.ends_in.next = (self.d_end.val() != 0) & (self.d_end.val() <= self.d_wnd.val());
        self.acceptable.next = self.begins_in.val()
            | (self.empty.val() & self.closed_window.val() & self.at_next.val())
            | (!self.empty.val() & self.ends_in.val());

        // An RST and the repeated SYN of a handshake are the next stage's business.
        self.early.next = self.flags.val().get_bit(2)
            | ((self.inp.tcb.val().state == TcpState::SynReceived)
                & self.syn.val()
                & !self.flags.val().get_bit(4)
                & self.d_seq.val().all());
        self.synchronized.next = (self.inp.ev.val().kind == EventKind::Segment)
            & self.inp.ev.val().hit
            & (self.inp.tcb.val().state != TcpState::Closed)
            & (self.inp.tcb.val().state != TcpState::Listen)
            & (self.inp.tcb.val().state != TcpState::SynSent);
        self.applies.next = self.synchronized.val() & !self.early.val();

        self.in_order.next = self.at_next.val() | self.d_seq.val().get_bit(31);
        self.minus_fin.next = 0.into();
        if self.fin.val() {
            self.minus_fin.next = 0xffff.into();
        }
        self.data.next = self.d_end.val().get_bits::<16>(0) + self.minus_fin.val();
        self.fits.next = self.d_wnd.val().get_bits::<16>(0);
        if self.d_end.val() <= self.d_wnd.val() {
            self.fits.next = self.data.val();
        }
        self.behind.next = bits::<32>(0) - self.d_seq.val();

        if self.applies.val() & !self.acceptable.val() {
            self.out_of_window.d.next = self.inp.valid.val();
            self.work.d.next.ack_now = true;
            // MUST-66: with a closed window the ACK and the RST of what begins at RCV.NXT are still looked at.
            self.work.d.next.drop = !(self.closed_window.val() & self.at_next.val());
        }
        // RFC 5961, 3.2: the next stage passes over an RST outside the window in silence; it is counted with the others.
        if self.synchronized.val() & self.flags.val().get_bit(2) & !self.begins_in.val() & !self.at_next.val()
        {
            self.out_of_window.d.next = self.inp.valid.val();
        }
        if self.applies.val() & self.acceptable.val() & self.in_order.val() & !self.syn.val() {
            self.work.d.next.text_ok = true;
            self.work.d.next.skip = self.behind.val().get_bits::<16>(0);
            // It does not end before RCV.NXT, or it would not be acceptable: `data` is not negative.
            self.work.d.next.take = self.fits.val();
            self.work.d.next.fin_ok = self.fin.val() & self.ends_in.val();
        }
        if self.applies.val() & self.acceptable.val() & !self.in_order.val() & !self.empty.val() {
            self.out_of_order.d.next = self.inp.valid.val();
            self.work.d.next.ack_now = true; // RFC 5681, 3.2: a duplicate ACK at once
        }
        // The repeated FIN of the peer: 2 MSL again.
        if self.applies.val()
            & (self.inp.tcb.val().state == TcpState::TimeWait)
            & self.fin.val()
            & (self.d_end.val() == 0)
        {
            self.work.d.next.time_wait = true;
        }
        if self.reset.val() {
            self.valid.d.next = false;
        }
    }
}
