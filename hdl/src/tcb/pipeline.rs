// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stages in a row, without the RAM: a TCB comes in with its event, and [`DEPTH`] cycles later it is written back.

use super::acceptability::Acceptability;
use super::ack::Ack;
use super::congestion::Congestion;
use super::differences::Differences;
use super::fetch::Fetch;
use super::fin_state::FinState;
use super::finish::Finish;
use super::output::Output;
use super::reset_syn::ResetSyn;
use super::rtt::Rtt;
use super::text::Text;
use crate::types::{Config, Event, EventKind, Tcb, TxRequest, Verdict};
use rust_hdl::prelude::*;

/// Cycles from the one in which `valid` is high to the one in which `write_valid` is.
pub const DEPTH: usize = 10;

/// The pipeline. One event a cycle; two events of one flow must be [`DEPTH`] cycles and the RAM's read apart.
#[derive(LogicBlock, Default)]
pub struct Pipeline {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: forgets the events in flight.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time, and `ev` and `tcb` stay as they are until it is through: a constant. The stages then
    /// have registers for what they change alone.
    pub single: Signal<In, Bit>,
    /// The card's addresses and limits.
    pub cfg: Signal<In, Config>,
    /// Time, us.
    pub now: Signal<In, Bits<48>>,
    /// Bytes of a receive (and of a transmit) ring: a constant, a power of two.
    pub ring: Signal<In, Bits<32>>,
    /// There is an event.
    pub valid: Signal<In, Bit>,
    /// The event.
    pub ev: Signal<In, Event>,
    /// The TCB of its flow.
    pub tcb: Signal<In, Tcb>,
    /// Write `write_tcb` to `write_flow` in this cycle; the other outputs of `finish` come one cycle later.
    pub write_valid: Signal<Out, Bit>,
    /// The flow.
    pub write_flow: Signal<Out, Bits<16>>,
    /// Its TCB.
    pub write_tcb: Signal<Out, Tcb>,
    /// `tx` is to be sent.
    pub tx_valid: Signal<Out, Bit>,
    /// A segment to be sent.
    pub tx: Signal<Out, TxRequest>,
    /// `verdict` is valid.
    pub verdict_valid: Signal<Out, Bit>,
    /// What happens to the oldest staged payload, or the start of a flow; in the order of the segments.
    pub verdict: Signal<Out, Verdict>,
    /// Set or clear the timer of `timer_flow`.
    pub timer_valid: Signal<Out, Bit>,
    /// Set; otherwise clear.
    pub timer_set: Signal<Out, Bit>,
    /// The timer's flow.
    pub timer_flow: Signal<Out, Bits<16>>,
    /// The deadline, us.
    pub timer_deadline: Signal<Out, Bits<48>>,
    /// Take `remove_flow` out of the look-up.
    pub remove_valid: Signal<Out, Bit>,
    /// The flow to remove, and the flow to free.
    pub remove_flow: Signal<Out, Bits<16>>,
    /// `remove_flow` returns to the free list (with `remove_valid` or alone).
    pub free_valid: Signal<Out, Bit>,
    /// A flow has left SYN-RECEIVED (passive) in one way or another.
    pub half_open_dec: Signal<Out, Bit>,
    /// The host shall look at `notify_flow`.
    pub notify_valid: Signal<Out, Bit>,
    /// The flow to look at.
    pub notify_flow: Signal<Out, Bits<16>>,
    /// `turn_flow` wants a turn to transmit.
    pub turn_valid: Signal<Out, Bit>,
    /// The flow that wants a turn.
    pub turn_flow: Signal<Out, Bits<16>>,
    /// A command is complete.
    pub done_valid: Signal<Out, Bit>,
    /// It was possible.
    pub done_ok: Signal<Out, Bit>,
    /// Its flow.
    pub done_flow: Signal<Out, Bits<16>>,
    /// The TCB after it.
    pub done_tcb: Signal<Out, Tcb>,
    /// A doorbell carried an impossible pointer, or was for a flow that the host does not own.
    pub bad_doorbell: Signal<Out, Bit>,
    /// The answer to a `Peek`.
    pub peek_valid: Signal<Out, Bit>,
    /// A TCB was written: `done_flow`, `done_tcb`.
    pub wrote: Signal<Out, Bit>,
    /// The flow looked at.
    pub peek_flow: Signal<Out, Bits<16>>,
    /// Its TCB.
    pub peek_tcb: Signal<Out, Tcb>,
    /// Challenge ACK sent (RFC 5961).
    pub stat_challenge_ack: Signal<Out, Bit>,
    /// A segment (SYN, data or FIN) was sent again.
    pub stat_retransmit: Signal<Out, Bit>,
    /// Third duplicate ACK: fast retransmit.
    pub stat_fast_retransmit: Signal<Out, Bit>,
    /// The retransmission timer expired.
    pub stat_timeout: Signal<Out, Bit>,
    /// RST sent.
    pub stat_rst_out: Signal<Out, Bit>,
    /// A received RST ended a connection.
    pub stat_rst_in: Signal<Out, Bit>,
    /// Duplicate ACK received.
    pub stat_dup_ack_in: Signal<Out, Bit>,
    /// A segment came with a hole before it.
    pub stat_out_of_order: Signal<Out, Bit>,
    /// A segment was outside the receive window.
    pub stat_out_of_window: Signal<Out, Bit>,
    /// A segment acknowledged what was never sent, or something too old.
    pub stat_ack_invalid: Signal<Out, Bit>,
    fetch: Fetch,
    differences: Differences,
    acceptability: Acceptability,
    reset_syn: ResetSyn,
    ack: Ack,
    congestion: Congestion,
    rtt: Rtt,
    text: Text,
    fin_state: FinState,
    decide: Output,
    finish: Finish,
    host_or_peer: Signal<Local, Bit>,
}

