// SPDX-License-Identifier: MIT OR Apache-2.0
//! What to build and how.

/// Verilog text and the name of its top module.
#[derive(Clone, Debug, Hash)]
pub struct Source {
    /// Name of the top module; also the model's name.
    pub top: String,
    /// The whole design as Verilog text.
    pub text: String,
}

impl Source {
    /// The design `text`, whose top module is `top`.
    pub fn new(top: impl Into<String>, text: impl Into<String>) -> Self {
        Source { top: top.into(), text: text.into() }
    }
}

/// How hard the C++ compiler works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Optimize {
    /// Quick to build: tests of a block.
    O1,
    /// Quick to run: the core.
    O3,
}

/// Waveforms. A model that can trace is half as fast even when it does not, so this is fixed when it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trace {
    /// No waveform.
    Off,
    /// Value change dump: big files, needs nothing.
    Vcd,
    /// Compressed; needs zlib (and lz4 from Verilator 5.048) with their headers.
    Fst,
}

/// Build options; the default is a quick build without a waveform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// C++ optimisation.
    pub optimize: Optimize,
    /// Waveform format.
    pub trace: Trace,
    /// Random instead of zero wherever the Verilog leaves a value open (a bug hunter's build: slower).
    pub randomize_x: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { optimize: Optimize::O1, trace: Trace::Off, randomize_x: false }
    }
}

impl Options {
    /// The fastest model.
    pub fn fast() -> Self {
        Options { optimize: Optimize::O3, ..Options::default() }
    }
}
