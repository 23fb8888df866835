// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a board puts around the core: clock crossings, MACs, bridges to the host, and the tops with their pads.
//!
//! A crate of its own, so that the core knows no board and is compiled without one.

// What this lint proposes is a match guard, which `#[hdl_gen]` drops without a word.
#![allow(clippy::collapsible_match)]

pub mod alveo;
pub mod app;
pub mod arty;
pub mod boards;
pub mod card;
pub mod cdc;
pub mod cmac;
pub mod ecp5;
pub mod i5;
pub mod leds;
pub mod mac;
pub mod micros;
pub mod pcie;
pub mod rgmii;
pub mod uart;
pub mod versa;
pub mod xilinx7;
