// SPDX-License-Identifier: MIT OR Apache-2.0
//! Digilent Arty A7-35T and A7-100T: 100 Mbit/s over an MII, the host over USB's UART.
//!
//! [`core::ArtyCore`] is everything without a vendor's part, and is what is simulated; [`top::ArtyTop`] puts the pads around it.

pub mod core;
pub mod top;

use std::net::Ipv4Addr;

use syncline_hdl::params::{CORE64, Params};
use syncline_regs::map::Features;

/// The core's clock: what the 100 MHz oscillator's PLL makes, and what the open tools' place and route reaches.
pub const CLOCK_HZ: u32 = 62_500_000;
/// Of the host's UART: the USB bridge's fastest that the clock divides well.
pub const BAUD: u32 = 3_000_000;

/// The core in an Arty.
pub const PARAMS: Params =
    Params { name: "arty_a7", clock_hz: CLOCK_HZ, board: 1, features: Features::empty(), ..CORE64 };

/// Addresses without a host.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The first octet is the most significant one.
    pub mac: u64,
    pub addr: Ipv4Addr,
    pub mask: Ipv4Addr,
}

/// The card's when a switch has it serve alone; the driver's default.
pub const STAND_ALONE: Addresses = Addresses {
    mac: 0x0253_594e_4301,
    addr: Ipv4Addr::new(10, 0, 0, 1),
    mask: Ipv4Addr::new(255, 255, 255, 0),
};

#[cfg(test)]
mod tests;
