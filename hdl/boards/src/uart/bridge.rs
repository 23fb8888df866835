// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`UartBridge`]: from frames of bytes to accesses of BAR0 and BAR2 (`docs/registers.md`, "Over a UART").

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::{Bar0Out, Bar2Out};
use syncline_hdl::stream::{StreamIn, StreamOut};
use syncline_regs::uart;

/// Where in a frame.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Command,
    Count,
    Address,
    Data,
    Write,
    Read,
    /// Waits for the window's answer.
    Window,
    Reply,
}

/// Bits of the count of cycles after which a frame is stalled.
const STALL_BITS: usize = 28;

/// Carries out one frame after the other, the master of the core's BAR ports.
///
/// BAR0: `write` or `read` is held until `ack` and away for the cycles of at least one byte afterwards. BAR2: a write is one cycle and is
/// always taken; one read is under way at a time. Two words of an incrementing write that make an aligned 64-bit word become one
/// write, because the submission ring takes no less, with the second of them. In reset it drives zeros, so that another host may have
/// the core.
#[derive(LogicBlock)]
pub struct UartBridge {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Bytes from the host; waits while a word is carried out or answered.
    pub inp: StreamIn<Bits<8>>,
    /// Bytes to the host.
    pub out: StreamOut<Bits<8>>,
    pub bar0: Bar0Out,
    pub bar2: Bar2Out<Bits<64>, Bits<8>>,
    /// The line's own counters: `line_value` belongs to `line_index` in the same cycle.
    pub line_index: Signal<Out, Bits<2>>,
    pub line_value: Signal<In, Bits<16>>,
    /// For one cycle: the next byte, or the core's answer, did not come for too long; the frame is forgotten.
    pub stalled: Signal<Out, Bit>,
    /// For one cycle: a byte that is no command was ignored.
    pub unknown: Signal<Out, Bit>,

    step: DFF<Step>,
    reads: DFF<Bit>,
    increments: DFF<Bit>,
    by_strobes: DFF<Bit>,
    strobes: DFF<Bits<4>>,
    count: DFF<Bits<8>>,
    /// Bytes of the address or of the word so far.
    place: DFF<Bits<2>>,
    address: DFF<Bits<30>>,
    word: DFF<Bits<32>>,
    /// The lower half of a 64-bit word whose upper half is to come.
    low: DFF<Bits<32>>,
    held: DFF<Bit>,
    quiet: DFF<Bits<STALL_BITS>>,

    command: Signal<Local, Bits<8>>,
    takes: Signal<Local, Bit>,
    taken: Signal<Local, Bit>,
    /// It may take any time.
    patient: Signal<Local, Bit>,
    done: Signal<Local, Bit>,
    last: Signal<Local, Bit>,
    page: Signal<Local, Bits<8>>,
    in_bar0: Signal<Local, Bit>,
    in_bar2: Signal<Local, Bit>,
    in_line: Signal<Local, Bit>,
    upper: Signal<Local, Bit>,
    hold: Signal<Local, Bit>,
    whole: Signal<Local, Bit>,
    /// `(word << 8) | byte`.
    grown: Signal<Local, Bits<32>>,
    address_grown: Signal<Local, Bits<30>>,
    beat_address: Signal<Local, Bits<24>>,
    lanes: Signal<Local, Bits<8>>,
    lower_half: Signal<Local, Bits<32>>,
    stall: Constant<Bits<STALL_BITS>>,
    bar0_page: Constant<Bits<8>>,
    bar2_page: Constant<Bits<8>>,
    line_page: Constant<Bits<8>>,
}

