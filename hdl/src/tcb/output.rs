// SPDX-License-Identifier: MIT OR Apache-2.0
//! What to send: at most one segment an event, decided from the TCB alone.
//!
//! Three cycles: differences; comparisons and the choice; sequence numbers and the record.

use super::{Pass, PassOut, Zero};
use crate::types::{Config, Event, EventKind, Tcb, TcpState, TxRequest, Work};
use rust_hdl::prelude::*;

/// The output decision (3 cycles).
#[derive(LogicBlock, Default)]
pub struct Output {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset; while it lasts the TCB that comes out is all zero (`single`: CLOSED and without a flag).
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time: a constant.
    pub single: Signal<In, Bit>,
    /// The card's limits.
    pub cfg: Signal<In, Config>,
    /// Bytes of a receive ring.
    pub ring: Signal<In, Bits<32>>,
    /// From `congestion` and `fin_state`.
    pub inp: Pass,
    /// With it: everything but new text starts at SND.UNA, which is ISS until our SYN is acknowledged,
    pub from_una: Signal<In, Bit>,
    /// ... SND.NXT - SND.UNA,
    pub ahead: Signal<In, Bits<24>>,
    /// ... and SND.MAX - SND.UNA.
    pub in_flight: Signal<In, Bits<24>>,
    /// To `finish`.
    pub out: PassOut,
    /// With `out`: the flow wants another turn.
    pub turn: Signal<Out, Bit>,
    /// Pulse: `tx` is to be sent.
    pub tx_valid: Signal<Out, Bit>,
    /// The segment.
    pub tx: Signal<Out, TxRequest>,
    /// Pulse: a segment was sent again.
    pub stat_retransmit: Signal<Out, Bit>,
    /// Pulse: an RST is sent.
    pub stat_rst_out: Signal<Out, Bit>,
    // Cycle 1: differences.
    valid1: DFF<Bit>,
    ev1: DFF<Event>,
    tcb1: DFF<Tcb>,
    work1: DFF<Work>,
    held1_ev: Signal<Local, Event>,
    held1_tcb: Signal<Local, Tcb>,
    held1_work: Signal<Local, Work>,
    live1: DFF<Bit>,
    sends1: DFF<Bit>,
    from: Signal<Local, Bits<32>>,
    from_una1: DFF<Bit>,
    una: Signal<Local, Bits<32>>,
    nxt: Signal<Local, Bits<32>>,
    max: Signal<Local, Bits<32>>,
    rest: Signal<Local, Bits<32>>,
    rest_low1: DFF<Bits<16>>,
    rest_more1: DFF<Bit>,
    rest_less1: DFF<Bit>,
    cwnd: Signal<Local, Bits<32>>,
    wnd: Signal<Local, Bits<17>>,
    ahead_low: Signal<Local, Bits<17>>,
    passed: Signal<Local, Bits<17>>,
    ahead_far: Signal<Local, Bit>,
    wnd_room: Signal<Local, Bits<17>>,
    cwnd_room: Signal<Local, Bits<17>>,
    room: Signal<Local, Bits<17>>,
    room1: DFF<Bits<16>>,
    idle1: DFF<Bit>,
    below1: DFF<Bit>,
    to_max: Signal<Local, Bits<24>>,
    to_max_low: Signal<Local, Bits<17>>,
    to_max1: DFF<Bits<17>>,
    to_nxt1: DFF<Bits<17>>,
    flight1: DFF<Bits<24>>,
    held1_flight: Signal<Local, Bits<24>>,
    wnd_holds1: DFF<Bit>,
    flipped: Signal<Local, Bits<32>>,
    one_more: Signal<Local, Bits<32>>,
    fin_sent1: DFF<Bit>,
    edge1: DFF<Bits<32>>,
    moved: Signal<Local, Bits<32>>,
    ring_mask: Signal<Local, Bits<32>>,
    filled: Signal<Local, Bits<32>>,
    opening: Signal<Local, Bits<32>>,
    opens: Signal<Local, Bit>,
    live: Signal<Local, Bit>,
    receives: Signal<Local, Bit>,
    opens1: DFF<Bit>,
    may_open1: DFF<Bit>,
    opening1: DFF<Bits<16>>,
    update_size1: DFF<Bits<16>>,
    half_ring: Signal<Local, Bits<32>>,
    cfg_mss: Signal<Local, Bits<32>>,
    // Cycle 2: comparisons and the choice.
    valid2: DFF<Bit>,
    ev2: DFF<Event>,
    tcb2: DFF<Tcb>,
    work2: DFF<Work>,
    held2_ev: Signal<Local, Event>,
    held2_tcb: Signal<Local, Tcb>,
    held2_work: Signal<Local, Work>,
    to_max2: DFF<Bits<17>>,
    to_nxt2: DFF<Bits<17>>,
    due: Signal<Local, Bit>,
    size_low: Signal<Local, Bits<17>>,
    size: Signal<Local, Bits<17>>,
    room_size: Signal<Local, Bits<17>>,
    mss_size: Signal<Local, Bits<17>>,
    half_size: Signal<Local, Bits<17>>,
    max_wnd: Signal<Local, Bits<16>>,
    some: Signal<Local, Bit>,
    no_mss: Signal<Local, Bit>,
    below_room: Signal<Local, Bit>,
    within_room: Signal<Local, Bit>,
    below_mss: Signal<Local, Bit>,
    within_mss: Signal<Local, Bit>,
    room_below_mss: Signal<Local, Bit>,
    full: Signal<Local, Bit>,
    all: Signal<Local, Bit>,
    half_open: Signal<Local, Bit>,
    text_go: Signal<Local, Bit>,
    fin_go: Signal<Local, Bit>,
    again_fin: Signal<Local, Bit>,
    again_go: Signal<Local, Bit>,
    probe_fin: Signal<Local, Bit>,
    probe_go: Signal<Local, Bit>,
    ack_now: Signal<Local, Bit>,
    sent: Signal<Local, Bits<24>>,
    una_x2: Signal<Local, Bits<33>>,
    sent_wide: Signal<Local, Bits<32>>,
    not_sent: Signal<Local, Bits<32>>,
    not_sent_x2: Signal<Local, Bits<33>>,
    ack_seq_x2: Signal<Local, Bits<33>>,
    ack_seq: Signal<Local, Bits<32>>,
    syn_go: Signal<Local, Bit>,
    answers2: DFF<Bit>,
    rst2: DFF<Bit>,
    syn2: DFF<Bit>,
    text2: DFF<Bit>,
    others2: DFF<Bit>,
    takes: Signal<Local, Bit>,
    probing2: DFF<Bit>,
    below2: DFF<Bit>,
    fin2: DFF<Bit>,
    push2: DFF<Bit>,
    turn2: DFF<Bit>,
    seq2: DFF<Bits<32>>,
    answer_seq2: DFF<Bits<32>>,
    len2: DFF<Bits<16>>,
    // Cycle 3: the segment and the new TCB.
    valid: DFF<Bit>,
    ev: DFF<Event>,
    tcb: DFF<Tcb>,
    work: DFF<Work>,
    turn_reg: DFF<Bit>,
    tx_valid_reg: DFF<Bit>,
    tx_reg: DFF<TxRequest>,
    retransmit_reg: DFF<Bit>,
    rst_out_reg: DFF<Bit>,
    len_x2: Signal<Local, Bits<33>>,
    size_x2: Signal<Local, Bits<33>>,
    seq_x2: Signal<Local, Bits<33>>,
    end_x2: Signal<Local, Bits<33>>,
    seq_end: Signal<Local, Bits<32>>,
    size_low_x2: Signal<Local, Bits<19>>,
    held2_to_max: Signal<Local, Bits<17>>,
    held2_to_nxt: Signal<Local, Bits<17>>,
    to_max_x2: Signal<Local, Bits<19>>,
    to_nxt_x2: Signal<Local, Bits<19>>,
    max_less: Signal<Local, Bits<19>>,
    nxt_less: Signal<Local, Bits<19>>,
    max_moves: Signal<Local, Bit>,
    nxt_moves: Signal<Local, Bit>,
    again: Signal<Local, Bits<16>>,
    push: Signal<Local, Bit>,
    zero: Zero<Tcb>,
    rcv_wnd: Signal<Local, Bits<32>>,
    rcv_wnd_high: Signal<Local, Bits<16>>,
    now: Signal<Local, Bits<48>>,
    synsent: Signal<Local, Bit>,
    no_seq: Signal<Local, Bit>,
}

