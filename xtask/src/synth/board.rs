// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boards, and what builds for them.

use anyhow::{Context, Result};

/// A board that there are constraints for.
pub struct Board {
    /// Its folder in `constraints/`.
    pub name: &'static str,
    pub chip: Chip,
}

/// What is on it, as the tools call it.
pub enum Chip {
    /// Yosys, nextpnr-ecp5 and ecppack.
    Ecp5 {
        /// nextpnr's option for the device.
        device: &'static str,
        speed: &'static str,
        package: &'static str,
        /// The design nearly fills it: map for few cells, not for short ways.
        tight: bool,
        /// Seed of the placement, if none is asked for.
        seed: u32,
    },
    /// Yosys, nextpnr-himbaechel-xilinx, our frames and xc7frames2bit; or Vivado.
    Artix7 {
        /// The part, with the speed grade that the open tools know.
        part: &'static str,
        /// The die in it.
        die: &'static str,
        /// What the part may use of the die: LUTs, flip-flops, block RAMs of 36 kbit (DS180, table "Artix-7 FPGA Feature Summary").
        room: (u64, u64, u64),
    },
    /// Vivado alone.
    UltraScalePlus,
}

/// All of them.
pub const BOARDS: [Board; 9] = [
    // A 35T is a 50T's die of which the vendor's tools use a part: the open ones would use all of it.
    Board {
        name: "arty-a7-35t",
        chip: Chip::Artix7 { part: "xc7a35tcsg324-1", die: "xc7a50t", room: (20_800, 41_600, 50) },
    },
    Board {
        name: "arty-a7-100t",
        chip: Chip::Artix7 { part: "xc7a100tcsg324-1", die: "xc7a100t", room: (63_400, 126_800, 135) },
    },
    Board {
        name: "versa-ecp5",
        chip: Chip::Ecp5 { device: "--um5g-45k", speed: "8", package: "CABGA381", tight: false, seed: 1 },
    },
    Board {
        name: "colorlight-i5",
        // Wire is what it is short of: with seed 1 a twentieth more is asked for.
        chip: Chip::Ecp5 { device: "--25k", speed: "6", package: "CABGA381", tight: true, seed: 3 },
    },
    Board { name: "alveo-u50", chip: Chip::UltraScalePlus },
    Board { name: "alveo-u200", chip: Chip::UltraScalePlus },
    Board { name: "alveo-u250", chip: Chip::UltraScalePlus },
    Board { name: "alveo-u280", chip: Chip::UltraScalePlus },
    Board { name: "alveo-u55c", chip: Chip::UltraScalePlus },
];

/// The board of that name.
pub fn find(name: &str) -> Result<&'static Board> {
    let names = || BOARDS.map(|board| board.name).join(", ");
    BOARDS
        .iter()
        .find(|board| board.name == name)
        .with_context(|| format!("no board `{name}`: there are {}", names()))
}
