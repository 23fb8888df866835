// SPDX-License-Identifier: MIT OR Apache-2.0
//! Congestion control (RFC 5681, 6582, 3465), the RTO (RFC 6298) and what an expired timer does.
//!
//! The first cycle computes every candidate, the second one chooses.

use super::{Pass, PassOut};
use crate::types::{Config, Event, EventKind, Reason, Tcb, TcpState, Work};
use rust_hdl::prelude::*;

/// Congestion control (2 cycles).
#[derive(LogicBlock, Default)]
pub struct Congestion {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time: a constant.
    pub single: Signal<In, Bit>,
    /// The card's limits.
    pub cfg: Signal<In, Config>,
    /// From `ack`.
    pub inp: Pass,
    /// With it, from `rtt`: what SRTT becomes if the event is a sample,
    pub new_srtt: Signal<In, Bits<32>>,
    /// ... RTTVAR,
    pub new_rttvar: Signal<In, Bits<32>>,
    /// ... and the RTO without its limits.
    pub estimate: Signal<In, Bits<32>>,
    /// To `output`; of the TCB only the fields of this stage count (text and fin_state run beside it).
    pub out: PassOut,
    /// With it: SND.NXT - SND.UNA. What is in flight is a ring and a FIN at most: 24 bits.
    pub ahead: Signal<Out, Bits<24>>,
    /// With it: SND.MAX - SND.UNA.
    pub in_flight: Signal<Out, Bits<24>>,
    /// With it: what is to be sent starts at SND.UNA (its notes `retransmit`, `probe` or `syn_now`).
    pub from_una: Signal<Out, Bit>,
    /// Pulse: fast retransmit.
    pub stat_fast_retransmit: Signal<Out, Bit>,
    /// Pulse: the retransmission timer expired.
    pub stat_timeout: Signal<Out, Bit>,
    // Cycle 1.
    valid1: DFF<Bit>,
    ev1: DFF<Event>,
    tcb1: DFF<Tcb>,
    work1: DFF<Work>,
    held_ev: Signal<Local, Event>,
    held_tcb: Signal<Local, Tcb>,
    held_work: Signal<Local, Work>,
    sends: Signal<Local, Bit>,
    outstanding: Signal<Local, Bit>,
    begun: Signal<Local, Bit>,
    spent: Signal<Local, Bit>,
    back_off: Signal<Local, Bit>,
    d_rec: Signal<Local, Bits<32>>,
    beyond_rec: Signal<Local, Bit>,
    follows: Signal<Local, Bit>,
    partial: Signal<Local, Bit>,
    full: Signal<Local, Bit>,
    again: Signal<Local, Bit>,
    normal: Signal<Local, Bit>,
    enters: Signal<Local, Bit>,
    lost: Signal<Local, Bit>,
    syn_lost: Signal<Local, Bit>,
    one: Signal<Local, Bit>,
    begins: Signal<Local, Bit>,
    mss: Signal<Local, Bits<20>>,
    mss_wide: Signal<Local, Bits<32>>,
    mss_x2: Signal<Local, Bits<32>>,
    more_mss: Signal<Local, Bits<20>>,
    many: Signal<Local, Bits<20>>,
    acked: Signal<Local, Bits<32>>,
    acked_low: Signal<Local, Bits<24>>,
    left: Signal<Local, Bits<32>>,
    left_low: Signal<Local, Bits<24>>,
    mss_low: Signal<Local, Bits<24>>,
    acked_mss: Signal<Local, Bit>,
    left_mss: Signal<Local, Bit>,
    level: Signal<Local, Bits<32>>,
    ssthresh_x2: Signal<Local, Bits<34>>,
    level_x2: Signal<Local, Bits<34>>,
    above_x2: Signal<Local, Bits<34>>,
    below: Signal<Local, Bit>,
    over: Signal<Local, Bit>,
    bytes_left: Signal<Local, Bits<33>>,
    cut: Signal<Local, Bits<24>>,
    rest: Signal<Local, Bits<33>>,
    flight: Signal<Local, Bits<32>>,
    half: Signal<Local, Bits<24>>,
    half_again: Signal<Local, Bits<32>>,
    little: Signal<Local, Bit>,
    sample: Signal<Local, Bit>,
    rto: Signal<Local, Bits<33>>,
    rto_room: Signal<Local, Bits<33>>,
    rto_over: Signal<Local, Bit>,
    rto_limited: Signal<Local, Bit>,
    sends1: DFF<Bit>,
    outstanding1: DFF<Bit>,
    follows1: DFF<Bit>,
    from_una1: DFF<Bit>,
    from_max1: DFF<Bit>,
    partial1: DFF<Bit>,
    enters1: DFF<Bit>,
    lost1: DFF<Bit>,
    avoids1: DFF<Bit>,
    wraps1: DFF<Bit>,
    cwnd1: DFF<Bits<32>>,
    more1: DFF<Bits<24>>,
    limit1: DFF<Bits<32>>,
    step1: DFF<Bits<20>>,
    bytes_left1: DFF<Bits<32>>,
    halved1: DFF<Bits<24>>,
    gives_up1: DFF<Bit>,
    back_off1: DFF<Bit>,
    to_una1: DFF<Bit>,
    estimate1: DFF<Bits<32>>,
    rto_limit1: DFF<Bits<32>>,
    rto_low1: DFF<Bit>,
    rto_high1: DFF<Bit>,
    // Cycle 2.
    valid: DFF<Bit>,
    ev: DFF<Event>,
    tcb: DFF<Tcb>,
    work: DFF<Work>,
    fast_retransmit: DFF<Bit>,
    timeout: DFF<Bit>,
    ahead_reg: DFF<Bits<24>>,
    in_flight_reg: DFF<Bits<24>>,
    from_una_reg: DFF<Bit>,
    una: Signal<Local, Bits<32>>,
    una_low: Signal<Local, Bits<24>>,
    nxt: Signal<Local, Bits<32>>,
    max: Signal<Local, Bits<32>>,
    entry: Signal<Local, Bits<24>>,
    grown: Signal<Local, Bits<32>>,
    grown_top: Signal<Local, Bits<2>>,
    recover: Signal<Local, Bits<32>>,
    not_recover: Signal<Local, Bits<32>>,
    top: Signal<Local, Bits<32>>,
    handshake: Signal<Local, Bit>,
}

