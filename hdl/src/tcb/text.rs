// SPDX-License-Identifier: MIT OR Apache-2.0
//! RFC 9293, 3.10.7.4, seventh: the segment text, and what becomes of the staged payload.

use super::{Pass, PassOut};
use crate::types::{Event, Reason, Tcb, TcpState, Verdict, Work};
use rust_hdl::prelude::*;

/// Text processing (1 cycle).
#[derive(LogicBlock, Default)]
pub struct Text {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time: a constant.
    pub single: Signal<In, Bit>,
    /// From `ack`.
    pub inp: Pass,
    /// With it: a segment with text (early, because an addition waits for what is taken).
    pub has_text: Signal<In, Bit>,
    /// To `fin_state`.
    pub out: PassOut,
    /// Pulse: `verdict` is valid.
    pub verdict_valid: Signal<Out, Bit>,
    /// What becomes of the payload, in the order of the segments.
    pub verdict: Signal<Out, Verdict>,
    valid: DFF<Bit>,
    ev: DFF<Event>,
    tcb: DFF<Tcb>,
    work: DFF<Work>,
    verdict_valid_reg: DFF<Bit>,
    verdict_reg: DFF<Verdict>,
    receives: Signal<Local, Bit>,
    takes: Signal<Local, Bit>,
    place: Signal<Local, Bit>,
    fits: Signal<Local, Bit>,
    placed: Signal<Local, Bits<16>>,
    moves: Signal<Local, Bits<16>>,
    base: Signal<Local, Bits<32>>,
    rcv_nxt: Signal<Local, Bits<32>>,
}

impl Logic for Text {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, ev, tcb, work, verdict_valid_reg, verdict_reg);
        self.out.valid.next = self.valid.q.val();
        self.out.ev.next = self.ev.q.val();
        self.out.tcb.next = self.tcb.q.val();
        self.out.work.next = self.work.q.val();
        // One event at a time: what this stage leaves as it is stays in the registers before it.
        if self.single.val() {
            self.out.ev.next = self.inp.ev.val();
            self.out.tcb.next = self.inp.tcb.val();
            self.out.tcb.next.reason = self.tcb.q.val().reason;
            self.out.tcb.next.rcv_nxt = self.tcb.q.val().rcv_nxt;
            self.out.work.next = self.inp.work.val();
            self.out.work.next.ack_now = self.work.q.val().ack_now;
            self.out.work.next.rst_now = self.work.q.val().rst_now;
            self.out.work.next.rst_own = self.work.q.val().rst_own;
            self.out.work.next.delete = self.work.q.val().delete;
        }
        self.verdict_valid.next = self.verdict_valid_reg.q.val();
        self.verdict.next = self.verdict_reg.q.val();
        self.valid.d.next = self.inp.valid.val();
        self.ev.d.next = self.inp.ev.val();
        self.tcb.d.next = self.inp.tcb.val();
        self.work.d.next = self.inp.work.val();

        self.receives.next = self.has_text.val()
            & !self.inp.work.val().drop
            & ((self.inp.tcb.val().state == TcpState::Established)
                | (self.inp.tcb.val().state == TcpState::FinWait1)
                | (self.inp.tcb.val().state == TcpState::FinWait2));
        self.fits.next = self.receives.val() & self.inp.work.val().text_ok;
        self.takes.next = self.fits.val() & (self.inp.work.val().take != 0);
        self.place.next = self.takes.val() & !self.inp.tcb.val().released;
        self.placed.next = 0.into();
        if self.fits.val() & !self.inp.tcb.val().released {
            self.placed.next = self.inp.work.val().take;
        }
        // RCV.NXT begins behind the peer's SYN, which takes one number (and none of its text is taken).
        self.base.next = self.inp.tcb.val().rcv_nxt;
        if self.inp.work.val().takes_syn {
            self.base.next = self.inp.ev.val().seq;
        }
        self.moves.next =
            self.placed.val().replace_bit(0, self.placed.val().get_bit(0) | self.inp.work.val().takes_syn);
        self.rcv_nxt.next = self.base.val() + bit_cast::<32, 16>(self.moves.val());
        self.tcb.d.next.rcv_nxt = self.rcv_nxt.val();
        if self.inp.work.val().begins & !self.inp.work.val().takes_syn {
            self.tcb.d.next.rcv_nxt = 0.into();
        }
        if self.receives.val() {
            self.work.d.next.ack_now = true;
        }
        if self.takes.val() & self.inp.tcb.val().released {
            // Nobody will read it: RFC 9293, 3.10.7.4 (end of the seventh step) and SHLD-3.
            self.work.d.next.rst_now = true;
            self.work.d.next.rst_own = true;
            self.work.d.next.delete = true;
            self.tcb.d.next.reason = Reason::Aborted;
        }

        self.verdict_valid_reg.d.next =
            self.inp.valid.val() & (self.has_text.val() | self.inp.work.val().opened);
        self.verdict_reg.d.next.flow = self.inp.ev.val().flow;
        self.verdict_reg.d.next.staged = self.has_text.val();
        self.verdict_reg.d.next.start = self.inp.work.val().opened;
        self.verdict_reg.d.next.place = self.place.val();
        self.verdict_reg.d.next.skip = self.inp.work.val().skip;
        self.verdict_reg.d.next.take = self.inp.work.val().take;
        self.verdict_reg.d.next.seq = self.inp.tcb.val().rcv_nxt;
        self.verdict_reg.d.next.placed = self.rcv_nxt.val();
        if !self.place.val() {
            self.verdict_reg.d.next.skip = 0.into();
            self.verdict_reg.d.next.take = 0.into();
            self.verdict_reg.d.next.seq = 0.into();
        }
        if !self.place.val() & !self.inp.work.val().opened {
            self.verdict_reg.d.next.placed = 0.into();
        }
        if self.reset.val() {
            self.valid.d.next = false;
            self.verdict_valid_reg.d.next = false;
        }
    }
}