impl Logic for Pipeline {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        self.fetch.clock.next = self.clock.val();
        self.differences.clock.next = self.clock.val();
        self.acceptability.clock.next = self.clock.val();
        self.reset_syn.clock.next = self.clock.val();
        self.ack.clock.next = self.clock.val();
        self.congestion.clock.next = self.clock.val();
        self.rtt.clock.next = self.clock.val();
        self.text.clock.next = self.clock.val();
        self.fin_state.clock.next = self.clock.val();
        self.decide.clock.next = self.clock.val();
        self.finish.clock.next = self.clock.val();
        self.fetch.reset.next = self.reset.val();
        self.differences.reset.next = self.reset.val();
        self.acceptability.reset.next = self.reset.val();
        self.reset_syn.reset.next = self.reset.val();
        self.ack.reset.next = self.reset.val();
        self.congestion.reset.next = self.reset.val();
        self.text.reset.next = self.reset.val();
        self.fin_state.reset.next = self.reset.val();
        self.decide.reset.next = self.reset.val();
        self.finish.reset.next = self.reset.val();
        self.fetch.single.next = self.single.val();
        self.differences.single.next = self.single.val();
        self.acceptability.single.next = self.single.val();
        self.reset_syn.single.next = self.single.val();
        self.ack.single.next = self.single.val();
        self.congestion.single.next = self.single.val();
        self.text.single.next = self.single.val();
        self.fin_state.single.next = self.single.val();
        self.decide.single.next = self.single.val();
        self.finish.single.next = self.single.val();
        self.differences.cfg.next = self.cfg.val();
        self.congestion.cfg.next = self.cfg.val();
        self.decide.cfg.next = self.cfg.val();
        self.finish.cfg.next = self.cfg.val();
        self.fin_state.ring.next = self.ring.val();
        self.decide.ring.next = self.ring.val();

