// SPDX-License-Identifier: MIT OR Apache-2.0
//! The board prints, lints and is read by the synthesis tool. What it does is in the workspace's tests.

use syncline_hdl::emit::check;

use super::core::verilog;
use super::{BAUD, CLOCK_HZ, PARAMS, top};
use crate::card::Rates;
use crate::xilinx7::STUBS;

#[test]
fn the_core_lints() {
    let text = verilog(&PARAMS, &Rates::of_a_board(CLOCK_HZ, BAUD)).unwrap_or_else(|e| panic!("{e}"));
    check::lints(&text, "arty_core").unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn the_top_lints_and_synthesises() {
    let text = top::verilog().unwrap_or_else(|e| panic!("{e}"));
    assert!(text.contains(".CLKIN1_PERIOD(10.000)") && !text.contains("module BUFG "), "{text}");
    let text = text + STUBS;
    check::lints(&text, "arty_a7").unwrap_or_else(|e| panic!("{e}"));
    check::synthesises(&text, "arty_a7").unwrap_or_else(|e| panic!("{e}"));
}
