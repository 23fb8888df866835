// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TCB processor: the pipeline, the scoreboard and the TCB RAM.

use super::pipeline::Pipeline;
use crate::ram::{Bram, Lutram};
use crate::stream::StreamIn;
use crate::sweep::Sweep;
use crate::types::{Config, Event, Tcb, TxRequest, Verdict};
use rust_hdl::prelude::*;

/// The TCB processor for `2^A` flows.
///
/// An event is taken when `room` is high and no event of its flow (`single`: none at all) is in the pipeline. Every output but `ev.ready`, `busy`
/// and `initialising` is a pulse of one cycle with the record beside it; nothing waits for a consumer: `room` says beforehand that
/// there is space for the answers of all events in flight and of one more. An event's outputs come at most 12 cycles after
/// it was taken, the timer's not before the next event of the flow can be taken.
#[derive(LogicBlock, Default)]
pub struct Processor<const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: forgets the events in flight and clears the TCBs.
    pub reset: Signal<In, Bit>,
    /// Only one event is in flight at a time, which saves most of the stages' registers: a constant.
    pub single: Signal<In, Bit>,
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
    /// The TCBs are being cleared after reset (or power-up): no event is taken.
    pub initialising: Signal<Out, Bit>,
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
    sweep: Sweep<A>,
    ram: Bram<Tcb, A>,
    /// The same for `single`: read without a register, as the event in flight keeps its flow's address. Synthesis leaves one of them.
    held: Lutram<Tcb, A>,
    pipeline: Pipeline,
    taken: DFF<Event>,
    // The scoreboard: what is in which stage, and whether it has a flow. The last one gives its outputs.
    here: [DFF<Bit>; 12],
    hits: [DFF<Bit>; 11],
    flows: [DFF<Bits<A>>; 11],
    phases: [DFF<Bit>; 11],
    // A flow has an event in the pipeline when its two bits differ. Each has one writer, so both are RAMs.
    entered: Lutram<Bit, A>,
    left: Lutram<Bit, A>,
    any: [Signal<Local, Bit>; 13],
    same: Signal<Local, Bit>,
    waits: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    flow: Signal<Local, Bits<16>>,
    taken_flow: Signal<Local, Bits<16>>,
    read_flow: Signal<Local, Bits<16>>,
    write_flow: Signal<Local, Bits<16>>,
}

impl<const A: usize> Logic for Processor<A> {
    crate::module_name!();
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        clock!(self, clock, sweep, ram, held, pipeline, entered, left);
        self.flow.next = self.ev.data.val().flow;
        for i in 0..12 {
            self.here[i].clock.next = self.clock.val();
        }
        for i in 0..11 {
            self.hits[i].clock.next = self.clock.val();
            self.flows[i].clock.next = self.clock.val();
            self.phases[i].clock.next = self.clock.val();
        }
        self.hits[0].d.next = self.ev.data.val().hit;
        self.flows[0].d.next = self.flow.val().get_bits::<A>(0);
        self.sweep.reset.next = self.reset.val();
        self.initialising.next = self.sweep.busy.val();

        // Two events of one flow never overlap.
        self.entered.read_addr.next = self.flow.val().get_bits::<A>(0);
        self.left.read_addr.next = self.flow.val().get_bits::<A>(0);
        self.same.next = self.entered.read_data.val() ^ self.left.read_data.val();
        self.any[0].next = false;
        for i in 0..12 {
            self.any[i + 1].next = self.any[i].val() | self.here[i].q.val();
        }
        self.busy.next = self.any[12].val();
        self.waits.next = self.same.val() & self.ev.data.val().hit;
        if self.single.val() {
            self.waits.next = self.any[11].val();
        }
        self.ev.ready.next = self.room.val() & !self.sweep.busy.val() & !self.waits.val();
        self.take.next = self.ev.valid.val() & self.room.val() & !self.sweep.busy.val() & !self.waits.val();
        self.taken.d.next = self.ev.data.val();
        self.read_flow.next = self.flow.val();
        self.taken_flow.next = self.taken.q.val().flow;
        if self.single.val() & !self.take.val() {
            self.taken.d.next = self.taken.q.val();
            self.read_flow.next = self.taken_flow.val();
        }
        self.here[0].d.next = self.take.val();
        for i in 0..11 {
            self.here[i + 1].d.next = self.here[i].q.val();
        }
        for i in 0..10 {
            self.hits[i + 1].d.next = self.hits[i].q.val();
            self.flows[i + 1].d.next = self.flows[i].q.val();
            self.phases[i + 1].d.next = self.phases[i].q.val();
        }
        self.phases[0].d.next = !self.entered.read_data.val();
        self.entered.write_en.next = self.take.val() & self.ev.data.val().hit;
        self.entered.write_addr.next = self.flow.val().get_bits::<A>(0);
        self.entered.write_data.next = !self.entered.read_data.val();
        self.left.write_en.next = self.here[10].q.val() & self.hits[10].q.val();
        self.left.write_addr.next = self.flows[10].q.val();
        self.left.write_data.next = self.phases[10].q.val();
        if self.sweep.busy.val() {
            self.entered.write_en.next = true;
            self.entered.write_addr.next = self.sweep.addr.val();
            self.entered.write_data.next = false;
            self.left.write_en.next = true;
            self.left.write_addr.next = self.sweep.addr.val();
            self.left.write_data.next = false;
        }