        self.fetch.valid.next = self.valid.val();
        self.fetch.ev.next = self.ev.val();
        self.fetch.tcb.next = self.tcb.val();
        self.fetch.now.next = self.now.val();
        self.differences.inp.valid.next = self.fetch.out.valid.val();
        self.differences.inp.ev.next = self.fetch.out.ev.val();
        self.differences.inp.tcb.next = self.fetch.out.tcb.val();
        self.differences.inp.work.next = self.fetch.out.work.val();
        self.acceptability.inp.valid.next = self.differences.out.valid.val();
        self.acceptability.inp.ev.next = self.differences.out.ev.val();
        self.acceptability.inp.tcb.next = self.differences.out.tcb.val();
        self.acceptability.inp.work.next = self.differences.out.work.val();
        self.rtt.measured.next = self.differences.out.work.val().rtt;
        self.rtt.srtt.next = self.differences.out.tcb.val().srtt;
        self.rtt.rttvar.next = self.differences.out.tcb.val().rttvar;
        self.reset_syn.inp.valid.next = self.acceptability.out.valid.val();
        self.reset_syn.inp.ev.next = self.acceptability.out.ev.val();
        self.reset_syn.inp.tcb.next = self.acceptability.out.tcb.val();
        self.reset_syn.inp.work.next = self.acceptability.out.work.val();
        self.ack.inp.valid.next = self.reset_syn.out.valid.val();
        self.ack.inp.ev.next = self.reset_syn.out.ev.val();
        self.ack.inp.tcb.next = self.reset_syn.out.tcb.val();
        self.ack.inp.work.next = self.reset_syn.out.work.val();
        self.congestion.inp.valid.next = self.ack.out.valid.val();
        self.congestion.inp.ev.next = self.ack.out.ev.val();
        self.congestion.inp.tcb.next = self.ack.out.tcb.val();
        self.congestion.inp.work.next = self.ack.out.work.val();
        self.congestion.new_srtt.next = self.rtt.new_srtt.val();
        self.congestion.new_rttvar.next = self.rtt.new_rttvar.val();
        self.congestion.estimate.next = self.rtt.estimate.val();
        self.text.inp.valid.next = self.ack.out.valid.val();
        self.text.inp.ev.next = self.ack.out.ev.val();
        self.text.inp.tcb.next = self.ack.out.tcb.val();
        self.text.inp.work.next = self.ack.out.work.val();
        self.text.has_text.next = self.ack.has_text.val();
        self.fin_state.inp.valid.next = self.text.out.valid.val();
        self.fin_state.inp.ev.next = self.text.out.ev.val();
        self.fin_state.inp.tcb.next = self.text.out.tcb.val();
        self.fin_state.inp.work.next = self.text.out.work.val();

