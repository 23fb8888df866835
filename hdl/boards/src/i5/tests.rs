// SPDX-License-Identifier: MIT OR Apache-2.0
//! The board prints, lints and is read by the synthesis tool.

use syncline_hdl::emit::check;

use super::top;
use crate::ecp5::STUBS;

#[test]
fn the_top_lints_and_synthesises() {
    let text = top::verilog().unwrap_or_else(|e| panic!("{e}"));
    assert!(text.contains("EHXPLLL #(") && !text.contains("module BB "), "{text}");
    let text = text + STUBS;
    check::lints(&text, "colorlight_i5").unwrap_or_else(|e| panic!("{e}"));
    check::synthesises(&text, "colorlight_i5").unwrap_or_else(|e| panic!("{e}"));
}
