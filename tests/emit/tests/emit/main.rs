// SPDX-License-Identifier: MIT OR Apache-2.0
//! The printed Verilog computes what the Rust simulation computes.

mod clocked;
mod compare;
mod every_width;
mod expressions;
mod streams;
