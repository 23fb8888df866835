// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements, structs, enums, arrays, children and memories over many clocks.

use num_bigint::BigUint;
use rust_hdl::prelude::*;
use syncline_hdl::ram::{Bram, Lutram};
use syncline_hdl::sim::{Clocked, settle, tick};
use syncline_verilate::{Model, Options, Source};

use crate::compare::Random;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Phase {
    Idle,
    First,
    Second,
    Third,
    Last,
}

#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
struct Record {
    phase: Phase,
    una: Bits<32>,
    flag: Bit,
    wide: Bits<40>,
    small: Bits<3>,
}

/// Two stages of one kind, so that modules are shared.
#[derive(LogicBlock, Default)]
struct Stage {
    clock: Signal<In, Clock>,
    add: Signal<In, Bits<8>>,
    value: Signal<In, Bits<8>>,
    sum: Signal<Out, Bits<8>>,
    kept: DFF<Bits<8>>,
}
impl Logic for Stage {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kept);
        self.kept.d.next = self.value.val() + self.add.val();
        self.sum.next = self.kept.q.val();
    }
}

#[derive(LogicBlock)]
struct Zoo {
    clock: Signal<In, Clock>,
    reset: Signal<In, Bit>,
    a: Signal<In, Bits<16>>,
    b: Signal<In, Bits<16>>,
    data: Signal<In, Bits<64>>,
    lane: Signal<In, Bits<3>>,
    go: Signal<In, Bit>,
    record: Signal<Out, Record>,
    phase: Signal<Out, Phase>,
    product: Signal<Out, Bits<32>>,
    signed_product: Signal<Out, Signed<32>>,
    octet: Signal<Out, Bits<8>>,
    pair: Signal<Out, Bits<16>>,
    above: Signal<Out, Bits<8>>,
    last_of: Signal<Out, Bits<8>>,
    sum: Signal<Out, Bits<8>>,
    tree: Signal<Out, Bits<8>>,
    code: Signal<Out, Bits<4>>,
    next_count: Signal<Out, Bits<16>>,
    read: Signal<Out, Record>,
    differs: Signal<Out, Bits<16>>,
    early: Signal<Out, Bits<16>>,
    state: DFF<Phase>,
    held: DFF<Record>,
    count: DFF<Bits<16>>,
    work: Signal<Local, Record>,
    x: Signal<Local, Signed<16>>,
    y: Signal<Local, Signed<16>>,
    node: [Signal<Local, Bits<8>>; 16],
    stage: [Stage; 3],
    ram: Bram<Record, 4>,
    lookup: Lutram<Bits<16>, 4>,
    step: Constant<Bits<16>>,
    start: Constant<Phase>,
    slow: Signal<Local, Bits<16>>,
}

impl Default for Zoo {
    fn default() -> Self {
        Self {
            step: Constant::new(3.into()),
            start: Constant::new(Phase::Second),
            clock: Default::default(),
            reset: Default::default(),
            a: Default::default(),
            b: Default::default(),
            data: Default::default(),
            lane: Default::default(),
            go: Default::default(),
            record: Default::default(),
            phase: Default::default(),
            product: Default::default(),
            signed_product: Default::default(),
            octet: Default::default(),
            pair: Default::default(),
            above: Default::default(),
            last_of: Default::default(),
            sum: Default::default(),
            tree: Default::default(),
            code: Default::default(),
            next_count: Default::default(),
            read: Default::default(),
            differs: Default::default(),
            early: Default::default(),
            state: Default::default(),
            held: Default::default(),
            count: Default::default(),
            work: Default::default(),
            x: Default::default(),
            y: Default::default(),
            node: Default::default(),
            stage: Default::default(),
            ram: Default::default(),
            lookup: Default::default(),
            slow: Default::default(),
        }
    }
}

