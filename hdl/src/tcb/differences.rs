// SPDX-License-Identifier: MIT OR Apache-2.0
//! Second stage: every difference of sequence numbers, so that the later stages only look at signs and sizes.

use super::{Pass, PassOut};
use crate::types::{Config, Event, EventKind, Tcb, Work};
use rust_hdl::prelude::*;

/// The differences (1 cycle). All are modulo 2^32.
#[derive(LogicBlock, Default)]
pub struct Differences {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time: a constant.
    pub single: Signal<In, Bit>,
    /// The card's limits.
    pub cfg: Signal<In, Config>,
    /// From `fetch`.
    pub inp: Pass,
    /// To `acceptability`.
    pub out: PassOut,
    valid: DFF<Bit>,
    ev: DFF<Event>,
    tcb: DFF<Tcb>,
    work: DFF<Work>,
    now: Signal<Local, Bits<48>>,
    rtt_ahead: Signal<Local, Bits<32>>,
    base: Signal<Local, Bits<32>>,
    seq_ahead: Signal<Local, Bits<32>>,
    read: Signal<Local, Bits<32>>,
    flipped: Signal<Local, Bits<32>>,
    carried: Signal<Local, Bits<32>>,
    offer: Signal<Local, Bits<16>>,
    own_less: Signal<Local, Bit>,
    small: Signal<Local, Bit>,
}

impl Logic for Differences {
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
            self.out.work.next = self.inp.work.val();
            self.out.work.next.d_seq = self.work.q.val().d_seq;
            self.out.work.next.d_end = self.work.q.val().d_end;
            self.out.work.next.d_una = self.work.q.val().d_una;
            self.out.work.next.d_max = self.work.q.val().d_max;
            self.out.work.next.d_wnd = self.work.q.val().d_wnd;
            self.out.work.next.d_fin = self.work.q.val().d_fin;
            self.out.work.next.d_rec = self.work.q.val().d_rec;
            self.out.work.next.flight = self.work.q.val().flight;
            self.out.work.next.d_user = self.work.q.val().d_user;
            self.out.work.next.rtt = self.work.q.val().rtt;
            self.out.work.next.rtt_covered = self.work.q.val().rtt_covered;
            self.out.work.next.wl_new = self.work.q.val().wl_new;
            self.out.work.next.unread = self.work.q.val().unread;
            self.out.work.next.mss = self.work.q.val().mss;
        }
        self.valid.d.next = self.inp.valid.val();
        self.ev.d.next = self.inp.ev.val();
        self.tcb.d.next = self.inp.tcb.val();
        self.work.d.next = self.inp.work.val();

        self.work.d.next.d_seq = self.inp.ev.val().seq - self.inp.tcb.val().rcv_nxt;
        self.work.d.next.d_end = self.inp.ev.val().end - self.inp.tcb.val().rcv_nxt;
        self.work.d.next.d_una = self.inp.ev.val().ack - self.inp.tcb.val().snd_una;
        self.work.d.next.d_max = self.inp.tcb.val().snd_max - self.inp.ev.val().ack;
        self.work.d.next.d_wnd = self.inp.tcb.val().rcv_adv - self.inp.tcb.val().rcv_nxt;
        self.work.d.next.d_fin = self.inp.ev.val().ack - self.inp.tcb.val().snd_end;
        self.work.d.next.d_rec = self.inp.ev.val().ack - self.inp.tcb.val().recover;
        self.work.d.next.flight = self.inp.tcb.val().snd_max - self.inp.tcb.val().snd_una;
        self.now.next = self.inp.work.val().now;
        self.work.d.next.rtt = self.now.val().get_bits::<32>(0) - self.inp.tcb.val().rtt_time;

        self.rtt_ahead.next = self.inp.ev.val().ack - self.inp.tcb.val().rtt_seq;
        self.work.d.next.rtt_covered = self.inp.tcb.val().rtt_busy & !self.rtt_ahead.val().get_bit(31);
        // RFC 9293, 3.10.7.4, fifth: SND.WL1 < SEG.SEQ, or equal and SND.WL2 =< SEG.ACK. It is asked when SEG.ACK is
        // SND.UNA, and SND.WL2 never lies beyond SND.UNA: the second condition always holds.
        // A doorbell's pointer is compared with `rcv_user` in the same subtractor.
        self.base.next = self.inp.tcb.val().snd_wl1;
        if self.inp.ev.val().kind == EventKind::Doorbell {
            self.base.next = self.inp.tcb.val().rcv_user;
        }
        self.seq_ahead.next = self.inp.ev.val().seq - self.base.val();
        self.work.d.next.d_user = self.seq_ahead.val();
        self.work.d.next.wl_new =
            !self.seq_ahead.val().get_bit(31) & (self.inp.ev.val().kind != EventKind::Doorbell);

        // The peer's FIN counts in RCV.NXT, but there is nothing to read of it. RCV.NXT is `rcv_user` or, with the FIN, 1
        // more: adding 1 flips the ones at the end and the zero before them.
        self.read.next = self.inp.tcb.val().rcv_user;
        self.flipped.next = self.read.val() ^ self.inp.tcb.val().rcv_nxt;
        self.carried.next = (self.flipped.val() & self.read.val()) << 1;
        self.work.d.next.unread =
            self.flipped.val() != self.carried.val().replace_bit(0, self.inp.tcb.val().fin_received);

        // RFC 9293, MUST-15: 536 when the peer does not tell. A small one would only make us send small segments without end.
        self.offer.next = self.inp.ev.val().mss;
        self.own_less.next = self.cfg.val().mss < self.offer.val();
        self.small.next = self.offer.val() < 64;
        self.work.d.next.mss = self.offer.val();
        if self.offer.val() == 0 {
            self.own_less.next = self.cfg.val().mss < 536;
            self.small.next = false;
            self.work.d.next.mss = 536.into();
        }
        if self.own_less.val() | (self.inp.ev.val().kind == EventKind::Command) {
            self.small.next = self.cfg.val().mss < 64;
            self.work.d.next.mss = self.cfg.val().mss;
        }
        if self.small.val() {
            self.work.d.next.mss = 64.into();
        }
        if self.reset.val() {
            self.valid.d.next = false;
        }
    }
}
