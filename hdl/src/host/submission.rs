// SPDX-License-Identifier: MIT OR Apache-2.0
//! The submission ring: takes one command after the other and writes exactly one completion for each.
//!
//! Only one command is in flight, so the cookie stays here and never travels with an event. A command starts when the completion
//! ring has room for its answer: nothing is overwritten.

use rust_hdl::prelude::*;

use crate::flow::lookup::{ListenRequest, OpenRequest};
use crate::host::snapshot::StateCode;
use crate::stream::StreamOut;
use crate::types::{Config, Event, EventKind, Op, Tcb};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    /// The entry's words come in turn.
    Load,
    Decode,
    /// The look-up has to answer `Open`.
    Open,
    /// The processor has to take the command.
    Send,
    /// ... and answers.
    Await,
    /// The listen bitmap is written.
    Listen,
    Complete,
}

/// `A`: the ring has `2^A` entries of 64 bytes, of which the card keeps the first 32.
#[derive(LogicBlock)]
pub struct Submission<const A: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub cfg: Signal<In, Config>,
    /// The host's write index (doorbell).
    pub tail: Signal<In, Bits<16>>,
    /// The card's read index: the entries before it may be written again.
    pub head: Signal<Out, Bits<16>>,
    /// Number of flows, a power of two, for the check of the flow field.
    pub flows: Signal<In, Bits<16>>,
    pub entry_addr: Signal<Out, Bits<A>>,
    /// Which word of the entry.
    pub entry_word: Signal<Out, Bits<2>>,
    /// The word, one cycle later.
    pub entry: Signal<In, Bits<64>>,

    /// Active open; the look-up answers in the cycle in which it takes the request.
    pub open: StreamOut<OpenRequest>,
    /// With `open.ready`: a flow was allocated and its event is on the way.
    pub open_ok: Signal<In, Bit>,
    /// With `open.ready`: the 4-tuple is in use (neither: no flow is free).
    pub open_in_use: Signal<In, Bit>,
    /// The listen bitmap.
    pub listen: StreamOut<ListenRequest>,

    /// The flow of the command, and whether one of its ring pointers is still on the way: it goes first.
    pub flow_asked: Signal<Out, Bits<16>>,
    pub pointer_pending: Signal<In, Bit>,
    /// Shutdown, Close and Abort for the processor.
    pub event: StreamOut<Event>,
    /// The processor's answer to the command in flight (`Open` too), one cycle.
    pub done_valid: Signal<In, Bit>,
    pub done_ok: Signal<In, Bit>,
    pub done_flow: Signal<In, Bits<16>>,
    pub done_tcb: Signal<In, Tcb>,

    /// The completion ring has room for one more.
    pub room: Signal<In, Bit>,
    /// Write a completion (phase bit zero; the ring sets it), until `completion_stored`.
    pub completion_valid: Signal<Out, Bit>,
    pub completion: Signal<Out, Bits<256>>,
    pub completion_stored: Signal<In, Bit>,
    /// A command is in work or waits.
    pub busy: Signal<Out, Bit>,

    step: DFF<Step>,
    index: DFF<Bits<16>>,
    /// The word that is asked for.
    asked: DFF<Bits<2>>,
    word: DFF<Bits<256>>,
    status: DFF<Bits<8>>,
    flow: DFF<Bits<16>>,
    generation: DFF<Bits<16>>,
    snd_end: DFF<Bits<32>>,
    rcv_nxt: DFF<Bits<32>>,
    /// `pointer_pending`, a cycle later: the processor's `ready` depends on it.
    overtakes: DFF<Bit>,
    blank: Constant<Event>,
    mapped: Constant<Bits<32>>,
    // The entry's fields.
    opcode: Signal<Local, Bits<8>>,
    flags: Signal<Local, Bits<8>>,
    entry_flow: Signal<Local, Bits<16>>,
    lport: Signal<Local, Bits<16>>,
    rport: Signal<Local, Bits<16>>,
    cookie: Signal<Local, Bits<64>>,
    prefix: Signal<Local, Bits<64>>,
    prefix2: Signal<Local, Bits<32>>,
    raddr: Signal<Local, Bits<32>>,
    first: Signal<Local, Bits<8>>,
    // Checks.
    v4: Signal<Local, Bit>,
    mask: Signal<Local, Bits<32>>,
    host_bits: Signal<Local, Bits<32>>,
    has_broadcast: Signal<Local, Bit>,
    on_link: Signal<Local, Bit>,
    bad_address: Signal<Local, Bit>,
    flow_bits: Signal<Local, Bits<16>>,
    no_flow: Signal<Local, Bit>,
    /// Opcodes 2 and 3, and 4 to 6, where the smaller ones have been told.
    listens: Signal<Local, Bit>,
    for_flow: Signal<Local, Bit>,
    tcb: Signal<Local, Tcb>,
    wide_opcode: Signal<Local, Bits<256>>,
    wide_status: Signal<Local, Bits<256>>,
    wide_state: Signal<Local, Bits<256>>,
    state_number: StateCode,
    state: DFF<Bits<4>>,
    wide_flow: Signal<Local, Bits<256>>,
    wide_generation: Signal<Local, Bits<256>>,
    wide_cookie: Signal<Local, Bits<256>>,
    wide_snd_end: Signal<Local, Bits<256>>,
    wide_rcv_nxt: Signal<Local, Bits<256>>,
}

