// SPDX-License-Identifier: MIT OR Apache-2.0
//! RFC 9293, 3.10.7.4, eighth (the FIN bit), our own FIN's acknowledgement, and the host's calls (3.10.4, 3.10.5).

use super::{Pass, PassOut};
use crate::types::{Event, EventKind, Op, Reason, Tcb, TcpState, Work};
use rust_hdl::prelude::*;

/// The FIN, the states after it, doorbells and commands (1 cycle).
#[derive(LogicBlock, Default)]
pub struct FinState {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time: a constant.
    pub single: Signal<In, Bit>,
    /// Bytes of a transmit ring.
    pub ring: Signal<In, Bits<32>>,
    /// From `text`.
    pub inp: Pass,
    /// To `output`.
    pub out: PassOut,
    valid: DFF<Bit>,
    ev: DFF<Event>,
    tcb: DFF<Tcb>,
    work: DFF<Work>,
    flags: Signal<Local, Bits<8>>,
    isn: Signal<Local, Bits<32>>,
    isn_next: Signal<Local, Bits<32>>,
    segment: Signal<Local, Bit>,
    doorbell: Signal<Local, Bit>,
    command: Signal<Local, Bit>,
    synsent: Signal<Local, Bit>,
    synreceived: Signal<Local, Bit>,
    established: Signal<Local, Bit>,
    finwait1: Signal<Local, Bit>,
    finwait2: Signal<Local, Bit>,
    closewait: Signal<Local, Bit>,
    takes_fin: Signal<Local, Bit>,
    d_fin: Signal<Local, Bits<32>>,
    d_user: Signal<Local, Bits<32>>,
    d_seq: Signal<Local, Bits<32>>,
    past: Signal<Local, Bit>,
    fin: Signal<Local, Bits<32>>,
    unread: Signal<Local, Bit>,
    entitled: Signal<Local, Bit>,
    close_now: Signal<Local, Bit>,
    abort_now: Signal<Local, Bit>,
}

