// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks in the idioms that the project uses: memories, structs, constants, vendor text.

use rust_hdl::prelude::*;

use super::idioms::Rx;

#[derive(LogicBlock, Default)]
pub struct Bram<T: Synth, const A: usize> {
    pub clock: Signal<In, Clock>,
    pub read_addr: Signal<In, Bits<A>>,
    pub read_data: Signal<Out, T>,
    pub write_en: Signal<In, Bit>,
    pub write_addr: Signal<In, Bits<A>>,
    pub write_data: Signal<In, T>,
    _mem: Vec<T>, // fields starting with `_` are not hardware
}
impl<T: Synth, const A: usize> Logic for Bram<T, A> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._mem.resize(1 << A, T::default());
            self.read_data.next = self._mem[self.read_addr.val().index()];
            if self.write_en.val() {
                self._mem[self.write_addr.val().index()] = self.write_data.val();
            }
        }
    }
    fn connect(&mut self) {
        self.read_data.connect();
    } // every output, by hand
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "(* ram_style = \"block\", no_rw_check *) reg [{}:0] mem [0:{}];\nalways @(posedge clock) begin\n  read_data <= mem[read_addr];\n  if (write_en) mem[write_addr] <= write_data;\nend",
            T::BITS - 1,
            (1usize << A) - 1
        ))
    }
}

#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Tcb {
    pub state: Rx,
    pub snd_una: Bits<32>,
    pub snd_nxt: Bits<32>,
    pub rcv_nxt: Bits<32>,
    pub rest: Bits<300>,
}

#[derive(LogicBlock, Default)]
pub struct AckUpdate<const A: usize> {
    pub clock: Signal<In, Clock>,
    pub valid: Signal<In, Bit>,
    pub id: Signal<In, Bits<A>>,
    pub ack: Signal<In, Bits<32>>,
    pub advanced: Signal<Out, Bit>,
    ram: Bram<Tcb, A>,
    id1: DFF<Bits<A>>,
    ack1: DFF<Bits<32>>,
    valid1: DFF<Bit>,
    hit: DFF<Bit>,
    bypass: DFF<Tcb>,
    tcb: Signal<Local, Tcb>,
    fresh: Signal<Local, Tcb>,
    ahead: Signal<Local, Bits<32>>,
    flight: Signal<Local, Bits<32>>,
    ok: Signal<Local, Bit>,
}
impl<const A: usize> Logic for AckUpdate<A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, id1, ack1, valid1, hit, bypass);
        clock!(self, clock, ram);
        self.ram.read_addr.next = self.id.val(); // cycle 0: read
        self.id1.d.next = self.id.val();
        self.ack1.d.next = self.ack.val();
        self.valid1.d.next = self.valid.val();
        self.tcb.next = self.ram.read_data.val(); // cycle 1: modify and write
        if self.hit.q.val() {
            self.tcb.next = self.bypass.q.val();
        }
        self.ahead.next = self.ack1.q.val() - self.tcb.val().snd_una; // modulo 2^32: subtract first, then compare
        self.flight.next = self.tcb.val().snd_nxt - self.tcb.val().snd_una;
        self.ok.next = (self.ahead.val() != 0) & (self.ahead.val() <= self.flight.val());
        self.advanced.next = self.ok.val() & self.valid1.q.val();
        self.fresh.next = self.tcb.val();
        if self.ok.val() {
            self.fresh.next.snd_una = self.ack1.q.val();
        }
        self.ram.write_addr.next = self.id1.q.val();
        self.ram.write_data.next = self.fresh.val();
        self.ram.write_en.next = self.valid1.q.val();
        self.bypass.d.next = self.fresh.val(); // the next read of the same id gets this value
        self.hit.d.next = self.valid1.q.val() & (self.id1.q.val() == self.id.val());
    }
}

