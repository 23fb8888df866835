// SPDX-License-Identifier: MIT OR Apache-2.0
//! A thin binding to Verilator 5: find it, build a model out of Verilog text, drive the model's ports.
//!
//! Two uses:
//! * **at run time**, for the tests of a block: [`Model::build`] makes a shared object in a cache below
//!   `target/` (keyed by the text, the options and the tool) and loads it;
//! * **from a build script**: [`link`] makes one static library of all the models a crate needs, and
//!   Rust glue with a constructor for each.
//!
//! ```no_run
//! use syncline_verilate::{Model, Options, Source};
//!
//! # fn main() -> anyhow::Result<()> {
//! let text = "module adder(input wire [7:0] a, input wire [7:0] b, output wire [7:0] y);
//!                assign y = a + b;
//!             endmodule";
//! let mut model = Model::build(&Source::new("adder", text), Options::default())?;
//! let (a, b, y) = (model.port("a")?, model.port("b")?, model.port("y")?);
//! model.set_u64(a, 40);
//! model.set_u64(b, 2);
//! model.eval();
//! assert_eq!(model.get_u64(y), 42);
//! # Ok(())
//! # }
//! ```
//!
//! The crates `verilated` and `verilator` do not build against Verilator 5, and `marlin` copies every port at
//! every evaluation; hence this crate. Everything `unsafe` is in `model.rs`.

mod cache;
mod compile;
mod find;
mod link;
mod model;
mod ports;
mod shim;
mod source;
mod tool;

pub use find::Verilator;
pub use link::link;
pub use model::{Entry, Model, Port};
pub use ports::{Direction, PortInfo};
pub use source::{Optimize, Options, Source, Trace};
