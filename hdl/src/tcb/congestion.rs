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
    mss: Signal<Local, Bits<32>>,
    mss_x2: Signal<Local, Bits<32>>,
    half: Signal<Local, Bits<32>>,
    rto_x2: Signal<Local, Bits<33>>,
    slow_start: Signal<Local, Bit>,
    flight_after: Signal<Local, Bits<32>>,
    mss1: DFF<Bits<32>>,
    mss_x2_1: DFF<Bits<32>>,
    mss_x3_1: DFF<Bits<32>>,
    slow_start1: DFF<Bit>,
    step1: DFF<Bits<32>>,
    deflated1: DFF<Bits<32>>,
    emptied1: DFF<Bit>,
    full_ack1: DFF<Bits<32>>,
    acked_mss1: DFF<Bit>,
    bytes1: DFF<Bits<32>>,
    halved1: DFF<Bits<32>>,
    half_again: Signal<Local, Bits<32>>,
    halved_again1: DFF<Bits<32>>,
    again1: DFF<Bit>,
    backed_off1: DFF<Bits<32>>,
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
    d_rec: Signal<Local, Bits<32>>,
    beyond_rec: Signal<Local, Bit>,
    grown: Signal<Local, Bits<32>>,
    grown_top: Signal<Local, Bits<2>>,
    capped: Signal<Local, Bits<32>>,
    kept: Signal<Local, Bits<32>>,
    emptied: Signal<Local, Bit>,
    outstanding: Signal<Local, Bit>,
    handshake: Signal<Local, Bit>,
    sends: Signal<Local, Bit>,
    back_off: Signal<Local, Bit>,
}

