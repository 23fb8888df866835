// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lattice ECP5 Versa (LFE5UM5G-45F, speed grade 8): 1 Gbit/s over an RGMII, the host over USB's UART.
//!
//! [`top::VersaTop`] puts the pads around [`Ecp5Core`](crate::rgmii::ecp5::Ecp5Core), which is what is simulated.

pub mod top;

use syncline_hdl::params::{CORE64, Params};
use syncline_regs::map::Features;

use crate::ecp5::ddr_out::Delay;
use crate::ecp5::rgmii_pads::Delays;

/// The core's clock: more than six times what 1 Gbit/s takes.
pub const CLOCK_HZ: u32 = 100_000_000;
/// Of the host's UART: 33 cycles a bit, 1 % off; a receiver takes 4 %.
pub const BAUD: u32 = 3_000_000;

/// The core in the board.
pub const PARAMS: Params =
    Params { name: "versa_ecp5", clock_hz: CLOCK_HZ, board: 3, features: Features::empty(), ..CORE64 };

/// Of the RGMII: none, as the PHY delays both clocks. Not measured; other projects on this board set none either.
pub fn delays() -> Delays {
    Delays { rx: Delay::picoseconds(0), tx: Delay::picoseconds(0) }
}

#[cfg(test)]
mod tests;
