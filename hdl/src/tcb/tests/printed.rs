// SPDX-License-Identifier: MIT OR Apache-2.0
//! The processor prints as Verilog without a warning.

use crate::emit::{check, emit_top};
use crate::sim::ready;
use crate::tcb::processor::Processor;

#[test]
fn processor_prints_and_lints() {
    let text = emit_top(Box::<Processor<4>>::default(), "tcb_processor").expect("printable");
    if let Ok(path) = std::env::var("SYNCLINE_TCB_VERILOG") {
        std::fs::write(path, &text).expect("writable");
    }
    check::lints(&text, "tcb_processor").unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn processor_is_sound() {
    ready(Box::<Processor<4>>::default());
}