impl Logic for Congestion {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid1, ev1, tcb1, work1, valid, ev, tcb, work, fast_retransmit, timeout);
        dff_setup!(self, clock, mss1, mss_x2_1, mss_x3_1, slow_start1, step1, deflated1, emptied1);
        dff_setup!(self, clock, full_ack1, acked_mss1, bytes1, halved1, backed_off1, last_acked1);
        dff_setup!(self, clock, syn_over1, data_over1, halved_again1, again1);
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
        self.mss.next = bit_cast::<32, 16>(self.inp.tcb.val().mss);
        self.mss_x2.next = self.mss.val() << 1;
        self.mss1.d.next = self.mss.val();
        self.mss_x2_1.d.next = self.mss_x2.val();
        self.mss_x3_1.d.next = self.mss.val() + self.mss_x2.val();
        // Growth (RFC 5681, 3.1): min(acked, SMSS) an ACK in slow start, otherwise SMSS now and then.
        self.slow_start.next = self.inp.tcb.val().cwnd < self.inp.tcb.val().ssthresh;
        self.slow_start1.d.next = self.slow_start.val();
        self.acked_mss1.d.next = self.mss.val() <= self.inp.work.val().acked;
        self.step1.d.next = self.mss.val();
        if self.slow_start.val()
            & self.inp.work.val().ack_new
            & !self.inp.tcb.val().recovery
            & (self.inp.work.val().acked < self.mss.val())
        {
            self.step1.d.next = self.inp.work.val().acked;
        }
        self.bytes1.d.next = self.inp.tcb.val().bytes_acked + self.inp.work.val().acked;
        // Recovery (RFC 6582, 3.2). What is in flight after this ACK is SND.MAX - SEG.ACK.
        self.flight_after.next = self.inp.work.val().d_max;
        self.full_ack1.d.next = self.flight_after.val() + self.mss.val();
        if self.flight_after.val() < self.mss.val() {
            self.full_ack1.d.next = self.mss_x2.val();
        }
        self.deflated1.d.next = self.inp.tcb.val().cwnd - self.inp.work.val().acked;
        self.emptied1.d.next = self.inp.tcb.val().cwnd < self.inp.work.val().acked;
        self.half.next = self.inp.work.val().flight >> 1;
        self.halved1.d.next = self.half.val();
        if self.half.val() < self.mss_x2.val() {
            self.halved1.d.next = self.mss_x2.val();
        }
        // A retransmission is lost: RFC 5681, 4.3 wants a second reduction.
        self.half_again.next = self.inp.tcb.val().ssthresh >> 1;
        self.halved_again1.d.next = self.half_again.val();
        if self.half_again.val() < self.mss_x2.val() {
            self.halved_again1.d.next = self.mss_x2.val();
        }
        self.again1.d.next =
            self.inp.tcb.val().recovery & (self.inp.tcb.val().ssthresh < self.inp.work.val().flight);
        self.last_acked1.d.next = self.inp.ev.val().ack - 1;
        // Back-off (RFC 6298, 5.5).
        self.rto_x2.next = bit_cast::<33, 32>(self.inp.tcb.val().rto) << 1;
        self.backed_off1.d.next = self.rto_x2.val().get_bits::<32>(0);
        if bit_cast::<33, 32>(self.cfg.val().rto_max) < self.rto_x2.val() {
            self.backed_off1.d.next = self.cfg.val().rto_max;
        }
        self.syn_over1.d.next = self.cfg.val().syn_retries <= self.inp.tcb.val().retries;
        self.data_over1.d.next = self.cfg.val().data_retries <= self.inp.tcb.val().retries;

        // Cycle 2.
        self.valid.d.next = self.valid1.q.val();
        self.ev.d.next = self.ev1.q.val();
        self.tcb.d.next = self.tcb1.q.val();
        self.work.d.next = self.work1.q.val();
        self.fast_retransmit.d.next = false;
        self.timeout.d.next = false;
        self.d_rec.next = self.work1.q.val().d_rec;
        self.beyond_rec.next = !self.d_rec.val().get_bit(31) & (self.d_rec.val() != 0);
        self.grown.next = self.tcb1.q.val().cwnd + self.step1.q.val();
        self.grown_top.next = self.grown.val().get_bits::<2>(30);
        self.capped.next = self.grown.val();
        if self.grown_top.val().any() {
            self.capped.next = 0x4000_0000.into();
        }
        self.emptied.next = self.emptied1.q.val() | (self.deflated1.q.val() < self.mss1.q.val());
        self.kept.next = self.deflated1.q.val();
        if self.acked_mss1.q.val() {
            self.kept.next = self.deflated1.q.val() + self.mss1.q.val();
        }
        if self.emptied.val() {
            self.kept.next = self.mss1.q.val();
            if self.acked_mss1.q.val() {
                self.kept.next = self.mss_x2_1.q.val();
            }
        }
        self.outstanding.next = self.work1.q.val().flight != 0;
        self.handshake.next = (self.tcb1.q.val().state == TcpState::SynSent)
            | (self.tcb1.q.val().state == TcpState::SynReceived);
        self.sends.next = (self.tcb1.q.val().state == TcpState::Established)
            | (self.tcb1.q.val().state == TcpState::CloseWait)
            | (self.tcb1.q.val().state == TcpState::FinWait1)
            | (self.tcb1.q.val().state == TcpState::Closing)
            | (self.tcb1.q.val().state == TcpState::LastAck);
        self.back_off.next = false;

        if self.work1.q.val().opened {
            self.tcb.d.next.retries = 0.into();
            if self.tcb1.q.val().retries != 0 {
                self.tcb.d.next.cwnd = self.mss1.q.val(); // RFC 5681, 3.1: the SYN was lost
                self.tcb.d.next.rto = 3_000_000.into(); // RFC 6298, 5.7
            }
        }
        if self.work1.q.val().ack_new {
            self.tcb.d.next.dup_acks = 0.into();
            self.tcb.d.next.retries = 0.into();
            if self.tcb1.q.val().recovery {
                if !self.d_rec.val().get_bit(31) {
                    self.tcb.d.next.recovery = false;
                    self.tcb.d.next.cwnd = self.full_ack1.q.val();
                    if self.tcb1.q.val().ssthresh < self.full_ack1.q.val() {
                        self.tcb.d.next.cwnd = self.tcb1.q.val().ssthresh;
                    }
                } else {
                    self.work.d.next.retransmit = true;
                    self.tcb.d.next.cwnd = self.kept.val();
                }
            } else {
                if self.beyond_rec.val() {
                    self.tcb.d.next.recover = self.last_acked1.q.val();
                }
                if self.slow_start1.q.val() {
                    self.tcb.d.next.cwnd = self.capped.val();
                } else {
                    self.tcb.d.next.bytes_acked = self.bytes1.q.val();
                    if self.tcb1.q.val().cwnd <= self.bytes1.q.val() {
                        self.tcb.d.next.bytes_acked = self.bytes1.q.val() - self.tcb1.q.val().cwnd;
                        self.tcb.d.next.cwnd = self.capped.val();
                    }
                }
            }
        }
        if self.work1.q.val().ack_dup {
            if self.tcb1.q.val().recovery {
                self.tcb.d.next.cwnd = self.capped.val();
            } else if !self.tcb1.q.val().dup_acks.all() {
                self.tcb.d.next.dup_acks = self.tcb1.q.val().dup_acks + 1;
                if (self.tcb1.q.val().dup_acks == 2) & self.beyond_rec.val() {
                    self.tcb.d.next.recovery = true;
                    self.tcb.d.next.recover = self.tcb1.q.val().snd_max;
                    self.tcb.d.next.ssthresh = self.halved1.q.val();
                    self.tcb.d.next.cwnd = self.halved1.q.val() + self.mss_x3_1.q.val();
                    self.tcb.d.next.bytes_acked = 0.into();
                    self.work.d.next.retransmit = true;
                    self.fast_retransmit.d.next = self.valid1.q.val();
                }
            }
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
            if self.sends.val() {
                self.timeout.d.next = self.valid1.q.val() & self.outstanding.val();
                if self.outstanding.val() & self.data_over1.q.val() {
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
                        if self.outstanding.val() {
                            if self.tcb1.q.val().retries == 0 {
                                self.tcb.d.next.ssthresh = self.halved1.q.val();
                                if self.again1.q.val() {
                                    self.tcb.d.next.ssthresh = self.halved_again1.q.val();
                                }
                            }
                            self.tcb.d.next.cwnd = self.mss1.q.val();
                            self.tcb.d.next.recovery = false;
                            self.tcb.d.next.recover = self.tcb1.q.val().snd_max;
                            self.tcb.d.next.dup_acks = 0.into();
                            self.tcb.d.next.bytes_acked = 0.into();
                        }
                    }
                }
            }
        }
        if self.back_off.val() {
            self.tcb.d.next.rto = self.backed_off1.q.val();
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
