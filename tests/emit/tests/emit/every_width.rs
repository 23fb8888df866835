// SPDX-License-Identifier: MIT OR Apache-2.0
//! The basic operators at every width from 1 to 512 bits.
//!
//! 512 RustHDL blocks would compile for minutes. What `#[hdl_gen]` makes out of these lines holds no width, so one block
//! is printed with its ports at every width; what is expected comes from the same expressions on Rust's `Bits<W>`.

use num_bigint::BigUint;
use rust_hdl::prelude::*;

use crate::compare::{Random, Vector, Width, compare, ones};

/// The width that [`AtWidth`] replaces.
const ANY: usize = 77;

#[derive(LogicBlock, Default)]
struct Basic {
    a: Signal<In, Bits<ANY>>,
    b: Signal<In, Bits<ANY>>,
    s: Signal<In, Bits<10>>,
    sum: Signal<Out, Bits<ANY>>,
    difference: Signal<Out, Bits<ANY>>,
    mixed: Signal<Out, Bits<ANY>>,
    shifted: Signal<Out, Bits<ANY>>,
    halved: Signal<Out, Bits<ANY>>,
    wraps: Signal<Out, Bit>,
    less: Signal<Out, Bit>,
    odd: Signal<Out, Bit>,
}

impl Logic for Basic {
    #[hdl_gen]
    fn update(&mut self) {
        self.sum.next = self.a.val() + self.b.val();
        self.difference.next = self.a.val() - self.b.val() - 1;
        self.mixed.next = !self.a.val() & self.b.val() ^ self.a.val() | self.b.val();
        self.shifted.next = self.a.val() << self.s.val();
        self.halved.next = self.a.val() + self.b.val() >> 1;
        self.wraps.next = self.a.val() + self.b.val() < self.a.val();
        self.less.next = self.a.val() < self.b.val();
        self.odd.next = (!self.a.val() ^ self.b.val()).xor();
    }
}

/// The lines of [`Basic`] on Rust's own type.
fn expected<const W: usize>(v: &Vector) -> Vec<(String, BigUint, usize)> {
    let (a, b): (Bits<W>, Bits<W>) = ((&v.a & ones(W)).into(), (&v.b & ones(W)).into());
    let s: Bits<10> = v.s.into();
    let word = |name: &str, value: Bits<W>| (name.to_string(), value.into(), W);
    let bit = |name: &str, value: bool| (name.to_string(), u32::from(value).into(), 1);
    vec![
        word("sum", a + b),
        word("difference", a - b - 1),
        word("mixed", !a & b ^ a | b),
        word("shifted", a << s),
        word("halved", a + b >> 1),
        bit("wraps", a + b < a),
        bit("less", a < b),
        bit("odd", (!a ^ b).xor()),
    ]
}

/// [`Basic`] with its ports at another width.
struct AtWidth {
    basic: Basic,
    width: usize,
}

impl Logic for AtWidth {
    fn update(&mut self) {}
}
impl Block for AtWidth {
    fn connect_all(&mut self) {
        self.basic.connect_all();
    }
    fn update_all(&mut self) {}
    fn has_changed(&self) -> bool {
        false
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        self.basic.accept(name, &mut Widths { probe, width: self.width });
    }
}

struct Widths<'a> {
    probe: &'a mut dyn Probe,
    width: usize,
}
impl Probe for Widths<'_> {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        self.probe.visit_start_scope(name, node);
    }
    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        self.probe.visit_atom(name, &WideAtom { signal, width: self.width });
    }
    fn visit_end_scope(&mut self, name: &str, node: &dyn Block) {
        self.probe.visit_end_scope(name, node);
    }
}

struct WideAtom<'a> {
    signal: &'a dyn Atom,
    width: usize,
}
impl Atom for WideAtom<'_> {
    fn bits(&self) -> usize {
        if self.signal.bits() == ANY { self.width } else { self.signal.bits() }
    }
    fn connected(&self) -> bool {
        self.signal.connected()
    }
    fn changed(&self) -> bool {
        self.signal.changed()
    }
    fn kind(&self) -> AtomKind {
        self.signal.kind()
    }
    fn descriptor(&self) -> TypeDescriptor {
        self.signal.descriptor()
    }
    fn vcd(&self) -> VCDValue {
        self.signal.vcd()
    }
    fn id(&self) -> usize {
        self.signal.id()
    }
    fn verilog(&self) -> VerilogLiteral {
        self.signal.verilog()
    }
    fn constraints(&self) -> Vec<PinConstraint> {
        self.signal.constraints()
    }
}

fn at_width(
    width: usize,
    vectors: &[Vector],
    expected: fn(&Vector) -> Vec<(String, BigUint, usize)>,
) -> Width {
    let mut block = AtWidth { basic: Basic::default(), width };
    block.connect_all();
    let name = format!("basic_{width}");
    let text = syncline_hdl::emit::verilog(&block, &name).unwrap_or_else(|e| panic!("{e}"));
    let inputs = |v: &Vector| {
        vec![("a", &v.a & ones(width), width), ("b", &v.b & ones(width), width), ("s", v.s.into(), 10)]
    };
    let (inputs, outputs) = (vectors.iter().map(inputs).collect(), vectors.iter().map(expected).collect());
    Width { name, text, inputs, outputs }
}

/// The 64 widths from `64 * $n + 1` upwards.
macro_rules! widths_of_64 {
    (@row $widths:ident, $vectors:ident, $n:literal, $m:literal, $($k:literal)*) => {
        $($widths.push(at_width($n * 64 + $m * 8 + $k, &$vectors, expected::<{ $n * 64 + $m * 8 + $k }>));)*
    };
    (@all $vectors:ident, $n:literal, $($m:literal)*) => {{
        let mut widths: Vec<Width> = vec![];
        $(widths_of_64!(@row widths, $vectors, $n, $m, 1 2 3 4 5 6 7 8);)*
        widths
    }};
    ($vectors:ident, $n:literal) => { widths_of_64!(@all $vectors, $n, 0 1 2 3 4 5 6 7) };
}

macro_rules! tests {
    ($($name:ident $n:literal)*) => {$(
        #[test]
        fn $name() {
            let vectors = Random::new().vectors(24);
            compare(stringify!($name), &widths_of_64!(vectors, $n));
        }
    )*};
}
tests! { from_1 0 from_65 1 from_129 2 from_193 3 from_257 4 from_321 5 from_385 6 from_449 7 }
