// SPDX-License-Identifier: MIT OR Apache-2.0
//! What boards with an RGMII have in common: [`core::RgmiiCore`] whoever made the FPGA, [`ecp5::Ecp5Core`] with the pads of an ECP5,
//! `top` for what is around that on a board.

pub mod core;
pub mod ecp5;
pub(crate) mod top;