impl Logic for Zoo {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, held, count);
        clock!(self, clock, ram, lookup);
        // An input of a child is read as what it finally gets; `early` is read before it is assigned.
        self.next_count.next = self.count.d.val();
        self.differs.next = self.early.val() ^ self.a.val();
        self.count.d.next = self.count.q.val() + self.step.val();
        if self.go.val() && self.count.d.val() != self.a.val() || self.reset.val() {
            self.phase.next = self.state.q.val();
        } else {
            self.phase.next = self.start.val();
        }
        self.early.next = self.a.val() - self.b.val();
        // Every variant named, no default; a variable read between two of its assignments.
        self.slow.next = self.a.val();
        match self.state.q.val() {
            Phase::Idle => {
                if self.go.val() {
                    self.state.d.next = Phase::First;
                }
                self.code.next = 1.into();
            }
            Phase::First => {
                self.slow.next = self.slow.val() + self.b.val();
                self.state.d.next = Phase::Second;
                self.code.next = 2.into();
            }
            Phase::Second => {
                match self.a.val().get_bits::<2>(3).index() {
                    0 => self.state.d.next = Phase::Third,
                    1 => {
                        self.state.d.next = Phase::Last;
                    }
                    0x2 => {}
                    _ => {
                        self.state.d.next = Phase::Idle;
                    }
                }
                self.code.next = bit_cast::<4, 16>(self.slow.val());
            }
            Phase::Third => {
                self.state.d.next = self.start.val();
                self.code.next = 5.into();
            }
            Phase::Last => {
                self.state.d.next = Phase::Idle;
                self.code.next = 6.into();
            }
        }
        if self.state.q.val() != Phase::Third {
            self.slow.next = self.slow.val() ^ self.count.q.val();
        } else if self.slow.val() > self.b.val() {
            self.slow.next = self.slow.val() - self.b.val();
        } else {
            self.slow.next = 77.into();
        }
        // Structs: whole, then fields.
        self.work.next = self.held.q.val();
        self.work.next.una = self.held.q.val().una + bit_cast::<32, 16>(self.slow.val());
        if self.go.val() {
            self.work.next.flag = !self.held.q.val().flag;
            self.work.next.phase = self.state.q.val();
        }
        self.work.next.small = self.lane.val();
        if self.held.q.val().phase == Phase::Third {
            self.work.next.wide = bit_cast::<40, 16>(self.a.val()) << 20;
        }
        self.held.d.next = self.work.val();
        self.record.next = self.held.q.val();
        // Products and computed selects.
        self.product.next = self.a.val() * self.b.val();
        self.x.next = signed_cast(self.a.val());
        self.y.next = signed_cast(self.b.val());
        self.signed_product.next = self.x.val() * self.y.val();
        self.octet.next = self.data.val().get_bits::<8>(self.lane.val().index() * 8);
        self.pair.next = self.data.val().get_bits::<16>(self.lane.val().index() * 6 + 2);
        self.above.next = self.data.val().get_bits::<8>((self.lane.val().index() + 1) * 8);
        self.last_of.next = self.data.val().get_bits::<8>(56 - self.lane.val().index() * 8);
        // Arrays.
        for i in 0..8 {
            self.node[i + 8].next = self.data.val().get_bits::<8>(i * 8);
        }
        self.node[0].next = 0.into();
        for i in 1..8 {
            self.node[8 - i].next = self.node[2 * (8 - i)].val() + self.node[2 * (8 - i) + 1].val();
        }
        self.tree.next = self.node[1].val();
        for i in 0..3 {
            self.stage[i].clock.next = self.clock.val();
            self.stage[i].add.next = self.data.val().get_bits::<8>(i * 5);
            if i == 0 {
                self.stage[0].value.next = self.a.val().get_bits::<8>(0);
            } else {
                self.stage[i].value.next = self.stage[(i + 2) % 3].sum.val();
            }
        }
        self.sum.next = self.stage[2].sum.val();
        // Memories.
        self.ram.write_en.next = self.go.val();
        self.ram.write_addr.next = self.a.val().get_bits::<4>(0);
        self.ram.write_data.next = self.held.q.val();
        self.ram.read_addr.next = self.b.val().get_bits::<4>(0);
        self.lookup.write_en.next = !self.go.val();
        self.lookup.write_addr.next = self.a.val().get_bits::<4>(4);
        self.lookup.write_data.next = self.slow.val();
        self.lookup.read_addr.next = self.lane.val().to_bits();
        self.read.next = self.ram.read_data.val();
        self.read.next.una = self.lookup.read_data.val().to_bits();
        if self.reset.val() {
            self.state.d.next = Phase::Idle;
            self.count.d.next = 0.into();
        }
    }
}

