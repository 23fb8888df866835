// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Agent`]: the application port, at the place of a host.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::params::CORE64;
use syncline_hdl::ram::Lutram;
use syncline_hdl::stream::small_fifo::SmallFifo;
use syncline_hdl::stream::{StreamIn, StreamOut};

use super::commands::Commands;
use super::events::EventPoller;
use super::receive::Receive;
use super::start::Start;
use super::transmit::Transmit;
use super::{AppIn, AppOut, Phase, Reading, Seen, Writing};

/// Whose turn it is.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Turn {
    /// Nobody's: what is known of the flows is cleared.
    Sweep,
    Start,
    Events,
    Choose,
    Transmit,
    Receive,
    /// After a turn of a flow: what follows from it.
    Settle,
    Command,
}

/// For a core with up to 16 flows, rings of 4096 bytes and of 32 entries.
#[derive(LogicBlock)]
pub struct Agent {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Own addresses and the seed of the initial sequence numbers: see [`Start`].
    pub mac: Signal<In, Bits<48>>,
    pub addr: Signal<In, Bits<32>>,
    pub mask: Signal<In, Bits<32>>,
    pub gateway: Signal<In, Bits<32>>,
    pub seed: Signal<In, Bits<32>>,
    pub bar0: Bar0Out,
    pub bar2: Bar2Out<Bits<64>, Bits<8>>,
    /// To the application.
    pub out: StreamOut<AppOut>,
    /// A bit a connection: the application takes bytes of it now. Its beginning and its end come in any case.
    pub want: Signal<In, Bits<16>>,
    /// From the application.
    pub inp: StreamIn<AppIn>,
    /// A bit a connection: its transmit ring has room. 128 bytes more may be sent after it has fallen.
    pub room: Signal<Out, Bits<16>>,
    start: Start,
    events: EventPoller,
    receive: Receive,
    transmit: Transmit,
    commands: Commands,
    queue: SmallFifo<AppIn, 5, 6>,
    seen: Lutram<Seen, 4>,
    reading: Lutram<Reading, 4>,
    writing: Lutram<Writing, 4>,
    turn: DFF<Turn>,
    flow: DFF<Bits<4>>,
    /// The flow whose turn to receive is next.
    next_flow: DFF<Bits<4>>,
    /// The turn before was one to send.
    sent: DFF<Bit>,
    /// The turn before found something to do.
    worked: DFF<Bit>,
    /// Turns of the same flow to receive, one after the other: looking for another takes longer than a turn.
    again: DFF<Bits<2>>,
    closing: DFF<Bit>,
    rooms: DFF<Bits<16>>,
    /// An access has ended in the cycle before: the registers want a pause.
    pause: DFF<Bit>,
    index: Signal<Local, Bits<4>>,
    know: Signal<Local, Seen>,
    read: Signal<Local, Reading>,
    write: Signal<Local, Writing>,
    head: Signal<Local, AppIn>,
    used: Signal<Local, Bits<13>>,
    pointer: Signal<Local, Bits<32>>,
    near: Signal<Local, Bit>,
    alive: Signal<Local, Bit>,
    mine: Signal<Local, Bits<16>>,
    shut_ended: Signal<Local, Bit>,
    one: Constant<Bits<16>>,
    blank: Constant<Seen>,
}

impl Agent {
    /// Listens on `ports`.
    ///
    /// # Panics
    /// As [`Start::new`].
    pub fn new(ports: &[u16]) -> Self {
        assert_eq!(
            (CORE64.flow_bits, CORE64.ring_bits, CORE64.entry_bits),
            (4, 12, 5),
            "the port is for cores of other sizes"
        );
        Self {
            start: Start::new(ports),
            one: Constant::new(1.into()),
            blank: Constant::new(Seen::default()),
            clock: Default::default(),
            reset: Default::default(),
            mac: Default::default(),
            addr: Default::default(),
            mask: Default::default(),
            gateway: Default::default(),
            seed: Default::default(),
            bar0: Default::default(),
            bar2: Default::default(),
            out: Default::default(),
            want: Default::default(),
            inp: Default::default(),
            room: Default::default(),
            events: Default::default(),
            receive: Default::default(),
            transmit: Default::default(),
            commands: Default::default(),
            queue: Default::default(),
            seen: Default::default(),
            reading: Default::default(),
            writing: Default::default(),
            turn: Default::default(),
            flow: Default::default(),
            next_flow: Default::default(),
            sent: Default::default(),
            worked: Default::default(),
            again: Default::default(),
            closing: Default::default(),
            rooms: Default::default(),
            pause: Default::default(),
            index: Default::default(),
            know: Default::default(),
            read: Default::default(),
            write: Default::default(),
            head: Default::default(),
            used: Default::default(),
            pointer: Default::default(),
            near: Default::default(),
            alive: Default::default(),
            mine: Default::default(),
            shut_ended: Default::default(),
        }
    }
}

