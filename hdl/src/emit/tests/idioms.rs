// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks in the idioms that the project uses, printed, linted and synthesised.

use rust_hdl::prelude::*;

use crate::emit::{check, emit_top};

#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Beat512 {
    pub data: Bits<512>,
    pub keep: Bits<64>,
    pub last: Bit,
}

#[derive(LogicInterface, Default)]
#[join = "StreamOut"]
pub struct StreamIn<T: Synth> {
    pub data: Signal<In, T>,
    pub valid: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
}
#[derive(LogicInterface, Default)]
#[join = "StreamIn"]
pub struct StreamOut<T: Synth> {
    pub data: Signal<Out, T>,
    pub valid: Signal<Out, Bit>,
    pub ready: Signal<In, Bit>,
}

#[derive(LogicBlock, Default)]
pub struct Skid<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<T>,
    pub out: StreamOut<T>,
    held: DFF<T>,
    full: DFF<Bit>,
}
impl<T: Synth> Logic for Skid<T> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, full); // clock = clock, d = q for each
        self.inp.ready.next = !self.full.q.val();
        self.out.valid.next = self.inp.valid.val() | self.full.q.val();
        self.out.data.next = self.inp.data.val();
        if self.full.q.val() {
            self.out.data.next = self.held.q.val();
            self.full.d.next = !self.out.ready.val();
        } else {
            self.held.d.next = self.inp.data.val();
            self.full.d.next = self.inp.valid.val() & !self.out.ready.val();
        }
        if self.reset.val() {
            self.full.d.next = false;
        }
    }
}
#[derive(LogicBlock, Default)]
pub struct Skid2<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub inp: StreamIn<T>,
    pub out: StreamOut<T>,
    s: [Skid<T>; 2],
}
impl<T: Synth> Logic for Skid2<T> {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..2 {
            self.s[i].clock.next = self.clock.val();
            self.s[i].reset.next = self.reset.val();
        }
        StreamIn::<T>::link(&mut self.inp, &mut self.s[0].inp);
        StreamOut::<T>::join(&mut self.s[0].out, &mut self.s[1].inp);
        StreamOut::<T>::link(&mut self.out, &mut self.s[1].out);
    }
}

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum Rx {
    Idle,
    Body,
    Drop,
}

#[derive(LogicBlock, Default)]
pub struct FrameCount {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub valid: Signal<In, Bit>,
    pub last: Signal<In, Bit>,
    pub bad: Signal<In, Bit>,
    pub beats: Signal<Out, Bits<16>>,
    state: DFF<Rx>,
    count: DFF<Bits<16>>,
}
impl Logic for FrameCount {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, count);
        self.beats.next = self.count.q.val();
        if self.valid.val() {
            match self.state.q.val() {
                Rx::Idle => {
                    self.count.d.next = 1.into();
                    self.state.d.next = Rx::Body;
                    if self.bad.val() {
                        self.state.d.next = Rx::Drop;
                    }
                }
                Rx::Body => {
                    self.count.d.next = self.count.q.val() + 1;
                }
                _ => {}
            }
            if self.last.val() {
                self.state.d.next = Rx::Idle;
            }
        }
        if self.reset.val() {
            self.state.d.next = Rx::Idle;
            self.count.d.next = 0.into();
        }
    }
}

#[derive(LogicBlock, Default)]
pub struct ByteShift {
    pub lo: Signal<In, Bits<512>>,
    pub hi: Signal<In, Bits<512>>,
    pub off: Signal<In, Bits<6>>,
    pub out: Signal<Out, Bits<512>>,
    both: Signal<Local, Bits<1024>>,
    amount: Signal<Local, Bits<10>>,
    moved: Signal<Local, Bits<1024>>,
}
impl Logic for ByteShift {
    #[hdl_gen]
    fn update(&mut self) {
        self.both.next = bit_cast::<1024, 512>(self.lo.val()) | (bit_cast::<1024, 512>(self.hi.val()) << 512);
        self.amount.next = bit_cast::<10, 6>(self.off.val()) << 3;
        self.moved.next = self.both.val() >> self.amount.val();
        self.out.next = self.moved.val().get_bits::<512>(0);
    }
}

