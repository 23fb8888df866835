// SPDX-License-Identifier: MIT OR Apache-2.0
//! AMD Alveo cards: PCIe on one side, 100G Ethernet on the other, the 512-bit core between.
//!
//! [`card::AlveoCard`] has everything but the vendor's parts; the hard blocks are at its streams. Simulated there; no card and no Vivado
//! has seen it. [`pads`] adds the hard blocks, [`top`] what differs between the cards.

pub mod card;
pub mod cmac_hard;
pub mod pads;
pub mod pcie_hard;
pub mod top;

use syncline_hdl::params::{CORE512, Params};
use syncline_regs::map::Features;

/// PCIe's `user_clk` for Gen3 x16 at 512 bits, which the core runs on.
pub const CLOCK_HZ: u32 = 250_000_000;

/// The core's sizes on these cards.
pub const PARAMS: Params =
    Params { name: "alveo_card", clock_hz: CLOCK_HZ, board: 2, features: Features::empty(), ..CORE512 };
