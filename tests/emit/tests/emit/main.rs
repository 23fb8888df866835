// SPDX-License-Identifier: MIT OR Apache-2.0
//! The printed Verilog computes what the Rust simulation computes.

// Precedence without parentheses is what is being tested.
#![allow(clippy::precedence)]

mod clocked;
mod compare;
mod every_width;
mod expressions;
mod net;
mod streams;