impl Logic for Agent {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, turn, flow, next_flow, sent, worked, again, closing, rooms, pause);
        clock!(self, clock, start, events, receive, transmit, commands, queue, seen, reading, writing);
        self.start.reset.next = self.reset.val();
        self.events.reset.next = self.reset.val();
        self.receive.reset.next = self.reset.val();
        self.transmit.reset.next = self.reset.val();
        self.commands.reset.next = self.reset.val();
        self.queue.reset.next = self.reset.val();
        self.start.mac.next = self.mac.val();
        self.start.addr.next = self.addr.val();
        self.start.mask.next = self.mask.val();
        self.start.gateway.next = self.gateway.val();
        self.start.seed.next = self.seed.val();

        // The BARs: those whose turn it is not drive zeros.
        self.bar0.addr.next = self.start.bar0.addr.val()
            | self.events.bar0.addr.val()
            | self.receive.bar0.addr.val()
            | self.transmit.bar0.addr.val()
            | self.commands.bar0.addr.val();
        self.bar0.wdata.next = self.start.bar0.wdata.val()
            | self.events.bar0.wdata.val()
            | self.receive.bar0.wdata.val()
            | self.transmit.bar0.wdata.val()
            | self.commands.bar0.wdata.val();
        self.bar0.write.next = (self.start.bar0.write.val()
            | self.events.bar0.write.val()
            | self.receive.bar0.write.val()
            | self.transmit.bar0.write.val()
            | self.commands.bar0.write.val())
            & !self.pause.q.val();
        self.bar0.read.next =
            (self.start.bar0.read.val() | self.commands.bar0.read.val()) & !self.pause.q.val();
        self.pause.d.next = self.bar0.ack.val();
        self.start.bar0.ack.next = self.bar0.ack.val();
        self.events.bar0.ack.next = self.bar0.ack.val();
        self.receive.bar0.ack.next = self.bar0.ack.val();
        self.transmit.bar0.ack.next = self.bar0.ack.val();
        self.commands.bar0.ack.next = self.bar0.ack.val();
        self.start.bar0.rdata.next = self.bar0.rdata.val();
        self.events.bar0.rdata.next = self.bar0.rdata.val();
        self.receive.bar0.rdata.next = self.bar0.rdata.val();
        self.transmit.bar0.rdata.next = self.bar0.rdata.val();
        self.commands.bar0.rdata.next = self.bar0.rdata.val();
        self.bar2.waddr.next = self.transmit.bar2.waddr.val() | self.commands.bar2.waddr.val();
        self.bar2.wdata.next = self.transmit.bar2.wdata.val() | self.commands.bar2.wdata.val();
        self.bar2.wstrb.next = self.transmit.bar2.wstrb.val() | self.commands.bar2.wstrb.val();
        self.bar2.wvalid.next = self.transmit.bar2.wvalid.val() | self.commands.bar2.wvalid.val();
        self.bar2.raddr.next = self.events.bar2.raddr.val() | self.receive.bar2.raddr.val();
        self.bar2.rvalid.next = self.events.bar2.rvalid.val() | self.receive.bar2.rvalid.val();
        self.events.bar2.rdata.next = self.bar2.rdata.val();
        self.events.bar2.rdone.next = self.bar2.rdone.val();
        self.receive.bar2.rdata.next = self.bar2.rdata.val();
        self.receive.bar2.rdone.next = self.bar2.rdone.val();
        self.transmit.bar2.rdata.next = 0.into();
        self.transmit.bar2.rdone.next = false;
        self.commands.bar2.rdata.next = 0.into();
        self.commands.bar2.rdone.next = false;

        // What is known of the flow whose turn it is.
        self.index.next = self.flow.q.val();
        if self.turn.q.val() == Turn::Events {
            self.index.next = self.events.flow.val();
        }
        self.seen.read_addr.next = self.index.val();
        self.seen.write_addr.next = self.index.val();
        self.reading.read_addr.next = self.index.val();
        self.reading.write_addr.next = self.index.val();
        self.writing.read_addr.next = self.index.val();
        self.writing.write_addr.next = self.index.val();
        self.know.next = self.seen.read_data.val();
        self.read.next = self.reading.read_data.val();
        self.write.next = self.writing.read_data.val();
        self.seen.write_data.next = self.events.seen.val();
        self.seen.write_en.next = self.events.store.val();
        self.reading.write_data.next = self.receive.after.val();
        self.reading.write_en.next = self.receive.store.val();
        self.writing.write_data.next = self.transmit.after.val();
        self.writing.write_en.next = self.transmit.done.val();
        if self.events.opened.val() {
            self.reading.write_data.next.pointer = self.events.rcv_user.val();
            self.reading.write_data.next.phase = Phase::New;
            self.reading.write_en.next = true;
            self.writing.write_data.next.pointer = self.events.snd_una.val();
            self.writing.write_data.next.shut = false;
            self.writing.write_en.next = true;
        }

        self.events.old.next = self.know.val();
        self.receive.flow.next = self.flow.q.val();
        self.receive.seen.next = self.know.val();
        self.receive.reading.next = self.read.val();
        self.receive.want.next = self.want.val().get_bit(self.flow.q.val().index());
        self.transmit.flow.next = self.flow.q.val();
        self.transmit.seen.next = self.know.val();
        self.transmit.phase.next = self.read.val().phase;
        self.transmit.writing.next = self.write.val();
        StreamOut::<AppOut>::link(&mut self.out, &mut self.receive.out);
        StreamIn::<AppIn>::link(&mut self.inp, &mut self.queue.inp);
        StreamOut::<AppIn>::join(&mut self.queue.out, &mut self.transmit.inp);
        self.head.next = self.transmit.inp.data.val();

        // Room: more than 256 bytes, less the queue and a turn of 64 that are not counted yet.
        self.pointer.next = self.write.val().pointer;
        self.used.next = self.pointer.val().get_bits::<13>(0) - self.know.val().snd_una;
        self.near.next = self.used.val().get_bit(12) | self.used.val().get_bits::<4>(8).all();
        self.alive.next = ((self.read.val().phase == Phase::Running)
            | (self.read.val().phase == Phase::Ended))
            & !self.write.val().shut;
        self.room.next = self.rooms.q.val();
        self.mine.next = self.one.val() << self.flow.q.val();

        self.start.go.next = false;
        self.start.listening.next = false;
        self.events.go.next = false;
        self.receive.go.next = false;
        self.transmit.go.next = false;
        self.commands.go.next = self.start.listen.val();
        self.commands.flow.next = 0.into();
        self.commands.opcode.next = 2.into();
        self.commands.subject.next = self.start.port.val();
        self.shut_ended.next = self.write.val().shut & (self.read.val().phase == Phase::Ended);
        match self.turn.q.val() {
            Turn::Sweep => {
                self.seen.write_data.next = self.blank.val();
                self.seen.write_en.next = true;
                self.reading.write_data.next.phase = Phase::Free;
                self.reading.write_en.next = true;
                self.flow.d.next = self.flow.q.val() + 1;
                if self.flow.q.val().all() {
                    self.turn.d.next = Turn::Start;
                }
            }
            Turn::Start => {
                self.start.go.next = true;
                self.start.listening.next = self.commands.done.val();
                if self.start.done.val() {
                    self.turn.d.next = Turn::Events;
                }
            }
            Turn::Events => {
                self.events.go.next = true;
                if self.events.done.val() {
                    self.turn.d.next = Turn::Choose;
                }
            }
            Turn::Choose => {
                self.flow.d.next = self.next_flow.q.val();
                self.sent.d.next = false;
                self.turn.d.next = Turn::Receive;
                if self.queue.out.valid.val() & !self.sent.q.val() {
                    self.flow.d.next = self.head.val().id;
                    self.sent.d.next = true;
                    self.turn.d.next = Turn::Transmit;
                }
            }
            Turn::Transmit => {
                self.transmit.go.next = true;
                self.closing.d.next = self.transmit.closes.val();
                if self.transmit.done.val() {
                    self.turn.d.next = Turn::Settle;
                }
            }
            Turn::Receive => {
                self.receive.go.next = true;
                self.closing.d.next = self.receive.ended.val();
                self.worked.d.next = self.receive.store.val();
                if self.receive.done.val() {
                    self.turn.d.next = Turn::Settle;
                    self.again.d.next = self.again.q.val() + 1;
                    if !self.receive.store.val() | self.again.q.val().all() {
                        self.again.d.next = 0.into();
                        self.next_flow.d.next = self.next_flow.q.val() + 1;
                    }
                }
            }
            Turn::Settle => {
                self.rooms.d.next = self.rooms.q.val() & !self.mine.val();
                if self.alive.val() & (self.know.val().dead | !self.near.val()) {
                    self.rooms.d.next = self.rooms.q.val() | self.mine.val();
                }
                // Events are looked for after each turn that did something, and once a round in any case.
                self.turn.d.next = Turn::Events;
                if self.sent.q.val() | (!self.worked.q.val() & self.next_flow.q.val().any()) {
                    self.turn.d.next = Turn::Choose;
                }
                if self.closing.q.val() & self.write.val().shut {
                    self.turn.d.next = Turn::Command;
                }
            }
            // SHUTDOWN when the application ends first; CLOSE when both have ended, so that no unread data makes it a reset.
            _ => {
                self.commands.go.next = true;
                self.commands.flow.next = self.flow.q.val();
                self.commands.opcode.next = 4.into();
                self.commands.subject.next = self.know.val().generation;
                if self.shut_ended.val() {
                    self.commands.opcode.next = 5.into();
                }
                if self.commands.done.val() {
                    self.turn.d.next = Turn::Events;
                    if self.shut_ended.val() {
                        self.reading.write_data.next.phase = Phase::Free;
                        self.reading.write_en.next = true;
                    }
                }
            }
        }
        if self.reset.val() {
            self.turn.d.next = Turn::Sweep;
            self.flow.d.next = 0.into();
            self.rooms.d.next = 0.into();
            self.sent.d.next = false;
        }
    }
}
