// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TCP segment path: receiving into staging, placing into the receive rings, and sending.

pub mod frame;
pub mod gather;
pub mod header;
pub mod options;
pub mod placer;
pub mod rx;
pub mod staging;
pub mod sum;
pub mod tx;
pub mod words;

#[cfg(test)]
mod printed;
