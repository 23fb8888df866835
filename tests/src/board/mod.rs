// SPDX-License-Identifier: MIT OR Apache-2.0
//! Boards, Verilated, with everything at their pins: clocks that drift, a PHY, a UART, and smoltcp behind the wire.

pub mod alveo;
pub mod arty;
pub mod checks;
pub mod clocks;
pub mod ecp5;
pub mod ethernet;
pub mod tlp_bar;
pub mod uart_bar;