/// By its name, the widening that blocks use.
trait Widen {
    fn to_bits<const M: usize>(self) -> Bits<M>;
}
impl<const N: usize> Widen for Bits<N> {
    fn to_bits<const M: usize>(self) -> Bits<M> {
        bit_cast(self)
    }
}

impl Clocked for Zoo {
    fn clk(&mut self) -> &mut Signal<In, Clock> {
        &mut self.clock
    }
}

/// The values of a block's outputs, under their Verilog names.
#[derive(Default)]
struct Outputs {
    depth: usize,
    found: Vec<(String, BigUint)>,
}
impl Probe for Outputs {
    fn visit_start_scope(&mut self, _: &str, _: &dyn Block) {
        self.depth += 1;
    }
    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        if self.depth == 1 && signal.kind() == AtomKind::OutputParameter {
            let text = format!("{:x}", signal.verilog());
            let digits = text.split("'h").nth(1).expect("a literal");
            let value = BigUint::parse_bytes(digits.as_bytes(), 16).expect("hexadecimal");
            self.found.push((name.to_string(), value));
        }
    }
    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {
        self.depth -= 1;
    }
}

#[test]
fn a_zoo_of_statements_runs_alike() {
    // Not `check_all`: it takes reading before assigning for a loop.
    let mut zoo = Box::<Zoo>::default();
    zoo.connect_all();
    let text = syncline_hdl::emit::verilog(zoo.as_ref(), "zoo").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(text.matches("\nmodule stage ").count(), 1, "{text}");
    syncline_hdl::emit::check::lints(&text, "zoo").unwrap_or_else(|e| panic!("{e}\n{text}"));
    syncline_hdl::emit::check::synthesises(&text, "zoo").unwrap_or_else(|e| panic!("{e}"));
    let mut model = Model::build(&Source::new("zoo", text), Options::default()).expect("model builds");
    let clock = model.port("clock").expect("clock");
    let mut random = Random::new();
    let mut phases = 0_u64;
    for cycle in 0..3000 {
        let (a, b, data) = (random.next() & 0xffff, random.next() & 0xffff, random.next());
        let (lane, go, reset) = (
            random.next() & 7,
            random.next().is_multiple_of(2),
            cycle < 2 || random.next().is_multiple_of(50),
        );
        zoo.a.next = a.into();
        zoo.b.next = b.into();
        zoo.data.next = data.into();
        zoo.lane.next = lane.into();
        zoo.go.next = go;
        zoo.reset.next = reset;
        settle(zoo.as_mut());
        for (name, value) in
            [("a", a), ("b", b), ("data", data), ("lane", lane), ("go", go.into()), ("reset", reset.into())]
        {
            let port = model.port(name).expect("input");
            model.set_u64(port, value);
        }
        model.eval();
        let mut outputs = Outputs::default();
        zoo.accept("zoo", &mut outputs);
        assert_eq!(outputs.found.len(), 15);
        for (name, expected) in outputs.found {
            let port = model.port(&name).expect("output");
            let got = BigUint::from_bytes_le(model.get_bytes(port));
            assert_eq!(got, expected, "{name} in cycle {cycle}");
            if name == "phase" {
                phases |= 1 << u64::try_from(&got).expect("small");
            }
        }
        tick(zoo.as_mut());
        model.tick(clock);
    }
    assert_eq!(phases, 0b11111, "every phase was visited");
}