impl Logic for FinState {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, ev, tcb, work);
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
            self.out.tcb.next.owned = self.tcb.q.val().owned;
            self.out.tcb.next.released = self.tcb.q.val().released;
            self.out.tcb.next.fin_queued = self.tcb.q.val().fin_queued;
            self.out.tcb.next.fin_received = self.tcb.q.val().fin_received;
            self.out.tcb.next.snd_end = self.tcb.q.val().snd_end;
            self.out.tcb.next.rcv_nxt = self.tcb.q.val().rcv_nxt;
            self.out.tcb.next.rcv_user = self.tcb.q.val().rcv_user;
            self.out.work.next = self.inp.work.val();
            self.out.work.next.ack_now = self.work.q.val().ack_now;
            self.out.work.next.rst_now = self.work.q.val().rst_now;
            self.out.work.next.rst_own = self.work.q.val().rst_own;
            self.out.work.next.time_wait = self.work.q.val().time_wait;
            self.out.work.next.delete = self.work.q.val().delete;
            self.out.work.next.notify = self.work.q.val().notify;
            self.out.work.next.bad = self.work.q.val().bad;
        }
        self.valid.d.next = self.inp.valid.val();
        self.ev.d.next = self.inp.ev.val();
        self.tcb.d.next = self.inp.tcb.val();
        self.work.d.next = self.inp.work.val();

        self.flags.next = self.inp.ev.val().flags;
        self.isn.next = self.inp.ev.val().isn;
        self.segment.next = (self.inp.ev.val().kind == EventKind::Segment)
            & !self.inp.work.val().drop
            & !self.inp.work.val().delete;
        self.doorbell.next = self.inp.ev.val().kind == EventKind::Doorbell;
        self.command.next = self.inp.ev.val().kind == EventKind::Command;
        self.synsent.next = self.inp.tcb.val().state == TcpState::SynSent;
        self.synreceived.next = self.inp.tcb.val().state == TcpState::SynReceived;
        self.established.next = self.inp.tcb.val().state == TcpState::Established;
        self.finwait1.next = self.inp.tcb.val().state == TcpState::FinWait1;
        self.finwait2.next = self.inp.tcb.val().state == TcpState::FinWait2;
        self.closewait.next = self.inp.tcb.val().state == TcpState::CloseWait;

        // The peer's FIN, and the acknowledgement of ours.
        self.takes_fin.next = self.segment.val()
            & self.inp.work.val().fin_ok
            & (self.established.val() | self.finwait1.val() | self.finwait2.val());
        self.fin.next = 0.into();
        if self.takes_fin.val() {
            self.fin.next = 1.into();
            self.tcb.d.next.fin_received = true;
            self.work.d.next.ack_now = true;
            self.work.d.next.notify = true;
            self.tcb.d.next.state = TcpState::TimeWait;
            self.work.d.next.time_wait = true;
            if self.established.val() {
                self.tcb.d.next.state = TcpState::CloseWait;
                self.work.d.next.time_wait = self.inp.work.val().time_wait;
            }
            if self.finwait1.val() & !self.inp.work.val().fin_acked {
                self.tcb.d.next.state = TcpState::Closing;
                self.work.d.next.time_wait = self.inp.work.val().time_wait;
            }
        } else if self.segment.val() & self.inp.work.val().fin_acked {
            if self.finwait1.val() {
                self.tcb.d.next.state = TcpState::FinWait2;
                self.work.d.next.notify = true;
            }
            if self.inp.tcb.val().state == TcpState::Closing {
                self.tcb.d.next.state = TcpState::TimeWait;
                self.work.d.next.time_wait = true;
                self.work.d.next.notify = true;
            }
            if self.inp.tcb.val().state == TcpState::LastAck {
                self.work.d.next.delete = true;
                self.work.d.next.notify = true;
                self.tcb.d.next.reason = Reason::Normal;
            }
        }

        self.tcb.d.next.rcv_nxt = self.inp.tcb.val().rcv_nxt + self.fin.val();

        // Where the host's pointers begin: behind both SYNs.
        self.isn_next.next = self.inp.ev.val().isn + 1;
        if self.inp.work.val().begins {
            self.tcb.d.next.snd_end = self.isn_next.val();
        }
        if self.inp.work.val().begins | self.inp.work.val().takes_syn {
            self.tcb.d.next.rcv_user = self.inp.tcb.val().rcv_nxt;
        }

        // The host's pointers. Those of a flow that it does not own (any more) are refused.
        self.d_fin.next = self.inp.work.val().d_fin;
        self.d_user.next = self.inp.work.val().d_user;
        // What is received stands before RCV.NXT, and the FIN is no text: d_seq is 0 or less, or less than 0.
        self.d_seq.next = self.inp.work.val().d_seq;
        self.past.next = self.d_seq.val().get_bit(31) != self.d_seq.val().get_bits::<31>(0).any();
        if self.inp.tcb.val().fin_received {
            self.past.next = !self.d_seq.val().get_bit(31);
        }
        self.entitled.next = self.inp.ev.val().hit & self.inp.tcb.val().owned;
        if self.doorbell.val() {
            if self.flags.val().get_bit(0) {
                if self.entitled.val()
                    & (self.synsent.val()
                        | self.synreceived.val()
                        | self.established.val()
                        | self.closewait.val())
                    & !self.inp.tcb.val().fin_queued
                    & !self.d_fin.val().get_bit(31)
                    & (self.inp.work.val().d_una <= self.ring.val())
                {
                    self.tcb.d.next.snd_end = self.inp.ev.val().ack;
                } else {
                    self.work.d.next.bad = true;
                }
            }
            if self.flags.val().get_bit(1) {
                if self.entitled.val() & !self.d_user.val().get_bit(31) & !self.past.val() {
                    self.tcb.d.next.rcv_user = self.inp.ev.val().seq;
                } else {
                    self.work.d.next.bad = true;
                }
            }
        }

        // The host's calls.
        self.unread.next = self.inp.work.val().unread
            & (self.established.val() | self.finwait1.val() | self.finwait2.val() | self.closewait.val());
        self.close_now.next = false;
        self.abort_now.next = false;
        if self.command.val() {
            if self.inp.ev.val().op == Op::Open {
                self.work.d.next.bad = !(self.inp.ev.val().hit & self.inp.ev.val().new);
            } else if !self.entitled.val()
                | (self.isn.val().get_bits::<16>(0) != self.inp.tcb.val().generation)
            {
                self.work.d.next.bad = true;
            } else if self.inp.ev.val().op == Op::Shutdown {
                if (self.synreceived.val() | self.established.val() | self.closewait.val())
                    & !self.inp.tcb.val().fin_queued
                {
                    self.close_now.next = true;
                } else {
                    self.work.d.next.bad = true;
                }
            } else {
                self.tcb.d.next.released = true;
                self.tcb.d.next.owned = false;
                if self.inp.ev.val().op == Op::Abort {
                    self.abort_now.next = true;
                    self.work.d.next.rst_now = self.synreceived.val()
                        | self.established.val()
                        | self.finwait1.val()
                        | self.finwait2.val()
                        | self.closewait.val();
                } else if (self.inp.tcb.val().state == TcpState::Closed) | self.synsent.val() {
                    self.work.d.next.delete = true;
                } else if self.unread.val() {
                    self.abort_now.next = true; // RFC 9293, SHLD-3
                    self.work.d.next.rst_now = true;
                } else {
                    self.close_now.next =
                        (self.synreceived.val() | self.established.val() | self.closewait.val())
                            & !self.inp.tcb.val().fin_queued;
                }
            }
        }
        if self.abort_now.val() {
            self.work.d.next.delete = true;
            self.work.d.next.rst_own = true;
            self.tcb.d.next.reason = Reason::Aborted;
        }
        if self.close_now.val() {
            self.tcb.d.next.fin_queued = true;
            if self.established.val() {
                self.tcb.d.next.state = TcpState::FinWait1;
            }
            if self.closewait.val() {
                self.tcb.d.next.state = TcpState::LastAck;
            }
        }
        if self.reset.val() {
            self.valid.d.next = false;
        }
    }
}
