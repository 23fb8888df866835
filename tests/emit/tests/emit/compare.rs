// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks without a clock at many widths: the Rust simulation against the Verilated print.

use num_bigint::BigUint;
use rust_hdl::prelude::*;
use syncline_verilate::{Model, Options, Source};

/// Widest operand, in bits.
pub const MAX: usize = 512;

/// The inputs that all blocks see; a block takes as many low bits as it needs.
#[derive(Clone, Debug)]
pub struct Vector {
    pub a: BigUint,
    pub b: BigUint,
    /// A shift amount, at times far too large.
    pub s: u64,
    /// To be reduced to a position by the block.
    pub i: u64,
    pub p: bool,
    pub q: bool,
}

/// A combinational block of some width.
pub trait Comb: Block + Default {
    /// Puts a vector on the inputs.
    fn poke(&mut self, v: &Vector);
    /// The Verilog names of the inputs, each with the same value as `poke` gave it and its width.
    fn inputs(v: &Vector) -> Vec<(&'static str, BigUint, usize)>;
    /// The Verilog names of the outputs, with value and width.
    fn outputs(&self) -> Vec<(String, BigUint, usize)>;
}

/// `2^width - 1`.
pub fn ones(width: usize) -> BigUint {
    (BigUint::from(1_u32) << width) - 1_u32
}

/// A small generator, so that a seed means the same for ever (splitmix64).
pub struct Random(u64);

impl Random {
    /// Seeded from `SYNCLINE_SEED`, or with a fixed seed; printed, so that a failure can be had again.
    pub fn new() -> Random {
        let seed = std::env::var("SYNCLINE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
        println!("SYNCLINE_SEED={seed}");
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn wide(&mut self) -> BigUint {
        let random = |r: &mut Random| (0..MAX / 64).fold(BigUint::default(), |n, _| (n << 64) + r.next());
        match self.next() % 8 {
            0 => BigUint::default(),
            1 => ones(MAX),
            2 => BigUint::from(1_u32) << (self.next() as usize % MAX),
            3 => random(self) & random(self) & random(self),
            4 => random(self) | random(self) | random(self),
            _ => random(self),
        }
    }

    pub fn vectors(&mut self, count: usize) -> Vec<Vector> {
        let mut out: Vec<Vector> = vec![];
        for _ in 0..count {
            let a = self.wide();
            let b = if self.next().is_multiple_of(6) { a.clone() } else { self.wide() };
            let s = if self.next().is_multiple_of(4) { self.next() % 1024 } else { self.next() % 40 };
            let (p, q) = (self.next().is_multiple_of(2), self.next().is_multiple_of(2));
            out.push(Vector { a, b, s, i: self.next(), p, q });
        }
        out
    }
}

/// What one width gives for all vectors, and the text of its module.
pub struct Width {
    pub name: String,
    pub text: String,
    /// Per vector.
    pub inputs: Vec<Vec<(&'static str, BigUint, usize)>>,
    pub outputs: Vec<Vec<(String, BigUint, usize)>>,
}

/// Runs the Rust simulation and prints the block.
pub fn simulate_width<B: Comb>(name: String, vectors: &[Vector]) -> Width {
    let mut block = Box::<B>::default();
    block.connect_all();
    let text = syncline_hdl::emit::verilog(block.as_ref(), &name).unwrap_or_else(|e| panic!("{e}"));
    let mut outputs = vec![];
    for vector in vectors {
        block.poke(vector);
        syncline_hdl::sim::settle(block.as_mut());
        outputs.push(block.outputs());
    }
    Width { name, text, inputs: vectors.iter().map(B::inputs).collect(), outputs }
}

/// Puts all widths side by side into one Verilated model and compares every output for every vector.
pub fn compare(top: &str, widths: &[Width]) {
    let mut text = String::new();
    let mut wrapper = format!("module {top} (");
    let mut body = String::new();
    let mut ports = vec![];
    for (n, width) in widths.iter().enumerate() {
        text.push_str(&width.text);
        let mut pins = vec![];
        for (name, _, bits) in &width.inputs[0] {
            ports.push(format!("input wire [{}:0] i{n}_{name}", bits - 1));
            pins.push(format!(".{name}(i{n}_{name})"));
        }
        let mut outs = vec![];
        let total: usize = width.outputs[0].iter().map(|(_, _, bits)| bits).sum();
        for (name, _, bits) in &width.outputs[0] {
            body.push_str(&format!("  wire [{}:0] w{n}_{name};\n", bits - 1));
            pins.push(format!(".{name}(w{n}_{name})"));
            outs.push(format!("w{n}_{name}"));
        }
        outs.reverse();
        ports.push(format!("output wire [{}:0] o{n}", total - 1));
        body.push_str(&format!("  assign o{n} = {{{}}};\n", outs.join(", ")));
        body.push_str(&format!("  {} u{n} ({});\n", width.name, pins.join(", ")));
    }
    wrapper.push_str(&ports.join(", "));
    text.push_str(&format!("\n{wrapper});\n{body}endmodule\n"));
    syncline_hdl::emit::check::lints(&text, top).unwrap_or_else(|e| panic!("{e}"));

    let mut model = Model::build(&Source::new(top, text), Options::default()).expect("model builds");
    let mut wrong = vec![];
    for vector in 0..widths[0].inputs.len() {
        for (n, width) in widths.iter().enumerate() {
            for (name, value, _) in &width.inputs[vector] {
                let port = model.port(&format!("i{n}_{name}")).expect("input");
                model.set_bytes(port, &value.to_bytes_le());
            }
        }
        model.eval();
        for (n, width) in widths.iter().enumerate() {
            let port = model.port(&format!("o{n}")).expect("output");
            let mut all = BigUint::from_bytes_le(model.get_bytes(port));
            for (name, expected, bits) in &width.outputs[vector] {
                let got = &all & ones(*bits);
                if got != *expected {
                    let inputs = &width.inputs[vector];
                    wrong.push(format!(
                        "{}.{name}: Rust {expected:x}, Verilog {got:x}, inputs {inputs:x?}",
                        width.name
                    ));
                }
                all >>= *bits;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differences, the first:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
}
