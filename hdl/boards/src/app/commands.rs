// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Commands`]: gives the card a command and waits until it is done.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::host::window;
use syncline_regs::map;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    Doorbell,
    Ask,
    Return,
}

/// LISTEN, SHUTDOWN and CLOSE, one at a time; they can't fail for what the agent asks, so nobody looks at the status. Drives zeros on
/// its BARs while it does nothing.
///
/// Of an entry only the first eight bytes are written: the cookie comes back unseen, and only OPEN has an address.
#[derive(LogicBlock)]
pub struct Commands {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Held until `done`, with the rest.
    pub go: Signal<In, Bit>,
    pub opcode: Signal<In, Bits<4>>,
    pub flow: Signal<In, Bits<4>>,
    /// LISTEN: the port. SHUTDOWN, CLOSE: the generation.
    pub subject: Signal<In, Bits<16>>,
    /// One cycle.
    pub done: Signal<Out, Bit>,
    pub bar0: Bar0Out,
    pub bar2: Bar2Out<Bits<64>, Bits<8>>,
    step: DFF<Step>,
    tail: DFF<Bits<16>>,
    place: Signal<Local, Bits<24>>,
    wide_opcode: Signal<Local, Bits<64>>,
    wide_flow: Signal<Local, Bits<64>>,
    wide_subject: Signal<Local, Bits<64>>,
}

impl Default for Commands {
    fn default() -> Self {
        assert_eq!(
            (window::SQ, map::SQ_TAIL, map::CQ_TAIL, map::CQ_HEAD),
            (0, 0x200, 0x20c, 0x208),
            "the addresses are in the logic below"
        );
        Self {
            clock: Default::default(),
            reset: Default::default(),
            go: Default::default(),
            opcode: Default::default(),
            flow: Default::default(),
            subject: Default::default(),
            done: Default::default(),
            bar0: Default::default(),
            bar2: Default::default(),
            step: Default::default(),
            tail: Default::default(),
            place: Default::default(),
            wide_opcode: Default::default(),
            wide_flow: Default::default(),
            wide_subject: Default::default(),
        }
    }
}

impl Logic for Commands {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, tail);
        self.done.next = false;
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
        self.place.next = bit_cast::<24, 5>(self.tail.q.val().get_bits::<5>(0)) << 6;
        self.wide_opcode.next = bit_cast::<64, 4>(self.opcode.val());
        self.wide_flow.next = bit_cast::<64, 4>(self.flow.val());
        self.wide_subject.next = bit_cast::<64, 16>(self.subject.val());
        match self.step.q.val() {
            Step::Idle => {
                if self.go.val() {
                    self.bar2.waddr.next = self.place.val();
                    self.bar2.wdata.next = self.wide_opcode.val()
                        | (self.wide_flow.val() << 16)
                        | (self.wide_subject.val() << 32);
                    self.bar2.wstrb.next = 0xff.into();
                    self.bar2.wvalid.next = true;
                    self.tail.d.next = self.tail.q.val() + 1;
                    self.step.d.next = Step::Doorbell;
                }
            }
            Step::Doorbell => {
                self.bar0.addr.next = 0x200.into();
                self.bar0.wdata.next = bit_cast::<32, 16>(self.tail.q.val());
                self.bar0.write.next = true;
                if self.bar0.ack.val() {
                    self.step.d.next = Step::Ask;
                }
            }
            Step::Ask => {
                self.bar0.addr.next = 0x20c.into();
                self.bar0.read.next = true;
                if self.bar0.ack.val() & (self.bar0.rdata.val().get_bits::<16>(0) == self.tail.q.val()) {
                    self.step.d.next = Step::Return;
                }
            }
            _ => {
                self.bar0.addr.next = 0x208.into();
                self.bar0.wdata.next = bit_cast::<32, 16>(self.tail.q.val());
                self.bar0.write.next = true;
                if self.bar0.ack.val() {
                    self.done.next = true;
                    self.step.d.next = Step::Idle;
                }
            }
        }
        if self.reset.val() {
            self.step.d.next = Step::Idle;
            self.tail.d.next = 0.into();
        }
    }
}
