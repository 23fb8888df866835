// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Receive`]: from a flow's receive ring to the application.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::host::window;
use syncline_hdl::stream::StreamOut;
use syncline_regs::map;

use super::{AppOut, Phase, Reading, Seen};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    /// Asks for eight bytes of the ring.
    Line,
    Await,
    Bytes,
    Doorbell,
}

/// One turn of a flow: its beginning, up to 64 bytes, or its end. Drives zeros on its BARs while it does nothing.
///
/// A turn ends too when the application does not take a byte for eight cycles: it may wait until what it sends is taken.
#[derive(LogicBlock)]
pub struct Receive {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Held until `done`, with the flow and what is known of it.
    pub go: Signal<In, Bit>,
    pub flow: Signal<In, Bits<4>>,
    pub seen: Signal<In, Seen>,
    pub reading: Signal<In, Reading>,
    /// The application takes bytes of this flow.
    pub want: Signal<In, Bit>,
    /// One cycle.
    pub done: Signal<Out, Bit>,
    /// With `done`: `after` takes the place of `reading`, ...
    pub store: Signal<Out, Bit>,
    pub after: Signal<Out, Reading>,
    /// ... and the flow has ended.
    pub ended: Signal<Out, Bit>,
    pub bar0: Bar0Out,
    pub bar2: Bar2Out<Bits<64>, Bits<8>>,
    pub out: StreamOut<AppOut>,
    step: DFF<Step>,
    position: DFF<Bits<32>>,
    count: DFF<Bits<7>>,
    waits: DFF<Bits<3>>,
    line: DFF<Bits<64>>,
    item: DFF<AppOut>,
    full: DFF<Bit>,
    start: Signal<Local, Bits<32>>,
    unread: Signal<Local, Bit>,
    more: Signal<Local, Bit>,
    free: Signal<Local, Bit>,
    shift: Signal<Local, Bits<6>>,
    octet: Signal<Local, Bits<8>>,
    window: Signal<Local, Bits<24>>,
    offset: Signal<Local, Bits<24>>,
    bell: Signal<Local, Bits<20>>,
}

impl Default for Receive {
    fn default() -> Self {
        assert_eq!(
            (window::RX, map::DOORBELLS, map::RX_HEAD),
            (0x20_0000, 0x8000, 4),
            "the addresses are in the logic below"
        );
        Self {
            clock: Default::default(),
            reset: Default::default(),
            go: Default::default(),
            flow: Default::default(),
            seen: Default::default(),
            reading: Default::default(),
            want: Default::default(),
            waits: Default::default(),
            done: Default::default(),
            store: Default::default(),
            after: Default::default(),
            ended: Default::default(),
            bar0: Default::default(),
            bar2: Default::default(),
            out: Default::default(),
            step: Default::default(),
            position: Default::default(),
            count: Default::default(),
            line: Default::default(),
            item: Default::default(),
            full: Default::default(),
            start: Default::default(),
            unread: Default::default(),
            more: Default::default(),
            free: Default::default(),
            shift: Default::default(),
            octet: Default::default(),
            window: Default::default(),
            offset: Default::default(),
            bell: Default::default(),
        }
    }
}

impl Logic for Receive {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, position, count, waits, line, item, full);
        self.done.next = false;
        self.store.next = false;
        self.ended.next = false;
        self.after.next.pointer = self.position.q.val();
        self.after.next.phase = Phase::Running;
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

        // The item that waits for the application.
        self.out.data.next = self.item.q.val();
        self.out.valid.next = self.full.q.val();
        self.free.next = !self.full.q.val() | self.out.ready.val();
        if self.out.ready.val() {
            self.full.d.next = false;
        }

        self.start.next = self.reading.val().pointer;
        self.unread.next = self.seen.val().placed != self.start.val().get_bits::<13>(0);
        self.more.next = (self.seen.val().placed != self.position.q.val().get_bits::<13>(0))
            & !self.count.q.val().get_bit(6);
        self.shift.next = bit_cast::<6, 3>(self.position.q.val().get_bits::<3>(0)) << 3;
        self.octet.next = self.line.q.val().get_bits::<8>(self.shift.val().index());
        self.window.next = (bit_cast::<24, 4>(self.flow.val()) << 12) | 0x20_0000;
        self.offset.next = bit_cast::<24, 9>(self.position.q.val().get_bits::<9>(3)) << 3;
        self.bell.next = (bit_cast::<20, 4>(self.flow.val()) << 3) | 0x8004;
        match self.step.q.val() {
            Step::Idle => {
                self.position.d.next = self.start.val();
                self.count.d.next = 0.into();
                self.waits.d.next = 0.into();
                self.after.next.pointer = self.start.val();
                if self.go.val() {
                    self.done.next = true;
                    if !self.full.q.val() {
                        self.item.d.next.data = 0.into();
                        self.item.d.next.keep = false;
                        self.item.d.next.last = false;
                        self.item.d.next.id = self.flow.val();
                        self.item.d.next.dest = self.seen.val().lport;
                        self.item.d.next.user = false;
                        if self.reading.val().phase == Phase::New {
                            self.full.d.next = true;
                            self.store.next = true;
                        }
                        if self.reading.val().phase == Phase::Running {
                            if self.unread.val() {
                                if self.want.val() {
                                    self.done.next = false;
                                    self.step.d.next = Step::Line;
                                }
                            } else if self.seen.val().fin | self.seen.val().dead {
                                self.item.d.next.last = true;
                                self.item.d.next.user = !self.seen.val().fin;
                                self.full.d.next = true;
                                self.after.next.phase = Phase::Ended;
                                self.store.next = true;
                                self.ended.next = true;
                            }
                        }
                    }
                }
            }
            Step::Line => {
                self.bar2.raddr.next = self.window.val() | self.offset.val();
                self.bar2.rvalid.next = true;
                self.step.d.next = Step::Await;
            }
            Step::Await => {
                self.line.d.next = self.bar2.rdata.val();
                if self.bar2.rdone.val() {
                    self.step.d.next = Step::Bytes;
                }
            }
            Step::Bytes => {
                if !self.more.val() {
                    self.step.d.next = Step::Doorbell;
                } else if self.free.val() {
                    self.waits.d.next = 0.into();
                    self.item.d.next.data = self.octet.val();
                    self.item.d.next.keep = true;
                    self.full.d.next = true;
                    self.position.d.next = self.position.q.val() + 1;
                    self.count.d.next = self.count.q.val() + 1;
                    if self.position.q.val().get_bits::<3>(0).all() {
                        self.step.d.next = Step::Line;
                    }
                } else {
                    self.waits.d.next = self.waits.q.val() + 1;
                    if self.waits.q.val().all() {
                        self.step.d.next = Step::Doorbell;
                    }
                }
            }
            _ => {
                self.bar0.addr.next = self.bell.val();
                self.bar0.wdata.next = self.position.q.val();
                self.bar0.write.next = true;
                if self.bar0.ack.val() {
                    self.store.next = true;
                    self.done.next = true;
                    self.step.d.next = Step::Idle;
                }
            }
        }
        if self.reset.val() {
            self.step.d.next = Step::Idle;
            self.full.d.next = false;
        }
    }
}