#[derive(LogicBlock, Default)]
pub struct Check {
    pub clock: Signal<In, Clock>,
    pub holds: Signal<In, Bit>,
}
impl Logic for Check {
    fn update(&mut self) {
        assert!(!self.clock.pos_edge() || self.holds.val(), "design assertion failed");
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom("`ifdef FORMAL\nalways @(posedge clock) assert (holds);\n`endif".into())
    }
}
#[derive(LogicBlock)]
pub struct Fifo<T: Synth, const A: usize, const C: usize> {
    // C = A + 1
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub push: Signal<In, Bit>,
    pub din: Signal<In, T>,
    pub full: Signal<Out, Bit>,
    pub pop: Signal<In, Bit>,
    pub dout: Signal<Out, T>,
    pub valid: Signal<Out, Bit>,
    ram: Bram<T, A>,
    wr: DFF<Bits<C>>,
    rd: DFF<Bits<C>>,
    seen: DFF<Bits<C>>,
    depth: Constant<Bits<C>>,
    bound: Check,
    used: Signal<Local, Bits<C>>,
    lag: Signal<Local, Bits<C>>,
    avail: Signal<Local, Bits<C>>,
    rd_next: Signal<Local, Bits<C>>,
}
impl<T: Synth, const A: usize, const C: usize> Default for Fifo<T, A, C> {
    fn default() -> Self {
        assert_eq!(A + 1, C);
        Self {
            depth: Constant::new((1_u64 << A).into()), // Constant has no Default
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            din: Default::default(),
            full: Default::default(),
            pop: Default::default(),
            dout: Default::default(),
            valid: Default::default(),
            ram: Default::default(),
            wr: Default::default(),
            rd: Default::default(),
            seen: Default::default(),
            used: Default::default(),
            lag: Default::default(),
            avail: Default::default(),
            rd_next: Default::default(),
            bound: Default::default(),
        }
    }
}
impl<T: Synth, const A: usize, const C: usize> Logic for Fifo<T, A, C> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, wr, rd, seen);
        clock!(self, clock, ram, bound);
        self.used.next = self.wr.q.val() - self.rd.q.val();
        self.lag.next = self.wr.q.val() - self.seen.q.val();
        self.avail.next = self.seen.q.val() - self.rd.q.val(); // readable one cycle after the write
        self.full.next = self.used.val() == self.depth.val();
        self.valid.next = self.avail.val() != 0;
        self.seen.d.next = self.wr.q.val();
        self.ram.write_en.next = self.push.val() & !self.full.val();
        self.ram.write_addr.next = self.wr.q.val().get_bits::<A>(0);
        self.ram.write_data.next = self.din.val();
        if self.push.val() & !self.full.val() {
            self.wr.d.next = self.wr.q.val() + 1;
        }
        self.rd_next.next = self.rd.q.val();
        if self.pop.val() & self.valid.val() {
            self.rd_next.next = self.rd.q.val() + 1;
        }
        self.rd.d.next = self.rd_next.val();
        self.ram.read_addr.next = self.rd_next.val().get_bits::<A>(0);
        self.dout.next = self.ram.read_data.val();
        self.bound.holds.next = (self.used.val() <= self.depth.val())
            & (self.lag.val() <= 1)
            & (self.avail.val() <= self.used.val());
        if self.reset.val() {
            self.wr.d.next = 0.into();
            self.rd.d.next = 0.into();
            self.seen.d.next = 0.into();
        }
    }
}

#[derive(LogicBlock, Default)]
pub struct Pll {
    pub clk_in: Signal<In, Clock>,
    pub clk_out: Signal<Out, Clock>,
    pub locked: Signal<Out, Bit>,
}
impl Logic for Pll {
    fn update(&mut self) {
        self.clk_out.next = self.clk_in.val();
        self.locked.next = true;
    }
    fn connect(&mut self) {
        self.clk_out.connect();
        self.locked.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            cores: String::new(),
            code: "vendor_pll #(.MULT(8)) u (.clkin(clk_in), .clkout(clk_out), .lock(locked));".into(),
        })
    }
}
