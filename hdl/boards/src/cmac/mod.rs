// SPDX-License-Identifier: MIT OR Apache-2.0
//! Between the 100G Ethernet hard block (CMAC, AMD PG203) and the core, in the block's AXI4-Stream form at 512 bits.
//!
//! The block asks for two things that streams elsewhere in this project do not: its receive side has no `ready`, and its transmit
//! side must be fed without a gap from a frame's first beat to its last, whenever it is ready; or the frame goes out broken.
//! [`rx`] and [`tx`] are of the block's clock; [`port`] has the crossing to the core's.

pub mod pad;
pub mod port;
pub mod rx;
pub mod tx;

#[cfg(test)]
mod printed;