impl UartBridge {
    /// `stall_cycles`: clock cycles without a byte from the host, or an answer from the core, after which a frame is forgotten.
    ///
    /// # Panics
    /// When that is 0 or does not fit into 28 bits.
    pub fn new(stall_cycles: u32) -> Self {
        assert!(
            (1..1 << STALL_BITS).contains(&stall_cycles),
            "a frame can't stall for {stall_cycles} cycles"
        );
        let commands = [uart::WRITE, uart::READ, uart::WRITE_FIXED, uart::READ_FIXED, uart::WRITE_BYTES];
        assert_eq!(commands, [1, 2, 3, 4, 5], "the commands are decoded by number below");
        assert_eq!(
            (uart::SPACE_BITS, syncline_regs::BAR0_BITS),
            (24, 20),
            "the addresses are decoded at these bits"
        );
        let page = |at: u32| Constant::new(u64::from(at >> uart::SPACE_BITS).into());
        Self {
            stall: Constant::new(u64::from(stall_cycles).into()),
            bar0_page: page(uart::BAR0_AT),
            bar2_page: page(uart::BAR2_AT),
            line_page: page(uart::LINE_AT),
            clock: Default::default(),
            reset: Default::default(),
            inp: Default::default(),
            out: Default::default(),
            bar0: Default::default(),
            bar2: Default::default(),
            line_index: Default::default(),
            line_value: Default::default(),
            stalled: Default::default(),
            unknown: Default::default(),
            step: Default::default(),
            reads: Default::default(),
            increments: Default::default(),
            by_strobes: Default::default(),
            strobes: Default::default(),
            count: Default::default(),
            place: Default::default(),
            address: Default::default(),
            word: Default::default(),
            low: Default::default(),
            held: Default::default(),
            quiet: Default::default(),
            command: Default::default(),
            takes: Default::default(),
            taken: Default::default(),
            patient: Default::default(),
            done: Default::default(),
            last: Default::default(),
            page: Default::default(),
            in_bar0: Default::default(),
            in_bar2: Default::default(),
            in_line: Default::default(),
            upper: Default::default(),
            hold: Default::default(),
            whole: Default::default(),
            grown: Default::default(),
            address_grown: Default::default(),
            beat_address: Default::default(),
            lanes: Default::default(),
            lower_half: Default::default(),
        }
    }
}