        // text and fin_state ran beside congestion: put together what each has changed.
        self.decide.inp.valid.next = self.fin_state.out.valid.val();
        self.decide.inp.ev.next = self.fin_state.out.ev.val();
        self.decide.inp.work.next = self.fin_state.out.work.val();
        self.decide.inp.work.next.retransmit = self.congestion.out.work.val().retransmit;
        self.decide.inp.work.next.probe = self.congestion.out.work.val().probe;
        self.decide.inp.work.next.syn_now = self.congestion.out.work.val().syn_now;
        self.decide.inp.work.next.delete =
            self.fin_state.out.work.val().delete | self.congestion.out.work.val().delete;
        self.decide.inp.work.next.notify =
            self.fin_state.out.work.val().notify | self.congestion.out.work.val().notify;
        self.decide.inp.tcb.next = self.fin_state.out.tcb.val();
        self.decide.inp.tcb.next.snd_nxt = self.congestion.out.tcb.val().snd_nxt;
        self.decide.inp.tcb.next.cwnd = self.congestion.out.tcb.val().cwnd;
        self.decide.inp.tcb.next.ssthresh = self.congestion.out.tcb.val().ssthresh;
        self.decide.inp.tcb.next.bytes_acked = self.congestion.out.tcb.val().bytes_acked;
        self.decide.inp.tcb.next.dup_acks = self.congestion.out.tcb.val().dup_acks;
        self.decide.inp.tcb.next.recovery = self.congestion.out.tcb.val().recovery;
        self.decide.inp.tcb.next.recover = self.congestion.out.tcb.val().recover;
        self.decide.inp.tcb.next.srtt = self.congestion.out.tcb.val().srtt;
        self.decide.inp.tcb.next.rttvar = self.congestion.out.tcb.val().rttvar;
        self.decide.inp.tcb.next.rto = self.congestion.out.tcb.val().rto;
        self.decide.inp.tcb.next.rtt_busy = self.congestion.out.tcb.val().rtt_busy;
        self.decide.inp.tcb.next.retries = self.congestion.out.tcb.val().retries;
        self.decide.ahead.next = self.congestion.ahead.val();
        self.decide.in_flight.next = self.congestion.in_flight.val();
        self.decide.from_una.next = self.congestion.from_una.val();
        self.host_or_peer.next = (self.fin_state.out.ev.val().kind != EventKind::Timer)
            & (self.fin_state.out.ev.val().kind != EventKind::Unreachable);
        if !self.host_or_peer.val() {
            self.decide.inp.tcb.next.reason = self.congestion.out.tcb.val().reason;
        }
        self.finish.inp.valid.next = self.decide.out.valid.val();
        self.finish.inp.ev.next = self.decide.out.ev.val();
        self.finish.inp.tcb.next = self.decide.out.tcb.val();
        self.finish.inp.work.next = self.decide.out.work.val();
        self.finish.turn.next = self.decide.turn.val();
        self.write_valid.next = self.finish.write_valid.val();
        self.write_flow.next = self.decide.out.ev.val().flow;
        self.write_tcb.next = self.finish.write_tcb.val();
        self.tx_valid.next = self.decide.tx_valid.val();
        self.tx.next = self.decide.tx.val();
        self.verdict_valid.next = self.text.verdict_valid.val();
        self.verdict.next = self.text.verdict.val();
        self.timer_valid.next = self.finish.timer_valid.val();
        self.timer_set.next = self.finish.timer_set.val();
        self.timer_flow.next = self.finish.flow.val();
        self.timer_deadline.next = self.finish.timer_deadline.val();
        self.remove_valid.next = self.finish.remove_valid.val();
        self.remove_flow.next = self.finish.flow.val();
        self.free_valid.next = self.finish.free_valid.val();
        self.half_open_dec.next = self.finish.half_open_dec.val();
        self.notify_valid.next = self.finish.notify_valid.val();
        self.notify_flow.next = self.finish.flow.val();
        self.turn_valid.next = self.finish.turn_valid.val();
        self.turn_flow.next = self.finish.flow.val();
        self.done_valid.next = self.finish.done_valid.val();
        self.done_ok.next = self.finish.done_ok.val();
        self.done_flow.next = self.finish.flow.val();
        self.done_tcb.next = self.finish.tcb.val();
        self.bad_doorbell.next = self.finish.bad_doorbell.val();
        self.peek_valid.next = self.finish.peek_valid.val();
        self.wrote.next = self.finish.wrote.val();
        self.peek_flow.next = self.finish.flow.val();
        self.peek_tcb.next = self.finish.tcb.val();
        self.stat_challenge_ack.next = self.reset_syn.stat_challenge_ack.val();
        self.stat_retransmit.next = self.decide.stat_retransmit.val();
        self.stat_fast_retransmit.next = self.congestion.stat_fast_retransmit.val();
        self.stat_timeout.next = self.congestion.stat_timeout.val();
        self.stat_rst_out.next = self.decide.stat_rst_out.val();
        self.stat_rst_in.next = self.reset_syn.stat_rst_in.val();
        self.stat_dup_ack_in.next = self.ack.stat_dup_ack_in.val();
        self.stat_out_of_order.next = self.acceptability.stat_out_of_order.val();
        self.stat_out_of_window.next = self.acceptability.stat_out_of_window.val();
        self.stat_ack_invalid.next = self.ack.stat_ack_invalid.val();
    }
}
