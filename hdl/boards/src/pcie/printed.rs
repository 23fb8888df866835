// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `pcie` is printed, linted and read by the synthesis tool.

use rust_hdl::prelude::*;
use syncline_hdl::emit::{check, emit_top};

use super::builder::Builder;
use super::byte_enables::ByteEnables;
use super::completer::Completer;
use super::describe::Describe;
use super::dispatch::Dispatch;
use super::intake::Intake;
use super::lanes::{Merge64, Merge512, Rotate64, Rotate512};
use super::lowest::LowestLane;
use super::outlet::Outlet;
use super::reader::Reader;
use super::registers::RegisterPort;
use super::request::Classify;
use super::room::Room;
use super::shape::Shape;
use super::write::WritePath;

fn print<B: Block>(block: B, name: &'static str) -> (String, &'static str) {
    (emit_top(Box::new(block), name).unwrap_or_else(|e| panic!("{name}: {e}")), name)
}

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print(Rotate512::default(), "rotate_512"),
        print(Rotate64::default(), "rotate_64"),
        print(Merge512::default(), "merge_512"),
        print(Merge64::default(), "merge_64"),
        print(ByteEnables::default(), "byte_enables"),
        print(Classify::default(), "classify"),
        print(Describe::default(), "describe"),
        print(Shape::default(), "shape"),
        print(LowestLane::default(), "lowest_lane"),
        print(Room::default(), "room"),
        print(Intake::default(), "intake"),
        print(Dispatch::new(1 << 20, 1 << 22), "dispatch"),
        print(WritePath::default(), "write_path"),
        print(RegisterPort::default(), "register_port"),
        print(Reader::default(), "reader"),
        print(Builder::default(), "builder"),
        print(Outlet::default(), "outlet"),
        print(Completer::default(), "completer"),
    ];
    if let Some(dir) = std::env::var_os("SYNCLINE_VERILOG_DIR") {
        for (text, top) in &designs {
            let path = std::path::Path::new(&dir).join(format!("{top}.v"));
            std::fs::write(path, text).expect("directory of SYNCLINE_VERILOG_DIR is writable");
        }
    }
    for (text, top) in &designs {
        check::lints(text, top).unwrap_or_else(|e| panic!("{e}"));
    }
    let designs: Vec<(&str, &str)> = designs.iter().map(|(text, top)| (text.as_str(), *top)).collect();
    check::synthesise_all(&designs).unwrap_or_else(|e| panic!("{e}"));
}
