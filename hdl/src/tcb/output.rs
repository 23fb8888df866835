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
    /// Synchronous reset; while it lasts the TCB that comes out is all zero.
    pub reset: Signal<In, Bit>,
    /// The card's limits.
    pub cfg: Signal<In, Config>,
    /// Bytes of a receive ring.
    pub ring: Signal<In, Bits<32>>,
    /// From `congestion` and `fin_state`.
    pub inp: Pass,
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
    live1: DFF<Bit>,
    sends1: DFF<Bit>,
    receives1: DFF<Bit>,
    avail1: DFF<Bits<32>>,
    usable_wnd1: DFF<Bits<32>>,
    usable_cwnd1: DFF<Bits<32>>,
    wnd_least1: DFF<Bit>,
    unacked1: DFF<Bits<32>>,
    in_flight1: DFF<Bits<32>>,
    back1: DFF<Bits<32>>,
    minus_in_flight1: DFF<Bits<32>>,
    minus_flight1: DFF<Bits<32>>,
    flight1: DFF<Bits<32>>,
    fin_sent1: DFF<Bit>,
    max_beyond_end: Signal<Local, Bits<32>>,
    edge1: DFF<Bits<32>>,
    opening1: DFF<Bits<32>>,
    update_size1: DFF<Bits<32>>,
    wnd_edge1: DFF<Bits<32>>,
    half_ring: Signal<Local, Bits<32>>,
    cfg_mss: Signal<Local, Bits<32>>,
    // Cycle 2: comparisons and the choice.
    valid2: DFF<Bit>,
    ev2: DFF<Event>,
    tcb2: DFF<Tcb>,
    work2: DFF<Work>,
    due: Signal<Local, Bit>,
    avail: Signal<Local, Bits<32>>,
    usable_least: Signal<Local, Bits<32>>,
    usable: Signal<Local, Bits<32>>,
    mss: Signal<Local, Bits<32>>,
    no_mss: Signal<Local, Bit>,
    half_wnd: Signal<Local, Bits<32>>,
    avail_lt_usable: Signal<Local, Bit>,
    usable_lt_avail: Signal<Local, Bit>,
    avail_lt_mss: Signal<Local, Bit>,
    mss_lt_avail: Signal<Local, Bit>,
    usable_lt_mss: Signal<Local, Bit>,
    mss_lt_usable: Signal<Local, Bit>,
    full: Signal<Local, Bit>,
    all_queued: Signal<Local, Bit>,
    idle: Signal<Local, Bit>,
    half_open: Signal<Local, Bit>,
    text_go: Signal<Local, Bit>,
    fin_go: Signal<Local, Bit>,
    unacked: Signal<Local, Bits<32>>,
    again_len: Signal<Local, Bits<32>>,
    again_all: Signal<Local, Bit>,
    again_fin: Signal<Local, Bit>,
    again_go: Signal<Local, Bit>,
    probe_fin: Signal<Local, Bit>,
    probe_go: Signal<Local, Bit>,
    ack_now: Signal<Local, Bit>,
    send2: DFF<Bit>,
    rst2: DFF<Bit>,
    syn2: DFF<Bit>,
    takes2: DFF<Bit>,
    probing2: DFF<Bit>,
    below2: DFF<Bit>,
    extra2: DFF<Bit>,
    fin2: DFF<Bit>,
    push2: DFF<Bit>,
    turn2: DFF<Bit>,
    seq2: DFF<Bits<32>>,
    len2: DFF<Bits<16>>,
    max_base2: DFF<Bits<32>>,
    nxt_base2: DFF<Bits<32>>,
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
    size: Signal<Local, Bits<32>>,
    seq_end: Signal<Local, Bits<32>>,
    max_move: Signal<Local, Bits<32>>,
    nxt_move: Signal<Local, Bits<32>>,
    zero: Zero<Tcb>,
    rcv_wnd: Signal<Local, Bits<32>>,
    rcv_wnd_high: Signal<Local, Bits<16>>,
    now: Signal<Local, Bits<48>>,
    synsent: Signal<Local, Bit>,
}

