// SPDX-License-Identifier: MIT OR Apache-2.0
//! RFC 9293, 3.10.7.4, fifth: the ACK field, SND.UNA and the send window.

use super::{Pass, PassOut};
use crate::types::{Event, EventKind, Tcb, TcpState, Work};
use rust_hdl::prelude::*;

/// ACK processing (1 cycle).
#[derive(LogicBlock, Default)]
pub struct Ack {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time: a constant.
    pub single: Signal<In, Bit>,
    /// From `reset_syn`.
    pub inp: Pass,
    /// To `congestion` and `text`.
    pub out: PassOut,
    /// With it: a segment with text.
    pub has_text: Signal<Out, Bit>,
    /// Pulse: a duplicate ACK.
    pub stat_dup_ack_in: Signal<Out, Bit>,
    /// Pulse: an ACK of what was never sent, or one that is too old (RFC 5961, section 5).
    pub stat_ack_invalid: Signal<Out, Bit>,
    valid: DFF<Bit>,
    ev: DFF<Event>,
    tcb: DFF<Tcb>,
    work: DFF<Work>,
    has_text_reg: DFF<Bit>,
    dup_ack_in: DFF<Bit>,
    ack_invalid: DFF<Bit>,
    flags: Signal<Local, Bits<8>>,
    applies: Signal<Local, Bit>,
    d_una: Signal<Local, Bits<32>>,
    d_max: Signal<Local, Bits<32>>,
    same: Signal<Local, Bit>,
    ahead: Signal<Local, Bit>,
    beyond: Signal<Local, Bit>,
    reach: Signal<Local, Bits<33>>,
    in_reach: Signal<Local, Bit>,
    may_count: Signal<Local, Bit>,
    begins_wnd: Signal<Local, Bit>,
    may_update: Signal<Local, Bit>,
    nxt_gap: Signal<Local, Bits<32>>,
    wnd: Signal<Local, Bits<16>>,
    was_closed: Signal<Local, Bit>,
    outstanding: Signal<Local, Bit>,
    update: Signal<Local, Bit>,
    bad: Signal<Local, Bit>,
    handshake: Signal<Local, Bit>,
    moves: Signal<Local, Bit>,
    counts: Signal<Local, Bit>,
    first_wnd: Signal<Local, Bit>,
    new_wnd: Signal<Local, Bit>,
    una: Signal<Local, Bits<32>>,
    d_rec: Signal<Local, Bits<32>>,
    flown: Signal<Local, Bits<24>>,
}

