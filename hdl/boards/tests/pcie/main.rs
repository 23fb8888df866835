// SPDX-License-Identifier: MIT OR Apache-2.0
//! The PCIe completer against a reference in plain Rust, Verilated and in lockstep with the Rust simulation.

mod card;
mod check;
mod directed;
mod draw;
mod dut;
mod host;
mod random;
