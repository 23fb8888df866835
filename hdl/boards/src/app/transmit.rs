// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Transmit`]: from the application to a flow's transmit ring.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::host::window;
use syncline_hdl::stream::StreamIn;
use syncline_regs::map;

use super::{AppIn, Phase, Seen, Writing};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    Bytes,
    Doorbell,
    Finish,
}

/// One turn of a flow: up to 64 bytes, or fewer when the next item is another flow's, or none is there, or the ring is full. Drives zeros
/// on its BARs while it does nothing.
#[derive(LogicBlock)]
pub struct Transmit {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Held until `done`, with the flow and what is known of it.
    pub go: Signal<In, Bit>,
    pub flow: Signal<In, Bits<4>>,
    pub seen: Signal<In, Seen>,
    pub phase: Signal<In, Phase>,
    pub writing: Signal<In, Writing>,
    /// One cycle: `after` takes the place of `writing`, ...
    pub done: Signal<Out, Bit>,
    pub after: Signal<Out, Writing>,
    /// ... and the application has said that no more comes.
    pub closes: Signal<Out, Bit>,
    pub bar0: Bar0Out,
    pub bar2: Bar2Out<Bits<64>, Bits<8>>,
    pub inp: StreamIn<AppIn>,
    step: DFF<Step>,
    position: DFF<Bits<32>>,
    count: DFF<Bits<7>>,
    wrote: DFF<Bit>,
    closing: DFF<Bit>,
    /// The application knows the connection, and has not closed it.
    open: DFF<Bit>,
    /// As `open`, and the connection has not died.
    alive: DFF<Bit>,
    /// Bytes in the ring: 4096 at most, its length.
    used: DFF<Bits<13>>,
    item: Signal<Local, AppIn>,
    start: Signal<Local, Bits<32>>,
    mine: Signal<Local, Bit>,
    opens: Signal<Local, Bit>,
    /// A byte goes into the ring.
    live: Signal<Local, Bit>,
    takes: Signal<Local, Bit>,
    octet: Signal<Local, Bits<64>>,
    two: Signal<Local, Bits<64>>,
    four: Signal<Local, Bits<64>>,
    one: Signal<Local, Bits<8>>,
    window: Signal<Local, Bits<24>>,
    offset: Signal<Local, Bits<24>>,
    bell: Signal<Local, Bits<20>>,
}

impl Default for Transmit {
    fn default() -> Self {
        assert_eq!(
            (window::TX, map::DOORBELLS, map::TX_TAIL),
            (0x10_0000, 0x8000, 0),
            "the addresses are in the logic below"
        );
        Self {
            clock: Default::default(),
            reset: Default::default(),
            go: Default::default(),
            flow: Default::default(),
            seen: Default::default(),
            phase: Default::default(),
            writing: Default::default(),
            done: Default::default(),
            after: Default::default(),
            closes: Default::default(),
            bar0: Default::default(),
            bar2: Default::default(),
            inp: Default::default(),
            step: Default::default(),
            position: Default::default(),
            count: Default::default(),
            wrote: Default::default(),
            closing: Default::default(),
            item: Default::default(),
            start: Default::default(),
            mine: Default::default(),
            open: Default::default(),
            opens: Default::default(),
            alive: Default::default(),
            live: Default::default(),
            takes: Default::default(),
            used: Default::default(),
            octet: Default::default(),
            two: Default::default(),
            four: Default::default(),
            one: Default::default(),
            window: Default::default(),
            offset: Default::default(),
            bell: Default::default(),
        }
    }
}

impl Logic for Transmit {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, position, count, wrote, closing, open, alive, used);
        self.done.next = false;
        self.closes.next = false;
        self.after.next.pointer = self.position.q.val();
        self.after.next.shut = self.writing.val().shut | self.closing.q.val();
        self.bar0.addr.next = 0.into();
        self.bar0.wdata.next = 0.into();
        self.bar0.write.next = false;
        self.bar0.read.next = false;
        self.bar2.waddr.next = 0.into();
        self.bar2.wdata.next = 0.into();
        self.bar2.wstrb.next = 0.into();
        self.bar2.wvalid.next = false;
        self.bar2.raddr.next = 0.into();
        self.bar2.rvalid.next = false;

        self.item.next = self.inp.data.val();
        self.start.next = self.writing.val().pointer;
        self.mine.next = self.inp.valid.val()
            & (self.item.val().id == self.flow.val())
            & !self.count.q.val().get_bit(6)
            & !self.closing.q.val();
        self.opens.next = ((self.phase.val() == Phase::Running) | (self.phase.val() == Phase::Ended))
            & !self.writing.val().shut;
        self.live.next = self.alive.q.val() & self.item.val().keep;
        self.takes.next = self.mine.val() & !(self.live.val() & self.used.q.val().get_bit(12));
        self.inp.ready.next = false;

        // The byte stands in every lane, the strobe chooses.
        self.two.next = bit_cast::<64, 8>(self.inp.data.val().data);
        self.four.next = self.two.val() | (self.two.val() << 8);
        self.octet.next = self.four.val() | (self.four.val() << 16);
        self.one.next = 1.into();
        self.window.next = (bit_cast::<24, 4>(self.flow.val()) << 12) | 0x10_0000;
        self.offset.next = bit_cast::<24, 9>(self.position.q.val().get_bits::<9>(3)) << 3;
        self.bell.next = (bit_cast::<20, 4>(self.flow.val()) << 3) | 0x8000;
        match self.step.q.val() {
            Step::Idle => {
                self.position.d.next = self.start.val();
                self.count.d.next = 0.into();
                self.wrote.d.next = false;
                self.closing.d.next = false;
                // What is known of the flow stays as it is during the turn. It comes out of RAM, and what a byte does is decided in
                // one cycle: so all of it that the bytes ask for is worked out here.
                self.open.d.next = self.opens.val();
                self.alive.d.next = self.opens.val() & !self.seen.val().dead;
                self.used.d.next = self.start.val().get_bits::<13>(0) - self.seen.val().snd_una;
                if self.go.val() {
                    self.step.d.next = Step::Bytes;
                }
            }
            Step::Bytes => {
                self.inp.ready.next = self.takes.val();
                if self.takes.val() {
                    self.count.d.next = self.count.q.val() + 1;
                    // What comes behind the end, or for a connection that has died, is of no use to anybody.
                    self.closing.d.next = self.item.val().last & self.open.q.val();
                    if self.live.val() {
                        self.bar2.waddr.next = self.window.val() | self.offset.val();
                        self.bar2.wdata.next = self.octet.val() | (self.octet.val() << 32);
                        self.bar2.wstrb.next = self.one.val() << self.position.q.val().get_bits::<3>(0);
                        self.bar2.wvalid.next = true;
                        self.position.d.next = self.position.q.val() + 1;
                        self.used.d.next = self.used.q.val() + 1;
                        self.wrote.d.next = true;
                    }
                } else {
                    self.step.d.next = Step::Finish;
                    if self.wrote.q.val() {
                        self.step.d.next = Step::Doorbell;
                    }
                }
            }
            Step::Doorbell => {
                self.bar0.addr.next = self.bell.val();
                self.bar0.wdata.next = self.position.q.val();
                self.bar0.write.next = true;
                if self.bar0.ack.val() {
                    self.step.d.next = Step::Finish;
                }
            }
            _ => {
                self.done.next = true;
                self.closes.next = self.closing.q.val();
                self.step.d.next = Step::Idle;
            }
        }
        if self.reset.val() {
            self.step.d.next = Step::Idle;
        }
    }
}