impl<const A: usize> Default for Submission<A> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            cfg: Default::default(),
            tail: Default::default(),
            head: Default::default(),
            flows: Default::default(),
            entry_addr: Default::default(),
            entry_word: Default::default(),
            entry: Default::default(),
            open: Default::default(),
            open_ok: Default::default(),
            open_in_use: Default::default(),
            listen: Default::default(),
            flow_asked: Default::default(),
            pointer_pending: Default::default(),
            event: Default::default(),
            done_valid: Default::default(),
            done_ok: Default::default(),
            done_flow: Default::default(),
            done_tcb: Default::default(),
            room: Default::default(),
            completion_valid: Default::default(),
            completion: Default::default(),
            completion_stored: Default::default(),
            busy: Default::default(),
            step: Default::default(),
            index: Default::default(),
            asked: Default::default(),
            word: Default::default(),
            status: Default::default(),
            flow: Default::default(),
            generation: Default::default(),
            snd_end: Default::default(),
            rcv_nxt: Default::default(),
            overtakes: Default::default(),
            blank: Constant::new(Event::default()),
            mapped: Constant::new(0xffff_0000_u64.into()),
            opcode: Default::default(),
            flags: Default::default(),
            entry_flow: Default::default(),
            lport: Default::default(),
            rport: Default::default(),
            cookie: Default::default(),
            prefix: Default::default(),
            prefix2: Default::default(),
            raddr: Default::default(),
            first: Default::default(),
            v4: Default::default(),
            mask: Default::default(),
            host_bits: Default::default(),
            has_broadcast: Default::default(),
            on_link: Default::default(),
            bad_address: Default::default(),
            flow_bits: Default::default(),
            no_flow: Default::default(),
            listens: Default::default(),
            for_flow: Default::default(),
            tcb: Default::default(),
            wide_opcode: Default::default(),
            wide_status: Default::default(),
            wide_state: Default::default(),
            state_number: Default::default(),
            state: Default::default(),
            wide_flow: Default::default(),
            wide_generation: Default::default(),
            wide_cookie: Default::default(),
            wide_snd_end: Default::default(),
            wide_rcv_nxt: Default::default(),
        }
    }
}

