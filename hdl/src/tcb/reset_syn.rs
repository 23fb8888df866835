// SPDX-License-Identifier: MIT OR Apache-2.0
//! RFC 9293, 3.10.7.1 to 3.10.7.3, and the second to fourth steps of 3.10.7.4: RST, SYN, and the birth of a TCB.

use super::{Pass, PassOut};
use crate::types::{Event, EventKind, Op, Reason, Tcb, TcpState, Work};
use rust_hdl::prelude::*;

/// No flow, a new flow, SYN-SENT, RST and SYN (1 cycle).
#[derive(LogicBlock, Default)]
pub struct ResetSyn {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time: a constant.
    pub single: Signal<In, Bit>,
    /// From `acceptability`.
    pub inp: Pass,
    /// To `ack`.
    pub out: PassOut,
    /// Pulse: a challenge ACK is owed (RFC 5961).
    pub stat_challenge_ack: Signal<Out, Bit>,
    /// Pulse: an RST ends the connection.
    pub stat_rst_in: Signal<Out, Bit>,
    valid: DFF<Bit>,
    ev: DFF<Event>,
    tcb: DFF<Tcb>,
    work: DFF<Work>,
    challenge: DFF<Bit>,
    rst_in: DFF<Bit>,
    flags: Signal<Local, Bits<8>>,
    syn: Signal<Local, Bit>,
    rst: Signal<Local, Bit>,
    ack: Signal<Local, Bit>,
    segment: Signal<Local, Bit>,
    open: Signal<Local, Bit>,
    no_flow: Signal<Local, Bit>,
    begins: Signal<Local, Bit>,
    syn_sent: Signal<Local, Bit>,
    syn_acked: Signal<Local, Bit>,
    takes_syn: Signal<Local, Bit>,
    d_seq: Signal<Local, Bits<32>>,
    d_una: Signal<Local, Bits<32>>,
    d_max: Signal<Local, Bits<32>>,
    ack_good: Signal<Local, Bit>,
}