impl Logic for Ack {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, ev, tcb, work, has_text_reg, dup_ack_in, ack_invalid);
        self.out.valid.next = self.valid.q.val();
        self.out.ev.next = self.ev.q.val();
        self.out.tcb.next = self.tcb.q.val();
        self.out.work.next = self.work.q.val();
        // One event at a time: what this stage leaves as it is stays in the registers before it.
        if self.single.val() {
            self.out.ev.next = self.inp.ev.val();
            self.out.tcb.next = self.inp.tcb.val();
            self.out.tcb.next.state = self.tcb.q.val().state;
            self.out.tcb.next.owned = self.tcb.q.val().owned;
            self.out.tcb.next.snd_una = self.tcb.q.val().snd_una;
            self.out.tcb.next.snd_wnd = self.tcb.q.val().snd_wnd;
            self.out.tcb.next.max_wnd = self.tcb.q.val().max_wnd;
            self.out.tcb.next.snd_wl1 = self.tcb.q.val().snd_wl1;
            self.out.tcb.next.snd_wl2 = self.tcb.q.val().snd_wl2;
            self.out.tcb.next.retries = self.tcb.q.val().retries;
            self.out.work.next = self.inp.work.val();
            self.out.work.next.drop = self.work.q.val().drop;
            self.out.work.next.ack_new = self.work.q.val().ack_new;
            self.out.work.next.nxt_behind = self.work.q.val().nxt_behind;
            self.out.work.next.bytes = self.work.q.val().bytes;
            self.out.work.next.more = self.work.q.val().more;
            self.out.work.next.ack_dup = self.work.q.val().ack_dup;
            self.out.work.next.fin_acked = self.work.q.val().fin_acked;
            self.out.work.next.opened = self.work.q.val().opened;
            self.out.work.next.ack_now = self.work.q.val().ack_now;
            self.out.work.next.rst_now = self.work.q.val().rst_now;
            self.out.work.next.notify = self.work.q.val().notify;
        }
        self.has_text.next = self.has_text_reg.q.val();
        self.stat_dup_ack_in.next = self.dup_ack_in.q.val();
        self.stat_ack_invalid.next = self.ack_invalid.q.val();
        self.valid.d.next = self.inp.valid.val();
        self.ev.d.next = self.inp.ev.val();
        self.tcb.d.next = self.inp.tcb.val();
        self.work.d.next = self.inp.work.val();
        self.has_text_reg.d.next =
            (self.inp.ev.val().kind == EventKind::Segment) & (self.inp.ev.val().len != 0);
        self.dup_ack_in.d.next = false;
        self.ack_invalid.d.next = false;

        self.flags.next = self.inp.ev.val().flags;
        self.applies.next = (self.inp.ev.val().kind == EventKind::Segment)
            & !self.inp.work.val().drop
            & (self.inp.tcb.val().state != TcpState::Closed)
            & (self.inp.tcb.val().state != TcpState::Listen)
            & (self.inp.tcb.val().state != TcpState::SynSent);
        self.d_una.next = self.inp.work.val().d_una;
        self.d_max.next = self.inp.work.val().d_max;
        self.same.next = self.d_una.val() == 0;
        self.ahead.next = !self.same.val() & !self.d_una.val().get_bit(31);
        self.beyond.next = self.d_max.val().get_bit(31);
        // RFC 5961, 5.2: SND.UNA - MAX.SND.WND =< SEG.ACK.
        self.reach.next =
            bit_cast::<33, 32>(self.d_una.val()) + bit_cast::<33, 16>(self.inp.tcb.val().max_wnd);
        self.in_reach.next = !self.d_una.val().get_bit(31) | self.reach.val().get_bit(32);
        self.nxt_gap.next = self.inp.ev.val().ack - self.inp.tcb.val().snd_nxt;
        self.wnd.next = self.inp.ev.val().wnd;
        self.was_closed.next = self.inp.tcb.val().snd_wnd == 0;
        self.outstanding.next = self.inp.work.val().flight != 0;
        self.update.next = self.ahead.val() | (self.same.val() & self.inp.work.val().wl_new);
        self.handshake.next = self.inp.tcb.val().state == TcpState::SynReceived;
        self.moves.next = self.applies.val() & self.ahead.val() & !self.beyond.val();
        // `in_reach` stands behind a carry chain: what it decides with others is put together before it.
        self.may_count.next = self.applies.val() & !self.handshake.val() & !self.beyond.val();
        self.counts.next = self.may_count.val() & self.in_reach.val();
        self.first_wnd.next = self.handshake.val() | self.inp.work.val().takes_syn;
        self.begins_wnd.next = (self.moves.val() & self.handshake.val()) | self.inp.work.val().takes_syn;
        self.may_update.next = self.may_count.val() & self.update.val();
        self.new_wnd.next = self.begins_wnd.val() | (self.may_update.val() & self.in_reach.val());
        self.bad.next = self.applies.val() & !self.counts.val();

        // SND.UNA is ISS as long as no ACK has come; the SYN-ACK of an active open moves it too.
        self.una.next = self.inp.tcb.val().snd_una;
        if self.moves.val() | self.inp.work.val().opened {
            self.una.next = self.inp.ev.val().ack;
        }
        if self.inp.work.val().begins {
            self.una.next = self.inp.ev.val().isn;
        }
        self.tcb.d.next.snd_una = self.una.val();
        if self.moves.val() {
            self.work.d.next.notify = true;
        }
        if self.new_wnd.val() {
            self.tcb.d.next.snd_wnd = self.wnd.val();
            self.tcb.d.next.snd_wl1 = self.inp.ev.val().seq;
            self.tcb.d.next.snd_wl2 = self.una.val(); // SEG.ACK, if there is one
            if self.first_wnd.val() | (self.inp.tcb.val().max_wnd < self.wnd.val()) {
                self.tcb.d.next.max_wnd = self.wnd.val();
            }
        }
        if self.inp.work.val().begins & !self.inp.work.val().takes_syn {
            self.tcb.d.next.snd_wnd = 0.into();
            self.tcb.d.next.max_wnd = 0.into();
            self.tcb.d.next.snd_wl1 = 0.into();
            self.tcb.d.next.snd_wl2 = 0.into();
        }
        if self.handshake.val() & self.applies.val() {
            if self.moves.val() {
                self.bad.next = false;
                self.tcb.d.next.state = TcpState::Established;
                if self.inp.tcb.val().fin_queued {
                    self.tcb.d.next.state = TcpState::FinWait1; // a close that waited
                }
                self.tcb.d.next.owned = !self.inp.tcb.val().released;
                self.work.d.next.opened = true;
            } else {
                self.work.d.next.rst_now = true;
            }
        } else if self.bad.val() {
            self.work.d.next.ack_now = true;
        }
        if self.counts.val() {
            if self.ahead.val() {
                self.work.d.next.ack_new = true;
                self.work.d.next.fin_acked = self.inp.tcb.val().fin_queued & (self.inp.work.val().d_fin == 1);
                self.work.d.next.nxt_behind = !self.nxt_gap.val().get_bit(31);
            }
            // RFC 5681, section 2. An answer to a window probe is none.
            if self.same.val()
                & (self.inp.ev.val().len == 0)
                & !self.flags.val().get_bit(0)
                & !self.flags.val().get_bit(1)
                & self.outstanding.val()
                & (self.wnd.val() == self.inp.tcb.val().snd_wnd)
                & !self.was_closed.val()
            {
                self.work.d.next.ack_dup = true;
                self.dup_ack_in.d.next = self.inp.valid.val();
            }
            // MUST-37: as long as the peer answers probes, the connection stays.
            if self.same.val()
                & self.outstanding.val()
                & (self.was_closed.val() | (self.update.val() & (self.wnd.val() == 0)))
            {
                self.tcb.d.next.retries = 0.into();
            }
        }
        // Sums for congestion control, which counts them if the ACK is new: 24 bits hold what is in flight and an MSS.
        self.work.d.next.bytes = self.inp.tcb.val().bytes_acked + self.d_una.val();
        self.d_rec.next = self.inp.work.val().d_rec;
        self.flown.next = self.d_una.val().get_bits::<24>(0);
        if self.inp.tcb.val().recovery & !self.d_rec.val().get_bit(31) {
            self.flown.next = self.d_max.val().get_bits::<24>(0);
        }
        self.work.d.next.more = bit_cast::<24, 16>(self.inp.tcb.val().mss) + self.flown.val();
        if self.bad.val() {
            self.work.d.next.drop = true;
            self.ack_invalid.d.next = self.inp.valid.val();
        }
        if self.reset.val() {
            self.valid.d.next = false;
            self.dup_ack_in.d.next = false;
            self.ack_invalid.d.next = false;
        }
    }
}
