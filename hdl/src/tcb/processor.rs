// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TCB processor: the pipeline of the stages, the scoreboard and the TCB RAM.

use crate::stream::StreamIn;
use crate::types::{Config, Event, Tcb, TxRequest, Verdict};
use rust_hdl::prelude::*;

/// The TCB processor for `2^A` flows.
///
/// An event is taken when `room` is high and no event of its flow is in the pipeline. Every output but `ev.ready` and
/// `busy` is a pulse of one cycle with the record beside it; nothing waits for a consumer: `room` says beforehand that
/// there is space for the answers of all events in flight and of one more.
#[derive(LogicBlock, Default)]
pub struct Processor<const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: forgets the events in flight, not the TCBs.
    pub reset: Signal<In, Bit>,
    /// The card's addresses and limits.
    pub cfg: Signal<In, Config>,
    /// Time, us.
    pub now: Signal<In, Bits<48>>,
    /// Bytes of a receive (and of a transmit) ring: a constant, a power of two.
    pub ring: Signal<In, Bits<32>>,
    /// Events.
    pub ev: StreamIn<Event>,
    /// All output queues have room for every event in flight and one more.
    pub room: Signal<In, Bit>,
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
    /// The flow looked at.
    pub peek_flow: Signal<Out, Bits<16>>,
    /// Its TCB.
    pub peek_tcb: Signal<Out, Tcb>,
    /// An event is in the pipeline, or its outputs are being given.
    pub busy: Signal<Out, Bit>,
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
    tx_reg: DFF<TxRequest>,
    verdict_reg: DFF<Verdict>,
    tcb_reg: DFF<Tcb>,
}

impl<const A: usize> Logic for Processor<A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, tx_reg, verdict_reg, tcb_reg);
        self.ev.ready.next = self.room.val() & !self.reset.val();
        self.tx_valid.next = false;
        self.tx.next = self.tx_reg.q.val();
        self.verdict_valid.next = false;
        self.verdict.next = self.verdict_reg.q.val();
        self.timer_valid.next = false;
        self.timer_set.next = false;
        self.timer_flow.next = 0.into();
        self.timer_deadline.next = 0.into();
        self.remove_valid.next = false;
        self.remove_flow.next = 0.into();
        self.free_valid.next = false;
        self.half_open_dec.next = false;
        self.notify_valid.next = false;
        self.notify_flow.next = 0.into();
        self.turn_valid.next = false;
        self.turn_flow.next = 0.into();
        self.done_valid.next = false;
        self.done_ok.next = false;
        self.done_flow.next = 0.into();
        self.done_tcb.next = self.tcb_reg.q.val();
        self.bad_doorbell.next = false;
        self.peek_valid.next = false;
        self.peek_flow.next = 0.into();
        self.peek_tcb.next = self.tcb_reg.q.val();
        self.busy.next = false;
        self.stat_challenge_ack.next = false;
        self.stat_retransmit.next = false;
        self.stat_fast_retransmit.next = false;
        self.stat_timeout.next = false;
        self.stat_rst_out.next = false;
        self.stat_rst_in.next = false;
        self.stat_dup_ack_in.next = false;
        self.stat_out_of_order.next = false;
        self.stat_out_of_window.next = false;
        self.stat_ack_invalid.next = false;
    }
}