impl<const A: usize> Logic for Submission<A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, step, index, asked, word, status, flow, state, generation, snd_end, rcv_nxt,
            overtakes
        );
        self.head.next = self.index.q.val();
        self.entry_addr.next = self.index.q.val().get_bits::<A>(0);
        self.entry_word.next = self.asked.q.val();

        // Little-endian entry: opcode, flags, flow; lport, rport; cookie; 16 address bytes in network order.
        self.opcode.next = self.word.q.val().get_bits::<8>(0);
        self.flags.next = self.word.q.val().get_bits::<8>(8);
        self.entry_flow.next = self.word.q.val().get_bits::<16>(16);
        self.lport.next = self.word.q.val().get_bits::<16>(32);
        self.rport.next = self.word.q.val().get_bits::<16>(48);
        self.cookie.next = self.word.q.val().get_bits::<64>(64);
        self.prefix.next = self.word.q.val().get_bits::<64>(128);
        self.prefix2.next = self.word.q.val().get_bits::<32>(192);
        self.raddr.next = (bit_cast::<32, 8>(self.word.q.val().get_bits::<8>(224)) << 24)
            | (bit_cast::<32, 8>(self.word.q.val().get_bits::<8>(232)) << 16)
            | (bit_cast::<32, 8>(self.word.q.val().get_bits::<8>(240)) << 8)
            | bit_cast::<32, 8>(self.word.q.val().get_bits::<8>(248));

        // RFC 9293 MUST-46: no broadcast, multicast or otherwise impossible peer.
        self.first.next = self.raddr.val().get_bits::<8>(24);
        self.v4.next = !self.prefix.val().any() & (self.prefix2.val() == self.mapped.val());
        self.mask.next = self.cfg.val().mask;
        self.host_bits.next = self.raddr.val() | self.mask.val();
        // RFC 3021: networks of one and two addresses have no broadcast address.
        self.has_broadcast.next = !self.mask.val().get_bits::<2>(0).any();
        self.on_link.next =
            (self.raddr.val() & self.cfg.val().mask) == (self.cfg.val().addr & self.cfg.val().mask);
        self.bad_address.next = !self.v4.val()
            | self.first.val().get_bits::<3>(5).all()
            | (self.first.val() == 0)
            | (self.first.val() == 127)
            | (self.raddr.val() == self.cfg.val().addr)
            | (self.on_link.val() & self.has_broadcast.val() & self.host_bits.val().all())
            | !self.rport.val().any()
            | !self.lport.val().any();

        self.open.valid.next = false;
        self.open.data.next.raddr = self.raddr.val();
        self.open.data.next.rport = self.rport.val();
        self.open.data.next.lport = self.lport.val();
        self.open.data.next.nodelay = self.flags.val().get_bit(0);
        self.listen.valid.next = false;
        self.listen.data.next.port = self.lport.val();
        self.listen.data.next.on = self.opcode.val() == 2;
        self.flow_asked.next = self.entry_flow.val();
        self.flow_bits.next = self.flows.val() - 1;
        self.no_flow.next = (self.entry_flow.val() & !self.flow_bits.val()).any();
        // Comparisons with what is no power of two would be carry chains in front of the step.
        self.listens.next = !self.opcode.val().get_bits::<6>(2).any();
        self.for_flow.next =
            !self.opcode.val().get_bits::<5>(3).any() & !self.opcode.val().get_bits::<3>(0).all();
        self.overtakes.d.next = self.pointer_pending.val();
        self.event.valid.next = false;
        self.event.data.next = self.blank.val();
        self.event.data.next.kind = EventKind::Command;
        self.event.data.next.hit = true;
        self.event.data.next.flow = self.entry_flow.val();
        self.event.data.next.isn = bit_cast::<32, 16>(self.lport.val()); // the generation stands in the place of `lport`
        self.event.data.next.op = Op::Shutdown;
        if self.opcode.val() == 5 {
            self.event.data.next.op = Op::Close;
        }
        if self.opcode.val() == 6 {
            self.event.data.next.op = Op::Abort;
        }

        self.tcb.next = self.done_tcb.val();
        self.state_number.state.next = self.tcb.val().state;
        self.wide_state.next = bit_cast::<256, 4>(self.state.q.val());
        self.wide_opcode.next = bit_cast::<256, 8>(self.opcode.val());
        self.wide_status.next = bit_cast::<256, 8>(self.status.q.val());
        self.wide_flow.next = bit_cast::<256, 16>(self.flow.q.val());
        self.wide_generation.next = bit_cast::<256, 16>(self.generation.q.val());
        self.wide_cookie.next = bit_cast::<256, 64>(self.cookie.val());
        self.wide_snd_end.next = bit_cast::<256, 32>(self.snd_end.q.val());
        self.wide_rcv_nxt.next = bit_cast::<256, 32>(self.rcv_nxt.q.val());
        self.completion_valid.next = false;
        self.completion.next = self.wide_opcode.val()
            | (self.wide_status.val() << 8)
            | (self.wide_state.val() << 16)
            | (self.wide_flow.val() << 32)
            | (self.wide_generation.val() << 48)
            | (self.wide_cookie.val() << 64)
            | (self.wide_snd_end.val() << 128)
            | (self.wide_rcv_nxt.val() << 160);

        match self.step.q.val() {
            Step::Idle => {
                self.status.d.next = 0.into();
                self.flow.d.next = 0.into();
                self.state.d.next = 0.into();
                self.generation.d.next = 0.into();
                self.snd_end.d.next = 0.into();
                self.rcv_nxt.d.next = 0.into();
                if (self.index.q.val() != self.tail.val()) & self.room.val() {
                    self.step.d.next = Step::Load;
                    self.asked.d.next = 1.into();
                }
            }
            Step::Load => {
                self.word.d.next = (self.word.q.val() >> 64) | (bit_cast::<256, 64>(self.entry.val()) << 192);
                self.asked.d.next = self.asked.q.val() + 1;
                // The last word has been asked for in the cycle before.
                if !self.asked.q.val().any() {
                    self.asked.d.next = 0.into();
                    self.step.d.next = Step::Decode;
                }
            }
            Step::Decode => {
                self.step.d.next = Step::Complete;
                self.flow.d.next = self.entry_flow.val();
                if self.opcode.val() == 0 {
                    self.flow.d.next = 0.into();
                } else if !self.cfg.val().enable {
                    self.status.d.next = 7.into();
                } else if self.opcode.val() == 1 {
                    if self.bad_address.val() {
                        self.status.d.next = 6.into();
                    } else {
                        self.step.d.next = Step::Open;
                    }
                } else if self.listens.val() {
                    self.step.d.next = Step::Listen;
                    if !self.lport.val().any() {
                        self.status.d.next = 6.into();
                        self.step.d.next = Step::Complete;
                    }
                } else if self.for_flow.val() {
                    if self.no_flow.val() {
                        self.status.d.next = 2.into();
                    } else {
                        self.step.d.next = Step::Send;
                    }
                } else {
                    self.status.d.next = 1.into();
                }
            }
            Step::Open => {
                self.open.valid.next = true;
                if self.open.ready.val() {
                    self.step.d.next = Step::Complete;
                    self.status.d.next = 5.into();
                    if self.open_in_use.val() {
                        self.status.d.next = 4.into();
                    }
                    if self.open_ok.val() {
                        self.status.d.next = 0.into();
                        self.step.d.next = Step::Await;
                    }
                }
            }
            Step::Send => {
                // Of this flow since `Decode`.
                self.event.valid.next = !self.overtakes.q.val();
                if self.event.ready.val() & !self.overtakes.q.val() {
                    self.step.d.next = Step::Await;
                }
            }
            Step::Await => {
                if self.done_valid.val() {
                    self.step.d.next = Step::Complete;
                    self.flow.d.next = self.done_flow.val();
                    self.state.d.next = self.state_number.code.val();
                    self.generation.d.next = self.tcb.val().generation;
                    self.snd_end.d.next = self.tcb.val().snd_end;
                    self.rcv_nxt.d.next = self.tcb.val().rcv_nxt;
                    if !self.done_ok.val() {
                        self.status.d.next = 3.into();
                        if !self.tcb.val().owned | (self.tcb.val().generation != self.lport.val()) {
                            self.status.d.next = 2.into();
                        }
                    }
                }
            }
            Step::Listen => {
                self.listen.valid.next = true;
                if self.listen.ready.val() {
                    self.step.d.next = Step::Complete;
                }
            }
            _ => {
                self.completion_valid.next = true;
                if self.completion_stored.val() {
                    self.index.d.next = self.index.q.val() + 1;
                    self.step.d.next = Step::Idle;
                }
            }
        }
        self.busy.next =
            (self.step.q.val() != Step::Idle) | ((self.index.q.val() != self.tail.val()) & self.room.val());
        if self.reset.val() {
            self.step.d.next = Step::Idle;
            self.index.d.next = 0.into();
            self.asked.d.next = 0.into();
        }
    }
}

#[cfg(test)]
#[path = "tests/submission.rs"]
mod tests;
