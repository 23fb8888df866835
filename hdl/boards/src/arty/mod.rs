// SPDX-License-Identifier: MIT OR Apache-2.0
//! Digilent Arty A7-35T and A7-100T: 100 Mbit/s over an MII, the host over USB's UART.
//!
//! [`core::ArtyCore`] is everything without a vendor's part, and is what is simulated; [`top::ArtyTop`] puts the pads around it.

pub mod core;
pub mod top;

use syncline_hdl::params::{CORE64, Params};
use syncline_regs::map::Features;

/// The core's clock: what the 100 MHz oscillator's PLL makes, and what the open tools' place and route reaches.
pub const CLOCK_HZ: u32 = 62_500_000;
/// Of the host's UART: the USB bridge's fastest that the clock divides well.
pub const BAUD: u32 = 3_000_000;

/// The core in an Arty.
pub const PARAMS: Params =
    Params { name: "arty_a7", clock_hz: CLOCK_HZ, board: 1, features: Features::empty(), ..CORE64 };

#[cfg(test)]
mod tests;