        // Cycle 0 reads, cycle 11 writes; a flow can be read again in cycle 12.
        self.ram.read_addr.next = self.read_flow.val().get_bits::<A>(0);
        self.write_flow.next = self.pipeline.write_flow.val();
        self.ram.write_en.next = self.pipeline.write_valid.val() | self.sweep.busy.val();
        self.ram.write_addr.next = self.write_flow.val().get_bits::<A>(0);
        if self.sweep.busy.val() {
            self.ram.write_addr.next = self.sweep.addr.val();
        }
        self.ram.write_data.next = self.pipeline.write_tcb.val();
        self.held.read_addr.next = self.taken_flow.val().get_bits::<A>(0);
        self.held.write_en.next = self.ram.write_en.val();
        self.held.write_addr.next = self.ram.write_addr.val();
        self.held.write_data.next = self.ram.write_data.val();

        self.pipeline.reset.next = self.reset.val() | self.sweep.busy.val();
        self.pipeline.single.next = self.single.val();
        self.pipeline.cfg.next = self.cfg.val();
        self.pipeline.now.next = self.now.val();
        self.pipeline.ring.next = self.ring.val();
        self.pipeline.valid.next = self.here[0].q.val();
        self.pipeline.ev.next = self.taken.q.val();
        self.pipeline.tcb.next = self.ram.read_data.val();
        if self.single.val() {
            self.pipeline.tcb.next = self.held.read_data.val();
        }
        self.tx_valid.next = self.pipeline.tx_valid.val();
        self.tx.next = self.pipeline.tx.val();
        self.verdict_valid.next = self.pipeline.verdict_valid.val();
        self.verdict.next = self.pipeline.verdict.val();
        self.timer_valid.next = self.pipeline.timer_valid.val();
        self.timer_set.next = self.pipeline.timer_set.val();
        self.timer_flow.next = self.pipeline.timer_flow.val();
        self.timer_deadline.next = self.pipeline.timer_deadline.val();
        self.remove_valid.next = self.pipeline.remove_valid.val();
        self.remove_flow.next = self.pipeline.remove_flow.val();
        self.free_valid.next = self.pipeline.free_valid.val();
        self.half_open_dec.next = self.pipeline.half_open_dec.val();
        self.notify_valid.next = self.pipeline.notify_valid.val();
        self.notify_flow.next = self.pipeline.notify_flow.val();
        self.turn_valid.next = self.pipeline.turn_valid.val();
        self.turn_flow.next = self.pipeline.turn_flow.val();
        self.done_valid.next = self.pipeline.done_valid.val();
        self.done_ok.next = self.pipeline.done_ok.val();
        self.done_flow.next = self.pipeline.done_flow.val();
        self.done_tcb.next = self.pipeline.done_tcb.val();
        self.bad_doorbell.next = self.pipeline.bad_doorbell.val();
        self.peek_valid.next = self.pipeline.peek_valid.val();
        self.wrote.next = self.pipeline.wrote.val();
        self.peek_flow.next = self.pipeline.peek_flow.val();
        self.peek_tcb.next = self.pipeline.peek_tcb.val();
        self.stat_challenge_ack.next = self.pipeline.stat_challenge_ack.val();
        self.stat_retransmit.next = self.pipeline.stat_retransmit.val();
        self.stat_fast_retransmit.next = self.pipeline.stat_fast_retransmit.val();
        self.stat_timeout.next = self.pipeline.stat_timeout.val();
        self.stat_rst_out.next = self.pipeline.stat_rst_out.val();
        self.stat_rst_in.next = self.pipeline.stat_rst_in.val();
        self.stat_dup_ack_in.next = self.pipeline.stat_dup_ack_in.val();
        self.stat_out_of_order.next = self.pipeline.stat_out_of_order.val();
        self.stat_out_of_window.next = self.pipeline.stat_out_of_window.val();
        self.stat_ack_invalid.next = self.pipeline.stat_ack_invalid.val();
        if self.reset.val() {
            for i in 0..12 {
                self.here[i].d.next = false;
            }
        }
    }
}