impl Logic for Congestion {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid1, ev1, tcb1, work1, valid, ev, tcb, work, fast_retransmit, timeout);
        dff_setup!(
            self,
            clock,
            sends1,
            outstanding1,
            gives_up1,
            back_off1,
            to_una1,
            partial1,
            enters1,
            lost1
        );
        dff_setup!(self, clock, follows1, from_una1, from_max1, cwnd1, more1, limit1, step1, halved1);
        dff_setup!(self, clock, ahead_reg, in_flight_reg, from_una_reg);
        dff_setup!(self, clock, avoids1, wraps1, bytes_left1, estimate1, rto_limit1, rto_low1, rto_high1);
        self.held_ev.next = self.ev1.q.val();
        self.held_tcb.next = self.tcb1.q.val();
        self.held_work.next = self.work1.q.val();
        // One event at a time: what a cycle leaves as it is stays in the registers before it.
        if self.single.val() {
            self.held_ev.next = self.inp.ev.val();
            self.held_tcb.next = self.inp.tcb.val();
            self.held_tcb.next.srtt = self.tcb1.q.val().srtt;
            self.held_tcb.next.rttvar = self.tcb1.q.val().rttvar;
            self.held_tcb.next.rtt_busy = self.tcb1.q.val().rtt_busy;
            self.held_work.next = self.inp.work.val();
        }
        self.out.valid.next = self.valid.q.val();
        self.out.ev.next = self.ev.q.val();
        self.out.tcb.next = self.tcb.q.val();
        self.out.work.next = self.work.q.val();
        if self.single.val() {
            self.out.ev.next = self.held_ev.val();
            self.out.tcb.next = self.held_tcb.val();
            self.out.tcb.next.reason = self.tcb.q.val().reason;
            self.out.tcb.next.snd_nxt = self.tcb.q.val().snd_nxt;
            self.out.tcb.next.cwnd = self.tcb.q.val().cwnd;
            self.out.tcb.next.ssthresh = self.tcb.q.val().ssthresh;
            self.out.tcb.next.bytes_acked = self.tcb.q.val().bytes_acked;
            self.out.tcb.next.dup_acks = self.tcb.q.val().dup_acks;
            self.out.tcb.next.recovery = self.tcb.q.val().recovery;
            self.out.tcb.next.recover = self.tcb.q.val().recover;
            self.out.tcb.next.rto = self.tcb.q.val().rto;
            self.out.tcb.next.rtt_busy = self.tcb.q.val().rtt_busy;
            self.out.tcb.next.retries = self.tcb.q.val().retries;
            self.out.work.next = self.held_work.val();
            self.out.work.next.syn_now = self.work.q.val().syn_now;
            self.out.work.next.retransmit = self.work.q.val().retransmit;
            self.out.work.next.probe = self.work.q.val().probe;
            self.out.work.next.delete = self.work.q.val().delete;
            self.out.work.next.notify = self.work.q.val().notify;
        }
        self.stat_fast_retransmit.next = self.fast_retransmit.q.val();
        self.stat_timeout.next = self.timeout.q.val();

        // Cycle 1.
        self.valid1.d.next = self.inp.valid.val();
        self.ev1.d.next = self.inp.ev.val();
        self.tcb1.d.next = self.inp.tcb.val();
        self.work1.d.next = self.inp.work.val();
        self.sends.next = (self.inp.tcb.val().state == TcpState::Established)
            | (self.inp.tcb.val().state == TcpState::CloseWait)
            | (self.inp.tcb.val().state == TcpState::FinWait1)
            | (self.inp.tcb.val().state == TcpState::Closing)
            | (self.inp.tcb.val().state == TcpState::LastAck);
        self.sends1.d.next = self.sends.val();
        self.outstanding.next = self.inp.work.val().flight != 0;
        self.outstanding1.d.next = self.outstanding.val();
        // An expiry: the connection has no more retries (RFC 9293, 3.8.3), or backs off.
        self.begun.next = (self.inp.tcb.val().state == TcpState::SynSent)
            | (self.inp.tcb.val().state == TcpState::SynReceived);
        self.spent.next = (self.begun.val() & (self.cfg.val().syn_retries <= self.inp.tcb.val().retries))
            | (self.sends.val()
                & self.outstanding.val()
                & (self.cfg.val().data_retries <= self.inp.tcb.val().retries));
        self.gives_up1.d.next = self.inp.work.val().expired & self.spent.val();
        self.back_off.next =
            self.inp.work.val().expired & (self.begun.val() | self.sends.val()) & !self.spent.val();
        self.back_off1.d.next = self.back_off.val();
        self.to_una1.d.next = self.inp.work.val().nxt_behind | (self.back_off.val() & self.sends.val());
        // What the event is: one of these at most.
        self.begins.next = self.inp.work.val().begins | self.inp.work.val().takes_syn;
        self.d_rec.next = self.inp.work.val().d_rec;
        self.beyond_rec.next = !self.d_rec.val().get_bit(31) & (self.d_rec.val() != 0);
        self.partial.next =
            self.inp.work.val().ack_new & self.inp.tcb.val().recovery & self.d_rec.val().get_bit(31);
        self.partial1.d.next = self.partial.val();
        self.full.next =
            self.inp.work.val().ack_new & self.inp.tcb.val().recovery & !self.d_rec.val().get_bit(31);
        self.normal.next = self.inp.work.val().ack_new & !self.inp.tcb.val().recovery;
        self.follows.next = self.normal.val() & self.beyond_rec.val();
        self.follows1.d.next = self.follows.val();
        self.from_una1.d.next = self.follows.val() | self.inp.work.val().begins;
        self.enters.next = self.inp.work.val().ack_dup
            & !self.inp.tcb.val().recovery
            & (self.inp.tcb.val().dup_acks == 2)
            & self.beyond_rec.val();
        self.enters1.d.next = self.enters.val();
        // A closed window is probed, which is no loss.
        self.lost.next = self.back_off.val()
            & self.sends.val()
            & self.outstanding.val()
            & (self.inp.tcb.val().snd_wnd != 0);
        self.lost1.d.next = self.lost.val();
        self.from_max1.d.next = self.enters.val() | self.lost.val();
        self.syn_lost.next = self.inp.work.val().opened & (self.inp.tcb.val().retries != 0);
        // One segment: RFC 5681, 3.1.
        self.one.next = self.lost.val() | self.syn_lost.val();

        // One comparison with SSTHRESH for three questions. Is this slow start? Is a full ACK's window beyond it (at 2 MSS,
        // the least that it can be, it makes no difference)? Is more in flight when a retransmission is lost?
        self.level.next = self.inp.tcb.val().cwnd;
        if self.inp.tcb.val().recovery {
            self.level.next = bit_cast::<32, 24>(self.inp.work.val().more);
        }
        if self.inp.work.val().expired {
            self.level.next = self.inp.work.val().flight;
        }
        // The half below the lowest bit makes equality a "not below".
        self.ssthresh_x2.next = bit_cast::<34, 32>(self.inp.tcb.val().ssthresh) << 1;
        self.level_x2.next = bit_cast::<34, 32>(self.level.val()) << 1;
        self.above_x2.next = self.ssthresh_x2.val() - self.level_x2.val().replace_bit(0, true);
        self.below.next = !self.above_x2.val().get_bit(33);
        self.over.next = self.full.val() & !self.below.val();

        // The new cwnd is one of four numbers (the registers of the others are 0) and a step.
        // cwnd itself, which a partial ACK deflates by what it acknowledges, but not below one MSS (RFC 6582, 3.2): the MSS
        // comes back with `step`.
        self.cut.next = 0.into();
        if self.partial.val() {
            self.cut.next = self.inp.work.val().more;
        }
        self.rest.next = bit_cast::<33, 32>(self.inp.tcb.val().cwnd) - bit_cast::<33, 24>(self.cut.val());
        self.cwnd1.d.next = self.rest.val().get_bits::<32>(0);
        if self.rest.val().get_bit(32)
            | self.full.val()
            | self.enters.val()
            | self.one.val()
            | self.begins.val()
        {
            self.cwnd1.d.next = 0.into();
        }
        // After a full ACK: what is in flight and an MSS, at least 2 MSS, at most SSTHRESH.
        self.mss_low.next = bit_cast::<24, 16>(self.inp.tcb.val().mss);
        self.left.next = self.inp.work.val().d_max;
        self.left_low.next = self.left.val().get_bits::<24>(0);
        self.left_mss.next = self.mss_low.val() <= self.left_low.val();
        self.more1.d.next = self.inp.work.val().more;
        if !self.full.val() | self.over.val() | !self.left_mss.val() {
            self.more1.d.next = 0.into();
        }
        self.limit1.d.next = self.inp.tcb.val().ssthresh;
        if !self.over.val() {
            self.limit1.d.next = 0.into();
        }
        // Growth (RFC 5681, 3.1): min(acked, SMSS) an ACK in slow start, otherwise SMSS now and then. 3 MSS for the three
        // duplicate ACKs (3.2), RFC 6928's initial window.
        self.mss.next = bit_cast::<20, 16>(self.inp.tcb.val().mss);
        self.mss_wide.next = bit_cast::<32, 16>(self.inp.tcb.val().mss);
        self.mss_x2.next = self.mss_wide.val() << 1;
        self.more_mss.next = self.mss.val();
        if self.begins.val() {
            self.more_mss.next = self.mss.val() << 3;
        }
        self.many.next = (self.mss.val() << 1) + self.more_mss.val();
        self.acked.next = self.inp.work.val().d_una;
        self.acked_low.next = self.acked.val().get_bits::<24>(0);
        self.acked_mss.next = self.mss_low.val() <= self.acked_low.val();
        self.bytes_left.next =
            bit_cast::<33, 32>(self.inp.work.val().bytes) - bit_cast::<33, 32>(self.inp.tcb.val().cwnd);
        self.step1.d.next = self.mss.val();
        if (self.partial.val() & self.acked_mss.val()) | self.full.val() {
            self.step1.d.next = self.mss.val() << 1;
        } else if self.normal.val() & self.below.val() & !self.acked_mss.val() {
            self.step1.d.next = bit_cast::<20, 16>(self.acked.val().get_bits::<16>(0));
        } else if self.enters.val() | (self.begins.val() & !self.one.val()) {
            self.step1.d.next = self.many.val();
        }
        if !(self.partial.val()
            | (self.full.val() & self.below.val() & !self.left_mss.val())
            | (self.inp.work.val().ack_dup & self.inp.tcb.val().recovery)
            | (self.normal.val() & (self.below.val() | !self.bytes_left.val().get_bit(32)))
            | self.enters.val()
            | self.one.val()
            | self.begins.val())
        {
            self.step1.d.next = 0.into();
        }
        self.bytes_left1.d.next = self.bytes_left.val().get_bits::<32>(0);
        self.wraps1.d.next = !self.bytes_left.val().get_bit(32);
        self.avoids1.d.next = self.normal.val() & !self.below.val();
        // Half of what is in flight, at least 2 MSS (RFC 5681, equation 4). A retransmission that is lost is a second
        // reduction (4.3).
        self.again.next = self.inp.tcb.val().recovery & !self.below.val();
        self.flight.next = self.inp.work.val().flight;
        self.half.next = bit_cast::<24, 23>(self.flight.val().get_bits::<23>(1));
        self.half_again.next = self.inp.tcb.val().ssthresh >> 1;
        self.halved1.d.next = self.half.val();
        self.little.next = self.half.val() < self.mss_x2.val().get_bits::<24>(0);
        if self.again.val() {
            self.halved1.d.next = self.half_again.val().get_bits::<24>(0);
            self.little.next = self.half_again.val() < self.mss_x2.val();
        }
        if self.little.val() {
            self.halved1.d.next = self.mss_x2.val().get_bits::<24>(0);
        }
        // The RTO: the estimate after a sample, twice itself after an expiry (RFC 6298, 5.5), within its limits.
        self.sample.next =
            (self.inp.work.val().ack_new | self.inp.work.val().opened) & self.inp.work.val().rtt_covered;
        if self.sample.val() {
            self.tcb1.d.next.srtt = self.new_srtt.val();
            self.tcb1.d.next.rttvar = self.new_rttvar.val();
            self.tcb1.d.next.rtt_busy = false;
        }
        self.estimate1.d.next = self.estimate.val();
        self.rto.next = bit_cast::<33, 32>(self.estimate.val());
        if self.inp.work.val().expired {
            self.rto.next = bit_cast::<33, 32>(self.inp.tcb.val().rto) << 1;
        }
        self.rto_room.next = bit_cast::<33, 32>(self.cfg.val().rto_max) - self.rto.val();
        self.rto_over.next = self.rto_room.val().get_bit(32);
        self.rto_limit1.d.next = self.cfg.val().rto_min;
        if self.rto_over.val() {
            self.rto_limit1.d.next = self.cfg.val().rto_max;
        }
        if self.syn_lost.val() & !self.sample.val() {
            self.rto_limit1.d.next = 3_000_000.into(); // RFC 6298, 5.7
        }
        if self.inp.work.val().begins {
            self.rto_limit1.d.next = self.cfg.val().rto_initial;
        }
        self.rto_limited.next = self.inp.work.val().begins
            | (self.syn_lost.val() & !self.sample.val())
            | (self.sample.val() & (self.rto_over.val() | (self.estimate.val() < self.cfg.val().rto_min)))
            | (self.back_off.val() & self.rto_over.val());
        // Four values, two bits to choose.
        self.rto_low1.d.next = self.sample.val() | self.rto_limited.val();
        self.rto_high1.d.next = self.back_off.val() | self.rto_limited.val();

        // Cycle 2.
        self.valid.d.next = self.valid1.q.val();
        self.ev.d.next = self.held_ev.val();
        self.tcb.d.next = self.held_tcb.val();
        self.work.d.next = self.held_work.val();
        self.fast_retransmit.d.next = false;
        self.timeout.d.next = false;
        self.handshake.next = (self.held_tcb.val().state == TcpState::SynSent)
            | (self.held_tcb.val().state == TcpState::SynReceived);
        self.entry.next = 0.into();
        if self.enters1.q.val() {
            self.entry.next = self.halved1.q.val();
        }
        self.grown.next = (self.cwnd1.q.val()
            | self.limit1.q.val()
            | bit_cast::<32, 24>(self.more1.q.val())
            | bit_cast::<32, 24>(self.entry.val()))
            + bit_cast::<32, 20>(self.step1.q.val());
        self.grown_top.next = self.grown.val().get_bits::<2>(30);
        self.tcb.d.next.cwnd = self.grown.val();
        if self.grown_top.val().any() {
            self.tcb.d.next.cwnd = 0x4000_0000.into();
        }

        if self.held_work.val().opened {
            self.tcb.d.next.retries = 0.into();
        }
        if self.held_work.val().ack_new {
            self.tcb.d.next.dup_acks = 0.into();
            self.tcb.d.next.retries = 0.into();
            if self.held_tcb.val().recovery {
                self.tcb.d.next.recovery = self.partial1.q.val();
                self.work.d.next.retransmit = self.partial1.q.val();
            }
        }
        if self.avoids1.q.val() {
            self.tcb.d.next.bytes_acked = self.held_work.val().bytes;
            if self.wraps1.q.val() {
                self.tcb.d.next.bytes_acked = self.bytes_left1.q.val();
            }
        }
        if self.held_work.val().ack_dup & !self.held_tcb.val().recovery & !self.held_tcb.val().dup_acks.all()
        {
            self.tcb.d.next.dup_acks = self.held_tcb.val().dup_acks + 1;
        }
        if self.enters1.q.val() {
            self.tcb.d.next.recovery = true;
            self.work.d.next.retransmit = true;
            self.fast_retransmit.d.next = self.valid1.q.val();
        }
        if self.gives_up1.q.val() {
            self.work.d.next.delete = true;
            self.work.d.next.notify = true;
            self.tcb.d.next.reason = Reason::TimedOut;
        }
        if self.held_work.val().expired {
            self.timeout.d.next = self.valid1.q.val()
                & (self.handshake.val() | (self.sends1.q.val() & self.outstanding1.q.val()));
            if (self.held_tcb.val().state == TcpState::TimeWait)
                | ((self.held_tcb.val().state == TcpState::FinWait2) & self.held_tcb.val().released)
            {
                self.work.d.next.delete = true;
            }
        }
        if self.back_off1.q.val() {
            if self.handshake.val() {
                self.work.d.next.syn_now = true;
            } else if self.held_tcb.val().snd_wnd == 0 {
                self.work.d.next.probe = true; // not a loss
            } else {
                self.work.d.next.retransmit = true;
            }
            self.tcb.d.next.rtt_busy = false;
            if !self.held_tcb.val().retries.all() {
                self.tcb.d.next.retries = self.held_tcb.val().retries + 1;
            }
        }
        if self.lost1.q.val() {
            self.tcb.d.next.recovery = false;
            self.tcb.d.next.dup_acks = 0.into();
        }
        if self.enters1.q.val() | (self.lost1.q.val() & (self.held_tcb.val().retries == 0)) {
            self.tcb.d.next.ssthresh = bit_cast::<32, 24>(self.halved1.q.val());
        }
        if self.enters1.q.val() | self.lost1.q.val() {
            self.tcb.d.next.bytes_acked = 0.into();
        }
        // SND.NXT: what is acknowledged needs no sending, and after an expiry all the rest does.
        // `output` compares with what is then unacknowledged: the differences are made here, so that it need not do both in one cycle.
        self.una.next = self.held_tcb.val().snd_una;
        self.una_low.next = self.una.val().get_bits::<24>(0);
        self.nxt.next = self.held_tcb.val().snd_nxt;
        self.max.next = self.held_tcb.val().snd_max;
        self.ahead_reg.d.next = self.nxt.val().get_bits::<24>(0) - self.una_low.val();
        self.in_flight_reg.d.next = self.max.val().get_bits::<24>(0) - self.una_low.val();
        if self.to_una1.q.val() {
            self.tcb.d.next.snd_nxt = self.una.val();
            self.ahead_reg.d.next = 0.into();
        }
        self.ahead.next = self.ahead_reg.q.val();
        self.in_flight.next = self.in_flight_reg.q.val();
        self.from_una_reg.d.next = self.held_work.val().syn_now
            | self.partial1.q.val()
            | self.enters1.q.val()
            | self.back_off1.q.val();
        self.from_una.next = self.from_una_reg.q.val();
        // `recover` is SND.MAX, or SEG.ACK - 1 (it would look ahead after 2 GiB without a loss), or ISS: SND.UNA is as new.
        // x - 1 is 2^32 - 2 minus the complement of x: so the choice stands in the gates of the subtractor.
        self.recover.next = self.held_tcb.val().recover;
        if self.from_una1.q.val() {
            self.recover.next = self.held_tcb.val().snd_una;
        }
        if self.from_max1.q.val() {
            self.recover.next = self.held_tcb.val().snd_max;
        }
        self.not_recover.next = !self.recover.val();
        self.top.next = 0xffff_ffff_u64.into();
        self.tcb.d.next.recover =
            self.top.val().replace_bit(0, !self.follows1.q.val()) - self.not_recover.val();
        if self.rto_low1.q.val() {
            self.tcb.d.next.rto = self.estimate1.q.val();
        }
        if self.rto_high1.q.val() {
            self.tcb.d.next.rto = self.held_tcb.val().rto << 1;
            if self.rto_low1.q.val() {
                self.tcb.d.next.rto = self.rto_limit1.q.val();
            }
        }
        if (self.held_ev.val().kind == EventKind::Unreachable) & self.held_ev.val().hit & self.handshake.val()
        {
            self.work.d.next.delete = true;
            self.work.d.next.notify = true;
            self.tcb.d.next.reason = Reason::Unreachable;
        }
        if self.reset.val() {
            self.valid1.d.next = false;
            self.valid.d.next = false;
            self.fast_retransmit.d.next = false;
            self.timeout.d.next = false;
        }
    }
}