impl Logic for Output {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid1, ev1, tcb1, work1, live1, sends1, from_una1, rest_low1);
        dff_setup!(
            self, clock, rest_more1, rest_less1, room1, idle1, below1, flight1, wnd_holds1, fin_sent1, edge1
        );
        dff_setup!(
            self,
            clock,
            to_max1,
            to_nxt1,
            opens1,
            may_open1,
            opening1,
            update_size1,
            to_max2,
            to_nxt2
        );
        dff_setup!(self, clock, valid2, ev2, tcb2, work2, answers2, rst2, syn2);
        dff_setup!(self, clock, text2, others2, answer_seq2);
        dff_setup!(self, clock, probing2, below2, fin2, push2, turn2, seq2, len2);
        dff_setup!(
            self,
            clock,
            valid,
            ev,
            tcb,
            work,
            turn_reg,
            tx_valid_reg,
            tx_reg,
            retransmit_reg,
            rst_out_reg
        );
        self.held1_ev.next = self.ev1.q.val();
        self.held1_tcb.next = self.tcb1.q.val();
        self.held1_work.next = self.work1.q.val();
        self.held2_ev.next = self.ev2.q.val();
        self.held2_tcb.next = self.tcb2.q.val();
        self.held2_work.next = self.work2.q.val();
        self.held1_flight.next = self.flight1.q.val();
        self.held2_to_max.next = self.to_max2.q.val();
        self.held2_to_nxt.next = self.to_nxt2.q.val();
        // One event at a time: what a cycle leaves as it is stays in the registers before it.
        if self.single.val() {
            self.held1_ev.next = self.inp.ev.val();
            self.held1_tcb.next = self.inp.tcb.val();
            self.held1_work.next = self.inp.work.val();
            self.held2_ev.next = self.inp.ev.val();
            self.held2_tcb.next = self.inp.tcb.val();
            self.held2_tcb.next.rcv_adv = self.tcb2.q.val().rcv_adv;
            self.held2_work.next = self.inp.work.val();
            self.held1_flight.next = self.in_flight.val();
            self.held2_to_max.next = self.to_max1.q.val();
            self.held2_to_nxt.next = self.to_nxt1.q.val();
        }
        self.out.valid.next = self.valid.q.val();
        self.out.ev.next = self.ev.q.val();
        self.out.tcb.next = self.tcb.q.val();
        self.out.work.next = self.work.q.val();
        if self.single.val() {
            self.out.ev.next = self.inp.ev.val();
            self.out.work.next = self.inp.work.val();
            // The numbers that are left as they are; what says that a flow is in use is zero in a reset, the rest means nothing then.
            self.out.tcb.next.raddr = self.held2_tcb.val().raddr;
            self.out.tcb.next.rport = self.held2_tcb.val().rport;
            self.out.tcb.next.lport = self.held2_tcb.val().lport;
            self.out.tcb.next.iss = self.held2_tcb.val().iss;
            self.out.tcb.next.snd_una = self.held2_tcb.val().snd_una;
            self.out.tcb.next.snd_end = self.held2_tcb.val().snd_end;
            self.out.tcb.next.snd_wnd = self.held2_tcb.val().snd_wnd;
            self.out.tcb.next.max_wnd = self.held2_tcb.val().max_wnd;
            self.out.tcb.next.snd_wl1 = self.held2_tcb.val().snd_wl1;
            self.out.tcb.next.snd_wl2 = self.held2_tcb.val().snd_wl2;
            self.out.tcb.next.irs = self.held2_tcb.val().irs;
            self.out.tcb.next.rcv_nxt = self.held2_tcb.val().rcv_nxt;
            self.out.tcb.next.rcv_user = self.held2_tcb.val().rcv_user;
            self.out.tcb.next.mss = self.held2_tcb.val().mss;
            self.out.tcb.next.cwnd = self.held2_tcb.val().cwnd;
            self.out.tcb.next.ssthresh = self.held2_tcb.val().ssthresh;
            self.out.tcb.next.bytes_acked = self.held2_tcb.val().bytes_acked;
            self.out.tcb.next.recover = self.held2_tcb.val().recover;
            self.out.tcb.next.srtt = self.held2_tcb.val().srtt;
            self.out.tcb.next.rttvar = self.held2_tcb.val().rttvar;
            self.out.tcb.next.rto = self.held2_tcb.val().rto;
        }
        self.turn.next = self.turn_reg.q.val();
        self.tx_valid.next = self.tx_valid_reg.q.val();
        self.tx.next = self.tx_reg.q.val();
        self.stat_retransmit.next = self.retransmit_reg.q.val();
        self.stat_rst_out.next = self.rst_out_reg.q.val();

        // Cycle 1.
        self.valid1.d.next = self.inp.valid.val();
        self.ev1.d.next = self.inp.ev.val();
        self.tcb1.d.next = self.inp.tcb.val();
        self.work1.d.next = self.inp.work.val();
        self.live.next = self.inp.ev.val().hit
            & (self.inp.ev.val().kind != EventKind::Nothing)
            & (self.inp.ev.val().kind != EventKind::Peek)
            & !self.inp.work.val().rst_now
            & !self.inp.work.val().syn_now
            & !self.inp.work.val().delete;
        self.live1.d.next = self.live.val();
        self.sends1.d.next = (self.inp.tcb.val().state == TcpState::Established)
            | (self.inp.tcb.val().state == TcpState::CloseWait)
            | (self.inp.tcb.val().state == TcpState::FinWait1)
            | (self.inp.tcb.val().state == TcpState::Closing)
            | (self.inp.tcb.val().state == TcpState::LastAck);
        self.receives.next = (self.inp.tcb.val().state == TcpState::Established)
            | (self.inp.tcb.val().state == TcpState::FinWait1)
            | (self.inp.tcb.val().state == TcpState::FinWait2);

        self.from_una1.d.next = self.from_una.val();
        self.una.next = self.inp.tcb.val().snd_una;
        self.nxt.next = self.inp.tcb.val().snd_nxt;
        self.max.next = self.inp.tcb.val().snd_max;
        self.from.next = self.nxt.val();
        if self.from_una.val() {
            self.from.next = self.una.val();
        }
        self.idle1.d.next = self.ahead.val() == 0;
        self.below1.d.next = self.from.val().get_bits::<24>(0) != self.max.val().get_bits::<24>(0); // it never lies beyond
        if self.inp.work.val().begins {
            self.below1.d.next = false; // SND.MAX comes with the SYN
        }
        // What is queued from there on: 17 bits say whether it is more than any window.
        self.rest.next = self.inp.tcb.val().snd_end - self.from.val();
        self.rest_low1.d.next = self.rest.val().get_bits::<16>(0);
        self.rest_more1.d.next = self.rest.val().get_bits::<15>(16).any();
        self.rest_less1.d.next = self.rest.val().get_bit(31);
        if self.rest.val().get_bit(31) {
            self.rest_low1.d.next = 0.into();
            self.rest_more1.d.next = false;
        }
        // Room in the peer's window (SHLD-15: a retransmission keeps to it too), and for new text in cwnd. What is in
        // flight is a ring and a FIN at most: 24 bits. The windows are compared while the room in both is computed.
        self.cwnd.next = self.inp.tcb.val().cwnd;
        self.wnd.next = bit_cast::<17, 16>(self.inp.tcb.val().snd_wnd);
        self.ahead_low.next = bit_cast::<17, 16>(self.ahead.val().get_bits::<16>(0));
        self.ahead_far.next = self.ahead.val().get_bits::<8>(16).any();
        self.passed.next = self.ahead_low.val();
        if self.from_una.val() {
            self.passed.next = 0.into();
            self.ahead_far.next = false;
        }
        self.wnd_room.next = self.wnd.val() - self.passed.val();
        self.cwnd_room.next = bit_cast::<17, 16>(self.cwnd.val().get_bits::<16>(0)) - self.ahead_low.val();
        self.room.next = self.wnd_room.val();
        if !self.from_una.val()
            & !self.cwnd.val().get_bits::<16>(16).any()
            & (self.cwnd.val().get_bits::<16>(0) < self.inp.tcb.val().snd_wnd)
        {
            self.room.next = self.cwnd_room.val();
        }
        self.room1.d.next = self.room.val().get_bits::<16>(0);
        if self.room.val().get_bit(16) | self.ahead_far.val() {
            self.room1.d.next = 0.into();
        }
        self.flight1.d.next = self.in_flight.val();
        self.wnd_holds1.d.next = self.in_flight.val() <= bit_cast::<24, 16>(self.inp.tcb.val().snd_wnd);
        // How far SND.MAX and SND.NXT lie ahead of the segment: 17 bits say whether that is more than any segment takes.
        self.to_max.next = self.max.val().get_bits::<24>(0) - self.from.val().get_bits::<24>(0);
        self.to_max_low.next = bit_cast::<17, 16>(self.to_max.val().get_bits::<16>(0));
        self.to_max1.d.next =
            self.to_max_low.val().replace_bit(16, self.to_max.val().get_bits::<8>(16).any());
        self.to_nxt1.d.next = 0.into();
        if self.from_una.val() {
            self.to_nxt1.d.next =
                self.ahead_low.val().replace_bit(16, self.ahead.val().get_bits::<8>(16).any());
        }
        // An RST of our own stands at SND.MAX, but before the probe that a closed window does not take.
        if self.inp.work.val().rst_now & (self.inp.tcb.val().snd_wnd != 0) {
            self.wnd_holds1.d.next = true;
        }
        // snd_max == snd_end + 1: adding 1 flips the ones at the end and the zero before them.
        self.flipped.next = self.max.val() ^ self.inp.tcb.val().snd_end;
        self.one_more.next = (self.flipped.val() & self.inp.tcb.val().snd_end) << 1;
        self.fin_sent1.d.next = self.flipped.val() == self.one_more.val().replace_bit(0, true);
        if !self.inp.tcb.val().fin_queued {
            self.fin_sent1.d.next = false;
        }
        // The right edge moves by a ring and what `rcv_user` lies behind the old one, which is a ring at most: what is below a
        // ring's size is the sum. An edge 2^31 away is behind.
        self.edge1.d.next = self.inp.tcb.val().rcv_user + self.ring.val();
        self.moved.next = self.inp.tcb.val().rcv_user - self.inp.tcb.val().rcv_adv;
        self.ring_mask.next = self.ring.val() - 1;
        self.filled.next = self.moved.val() | self.ring_mask.val();
        self.opening.next = self.moved.val() & self.ring_mask.val();
        self.opening1.d.next = self.opening.val().get_bits::<16>(0);
        self.opens.next = !self.filled.val().get_bits::<31>(0).all();
        if self.moved.val().get_bit(31) {
            self.opens.next =
                self.filled.val().get_bits::<31>(0).all() & self.opening.val().get_bits::<15>(16).any();
        }
        self.opens1.d.next = self.live.val() & self.receives.val() & self.opens.val();
        self.may_open1.d.next = self.live.val() & self.receives.val() & self.filled.val().all();
        self.half_ring.next = self.ring.val() >> 1;
        self.cfg_mss.next = bit_cast::<32, 16>(self.cfg.val().mss);
        self.update_size1.d.next = self.cfg.val().mss;
        if self.half_ring.val() < self.cfg_mss.val() {
            self.update_size1.d.next = self.half_ring.val().get_bits::<16>(0);
        }

        // Cycle 2: the receive window (RFC 9293, 3.8.6.2.2).
        self.valid2.d.next = self.valid1.q.val();
        self.ev2.d.next = self.held1_ev.val();
        self.tcb2.d.next = self.held1_tcb.val();
        self.work2.d.next = self.held1_work.val();
        self.to_max2.d.next = self.to_max1.q.val();
        self.to_nxt2.d.next = self.to_nxt1.q.val();
        self.due.next = self.opens1.q.val()
            | (self.may_open1.q.val() & (self.update_size1.q.val() <= self.opening1.q.val()));
        if self.due.val() | self.held1_work.val().begins | self.held1_work.val().takes_syn {
            self.tcb2.d.next.rcv_adv = self.edge1.q.val();
        }
        self.ack_now.next = self.held1_work.val().ack_now
            | (self.due.val() & (self.held1_ev.val().kind == EventKind::Doorbell));

        // How much: all that is queued, the room, or one MSS.
        self.size_low.next = bit_cast::<17, 16>(self.rest_low1.q.val());
        self.size.next = self.size_low.val().replace_bit(16, self.rest_more1.q.val());
        self.room_size.next = bit_cast::<17, 16>(self.room1.q.val());
        self.mss_size.next = bit_cast::<17, 16>(self.held1_tcb.val().mss);
        self.max_wnd.next = self.held1_tcb.val().max_wnd;
        self.half_size.next = bit_cast::<17, 16>(self.max_wnd.val()) >> 1;
        self.some.next = self.size.val().any();
        self.no_mss.next = self.held1_tcb.val().mss == 0;
        self.below_room.next = self.size.val() < self.room_size.val();
        self.within_room.next = self.size.val() <= self.room_size.val();
        self.below_mss.next = self.size.val() < self.mss_size.val();
        self.within_mss.next = self.size.val() <= self.mss_size.val();
        self.room_below_mss.next = self.room1.q.val() < self.held1_tcb.val().mss;
        self.full.next = !self.below_mss.val() & !self.room_below_mss.val();
        self.all.next = self.within_room.val() & self.within_mss.val();

        // New data (3.8.6.2.1, and Nagle, 3.7.4).
        self.half_open.next = (self.half_size.val() <= self.size.val())
            & (self.half_size.val() <= self.room_size.val())
            & (self.half_size.val() <= self.mss_size.val());
        self.text_go.next = self.live1.q.val()
            & self.sends1.q.val()
            & self.some.val()
            & self.room1.q.val().any()
            & !self.no_mss.val()
            & (self.full.val()
                | (self.all.val()
                    & (self.held1_tcb.val().nodelay | self.idle1.q.val() | self.held1_tcb.val().fin_queued))
                | ((self.held1_tcb.val().nodelay | self.idle1.q.val()) & self.half_open.val())
                | self.below1.q.val());
        self.fin_go.next = self.live1.q.val()
            & self.sends1.q.val()
            & self.held1_tcb.val().fin_queued
            & self.within_mss.val()
            & self.below_room.val()
            & !self.rest_less1.q.val()
            & (!self.held1_work.val().retransmit | self.idle1.q.val());

        // From SND.UNA again: at most what the peer's window holds (SHLD-15).
        self.again_fin.next = self.all.val() & self.fin_sent1.q.val();
        self.again_go.next = self.live1.q.val()
            & self.sends1.q.val()
            & self.held1_work.val().retransmit
            & (self.again_fin.val() | (self.some.val() & !self.no_mss.val() & self.room1.q.val().any()));
        self.probe_fin.next = self.held1_tcb.val().fin_queued & !self.some.val();
        self.probe_go.next = self.live1.q.val()
            & self.sends1.q.val()
            & self.held1_work.val().probe
            & (self.some.val() | self.probe_fin.val());

        // The choice. What is not sent (`takes`) has no length.
        self.syn_go.next =
            self.held1_work.val().syn_now & !self.held1_work.val().rst_now & !self.held1_work.val().delete;
        self.answers2.d.next = self.held1_work.val().rst_now | (self.live1.q.val() & self.ack_now.val());
        self.text2.d.next = self.text_go.val();
        self.others2.d.next =
            self.syn_go.val() | self.again_go.val() | self.probe_go.val() | self.fin_go.val();
        self.rst2.d.next = self.held1_work.val().rst_now;
        self.syn2.d.next = self.syn_go.val();
        self.probing2.d.next = self.held1_work.val().probe;
        self.below2.d.next = self.below1.q.val();
        self.turn2.d.next = self.again_go.val()
            | (!self.held1_work.val().probe
                & !self.within_mss.val()
                & (self.mss_size.val() < self.room_size.val()));
        self.fin2.d.next = (self.again_go.val() & self.again_fin.val())
            | (self.probe_go.val() & self.probe_fin.val())
            | (self.fin_go.val() & !self.again_go.val());
        self.push2.d.next = self.all.val() & self.some.val();
        self.len2.d.next = self.room1.q.val();
        if self.all.val() {
            self.len2.d.next = self.rest_low1.q.val();
        } else if self.full.val() {
            self.len2.d.next = self.held1_tcb.val().mss;
        }
        if self.held1_work.val().probe {
            self.push2.d.next = self.size.val() == 1;
            self.len2.d.next = 1.into();
        }
        if self.held1_work.val().syn_now | (self.held1_work.val().probe & self.probe_fin.val()) {
            self.len2.d.next = 0.into();
        }
        // A bare ACK, or an RST of our own, stands at the end of what was sent, but never beyond the peer's window.
        self.sent.next = bit_cast::<24, 16>(self.held1_tcb.val().snd_wnd);
        if self.wnd_holds1.q.val() {
            self.sent.next = self.held1_flight.val();
        }
        // snd_una + sent, as snd_una - (2^32 - 1 - sent) - 1: in a subtractor the choice stands in its gates. The 1 is borrowed
        // below the lowest bit.
        self.una_x2.next = bit_cast::<33, 32>(self.held1_tcb.val().snd_una) << 1;
        self.sent_wide.next = bit_cast::<32, 24>(self.sent.val());
        self.not_sent.next = !self.sent_wide.val();
        self.not_sent_x2.next = bit_cast::<33, 32>(self.not_sent.val()) << 1;
        self.ack_seq_x2.next = self.una_x2.val() - self.not_sent_x2.val().replace_bit(0, true);
        self.ack_seq.next = self.ack_seq_x2.val().get_bits::<32>(1);
        // Where it starts, with something to send and without: which of the two is known in the next cycle.
        self.seq2.d.next = self.held1_tcb.val().snd_nxt;
        if self.from_una1.q.val() {
            self.seq2.d.next = self.held1_tcb.val().snd_una;
        }
        self.answer_seq2.d.next = self.ack_seq.val();
        if self.held1_work.val().rst_now & !self.held1_work.val().rst_own {
            self.answer_seq2.d.next = self.held1_ev.val().ack;
        }

        // Cycle 3.
        self.valid.d.next = self.valid2.q.val();
        self.ev.d.next = self.held2_ev.val();
        self.tcb.d.next = self.held2_tcb.val();
        self.work.d.next = self.held2_work.val();
        self.takes.next = self.text2.q.val() | self.others2.q.val();
        self.turn_reg.d.next = self.turn2.q.val() & self.takes.val() & !self.syn2.q.val();
        self.now.next = self.held2_work.val().now;
        // seq + len + 1 for a SYN or a FIN, which is carried in below the lowest bit.
        self.len_x2.next = bit_cast::<33, 16>(self.len2.q.val()) << 1;
        self.size_x2.next = self.len_x2.val().replace_bit(0, self.fin2.q.val() | self.syn2.q.val());
        self.seq_x2.next = (bit_cast::<33, 32>(self.seq2.q.val()) << 1) | 1;
        self.end_x2.next = self.seq_x2.val() + self.size_x2.val();
        self.seq_end.next = self.end_x2.val().get_bits::<32>(1);
        // Beyond SND.MAX, beyond SND.NXT: asked of the length, beside the addition. A difference, whose first gates are in its
        // chain; those of a comparison are not.
        self.size_low_x2.next = bit_cast::<19, 18>(self.size_x2.val().get_bits::<18>(0));
        self.to_max_x2.next = bit_cast::<19, 17>(self.held2_to_max.val()) << 1;
        self.to_nxt_x2.next = bit_cast::<19, 17>(self.held2_to_nxt.val()) << 1;
        self.max_less.next = self.to_max_x2.val() - self.size_low_x2.val();
        self.nxt_less.next = self.to_nxt_x2.val() - self.size_low_x2.val();
        self.max_moves.next = self.max_less.val().get_bit(18);
        self.nxt_moves.next = self.nxt_less.val().get_bit(18);
        self.again.next = 0.into();
        self.retransmit_reg.d.next = false;
        if self.takes.val() {
            if self.max_moves.val() | self.held2_work.val().begins {
                self.tcb.d.next.snd_max = self.seq_end.val();
            }
            if (self.nxt_moves.val() & !self.probing2.q.val()) | self.held2_work.val().begins {
                self.tcb.d.next.snd_nxt = self.seq_end.val();
            }
            if self.below2.q.val() {
                // A retransmission; Karn's rule (RFC 6298, section 3).
                self.again.next = 1.into();
                self.tcb.d.next.rtt_busy = false;
                self.retransmit_reg.d.next = self.valid2.q.val();
            } else if !self.held2_tcb.val().rtt_busy & !self.probing2.q.val() {
                self.tcb.d.next.rtt_busy = true;
                self.tcb.d.next.rtt_seq = self.seq_end.val();
                self.tcb.d.next.rtt_time = self.now.val().get_bits::<32>(0);
            }
        }
        self.tcb.d.next.retransmits = self.held2_tcb.val().retransmits + self.again.val();

        self.rcv_wnd.next = self.held2_tcb.val().rcv_adv - self.held2_tcb.val().rcv_nxt;
        self.rcv_wnd_high.next = self.rcv_wnd.val().get_bits::<16>(16);
        self.synsent.next = self.held2_tcb.val().state == TcpState::SynSent;
        self.tx_valid_reg.d.next = self.valid2.q.val() & (self.answers2.q.val() | self.takes.val());
        self.rst_out_reg.d.next = self.valid2.q.val() & self.rst2.q.val();
        self.tx_reg.d.next.flow = self.held2_ev.val().flow;
        self.tx_reg.d.next.has_flow = self.held2_ev.val().hit;
        self.tx_reg.d.next.raddr = self.held2_tcb.val().raddr;
        self.tx_reg.d.next.rport = self.held2_tcb.val().rport;
        self.tx_reg.d.next.lport = self.held2_tcb.val().lport;
        self.tx_reg.d.next.seq = self.seq2.q.val();
        self.tx_reg.d.next.ack = self.held2_tcb.val().rcv_nxt;
        self.tx_reg.d.next.len = self.len2.q.val();
        if !self.takes.val() {
            self.tx_reg.d.next.seq = self.answer_seq2.q.val();
            self.tx_reg.d.next.len = 0.into();
        }
        self.tx_reg.d.next.mss = 0.into();
        self.tx_reg.d.next.wnd = self.rcv_wnd.val().get_bits::<16>(0);
        if self.rcv_wnd_high.val().any() {
            self.tx_reg.d.next.wnd = 0xffff.into();
        }
        self.tx_reg.d.next.flags = 0x10.into();
        self.push.next = self.push2.q.val() & self.takes.val();
        if self.fin2.q.val() & self.push.val() {
            self.tx_reg.d.next.flags = 0x19.into();
        } else if self.fin2.q.val() {
            self.tx_reg.d.next.flags = 0x11.into();
        } else if self.push.val() {
            self.tx_reg.d.next.flags = 0x18.into();
        }
        if self.syn2.q.val() {
            self.tx_reg.d.next.mss = self.cfg.val().mss;
            self.tx_reg.d.next.flags = 0x12.into();
            if self.synsent.val() {
                self.tx_reg.d.next.flags = 0x02.into();
                self.tx_reg.d.next.ack = 0.into();
            }
        }
        if self.rst2.q.val() {
            self.tx_reg.d.next.wnd = 0.into();
            self.tx_reg.d.next.flags = 0x04.into();
            self.tx_reg.d.next.ack = 0.into();
            if self.held2_work.val().rst_ack {
                self.tx_reg.d.next.ack = self.held2_ev.val().end;
                self.tx_reg.d.next.flags = 0x14.into();
            }
        }
        self.no_seq.next = self.rst2.q.val() & self.held2_work.val().rst_ack;
        if self.no_seq.val() {
            self.tx_reg.d.next.seq = 0.into();
        }
        if self.reset.val() {
            self.valid1.d.next = false;
            self.valid2.d.next = false;
            self.valid.d.next = false;
            self.tcb.d.next = self.zero.value.val(); // what the sweep after reset writes
            self.tx_valid_reg.d.next = false;
            self.retransmit_reg.d.next = false;
            self.rst_out_reg.d.next = false;
        }
    }
}
