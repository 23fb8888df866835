// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boards that have a top, by the name that `constraints/` and the tools know them by.

use syncline_hdl::emit::EmitError;

use crate::{alveo, arty, i5, versa};

/// A board.
#[derive(Copy, Clone, Debug)]
pub struct Board {
    /// Its name, and that of its folder in `constraints/`.
    pub name: &'static str,
    /// The top module.
    pub top: &'static str,
    print: fn() -> Result<String, EmitError>,
}

impl Board {
    /// The Verilog of its top.
    ///
    /// # Errors
    /// What the printer refuses.
    pub fn verilog(&self) -> Result<String, EmitError> {
        (self.print)()
    }
}

/// All of them. Both Artys have one top: the parts differ in size only.
pub const BOARDS: [Board; 9] = [
    Board { name: "arty-a7-35t", top: arty::PARAMS.name, print: arty::top::verilog },
    Board { name: "arty-a7-100t", top: arty::PARAMS.name, print: arty::top::verilog },
    Board { name: "versa-ecp5", top: versa::PARAMS.name, print: versa::top::verilog },
    Board { name: "colorlight-i5", top: i5::PARAMS.name, print: i5::top::verilog },
    Board { name: "alveo-u50", top: "alveo_lamps", print: alveo::top::lamps },
    Board { name: "alveo-u200", top: "alveo_sideband", print: alveo::top::sideband },
    Board { name: "alveo-u250", top: "alveo_sideband", print: alveo::top::sideband },
    Board { name: "alveo-u280", top: "alveo_dark", print: alveo::top::dark },
    Board { name: "alveo-u55c", top: "alveo_lamps", print: alveo::top::lamps },
];