impl Logic for ResetSyn {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, ev, tcb, work, challenge, rst_in);
        self.out.valid.next = self.valid.q.val();
        self.out.ev.next = self.ev.q.val();
        self.out.tcb.next = self.tcb.q.val();
        self.out.work.next = self.work.q.val();
        // One event at a time: what this stage leaves as it is stays in the registers before it.
        if self.single.val() {
            self.out.ev.next = self.inp.ev.val();
            self.out.tcb.next = self.inp.tcb.val();
            self.out.tcb.next.state = self.tcb.q.val().state;
            self.out.tcb.next.reason = self.tcb.q.val().reason;
            self.out.tcb.next.generation = self.tcb.q.val().generation;
            self.out.tcb.next.active = self.tcb.q.val().active;
            self.out.tcb.next.owned = self.tcb.q.val().owned;
            self.out.tcb.next.released = self.tcb.q.val().released;
            self.out.tcb.next.fin_queued = self.tcb.q.val().fin_queued;
            self.out.tcb.next.fin_received = self.tcb.q.val().fin_received;
            self.out.tcb.next.nodelay = self.tcb.q.val().nodelay;
            self.out.tcb.next.raddr = self.tcb.q.val().raddr;
            self.out.tcb.next.rport = self.tcb.q.val().rport;
            self.out.tcb.next.lport = self.tcb.q.val().lport;
            self.out.tcb.next.iss = self.tcb.q.val().iss;
            self.out.tcb.next.irs = self.tcb.q.val().irs;
            self.out.tcb.next.mss = self.tcb.q.val().mss;
            self.out.tcb.next.ssthresh = self.tcb.q.val().ssthresh;
            self.out.tcb.next.bytes_acked = self.tcb.q.val().bytes_acked;
            self.out.tcb.next.dup_acks = self.tcb.q.val().dup_acks;
            self.out.tcb.next.recovery = self.tcb.q.val().recovery;
            self.out.tcb.next.srtt = self.tcb.q.val().srtt;
            self.out.tcb.next.rttvar = self.tcb.q.val().rttvar;
            self.out.tcb.next.rtt_busy = self.tcb.q.val().rtt_busy;
            self.out.tcb.next.rtt_seq = self.tcb.q.val().rtt_seq;
            self.out.tcb.next.rtt_time = self.tcb.q.val().rtt_time;
            self.out.tcb.next.retries = self.tcb.q.val().retries;
            self.out.tcb.next.timer_on = self.tcb.q.val().timer_on;
            self.out.tcb.next.retransmits = self.tcb.q.val().retransmits;
            self.out.work.next = self.inp.work.val();
            self.out.work.next.begins = self.work.q.val().begins;
            self.out.work.next.takes_syn = self.work.q.val().takes_syn;
            self.out.work.next.drop = self.work.q.val().drop;
            self.out.work.next.opened = self.work.q.val().opened;
            self.out.work.next.ack_now = self.work.q.val().ack_now;
            self.out.work.next.syn_now = self.work.q.val().syn_now;
            self.out.work.next.rst_now = self.work.q.val().rst_now;
            self.out.work.next.rst_ack = self.work.q.val().rst_ack;
            self.out.work.next.delete = self.work.q.val().delete;
            self.out.work.next.notify = self.work.q.val().notify;
        }
        self.stat_challenge_ack.next = self.challenge.q.val();
        self.stat_rst_in.next = self.rst_in.q.val();
        self.valid.d.next = self.inp.valid.val();
        self.ev.d.next = self.inp.ev.val();
        self.tcb.d.next = self.inp.tcb.val();
        self.work.d.next = self.inp.work.val();
        self.challenge.d.next = false;
        self.rst_in.d.next = false;

        self.flags.next = self.inp.ev.val().flags;
        self.syn.next = self.flags.val().get_bit(1);
        self.rst.next = self.flags.val().get_bit(2);
        self.ack.next = self.flags.val().get_bit(4);
        self.segment.next = self.inp.ev.val().kind == EventKind::Segment;
        self.open.next = (self.inp.ev.val().kind == EventKind::Command) & (self.inp.ev.val().op == Op::Open);
        self.no_flow.next = !self.inp.ev.val().hit
            | ((self.inp.tcb.val().state == TcpState::Closed) & !self.inp.ev.val().new);
        self.d_seq.next = self.inp.work.val().d_seq;
        self.d_una.next = self.inp.work.val().d_una;
        self.d_max.next = self.inp.work.val().d_max;
        // SND.UNA < SEG.ACK =< SND.NXT
        self.ack_good.next = self.ack.val()
            & !self.d_una.val().get_bit(31)
            & (self.d_una.val() != 0)
            & !self.d_max.val().get_bit(31);

        self.begins.next =
            self.inp.ev.val().hit & self.inp.ev.val().new & (self.segment.val() | self.open.val());
        self.syn_sent.next = self.segment.val()
            & !self.no_flow.val()
            & !self.begins.val()
            & (self.inp.tcb.val().state == TcpState::SynSent);
        self.syn_acked.next = self.syn_sent.val() & self.syn.val() & !self.rst.val() & self.ack_good.val();
        // LISTEN, and a SYN in SYN-SENT that may count.
        self.takes_syn.next = (self.begins.val() & self.segment.val())
            | self.syn_acked.val()
            | (self.syn_sent.val() & self.syn.val() & !self.rst.val() & !self.ack.val());
        self.work.d.next.begins = self.begins.val();
        self.work.d.next.takes_syn = self.takes_syn.val();
        if self.takes_syn.val() {
            self.tcb.d.next.irs = self.inp.ev.val().seq;
        }
        if self.takes_syn.val() | self.begins.val() {
            self.tcb.d.next.mss = self.inp.work.val().mss;
        }
        if self.segment.val() & self.no_flow.val() {
            // 3.10.7.1 CLOSED, and the part of 3.10.7.2 LISTEN that makes no connection.
            self.work.d.next.drop = true;
            if !self.rst.val() {
                if self.ack.val() {
                    self.work.d.next.rst_now = true;
                } else if (self.inp.ev.val().hit & !self.syn.val())
                    | (!self.inp.ev.val().hit & !self.inp.ev.val().listen)
                {
                    self.work.d.next.rst_now = true;
                    self.work.d.next.rst_ack = true;
                }
            }
        } else if self.begins.val() {
            self.work.d.next.drop = self.segment.val();
            self.work.d.next.syn_now = true;
        } else if self.syn_sent.val() {
            // 3.10.7.3
            self.work.d.next.drop = true;
            if self.ack.val() & !self.ack_good.val() {
                self.work.d.next.rst_now = !self.rst.val();
            } else if self.rst.val() {
                if self.ack.val() {
                    self.work.d.next.delete = true;
                    self.work.d.next.notify = true;
                    self.tcb.d.next.reason = Reason::Refused;
                    self.rst_in.d.next = self.inp.valid.val();
                }
            } else if self.syn.val() {
                if self.ack.val() {
                    self.tcb.d.next.state = TcpState::Established;
                    self.work.d.next.opened = true;
                    self.work.d.next.ack_now = true;
                    self.work.d.next.notify = true;
                } else {
                    self.tcb.d.next.state = TcpState::SynReceived;
                    self.work.d.next.syn_now = true;
                }
            }
        } else if self.segment.val() & !self.inp.work.val().drop {
            // 3.10.7.4, second to fifth.
            if self.rst.val() {
                self.work.d.next.drop = true;
                if self.d_seq.val() == 0 {
                    self.work.d.next.delete = true;
                    self.work.d.next.notify = true;
                    self.rst_in.d.next = self.inp.valid.val();
                    self.tcb.d.next.reason = Reason::Normal;
                    if (self.inp.tcb.val().state == TcpState::SynReceived) & self.inp.tcb.val().active {
                        self.tcb.d.next.reason = Reason::Refused;
                    }
                    if (self.inp.tcb.val().state == TcpState::Established)
                        | (self.inp.tcb.val().state == TcpState::FinWait1)
                        | (self.inp.tcb.val().state == TcpState::FinWait2)
                        | (self.inp.tcb.val().state == TcpState::CloseWait)
                    {
                        self.tcb.d.next.reason = Reason::Reset;
                    }
                } else if self.d_seq.val() < self.inp.work.val().d_wnd {
                    self.work.d.next.ack_now = true; // RFC 5961, 3.2
                    self.challenge.d.next = self.inp.valid.val();
                }
            } else if self.syn.val() {
                self.work.d.next.drop = true;
                if (self.inp.tcb.val().state == TcpState::SynReceived)
                    & self.d_seq.val().all()
                    & !self.ack.val()
                {
                    // Our SYN-ACK was lost: RFC 5681, 3.1 asks for an initial window of one segment.
                    self.work.d.next.syn_now = true;
                    if self.inp.tcb.val().retries == 0 {
                        self.tcb.d.next.retries = 1.into();
                    }
                } else {
                    self.work.d.next.ack_now = true; // RFC 5961, 4.2
                    self.challenge.d.next = self.inp.valid.val();
                }
            } else if !self.ack.val() {
                self.work.d.next.drop = true;
            }
        }

        // A segment without a flow lends its tuple to the RST: there is no TCB to write back.
        if self.begins.val() | (self.segment.val() & !self.inp.ev.val().hit) {
            self.tcb.d.next.raddr = self.inp.ev.val().raddr;
            self.tcb.d.next.rport = self.inp.ev.val().rport;
            self.tcb.d.next.lport = self.inp.ev.val().lport;
        }
        // A connection begins: what is not told here is 0 (constants last: they are the registers' reset), and what a later
        // stage changes too begins there, so that each number has one choice: the notes `begins` and `takes_syn` tell it.
        if self.begins.val() {
            self.tcb.d.next.generation = self.inp.tcb.val().generation + 1;
            self.tcb.d.next.iss = self.inp.ev.val().isn;
            self.tcb.d.next.state = TcpState::SynReceived; // 3.10.7.2 LISTEN, third
            if self.open.val() {
                self.tcb.d.next.state = TcpState::SynSent; // 3.10.1 OPEN
            }
            self.tcb.d.next.active = self.open.val();
            self.tcb.d.next.owned = self.open.val();
            self.tcb.d.next.nodelay = self.open.val() & self.flags.val().get_bit(0);
            self.tcb.d.next.reason = Reason::Normal;
            self.tcb.d.next.released = false;
            self.tcb.d.next.fin_queued = false;
            self.tcb.d.next.fin_received = false;
            self.tcb.d.next.ssthresh = 0x4000_0000.into();
            self.tcb.d.next.bytes_acked = 0.into();
            self.tcb.d.next.dup_acks = 0.into();
            self.tcb.d.next.recovery = false;
            self.tcb.d.next.srtt = 0.into();
            self.tcb.d.next.rttvar = 0.into();
            self.tcb.d.next.rtt_busy = false;
            self.tcb.d.next.rtt_seq = 0.into();
            self.tcb.d.next.rtt_time = 0.into();
            self.tcb.d.next.retries = 0.into();
            self.tcb.d.next.timer_on = false;
            self.tcb.d.next.retransmits = 0.into();
        }
        if self.begins.val() & self.open.val() {
            self.tcb.d.next.irs = 0.into();
        }
        if self.reset.val() {
            self.valid.d.next = false;
            self.challenge.d.next = false;
            self.rst_in.d.next = false;
        }
    }
}
