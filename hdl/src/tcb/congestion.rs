// SPDX-License-Identifier: MIT OR Apache-2.0
//! Congestion control (RFC 5681, 6582, 3465) and what an expired timer does.
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
    /// The card's limits.
    pub cfg: Signal<In, Config>,
    /// From `ack`.
    pub inp: Pass,
    /// To `output`; of the TCB only the fields of this stage count (text and fin_state run beside it).
    pub out: PassOut,
    /// Pulse: fast retransmit.
    pub stat_fast_retransmit: Signal<Out, Bit>,
    /// Pulse: the retransmission timer expired.
    pub stat_timeout: Signal<Out, Bit>,
    // Cycle 1.
    valid1: DFF<Bit>,
    ev1: DFF<Event>,
    tcb1: DFF<Tcb>,
    work1: DFF<Work>,
    sends: Signal<Local, Bit>,
    outstanding: Signal<Local, Bit>,
    data_over: Signal<Local, Bit>,
    d_rec: Signal<Local, Bits<32>>,
    partial: Signal<Local, Bit>,
    lost: Signal<Local, Bit>,
    syn_lost: Signal<Local, Bit>,
    mss: Signal<Local, Bits<32>>,
    mss_x2: Signal<Local, Bits<32>>,
    acked: Signal<Local, Bits<32>>,
    acked_mss: Signal<Local, Bit>,
    slow_start: Signal<Local, Bit>,
    bytes: Signal<Local, Bits<32>>,
    left: Signal<Local, Bits<33>>,
    rest: Signal<Local, Bits<33>>,
    deflated: Signal<Local, Bits<32>>,
    flight_least: Signal<Local, Bits<32>>,
    again: Signal<Local, Bit>,
    half: Signal<Local, Bits<32>>,
    half_again: Signal<Local, Bits<32>>,
    little: Signal<Local, Bit>,
    rto_x2: Signal<Local, Bits<33>>,
    sends1: DFF<Bit>,
    outstanding1: DFF<Bit>,
    beyond_rec1: DFF<Bit>,
    partial1: DFF<Bit>,
    lost1: DFF<Bit>,
    syn_lost1: DFF<Bit>,
    mss_x3_1: DFF<Bits<32>>,
    slow_start1: DFF<Bit>,
    base1: DFF<Bits<32>>,
    step1: DFF<Bits<16>>,
    full_ack1: DFF<Bits<32>>,
    bytes1: DFF<Bits<32>>,
    rest1: DFF<Bits<32>>,
    cwnd_full1: DFF<Bit>,
    halved1: DFF<Bits<32>>,
    rto_over1: DFF<Bit>,
    last_acked1: DFF<Bits<32>>,
    syn_over1: DFF<Bit>,
    data_over1: DFF<Bit>,
    // Cycle 2.
    valid: DFF<Bit>,
    ev: DFF<Event>,
    tcb: DFF<Tcb>,
    work: DFF<Work>,
    fast_retransmit: DFF<Bit>,
    timeout: DFF<Bit>,
    step: Signal<Local, Bits<16>>,
    grows: Signal<Local, Bit>,
    grown: Signal<Local, Bits<32>>,
    grown_top: Signal<Local, Bits<2>>,
    full_ack: Signal<Local, Bit>,
    enters: Signal<Local, Bit>,
    handshake: Signal<Local, Bit>,
    back_off: Signal<Local, Bit>,
}

