// SPDX-License-Identifier: MIT OR Apache-2.0
//! Last stage: the TCB goes back into the RAM, and everybody else hears what has happened.

use super::Pass;
use crate::types::{Config, EventKind, Tcb, TcpState};
use rust_hdl::prelude::*;

/// The last stage (1 cycle; the write of the RAM is a cycle earlier than the other outputs).
#[derive(LogicBlock, Default)]
pub struct Finish {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time: a constant.
    pub single: Signal<In, Bit>,
    /// The card's limits.
    pub cfg: Signal<In, Config>,
    /// From `output`.
    pub inp: Pass,
    /// With `inp`: the flow wants another turn.
    pub turn: Signal<In, Bit>,
    /// Write `write_tcb` now (not registered).
    pub write_valid: Signal<Out, Bit>,
    /// The TCB of the event's flow.
    pub write_tcb: Signal<Out, Tcb>,
    /// Set or clear the flow's timer.
    pub timer_valid: Signal<Out, Bit>,
    /// Set; otherwise clear.
    pub timer_set: Signal<Out, Bit>,
    /// The deadline, us.
    pub timer_deadline: Signal<Out, Bits<48>>,
    /// Take the flow out of the look-up.
    pub remove_valid: Signal<Out, Bit>,
    /// The flow is free.
    pub free_valid: Signal<Out, Bit>,
    /// One half-open flow less.
    pub half_open_dec: Signal<Out, Bit>,
    /// The host shall look at the flow.
    pub notify_valid: Signal<Out, Bit>,
    /// The flow wants a turn.
    pub turn_valid: Signal<Out, Bit>,
    /// A command is complete.
    pub done_valid: Signal<Out, Bit>,
    /// It was possible.
    pub done_ok: Signal<Out, Bit>,
    /// A doorbell was refused.
    pub bad_doorbell: Signal<Out, Bit>,
    /// The answer to a `Peek`.
    pub peek_valid: Signal<Out, Bit>,
    /// A TCB was written (`flow`, `tcb`).
    pub wrote: Signal<Out, Bit>,
    /// The flow of all of them.
    pub flow: Signal<Out, Bits<16>>,
    /// Its TCB.
    pub tcb: Signal<Out, Tcb>,
    timer_valid_reg: DFF<Bit>,
    timer_set_reg: DFF<Bit>,
    deadline_reg: DFF<Bits<48>>,
    remove_reg: DFF<Bit>,
    free_reg: DFF<Bit>,
    half_open_reg: DFF<Bit>,
    notify_reg: DFF<Bit>,
    turn_reg: DFF<Bit>,
    done_reg: DFF<Bit>,
    ok_reg: DFF<Bit>,
    bad_doorbell_reg: DFF<Bit>,
    peek_reg: DFF<Bit>,
    wrote_reg: DFF<Bit>,
    flow_reg: DFF<Bits<16>>,
    tcb_reg: DFF<Tcb>,
    after: Signal<Local, Tcb>,
    counts: Signal<Local, Bit>,
    deletes: Signal<Local, Bit>,
    gone: Signal<Local, Bit>,
    time_wait: Signal<Local, Bit>,
    fin_wait_2: Signal<Local, Bit>,
    outstanding: Signal<Local, Bit>,
    nxt_x2: Signal<Local, Bits<33>>,
    end_x2: Signal<Local, Bits<33>>,
    ahead_x2: Signal<Local, Bits<33>>,
    waiting: Signal<Local, Bit>,
    wanted: Signal<Local, Bit>,
    again: Signal<Local, Bit>,
    set: Signal<Local, Bit>,
    delay: Signal<Local, Bits<48>>,
    now_x2: Signal<Local, Bits<49>>,
    not_delay: Signal<Local, Bits<48>>,
    not_delay_x2: Signal<Local, Bits<49>>,
    deadline_x2: Signal<Local, Bits<49>>,
}

