// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the printer refuses, with the module and the line that it stands on.

use thiserror::Error;

/// A design that cannot be printed as Verilog with the meaning it has in Rust.
#[derive(Debug, Error)]
#[error("{problem}, in module `{module}`{}", if line.is_empty() { String::new() } else { format!(": {line}") })]
pub struct EmitError {
    /// Instance path of the module from the top: `core.rx.parser`.
    pub module: String,
    /// The statement as it reads in Rust, or empty when the problem is not on one line.
    pub line: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong in an [`EmitError`].
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// A name that is no signal, constant, enum variant or loop variable of the module.
    #[error(
        "unknown name `{0}` (const generics and `const` items are not values in hardware: use a Constant)"
    )]
    UnknownName(String),
    /// Two enums with the same name and different variants are visible in one module, or a loop variable is called as a
    /// signal.
    #[error("`{0}` names two different things")]
    AmbiguousName(String),
    /// A port whose name Verilog or SystemVerilog reserves; names inside of a module get an underscore instead.
    #[error("port `{0}` is a Verilog keyword")]
    Keyword(String),
    /// Two ports have one name when `$` becomes `_`.
    #[error("ports `{0}` and `{1}` get the same Verilog name")]
    NameClash(String, String),
    /// An inout that is used otherwise than linked to one of a single child.
    #[error("`{0}` is an inout: all that can be done with it is to link it to one of a child")]
    InOut(String),
    /// A signal without bits (an enum with one variant).
    #[error("`{0}` has no bits")]
    NoBits(String),
    /// A signal that keeps its value on some path of the update.
    #[error("`{0}` is not assigned on every path: it would be a latch")]
    Latch(String),
    /// A value that depends on the order of statements in a way hardware has not.
    #[error("`{0}` is read before it is surely assigned, and assigned again later")]
    ReadBeforeAssigned(String),
    /// An output, a local or the input of a child that nobody assigns.
    #[error("`{0}` is never assigned")]
    Undriven(String),
    /// An assignment to something that is not the module's to drive.
    #[error("`{0}` cannot be assigned here")]
    NotAssignable(String),
    /// A literal that does not fit its width.
    #[error("literal {value} does not fit {width} bits")]
    LiteralTooLarge {
        /// The literal in hexadecimal.
        value: String,
        /// Width it must fit, in bits.
        width: usize,
    },
    /// A slice or bit past the top.
    #[error("bits {low} to {high} are outside of the {width} bits of `{of}`")]
    OutOfRange {
        /// The expression sliced.
        of: String,
        /// Its width in bits.
        width: usize,
        /// Lowest bit wanted.
        low: usize,
        /// Highest bit wanted.
        high: usize,
    },
    /// Operands of different widths.
    #[error("{wanted} bits are wanted, but `{of}` has {width}")]
    WidthMismatch {
        /// The expression.
        of: String,
        /// Its width in bits.
        width: usize,
        /// Width that the context has, in bits.
        wanted: usize,
    },
    /// An expression of literals whose width nothing tells.
    #[error("the width of `{0}` cannot be told")]
    NoWidth(String),
    /// A value that must be known when printing.
    #[error("`{0}` is not a constant")]
    NotConstant(String),
    /// A process that reads no signal never runs in an event simulator.
    #[error("`{0}` is computed from constants only: assign it once, unconditionally, or compute it in Rust")]
    ConstantProcess(String),
    /// Something the printer does not know.
    #[error("not supported: {0}")]
    Unsupported(String),
}