pub trait Widen {
    fn to_bits<const M: usize>(self) -> Bits<M>;
}
impl<const N: usize> Widen for Bits<N> {
    fn to_bits<const M: usize>(self) -> Bits<M> {
        assert!(M >= N);
        bit_cast(self)
    }
}
macro_rules! csum_tree {
    ($name:ident, $w:tt, $k:tt, $n:tt) => {
        #[derive(LogicBlock)]
        pub struct $name {
            pub data: Signal<In, Bits<$w>>,
            pub keep: Signal<In, Bits<$k>>,
            pub sum: Signal<Out, Bits<16>>,
            byte: [Signal<Local, Bits<8>>; $k],
            t: [Signal<Local, Bits<24>>; $k],
            fold: Signal<Local, Bits<17>>,
            hi: [Signal<Local, Bits<16>>; $n],
            lo: [Signal<Local, Bits<16>>; $n],
            word: [Signal<Local, Bits<16>>; $n],
        }
        impl Default for $name {
            // arrays longer than 32 have no Default
            fn default() -> Self {
                Self {
                    byte: std::array::from_fn(|_| Default::default()),
                    t: std::array::from_fn(|_| Default::default()),
                    data: Default::default(),
                    keep: Default::default(),
                    sum: Default::default(),
                    hi: Default::default(),
                    lo: Default::default(),
                    word: Default::default(),
                    fold: Default::default(),
                }
            }
        }
        impl Logic for $name {
            #[hdl_gen]
            fn update(&mut self) {
                for i in 0..$k {
                    self.byte[i].next = 0.into();
                    if self.keep.val().get_bit(i) {
                        self.byte[i].next = self.data.val().get_bits::<8>(i * 8);
                    }
                }
                for i in 0..$n {
                    self.hi[i].next = self.byte[i * 2].val().to_bits();
                    self.lo[i].next = self.byte[i * 2 + 1].val().to_bits();
                    self.word[i].next = (self.hi[i].val() << 8) | self.lo[i].val();
                    self.t[i + $n].next = self.word[i].val().to_bits();
                }
                self.t[0].next = 0.into(); // heap order: node p = node 2p + node 2p+1
                for i in 1..$n {
                    self.t[$n - i].next = self.t[2 * ($n - i)].val() + self.t[2 * ($n - i) + 1].val();
                }
                self.fold.next = bit_cast::<17, 16>(self.t[1].val().get_bits::<16>(0))
                    + bit_cast::<17, 8>(self.t[1].val().get_bits::<8>(16));
                self.sum.next =
                    self.fold.val().get_bits::<16>(0) + bit_cast::<16, 1>(self.fold.val().get_bits::<1>(16));
            }
        }
    };
}
csum_tree!(Csum64, 64, 8, 4);
csum_tree!(Csum512, 512, 64, 32);

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

#[derive(LogicBlock, Default)]
pub struct ClockTop {
    pub clk_in: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub beats: Signal<Out, Bits<16>>,
    pub locked: Signal<Out, Bit>,
    pll: Pll,
    count: FrameCount,
}
impl Logic for ClockTop {
    #[hdl_gen]
    fn update(&mut self) {
        self.pll.clk_in.next = self.clk_in.val();
        self.locked.next = self.pll.locked.val();
        self.count.clock.next = self.pll.clk_out.val();
        self.count.reset.next = self.reset.val();
        self.count.valid.next = true;
        self.count.last.next = false;
        self.count.bad.next = false;
        self.beats.next = self.count.beats.val();
    }
}

fn print<B: Block>(block: B, name: &'static str) -> (String, &'static str) {
    (emit_top(Box::new(block), name).unwrap_or_else(|e| panic!("{e}")), name)
}

#[test]
fn idioms_lint_and_synthesise() {
    let designs = [
        print(Skid::<Beat512>::default(), "skid"),
        print(Skid2::<Beat512>::default(), "skid2"),
        print(FrameCount::default(), "frame_count"),
        print(ByteShift::default(), "byte_shift"),
        print(Csum64::default(), "csum64"),
        print(Bram::<Tcb, 5>::default(), "bram"),
        print(AckUpdate::<5>::default(), "ack_update"),
        print(Fifo::<Beat512, 4, 5>::default(), "fifo"),
    ];
    for (text, top) in &designs {
        check::lints(text, top).unwrap_or_else(|e| panic!("{e}\n{text}"));
    }
    let designs: Vec<(&str, &str)> = designs.iter().map(|(text, top)| (text.as_str(), *top)).collect();
    let stats = check::synthesise_all(&designs).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(stats[0].by_type.get("$dff"), Some(&2), "{:?}", stats[0]);
    assert_eq!(stats[1].by_type.get("$dff"), Some(&4), "{:?}", stats[1]);
}

#[test]
fn equal_modules_are_printed_once() {
    let (text, _) = print(Skid2::<Beat512>::default(), "skid2");
    assert_eq!(text.matches("endmodule").count(), 2, "{text}");
    assert!(!text.contains('$'), "{text}");
}

#[test]
fn the_widest_tree_lints() {
    let (text, top) = print(Csum512::default(), "csum512");
    check::lints(&text, top).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn vendor_text_passes_through() {
    let (text, _) = print(ClockTop::default(), "clock_top");
    assert!(text.contains("vendor_pll #(.MULT(8)) u (.clkin(clk_in)"), "{text}");
    assert!(text.contains("output wire clk_out"), "{text}");
}