impl Logic for UartBridge {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, step, reads, increments, by_strobes, strobes, count, place, address, word, low,
            held, quiet
        );
        self.command.next = self.inp.data.val();
        self.grown.next = (self.word.q.val() << 8) | bit_cast::<32, 8>(self.command.val());
        self.address_grown.next = (self.address.q.val() << 8) | bit_cast::<30, 8>(self.command.val());

        // Where the word is.
        self.page.next = self.address.q.val().get_bits::<8>(22);
        self.in_bar0.next =
            (self.page.val() == self.bar0_page.val()) & (self.address.q.val().get_bits::<4>(18) == 0);
        self.in_bar2.next = self.page.val() == self.bar2_page.val();
        self.in_line.next =
            (self.page.val() == self.line_page.val()) & (self.address.q.val().get_bits::<20>(2) == 0);
        self.upper.next = self.address.q.val().get_bit(0);
        self.last.next = self.count.q.val() == 1;
        self.whole.next = self.strobes.q.val().all();
        self.hold.next = self.in_bar2.val() & self.increments.q.val() & !self.upper.val() & !self.last.val();

        // BAR0, and the line's counters.
        self.bar0.addr.next = bit_cast::<20, 18>(self.address.q.val().get_bits::<18>(0)) << 2;
        self.bar0.wdata.next = self.word.q.val();
        self.bar0.write.next = false;
        self.bar0.read.next = false;
        self.line_index.next = self.address.q.val().get_bits::<2>(0);

        // BAR2: the word stands in both halves, the strobes choose.
        self.beat_address.next = bit_cast::<24, 21>(self.address.q.val().get_bits::<21>(1)) << 3;
        self.bar2.waddr.next = self.beat_address.val();
        self.bar2.raddr.next = self.beat_address.val();
        self.lower_half.next = self.word.q.val();
        self.lanes.next = bit_cast::<8, 4>(self.strobes.q.val());
        if self.upper.val() {
            self.lanes.next = bit_cast::<8, 4>(self.strobes.q.val()) << 4;
        }
        if self.held.q.val() {
            self.lower_half.next = self.low.q.val();
            self.lanes.next = 0xff.into();
        }
        self.bar2.wdata.next =
            bit_cast::<64, 32>(self.lower_half.val()) | (bit_cast::<64, 32>(self.word.q.val()) << 32);
        self.bar2.wstrb.next = self.lanes.val();
        self.bar2.wvalid.next = false;
        self.bar2.rvalid.next = false;

        self.out.data.next = self.word.q.val().get_bits::<8>(24);
        self.out.valid.next = false;
        self.unknown.next = false;
        self.takes.next = false;
        self.patient.next = false;
        // A word is written or answered.
        self.done.next = false;

        match self.step.q.val() {
            Step::Command => {
                self.takes.next = true;
                self.patient.next = true;
                self.place.d.next = 0.into();
                self.strobes.d.next = 0xf.into();
                self.held.d.next = false;
                self.reads.d.next = (self.command.val() == 2) | (self.command.val() == 4);
                self.increments.d.next = self.command.val() < 3;
                self.by_strobes.d.next = self.command.val() == 5;
                if self.inp.valid.val() {
                    if (self.command.val() == 0) | (self.command.val() > 5) {
                        self.unknown.next = true;
                    } else {
                        self.step.d.next = Step::Count;
                    }
                }
            }
            Step::Count => {
                self.takes.next = true;
                self.count.d.next = self.command.val();
                if self.by_strobes.q.val() {
                    self.count.d.next = 1.into();
                    self.strobes.d.next = self.command.val().get_bits::<4>(0);
                }
                if self.inp.valid.val() {
                    self.step.d.next = Step::Address;
                }
            }
            Step::Address => {
                self.takes.next = true;
                if self.inp.valid.val() {
                    self.address.d.next = self.address_grown.val();
                    self.place.d.next = self.place.q.val() + 1;
                    if self.place.q.val() == 3 {
                        self.step.d.next = Step::Data;
                        if self.reads.q.val() {
                            self.step.d.next = Step::Read;
                        }
                        if self.count.q.val() == 0 {
                            self.step.d.next = Step::Command;
                        }
                    }
                }
            }
            Step::Data => {
                self.takes.next = true;
                if self.inp.valid.val() {
                    self.word.d.next = self.grown.val();
                    self.place.d.next = self.place.q.val() + 1;
                    if self.place.q.val() == 3 {
                        self.step.d.next = Step::Write;
                    }
                }
            }
            Step::Write => {
                self.done.next = true;
                if self.in_bar0.val() & self.whole.val() {
                    self.bar0.write.next = true;
                    self.done.next = self.bar0.ack.val();
                }
                self.held.d.next = self.hold.val();
                self.low.d.next = self.word.q.val();
                self.bar2.wvalid.next = self.in_bar2.val() & !self.hold.val();
            }
            Step::Read => {
                self.word.d.next = 0.into();
                self.step.d.next = Step::Reply;
                if self.in_line.val() {
                    self.word.d.next = bit_cast::<32, 16>(self.line_value.val());
                }
                if self.in_bar0.val() {
                    self.bar0.read.next = true;
                    self.word.d.next = self.bar0.rdata.val();
                    if !self.bar0.ack.val() {
                        self.step.d.next = Step::Read;
                    }
                }
                if self.in_bar2.val() {
                    self.bar2.rvalid.next = true;
                    self.step.d.next = Step::Window;
                }
            }
            Step::Window => {
                self.word.d.next = self.bar2.rdata.val().get_bits::<32>(0);
                if self.upper.val() {
                    self.word.d.next = self.bar2.rdata.val().get_bits::<32>(32);
                }
                if self.bar2.rdone.val() {
                    self.step.d.next = Step::Reply;
                }
            }
            _ => {
                self.patient.next = true;
                self.out.valid.next = true;
                if self.out.ready.val() {
                    self.word.d.next = self.word.q.val() << 8;
                    self.place.d.next = self.place.q.val() + 1;
                    self.done.next = self.place.q.val() == 3;
                }
            }
        }
        if self.done.val() {
            self.count.d.next = self.count.q.val() - 1;
            if self.increments.q.val() {
                self.address.d.next = self.address.q.val() + 1;
            }
            self.step.d.next = Step::Data;
            if self.reads.q.val() {
                self.step.d.next = Step::Read;
            }
            if self.last.val() {
                self.step.d.next = Step::Command;
            }
        }

        self.inp.ready.next = self.takes.val();
        self.taken.next = self.inp.valid.val() & self.takes.val();
        // Waiting for the next byte, or for the core. (An offer to the host stands until it is taken.)
        self.quiet.d.next = self.quiet.q.val() + 1;
        self.stalled.next = self.quiet.q.val() == self.stall.val();
        if self.taken.val() | self.patient.val() {
            self.quiet.d.next = 0.into();
            self.stalled.next = false;
        }
        if self.stalled.val() | self.reset.val() {
            self.step.d.next = Step::Command;
            self.quiet.d.next = 0.into();
        }
        if self.reset.val() {
            self.address.d.next = 0.into();
            self.word.d.next = 0.into();
            self.low.d.next = 0.into();
            self.strobes.d.next = 0.into();
            self.held.d.next = false;
        }
    }
}