impl Logic for Finish {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, timer_valid_reg, timer_set_reg, deadline_reg, remove_reg, free_reg);
        dff_setup!(self, clock, half_open_reg, notify_reg, turn_reg, done_reg, ok_reg, bad_doorbell_reg);
        dff_setup!(self, clock, peek_reg, wrote_reg, flow_reg, tcb_reg);
        self.timer_valid.next = self.timer_valid_reg.q.val();
        self.timer_set.next = self.timer_set_reg.q.val();
        self.timer_deadline.next = self.deadline_reg.q.val();
        self.remove_valid.next = self.remove_reg.q.val();
        self.free_valid.next = self.free_reg.q.val();
        self.half_open_dec.next = self.half_open_reg.q.val();
        self.notify_valid.next = self.notify_reg.q.val();
        self.turn_valid.next = self.turn_reg.q.val();
        self.done_valid.next = self.done_reg.q.val();
        self.done_ok.next = self.ok_reg.q.val();
        self.bad_doorbell.next = self.bad_doorbell_reg.q.val();
        self.peek_valid.next = self.peek_reg.q.val();
        self.wrote.next = self.wrote_reg.q.val();
        self.flow.next = self.flow_reg.q.val();
        self.tcb.next = self.tcb_reg.q.val();
        if self.single.val() {
            self.tcb.next = self.inp.tcb.val();
            self.tcb.next.state = self.tcb_reg.q.val().state;
            self.tcb.next.timer_on = self.tcb_reg.q.val().timer_on;
        }

        self.counts.next = self.inp.valid.val()
            & self.inp.ev.val().hit
            & (self.inp.ev.val().kind != EventKind::Nothing)
            & (self.inp.ev.val().kind != EventKind::Peek);
        self.deletes.next = self.counts.val() & self.inp.work.val().delete;
        self.gone.next = self.inp.work.val().delete | (self.inp.tcb.val().state == TcpState::Closed);
        self.time_wait.next = self.inp.tcb.val().state == TcpState::TimeWait;
        self.fin_wait_2.next = self.inp.tcb.val().state == TcpState::FinWait2;

        // The timer: 2 MSL in TIME-WAIT, a limit for what the host has given back in FIN-WAIT-2, otherwise
        // retransmission (RFC 6298, 5.1 to 5.3) or persist.
        self.outstanding.next = self.inp.tcb.val().snd_max != self.inp.tcb.val().snd_una;
        // SND.NXT < snd_end, or equal and a FIN waits, which is borrowed below the lowest bit.
        self.nxt_x2.next = bit_cast::<33, 32>(self.inp.tcb.val().snd_nxt) << 1;
        self.end_x2.next = bit_cast::<33, 32>(self.inp.tcb.val().snd_end) << 1;
        self.ahead_x2.next =
            self.nxt_x2.val() - self.end_x2.val().replace_bit(0, self.inp.tcb.val().fin_queued);
        self.waiting.next = self.ahead_x2.val().get_bit(32);
        self.wanted.next = self.outstanding.val() | self.waiting.val();
        self.again.next = self.inp.work.val().ack_new | self.inp.work.val().opened;
        if self.outstanding.val() {
            self.again.next = self.inp.work.val().ack_new
                | self.inp.work.val().opened
                | self.inp.work.val().expired
                | self.inp.work.val().retransmit
                | self.inp.work.val().syn_now;
        }
        self.delay.next = bit_cast::<48, 32>(self.inp.tcb.val().rto);
        if self.time_wait.val() {
            self.wanted.next = true;
            self.again.next = self.inp.work.val().time_wait;
            self.delay.next = bit_cast::<48, 32>(self.cfg.val().msl) << 1;
        }
        if self.fin_wait_2.val() {
            self.wanted.next = self.inp.tcb.val().released;
            self.again.next = self.inp.work.val().fin_acked;
            self.delay.next = bit_cast::<48, 32>(self.cfg.val().fin_wait_2);
        }
        if self.gone.val() {
            self.wanted.next = false;
        }
        self.set.next = self.wanted.val() & (self.again.val() | !self.inp.tcb.val().timer_on);
        self.timer_valid_reg.d.next = self.counts.val() & (self.set.val() | !self.wanted.val());
        self.timer_set_reg.d.next = self.set.val();
        // now + delay, as now - (2^48 - 1 - delay) - 1: in a subtractor the choice of the delay stands in its gates. The 1 is
        // borrowed below the lowest bit.
        self.now_x2.next = bit_cast::<49, 48>(self.inp.work.val().now) << 1;
        self.not_delay.next = !self.delay.val();
        self.not_delay_x2.next = bit_cast::<49, 48>(self.not_delay.val()) << 1;
        self.deadline_x2.next = self.now_x2.val() - self.not_delay_x2.val().replace_bit(0, true);
        self.deadline_reg.d.next = self.deadline_x2.val().get_bits::<48>(1);

        self.after.next = self.inp.tcb.val();
        self.after.next.timer_on = self.wanted.val();
        if self.inp.work.val().delete {
            self.after.next.state = TcpState::Closed;
        }
        self.write_valid.next = self.counts.val();
        self.write_tcb.next = self.after.val();

        self.wrote_reg.d.next = self.counts.val();
        self.flow_reg.d.next = self.inp.ev.val().flow;
        self.tcb_reg.d.next = self.inp.tcb.val();
        if self.counts.val() {
            self.tcb_reg.d.next = self.after.val();
        }
        self.remove_reg.d.next = self.deletes.val() & (self.inp.tcb.val().state != TcpState::Closed);
        self.free_reg.d.next = self.deletes.val() & (self.inp.tcb.val().released | !self.inp.tcb.val().owned);
        self.half_open_reg.d.next = self.counts.val()
            & self.inp.work.val().half_open
            & (self.inp.work.val().delete | (self.inp.tcb.val().state != TcpState::SynReceived));
        self.notify_reg.d.next = self.counts.val()
            & self.inp.tcb.val().owned
            & (self.inp.work.val().notify | self.inp.work.val().delete);
        self.turn_reg.d.next = self.counts.val() & self.turn.val();
        self.done_reg.d.next = self.inp.valid.val() & (self.inp.ev.val().kind == EventKind::Command);
        self.ok_reg.d.next = !self.inp.work.val().bad;
        self.bad_doorbell_reg.d.next =
            self.inp.valid.val() & (self.inp.ev.val().kind == EventKind::Doorbell) & self.inp.work.val().bad;
        self.peek_reg.d.next = self.inp.valid.val() & (self.inp.ev.val().kind == EventKind::Peek);
        if self.reset.val() {
            self.timer_valid_reg.d.next = false;
            self.remove_reg.d.next = false;
            self.free_reg.d.next = false;
            self.half_open_reg.d.next = false;
            self.notify_reg.d.next = false;
            self.turn_reg.d.next = false;
            self.done_reg.d.next = false;
            self.bad_doorbell_reg.d.next = false;
            self.peek_reg.d.next = false;
            self.wrote_reg.d.next = false;
        }
    }
}
