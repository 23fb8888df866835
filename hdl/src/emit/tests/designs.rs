// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whole designs printed, linted and synthesised.

use rust_hdl::prelude::*;

use super::idioms::*;
use super::memories::*;
use crate::emit::bench::{lint_and_synthesise, print_block};
use crate::emit::check;

#[derive(LogicBlock, Default)]
pub struct ClockTop {
    pub clk_in: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub beats: Signal<Out, Bits<16>>,
    pub locked: Signal<Out, Bit>,
    pll: Pll,
    count: FrameCount,
}
impl Logic for ClockTop {
    #[hdl_gen]
    fn update(&mut self) {
        self.pll.clk_in.next = self.clk_in.val();
        self.locked.next = self.pll.locked.val();
        self.count.clock.next = self.pll.clk_out.val();
        self.count.reset.next = self.reset.val();
        self.count.valid.next = true;
        self.count.last.next = false;
        self.count.bad.next = false;
        self.beats.next = self.count.beats.val();
    }
}

#[test]
fn idioms_lint_and_synthesise() {
    let designs = [
        print_block(Skid::<Beat512>::default(), "idiom_skid"),
        print_block(Skid2::<Beat512>::default(), "skid2"),
        print_block(FrameCount::default(), "frame_count"),
        print_block(ByteShift::default(), "byte_shift"),
        print_block(Csum64::default(), "csum64"),
        print_block(Bram::<Tcb, 5>::default(), "bram"),
        print_block(AckUpdate::<5>::default(), "ack_update"),
        print_block(Fifo::<Beat512, 4, 5>::default(), "idiom_fifo"),
    ];
    let stats = lint_and_synthesise(&designs);
    assert_eq!(stats[0].by_type.get("$dff"), Some(&2), "{:?}", stats[0]);
    assert_eq!(stats[1].by_type.get("$dff"), Some(&4), "{:?}", stats[1]);
}

#[test]
fn equal_modules_are_printed_once() {
    let (text, _) = print_block(Skid2::<Beat512>::default(), "skid2");
    assert_eq!(text.matches("endmodule").count(), 2, "{text}");
    assert!(!text.contains('$'), "{text}");
}

#[test]
fn the_widest_tree_lints() {
    let (text, top) = print_block(Csum512::default(), "csum512");
    check::lints(&text, top).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn vendor_text_passes_through() {
    let (text, _) = print_block(ClockTop::default(), "clock_top");
    assert!(text.contains("vendor_pll #(.MULT(8)) u (.clkin(clk_in)"), "{text}");
    assert!(text.contains("output wire clk_out"), "{text}");
}

/// A vendor's cell, as it is, twice.
#[derive(LogicBlock, Default)]
#[allow(non_snake_case)] // the vendor's port names
struct Cell {
    I: Signal<In, Bit>,
    O: Signal<Out, Bit>,
}
impl Logic for Cell {
    fn update(&mut self) {
        self.O.next = self.I.val();
    }
    fn connect(&mut self) {
        self.O.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Blackbox(BlackBox {
            name: "VENDOR_BUF".into(),
            code: "(* blackbox *)\nmodule VENDOR_BUF (input I, output O);\nendmodule".into(),
        })
    }
}

#[derive(LogicBlock, Default)]
struct Buffers {
    a: Signal<In, Bit>,
    out: Signal<Out, Bit>,
    first: Cell,
    second: Cell,
}
impl Logic for Buffers {
    #[hdl_gen]
    fn update(&mut self) {
        self.first.I.next = self.a.val();
        self.second.I.next = !self.first.O.val();
        self.out.next = self.second.O.val();
    }
}

#[test]
fn a_black_box_is_declared_once_under_its_own_name() {
    let (text, top) = print_block(Buffers::default(), "buffers");
    assert_eq!(text.matches("module VENDOR_BUF").count(), 1, "{text}");
    assert!(text.contains("VENDOR_BUF first (\n    .I(a),\n    .O(first_O)\n  );"), "{text}");
    check::synthesises(&text, top).unwrap_or_else(|e| panic!("{e}"));
}

#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
struct Fields {
    low: Bits<4>,
    high: Bits<4>,
}

#[derive(LogicBlock)]
struct Constants {
    fields: Signal<Out, Fields>,
    chosen: Signal<Out, Bits<8>>,
    wide: Constant<Bit>,
}
impl Default for Constants {
    fn default() -> Self {
        Self { fields: Default::default(), chosen: Default::default(), wide: Constant::new(true) }
    }
}
impl Logic for Constants {
    #[hdl_gen]
    fn update(&mut self) {
        self.fields.next.low = 3.into();
        self.fields.next.high = 5.into();
        self.chosen.next = 1.into();
        if self.wide.val() {
            self.chosen.next = 2.into();
        }
    }
}

#[test]
fn constants_are_computed_when_printing() {
    let (text, _) = print_block(Constants::default(), "constants");
    assert!(text.contains("assign fields = 8'h53;"), "{text}");
    assert!(text.contains("assign chosen = 8'd2;"), "{text}");
}
