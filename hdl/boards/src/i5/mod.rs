// SPDX-License-Identifier: MIT OR Apache-2.0
//! Colorlight i5 (LFE5U-25F, speed grade 6) on its extension board: 1 Gbit/s over the RGMII of port 0, the host over the debug probe's UART.
//!
//! [`top::I5Top`] puts the pads around [`Ecp5Core8`](crate::rgmii::ecp5::Ecp5Core8), the Versa's core with half the flows: the block RAMs of
//! this part do not hold the rings of 16.

pub mod top;

use syncline_hdl::params::{CORE64X8, Params};
use syncline_regs::map::Features;

use crate::ecp5::ddr_out::Delay;
use crate::ecp5::rgmii_pads::Delays;

/// The core's clock: more than twice what 1 Gbit/s takes.
pub const CLOCK_HZ: u32 = 37_500_000;
/// Of the host's UART: what others use on this board. The fastest of the probe is not known.
pub const BAUD: u32 = 115_200;

/// The core in the board.
pub const PARAMS: Params =
    Params { name: "colorlight_i5", clock_hz: CLOCK_HZ, board: 4, features: Features::empty(), ..CORE64X8 };

/// Of the RGMII: what comes in is later by 2 ns, what goes out is not. As of other projects on this board; not measured.
pub fn delays() -> Delays {
    Delays { rx: Delay::picoseconds(2_000), tx: Delay::picoseconds(0) }
}

#[cfg(test)]
mod tests;