impl Logic for Congestion {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid1, ev1, tcb1, work1, valid, ev, tcb, work, fast_retransmit, timeout);
        dff_setup!(self, clock, sends1, outstanding1, beyond_rec1, partial1, lost1, syn_lost1, mss_x3_1);
        dff_setup!(self, clock, slow_start1, base1, step1, full_ack1, bytes1, rest1, cwnd_full1, halved1);
        dff_setup!(self, clock, rto_over1, last_acked1, syn_over1, data_over1);
        self.out.valid.next = self.valid.q.val();
        self.out.ev.next = self.ev.q.val();
        self.out.tcb.next = self.tcb.q.val();
        self.out.work.next = self.work.q.val();
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
        self.syn_over1.d.next = self.cfg.val().syn_retries <= self.inp.tcb.val().retries;
        self.data_over.next = self.cfg.val().data_retries <= self.inp.tcb.val().retries;
        self.data_over1.d.next = self.data_over.val();
        self.d_rec.next = self.inp.work.val().d_rec;
        self.beyond_rec1.d.next = !self.d_rec.val().get_bit(31) & (self.d_rec.val() != 0);
        self.partial.next =
            self.inp.work.val().ack_new & self.inp.tcb.val().recovery & self.d_rec.val().get_bit(31);
        self.partial1.d.next = self.partial.val();
        // A closed window is probed, which is no loss.
        self.lost.next = self.inp.work.val().expired
            & self.sends.val()
            & self.outstanding.val()
            & !self.data_over.val()
            & (self.inp.tcb.val().snd_wnd != 0);
        self.lost1.d.next = self.lost.val();
        self.syn_lost.next = self.inp.work.val().opened & (self.inp.tcb.val().retries != 0);
        self.syn_lost1.d.next = self.syn_lost.val();

        self.mss.next = bit_cast::<32, 16>(self.inp.tcb.val().mss);
        self.mss_x2.next = self.mss.val() << 1;
        self.mss_x3_1.d.next = self.mss.val() + self.mss_x2.val();
        // cwnd is `base` + `step`. Growth (RFC 5681, 3.1): min(acked, SMSS) an ACK in slow start, otherwise SMSS now and
        // then. A partial ACK deflates it by what it acknowledges and adds SMSS if that was as much (RFC 6582, 3.2).
        self.acked.next = self.inp.work.val().acked;
        self.acked_mss.next = self.mss.val() <= self.acked.val();
        self.slow_start.next = self.inp.tcb.val().cwnd < self.inp.tcb.val().ssthresh;
        self.slow_start1.d.next = self.slow_start.val();
        self.step1.d.next = self.inp.tcb.val().mss;
        if self.inp.work.val().ack_new & !self.acked_mss.val() {
            if self.partial.val() {
                self.step1.d.next = 0.into();
            } else if self.slow_start.val() {
                self.step1.d.next = self.acked.val().get_bits::<16>(0);
            }
        }
        self.rest.next =
            bit_cast::<33, 32>(self.inp.tcb.val().cwnd) - bit_cast::<33, 32>(self.inp.work.val().acked);
        self.deflated.next = self.rest.val().get_bits::<32>(0);
        self.base1.d.next = self.inp.tcb.val().cwnd;
        if self.partial.val() {
            self.base1.d.next = self.deflated.val();
        }
        if self.lost.val()
            | self.syn_lost.val() // RFC 5681, 3.1
            | (self.partial.val() & (self.rest.val().get_bit(32) | (self.deflated.val() < self.mss.val())))
        {
            self.base1.d.next = self.mss.val();
        }
        self.bytes.next = self.inp.tcb.val().bytes_acked + self.inp.work.val().acked;
        self.bytes1.d.next = self.bytes.val();
        self.left.next = bit_cast::<33, 32>(self.bytes.val()) - bit_cast::<33, 32>(self.inp.tcb.val().cwnd);
        self.rest1.d.next = self.left.val().get_bits::<32>(0);
        self.cwnd_full1.d.next = !self.left.val().get_bit(32);
        // What is in flight after a full ACK is SND.MAX - SEG.ACK.
        self.flight_least.next = self.inp.work.val().d_max;
        if self.inp.work.val().d_max < self.mss.val() {
            self.flight_least.next = self.mss.val();
        }
        self.full_ack1.d.next = self.mss.val() + self.flight_least.val();
        // A retransmission that is lost is a second reduction: RFC 5681, 4.3.
        self.again.next =
            self.inp.tcb.val().recovery & (self.inp.tcb.val().ssthresh < self.inp.work.val().flight);
        self.half.next = self.inp.work.val().flight >> 1;
        self.half_again.next = self.inp.tcb.val().ssthresh >> 1;
        self.halved1.d.next = self.half.val();
        self.little.next = self.half.val() < self.mss_x2.val();
        if self.again.val() {
            self.halved1.d.next = self.half_again.val();
            self.little.next = self.half_again.val() < self.mss_x2.val();
        }
        if self.little.val() {
            self.halved1.d.next = self.mss_x2.val();
        }
        self.last_acked1.d.next = self.inp.ev.val().ack - 1;
        // Back-off (RFC 6298, 5.5).
        self.rto_x2.next = bit_cast::<33, 32>(self.inp.tcb.val().rto) << 1;
        self.rto_over1.d.next = bit_cast::<33, 32>(self.cfg.val().rto_max) < self.rto_x2.val();

        // Cycle 2.
        self.valid.d.next = self.valid1.q.val();
        self.ev.d.next = self.ev1.q.val();
        self.tcb.d.next = self.tcb1.q.val();
        self.work.d.next = self.work1.q.val();
        self.fast_retransmit.d.next = false;
        self.timeout.d.next = false;
        self.handshake.next = (self.tcb1.q.val().state == TcpState::SynSent)
            | (self.tcb1.q.val().state == TcpState::SynReceived);
        self.full_ack.next = self.work1.q.val().ack_new & self.tcb1.q.val().recovery & !self.partial1.q.val();
        self.enters.next = self.work1.q.val().ack_dup
            & !self.tcb1.q.val().recovery
            & (self.tcb1.q.val().dup_acks == 2)
            & self.beyond_rec1.q.val();
        self.grows.next = self.partial1.q.val()
            | (self.work1.q.val().ack_dup & self.tcb1.q.val().recovery)
            | (self.work1.q.val().ack_new
                & !self.tcb1.q.val().recovery
                & (self.slow_start1.q.val() | self.cwnd_full1.q.val()));
        self.step.next = 0.into();
        if self.grows.val() {
            self.step.next = self.step1.q.val();
        }
        self.grown.next = self.base1.q.val() + bit_cast::<32, 16>(self.step.val());
        self.grown_top.next = self.grown.val().get_bits::<2>(30);
        self.tcb.d.next.cwnd = self.grown.val();
        if self.enters.val() {
            self.tcb.d.next.cwnd = self.halved1.q.val() + self.mss_x3_1.q.val();
        }
        if self.full_ack.val() {
            self.tcb.d.next.cwnd = self.full_ack1.q.val();
            if self.tcb1.q.val().ssthresh < self.full_ack1.q.val() {
                self.tcb.d.next.cwnd = self.tcb1.q.val().ssthresh;
            }
        }
        if self.grown_top.val().any() & !self.enters.val() & !self.full_ack.val() {
            self.tcb.d.next.cwnd = 0x4000_0000.into();
        }
        self.back_off.next = false;

        if self.work1.q.val().opened {
            self.tcb.d.next.retries = 0.into();
            if self.syn_lost1.q.val() {
                self.tcb.d.next.rto = 3_000_000.into(); // RFC 6298, 5.7
            }
        }
        if self.work1.q.val().ack_new {
            self.tcb.d.next.dup_acks = 0.into();
            self.tcb.d.next.retries = 0.into();
            if self.tcb1.q.val().recovery {
                self.tcb.d.next.recovery = self.partial1.q.val();
                self.work.d.next.retransmit = self.partial1.q.val();
            } else {
                if self.beyond_rec1.q.val() {
                    self.tcb.d.next.recover = self.last_acked1.q.val();
                }
                if !self.slow_start1.q.val() {
                    self.tcb.d.next.bytes_acked = self.bytes1.q.val();
                    if self.cwnd_full1.q.val() {
                        self.tcb.d.next.bytes_acked = self.rest1.q.val();
                    }
                }
            }
        }
        if self.work1.q.val().ack_dup & !self.tcb1.q.val().recovery & !self.tcb1.q.val().dup_acks.all() {
            self.tcb.d.next.dup_acks = self.tcb1.q.val().dup_acks + 1;
        }
        if self.enters.val() {
            self.tcb.d.next.recovery = true;
            self.work.d.next.retransmit = true;
            self.fast_retransmit.d.next = self.valid1.q.val();
        }
        if self.work1.q.val().expired {
            if self.handshake.val() {
                self.timeout.d.next = self.valid1.q.val();
                if self.syn_over1.q.val() {
                    self.work.d.next.delete = true;
                    self.work.d.next.notify = true;
                    self.tcb.d.next.reason = Reason::TimedOut;
                } else {
                    self.work.d.next.syn_now = true;
                    self.back_off.next = true;
                }
            }
            if (self.tcb1.q.val().state == TcpState::TimeWait)
                | ((self.tcb1.q.val().state == TcpState::FinWait2) & self.tcb1.q.val().released)
            {
                self.work.d.next.delete = true;
            }
            if self.sends1.q.val() {
                self.timeout.d.next = self.valid1.q.val() & self.outstanding1.q.val();
                if self.outstanding1.q.val() & self.data_over1.q.val() {
                    self.work.d.next.delete = true;
                    self.work.d.next.notify = true;
                    self.tcb.d.next.reason = Reason::TimedOut;
                } else {
                    self.back_off.next = true;
                    self.tcb.d.next.snd_nxt = self.tcb1.q.val().snd_una;
                    if self.tcb1.q.val().snd_wnd == 0 {
                        self.work.d.next.probe = true; // not a loss
                    } else {
                        self.work.d.next.retransmit = true;
                    }
                }
            }
        }
        if self.lost1.q.val() {
            self.tcb.d.next.recovery = false;
            self.tcb.d.next.dup_acks = 0.into();
        }
        if self.enters.val() | self.lost1.q.val() {
            self.tcb.d.next.recover = self.tcb1.q.val().snd_max;
            if self.enters.val() | (self.tcb1.q.val().retries == 0) {
                self.tcb.d.next.ssthresh = self.halved1.q.val();
            }
            self.tcb.d.next.bytes_acked = 0.into();
        }
        if self.back_off.val() {
            self.tcb.d.next.rto = self.tcb1.q.val().rto << 1;
            if self.rto_over1.q.val() {
                self.tcb.d.next.rto = self.cfg.val().rto_max;
            }
            self.tcb.d.next.rtt_busy = false;
            if !self.tcb1.q.val().retries.all() {
                self.tcb.d.next.retries = self.tcb1.q.val().retries + 1;
            }
        }
        if (self.ev1.q.val().kind == EventKind::Unreachable) & self.ev1.q.val().hit & self.handshake.val() {
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