impl Logic for Output {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid1, ev1, tcb1, work1, live1, sends1, receives1, avail1, usable_wnd1);
        dff_setup!(self, clock, usable_cwnd1, wnd_least1, unacked1, in_flight1, back1, minus_in_flight1);
        dff_setup!(self, clock, minus_flight1, flight1, fin_sent1, edge1, opening1, update_size1, wnd_edge1);
        dff_setup!(self, clock, valid2, ev2, tcb2, work2, send2, rst2, syn2, takes2, probing2, below2);
        dff_setup!(self, clock, extra2, fin2, push2, turn2, seq2, len2, max_base2, nxt_base2);
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
        self.out.valid.next = self.valid.q.val();
        self.out.ev.next = self.ev.q.val();
        self.out.tcb.next = self.tcb.q.val();
        self.out.work.next = self.work.q.val();
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
        self.live1.d.next = self.inp.ev.val().hit
            & (self.inp.ev.val().kind != EventKind::Nothing)
            & (self.inp.ev.val().kind != EventKind::Peek)
            & !self.inp.work.val().rst_now
            & !self.inp.work.val().syn_now
            & !self.inp.work.val().delete;
        self.sends1.d.next = (self.inp.tcb.val().state == TcpState::Established)
            | (self.inp.tcb.val().state == TcpState::CloseWait)
            | (self.inp.tcb.val().state == TcpState::FinWait1)
            | (self.inp.tcb.val().state == TcpState::Closing)
            | (self.inp.tcb.val().state == TcpState::LastAck);
        self.receives1.d.next = (self.inp.tcb.val().state == TcpState::Established)
            | (self.inp.tcb.val().state == TcpState::FinWait1)
            | (self.inp.tcb.val().state == TcpState::FinWait2);
        self.avail1.d.next = self.inp.tcb.val().snd_end - self.inp.tcb.val().snd_nxt;
        self.usable_wnd1.d.next =
            (self.inp.tcb.val().snd_wnd + self.inp.tcb.val().snd_una) - self.inp.tcb.val().snd_nxt;
        self.usable_cwnd1.d.next =
            (self.inp.tcb.val().cwnd + self.inp.tcb.val().snd_una) - self.inp.tcb.val().snd_nxt;
        self.wnd_least1.d.next = self.inp.tcb.val().snd_wnd < self.inp.tcb.val().cwnd;
        self.unacked1.d.next = self.inp.tcb.val().snd_end - self.inp.tcb.val().snd_una;
        self.in_flight1.d.next = self.inp.tcb.val().snd_nxt - self.inp.tcb.val().snd_una;
        self.minus_in_flight1.d.next = self.inp.tcb.val().snd_una - self.inp.tcb.val().snd_nxt;
        self.back1.d.next = self.inp.tcb.val().snd_nxt - self.inp.tcb.val().snd_max;
        self.flight1.d.next = self.inp.tcb.val().snd_max - self.inp.tcb.val().snd_una;
        self.minus_flight1.d.next = self.inp.tcb.val().snd_una - self.inp.tcb.val().snd_max;
        self.max_beyond_end.next = self.inp.tcb.val().snd_max - self.inp.tcb.val().snd_end;
        self.fin_sent1.d.next = self.inp.tcb.val().fin_queued & (self.max_beyond_end.val() == 1);
        self.edge1.d.next = self.inp.tcb.val().rcv_user + self.ring.val();
        self.opening1.d.next = (self.inp.tcb.val().rcv_user + self.ring.val()) - self.inp.tcb.val().rcv_adv;
        self.half_ring.next = self.ring.val() >> 1;
        self.cfg_mss.next = bit_cast::<32, 16>(self.cfg.val().mss);
        self.update_size1.d.next = self.cfg_mss.val();
        if self.half_ring.val() < self.cfg_mss.val() {
            self.update_size1.d.next = self.half_ring.val();
        }
        self.wnd_edge1.d.next = self.inp.tcb.val().snd_una + self.inp.tcb.val().snd_wnd;

        // Cycle 2: the receive window (RFC 9293, 3.8.6.2.2).
        self.valid2.d.next = self.valid1.q.val();
        self.ev2.d.next = self.ev1.q.val();
        self.tcb2.d.next = self.tcb1.q.val();
        self.work2.d.next = self.work1.q.val();
        self.due.next = self.live1.q.val()
            & self.receives1.q.val()
            & !self.opening1.q.val().get_bit(31)
            & (self.update_size1.q.val() <= self.opening1.q.val());
        if self.due.val() {
            self.tcb2.d.next.rcv_adv = self.edge1.q.val();
        }
        self.ack_now.next =
            self.work1.q.val().ack_now | (self.due.val() & (self.ev1.q.val().kind == EventKind::Doorbell));

        // New data (3.8.6.2.1, and Nagle, 3.7.4).
        self.avail.next = self.avail1.q.val();
        if self.avail1.q.val().get_bit(31) {
            self.avail.next = 0.into();
        }
        self.usable_least.next = self.usable_cwnd1.q.val();
        if self.wnd_least1.q.val() {
            self.usable_least.next = self.usable_wnd1.q.val();
        }
        self.usable.next = self.usable_least.val();
        if self.usable_least.val().get_bit(31) {
            self.usable.next = 0.into();
        }
        self.mss.next = bit_cast::<32, 16>(self.tcb1.q.val().mss);
        self.no_mss.next = self.tcb1.q.val().mss == 0;
        self.half_wnd.next = self.tcb1.q.val().max_wnd >> 1;
        self.avail_lt_usable.next = self.avail.val() < self.usable.val();
        self.usable_lt_avail.next = self.usable.val() < self.avail.val();
        self.avail_lt_mss.next = self.avail.val() < self.mss.val();
        self.mss_lt_avail.next = self.mss.val() < self.avail.val();
        self.usable_lt_mss.next = self.usable.val() < self.mss.val();
        self.mss_lt_usable.next = self.mss.val() < self.usable.val();
        self.full.next = !self.avail_lt_mss.val() & !self.usable_lt_mss.val();
        self.all_queued.next = !self.usable_lt_avail.val() & !self.mss_lt_avail.val();
        self.idle.next = self.tcb1.q.val().nodelay | (self.in_flight1.q.val() == 0);
        self.half_open.next = (self.half_wnd.val() <= self.avail.val())
            & (self.half_wnd.val() <= self.usable.val())
            & (self.half_wnd.val() <= self.mss.val());
        self.text_go.next = self.live1.q.val()
            & self.sends1.q.val()
            & (self.avail.val() != 0)
            & (self.usable.val() != 0)
            & !self.no_mss.val()
            & (self.full.val()
                | (self.all_queued.val() & (self.idle.val() | self.tcb1.q.val().fin_queued))
                | (self.idle.val() & self.half_open.val())
                | (self.back1.q.val() != 0));
        self.fin_go.next = self.live1.q.val()
            & self.sends1.q.val()
            & self.tcb1.q.val().fin_queued
            & self.all_queued.val()
            & self.avail_lt_usable.val()
            & !self.avail1.q.val().get_bit(31);

        // From SND.UNA again: at most what the peer's window holds (SHLD-15).
        self.unacked.next = self.unacked1.q.val();
        if self.unacked1.q.val().get_bit(31) {
            self.unacked.next = 0.into(); // our FIN is acknowledged
        }
        self.again_all.next =
            (self.unacked.val() <= self.mss.val()) & (self.unacked.val() <= self.tcb1.q.val().snd_wnd);
        self.again_len.next = self.mss.val();
        if self.again_all.val() {
            self.again_len.next = self.unacked.val();
        } else if self.tcb1.q.val().snd_wnd < self.mss.val() {
            self.again_len.next = self.tcb1.q.val().snd_wnd;
        }
        self.again_fin.next = self.again_all.val() & self.fin_sent1.q.val();
        self.again_go.next = self.live1.q.val()
            & self.sends1.q.val()
            & self.work1.q.val().retransmit
            & (self.again_fin.val()
                | ((self.unacked.val() != 0) & !self.no_mss.val() & (self.tcb1.q.val().snd_wnd != 0)));
        self.probe_fin.next = self.tcb1.q.val().fin_queued & (self.unacked.val() == 0);
        self.probe_go.next = self.live1.q.val()
            & self.sends1.q.val()
            & self.work1.q.val().probe
            & ((self.unacked.val() != 0) | self.probe_fin.val());

        // The choice. A bare ACK stands at the end of what was sent, but never beyond the peer's window.
        self.rst2.d.next = self.work1.q.val().rst_now;
        self.syn2.d.next = false;
        self.takes2.d.next = false;
        self.probing2.d.next = false;
        self.extra2.d.next = false;
        self.fin2.d.next = false;
        self.push2.d.next = false;
        self.turn2.d.next = false;
        self.len2.d.next = 0.into();
        self.send2.d.next = self.live1.q.val() & self.ack_now.val();
        self.seq2.d.next = self.wnd_edge1.q.val();
        if self.flight1.q.val() <= self.tcb1.q.val().snd_wnd {
            self.seq2.d.next = self.tcb1.q.val().snd_max;
        }
        self.below2.d.next = self.minus_flight1.q.val().get_bit(31);
        self.max_base2.d.next = self.minus_flight1.q.val();
        self.nxt_base2.d.next = self.minus_in_flight1.q.val();
        if self.work1.q.val().rst_now {
            self.send2.d.next = true;
            self.seq2.d.next = self.work1.q.val().rst_seq;
        } else if self.work1.q.val().syn_now & !self.work1.q.val().delete {
            self.send2.d.next = true;
            self.syn2.d.next = true;
            self.takes2.d.next = true;
            self.extra2.d.next = true;
            self.seq2.d.next = self.tcb1.q.val().iss;
        } else if self.again_go.val() {
            self.send2.d.next = true;
            self.takes2.d.next = true;
            self.turn2.d.next = true;
            self.seq2.d.next = self.tcb1.q.val().snd_una;
            self.len2.d.next = self.again_len.val().get_bits::<16>(0);
            self.extra2.d.next = self.again_fin.val();
            self.fin2.d.next = self.again_fin.val();
            self.push2.d.next = self.again_all.val() & (self.unacked.val() != 0);
        } else if self.probe_go.val() {
            self.send2.d.next = true;
            self.takes2.d.next = true;
            self.probing2.d.next = true;
            self.seq2.d.next = self.tcb1.q.val().snd_una;
            self.extra2.d.next = self.probe_fin.val();
            self.fin2.d.next = self.probe_fin.val();
            if !self.probe_fin.val() {
                self.len2.d.next = 1.into();
                self.push2.d.next = self.unacked.val() == 1;
            }
        } else if self.text_go.val() | self.fin_go.val() {
            self.send2.d.next = true;
            self.takes2.d.next = true;
            self.turn2.d.next = self.mss_lt_avail.val() & self.mss_lt_usable.val();
            self.seq2.d.next = self.tcb1.q.val().snd_nxt;
            self.extra2.d.next = self.fin_go.val();
            self.fin2.d.next = self.fin_go.val();
            self.below2.d.next = self.back1.q.val().get_bit(31);
            self.max_base2.d.next = self.back1.q.val();
            self.nxt_base2.d.next = 0.into();
            self.push2.d.next =
                self.all_queued.val() & !self.avail1.q.val().get_bit(31) & (self.avail.val() != 0);
            self.len2.d.next = self.usable.val().get_bits::<16>(0);
            if self.all_queued.val() {
                self.len2.d.next = self.avail.val().get_bits::<16>(0);
            } else if self.full.val() {
                self.len2.d.next = self.tcb1.q.val().mss;
            }
        }

        // Cycle 3.
        self.valid.d.next = self.valid2.q.val();
        self.ev.d.next = self.ev2.q.val();
        self.tcb.d.next = self.tcb2.q.val();
        self.work.d.next = self.work2.q.val();
        self.turn_reg.d.next = self.turn2.q.val();
        self.now.next = self.work2.q.val().now;
        self.size.next = bit_cast::<32, 16>(self.len2.q.val());
        if self.extra2.q.val() {
            self.size.next = bit_cast::<32, 16>(self.len2.q.val()) + 1;
        }
        self.seq_end.next = self.seq2.q.val() + self.size.val();
        self.max_move.next = self.max_base2.q.val() + self.size.val();
        self.nxt_move.next = self.nxt_base2.q.val() + self.size.val();
        self.retransmit_reg.d.next = false;
        if self.takes2.q.val() {
            if !self.max_move.val().get_bit(31) {
                self.tcb.d.next.snd_max = self.seq_end.val();
            }
            if !self.nxt_move.val().get_bit(31) & !self.probing2.q.val() {
                self.tcb.d.next.snd_nxt = self.seq_end.val();
            }
            if self.below2.q.val() {
                // A retransmission; Karn's rule (RFC 6298, section 3).
                self.tcb.d.next.retransmits = self.tcb2.q.val().retransmits + 1;
                self.tcb.d.next.rtt_busy = false;
                self.retransmit_reg.d.next = self.valid2.q.val();
            } else if !self.tcb2.q.val().rtt_busy & !self.probing2.q.val() {
                self.tcb.d.next.rtt_busy = true;
                self.tcb.d.next.rtt_seq = self.seq_end.val();
                self.tcb.d.next.rtt_time = self.now.val().get_bits::<32>(0);
            }
        }

        self.rcv_wnd.next = self.tcb2.q.val().rcv_adv - self.tcb2.q.val().rcv_nxt;
        self.rcv_wnd_high.next = self.rcv_wnd.val().get_bits::<16>(16);
        self.synsent.next = self.tcb2.q.val().state == TcpState::SynSent;
        self.tx_valid_reg.d.next = self.valid2.q.val() & self.send2.q.val();
        self.rst_out_reg.d.next = self.valid2.q.val() & self.rst2.q.val();
        self.tx_reg.d.next.flow = self.ev2.q.val().flow;
        self.tx_reg.d.next.has_flow = self.ev2.q.val().hit;
        self.tx_reg.d.next.raddr = self.tcb2.q.val().raddr;
        self.tx_reg.d.next.rport = self.tcb2.q.val().rport;
        self.tx_reg.d.next.lport = self.tcb2.q.val().lport;
        if self.rst2.q.val() & (self.ev2.q.val().kind == EventKind::Segment) {
            self.tx_reg.d.next.raddr = self.ev2.q.val().raddr;
            self.tx_reg.d.next.rport = self.ev2.q.val().rport;
            self.tx_reg.d.next.lport = self.ev2.q.val().lport;
        }
        self.tx_reg.d.next.seq = self.seq2.q.val();
        self.tx_reg.d.next.ack = self.tcb2.q.val().rcv_nxt;
        self.tx_reg.d.next.len = self.len2.q.val();
        self.tx_reg.d.next.mss = 0.into();
        self.tx_reg.d.next.wnd = self.rcv_wnd.val().get_bits::<16>(0);
        if self.rcv_wnd_high.val().any() {
            self.tx_reg.d.next.wnd = 0xffff.into();
        }
        self.tx_reg.d.next.flags = 0x10.into();
        if self.fin2.q.val() & self.push2.q.val() {
            self.tx_reg.d.next.flags = 0x19.into();
        } else if self.fin2.q.val() {
            self.tx_reg.d.next.flags = 0x11.into();
        } else if self.push2.q.val() {
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
            if self.work2.q.val().rst_ack {
                self.tx_reg.d.next.seq = 0.into();
                self.tx_reg.d.next.ack = self.ev2.q.val().end;
                self.tx_reg.d.next.flags = 0x14.into();
            }
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
